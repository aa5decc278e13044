"""The feed: articles that were new, changed or removed last, as Atom."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from gzcrawler.archive.timelines import lately_touched
from gzcrawler.archive.viewpoint import ArchiveView
from gzcrawler.exports.atom_feed import latest_news, write_feed
from gzcrawler.web.kept import kept
from gzcrawler.web.visits import Answer

if TYPE_CHECKING:
    from gzcrawler.archive import OpenArchive
    from gzcrawler.web.visits import Visit

__all__ = ["feed"]

_ENTRIES = 50
_BEFORE_ALL = "1970-01-01T00:00:00.000Z"
"""What an archive of nothing is as of."""


def feed(visit: Visit) -> Answer:
    """The same entries as `gzcrawler export atom` writes, the last of them."""
    found = kept(visit.archive, "feed", _written)
    return Answer(body=found.value, media_type="application/atom+xml; charset=utf-8")


def _written(archive: OpenArchive) -> bytes:
    (captured,) = archive.connection.execute("SELECT max(captured_at) FROM captures").fetchone()
    written = io.BytesIO()
    if captured is None:
        portals = archive.connection.execute("SELECT name FROM portals ORDER BY name").fetchall()
        nothing = {"as_of": _BEFORE_ALL, "filters": None}
        write_feed(written, [], nothing, [name for (name,) in portals])
        return written.getvalue()
    with ArchiveView(archive.directory.path) as view:
        touched = lately_touched(view.connection, _ENTRIES)
        news = latest_news(view.articles_named(touched), since=None, most=_ENTRIES)
        facts = {"as_of": view.viewpoint.as_of, "filters": None}
        write_feed(written, news, facts, view.portals())
    return written.getvalue()
