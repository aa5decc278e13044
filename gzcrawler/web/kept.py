"""What a server keeps for a while, since counting a large archive takes longer than a visitor waits."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from gzcrawler.archive.moments import format_moment, portal_day, utc_now

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from gzcrawler.archive import OpenArchive

__all__ = ["Kept", "kept"]

KEPT_SECONDS = 300.0
"""While a crawl writes, every look would find something new: five minutes old is new enough for what spans years."""
_KEPT_AT_MOST = 256
"""Answers; most are a year of a section, some kilobytes each."""

Value = TypeVar("Value")
_Version = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Kept(Generic[Value]):
    """A value, and as of when it is."""

    value: Value
    counted_at: str
    version: _Version
    withdrawn: _Version
    since: float


_answers: OrderedDict[Hashable, Kept[Any]] = OrderedDict()
_locks: dict[Hashable, threading.Lock] = {}
_guard = threading.Lock()


def kept(archive: OpenArchive, name: Hashable, count: Callable[[], Value]) -> Kept[Value]:
    """What `count` gave within the last minutes, or since which nothing was recorded; counted anew after a redaction.

    Args:
        archive: open for reading.
        name: of the question, with all that its answer depends on beside the archive.
        count: answers it; called by one thread at a time.
    """
    key = (archive.directory.path.resolve(), name)
    with _guard:
        lock = _locks.setdefault(key, threading.Lock())
    with lock:
        version, withdrawn = _version(archive), _withdrawn(archive)
        with _guard:
            known = cast("Kept[Value] | None", _answers.get(key))
        if known is not None and known.withdrawn == withdrawn:
            fresh = time.monotonic() - known.since < KEPT_SECONDS
            if fresh or known.version == version:
                return known
        found = Kept(count(), format_moment(utc_now()), version, withdrawn, time.monotonic())
        with _guard:
            _answers[key] = found
            _answers.move_to_end(key)
            while len(_answers) > _KEPT_AT_MOST:
                oldest, _ = _answers.popitem(last=False)
                _locks.pop(oldest, None)
        return found


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
