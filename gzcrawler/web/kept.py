"""What a server keeps for a while, since counting a large archive takes longer than a visitor waits."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from gzcrawler.archive import open_archive
from gzcrawler.archive.moments import format_moment, portal_day, utc_now
from gzcrawler.errors import GzcrawlerError
from gzcrawler.web.visits import StillCounting

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable
    from pathlib import Path

    from gzcrawler.archive import OpenArchive

__all__ = ["Kept", "kept"]

PATIENCE = 4.0
"""Seconds that a visitor waits for what nobody asked for before."""
KEPT_SECONDS = 300.0
"""While a crawl writes, every look would find something new: five minutes old is new enough for what spans years."""
_STEPS_BETWEEN_LOOKS = 100_000
"""SQLite's instructions between two looks at the clock: some milliseconds."""
_SECONDS_BETWEEN_LOOKS = 0.25
"""Between two looks for a redaction."""
_KEPT_AT_MOST = 256
"""Answers; most are a year of a section, some kilobytes each."""

Value = TypeVar("Value")
_Version = tuple[object, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Kept(Generic[Value]):
    """A value, and as of when it is."""

    value: Value
    counted_at: str
    version: _Version
    withdrawn: _Version
    since: float


_answers: OrderedDict[Hashable, Kept[Any]] = OrderedDict()
_under_way: dict[Hashable, _Counting] = {}
_guard = threading.Lock()
_turn = threading.Lock()
"""One question is counted at a time: several at once would only be slower each."""


class _Counting:
    """A question that a thread of its own is counting, with the archive open for itself."""

    def __init__(self, key: Hashable, folder: Path, count: Callable[[OpenArchive], Any]) -> None:
        self._key = key
        self._folder = folder
        self._count = count
        self._error: BaseException | None = None
        self._done = threading.Event()
        # A server that is told to stop does not wait for it: it only reads.
        threading.Thread(target=self._run, name="counting", daemon=True).start()

    def wait(self, seconds: float) -> bool:
        """Has it ended by then? Raises what it ended with."""
        if not self._done.wait(seconds):
            return False
        if self._error is not None:
            raise self._error
        return True

    def _run(self) -> None:
        try:
            with _turn, open_archive(self._folder) as archive, open_archive(self._folder) as watching:
                archive.connection.execute("BEGIN")
                withdrawn = _withdrawn(archive)
                archive.connection.set_progress_handler(_Yielding(watching, withdrawn), _STEPS_BETWEEN_LOOKS)
                found = Kept(
                    counted_at=format_moment(utc_now()),
                    version=_version(archive),
                    withdrawn=withdrawn,
                    since=time.monotonic(),
                    value=self._count(archive),
                )
            with _guard:
                _answers[self._key] = found
                _answers.move_to_end(self._key)
                while len(_answers) > _KEPT_AT_MOST:
                    _answers.popitem(last=False)
        except (GzcrawlerError, sqlite3.Error) as error:
            interrupted = getattr(error, "sqlite_errorname", "") == "SQLITE_INTERRUPT"
            self._error = StillCounting() if interrupted else error
        finally:
            with _guard:
                del _under_way[self._key]
            self._done.set()


class _Yielding:
    """Ends a count as soon as something is withdrawn: `redact` waits for whoever still reads what was there before."""

    def __init__(self, watching: OpenArchive, withdrawn: _Version) -> None:
        self._watching = watching
        self._withdrawn = withdrawn
        self._looked = time.monotonic()

    def __call__(self) -> bool:
        """Is it to end?"""
        now = time.monotonic()
        if now - self._looked < _SECONDS_BETWEEN_LOOKS:
            return False
        self._looked = now
        return _withdrawn(self._watching) != self._withdrawn


def kept(archive: OpenArchive, name: Hashable, count: Callable[[OpenArchive], Value]) -> Kept[Value]:
    """What `count` gave within the last minutes, or since which nothing was recorded; never from before a redaction.

    An older answer is given too, and counted anew for the next visitor.

    Args:
        archive: the visitor's, open for reading.
        name: of the question, with all that its answer depends on beside the archive.
        count: answers it, in another thread, with an archive of its own and as long as it takes.

    Raises:
        StillCounting: there is no answer yet.
    """
    folder = archive.directory.path.resolve()
    key = (folder, name)
    version, withdrawn = _version(archive), _withdrawn(archive)
    deadline = time.monotonic() + PATIENCE
    while True:
        with _guard:
            known: Kept[Value] | None = _answers.get(key)
            usable = known is not None and known.withdrawn == withdrawn
            if known is not None and usable:
                fresh = time.monotonic() - known.since < KEPT_SECONDS
                if not fresh and known.version != version and key not in _under_way:
                    _under_way[key] = _Counting(key, folder, count)
                return known
            if key not in _under_way:
                _under_way[key] = _Counting(key, folder, count)
            counting = _under_way[key]
        if not counting.wait(max(0.0, deadline - time.monotonic())):
            raise StillCounting


def _version(archive: OpenArchive) -> _Version:
    """What differs as soon as anything was recorded, read again or begun, or a day has passed."""
    newest = (
        archive.connection.execute(f"SELECT max(id) FROM {table}").fetchone()[0]
        for table in ("captures", "revisions", "runs")
    )
    return (portal_day(utc_now()), *newest)


def _withdrawn(archive: OpenArchive) -> _Version:
    """The redactions, and the file: `rebuild` puts another in its place, with other numbers in it."""
    (number,) = archive.connection.execute("SELECT count(*) FROM redactions").fetchone()
    found = archive.directory.database.stat()
    return (number, found.st_dev, found.st_ino)
