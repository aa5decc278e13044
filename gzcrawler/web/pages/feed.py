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
_EMPTY = b'<?xml version="1.0" encoding="utf-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom"/>\n'


def feed(visit: Visit) -> Answer:
    """The same entries as `gzcrawler export atom` writes, the last of them."""
    found = kept(visit.archive, "feed", _written)
    return Answer(body=found.value, media_type="application/atom+xml; charset=utf-8")


def _written(archive: OpenArchive) -> bytes:
    (captured,) = archive.connection.execute("SELECT max(captured_at) FROM captures").fetchone()
    if captured is None:
        return _EMPTY
    written = io.BytesIO()
    with ArchiveView(archive.directory.path) as view:
        touched = lately_touched(view.connection, _ENTRIES)
        news = latest_news(view.articles_named(touched), since=None, most=_ENTRIES)
        facts = {"as_of": view.viewpoint.as_of, "filters": None}
        write_feed(written, news, facts, view.portals())
    return written.getvalue()
