"""Which page stands at which address: one table."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote, urlencode

from gzcrawler.web.pages.article import article, as_bibtex, as_json, as_markdown_file
from gzcrawler.web.pages.assets import asset
from gzcrawler.web.pages.changes import changes
from gzcrawler.web.pages.charts import charts
from gzcrawler.web.pages.feed import feed
from gzcrawler.web.pages.front_page import front_page
from gzcrawler.web.pages.home import home
from gzcrawler.web.pages.plain import robots, static_file
from gzcrawler.web.pages.raw import payload, raw, replay
from gzcrawler.web.pages.runs import run, runs
from gzcrawler.web.pages.search import search
from gzcrawler.web.pages.search_files import search_atom, search_csv, search_json
from gzcrawler.web.pages.sections import section, sections
from gzcrawler.web.pages.timelines import edits, removals
from gzcrawler.web.visits import BadRequest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gzcrawler.web.visits import Page

__all__ = ["ROUTES", "Route", "menu", "url"]


@dataclass(frozen=True, slots=True)
class Route:
    """One address, or one for each of its parts."""

    name: str
    path: str
    """With ``{parts}``; each stands for one piece between slashes, however it is encoded."""
    page: Page
    menu: bool = False
    """Does it stand in the menu of every page?"""

    @property
    def pattern(self) -> str:
        """As a regular expression over the encoded path, as Datasette takes it."""
        pieces = re.split(r"\{(\w+)\}", self.path)
        named = (
            f"(?P<{piece}>[^/]+?)" if number % 2 else re.escape(piece) for number, piece in enumerate(pieces)
        )
        return "^" + "".join(named) + "$"


ROUTES = (
    Route("home", "/", home, menu=True),
    Route("search", "/search", search, menu=True),
    Route("search_json", "/search.json", search_json),
    Route("search_csv", "/search.csv", search_csv),
    Route("search_atom", "/search.atom", search_atom),
    Route("article_json", "/article/{id}.json", as_json),
    Route("article_markdown", "/article/{id}.md", as_markdown_file),
    Route("article_bibtex", "/article/{id}.bib", as_bibtex),
    Route("article", "/article/{id}", article),
    Route("changes", "/article/{id}/changes", changes),
    Route("raw", "/raw/{record}", raw),
    Route("replay", "/raw/{record}/page", replay),
    Route("payload", "/raw/{record}/payload", payload),
    Route("asset", "/asset/{digest}", asset),
    Route("front_page", "/front-page", front_page, menu=True),
    Route("sections", "/sections", sections, menu=True),
    Route("section", "/sections/{portal}/{key}", section),
    Route("edits", "/changes", edits, menu=True),
    Route("removals", "/removals", removals, menu=True),
    Route("charts", "/charts", charts, menu=True),
    Route("runs", "/runs", runs, menu=True),
    Route("run", "/runs/{uid}", run),
    Route("feed", "/feed.atom", feed),
    Route("static", "/static/{name}", static_file),
    Route("robots", "/robots.txt", robots),
)
"""Of two that fit, the first one is taken."""

_BY_NAME = {route.name: route for route in ROUTES}


def url(name: str, parameters: str | Mapping[str, object] = "", /, **parts: object) -> str:
    """The address of a page.

    Args:
        name: of the route.
        parameters: of the query: ready, or to be encoded.
        parts: of the path.

    Raises:
        KeyError: there is no such route, or a part is missing.
    """
    path = re.sub(r"\{(\w+)\}", lambda found: quote(str(parts[found[1]]), safe=":@,;+~"), _BY_NAME[name].path)
    query = parameters if isinstance(parameters, str) else urlencode(parameters)
    return f"{path}?{query}" if query else path


def menu() -> list[tuple[str, str]]:
    """(name, address) of each page in the menu."""
    return [(route.name, url(route.name)) for route in ROUTES if route.menu]


def decode_parts(parts: Mapping[str, str]) -> dict[str, str]:
    """The parts of a path as text.

    Raises:
        BadRequest: they are not UTF-8, or hold what no name has.
    """
    try:
        decoded = {name: unquote(part, errors="strict") for name, part in parts.items()}
    except UnicodeDecodeError as error:
        raise BadRequest from error
    if any("\0" in part for part in decoded.values()):
        raise BadRequest
    return decoded
