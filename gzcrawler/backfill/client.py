"""Asking a web archive: one request at a time, at its pace, with the patience that it asks for and no more.

The session is that of EDGI's `wayback`, with its own waiting and trying again turned off: both hang on a clock
of their own, and would wait out of sight of the run's evidence and of signals.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from gzcrawler.errors import UsageError, WebArchiveError
from gzcrawler.politeness import HostPace, parse_retry_after, user_agent

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import TracebackType
    from typing import Self

    from gzcrawler.archive import HostEvidence
    from gzcrawler.backfill.clock import Clock

__all__ = [
    "INDEX_DELAY",
    "MEMENTO_DELAY",
    "BrokenAnswerError",
    "Client",
    "ServerFaultError",
    "require_client",
]

INDEX_DELAY = 2.5
"""Seconds between two requests to an index: the Internet Archive asks `wayback` to stay at 24 a minute."""
MEMENTO_DELAY = 1.0
"""Seconds between two mementos; the Internet Archive bears eight a second, from one who is in a hurry."""
_TIMEOUT = 60.0
"""Seconds without a byte; an index that looks for lines of one host in a large file takes long."""
_FIRST_WAIT = 60.0
"""Seconds to wait after a 429 or 503 that says nothing of it, then twice as long each time …"""
_COMPLAINTS = 5
"""… until this one in a row: a quarter of an hour. Who goes on asking is locked out for longer."""
_LONGEST_WAIT = 600.0
"""Who asks for more than this is left alone in this run: seconds."""
_TRIES = 3
"""Of one request that fails otherwise."""
_TRY_AGAIN = 5.0
"""Seconds before the second try, then twice as long."""
_COMPLAINING = frozenset({429, 503, 509})

Read = TypeVar("Read")


class BrokenAnswerError(Exception):
    """No answer came, or not all of it; tried several times."""


class ServerFaultError(Exception):
    """The server failed at this request, and several times."""


def require_client() -> Any:
    """The `wayback` package; raises UsageError where it is not installed."""
    try:
        return import_module("wayback")
    except ImportError as error:
        raise UsageError(
            "backfill needs the wayback package, which is not installed: pip install 'gzcrawler[backfill]'"
        ) from error


class Client:
    """One run's connection to one web archive."""

    def __init__(self, clock: Clock, *, contact: str | None, delay: float | None) -> None:
        """Connect to nothing yet.

        Args:
            clock: tells and waits.
            contact: who asks, for the user agent.
            delay: seconds between two requests of any kind, if not as usual.
        """
        self._wayback = require_client()
        errors: Any = import_module("urllib3.exceptions")
        # `requests` raises OSErrors; while a body is read undecoded, those of urllib3 come through.
        self._failures = (self._wayback.exceptions.WaybackException, errors.HTTPError, OSError)
        self._clock = clock
        self._delay = delay
        self._paces: dict[str, HostPace] = {}
        self._session = self._wayback.WaybackSession(
            retries=0,
            timeout=_TIMEOUT,
            user_agent=user_agent(contact),
            search_calls_per_second=0,
            memento_calls_per_second=0,
        )

    def index(self, url: str, parameters: Mapping[str, str], read: Callable[[Any], Read]) -> Read:
        """What `read` makes of the index's answer; it may be called again where an answer breaks off.

        Raises:
            WebArchiveError: it does not answer, or asks to be left alone.
        """
        try:
            return self._ask(url, parameters, INDEX_DELAY, read)
        except (BrokenAnswerError, ServerFaultError) as error:
            raise WebArchiveError(f"{_place(url)}: {error}") from error

    def memento(self, url: str, read: Callable[[Any], Read]) -> Read:
        """The same for one memento.

        Raises:
            BrokenAnswerError, ServerFaultError: this one cannot be had now.
            WebArchiveError: the server asks to be left alone.
        """
        return self._ask(url, None, MEMENTO_DELAY, read)

    def evidence(self) -> tuple[HostEvidence, ...]:
        """How the hosts were treated."""
        return tuple(pace.evidence() for pace in self._paces.values())

    def close(self) -> None:
        """Close all connections."""
        self._session.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _ask(
        self,
        url: str,
        parameters: Mapping[str, str] | None,
        delay: float,
        read: Callable[[Any], Read],
    ) -> Read:
        host = _place(url)
        pace = self._paces.setdefault(host, HostPace(host, delay))
        pace.delay = delay if self._delay is None else self._delay
        complaints = failures = 0
        while True:
            self._clock.wait(pace.ready_at() - self._clock.monotonic())
            status: int | None = None
            retry_after: float | None = None
            problem = ""
            pace.reserve()
            pace.started(self._clock.monotonic())
            try:
                with self._response(url, parameters) as response:
                    status = response.status_code
                    if status in _COMPLAINING and "Memento-Datetime" not in response.headers:
                        retry_after = parse_retry_after(
                            response.headers.get("Retry-After"),
                            now=self._clock.now().timestamp(),
                            date=response.headers.get("Date"),
                        )
                    elif status >= 500 and "Memento-Datetime" not in response.headers:
                        problem = f"answered {status}"
                    else:
                        return read(response)
            except self._failures as error:
                status = None
                problem = _spell(error)
            finally:
                pace.ended(self._clock.monotonic(), status=status, retry_after=retry_after)
            if not problem:
                complaints += 1
                self._bear(pace, complaints, status, retry_after)
                continue
            failures += 1
            if failures >= _TRIES:
                raise (BrokenAnswerError if status is None else ServerFaultError)(problem)
            pace.wait_until(self._clock.monotonic() + _TRY_AGAIN * 2 ** (failures - 1))

    def _response(self, url: str, parameters: Mapping[str, str] | None) -> Any:
        try:
            return self._session.get(url, params=parameters, stream=True, allow_redirects=False)
        except self._wayback.exceptions.RateLimitError as error:
            return error.response

    def _bear(self, pace: HostPace, complaints: int, status: int | None, retry_after: float | None) -> None:
        """Wait after a complaint, or give up.

        Raises:
            WebArchiveError: it asks for a longer wait than a run has, or complains too often.
        """
        if retry_after is not None and retry_after > _LONGEST_WAIT:
            pace.stop(f"asked to come back in {retry_after:.0f} s")
            raise WebArchiveError(
                f"{pace.host} answered {status} and asks to come back in {_minutes(retry_after)}; "
                "run the same command then, it goes on where it stopped"
            )
        if complaints >= _COMPLAINTS:
            pace.stop(f"answered {status} {complaints} times in a row")
            raise WebArchiveError(
                f"{pace.host} answered {status} {complaints} times in a row; "
                "run the same command in an hour or later, it goes on where it stopped"
            )
        wait = (
            retry_after
            if retry_after is not None
            else min(_FIRST_WAIT * 2 ** (complaints - 1), _LONGEST_WAIT)
        )
        pace.wait_until(self._clock.monotonic() + wait)


def _place(url: str) -> str:
    return urlsplit(url).netloc


def _minutes(seconds: float) -> str:
    return f"{seconds / 60:,.0f} minutes"


def _spell(error: BaseException) -> str:
    """What went wrong, in few words: these libraries tell of themselves at length."""
    text = " ".join(str(piece) for piece in (error, error.__cause__, error.__context__) if piece)
    for sign, words in _WORDS:
        if sign in text:
            return words
    return f"{type(error).__name__}: {error}"


_WORDS = (
    ("Name or service not known", "the name of the host is not known"),
    ("Failed to resolve", "the name of the host is not known"),
    ("Connection refused", "does not take connections"),
    ("CERTIFICATE_VERIFY_FAILED", "its certificate is not trusted"),
    ("timed out", "no answer within a minute"),
    ("IncompleteRead", "the answer broke off"),
    ("Connection broken", "the answer broke off"),
    ("InvalidChunkLength", "the answer broke off"),
    ("Connection aborted", "the connection was closed before an answer came"),
    ("Connection reset", "the connection was closed before an answer came"),
)
