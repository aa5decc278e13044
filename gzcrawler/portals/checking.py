"""Checking what a map says: whether its tables agree with one another, and its addresses with its shapes."""

from __future__ import annotations

import re
from string import Formatter
from typing import TYPE_CHECKING, Any

import parsel

from gzcrawler.portals.schema import as_day, check_table, check_value, map_error, nearest
from gzcrawler.portals.tables import ADDRESS, GROUPS, LIKE, TOP

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from gzcrawler.portals.portal import Portal

__all__ = ["check_like", "check_map", "check_portal", "check_taken_over"]


def check_map(facts: Mapping[str, Any], origin: str) -> None:
    """Pass over facts that a portal can be built from.

    Raises:
        MapError: the first mistake found: file, key, reason.
    """
    check_table(facts, TOP, origin, "")
    _hosts(facts, origin)
    _unique(facts, origin, "editions", "key")
    _unique(facts, origin, "sections", "key")
    _unique(facts, origin, "layouts", "name")
    for i, shape in enumerate(facts["shapes"]):
        _shape(shape, origin, f"shapes[{i}]")
    _references(facts, origin)
    for i, layout in enumerate(facts.get("layouts", ())):
        _layout(layout, origin, f"layouts[{i}]")


def check_like(like: Mapping[str, Any], builtin: Sequence[str], origin: str) -> None:
    """Pass over a table `like` that names a map there is.

    Raises:
        MapError: it is no such table.
    """
    check_value(like, LIKE, origin, "like")
    if like["map"] not in builtin:
        raise map_error(origin, "like.map", f"no built-in map {like['map']!r}{nearest(like['map'], builtin)}")


def check_taken_over(like: Mapping[str, Any], shared: Portal, origin: str) -> None:
    """Pass over generations that the other map has.

    Raises:
        MapError: it has no shape of one of them.
    """
    known = {shape.generation for shape in shared.shapes if shape.generation}
    for i, name in enumerate(like["generations"]):
        if name not in known:
            reason = f"{shared.name} has no generation {name!r}{nearest(name, known)}"
            raise map_error(origin, f"like.generations[{i}]", reason)


def check_portal(portal: Portal, facts: Mapping[str, Any]) -> None:
    """Pass over a portal whose own addresses mean to it what the map says.

    Raises:
        MapError: a home page is no canonical one, a section's list is none by the shapes, an example
            does not match its shape, or a canonical address has another canonical address.
    """
    _check_feeds(portal)
    for i, edition in enumerate(portal.editions):
        for j, url in enumerate(edition.home):
            key = f"editions[{i}].home[{j}]"
            home = portal.address(url)
            if home is None:
                raise map_error(portal.origin, key, f"{url} is on no host of the map")
            if home.kind != "home" or home.canonical_url != url:
                reason = f"{url} is no canonical folder (try {home.canonical_url})"
                raise map_error(portal.origin, key, reason)
    for i, section in enumerate(portal.sections):
        for j, url in enumerate(section.lists):
            found = portal.address(url)
            if found is None or (found.kind, found.section) != ("listing", section.key):
                what = (
                    "on no host of the map" if found is None else f"{found.kind} of section {found.section!r}"
                )
                key = f"sections[{i}].lists[{j}]"
                raise map_error(
                    portal.origin, key, f"{url} is {what} by the shapes, not a list of {section.key!r}"
                )
    for i, shape in enumerate(facts["shapes"]):
        for j, example in enumerate(shape.get("examples", ())):
            _example(portal, example, i, f"shapes[{i}].examples[{j}]")


def _check_feeds(portal: Portal) -> None:
    for i, url in enumerate(portal.feeds):
        feed = portal.address(url)
        if feed is None or feed.kind not in ("feed", "sitemap"):
            raise map_error(portal.origin, f"feeds[{i}]", f"{url} is no feed or sitemap by its address")


def _example(portal: Portal, example: str, index: int, key: str) -> None:
    shape = portal.shapes[index]
    if shape.pattern.fullmatch(example) is None:
        raise map_error(portal.origin, key, f"{example} does not match the shape's pattern")
    first = next(
        (h for h in portal.hosts if not h.generations or shape.generation in h.generations), portal.hosts[0]
    )
    found = portal.address(f"{portal.scheme}://{first.host}{first.root}{example}")
    if found is None or (found.kind, found.generation) not in (
        (shape.kind, shape.generation),
        ("unknown", None),
    ):
        what = "nothing" if found is None else f"{found.kind} of generation {found.generation}"
        raise map_error(portal.origin, key, f"{example} is taken for {what}: an earlier shape matches it too")
    again = portal.address(found.canonical_url)
    if again is None or (again.canonical_url, again.kind, again.id) != (
        found.canonical_url,
        found.kind,
        found.id,
    ):
        other = "nothing" if again is None else f"{again.kind} {again.canonical_url}"
        reason = f"{example} is {found.kind} {found.canonical_url}, but that address is {other}"
        raise map_error(portal.origin, key, reason)


def _unique(facts: Mapping[str, Any], origin: str, tables: str, name: str) -> None:
    seen: dict[str, int] = {}
    for i, table in enumerate(facts.get(tables, ())):
        value = table[name]
        if value in seen:
            raise map_error(origin, f"{tables}[{i}].{name}", f"{value!r} is already {tables}[{seen[value]}]")
        seen[value] = i


def _hosts(facts: Mapping[str, Any], origin: str) -> None:
    seen: dict[str, int] = {}
    for i, entry in enumerate(facts["hosts"]):
        address = entry["address"]
        key = f"hosts[{i}].address"
        found = ADDRESS.fullmatch(address)
        if found is None:
            raise map_error(
                origin, key, f"must be host, host:port or host/path (no scheme, no query), not {address!r}"
            )
        if found["port"] in ("80", "443"):
            raise map_error(origin, key, f"{address!r}: leave out the ports of http and https")
        plain = (
            address.lower().rstrip("/")
            if found["root"] == "/"
            else found["host"].lower() + (found["root"] or "")
        )
        if plain in seen:
            raise map_error(origin, key, f"{address!r} is already hosts[{seen[plain]}]")
        seen[plain] = i


def _shape(shape: Mapping[str, Any], origin: str, where: str) -> None:
    try:
        pattern = re.compile(shape["pattern"], re.ASCII)
    except re.error as error:
        raise map_error(origin, f"{where}.pattern", f"no regular expression: {error}") from error
    groups = pattern.groupindex
    for group in groups:
        if group not in GROUPS:
            raise map_error(origin, f"{where}.pattern", f"no such group: {group!r}{nearest(group, GROUPS)}")
    dated = [group for group in ("year", "month", "day") if group in groups]
    if "day" in dated and (len(dated) != 3 or not groups["year"] < groups["month"] < groups["day"]):
        raise map_error(origin, f"{where}.pattern", "a day needs year and month before it")
    for name in ("canonical", "continued", "id"):
        if name in shape:
            _template(shape[name], groups, origin, f"{where}.{name}")
    for reason, key in _contradictions(shape, groups):
        raise map_error(origin, f"{where}.{key}", reason)


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
        raise map_error(origin, key, f"unbalanced braces in {template!r}: {error}") from error
    for name, spec, turn in fields:
        if spec or turn:
            raise map_error(origin, key, f"a group fills in as it is: {{{name}}}, without format")
        if name not in groups:
            raise map_error(origin, key, f"the pattern has no group {name!r}{nearest(name, groups)}")


def _references(facts: Mapping[str, Any], origin: str) -> None:
    generations = {shape["generation"] for shape in facts["shapes"] if "generation" in shape}
    for tables in ("hosts", "layouts"):
        for i, table in enumerate(facts.get(tables, ())):
            named = table.get("generations") or [name for name in [table.get("generation")] if name]
            for name in named:
                if name not in generations:
                    key = f"{tables}[{i}].{'generations' if tables == 'hosts' else 'generation'}"
                    raise map_error(
                        origin, key, f"no shape is of generation {name!r}{nearest(name, generations)}"
                    )
    editions = {edition["key"] for edition in facts["editions"]}
    slugs: dict[str, int] = {}
    for i, section in enumerate(facts.get("sections", ())):
        edition = section.get("edition")
        if edition is not None and edition not in editions:
            raise map_error(
                origin, f"sections[{i}].edition", f"no edition {edition!r}{nearest(edition, editions)}"
            )
        for slug in section["slugs"]:
            if slug in slugs:
                raise map_error(
                    origin, f"sections[{i}].slugs", f"{slug!r} is already a slug of sections[{slugs[slug]}]"
                )
            slugs[slug] = i


def _layout(layout: Mapping[str, Any], origin: str, where: str) -> None:
    first, last = as_day(layout.get("valid_from")), as_day(layout.get("valid_until"))
    if first and last and last < first:
        raise map_error(origin, f"{where}.valid_until", f"{last} is before valid_from, {first}")
    for name, values in layout.items():
        if not isinstance(values, list | tuple):
            continue
        for i, selector in enumerate(values):
            if name == "marks" and selector.startswith("text:"):
                continue
            try:
                parsel.css2xpath(selector)
            except (SyntaxError, RuntimeError) as error:
                raise map_error(
                    origin, f"{where}.{name}[{i}]", f"no CSS selector: {selector!r}: {error}"
                ) from error
