"""Which pages in quarantine nobody has been told of yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3

__all__ = ["newly_quarantined"]


def newly_quarantined(connection: sqlite3.Connection, portal: str) -> list[tuple[str, str]]:
    """Address and reason of pages in quarantine that no verdict has named: also of runs that were killed."""
    return connection.execute(
        """SELECT c.url, q.message FROM quarantine q JOIN captures c ON c.id = q.capture_id
        JOIN pages p ON p.id = q.page_id
        WHERE p.portal = :portal AND q.run_id > (SELECT coalesce(max(id), 0) FROM runs
            WHERE portal = :portal AND exit_code < 70)
        ORDER BY c.url""",
        {"portal": portal},
    ).fetchall()
