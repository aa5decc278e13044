"""Which records of the files are new captures of the portal: one after the other, in batches, nothing written."""

from __future__ import annotations

from collections import deque
from datetime import timedelta
from typing import TYPE_CHECKING

from gzcrawler.archive.moments import format_moment
from gzcrawler.errors import ForeignFileError
from gzcrawler.importing.exchanges import HEAD_AT_MOST, WANTED, LeftOut, Repetition, read_exchange
from gzcrawler.importing.records import Fault, read_records
from gzcrawler.importing.sources import warc_sources

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import datetime

    from gzcrawler.importing.records import ForeignRecord
    from gzcrawler.importing.repetitions import Originals, Repetitions
    from gzcrawler.importing.report import Imported
    from gzcrawler.importing.sources import ForeignFile, WarcSource
    from gzcrawler.items import Capture
    from gzcrawler.portals import Portal

__all__ = ["Gathering", "Key", "Known"]

_CLOCKS_DIFFER = timedelta(minutes=5)

Key = tuple[str, str, str]
"""Address, moment, and digest of the payload or original id."""

_KNOWN = """SELECT 1 FROM pages p JOIN captures c ON c.page_id = p.id
    WHERE p.canonical_url = ?1 AND c.captured_at = ?2 AND c.url = ?3
        AND (c.payload_digest = ?4 OR c.original_id = ?5 OR 'urn:uuid:' || c.record_id = ?5) LIMIT 1"""


class Known:
    """Which captures the archive has, and those under way to it."""

    def __init__(self, connection: sqlite3.Connection | None, portal: Portal) -> None:
        """Ask an archive, if there is one yet."""
        self._connection = connection
        self._portal = portal
        self._under_way: set[Key] = set()
        self._in_order: deque[Sequence[Key]] = deque()

    def take(self, capture: Capture, digest: str | None) -> bool:
        """Is this one new? It is not any more from now on.

        Args:
            capture: its address is one of the portal.
            digest: of the payload that it stands for, where that is known.
        """
        address = self._portal.address(capture.url)
        assert address is not None
        moment = format_moment(capture.captured_at)
        keys = [(capture.url, moment, name) for name in (digest, capture.original_id) if name is not None]
        if self._are_under_way(keys):
            return False
        if self._connection is not None:
            row = self._connection.execute(
                _KNOWN, (address.canonical_url, moment, capture.url, digest, capture.original_id)
            ).fetchone()
            if row is not None:
                return False
        self._are_taken(keys)
        return True

    def _are_under_way(self, keys: Sequence[Key]) -> bool:
        return not self._under_way.isdisjoint(keys)

    def _are_taken(self, keys: Sequence[Key]) -> None:
        self._under_way.update(keys)
        self._in_order.append(keys)

    def arrived(self, number: int) -> None:
        """The archive has so many of those that were taken, the first ones."""
        for _ in range(number):
            self._under_way.difference_update(self._in_order.popleft())


class Gathering:
    """Gathers from files; counts in the report what it leaves out."""

    def __init__(
        self,
        portal: Portal,
        known: Known,
        repetitions: Repetitions,
        report: Imported,
        *,
        now: datetime,
        tell: Callable[[int], None],
    ) -> None:
        """Prepare for the files of one import.

        Args:
            portal: whose captures are wanted.
            known: those that need not come again.
            repetitions: takes captures that only say what they repeat.
            report: is told of all that is left out.
            now: what was captured later than that was not.
            tell: called with the bytes of each file that is done.
        """
        self._portal = portal
        self._known = known
        self._repetitions = repetitions
        self._report = report
        self._latest = now + _CLOCKS_DIFFER
        self._most = portal.politeness.max_bytes
        self._tell = tell

    def captures(self, files: Iterable[ForeignFile]) -> Iterator[Capture]:
        """New captures of the portal, file by file."""
        for file in files:
            try:
                with warc_sources(file) as sources:
                    for source in sources:
                        yield from self._of_source(source)
            except (ForeignFileError, OSError) as error:
                self._report.name_fault(f"{file.name}: {error}")
            self._tell(file.size or 0)

    def repeated(self, originals: Originals) -> Iterator[Capture]:
        """What was laid aside, completed by what it repeats."""
        for repetition in self._repetitions:
            capture = originals.complete(repetition)
            if capture is None:
                self._report.name_unresolved(repetition.capture.url)
            elif self._known.take(capture, capture.repeats or capture.payload_digest):
                self._report.repeats += 1
                yield capture
            else:
                self._report.known += 1

    def _of_source(self, source: WarcSource) -> Iterator[Capture]:
        self._report.files += 1
        records = 0
        try:
            for found in read_records(source.open, wanted=WANTED, most=self._most + HEAD_AT_MOST):
                records += 1
                if isinstance(found, Fault):
                    self._report.name_fault(f"{source.name}: {found.reason}")
                elif (capture := self._new_capture(found)) is not None:
                    yield capture
        except (ForeignFileError, OSError) as error:
            self._report.name_fault(f"{source.name}: {error}")
        else:
            if not records:
                self._report.name_fault(f"{source.name}: is empty")

    def _new_capture(self, record: ForeignRecord) -> Capture | None:
        found = read_exchange(record, most=self._most)
        if isinstance(found, LeftOut):
            self._leave_out(found.reason, doubtful=not found.expected)
            return None
        repetition = found if isinstance(found, Repetition) else None
        capture = found.capture if isinstance(found, Repetition) else found
        address = self._portal.address(capture.url)
        if address is None:
            self._report.hosts[_host(capture.url)] += 1
        elif capture.captured_at > self._latest:
            self._leave_out("records dated in the future", doubtful=True)
        elif repetition is not None:
            self._repetitions.lay_aside(repetition)
        else:
            return self._if_new(capture, record)
        return None

    def _if_new(self, capture: Capture, record: ForeignRecord) -> Capture | None:
        digest = capture.payload_digest
        if not record.cut:
            self._note(capture, digest, record)
        if not self._known.take(capture, digest):
            self._report.known += 1
            return None
        if record.digest_differs:
            self._report.doubtful["captures whose record has another digest than it says"] += 1
        self._report.cut += capture.truncated == "length"
        return capture

    def _note(self, capture: Capture, digest: str, record: ForeignRecord) -> None:
        told = record.fields.get("warc-payload-digest")
        self._repetitions.note(digest, told, capture.url, format_moment(capture.captured_at))

    def _leave_out(self, reason: str, *, doubtful: bool) -> None:
        self._report.left_out[reason] += 1
        if doubtful:
            self._report.doubtful[f"{reason} left out"] += 1


def _host(url: str) -> str:
    return url.partition("://")[2].partition("/")[0].rpartition("@")[2].lower()
