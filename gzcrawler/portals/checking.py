"""Checking what a map says: every mistake is one line with file, key and reason."""

from __future__ import annotations

import re
from datetime import date, datetime
from string import Formatter
from typing import TYPE_CHECKING, Any

import parsel

from gzcrawler.errors import MapError
from gzcrawler.portals.tables import ADDRESS, GROUPS, LIKE, TOP, Key, nearest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from gzcrawler.portals.portal import Portal

__all__ = ["check_like", "check_map", "check_portal"]

_TYPES: dict[str, tuple[tuple[type, ...], str]] = {
    "text": ((str,), "text"),
    "flag": ((bool,), "true or false"),
    "whole": ((int,), "a whole number"),
    "number": ((int, float), "a number"),
    "day": ((date,), "a date (2017-06-27, without quotes)"),
    "texts": ((list, tuple), "a list of texts"),
    "table": ((dict,), "a table"),
    "tables": ((list, tuple), "a list of tables ([[…]])"),
}


def check_map(facts: Mapping[str, Any], origin: str) -> None:
    """Pass over facts that a portal can be built from.

    Raises:
        MapError: the first mistake found: file, key, reason.
    """
    _table(facts, TOP, origin, "")
    _hosts(facts, origin)
    _unique(facts, origin, "editions", "key")
    _unique(facts, origin, "sections", "key")
    _unique(facts, origin, "layouts", "name")
    for i, shape in enumerate(facts["shapes"]):
        _shape(shape, origin, f"shapes[{i}]")
    _references(facts, origin)
    for i, layout in enumerate(facts.get("layouts", ())):
        _layout(layout, origin, f"layouts[{i}]")


def check_like(like: object, builtin: Sequence[str], origin: str) -> None:
    """Pass over a table `like` that names a map there is.

    Raises:
        MapError: it is no such table.
    """
    _value(like, LIKE, origin, "like")
    name = like["map"]  # type: ignore[index]  # a dict, by the check above
    if name not in builtin:
        raise _error(origin, "like.map", f"no built-in map {name!r}{nearest(name, builtin)}")


def check_portal(portal: Portal, facts: Mapping[str, Any]) -> None:
    """Pass over a portal whose own addresses mean to it what the map says.

    Raises:
        MapError: a home page is not in scope, a section's list is none by the shapes, an example
            does not match its shape, or a canonical address has another canonical address.
    """
    for i, edition in enumerate(portal.editions):
        for j, url in enumerate(edition.home):
            if portal.address(url) is None:
                raise _error(portal.origin, f"editions[{i}].home[{j}]", f"{url} is on no host of the map")
    for i, section in enumerate(portal.sections):
        for j, url in enumerate(section.lists):
            found = portal.address(url)
            if found is None or (found.kind, found.section) != ("listing", section.key):
                what = (
                    "on no host of the map" if found is None else f"{found.kind} of section {found.section!r}"
                )
                key = f"sections[{i}].lists[{j}]"
                raise _error(
                    portal.origin, key, f"{url} is {what} by the shapes, not a list of {section.key!r}"
                )
    for i, shape in enumerate(facts["shapes"]):
        for j, example in enumerate(shape.get("examples", ())):
            _example(portal, example, i, f"shapes[{i}].examples[{j}]")


def _example(portal: Portal, example: str, index: int, key: str) -> None:
    shape = portal.shapes[index]
    if shape.pattern.fullmatch(example) is None:
        raise _error(portal.origin, key, f"{example} does not match the shape's pattern")
    first = next(
        (h for h in portal.hosts if not h.generations or shape.generation in h.generations), portal.hosts[0]
    )
    found = portal.address(f"{portal.scheme}://{first.host}{first.root}{example}")
    if found is None or (found.kind, found.generation) not in (
        (shape.kind, shape.generation),
        ("unknown", None),
    ):
        what = "nothing" if found is None else f"{found.kind} of generation {found.generation}"
        raise _error(portal.origin, key, f"{example} is taken for {what}: an earlier shape matches it too")
    again = portal.address(found.canonical_url)
    if again is None or again.canonical_url != found.canonical_url:
        other = again and again.canonical_url
        raise _error(
            portal.origin, key, f"canonical {found.canonical_url} has itself the canonical address {other}"
        )


def _error(origin: str, key: str, reason: str) -> MapError:
    return MapError(f"{origin}: {key}: {reason}")


def _table(table: Mapping[str, Any], keys: Mapping[str, Key], origin: str, where: str) -> None:
    for name in table:
        if name not in keys:
            raise _error(origin, where + name, f"no such key{nearest(name, keys)}")
    for name, key in keys.items():
        if name in table:
            _value(table[name], key, origin, where + name)
        elif key.required:
            raise _error(origin, where + name, "is missing")


def _value(value: object, key: Key, origin: str, name: str) -> None:
    types, wanted = _TYPES[key.type]
    if (
        not isinstance(value, types)
        or (isinstance(value, bool) and bool not in types)
        or isinstance(value, datetime)
    ):
        raise _error(origin, name, f"must be {wanted}, not {_shown(value)}")
    if isinstance(value, list | tuple):
        _list(value, key, origin, name)
    elif key.type == "table":
        _table(value, key.keys, origin, f"{name}.")  # type: ignore[arg-type]  # a dict, by the test above
    elif key.type in ("whole", "number") and not key.least <= value < 1e12:  # type: ignore[operator]  # a number
        raise _error(origin, name, f"must be {key.least:g} or more, not {value}")
    elif isinstance(value, str):
        _text(value, key, origin, name)


def _list(values: Sequence[object], key: Key, origin: str, name: str) -> None:
    if key.required and not values:
        raise _error(origin, name, "must not be empty")
    seen: set[str] = set()
    for i, value in enumerate(values):
        at = f"{name}[{i}]"
        if key.type == "tables":
            if not isinstance(value, dict):
                raise _error(origin, at, f"must be a table, not {_shown(value)}")
            _table(value, key.keys, origin, f"{at}.")
            continue
        if not isinstance(value, str):
            raise _error(origin, at, f"must be text, not {_shown(value)}")
        _text(value, key, origin, at)
        if value in seen:
            raise _error(origin, at, f"{value!r} is listed twice")
        seen.add(value)


def _text(value: str, key: Key, origin: str, name: str) -> None:
    if not value:
        raise _error(origin, name, "must not be empty")
    if key.choices and value not in key.choices:
        choices = ", ".join(key.choices)
        raise _error(origin, name, f"must be one of {choices}, not {value!r}{nearest(value, key.choices)}")
    if key.form and not key.form.fullmatch(value):
        raise _error(origin, name, f"must be {key.form_name}, not {value!r}")


def _shown(value: object) -> str:
    names = {
        str: "text",
        bool: "true or false",
        int: "a number",
        float: "a number",
        dict: "a table",
        list: "a list",
    }
    return names.get(type(value), type(value).__name__)


def _unique(facts: Mapping[str, Any], origin: str, tables: str, name: str) -> None:
    seen: dict[str, int] = {}
    for i, table in enumerate(facts.get(tables, ())):
        value = table[name]
        if value in seen:
            raise _error(origin, f"{tables}[{i}].{name}", f"{value!r} is already {tables}[{seen[value]}]")
        seen[value] = i


def _hosts(facts: Mapping[str, Any], origin: str) -> None:
    seen: dict[str, int] = {}
    for i, entry in enumerate(facts["hosts"]):
        address = entry["address"]
        key = f"hosts[{i}].address"
        found = ADDRESS.fullmatch(address)
        if found is None:
            raise _error(
                origin, key, f"must be host, host:port or host/path (no scheme, no query), not {address!r}"
            )
        if found["port"] in ("80", "443"):
            raise _error(origin, key, f"{address!r}: leave out the ports of http and https")
        plain = (
            address.lower().rstrip("/")
            if found["root"] == "/"
            else found["host"].lower() + (found["root"] or "")
        )
        if plain in seen:
            raise _error(origin, key, f"{address!r} is already hosts[{seen[plain]}]")
        seen[plain] = i


def _shape(shape: Mapping[str, Any], origin: str, where: str) -> None:
    try:
        pattern = re.compile(shape["pattern"], re.ASCII)
    except re.error as error:
        raise _error(origin, f"{where}.pattern", f"no regular expression: {error}") from error
    groups = pattern.groupindex
    for group in groups:
        if group not in GROUPS:
            raise _error(origin, f"{where}.pattern", f"no such group: {group!r}{nearest(group, GROUPS)}")
    dated = [group for group in ("year", "month", "day") if group in groups]
    if "day" in dated and (len(dated) != 3 or not groups["year"] < groups["month"] < groups["day"]):
        raise _error(origin, f"{where}.pattern", "a day needs year and month before it")
    for name in ("canonical", "continued", "id"):
        if name in shape:
            _template(shape[name], groups, origin, f"{where}.{name}")
    for reason, key in _contradictions(shape, groups):
        raise _error(origin, f"{where}.{key}", reason)


def _contradictions(shape: Mapping[str, Any], groups: Mapping[str, int]) -> Iterator[tuple[str, str]]:
    kind = shape["kind"]
    if (kind == "article") != ("id" in shape):
        yield (
            (
                "is missing: an article needs one"
                if kind == "article"
                else f"only an article has one, not {kind}"
            ),
            "id",
        )
    if "canonical" in shape and ("part" in groups) != ("continued" in shape):
        yield (
            "a canonical form for further parts goes with a group 'part' in the pattern, and the reverse",
            "continued",
        )
    if "continued" in shape and ("canonical" not in shape or "{part}" not in shape["continued"]):
        yield "needs canonical beside it, and {part} in it", "continued"
    if shape.get("any_section") and kind != "listing":
        yield f"only a listing can have it, not {kind}", "any_section"
    if shape.get("template") and kind != "asset":
        yield f"only an asset can have it, not {kind}", "template"


def _template(template: str, groups: Mapping[str, int], origin: str, key: str) -> None:
    try:
        fields = [
            (name, spec, turn) for _, name, spec, turn in Formatter().parse(template) if name is not None
        ]
    except ValueError as error:
        raise _error(origin, key, f"unbalanced braces in {template!r}: {error}") from error
    for name, spec, turn in fields:
        if name not in groups or spec or turn:
            raise _error(origin, key, f"the pattern has no group {name!r}{nearest(name, groups)}")


def _references(facts: Mapping[str, Any], origin: str) -> None:
    generations = {shape["generation"] for shape in facts["shapes"] if "generation" in shape}
    for tables in ("hosts", "layouts"):
        for i, table in enumerate(facts.get(tables, ())):
            named = table.get("generations") or [name for name in [table.get("generation")] if name]
            for name in named:
                if name not in generations:
                    key = f"{tables}[{i}].{'generations' if tables == 'hosts' else 'generation'}"
                    raise _error(
                        origin, key, f"no shape is of generation {name!r}{nearest(name, generations)}"
                    )
    editions = {edition["key"] for edition in facts["editions"]}
    slugs: dict[str, int] = {}
    for i, section in enumerate(facts.get("sections", ())):
        edition = section.get("edition")
        if edition is not None and edition not in editions:
            raise _error(
                origin, f"sections[{i}].edition", f"no edition {edition!r}{nearest(edition, editions)}"
            )
        for slug in section["slugs"]:
            if slug in slugs:
                raise _error(
                    origin, f"sections[{i}].slugs", f"{slug!r} is already a slug of sections[{slugs[slug]}]"
                )
            slugs[slug] = i


def _layout(layout: Mapping[str, Any], origin: str, where: str) -> None:
    first, last = layout.get("valid_from"), layout.get("valid_until")
    if first and last and last < first:
        raise _error(origin, f"{where}.valid_until", f"{last} is before valid_from, {first}")
    for name, values in layout.items():
        if not isinstance(values, list | tuple):
            continue
        for i, selector in enumerate(values):
            if name == "marks" and selector.startswith("text:"):
                continue
            try:
                parsel.css2xpath(selector)
            except (SyntaxError, RuntimeError) as error:
                raise _error(
                    origin, f"{where}.{name}[{i}]", f"no CSS selector: {selector!r}: {error}"
                ) from error
