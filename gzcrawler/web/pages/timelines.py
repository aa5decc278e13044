"""Changes and removals, by the day on which each was noticed."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from itertools import groupby
from typing import TYPE_CHECKING, TypeVar

from gzcrawler.archive.moments import PORTAL_ZONE, format_moment, parse_moment, portal_day
from gzcrawler.archive.timelines import ChangePlace, RemovalPlace, changes_before, removals_before
from gzcrawler.web.listed import listed
from gzcrawler.web.visits import BadRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import date

    from gzcrawler.web.visits import Answer, Query, Visit

__all__ = ["edits", "removals"]

_A_PAGE = 50
_STATES = {"all": ("gone", "suspect"), "gone": ("gone",), "suspect": ("suspect",)}

Item = TypeVar("Item")


def edits(visit: Visit) -> Answer:
    """What the portal changed."""
    moment, rest = _before(visit.query, 2)
    place = ChangePlace(moment, rest[0], _number(rest[1])) if moment else None
    found = changes_before(visit.archive.connection, before=place, limit=_A_PAGE + 1)
    shown = found[:_A_PAGE]
    older = "|".join(map(str, shown[-1].place)) if len(found) > _A_PAGE else None
    days = _by_day(shown, lambda change: change.first_seen_new)
    names = listed(visit.archive.connection, (change.article_id for change in shown))
    return visit.render(
        "edits.html",
        days=days,
        older=older,
        until=visit.query.day("until"),
        names=names,
        verified_at=names.verified,
    )


def removals(visit: Visit) -> Answer:
    """What the portal took away."""
    state = visit.query.one_of("state", tuple(_STATES))
    moment, rest = _before(visit.query, 1)
    place = RemovalPlace(moment, rest[0]) if moment else None
    found = removals_before(visit.archive.connection, before=place, states=_STATES[state], limit=_A_PAGE + 1)
    shown = found[:_A_PAGE]
    older = "|".join(shown[-1].place) if len(found) > _A_PAGE else None
    days = _by_day(shown, lambda removal: removal.gone_since)
    names = listed(visit.archive.connection, (removal.article_id for removal in shown))
    return visit.render(
        "removals.html",
        names=names,
        verified_at=names.verified,
        days=days,
        older=older,
        state=state,
        states=tuple(_STATES),
        until=visit.query.day("until"),
    )


def _before(query: Query, pieces: int) -> tuple[str, list[str]]:
    """Where the page begins: behind ``before``, or with the end of the day ``until``."""
    given = query.text("before")
    day = query.day("until")
    if not given:
        if day is None:
            return "", []
        end = datetime.combine(day, time(), PORTAL_ZONE) + timedelta(days=1)
        return format_moment(end), ["", "0"][:pieces]
    moment, *rest = given.split("|")
    try:
        parse_moment(moment)
    except (ValueError, OverflowError) as error:
        raise BadRequest("before") from error
    if len(rest) != pieces:
        raise BadRequest("before")
    return moment, rest


def _number(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise BadRequest("before")
    return int(text)


def _by_day(items: Iterable[Item], moment: Callable[[Item], str]) -> list[tuple[date, list[Item]]]:
    days = groupby(items, key=lambda item: portal_day(parse_moment(moment(item)).astimezone(UTC)))
    return [(day, list(of_day)) for day, of_day in days]
