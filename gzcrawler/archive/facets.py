"""What the matches of a search have in common: how many are of which section, year, source, edition and state."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

__all__ = ["FACETS", "Facets", "count_facets"]

FACETS = ("section", "year", "source", "edition", "state")

_COLUMNS = {
    "year": "substr(a.published, 1, 4)",
    "source": "a.source",
    "edition": "a.edition",
    "state": "a.state",
}
_SECTIONS = """SELECT section, count(*) FROM (
        SELECT p.section, a.key FROM json_each(?1) k CROSS JOIN articles a ON a.key = k.value
            CROSS JOIN pages p ON p.article_id = a.id WHERE p.section IS NOT NULL
        UNION
        SELECT l.section, a.key FROM json_each(?1) k CROSS JOIN articles a ON a.key = k.value
            CROSS JOIN placements s ON s.article_id = a.id CROSS JOIN pages l ON l.id = s.page_id
            WHERE l.section IS NOT NULL)
    GROUP BY section"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Facets:
    """Counts over the matches of a search, or over the newest of them."""

    counted: int
    """How many matches were counted."""
    complete: bool
    """Are these all? If not, they are the newest."""
    values: dict[str, list[tuple[str, int]]]
    """Of each of `FACETS`: (value, matches), the most frequent first; years last first."""


def count_facets(connection: sqlite3.Connection, keys: Sequence[int], *, complete: bool) -> Facets:
    """Count over the articles with these keys."""
    listed = json.dumps(list(keys))
    counts: dict[str, dict[str, int]] = {name: {} for name in FACETS}
    for *values, number in connection.execute(
        f"""SELECT {", ".join(_COLUMNS.values())}, count(*)
        FROM json_each(?) k CROSS JOIN articles a ON a.key = k.value GROUP BY 1, 2, 3, 4""",
        (listed,),
    ):
        for name, value in zip(_COLUMNS, values, strict=True):
            if value is not None:
                counts[name][value] = counts[name].get(value, 0) + number
    counts["section"] = dict(connection.execute(_SECTIONS, (listed,)).fetchall())
    ordered = {
        name: sorted(found.items(), key=lambda pair: (-pair[1], pair[0])) for name, found in counts.items()
    }
    ordered["year"] = sorted(ordered["year"], reverse=True)
    return Facets(counted=len(keys), complete=complete, values=ordered)
