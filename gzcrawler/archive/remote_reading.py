"""Reading stored captures on another machine: it has the WARC files, and the database's rows only as they are sent.

A database in use is not read over a network file system. So the machine that has it says where each capture
lies and what its bytes are; the others read them, and hand back what a page says today.
"""

from __future__ import annotations

from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import TYPE_CHECKING, Literal, cast

from gzcrawler.archive.moments import parse_moment
from gzcrawler.archive.replay import read_stored
from gzcrawler.archive.stored_records import stored_record
from gzcrawler.archive.warc_folder import WarcFolder
from gzcrawler.errors import ArchiveDamagedError, ReadingError
from gzcrawler.items import Article, Capture, Reading, digest_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gzcrawler.portals import Portal

__all__ = [
    "Answer",
    "AsOnFile",
    "RemoteCapture",
    "RemoteReader",
    "RemoteStretch",
    "record_hint",
    "remote_reader",
]


@dataclass(frozen=True, slots=True)
class RemoteCapture:
    """A capture as it is sent to be read: its place, its facts, and the digests that it must have."""

    file: str
    offset: int
    length: int
    revisit: bool
    """Headers alone lie there."""
    payload_at: tuple[str, int, int] | None
    """Of a revisit: file, offset and length of the response that has the bytes."""
    payload_digest: str
    url: str
    captured_at: str
    status: int
    truncated: str | None
    via: str
    map: int
    """By which of the maps it is read."""
    record: bytes | None
    """`record_hint` of the record on file that was read from it."""

    def repeated(self, captured_at: str, via: str) -> RemoteCapture:
        """Another capture of the same bytes, read where this one lies."""
        return replace(self, captured_at=captured_at, via=via, record=None)


@dataclass(frozen=True, slots=True)
class RemoteStretch:
    """Captures that lie in one file one after another."""

    name: str
    captures: tuple[RemoteCapture, ...]
    maps: tuple[Portal, ...]
    """Older ones of the portal, for addresses that today's map, number 0, does not know."""


@dataclass(frozen=True, slots=True)
class AsOnFile:
    """An article that reads to the letter as its record on file: which then need not travel."""

    discovered: tuple[str, ...]


Answer = Reading | AsOnFile | ReadingError | ArchiveDamagedError
"""What a capture says; an error where it cannot be read, or where its bytes are damaged."""


def record_hint(stored: str) -> bytes:
    """By what a record is known to be the one on file."""
    return sha256(stored.encode("utf-8", "surrogatepass")).digest()


class RemoteReader:
    """Reads captures of one portal where no database is."""

    def __init__(self, address: str, portal: Portal) -> None:
        """Read out of an archive's folder.

        Args:
            address: as of `WarcFolder`.
            portal: today's map.
        """
        self._warc = WarcFolder(address)
        self._portal = portal

    def close(self) -> None:
        """Close the files."""
        self._warc.close()

    def read(self, stretch: RemoteStretch) -> list[Answer]:
        """What each of the captures says, in their order.

        Raises:
            UsageError: a file cannot be read on this machine.
        """
        maps = (self._portal, *stretch.maps)
        known: dict[str, str] = {}
        return [self._answer(capture, maps[capture.map], known) for capture in stretch.captures]

    def _answer(self, row: RemoteCapture, portal: Portal, known: dict[str, str]) -> Answer:
        try:
            result = read_stored(self._capture(row), portal)
        except ArchiveDamagedError as error:
            return error
        assert result is not None
        if isinstance(result, ReadingError):
            return result
        # Most links stand on many pages; what is one object is pickled once.
        discovered = tuple(known.setdefault(url, url) for url in result.discovered)
        if row.record is not None and _hint(result) == row.record:
            return AsOnFile(discovered)
        return Reading(page=result.page, discovered=discovered)

    def _capture(self, row: RemoteCapture) -> Capture:
        headers, payload = self._warc.response(row.file, row.offset, row.length, revisit=row.revisit)
        if row.payload_at is not None:
            payload = self._warc.response(*row.payload_at)[1]
        if digest_bytes(payload) != row.payload_digest:
            raise ArchiveDamagedError(
                f"{row.file}: the bytes of {row.url} at byte {row.offset:,} are not those that the database has"
            )
        return Capture(
            url=row.url,
            captured_at=parse_moment(row.captured_at),
            status=row.status,
            payload=payload,
            response_headers=headers,
            truncated=cast('Literal["length"] | None', row.truncated),
            via=cast('Literal["live", "warc", "wayback"]', row.via),
        )


def _hint(result: Reading) -> bytes | None:
    page = result.page
    return record_hint(stored_record(page.as_dict())) if isinstance(page, Article) else None


@contextmanager
def remote_reader(address: str, portal: Portal) -> Iterator[RemoteReader]:
    """What a worker makes ready."""
    with closing(RemoteReader(address, portal)) as reader:
        yield reader
