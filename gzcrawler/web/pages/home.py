"""The first page: what came last, what changed and went this week, how the crawls stand."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from gzcrawler.archive.health import health
from gzcrawler.archive.moments import format_moment, parse_moment, utc_now
from gzcrawler.web.listed import listed
from gzcrawler.web.stored_files import first_pictures

if TYPE_CHECKING:
    import sqlite3

    from gzcrawler.web.visits import Answer, Visit

__all__ = ["home"]

_LATEST = 12
_BEGINNING = 400
"""Characters, of which a card shows those that fit."""
_SHOWN = 10
"""Of what was changed, and of what was removed."""
_WEEK = timedelta(days=7)
_MAX_AGE = timedelta(hours=26)
"""Of a verdict, as `gzcrawler status --check` has it."""


class Event(NamedTuple):
    """What happened to an article, and when."""

    id: str
    title: str
    state: str
    moment: str
    revision: int


def home(visit: Visit) -> Answer:
    """A look at the archive as of its last capture: the week is the one before that."""
    connection = visit.archive.connection
    (last,) = connection.execute("SELECT max(captured_at) FROM captures").fetchone()
    since = format_moment((parse_moment(last) if last else utc_now()) - _WEEK)
    latest = connection.execute(
        """SELECT id, title, published, source, state, language FROM articles
        WHERE revision IS NOT NULL AND published IS NOT NULL ORDER BY published DESC, id DESC LIMIT ?""",
        (_LATEST,),
    ).fetchall()
    pictures = first_pictures(connection, [article["id"] for article in latest])
    changed, changed_number = _changed(connection, since)
    removed, removed_number = _removed(connection, since)
    names = listed(connection, [one["id"] for one in latest] + [event.id for event in changed + removed])
    return visit.render(
        "home.html",
        latest=latest,
        pictures=pictures,
        beginnings=_beginnings(connection, [one["id"] for one in latest if one["id"] not in pictures]),
        changed=changed,
        changed_number=changed_number,
        removed=removed,
        removed_number=removed_number,
        crawls=health(connection, now=utc_now(), max_age=_MAX_AGE),
        week=(since, last),
        max_age=_MAX_AGE,
        names=names,
        verified_at=names.verified,
    )


def _beginnings(connection: sqlite3.Connection, ids: list[str]) -> dict[str, str]:
    """The first words of articles that have no picture to show."""
    rows = connection.execute(
        """SELECT id, substr(json_extract(record, '$.body[0]'), 1, ?) FROM latest
        WHERE id IN (SELECT value FROM json_each(?))""",
        (_BEGINNING, json.dumps(ids)),
    )
    return {article: words for article, words in rows if words}


def _changed(connection: sqlite3.Connection, since: str) -> tuple[list[Event], int]:
    """Articles that the portal changed since then, and how many times; the first revision is no change."""
    what = """FROM revisions r JOIN articles a ON a.id = r.article_id
        WHERE r.captured_at > ? AND r.cause = 'source' AND r.number > 1"""
    (number,) = connection.execute(f"SELECT count(*) {what}", (since,)).fetchone()
    rows = connection.execute(
        f"SELECT a.id, a.title, a.state, r.captured_at, r.number {what} ORDER BY r.captured_at DESC, a.id LIMIT ?",
        (since, _SHOWN),
    )
    return [Event(*row) for row in rows], number


def _removed(connection: sqlite3.Connection, since: str) -> tuple[list[Event], int]:
    """Articles that went missing since then, confirmed or not."""
    what = "FROM articles WHERE gone_since > ? AND state IN ('gone', 'suspect') AND revision IS NOT NULL"
    (number,) = connection.execute(f"SELECT count(*) {what}", (since,)).fetchone()
    rows = connection.execute(
        f"SELECT id, title, state, gone_since, revision {what} ORDER BY gone_since DESC, id LIMIT ?",
        (since, _SHOWN),
    )
    return [Event(*row) for row in rows], number
