"""The results of a search to take along: JSON, CSV, Atom. The parameters are those of the page, and ``size``."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any

from gzcrawler.archive import MARKS
from gzcrawler.archive.viewpoint import Envelope, StandingArticle
from gzcrawler.exports.atom_feed import latest_news, write_feed
from gzcrawler.exports.csv_files import safe_row
from gzcrawler.web.asking import PARAMETERS, read_search
from gzcrawler.web.pages.feed import served_at
from gzcrawler.web.visits import Answer

if TYPE_CHECKING:
    from gzcrawler.archive import Answer as Found
    from gzcrawler.archive import Hit
    from gzcrawler.web.visits import Visit

__all__ = ["search_atom", "search_csv", "search_json"]

_SIZE_AT_MOST = 1_000
_ENTRIES = 50
"""Of a feed."""
_COLUMNS = ("id", "title", "published", "source", "edition", "state", "canonical_url", "snippet")


def search_json(visit: Visit) -> Answer:
    """What was asked, how many there are, and a page of them."""
    number, found = _found(visit)
    told = {name: list(visit.query.every(name)) for name in PARAMETERS if visit.query.every(name)}
    answer = found.as_dict() | {"filter": told, "page": number, "hits": [_row(hit) for hit in found.hits]}
    return Answer.of_json(answer)


def search_csv(visit: Visit) -> Answer:
    """One line an article; cells that a spreadsheet would calculate begin with an apostrophe."""
    _, found = _found(visit)
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(_COLUMNS)
    writer.writerows(safe_row(tuple(_row(hit).values())) for hit in found.hits)
    headers = {"Content-Disposition": 'attachment; filename="search.csv"'}
    return Answer(body=text.getvalue().encode(), media_type="text/csv; charset=utf-8", headers=headers)


def search_atom(visit: Visit) -> Answer:
    """A feed of the newest articles that match."""
    asked = read_search(visit.query)
    found = visit.archive.search(asked.words, asked.article_filter, sort="newest", limit=_ENTRIES)
    standing = [_standing(visit, hit.id) for hit in found.hits]
    feed = io.BytesIO()
    connection = visit.archive.connection
    as_of = connection.execute("SELECT max(captured_at) FROM captures").fetchone()[0]
    portals = [name for (name,) in connection.execute("SELECT name FROM portals ORDER BY name")]
    told = {"q": asked.words} | {name: list(visit.query.every(name)) for name in PARAMETERS}
    news = latest_news(standing, since=None, most=_ENTRIES)
    identity = {"as_of": as_of or "1970-01-01T00:00:00.000Z", "filters": told}
    write_feed(feed, news, identity, portals, served_at(visit))
    return Answer(body=feed.getvalue(), media_type="application/atom+xml; charset=utf-8")


def _found(visit: Visit) -> tuple[int, Found]:
    asked = read_search(visit.query)
    size = visit.query.number("size", _SIZE_AT_MOST, most=_SIZE_AT_MOST)
    number = visit.query.number("page", 1, most=100)
    return number, visit.archive.search(
        asked.words, asked.article_filter, sort=asked.sort, limit=size, offset=(number - 1) * size
    )


def _row(hit: Hit) -> dict[str, str | None]:
    found: dict[str, str | None] = {name: getattr(hit, name) for name in _COLUMNS}
    return {name: _plain(value) if value else value for name, value in found.items()}


def _plain(text: str) -> str:
    return text.replace(MARKS[0], "").replace(MARKS[1], "")


def _standing(visit: Visit, article_id: str) -> StandingArticle:
    article = visit.archive.article(article_id)
    (gone_since,) = visit.archive.connection.execute(
        "SELECT gone_since FROM articles WHERE id = ?", (article_id,)
    ).fetchone()
    envelope: dict[str, Any] = article["envelope"] | {"gone_since": gone_since}
    record = {name: value for name, value in article.items() if name != "envelope"}
    return StandingArticle(
        article_id,
        json.dumps(record, ensure_ascii=False).encode(),
        Envelope._make(envelope[name] for name in Envelope._fields),
    )
