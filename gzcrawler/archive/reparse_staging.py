"""Where captures that read otherwise wait until all of an article are known: a file beside the database."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import asdict
from itertools import groupby
from typing import TYPE_CHECKING

from gzcrawler.archive.second_readings import Reread

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

__all__ = ["Staging"]


class Staging:
    """Keeps nothing that matters, and nothing behind: the file ends with the process."""

    def __init__(self, path: Path) -> None:
        """Begin empty."""
        path.unlink(missing_ok=True)
        self._connection = sqlite3.connect(path, isolation_level=None)
        self._connection.execute("PRAGMA journal_mode = OFF")
        self._connection.execute("PRAGMA synchronous = OFF")
        self._connection.execute("CREATE TABLE rereads (owner TEXT NOT NULL, reread TEXT NOT NULL)")
        # Without a name from now on: texts of articles must not lie about after a kill, outside the archive's care.
        path.unlink()

    def add(self, rereads: Iterable[Reread]) -> None:
        """Lay captures aside."""
        rows = [
            (reread.article_id or f"page {reread.page_id}", json.dumps(asdict(reread))) for reread in rereads
        ]
        if rows:
            self._connection.execute("BEGIN")
            self._connection.executemany("INSERT INTO rereads VALUES (?, ?)", rows)
            self._connection.execute("COMMIT")

    def groups(self) -> Iterator[list[Reread]]:
        """All captures of one article, or of one page that is none's, at a time; each capture once."""
        self._connection.execute("CREATE INDEX rereads_owner ON rereads (owner)")
        rows = self._connection.execute("SELECT owner, reread FROM rereads ORDER BY owner, rowid")
        for _, group in groupby(rows, key=lambda row: row[0]):
            rereads = {reread.capture_id: reread for reread in (_load(text) for _, text in group)}
            # By capture, so that it does not matter in what order they were laid aside.
            yield [rereads[capture_id] for capture_id in sorted(rereads)]

    def close(self) -> None:
        """Give its space back."""
        self._connection.close()


def _load(text: str) -> Reread:
    values = json.loads(text)
    return Reread(**values | {"found": tuple(values["found"])})
