"""What the portal changed and what it took away, the latest first, a page at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from gzcrawler.archive.edits import FIELDS

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

__all__ = [
    "Change",
    "ChangePlace",
    "Removal",
    "RemovalPlace",
    "changes_before",
    "lately_touched",
    "removals_before",
]


class ChangePlace(NamedTuple):
    """Where a page of changes ends; the next one begins behind it."""

    moment: str
    article_id: str
    number: int


class RemovalPlace(NamedTuple):
    """Where a page of removals ends."""

    moment: str
    article_id: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """One edit of the portal's."""

    article_id: str
    title: str
    """As it is now."""
    state: str
    number: int
    """Of the revision that it led to."""
    changed: tuple[str, ...]
    """Of `edits.FIELDS`."""
    last_seen_old: str | None
    first_seen_new: str

    @property
    def place(self) -> ChangePlace:
        """Its own."""
        return ChangePlace(self.first_seen_new, self.article_id, self.number)


@dataclass(frozen=True, kw_only=True, slots=True)
class Removal:
    """One article that is missing."""

    article_id: str
    title: str
    published: str | None
    state: str
    """``suspect`` or ``gone``."""
    gone_since: str
    last_seen: str
    confirmed_at: str | None

    @property
    def place(self) -> RemovalPlace:
        """Its own."""
        return RemovalPlace(self.gone_since, self.article_id)


def changes_before(
    connection: sqlite3.Connection, *, before: ChangePlace | None = None, since: str = "", limit: int = 50
) -> list[Change]:
    """Changes, the latest first; what only our readers saw anew is none.

    Args:
        connection: reads the archive.
        before: only what comes behind that place.
        since: none that was first seen earlier than that moment.
        limit: changes to give.
    """
    names = ", ".join(f"e.{field}_changed" for field in FIELDS)
    rows = connection.execute(
        f"""SELECT v.article_id, a.title, a.state, v.number, v.captured_at, e.last_seen_old, {names}
        FROM (SELECT captured_at, article_id, number FROM revisions
              WHERE cause = 'source' AND number > 1 AND captured_at >= ?
                AND (captured_at, article_id, number) < (?, ?, ?)
              ORDER BY captured_at DESC, article_id DESC, number DESC LIMIT ?) v
        CROSS JOIN articles a ON a.id = v.article_id
        CROSS JOIN edits e ON e.id = v.article_id AND e.number = v.number
        ORDER BY v.captured_at DESC, v.article_id DESC, v.number DESC""",
        (since, *(before or ChangePlace("~", "", 0)), limit),
    )
    found = []
    for article_id, title, state, number, moment, last_seen_old, *flags in map(tuple, rows):
        found.append(
            Change(
                article_id=article_id,
                title=title,
                state=state,
                number=number,
                changed=tuple(field for field, flag in zip(FIELDS, flags, strict=True) if flag),
                last_seen_old=last_seen_old,
                first_seen_new=moment,
            )
        )
    return found


def removals_before(
    connection: sqlite3.Connection,
    *,
    before: RemovalPlace | None = None,
    states: Sequence[str] = ("gone", "suspect"),
    limit: int = 50,
) -> list[Removal]:
    """Articles that are missing, by the moment since which they are, the latest first.

    Args:
        connection: reads the archive.
        before: only what comes behind that place.
        states: confirmed ones, suspected ones, or both.
        limit: removals to give.
    """
    rows = connection.execute(
        f"""SELECT a.id, a.title, a.published, a.state, a.gone_since, a.last_seen,
            (SELECT min(c.confirmed_at) FROM confirmations c
              WHERE c.article_id = a.id AND c.confirmed_at >= a.gone_since)
        FROM articles a
        WHERE a.gone_since IS NOT NULL AND a.revision IS NOT NULL
            AND a.state IN ({", ".join("?" * len(states))}) AND (a.gone_since, a.id) < (?, ?)
        ORDER BY a.gone_since DESC, a.id DESC LIMIT ?""",
        (*states, *(before or RemovalPlace("~", "")), limit),
    )
    return [
        Removal(
            article_id=article_id,
            title=title,
            published=published,
            state=state,
            gone_since=gone_since,
            last_seen=last_seen,
            confirmed_at=confirmed_at if state == "gone" else None,
        )
        for article_id, title, published, state, gone_since, last_seen, confirmed_at in map(tuple, rows)
    ]


def lately_touched(connection: sqlite3.Connection, most: int) -> list[str]:
    """Ids of articles among which those are that were new, changed or removed last.

    Args:
        connection: reads two ends of indexes.
        most: so many of the last are among them for certain.
    """
    rows = connection.execute(
        """SELECT article_id FROM (
            SELECT r.article_id, r.captured_at AS moment FROM revisions r INDEXED BY revisions_captured
            JOIN articles a ON a.id = r.article_id AND a.revision = r.number
            ORDER BY r.captured_at DESC, r.article_id DESC LIMIT ?1)
        UNION SELECT id FROM (
            SELECT id FROM articles WHERE gone_since IS NOT NULL AND state = 'gone'
            ORDER BY gone_since DESC, id DESC LIMIT ?1)""",
        (most,),
    )
    return [article_id for (article_id,) in rows]
