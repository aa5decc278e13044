"""Files of other archives, and archives to import them into."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from gzcrawler.importing import Imported, find_files, import_files
from gzcrawler.portals import load_portal, parse_portal
from gzcrawler.replica import replica_map

if TYPE_CHECKING:
    from gzcrawler.portals import Portal

FIXTURES = Path(__file__).parent / "fixtures"


@dataclass
class Importer:
    """An archive, and the portal whose captures go into it."""

    archive: Path
    portal: Portal

    def __call__(self, *files: Path | str, **options: Any) -> Imported:
        """Import files; the report."""
        return self.ended(*files, **options)[0]

    def ended(self, *files: Path | str, **options: Any) -> tuple[Imported, int]:
        """The same, with the exit code."""
        return import_files(self.archive, self.portal, find_files(map(str, files)), **options)

    def rows(self, sql: str, *parameters: object) -> list[Any]:
        """Rows of the archive, or their only column."""
        with closing(sqlite3.connect(self.archive / "gzcrawler.db")) as connection:
            found = connection.execute(sql, parameters).fetchall()
        return [row[0] if len(row) == 1 else row for row in found]


@pytest.fixture
def guangzhou(tmp_path: Path) -> Importer:
    """An archive of the built-in portal that does not exist yet."""
    return Importer(tmp_path / "archive", load_portal("guangzhou"))


@pytest.fixture
def replica_archive(tmp_path: Path) -> Importer:
    """The same of the replica, whose pages the fixtures hold."""
    return Importer(tmp_path / "archive", parse_portal(replica_map(), origin="replica"))
