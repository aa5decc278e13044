"""The keys of a map: what each table may hold, as data for the check."""

from __future__ import annotations

import re

from gzcrawler.portals.schema import Key

__all__ = ["ADDRESS", "GROUPS", "LIKE", "TOP"]

GROUPS = ("branch", "day", "month", "name", "number", "part", "section", "year")
"""Named groups that a shape's pattern may have, and its templates may use."""

ADDRESS = re.compile(
    r"(?P<host>[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?(?::(?P<port>[1-9][0-9]{0,4}))?)"
    r"(?P<root>(?:/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*/?)"
)
"""A host of the map, with the path under which the portal's tree hangs there."""


def _text(form: str = "", form_name: str = "", *, required: bool = False) -> Key:
    return Key(type="text", required=required, form=re.compile(form) if form else None, form_name=form_name)


def _texts(form: str = "", form_name: str = "", *, required: bool = False) -> Key:
    return Key(type="texts", required=required, form=re.compile(form) if form else None, form_name=form_name)


_NAME = (r"[a-z0-9][a-z0-9_-]*", "lower-case letters, digits, - and _")
_PREFIX = (r"(?:/[A-Za-z0-9._~-]+)+", "a path prefix such as /news (no slash at its end)")
_LINK = (r"/.*", "a path such as /news/, or //host/path")

_HOSTS: dict[str, Key] = {
    "address": Key(type="text", required=True),
    "site": _text(*_NAME),
    "generations": _texts(),
    "assets": _texts(r"/.*[^/]/|/", "a path prefix with a slash at both ends"),
}
_EDITIONS: dict[str, Key] = {
    "key": _text(*_NAME, required=True),
    "language": _text(
        r"[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*", "a BCP 47 tag such as en or zh-Hans", required=True
    ),
    "home": _texts(*_LINK, required=True),
    "paths": _texts(*_PREFIX),
}
_SECTIONS: dict[str, Key] = {
    "key": _text(*_NAME, required=True),
    "names": _texts(),
    "slugs": _texts(r"[^/\s]+(?:/[^/\s]+)*", "a piece of a path, without slashes round it", required=True),
    "edition": _text(),
    "lists": _texts(*_LINK),
}
_SHAPES: dict[str, Key] = {
    "kind": Key(
        type="text",
        required=True,
        choices=("article", "listing", "home", "asset", "feed", "sitemap", "unknown"),
    ),
    "pattern": Key(type="text", required=True),
    "generation": _text(),
    "canonical": _text(),
    "continued": _text(),
    "id": _text(r"[A-Za-z0-9_{}.-]+", "letters, digits, _ . - and {groups}"),
    "query": Key(type="text", choices=("drop", "keep")),
    "any_section": Key(type="flag"),
    "template": Key(type="flag"),
    "examples": _texts(r"/.*", "a path under a host's root"),
}
_LAYOUTS: dict[str, Key] = {
    "name": _text(*_NAME, required=True),
    "generation": _text(),
    "kind": Key(type="text", choices=("article", "listing")),
    "valid_from": Key(type="day"),
    "valid_until": Key(type="day"),
    "marks": _texts(required=True),
} | {
    name: _texts()
    for name in ("title", "head_line", "body", "breadcrumbs", "entries", "pager", "next", "drop")
}

LIKE = Key(
    type="table",
    keys={"map": _text(required=True), "generations": _texts(required=True)},
)
"""Shapes and layouts of these generations are taken over from a built-in map."""

TOP: dict[str, Key] = {
    "name": _text(*_NAME, required=True),
    "title": _text(required=True),
    "timezone": _text(r"[+-](?:0\d|1[0-4]):[0-5]\d", "an offset such as +08:00", required=True),
    "verified": Key(type="day or false"),
    "scheme": Key(type="text", choices=("https", "http")),
    "connect": _text(r"[A-Za-z0-9.-]+:[1-9]\d{0,4}", "host:port"),
    "unknown_pages": Key(type="text", choices=("crawl", "skip")),
    "tracking": _texts(r"[A-Za-z0-9_.*-]+", "the name of a query parameter, * for any ending"),
    "folded": _texts(*_PREFIX),
    "feeds": _texts(*_LINK),
    "politeness": Key(
        type="table",
        keys={
            "delay": Key(type="number"),
            "concurrency": Key(type="whole", least=1),
            "timeout": Key(type="number", least=0.001),
            "max_bytes": Key(type="whole", least=1),
        },
    ),
    "hosts": Key(type="tables", required=True, keys=_HOSTS),
    "editions": Key(type="tables", required=True, keys=_EDITIONS),
    "sections": Key(type="tables", keys=_SECTIONS),
    "shapes": Key(type="tables", required=True, keys=_SHAPES),
    "layouts": Key(type="tables", keys=_LAYOUTS),
}
