"""What web archives hold of a portal: their indexes as far as they were read, and what became of each memento.

Written beside the one door, never through it: that a memento was fetched is told by its capture alone, and
`Mementos.settle` reads it from there. So a crash between a capture and its mark costs nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from gzcrawler.archive.connections import insert_rows, transaction
from gzcrawler.archive.moments import format_moment, parse_moment

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Collection, Sequence
    from datetime import date, datetime

__all__ = ["Listed", "Listing", "Memento", "MementoChoice", "Mementos", "PlanLine"]

TRIES_AT_MOST = 5
"""Failed fetches after which a memento is left alone."""

_INSERT = """INSERT OR IGNORE INTO mementos
    (web_archive_id, url, canonical_url, page_kind, host, captured_at, status, media_type, digest, length)"""

_SHOWS_A_PAGE = "(m.status = 200 OR m.status IS NULL)"
"""Of ``mementos m``: a redirect, an error or a refusal that was archived shows no page."""

_CAPTURE_ON_FILE = """EXISTS (SELECT 1 FROM pages p CROSS JOIN captures c ON c.page_id = p.id
    WHERE p.canonical_url = mementos.canonical_url AND c.captured_at = mementos.captured_at
        AND c.url = mementos.url)"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Listed:
    """One line of a web archive's index that is about a page of the portal."""

    url: str
    """The address that was captured, as the index has it."""
    canonical_url: str
    page_kind: str
    """What the address promises."""
    host: str
    captured_at: datetime
    """To the second, UTC."""
    status: int | None
    """None for a repetition of an earlier capture, of which the index says no more."""
    media_type: str | None
    digest: str
    """SHA-1 of the payload in base32; empty where the index has none."""
    length: int | None
    """Bytes on disk at the web archive, compressed."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Memento:
    """A listed memento that is wanted."""

    id: int
    url: str
    canonical_url: str
    captured_at: datetime
    digest: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Listing:
    """How far the index was read for one host or path."""

    prefix: str
    """``host`` or ``host/path``."""
    first_day: date | None
    last_day: date | None
    resume_key: str | None = None
    finished_at: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class MementoChoice:
    """Which of the mementos are wanted."""

    distinct: bool = False
    """The earliest of each digest of a page, not only the newest of the page."""
    first_day: date | None = None
    last_day: date | None = None
    images: bool = True

    def condition(self) -> tuple[str, dict[str, str]]:
        """SQL over ``mementos m``, and its values."""
        terms, values = [_SHOWS_A_PAGE], {}
        if self.first_day is not None:
            terms.append("m.captured_at >= :first_day")
            values["first_day"] = self.first_day.isoformat()
        if self.last_day is not None:
            terms.append("substr(m.captured_at, 1, 10) <= :last_day")
            values["last_day"] = self.last_day.isoformat()
        if not self.images:
            terms.append("m.page_kind != 'asset'")
        return " AND ".join(terms), values


@dataclass(frozen=True, slots=True)
class PlanLine:
    """What is wanted of one host and year."""

    host: str
    year: str
    captures: int
    bytes: int
    """As the index lists them: compressed, on disk there."""


class Mementos:
    """The mementos that one web archive holds of one portal; for the archive's writer."""

    def __init__(self, connection: sqlite3.Connection, portal: str, index_url: str) -> None:
        self._connection = connection
        with transaction(connection):
            connection.execute(
                "INSERT OR IGNORE INTO web_archives (portal, index_url) VALUES (?, ?)", (portal, index_url)
            )
        (self._id,) = connection.execute(
            "SELECT id FROM web_archives WHERE portal = ? AND index_url = ?", (portal, index_url)
        ).fetchone()

    # -- listing ----------------------------------------------------------------------------------

    def listing(self, prefix: str, first_day: date | None, last_day: date | None) -> Listing:
        """How far the index was read for a host or path within these days."""
        row = self._connection.execute(
            """SELECT resume_key, finished_at FROM memento_listings
            WHERE web_archive_id = ? AND prefix = ? AND first_day = ? AND last_day = ?""",
            self._listing_key(prefix, first_day, last_day),
        ).fetchone()
        return Listing(
            prefix=prefix,
            first_day=first_day,
            last_day=last_day,
            resume_key=row[0] if row else None,
            finished_at=parse_moment(row[1]) if row and row[1] else None,
        )

    def keep(self, listing: Listing, lines: Sequence[Listed], *, foreign: int, resume_key: str | None) -> int:
        """Keep lines of the index, and where it goes on behind them, in one step.

        Args:
            listing: which reading of the index.
            lines: what it says of the portal's pages.
            foreign: how many lines beside them were about other pages.
            resume_key: where to go on; None where that is not known.

        Returns:
            How many of the lines were not known.
        """
        with transaction(self._connection):
            self._note(listing, foreign, resume_key, None)
            return insert_rows(self._connection, _INSERT, [self._row(line) for line in lines])

    def finish_listing(self, listing: Listing, now: datetime) -> None:
        """The last line was read."""
        with transaction(self._connection):
            self._note(listing, 0, None, format_moment(now))

    def begin_listing(self, listing: Listing) -> None:
        """The index is read from its beginning again."""
        with transaction(self._connection):
            self._connection.execute(
                """DELETE FROM memento_listings
                WHERE web_archive_id = ? AND prefix = ? AND first_day = ? AND last_day = ?""",
                self._listing_key(listing.prefix, listing.first_day, listing.last_day),
            )

    def _note(self, listing: Listing, foreign: int, resume_key: str | None, finished_at: str | None) -> None:
        self._connection.execute(
            """INSERT INTO memento_listings
                (web_archive_id, prefix, first_day, last_day, resume_key, foreign_lines, finished_at)
            VALUES (?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (web_archive_id, prefix, first_day, last_day) DO UPDATE SET
                resume_key = excluded.resume_key, finished_at = excluded.finished_at,
                foreign_lines = foreign_lines + excluded.foreign_lines""",
            (
                *self._listing_key(listing.prefix, listing.first_day, listing.last_day),
                resume_key,
                foreign,
                finished_at,
            ),
        )

    def _listing_key(
        self, prefix: str, first_day: date | None, last_day: date | None
    ) -> tuple[int, str, str, str]:
        return (
            self._id,
            prefix,
            first_day.isoformat() if first_day else "",
            last_day.isoformat() if last_day else "",
        )

    def _row(self, line: Listed) -> tuple[object, ...]:
        return (
            self._id,
            line.url,
            line.canonical_url,
            line.page_kind,
            line.host,
            format_moment(line.captured_at),
            line.status,
            line.media_type,
            line.digest,
            line.length,
        )

    # -- choosing ---------------------------------------------------------------------------------

    def settle(self) -> int:
        """Mark as fetched what is on file, however it came; returns how many that were."""
        with transaction(self._connection):
            return self._connection.execute(
                f"""UPDATE mementos SET state = 'fetched', because = NULL
                WHERE web_archive_id = ? AND state = 'listed' AND {_CAPTURE_ON_FILE}""",
                (self._id,),
            ).rowcount

    def wanted(
        self, choice: MementoChoice, kinds: Collection[str], *, after: tuple[str, str] = ("", ""), limit: int
    ) -> list[Memento]:
        """The next mementos to fetch, in the order of their pages.

        Args:
            choice: which are wanted at all.
            kinds: what the addresses promise.
            after: page and digest of the last one; none twice.
            limit: how many to give.
        """
        condition, values = choice.condition()
        places = ", ".join(f":kind{number}" for number in range(len(kinds)))
        # The first term is for the index, which knows no pairs.
        behind = (
            "m.canonical_url >= :page AND (m.canonical_url, m.digest) > (:page, :digest)"
            if choice.distinct
            else "m.canonical_url > :page"
        )
        group = "m.canonical_url, m.digest" if choice.distinct else "m.canonical_url"
        rows = self._connection.execute(
            f"""{_chosen(choice.distinct, f"{condition} AND m.page_kind IN ({places}) AND {behind}")}
            ORDER BY {group} LIMIT :limit""",
            values
            | {f"kind{number}": kind for number, kind in enumerate(kinds)}
            | {"archive": self._id, "page": after[0], "digest": after[1], "limit": limit},
        ).fetchall()
        return [
            Memento(id=number, url=url, canonical_url=page, captured_at=parse_moment(moment), digest=digest)
            for number, url, page, moment, digest, *_ in rows
        ]

    def plan(self, choice: MementoChoice) -> list[PlanLine]:
        """What is wanted, by host and year of capture."""
        condition, values = choice.condition()
        rows = self._connection.execute(
            f"""SELECT host, substr(captured_at, 1, 4), count(*), coalesce(sum(length), 0)
            FROM ({_chosen(choice.distinct, condition)}) GROUP BY 1, 2 ORDER BY 1, 2""",
            values | {"archive": self._id},
        ).fetchall()
        return [PlanLine(*row) for row in rows]

    def counts(self) -> dict[str, int]:
        """Of all that the index lists: by state."""
        return dict(
            self._connection.execute(
                "SELECT state, count(*) FROM mementos WHERE web_archive_id = ? GROUP BY state", (self._id,)
            ).fetchall()
        )

    # -- what became of them ----------------------------------------------------------------------

    def mark(
        self,
        *,
        fetched: Sequence[tuple[int, str | None]] = (),
        refused: Sequence[tuple[int, str]] = (),
        failed: Sequence[tuple[int, str]] = (),
    ) -> None:
        """Note what became of mementos: row number, and what there is to say of each."""
        with transaction(self._connection):
            self._set("state = 'fetched', because = ?", fetched)
            self._set("state = 'refused', because = ?", refused)
            self._set("tries = tries + 1, because = ?", failed)

    def _set(self, columns: str, rows: Sequence[tuple[int, str | None]] | Sequence[tuple[int, str]]) -> None:
        self._connection.executemany(
            f"UPDATE mementos SET {columns} WHERE id = ?", [(because, number) for number, because in rows]
        )


def _chosen(distinct: bool, condition: str) -> str:
    """Rows that are chosen and not fetched yet; the columns that stand in no aggregate are those of the chosen row."""
    which: Literal["min", "max"] = "min" if distinct else "max"
    group = "m.canonical_url, m.digest" if distinct else "m.canonical_url"
    return f"""SELECT m.id, m.url, m.canonical_url, {which}(m.captured_at) AS captured_at, m.digest, m.host, m.length
        FROM mementos m INDEXED BY mementos_of_pages
        WHERE m.web_archive_id = :archive AND m.state IN ('listed', 'fetched')
            AND (m.state = 'fetched' OR m.tries < {TRIES_AT_MOST}) AND {condition}
        GROUP BY {group}
        HAVING m.state = 'listed' AND NOT EXISTS
            (SELECT 1 FROM redacted_pages r WHERE r.canonical_url = m.canonical_url)"""
