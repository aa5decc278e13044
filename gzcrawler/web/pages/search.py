"""Searching: words and facets, results with the words in their place."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from markupsafe import Markup, escape

from gzcrawler.archive import FACETS, MARKS
from gzcrawler.errors import UnknownArticleError
from gzcrawler.web.asking import PARAMETERS, read_search
from gzcrawler.web.listed import listed
from gzcrawler.web.stored_files import first_pictures
from gzcrawler.web.texts import texts_of
from gzcrawler.web.visits import Answer

if TYPE_CHECKING:
    from gzcrawler.archive import Facets
    from gzcrawler.web.visits import Visit

__all__ = ["search", "section_names"]

_PAGE = 20
_PAGES_AT_MOST = 500
"""Going further back through one search costs more with each page; another year or section is nearer."""
_VALUES_SHOWN = 8
_COUNTED = 1_000
"""Matches over which facets are counted, the newest: some 10 ms. `search` counts as far."""


class Value(NamedTuple):
    """One value of a facet, as a link that chooses it or takes the choice back."""

    name: str
    number: int | None
    query: str
    chosen: bool


class Facet(NamedTuple):
    """One facet: the most frequent values, and the rest."""

    key: str
    first: list[Value]
    more: list[Value]


def search(visit: Visit) -> Answer:
    """The results, or the article itself where its id or address was asked for."""
    asked = read_search(visit.query)
    found = _named(visit, asked.words)
    if found is not None:
        return found
    number = visit.query.number("page", 1, most=_PAGES_AT_MOST)
    archive = visit.archive
    offset = (number - 1) * _PAGE
    answer = archive.search(asked.words, asked.article_filter, sort=asked.sort, limit=_PAGE, offset=offset)
    facets = archive.facets(asked.words, asked.article_filter, most=_COUNTED)
    total = facets.counted if facets.complete else max(answer.total, facets.counted)
    names = listed(archive.connection, [hit.id for hit in answer.hits])
    return visit.render(
        "search.html",
        names=names,
        verified_at=names.verified,
        asked=asked,
        answer=answer,
        total=total,
        total_is_exact=facets.complete or answer.total_is_exact,
        counted=None if facets.complete else facets.counted,
        facets=_facets(visit, facets),
        chosen=_chosen(visit),
        pictures=first_pictures(archive.connection, [hit.id for hit in answer.hits]),
        number=number,
        first=offset + 1,
        more=len(answer.hits) == _PAGE and offset + _PAGE < total and number < _PAGES_AT_MOST,
        marked=_marked,
        kept=[(name, value) for name, value in visit.query.pairs if name in PARAMETERS and value],
    )


def _named(visit: Visit, words: str) -> Answer | None:
    """The article with this id or address."""
    if " " in words or not ("://" in words or ":" in words):
        return None
    known = visit.archive.connection.execute("SELECT id FROM articles WHERE id = ?", (words,)).fetchone()
    if known is None and "://" not in words:
        return None
    try:
        return Answer.redirect(visit.url("article", id=visit.archive.article(words).id))
    except UnknownArticleError:
        return None


def section_names(visit: Visit) -> dict[str, str]:
    """Key of each section -> its name, in the interface's language where a list has one."""
    edition = "zh" if visit.language == "zh" else "en"
    rows = visit.archive.connection.execute(
        "SELECT key, name FROM sections ORDER BY edition = ?, named_at", (edition,)
    )
    return dict(rows.fetchall())


def _facets(visit: Visit, facets: Facets) -> list[Facet]:
    names = section_names(visit)
    words = texts_of(visit.language)
    shown = []
    for key in FACETS:
        chosen = visit.query.every(key)
        values = list(facets.values[key])
        values += [(value, 0) for value in chosen if value not in dict(values)]
        links = []
        for value, number in values:
            kept = tuple(one for one in chosen if one != value)
            after = kept if value in chosen else (value,) if key == "year" else (*chosen, value)
            name = names.get(value, value) if key == "section" else words.get(f"{key}.{value}", value)
            query = visit.query.changed(**{key: after}, page=None)
            links.append(Value(name, number, query, value in chosen))
        links.sort(key=lambda link: not link.chosen)
        if links:
            shown.append(Facet(key, links[:_VALUES_SHOWN], links[_VALUES_SHOWN:]))
    return shown


def _chosen(visit: Visit) -> list[tuple[str, str, str]]:
    """(parameter, value, query without it) of each choice that is no facet's."""
    return [
        (name, value, visit.query.changed(**{name: None}, page=None))
        for name in PARAMETERS
        if name not in FACETS
        for value in visit.query.every(name)
    ]


def _marked(text: str) -> Markup:
    """The text, found words in ``<mark>``."""
    shown = str(escape(text)).replace(MARKS[0], "<mark>").replace(MARKS[1], "</mark>")
    return Markup(shown)  # noqa: S704  # escaped above; the marks are characters that no record holds
