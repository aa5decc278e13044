"""The front page at a moment: the portal's lists as they stood then, and its home pages."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from gzcrawler.archive.front_page import front_page as standing
from gzcrawler.archive.moments import PORTAL_ZONE, format_moment, parse_moment
from gzcrawler.web.listed import listed
from gzcrawler.web.visits import BadRequest

if TYPE_CHECKING:
    from gzcrawler.web.visits import Answer, Visit

__all__ = ["front_page"]


def front_page(visit: Visit) -> Answer:
    """As of ``at``: a day (its end), or a minute, at +08:00; else of the last capture."""
    connection = visit.archive.connection
    first, last = (
        connection.execute(f"SELECT {end}(captured_at) FROM captures").fetchone()[0] for end in ("min", "max")
    )
    asked = _moment(visit.query.text("at"))
    moment = asked or (parse_moment(last) if last else None)
    if moment is None:
        return visit.render("front_page.html", page=None)
    found = standing(connection, format_moment(moment))
    there = moment.astimezone(PORTAL_ZONE)
    shown = [one.captured_at for one in found.lists] + [one.captured_at for one in found.homes]
    return visit.render(
        "front_page.html",
        page=found,
        moment=format_moment(moment),
        field=f"{there:%Y-%m-%dT%H:%M}",
        first=first,
        last=last,
        earlier=_step(there, -1, first, last),
        later=_step(there, 1, first, last) if moment < parse_moment(last) else None,
        names=listed(connection, (entry.article_id for one in found.lists for entry in one.entries)),
        verified_at=(min(shown), max(shown)) if shown else None,
    )


def _moment(text: str) -> datetime | None:
    if not text:
        return None
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}(T\d{2}:\d{2})?", text, re.ASCII):
        raise BadRequest("at: YYYY-MM-DD, YYYY-MM-DDThh:mm")
    try:
        # A minute, and the day that is named without one, count to their ends.
        found = datetime.fromisoformat(text if "T" in text else f"{text}T23:59").replace(tzinfo=PORTAL_ZONE)
        return parse_moment((found + timedelta(seconds=59, milliseconds=999)).isoformat())
    except (ValueError, OverflowError) as error:
        raise BadRequest("at: YYYY-MM-DD, YYYY-MM-DDThh:mm") from error


def _step(there: datetime, days: int, first: str, last: str) -> str | None:
    """The day before or after, where the archive reaches that far."""
    try:
        day = (there + timedelta(days=days)).date()
    except OverflowError:
        return None
    least, most = (parse_moment(end).astimezone(PORTAL_ZONE).date() for end in (first, last))
    return str(day) if least <= day <= most else None
