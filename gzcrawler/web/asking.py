"""A search as an address asks for it: the words, the filter, the order."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Literal, cast

from gzcrawler.archive import ArticleFilter
from gzcrawler.web.visits import BadRequest

if TYPE_CHECKING:
    from gzcrawler.web.visits import Query

__all__ = ["PARAMETERS", "Asked", "read_search"]

PARAMETERS = ("section", "year", "source", "edition", "state", "author", "from", "to", "images")
"""Those that leave something out."""
_VALUES_AT_MOST = 20


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """What is looked for."""

    words: str
    article_filter: ArticleFilter
    sort: Literal["relevance", "newest"]
    years: tuple[str, ...]
    """The year that the filter's days were made of."""


def read_search(query: Query) -> Asked:
    """A search as the parameters have it: ``q``, `PARAMETERS`, ``sort``.

    Raises:
        BadRequest: a parameter that cannot be read.
    """
    for name in PARAMETERS:
        if len(query.every(name)) > _VALUES_AT_MOST:
            raise BadRequest(name)
    first, last = query.day("from"), query.day("to")
    years = query.every("year")
    if years:
        if len(years) > 1 or not re.fullmatch(r"[12][0-9]{3}", years[0]):
            raise BadRequest("year: YYYY")
        year = int(years[0])
        first = max(first or date.min, date(year, 1, 1))
        last = min(last or date.max, date(year, 12, 31))
    words = query.text("q")
    return Asked(
        words=words,
        article_filter=ArticleFilter(
            sections=query.every("section"),
            editions=query.every("edition"),
            sources=query.every("source"),
            authors=query.every("author"),
            states=query.every("state"),
            published_from=first,
            published_to=last,
            with_images=query.one_of("images", ("", "1")) == "1",
        ),
        sort=cast('Literal["relevance", "newest"]', query.one_of("sort", ("relevance", "newest"))),
        years=years,
    )
