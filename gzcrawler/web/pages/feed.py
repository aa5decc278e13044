"""The feed: articles that were new, changed or removed last, as Atom."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, NamedTuple

from gzcrawler.archive.timelines import lately_touched
from gzcrawler.archive.viewpoint import ArchiveView
from gzcrawler.exports.atom_feed import Served, latest_news, write_feed
from gzcrawler.web.kept import kept
from gzcrawler.web.visits import Answer

if TYPE_CHECKING:
    from gzcrawler.archive import OpenArchive
    from gzcrawler.exports.atom_feed import News
    from gzcrawler.web.visits import Visit

__all__ = ["feed", "served_at"]

_ENTRIES = 50
_BEFORE_ALL = "1970-01-01T00:00:00.000Z"
"""What an archive of nothing is as of."""


class _Inputs(NamedTuple):
    """What a feed is made of; the addresses in it are the visitor's own."""

    news: list[News]
    identity: dict[str, Any]
    portals: list[str]


def feed(visit: Visit) -> Answer:
    """The same entries as `gzcrawler export atom` writes, the last of them; they lead to pages of the archive."""
    found = kept(visit.archive, "feed", _inputs).value
    written = io.BytesIO()
    write_feed(written, *found, served=served_at(visit))
    return Answer(body=written.getvalue(), media_type="application/atom+xml; charset=utf-8")


def served_at(visit: Visit) -> Served:
    """The addresses under which this visitor reaches the archive."""
    query = visit.query.changed(lang=None)
    return Served(
        feed=f"{visit.origin}{visit.path}{f'?{query}' if query else ''}",
        home=visit.origin + visit.url("home"),
        article=lambda article_id: visit.origin + visit.url("article", id=article_id),
    )


def _inputs(archive: OpenArchive) -> _Inputs:
    (captured,) = archive.connection.execute("SELECT max(captured_at) FROM captures").fetchone()
    if captured is None:
        portals = archive.connection.execute("SELECT name FROM portals ORDER BY name").fetchall()
        return _Inputs([], {"as_of": _BEFORE_ALL, "filters": None}, [name for (name,) in portals])
    with ArchiveView(archive.directory.path) as view:
        touched = lately_touched(view.connection, _ENTRIES)
        news = latest_news(view.articles_named(touched), since=None, most=_ENTRIES)
        identity = {"as_of": view.viewpoint.as_of, "filters": None}
        return _Inputs(news, identity, list(view.portals()))
