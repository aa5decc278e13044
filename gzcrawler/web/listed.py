"""What a page that names articles says of them: in which language each is, and when they were last verified."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Mapping

    from gzcrawler.web.visits import Verified

__all__ = ["Listed", "listed"]


@dataclass(frozen=True, slots=True)
class Listed:
    """The articles that a page names."""

    languages: Mapping[str, str | None]
    """Article -> its language, BCP 47."""
    verified: Verified
    """The article among them that was looked at longest ago, and the last; None where there is none."""


def listed(connection: sqlite3.Connection, articles: Iterable[str | None]) -> Listed:
    """Of articles by their ids; a None among them is passed over."""
    ids = json.dumps(sorted({one for one in articles if one is not None}))
    rows = connection.execute(
        """SELECT a.id, a.language, a.last_verified FROM json_each(?) wanted
        CROSS JOIN articles a ON a.id = wanted.value""",
        (ids,),
    ).fetchall()
    moments = [moment for _, _, moment in rows]
    return Listed(
        {article: language for article, language, _ in rows},
        (min(moments), max(moments)) if moments else None,
    )
