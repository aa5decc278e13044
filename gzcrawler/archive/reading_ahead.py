"""Reading the captures of WARC files before they are recorded: by workers, a few ahead, in the files' order.

A reading is only ever a head start: whoever records asks for it by the map that holds there, and reads by
itself where there is none by that map.
"""

from __future__ import annotations

import pickle
from collections import deque
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NamedTuple

from gzcrawler.archive.replay import read_stored
from gzcrawler.archive.stored_portals import portal_of_map
from gzcrawler.archive.warc_files import MAP_SUBJECT
from gzcrawler.archive.warc_reading import CaptureGroup, FileInformation, Gap, Metadata, read_groups
from gzcrawler.errors import ArchiveDamagedError
from gzcrawler.items import Reading
from gzcrawler.portals import parse_portal
from gzcrawler.workers import Job

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from gzcrawler.archive.outcomes import Result
    from gzcrawler.archive.stored_payloads import StoredPayloads
    from gzcrawler.archive.warc_reading import Group
    from gzcrawler.items import Capture
    from gzcrawler.portals import Portal
    from gzcrawler.workers import Workers

__all__ = ["Ahead", "ReadingAhead"]

_GROUPS_AT_ONCE = 100
_BYTES_AT_ONCE = 4_000_000
"""Payload in a task at most, and one capture."""


class Ahead(NamedTuple):
    """What was read of a capture, and by which map."""

    map_digest: str
    result: Result


@dataclass(slots=True)
class FileAhead:
    """A WARC file under way."""

    path: Path
    gaps: list[Gap] = field(default_factory=list)
    portal: str = ""
    map: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class _Task:
    """Captures to read."""

    name: str
    captures: tuple[tuple[Capture, str] | None, ...]
    """Each with the digest of the map by which it is read; None for what there is nothing to read of."""
    maps: dict[str, bytes]
    """Digest -> map, pickled, so that a worker unpacks only what it has not met."""


@dataclass(slots=True)
class _Chunk:
    """Groups of one file that lie one after another."""

    file: FileAhead
    groups: list[Group] = field(default_factory=list)
    captures: list[tuple[Capture, str] | None] = field(default_factory=list)
    size: int = 0
    is_last: bool = False
    """Of its file."""


class ReadingAhead:
    """The groups of files with what workers read of them."""

    def __init__(self, payloads: StoredPayloads, workers: Workers) -> None:
        """Read nothing yet.

        Args:
            payloads: of what has been recorded, for captures that repeat it.
            workers: who reads.
        """
        self._payloads = payloads
        self._workers = workers
        self._portals: dict[str, Portal] = {}
        self._maps: dict[str, bytes] = {}
        self._under_way: deque[_Chunk] = deque()
        self._job = Job(
            begin=_known_maps,
            work=_read,
            name=_name,
            preload=("gzcrawler.archive.reading_ahead", "gzcrawler.readers"),
        )

    def files(
        self, paths: Iterable[Path]
    ) -> Iterator[tuple[FileAhead, Iterator[tuple[Group, Ahead | None]]]]:
        """Each file with its groups, which are taken before the next file is asked for."""
        results = self._workers.results(self._job, self._tasks(paths))
        for result in results:
            groups = self._groups(result, results)
            yield self._under_way[0].file, groups
            deque(groups, maxlen=0)  # of a file that was given up

    def _groups(
        self, result: list[Ahead | None], results: Iterator[list[Ahead | None]]
    ) -> Iterator[tuple[Group, Ahead | None]]:
        while True:
            chunk = self._under_way[0]
            yield from zip(chunk.groups, result, strict=True)
            # Only now: a capture that comes next may repeat one of these, which are recorded by now.
            self._under_way.popleft()
            if chunk.is_last:
                return
            result = next(results)

    def _tasks(self, paths: Iterable[Path]) -> Iterator[_Task]:
        for path in paths:
            for chunk in self._chunks(FileAhead(path)):
                self._under_way.append(chunk)
                digests = {capture[1] for capture in chunk.captures if capture is not None}
                yield _Task(
                    path.name, tuple(chunk.captures), {digest: self._maps[digest] for digest in digests}
                )

    def _chunks(self, file: FileAhead) -> Iterator[_Chunk]:
        chunk = _Chunk(file)
        for group in read_groups(file.path, gaps=file.gaps):
            if len(chunk.groups) >= _GROUPS_AT_ONCE or chunk.size > _BYTES_AT_ONCE:
                yield chunk
                chunk = _Chunk(file)
            capture = self._prepared(group, file, chunk)
            chunk.groups.append(group)
            chunk.captures.append(capture)
            chunk.size += len(capture[0].payload) if capture is not None else 0
        chunk.is_last = True
        yield chunk

    def _prepared(self, group: Group, file: FileAhead, chunk: _Chunk) -> tuple[Capture, str] | None:
        """What is sent of a group; notes say by which map those behind them are read."""
        if isinstance(group, FileInformation):
            file.portal = group.fields["isPartOf"]
        elif isinstance(group, Metadata):
            if group.subject == MAP_SUBJECT:
                file.map = group.content
                self._portals[file.portal] = portal_of_map(file.portal, group.content)
        elif group.record_type in ("response", "revisit"):
            return self._prepared_capture(group, file, chunk)
        return None

    def _prepared_capture(
        self, group: CaptureGroup, file: FileAhead, chunk: _Chunk
    ) -> tuple[Capture, str] | None:
        portal = self._portals.get(file.portal)
        if portal is None or file.map is None:
            return None
        if portal.address(group.capture.url) is None:
            portal = parse_portal(file.map, origin=f"map of portal {file.portal!r} in the archive")
        if portal.digest not in self._maps:
            self._maps[portal.digest] = pickle.dumps(portal)
        if group.record_type == "response":
            return group.capture, portal.digest
        payload = self._payload(group.payload_digest, chunk)
        return None if payload is None else (replace(group.capture, payload=payload), portal.digest)

    def _payload(self, digest: str, chunk: _Chunk) -> bytes | None:
        """Bytes that a capture repeats: recorded, or under way."""
        for other in (*self._under_way, chunk):
            for group in other.groups:
                if (
                    isinstance(group, CaptureGroup)
                    and group.payload_digest == digest
                    and group.record_type == "response"
                ):
                    return group.capture.payload
        try:
            return self._payloads.read(digest)
        except ArchiveDamagedError:
            return None


def _name(task: _Task) -> str:
    return task.name


# -- in the workers ------------------------------------------------------------------------------------


@contextmanager
def _known_maps() -> Iterator[dict[str, Portal]]:
    yield {}


def _read(known: dict[str, Portal], task: _Task) -> list[Ahead | None]:
    """What each capture says; None where there was nothing to read."""
    one: dict[str, str] = {}
    found: list[Ahead | None] = []
    for sent in task.captures:
        if sent is None:
            found.append(None)
            continue
        capture, digest = sent
        if digest not in known:
            known[digest] = pickle.loads(task.maps[digest])  # noqa: S301 - by the process that asks
        result = read_stored(capture, known[digest])
        if isinstance(result, Reading):
            # Most links stand on many pages; what is one object is pickled once.
            result = replace(result, discovered=tuple(one.setdefault(url, url) for url in result.discovered))
        found.append(Ahead(digest, result))
    return found
