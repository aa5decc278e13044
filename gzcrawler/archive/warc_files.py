"""The WARC file that a run appends to: opened when first needed, rolled by size and by day, synced on demand."""

from __future__ import annotations

import os
import uuid
from typing import TYPE_CHECKING

from gzcrawler._version import __version__
from gzcrawler.archive.directory import Directory, sync_directory
from gzcrawler.archive.moments import format_moment
from gzcrawler.archive.warc_records import encode_information, encode_metadata

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from pathlib import Path

    from gzcrawler.archive.runs import Run

__all__ = ["MAP_SUBJECT", "ROLL_AT", "WarcFile", "WarcFiles"]

ROLL_AT = 1_000_000_000
"""Bytes after which a file is closed and another begun."""

MAP_SUBJECT = "urn:gzcrawler:portal-map"
"""Subject of the metadata record with the portal's map, second in each file: an archive explains itself."""


class WarcFile:
    """One file under way."""

    def __init__(self, path: Path, *, information_id: str, opened_at: datetime) -> None:
        self.path = path
        self.information_id = information_id
        self.opened_at = opened_at
        self.length = 0
        """Bytes appended so far."""
        self.committed = 0
        """Bytes that the database knows of."""
        self._descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
        sync_directory(path.parent)

    def append(self, data: bytes) -> int:
        """Write at the end; returns the offset at which `data` begins."""
        offset = self.length
        view = memoryview(data)
        while view:
            view = view[os.write(self._descriptor, view) :]
        self.length += len(data)
        return offset

    def sync(self) -> None:
        """Make what was appended survive a power cut."""
        os.fsync(self._descriptor)

    def rewind(self) -> None:
        """Cut off what was appended and not committed."""
        os.ftruncate(self._descriptor, self.committed)
        os.lseek(self._descriptor, self.committed, os.SEEK_SET)
        self.length = self.committed

    def close(self, *, keep: bool = False) -> None:
        """Close; a file in which nothing was committed goes away, unless it is to be kept."""
        os.close(self._descriptor)
        if self.committed == 0 and not keep:
            self.path.unlink(missing_ok=True)


class WarcFiles:
    """The files of one run."""

    def __init__(
        self,
        directory: Directory,
        *,
        run: Run,
        map_facts: Mapping[str, object],
        contact: str | None,
        roll_at: int = ROLL_AT,
    ) -> None:
        self._directory = directory
        self._roll_at = roll_at
        self._run = run
        self._map_facts = map_facts
        self._contact = contact
        self._number = 0
        self._current: WarcFile | None = None

    def current(self, now: datetime) -> WarcFile:
        """The file to append to; a new one at the first call, after `roll_at` bytes, and on a new day (UTC)."""
        file = self._current
        if file is not None and (file.length >= self._roll_at or file.opened_at.date() != now.date()):
            self.close()
        if self._current is None:
            self._current = self._open(now)
        return self._current

    def close(self, *, keep: bool = False) -> None:
        """Close the file under way.

        Args:
            keep: even if nothing in it is known to be committed.
        """
        if self._current is not None:
            self._current.close(keep=keep)
            self._current = None

    def rewind(self) -> None:
        """Cut off what was appended and not committed; a file that holds nothing else goes away."""
        if self._current is not None and self._current.committed:
            self._current.rewind()
        else:
            self.close()

    def _open(self, now: datetime) -> WarcFile:
        self._number += 1
        path = self._directory.new_warc_file(self._run.portal, self._run.uid, self._number, now)
        information_id = str(uuid.uuid4())
        file = WarcFile(path, information_id=information_id, opened_at=now)
        try:
            fields = self._information_fields()
            file.append(encode_information(information_id, filename=path.name, moment=now, fields=fields))
            file.append(
                encode_metadata(
                    MAP_SUBJECT, moment=now, information_id=information_id, content=self._map_facts
                )
            )
        except OSError:
            file.close()
            raise
        return file

    def _information_fields(self) -> dict[str, str]:
        fields = {
            "software": f"gzcrawler/{__version__}",
            "format": "WARC File Format 1.1",
            "conformsTo": "http://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/",
            "robots": "obey",
            "isPartOf": self._run.portal,
            "gzcrawler-run": self._run.uid,
            "gzcrawler-command": self._run.command,
            "gzcrawler-started": format_moment(self._run.started_at),
        }
        if self._contact:
            fields["operator"] = self._contact
        return fields
