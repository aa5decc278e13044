"""Which removals are confirmed: told by moments of capture alone, in whatever order the captures came.

An article's own captures say from which of its checks on it could be held for gone. It is, by the first of
them at which not too much else was missing on its host, as of the beginning of that day. Captures that come
after those of a later day may change that for other articles: the archive notes since when, and `settle` judges
anew at the end of the run.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from gzcrawler.archive.moments import parse_moment
from gzcrawler.archive.vanishing import Vanishing, vanished_since

if TYPE_CHECKING:
    import sqlite3

    from gzcrawler.archive.history import History, Removal

__all__ = ["Confirmations"]

_REMEMBERED = 1_000
"""Judgements kept in memory: one for a host, a day, and a day since which articles are missing."""


class Confirmations:
    """Keeps the confirmations of one portal; the caller holds the transaction."""

    def __init__(self, connection: sqlite3.Connection, portal: str) -> None:
        self._connection = connection
        self._portal = portal
        self._judged: dict[tuple[str, str, str], Vanishing | None] = {}
        self._last: str | None = None

    def expect(self) -> None:
        """Until `forget` all captures that come are told of by `arrived`: the last of them need not be looked for."""
        (last,) = self._connection.execute("SELECT max(captured_at) FROM captures").fetchone()
        self._last = last or ""

    def forget(self) -> None:
        """Captures may be entered by others, or taken back."""
        self._last = None

    def arrived(self, captured_at: str) -> None:
        """A capture is on file now: note it where captures of a later day came before it."""
        if self._last is None:
            (last,) = self._connection.execute("SELECT max(captured_at) FROM captures").fetchone()
        else:
            last = self._last = max(self._last, captured_at)
        if last is not None and last[:10] > captured_at[:10]:
            self.changed(captured_at)

    def changed(self, since: str) -> None:
        """What is known of that moment is not what was judged by."""
        self._judged.clear()
        self._connection.execute(
            """INSERT INTO unsettled (portal, since) VALUES (?, ?)
            ON CONFLICT (portal) DO UPDATE SET since = min(since, excluded.since)""",
            (self._portal, since),
        )

    def judge(
        self, article_id: str, history: History, captured_at: str, recorded_at: str
    ) -> tuple[History, Vanishing | None]:
        """The history, with the removal as far as it is confirmed, after a capture of the article.

        Args:
            article_id: the article.
            history: what its captures tell; ``gone`` where they alone would have it so.
            captured_at: moment of the capture that came; what was confirmed before stays so.
            recorded_at: moment of recording.

        Returns:
            Beside it, with what the article went missing, where that is why it is not confirmed.
        """
        if history.state != "gone" or self._is_confirmed(article_id, history):
            return history, None
        removal = history.removals[-1]
        checks = [check for check in removal.checks if check >= captured_at]
        confirmed_at, together = self._first_alone(history, replace(removal, checks=tuple(checks)))
        if confirmed_at is None:
            return replace(history, state="suspect"), together
        self._confirm(article_id, confirmed_at, recorded_at)
        return history, None

    def judge_anew(self, article_id: str, history: History, recorded_at: str) -> History:
        """The same by all checks of the article, whatever was judged before."""
        judged = [self._first_alone(history, removal)[0] for removal in history.removals]
        confirmed = [moment for moment in judged if moment is not None]
        self._connection.execute(
            f"""DELETE FROM confirmations WHERE article_id = ?
            AND confirmed_at NOT IN ({", ".join("?" * len(confirmed))})""",
            (article_id, *confirmed),
        )
        for moment in confirmed:
            self._confirm(article_id, moment, recorded_at)
        held_back = history.state == "gone" and judged[-1] is None
        return replace(history, state="suspect") if held_back else history

    def unsettled(self) -> list[str]:
        """Articles whose removal has to be judged anew: missed once since the order of time was broken."""
        rows = self._connection.execute(
            """SELECT p.article_id FROM unsettled u
                CROSS JOIN captures c ON c.captured_at >= substr(u.since, 1, 10) AND c.kind = 'removed'
                JOIN pages p ON p.id = c.page_id AND p.portal = u.portal
                WHERE u.portal = ?1 AND p.article_id IS NOT NULL
            UNION SELECT o.article_id FROM unsettled u
                JOIN confirmations o ON o.confirmed_at >= substr(u.since, 1, 10)
                JOIN articles a ON a.id = o.article_id AND a.portal = u.portal WHERE u.portal = ?1""",
            (self._portal,),
        )
        return [article_id for (article_id,) in rows]

    def settled(self) -> None:
        """All of them were."""
        self._connection.execute("DELETE FROM unsettled WHERE portal = ?", (self._portal,))

    def _is_confirmed(self, article_id: str, history: History) -> bool:
        found = self._connection.execute(
            "SELECT 1 FROM confirmations WHERE article_id = ? AND confirmed_at >= ? LIMIT 1",
            (article_id, history.gone_since),
        )
        return found.fetchone() is not None

    def _confirm(self, article_id: str, confirmed_at: str, recorded_at: str) -> None:
        """An export as of a moment before must not know of it."""
        self._connection.execute(
            "INSERT OR IGNORE INTO confirmations (article_id, confirmed_at, recorded_at) VALUES (?, ?, ?)",
            (article_id, confirmed_at, recorded_at),
        )

    def _first_alone(self, history: History, removal: Removal) -> tuple[str | None, Vanishing | None]:
        """The first of these checks at which the article was not missing with too many; else with how many, last."""
        together = None
        for moment in removal.checks:
            together = self._together(history, removal.since, moment)
            if together is None:
                return moment, None
        return None, together

    def _together(self, history: History, since: str, moment: str) -> Vanishing | None:
        host = urlsplit(history.canonical_url).netloc
        key = (host, moment[:10], since[:10])
        if key not in self._judged:
            if len(self._judged) >= _REMEMBERED:
                self._judged.clear()
            self._judged[key] = vanished_since(
                self._connection,
                self._portal,
                history.canonical_url,
                _midnight(since),
                as_of=_midnight(moment),
            )
        return self._judged[key]


def _midnight(moment: str) -> datetime:
    """Of the day, in UTC: so that captures of one day need not be in order."""
    return datetime.combine(parse_moment(moment).date(), time(), UTC)
