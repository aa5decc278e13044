"""Where a web archive answers: the address of its index and the pattern of its mementos. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import urlsplit

from gzcrawler.errors import UsageError

__all__ = ["WAYBACK_MACHINE", "WebArchive", "in_plain_words", "parse_timestamp"]

_PLACES = ("{timestamp}", "{url}")
_SAID = 300
"""Characters of what a server says that are told on."""
_ADDRESS = re.compile(r"https?://(?:\[[0-9A-Fa-f:.]+\]|[^\s/@:]+)(?::[0-9]{1,5})?/\S*")
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


@dataclass(frozen=True, slots=True)
class WebArchive:
    """One web archive, as this program asks it."""

    index_url: str
    """Address of its CDX server."""
    memento_pattern: str
    """Address of a raw memento, with ``{timestamp}`` and ``{url}``: ``…/{timestamp}id_/{url}``."""
    _memento: re.Pattern[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Check both, and prepare to take memento addresses apart.

        Raises:
            UsageError: they are no such addresses.
        """
        for address in (self.index_url, self.memento_pattern):
            if not _ADDRESS.fullmatch(address):
                raise UsageError(f"{address}: is no address of a web archive; write https://HOST/PATH")
        missing = [place for place in _PLACES if self.memento_pattern.count(place) != 1]
        if missing:
            raise UsageError(
                f"{self.memento_pattern}: is no pattern of mementos; it needs {missing[0]} once: "
                f"{WAYBACK_MACHINE.memento_pattern}"
            )
        before, _, rest = self.memento_pattern.partition("{timestamp}")
        between, _, after = rest.partition("{url}")
        # Archives lead on with or without their host, and under http as well as https.
        path = before.split("/", 3)[3]
        object.__setattr__(
            self,
            "_memento",
            re.compile(
                rf"(?:https?://[^/]+)?/{re.escape(path)}(\d{{14}}){re.escape(between)}(.+){re.escape(after)}"
            ),
        )

    @classmethod
    def at(cls, index_url: str | None, memento_pattern: str | None) -> WebArchive:
        """The one that these settings name; the Wayback Machine where there are none.

        Args:
            index_url: address of the CDX server.
            memento_pattern: address of a raw memento; if not given, pywb's, beside an index at ``…/cdx``.

        Raises:
            UsageError: one is missing, or is no such address.
        """
        if index_url is None or index_url == WAYBACK_MACHINE.index_url:
            if index_url is None and memento_pattern is not None:
                raise UsageError("a pattern of mementos needs the address of its index: --endpoint")
            return cls(WAYBACK_MACHINE.index_url, memento_pattern or WAYBACK_MACHINE.memento_pattern)
        if memento_pattern is None:
            collection = re.fullmatch(r"(.*)/cdx/?", index_url)
            if collection is None:
                raise UsageError(
                    f"{index_url}: where its mementos are is not known; say --replay "
                    "https://HOST/PATH/{timestamp}id_/{url}"
                )
            memento_pattern = collection[1] + "/{timestamp}id_/{url}"
        return cls(index_url, memento_pattern)

    def memento_url(self, url: str, captured_at: datetime) -> str:
        """Address of the raw memento of an address and a moment."""
        timestamp = captured_at.astimezone(UTC).strftime("%Y%m%d%H%M%S")
        return self.memento_pattern.replace("{timestamp}", timestamp).replace("{url}", url)

    def memento_of(self, address: str) -> tuple[str, datetime] | None:
        """Address and moment that a memento's address speaks of; None where it is none."""
        found = self._memento.fullmatch(address)
        moment = parse_timestamp(found[1]) if found else None
        return None if found is None or moment is None else (found[2], moment)

    @property
    def is_local(self) -> bool:
        """Does it answer on this machine, so that nobody else is asked?"""
        return all(
            urlsplit(address).hostname in _LOOPBACK for address in (self.index_url, self.memento_pattern)
        )

    @property
    def name(self) -> str:
        """Its host, for people."""
        return urlsplit(self.index_url).netloc


def parse_timestamp(text: str) -> datetime | None:
    """A moment of 14 digits, UTC; None where it is none.

    >>> parse_timestamp("20180626071530").isoformat()
    '2018-06-26T07:15:30+00:00'
    >>> parse_timestamp("20180026071530") is None
    True
    """
    if not re.fullmatch(r"[0-9]{14}", text):
        return None
    try:
        return datetime.strptime(text, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return None


def in_plain_words(text: str) -> str:
    """What a server says of itself, fit for a terminal and for one line.

    >>> in_plain_words("https://archive.example/\\x1b[2J\\r\\nnext")
    'https://archive.example/?[2J??next'
    """
    short = text if len(text) <= _SAID else f"{text[:_SAID]}…"
    return "".join(sign if sign.isprintable() else "?" for sign in short)


WAYBACK_MACHINE = WebArchive(
    "https://web.archive.org/cdx/search/cdx", "https://web.archive.org/web/{timestamp}id_/{url}"
)
"""The Internet Archive's."""
