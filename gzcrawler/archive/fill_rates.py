"""How often each field of the record is filled, and where that has fallen against the archive's own past.

A reader that a redesign has broken seldom fails outright: it fills one field less. What is normal is
learned from the same archive; nothing in here knows what a portal ought to look like, and where nothing
has been learned yet there is no alarm.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from math import exp, lgamma
from typing import TYPE_CHECKING

from gzcrawler.archive.filled_fields import FIELDS, bit
from gzcrawler.archive.runs import NO_LOOKS

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator, Mapping, Sequence

__all__ = ["Drift", "FillRate", "fallen_fields", "fill_rates", "find_drift"]

_LEARNED = 20
"""Readings from which on a rate is known at all."""
_WINDOW = 20
"""Readings that are judged together at least: a run may bring two articles only."""
_CHANCE = 1e-6
"""How unlikely a fall must be. A daily run asks some fifty such questions: once in fifty years by chance."""
_LEAST_FALL = 0.05
"""And it must matter: by so much of all pages."""
_SPREAD_AT_FIRST, _SPREAD_A_BLOCK, _SPREAD_AT_MOST = 20.0, 5.0, 100.0
"""How far one day's rate is trusted to say the next one's, in readings: more with each day that was seen."""

_OF_PORTAL = "r.filled IS NOT NULL AND r.article_id >= :portal || ':' AND r.article_id < :portal || ';'"

_SINCE_THE_FIRST_CRAWL = f"""r.captured_at >= (SELECT coalesce(min(n.started_at), '') FROM runs n
    WHERE n.portal = :portal AND n.command NOT IN {NO_LOOKS})"""
"""What other archives kept of earlier years was chosen by them, and is no measure of what a crawl meets."""


@dataclass(frozen=True, slots=True)
class FillRate:
    """One group of readings, and how many of them fill each field."""

    layout: str | None
    section: str | None
    """The section on whose lists the article stands, the first by key; None where it is on none."""
    month: str
    """``YYYY-MM`` of the captures, at +08:00."""
    pages: int
    filled: Mapping[str, int]


@dataclass(frozen=True, kw_only=True, slots=True)
class Drift:
    """A field that is filled less than it used to be."""

    group: str
    """``layout subsite``, ``layout subsite, section gzlatest`` or ``all layouts``."""
    field: str
    filled: int
    pages: int
    before: float
    """Share of pages that filled it before."""

    def __str__(self) -> str:
        return (
            f"{self.group}: {self.field} filled on {self.filled / self.pages:.1%} of {self.pages:,} "
            f"page{'' if self.pages == 1 else 's'}, on {self.before:.1%} before"
        )


def fill_rates(connection: sqlite3.Connection, portal: str) -> list[FillRate]:
    """Fill rates by month, layout and section, oldest month first; of each version the reading that stands.

    Reads an index over the revisions, and no record.
    """
    groups: dict[tuple[str, str | None, str | None], Counter[str]] = defaultdict(Counter)
    rows = connection.execute(
        f"""WITH listed AS MATERIALIZED (
            SELECT s.article_id AS id, min(l.section) AS section FROM placements s JOIN pages l ON l.id = s.page_id
            WHERE s.article_id IS NOT NULL AND l.section IS NOT NULL GROUP BY s.article_id)
        SELECT strftime('%Y-%m', r.captured_at, '+8 hours'), r.layout, listed.section, r.filled, count(*)
        FROM revisions r INDEXED BY revisions_filled LEFT JOIN listed ON listed.id = r.article_id
        WHERE {_OF_PORTAL} GROUP BY 1, 2, 3, 4""",
        {"portal": portal},
    )
    for month, layout, section, bits, number in rows:
        _count(groups[month, layout, section], bits, number)
    ordered = sorted(groups.items(), key=lambda item: tuple(part or "" for part in item[0]))
    return [
        FillRate(layout, section, month, counts["pages"], {field: counts[field] for field in FIELDS})
        for (month, layout, section), counts in ordered
    ]


def find_drift(rates: Sequence[FillRate]) -> list[Drift]:
    """Fields that the last month fills less than the months before it explain; of layouts, then of their sections."""
    if not rates:
        return []
    last = max(rate.month for rate in rates)
    layouts: dict[str | None, dict[str, Counter[str]]] = defaultdict(lambda: defaultdict(Counter))
    sections: dict[tuple[str | None, str | None], dict[str, Counter[str]]] = defaultdict(
        lambda: defaultdict(Counter)
    )
    for rate in rates:
        for months in (layouts[rate.layout], sections[rate.layout, rate.section]):
            months[rate.month].update(rate.filled)
            months[rate.month]["pages"] += rate.pages
    found: list[Drift] = []
    named: set[tuple[str | None, str]] = set()
    for layout, months in layouts.items():
        for drift in _compare(_layout_name(layout), months.pop(last, Counter()), months.values()):
            found.append(drift)
            named.add((layout, drift.field))
    for (layout, section), months in sections.items():
        group = f"{_layout_name(layout)}, section {section or 'none'}"
        drifts = _compare(group, months.pop(last, Counter()), months.values())
        found += [drift for drift in drifts if (layout, drift.field) not in named]
    return found


def fallen_fields(connection: sqlite3.Connection, portal: str, since: str) -> list[Drift]:
    """Fields that readings of captures since a moment fill less than the archive's past explains.

    Each layout is compared with its own past; a dress that no layout knows, and that is new, with the past
    of all. Where few readings came, those before them are judged with them, so that a portal that publishes
    two articles a day cannot fall silent.

    Args:
        connection: reads.
        portal: name of the portal.
        since: moment of capture, as the archive writes it.
    """
    now = _days_by_layout(connection, portal, "r.captured_at >= :since", since)
    past = _days_by_layout(connection, portal, f"r.captured_at < :since AND {_SINCE_THE_FIRST_CRAWL}", since)
    of_all = _together(past.values())
    found: list[Drift] = []
    for layout, days in now.items():
        read = _sum(days)
        lacking = {field for field in FIELDS if read[field] < read["pages"]} - {"layout"}
        before = past.get(layout, {})
        if layout is None and _sum(before)["pages"] < _LEARNED:
            before = of_all
        elif read["pages"] < _WINDOW:
            earlier, begin = _latest(connection, portal, layout, since, _WINDOW - read["pages"])
            read += earlier
            before = _days_by_layout(connection, portal, "r.captured_at < :since", begin).get(layout, {})
        drifts = _compare(_layout_name(layout), read, before.values())
        found += [drift for drift in drifts if drift.field in lacking]
    read = _sum(_together(now.values()))
    found += [drift for drift in _compare("all layouts", read, of_all.values()) if drift.field == "layout"]
    found += _compare(
        "all layouts",
        _readable(read["pages"], _quarantined(connection, portal, ">=", since)),
        [_readable(_sum(of_all)["pages"], _quarantined(connection, portal, "<", since))],
        fields=("readable",),
    )
    return found


# -- counting --------------------------------------------------------------------------------------

_Days = dict[str, Counter[str]]
"""Day of capture -> how many readings fill each field; ``pages`` is how many there are."""


def _days_by_layout(
    connection: sqlite3.Connection, portal: str, condition: str, since: str
) -> dict[str | None, _Days]:
    layouts: dict[str | None, _Days] = defaultdict(lambda: defaultdict(Counter))
    rows = connection.execute(
        f"""SELECT r.layout, substr(r.captured_at, 1, 10), r.filled, count(*)
        FROM revisions r INDEXED BY revisions_filled WHERE {_OF_PORTAL} AND {condition} GROUP BY 1, 2, 3""",
        {"portal": portal, "since": since},
    )
    for layout, day, bits, number in rows:
        _count(layouts[layout][day], bits, number)
    return layouts


def _latest(
    connection: sqlite3.Connection, portal: str, layout: str | None, before: str, number: int
) -> tuple[Counter[str], str]:
    """The last readings of a layout before a moment, and when they begin."""
    counts: Counter[str] = Counter()
    begin = before
    rows = connection.execute(
        f"""SELECT r.filled, r.captured_at FROM revisions r INDEXED BY revisions_filled
        WHERE {_OF_PORTAL} AND r.captured_at < :before AND r.layout IS :layout
        ORDER BY r.captured_at DESC LIMIT :number""",
        {"portal": portal, "before": before, "layout": layout, "number": number},
    )
    for bits, captured_at in rows:
        _count(counts, bits, 1)
        begin = captured_at
    return counts, begin


def _quarantined(connection: sqlite3.Connection, portal: str, comparison: str, moment: str) -> int:
    (number,) = connection.execute(
        f"""SELECT count(*) FROM quarantine q JOIN captures c ON c.id = q.capture_id
        JOIN pages p ON p.id = q.page_id
        WHERE p.portal = ? AND p.kind = 'article' AND c.captured_at {comparison} ?""",
        (portal, moment),
    ).fetchone()
    return int(number)


def _readable(read: int, unreadable: int) -> Counter[str]:
    return Counter(pages=read + unreadable, readable=read)


def _count(counts: Counter[str], bits: int, number: int) -> None:
    counts["pages"] += number
    for field in FIELDS:
        if bits & bit(field):
            counts[field] += number


def _sum(days: Mapping[str, Counter[str]]) -> Counter[str]:
    return sum(days.values(), Counter())


def _together(layouts: Iterable[_Days]) -> _Days:
    days: _Days = defaultdict(Counter)
    for layout in layouts:
        for day, counts in layout.items():
            days[day].update(counts)
    return days


def _layout_name(layout: str | None) -> str:
    return f"layout {layout}" if layout else "pages of no known layout"


# -- judging ---------------------------------------------------------------------------------------


def _compare(
    group: str,
    read: Counter[str],
    before: Iterable[Counter[str]],
    *,
    fields: Sequence[str] = FIELDS,
) -> Iterator[Drift]:
    blocks = [counts for counts in before if counts["pages"]]
    pages = sum(counts["pages"] for counts in blocks)
    if not read["pages"] or pages < _LEARNED:
        return
    for field in fields:
        past = [(counts["pages"], counts[field]) for counts in blocks]
        rate = sum(filled for _, filled in past) / pages
        fall = rate - read[field] / read["pages"]
        if fall >= _LEAST_FALL and _chance(read["pages"], read[field], past) <= _CHANCE:
            yield Drift(group=group, field=field, filled=read[field], pages=read["pages"], before=rate)


def _chance(pages: int, filled: int, past: Sequence[tuple[int, int]]) -> float:
    """How likely so few of these pages fill the field, if the portal is as it was.

    Days differ: what they publish is not drawn from one urn. So the rate itself is taken to vary, as a beta
    distribution does, by as much as it was seen to vary from block to block of the past beyond chance.

    Args:
        pages: readings.
        filled: those of them that fill the field.
        past: (readings, those that fill it) of each day or month of the past.
    """
    all_pages = sum(number for number, _ in past)
    rate = sum(number for _, number in past) / all_pages
    spread = min(_SPREAD_AT_FIRST + _SPREAD_A_BLOCK * len(past), _SPREAD_AT_MOST, all_pages + 2)
    varied = sum(number * (full / number - rate) ** 2 for number, full in past) / all_pages
    by_chance = rate * (1 - rate) * len(past) / all_pages
    if varied > by_chance:
        spread = min(spread, max(rate * (1 - rate) / (varied - by_chance) - 1, 0.5))
    # A page of each kind more than was seen: a rate of exactly 1 would make one page without it impossible.
    expected = (rate * all_pages + 1) / (all_pages + 2)
    return _tail(pages, filled, expected * spread, (1 - expected) * spread)


def _tail(pages: int, filled: int, alpha: float, beta: float) -> float:
    """P(at most `filled` of `pages`) of the beta-binomial distribution.

    >>> round(_tail(10, 10, 3, 2), 9), round(_tail(1, 0, 3, 1), 9)
    (1.0, 0.25)
    """

    def log_beta(a: float, b: float) -> float:
        return lgamma(a) + lgamma(b) - lgamma(a + b)

    return sum(
        exp(
            lgamma(pages + 1)
            - lgamma(k + 1)
            - lgamma(pages - k + 1)
            + log_beta(k + alpha, pages - k + beta)
            - log_beta(alpha, beta)
        )
        for k in range(filled + 1)
    )
