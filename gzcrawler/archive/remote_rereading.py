"""Reading an archive again with workers that cannot see its database: what is sent to them, and what comes of it.

Rows are looked up, sent and compared here; captures are read there. A second wave reads those that repeat
bytes of their page, where the reading of these has changed.
"""

from __future__ import annotations

from array import array
from collections import deque
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from gzcrawler.archive.connections import connect_to_read
from gzcrawler.archive.reading_comparison import Comparison
from gzcrawler.archive.remote_reading import (
    AsOnFile,
    RemoteCapture,
    RemoteReader,
    RemoteStretch,
    record_hint,
    remote_reader,
)
from gzcrawler.archive.rereading import COLUMNS, COUNT, OF_STRETCH, RECORDS, REPEATS, FormerMaps, one_view
from gzcrawler.archive.second_readings import CaptureRow, Share
from gzcrawler.archive.stored_payloads import StoredPayloads
from gzcrawler.archive.stored_records import read_record
from gzcrawler.errors import ArchiveDamagedError
from gzcrawler.items import Article, Reading
from gzcrawler.workers import Job

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gzcrawler.archive.directory import Directory
    from gzcrawler.archive.remote_reading import Answer
    from gzcrawler.archive.second_readings import Stretch
    from gzcrawler.portals import Portal
    from gzcrawler.workers import Workers

__all__ = ["RemoteRereading"]

_REPEATS_AT_ONCE = 200
"""Captures a task of the second wave: as many as in a stretch."""


@dataclass(slots=True)
class _Sent:
    """A stretch under way, and what its answers are compared with."""

    stretch: Stretch
    share: Share = field(default_factory=Share)
    rows: list[tuple[CaptureRow, Portal]] = field(default_factory=list)
    captures: list[RemoteCapture] = field(default_factory=list)
    maps: list[Portal] = field(default_factory=list)
    """Today's first."""
    records: dict[tuple[int, str], str] = field(default_factory=dict)
    is_second: bool = False
    """Of the second wave."""

    def as_task(self) -> RemoteStretch:
        return RemoteStretch(_name(self.stretch), tuple(self.captures), tuple(self.maps[1:]))

    def add(self, row: CaptureRow, portal: Portal, capture: RemoteCapture) -> None:
        self.rows.append((row, portal))
        self.captures.append(capture)

    def number_of(self, portal: Portal) -> int:
        """Of a map among those that are sent along."""
        if portal not in self.maps:
            self.maps.append(portal)
        return self.maps.index(portal)


class RemoteRereading:
    """One portal's captures, read again by workers."""

    def __init__(self, directory: Directory, portal: Portal, *, workers: Workers, files_at: str) -> None:
        """Look up and compare over a connection of its own.

        Args:
            directory: the archive.
            portal: whose captures, by today's map.
            workers: who reads.
            files_at: where they find the archive's folder (`WarcFolder`).
        """
        self._directory = directory
        self._portal = portal
        self._workers = workers
        self._job = Job(begin=partial(remote_reader, files_at, portal), work=RemoteReader.read, name=_name_of)
        self._connection = connect_to_read(directory.database)
        self._payloads = StoredPayloads(self._connection, directory)
        self._comparison = Comparison(self._connection, portal)
        self._maps = FormerMaps(directory, portal)
        self._repeated: list[tuple[Stretch, array[int]]] = []
        """Ids of captures that read otherwise, and that others repeat."""

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def shares(self, stretches: Iterable[Stretch]) -> Iterator[Share]:
        """What came of each stretch, in their order; then of the captures that repeat what has changed."""
        yield from self._read(map(self._send, stretches))
        yield from self._read(self._repeats())

    def _read(self, sending: Iterator[_Sent]) -> Iterator[Share]:
        under_way: deque[_Sent] = deque()

        def tasks() -> Iterator[RemoteStretch]:
            for sent in sending:
                under_way.append(sent)
                yield sent.as_task()

        for answers in self._workers.results(self._job, tasks()):
            yield self._compare(under_way.popleft(), answers)

    # -- what is sent ------------------------------------------------------------------------------------

    def _send(self, stretch: Stretch) -> _Sent:
        sent = _Sent(stretch, maps=[self._portal])
        path = self._directory.warc / stretch.name
        with one_view(self._connection):
            place = (stretch.file_id, stretch.start, stretch.end)
            (sent.share.captures,) = self._connection.execute(COUNT, (*place, self._portal.name)).fetchone()
            if not path.exists():
                sent.share.damage.append(f"{path}: No such file or directory")
                return sent
            sent.records = self._records(stretch)
            rows = self._connection.execute(OF_STRETCH, (*place, self._portal.name)).fetchall()
            for row in map(CaptureRow._make, rows):
                try:
                    self._send_capture(row, stretch, sent)
                except ArchiveDamagedError as error:
                    sent.share.damage.append(str(error))
        return sent

    def _records(self, stretch: Stretch) -> dict[tuple[int, str], str]:
        rows = self._connection.execute(RECORDS, (stretch.file_id, stretch.start, stretch.end))
        return {(capture_id, digest): record for capture_id, digest, record in rows}

    def _send_capture(self, row: CaptureRow, stretch: Stretch, sent: _Sent) -> None:
        portal = self._maps.map_for(row.url, stretch.name)
        address = portal.address(row.url)
        if address is None or address.canonical_url != row.canonical_url:
            sent.share.elsewhere += 1
            return
        sent.add(row, portal, self._remote(row, stretch.name, sent.number_of(portal), sent.records))

    def _remote(
        self, row: CaptureRow, file: str, map_number: int, records: dict[tuple[int, str], str]
    ) -> RemoteCapture:
        is_revisit = row.record_type == "revisit"
        stored = records.get((row.id, row.content_digest)) if row.content_digest else None
        return RemoteCapture(
            file=file,
            offset=row.offset,
            length=row.length,
            revisit=is_revisit,
            payload_at=self._payloads.place(row.payload_digest) if is_revisit else None,
            payload_digest=row.payload_digest,
            url=row.url,
            captured_at=row.captured_at,
            status=row.status,
            truncated=row.truncated,
            via=row.via,
            map=map_number,
            record=record_hint(stored) if stored and row.kind == "article" and row.part == 1 else None,
        )

    def _repeats(self) -> Iterator[_Sent]:
        """The second wave: read where those lie that they repeat."""
        for stretch, changed in self._repeated:
            sent = self._send_repeats(stretch)
            for capture_id in changed:
                row = self._row(capture_id)
                portal = self._maps.map_for(row.url, stretch.name)
                for found in self._connection.execute(REPEATS, (capture_id,)).fetchall():
                    original = self._remote(row, stretch.name, sent.number_of(portal), {})
                    repeated = CaptureRow._make(found)
                    sent.add(repeated, portal, original.repeated(repeated.captured_at, repeated.via))
                    if len(sent.captures) >= _REPEATS_AT_ONCE:
                        yield sent
                        sent = self._send_repeats(stretch)
            if sent.captures:
                yield sent

    def _send_repeats(self, stretch: Stretch) -> _Sent:
        return _Sent(stretch, maps=[self._portal], records=self._records(stretch), is_second=True)

    def _row(self, capture_id: int) -> CaptureRow:
        found = self._connection.execute(f"SELECT {COLUMNS} WHERE c.id = ?", (capture_id,)).fetchone()
        return CaptureRow._make(found)

    # -- what comes back ---------------------------------------------------------------------------------

    def _compare(self, sent: _Sent, answers: list[Answer]) -> Share:
        self._comparison.records = sent.records
        repeated = array("q")
        with one_view(self._connection):
            for (row, portal), answer in zip(sent.rows, answers, strict=True):
                if self._takes(row, portal, answer, sent) and not sent.is_second and self._is_repeated(row):
                    repeated.append(row.id)
        if repeated:
            self._repeated.append((sent.stretch, repeated))
        return sent.share

    def _is_repeated(self, row: CaptureRow) -> bool:
        return self._connection.execute(f"{REPEATS} LIMIT 1", (row.id,)).fetchone() is not None

    def _takes(self, row: CaptureRow, portal: Portal, answer: Answer, sent: _Sent) -> bool:
        """Enter a capture that reads otherwise; False where it does not."""
        if isinstance(answer, ArchiveDamagedError):
            sent.share.damage.append(str(answer))
            return False
        if isinstance(answer, AsOnFile):
            if self._comparison.stands(row, answer.discovered):
                return False
            assert row.content_digest is not None  # it has a record
            stored = read_record(sent.records[row.id, row.content_digest])
            answer = Reading(page=Article.from_dict(stored), discovered=answer.discovered)
        return self._comparison.compare(row, answer, portal, sent.share)


def _name(stretch: Stretch) -> str:
    return f"{stretch.name}, bytes {stretch.start:,} to {stretch.end:,}"


def _name_of(stretch: RemoteStretch) -> str:
    return stretch.name
