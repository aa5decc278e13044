"""What the archive holds, counted for charts: by month, and the most frequent of each kind.

All is aggregated in the database, most of it from indexes alone; nothing of an article but its title comes here.
Redacted articles have no rows left, so none is counted or named. Months are the portal's own, at +08:00.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from gzcrawler.archive.moments import parse_moment, portal_day
from gzcrawler.archive.section_days import STOOD_ON
from gzcrawler.archive.section_names import SectionKey, section_labels

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Mapping

__all__ = ["ByMonth", "Figures", "Ranked", "Series", "figures"]

MONTHS_SHOWN = 120
"""Ten years; what is older is counted in `ByMonth.earlier`."""
SECTIONS_SHOWN = 8
"""More colours than that cannot be told apart; the rest is one series."""
RANKS = 10
_LINKED_LOOKED_AT = 60
"""Addresses counted exactly: an article may have several, and its own further pages link to it."""

OTHER_SECTIONS = "other_sections"
NO_SECTION = "no_section"
DELAYS = (
    ("same_day", 0),
    ("next_day", 1),
    ("within_a_week", 7),
    ("within_a_month", 31),
    ("later", 1 << 30),
)
"""Name -> most days between the day of publication and the day of the first capture."""


@dataclass(frozen=True, slots=True)
class Series:
    """One row of numbers of a chart."""

    name: str
    """Of a section, as the portal prints it; else one of the words of this module."""
    values: tuple[int, ...]
    """One for each month."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ByMonth:
    """Numbers by month, without a gap between the first and the last."""

    months: tuple[str, ...]
    """``2026-01``."""
    series: tuple[Series, ...]
    earlier: int = 0
    """Counted before the first of the months, and not shown in them."""
    undated: int = 0

    @property
    def total(self) -> int:
        """Of all series and months."""
        return sum(sum(series.values) for series in self.series)


@dataclass(frozen=True, slots=True)
class Ranked:
    """One place of a ranking."""

    label: str
    count: int
    article_id: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Figures:
    """All that the charts show."""

    last_capture: str | None
    """Moment of the archive's last capture; None where there is none yet."""
    published: ByMonth
    """Articles by month of publication; a series a section, each article in one of them."""
    changes: ByMonth
    """Edits by the month in which each was first seen, removals by the month since which they are missing."""
    captures: ByMonth
    """Captures: new bodies, and answers that repeat one."""
    stored: ByMonth
    """Bytes of WARC files, as on disk."""
    delays: ByMonth
    """Articles published since the first run, by month of publication; a series a delay (`DELAYS`)."""
    most_linked: tuple[Ranked, ...]
    """Articles, by how many others link to them in their text or as related; not by what the whole site shows."""
    sources: tuple[Ranked, ...]
    authors: tuple[Ranked, ...]

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


def figures(connection: sqlite3.Connection) -> Figures:
    """Count everything; seconds for an archive of years, so a server should keep what it gave.

    Args:
        connection: reads the archive.
    """
    (last,) = connection.execute("SELECT max(captured_at) FROM captures").fetchone()
    captures, stored = _volume(connection)
    return Figures(
        last_capture=last,
        published=_published(connection),
        changes=_changes(connection),
        captures=captures,
        stored=stored,
        delays=_delays(connection),
        most_linked=_most_linked(connection),
        sources=_ranking(connection, "articles", "source"),
        authors=_ranking(connection, "authors", "name"),
    )


_HOME_SECTIONS = f"""WITH listed AS (
        SELECT DISTINCT p.portal, p.section, s.article_id
        FROM ({STOOD_ON}) s JOIN pages p ON p.id = s.page_id WHERE p.section IS NOT NULL),
    sized AS (
        SELECT portal, section, article_id, count(*) OVER (PARTITION BY portal, section) AS size FROM listed),
    own AS (
        SELECT article_id, portal, min(section) AS section FROM pages
        WHERE kind = 'article' AND article_id IS NOT NULL AND section IS NOT NULL GROUP BY article_id),
    home AS (
        SELECT portal, section, article_id, 0 AS size FROM own
        UNION ALL SELECT portal, section, article_id, size FROM sized),
    chosen AS (
        -- SQLite gives the other columns of the row that has the minimum.
        SELECT article_id, portal, section, min(size) FROM home GROUP BY article_id)
    SELECT substr(a.published, 1, 7) AS month, c.portal, c.section, count(*)
    FROM articles a LEFT JOIN chosen c ON c.article_id = a.id
    WHERE a.revision IS NOT NULL GROUP BY 1, 2, 3"""
"""The section in whose tree an article lies; else, of those on whose lists it stood, the one with the fewest
articles: a list of all that is new says less of an article than a list of one subject."""


def _published(connection: sqlite3.Connection) -> ByMonth:
    labels = section_labels(connection)
    found: dict[SectionKey | None, Counter[str]] = defaultdict(Counter)
    undated = 0
    for month, portal, section, number in connection.execute(_HOME_SECTIONS):
        if month is None:
            undated += number
        else:
            found[(portal, section) if section is not None else None][month] += number
    months, earlier = _months(found.values())
    shown = {month: place for place, month in enumerate(months)}
    sizes = {
        key: sum(number for month, number in counts.items() if month in shown)
        for key, counts in found.items()
        if key is not None
    }
    ranked = sorted((key for key in sizes if sizes[key]), key=lambda key: (-sizes[key], key))
    # One that would be the only `other` is as well shown by its name.
    kept = ranked if len(ranked) <= SECTIONS_SHOWN + 1 else ranked[:SECTIONS_SHOWN]
    named = {labels.get(key, key[1]): found[key] for key in kept}
    named[OTHER_SECTIONS] = sum((found[key] for key in ranked[len(kept) :]), Counter())
    named[NO_SECTION] = found.get(None, Counter())
    return _by_month(months, named, earlier=earlier, undated=undated)


def _changes(connection: sqlite3.Connection) -> ByMonth:
    edited = _monthly(
        connection.execute(
            """SELECT substr(captured_at, 1, 13), count(*) FROM revisions
            WHERE cause = 'source' AND number > 1 GROUP BY 1"""
        )
    )
    removed = _monthly(
        connection.execute(
            """SELECT substr(gone_since, 1, 13), count(*) FROM articles
            WHERE gone_since IS NOT NULL AND state = 'gone' GROUP BY 1"""
        )
    )
    months, earlier = _months([edited, removed], _visited(connection))
    return _by_month(months, {"edited": edited, "removed": removed}, earlier=earlier)


def _visited(connection: sqlite3.Connection) -> list[str]:
    """The months of the first and the last capture: between them, that no edit was seen is a number too."""
    # One by one: SQLite reads an end off an index only where it is asked for that end alone.
    moments = [
        connection.execute(f"SELECT {end}(captured_at) FROM captures").fetchone()[0] for end in ("min", "max")
    ]
    return [str(portal_day(parse_moment(moment)))[:7] for moment in moments if moment]


def _volume(connection: sqlite3.Connection) -> tuple[ByMonth, ByMonth]:
    """Captures, and bytes on disk."""
    rows = connection.execute(
        """SELECT substr(captured_at, 1, 13), record_type = 'response', count(*), sum(warc_length)
        FROM captures GROUP BY 1, 2"""
    ).fetchall()
    new = _monthly((hour, number) for hour, is_new, number, _ in rows if is_new)
    repeated = _monthly((hour, number) for hour, is_new, number, _ in rows if not is_new)
    size = _monthly((hour, length) for hour, _, _, length in rows)
    months, earlier = _months([new, repeated])
    _, bytes_earlier = _months([size])
    return (
        _by_month(months, {"new_bodies": new, "repeated": repeated}, earlier=earlier),
        _by_month(months, {"bytes": size}, earlier=bytes_earlier),
    )


def _delays(connection: sqlite3.Connection) -> ByMonth:
    found: dict[str, Counter[str]] = {name: Counter() for name, _ in DELAYS}
    (began,) = connection.execute("SELECT min(started_at) FROM runs").fetchone()
    if began is None:
        return ByMonth(months=(), series=())
    first = str(portal_day(parse_moment(began)))
    rows = connection.execute(
        """SELECT substr(published, 1, 7), CAST(julianday(date(first_seen, '+8 hours'))
            - julianday(substr(published, 1, 10)) AS INTEGER) AS days, count(*)
        FROM articles WHERE published >= ? GROUP BY 1, 2""",
        (first,),
    )
    for month, days, number in rows:
        # A date ahead of the capture is a slip of the portal, or of its clock: it was there on its day.
        name = next(name for name, most in DELAYS if (days or 0) <= most)
        found[name][month] += number
    months, earlier = _months(found.values())
    return _by_month(months, found, earlier=earlier)


def _most_linked(connection: sqlite3.Connection) -> tuple[Ranked, ...]:
    likely = connection.execute(
        """SELECT p.article_id, sum(k.pages) AS pages
        FROM (SELECT canonical_url, count(*) AS pages FROM links
              WHERE scope != 'site' AND canonical_url IS NOT NULL GROUP BY canonical_url) k
        JOIN pages p ON p.canonical_url = k.canonical_url
        JOIN articles a ON a.id = p.article_id
        WHERE a.revision IS NOT NULL
        GROUP BY p.article_id ORDER BY pages DESC, p.article_id LIMIT ?""",
        (_LINKED_LOOKED_AT,),
    ).fetchall()
    ranked = []
    for article_id, _ in likely:
        title, number = connection.execute(
            """SELECT a.title, (SELECT count(DISTINCT f.article_id)
                FROM pages t
                JOIN links k ON k.canonical_url = t.canonical_url
                JOIN pages f ON f.id = k.page_id
                WHERE t.article_id = a.id AND k.scope != 'site' AND k.canonical_url IS NOT NULL
                    AND f.article_id != a.id)
            FROM articles a WHERE a.id = ?""",
            (article_id,),
        ).fetchone()
        if number:
            ranked.append(Ranked(title, number, article_id))
    return tuple(sorted(ranked, key=lambda one: (-one.count, one.article_id or ""))[:RANKS])


def _ranking(connection: sqlite3.Connection, table: str, column: str) -> tuple[Ranked, ...]:
    rows = connection.execute(
        f"""SELECT min({column}), count(*) FROM {table} WHERE {column} IS NOT NULL
        GROUP BY {column} COLLATE NOCASE ORDER BY 2 DESC, 1 LIMIT ?""",
        (RANKS,),
    )
    return tuple(Ranked(label, number) for label, number in rows)


def _monthly(rows: Iterable[tuple[str, int]]) -> Counter[str]:
    """(hour in UTC, number) -> number by month at +08:00."""
    found: Counter[str] = Counter()
    for hour, number in rows:
        moment = parse_moment(f"{hour}:00Z")
        found[str(portal_day(moment))[:7]] += number
    return found


def _months(counted: Iterable[Counter[str]], beside: Iterable[str] = ()) -> tuple[tuple[str, ...], int]:
    """All months from the first to the last of them, at most the last `MONTHS_SHOWN`; and what was before those."""
    together = Counter(dict.fromkeys(beside, 0))
    for counts in counted:
        together.update(counts)
    if not together:
        return (), 0
    last = _number(max(together))
    first = max(_number(min(together)), last - MONTHS_SHOWN + 1)
    months = tuple(f"{number // 12:04}-{number % 12 + 1:02}" for number in range(first, last + 1))
    return months, sum(number for month, number in together.items() if month < months[0])


def _number(month: str) -> int:
    return int(month[:4]) * 12 + int(month[5:7]) - 1


def _by_month(
    months: tuple[str, ...], named: Mapping[str, Counter[str]], *, earlier: int = 0, undated: int = 0
) -> ByMonth:
    """A series for each name that has something in these months."""
    series = (Series(name, tuple(counts[month] for month in months)) for name, counts in named.items())
    return ByMonth(
        months=months,
        series=tuple(one for one in series if any(one.values)),
        earlier=earlier,
        undated=undated,
    )
