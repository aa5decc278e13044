"""The pages of lists: which comes next in a walk, and when a walk is due; what a list makes due beside itself."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from gzcrawler.archive.moments import format_moment
from gzcrawler.archive.revisit_policy import (
    LIST_WINDOW_AGAIN,
    PRIORITIES,
    RESTING_LIST_AGAIN,
    sweep_again,
)

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable
    from datetime import datetime

    from gzcrawler.archive.pages import PageRow

__all__ = ["ListPages"]

_LATELY = timedelta(hours=1)
"""What was looked at since then was looked at just now."""


class ListPages:
    """Reads and writes turns in the pages table; the caller holds the transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def walk_to(self, canonical_url: str, at: datetime) -> None:
        """Read this page of a list now, also where this run has read it before."""
        self._connection.execute(
            "UPDATE pages SET due_at = ?, priority = ? WHERE canonical_url = ? AND failures = 0",
            (format_moment(at), PRIORITIES["walk"], canonical_url),
        )

    def rest(self, page: PageRow, at: datetime) -> None:
        """Nothing new is to be expected of this list: it waits, and is no page that each run begins with."""
        self._connection.execute(
            "UPDATE pages SET due_at = ?, priority = ? WHERE id = ?",
            (format_moment(at + RESTING_LIST_AGAIN), PRIORITIES["walk"], page.id),
        )

    def next_of_list(self, page: PageRow) -> str | None:
        """Canonical URL of the next page of a list that is known, and stood when last asked."""
        row = self._connection.execute(
            """SELECT canonical_url FROM pages WHERE list_url = ? AND part > ? AND missing_since IS NULL
            ORDER BY part LIMIT 1""",
            (page.list_url, page.part),
        ).fetchone()
        return row[0] if row else None

    def is_sweep_due(self, page: PageRow, at: datetime) -> bool:
        """Does a later page of this list wait to be read again, with all pages before it?

        Args:
            page: as it was before it was read now.
            at: moment of that.
        """
        assert page.list_url is not None
        sweep = sweep_again(page.list_url)
        # A sweep under way goes on to the end: else pages that came lately would ask for one of their own soon.
        swept = page.part > 1 and (page.last_verified or "") < format_moment(at - sweep / 2)
        if not self._is_older(page, at - (LIST_WINDOW_AGAIN if swept else sweep), "ORDER BY part"):
            return False
        # The first page is read again while a sweep is under way, where a page that was new led back to it.
        return self._is_older(page, at - _LATELY, "ORDER BY part LIMIT 1")

    def is_window_due(self, page: PageRow, at: datetime) -> bool:
        """Was the next page of this list not read for two days?"""
        return self._is_older(page, at - LIST_WINDOW_AGAIN, "ORDER BY part LIMIT 1")

    def ask_soon(self, canonical_urls: Iterable[str], at: datetime) -> None:
        """Something tells that these articles changed or went: their turn has come since they were last seen."""
        recently = format_moment(at - _LATELY)
        self._connection.executemany(
            """UPDATE pages SET due_at = last_verified
            WHERE canonical_url = ? AND kind = 'article' AND part = 1 AND last_verified < ? AND due_at > ?""",
            [(url, recently, format_moment(at)) for url in canonical_urls],
        )

    def _is_older(self, page: PageRow, moment: datetime, order: str) -> bool:
        row = self._connection.execute(
            f"""SELECT min(last_verified) FROM (SELECT last_verified FROM pages
                WHERE list_url = ? AND part > ? AND missing_since IS NULL AND last_verified IS NOT NULL {order})""",
            (page.list_url, page.part),
        ).fetchone()
        return row[0] is not None and row[0] < format_moment(moment)
