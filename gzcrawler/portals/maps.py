"""From a map file to a portal: reading TOML, building the frozen model."""

from __future__ import annotations

import copy
import hashlib
import json
import re
import tomllib
from datetime import date
from importlib import resources
from pathlib import Path
from string import Formatter
from typing import TYPE_CHECKING, Any, Literal

from gzcrawler.errors import MapError, UnknownPortalError
from gzcrawler.portals.checking import check_like, check_map, check_portal, check_taken_over
from gzcrawler.portals.model import Edition, Host, Layout, Politeness, Section, Shape
from gzcrawler.portals.portal import Portal
from gzcrawler.portals.schema import as_day
from gzcrawler.portals.text import resolve

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["builtin_portals", "load_portal", "parse_portal"]

TRACKING = ("utm_*", "from", "spm", "isappinstalled", "nsukey", "fbclid", "gclid", "msclkid")
"""Query parameters that name a way of coming, never a page. A map's own are added to these."""


def builtin_portals() -> tuple[str, ...]:
    """Names of the maps that come with the package, in order of the alphabet."""
    files = resources.files("gzcrawler.portals").iterdir()
    return tuple(sorted(f.name.removesuffix(".toml") for f in files if f.name.endswith(".toml")))


def load_portal(name: str | Path) -> Portal:
    """A portal by the name of a built-in map, or by the path of a map file.

    Raises:
        UnknownPortalError: neither a built-in name nor a file.
        MapError: the file is no valid map; the message names file, key and reason.
    """
    text = str(name)
    if text in builtin_portals():
        source = resources.files("gzcrawler.portals").joinpath(f"{text}.toml").read_bytes()
        return _parse_toml(source, origin=f"{text}.toml")
    path = Path(name)
    if not path.is_file():
        known = ", ".join(builtin_portals())
        raise UnknownPortalError(f"{text}: no portal of that name (built in: {known}) and no such file")
    try:
        source = path.read_bytes()
    except OSError as error:
        raise MapError(f"{text}: cannot be read: {error.strerror}") from error
    return _parse_toml(source, origin=text)


def _parse_toml(source: bytes, *, origin: str) -> Portal:
    try:
        facts = tomllib.loads(source.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise MapError(f"{origin}: not UTF-8 at byte {error.start}") from error
    except tomllib.TOMLDecodeError as error:
        raise MapError(f"{origin}: not TOML: {error}") from error
    return parse_portal(facts, origin=origin)


def parse_portal(facts: Mapping[str, Any], *, origin: str = "map") -> Portal:
    """A portal from a map that is parsed already: the tables of its TOML as dicts and lists.

    Raises:
        MapError: not a valid map; the message starts with `origin`, then the key, then the reason.
    """
    facts = _with_like(copy.deepcopy(dict(facts)), origin)
    check_map(facts, origin)
    portal = _build(facts, origin)
    check_portal(portal, facts)
    return portal


def _with_like(facts: dict[str, Any], origin: str) -> dict[str, Any]:
    """The facts with the shapes and layouts that their table `like` asks for; their own come first."""
    like = facts.pop("like", None)
    if like is None:
        return facts
    check_like(like, builtin_portals(), origin)
    other = load_portal(like["map"])
    check_taken_over(like, other, origin)
    for tables in ("shapes", "layouts"):
        own = facts.get(tables, [])
        if not isinstance(own, list):
            continue  # the check says so
        names = [table.get("name") for table in own if isinstance(table, dict) and "name" in table]
        facts[tables] = own + [
            table
            for table in other.facts.get(tables, ())
            if table.get("generation") in like["generations"] and table.get("name") not in names
        ]
    return facts


def _build(facts: Mapping[str, Any], origin: str) -> Portal:
    hosts = tuple(_host(entry) for entry in facts["hosts"])
    scheme = facts.get("scheme", "https")
    place = f"{scheme}://{hosts[0].host}{hosts[0].root}"
    shapes = tuple(_shape(entry) for entry in facts["shapes"])
    editions = tuple(_edition(entry, place) for entry in facts["editions"])
    return Portal(
        name=facts["name"],
        title=facts["title"],
        timezone=facts["timezone"],
        scheme=scheme,
        connect=facts.get("connect"),
        unknown_pages=facts.get("unknown_pages", "crawl"),
        verified=_verified(facts.get("verified")),
        politeness=Politeness(**facts.get("politeness", {})),
        hosts=hosts,
        editions=editions,
        sections=tuple(_section(e, shapes, editions[0].key, place) for e in facts.get("sections", ())),
        layouts=tuple(_layout(entry) for entry in facts.get("layouts", ())),
        shapes=shapes,
        tracking=(*TRACKING, *facts.get("tracking", ())),
        folded=tuple(facts.get("folded", ())),
        feeds=tuple(_absolute(path, place) for path in facts.get("feeds", ())),
        digest=_digest(facts),
        origin=origin,
        facts=facts,
    )


def _verified(value: date | str | bool | None) -> date | Literal[False] | None:
    return False if isinstance(value, bool) else as_day(value)


def _host(entry: Mapping[str, Any]) -> Host:
    host, _, root = entry["address"].partition("/")
    return Host(
        host=host.lower(),
        root=f"/{root}".rstrip("/"),
        site=entry.get("site", ""),
        generations=tuple(entry.get("generations", ())),
        assets=tuple(entry.get("assets", ())),
    )


def _shape(entry: Mapping[str, Any]) -> Shape:
    return Shape(
        kind=entry["kind"],
        generation=entry.get("generation"),
        pattern=re.compile(entry["pattern"], re.ASCII),
        canonical=_percent(entry.get("canonical")),
        continued=_percent(entry.get("continued")),
        id=_percent(entry.get("id")),
        query=entry.get("query", "drop"),
        any_section=entry.get("any_section", False),
        template=entry.get("template", False),
    )


def _percent(template: str | None) -> str | None:
    """``{group}`` as ``%(group)s``, which fills in faster; addresses are asked for by the million."""
    if template is None:
        return None
    pieces = Formatter().parse(template)
    return "".join(text.replace("%", "%%") + (f"%({name})s" if name else "") for text, name, _, _ in pieces)


def _edition(entry: Mapping[str, Any], place: str) -> Edition:
    return Edition(
        key=entry["key"],
        language=entry["language"],
        home=tuple(_absolute(path, place) for path in entry["home"]),
        paths=tuple(entry.get("paths", ())),
    )


def _section(entry: Mapping[str, Any], shapes: tuple[Shape, ...], edition: str, place: str) -> Section:
    slugs = tuple(entry["slugs"])
    lists = entry.get("lists")
    if lists is None:
        lists = [
            shape.canonical % (dict.fromkeys(shape.pattern.groupindex, "") | {"section": slug})
            for slug in slugs
            for shape in shapes
            if shape.kind == "listing" and shape.canonical and "%(section)s" in shape.canonical
        ]
    return Section(
        key=entry["key"],
        names=tuple(entry.get("names", ())),
        slugs=slugs,
        edition=entry.get("edition", edition),
        lists=tuple(dict.fromkeys(_absolute(path, place) for path in lists)),
    )


def _layout(entry: Mapping[str, Any]) -> Layout:
    def hints(key: str) -> tuple[str, ...]:
        return tuple(entry.get(key, ()))

    return Layout(
        name=entry["name"],
        generation=entry.get("generation"),
        kind=entry.get("kind", "article"),
        valid_from=as_day(entry.get("valid_from")),
        valid_until=as_day(entry.get("valid_until")),
        marks=hints("marks"),
        title=hints("title"),
        head_line=hints("head_line"),
        body=hints("body"),
        breadcrumbs=hints("breadcrumbs"),
        entries=hints("entries"),
        pager=hints("pager"),
        next=hints("next"),
        drop=hints("drop"),
    )


def _absolute(path: str, place: str) -> str:
    """`/path` under the first host's root, or `//host/path` as it stands."""
    if path.startswith("//"):
        return resolve(path, place) or path
    return place + path


def _digest(facts: Mapping[str, Any]) -> str:
    def plain(value: object) -> str:
        if isinstance(value, date):
            return value.isoformat()
        raise TypeError(type(value).__name__)

    text = json.dumps(facts, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=plain)
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()
