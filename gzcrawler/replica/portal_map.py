"""The replica's portal map: the built-in one at invented hosts, and a few sections more."""

from __future__ import annotations

import json
import re
import tomllib
from datetime import date
from importlib import resources
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["as_toml", "family_maps", "replica_map"]

_CHINESE = {"key": "zh", "language": "zh-Hans", "home": ["/zh/"], "paths": ["/zh"]}
_SECTIONS: tuple[dict[str, Any], ...] = (
    {"key": "tianhe-latest", "names": ["Tianhe Latest", "Tianhe News"], "slugs": ["tianhe/latest"]},
    {"key": "nansha-latest", "names": ["Nansha Latest"], "slugs": ["nansha/latest"]},
    {"key": "gdd-latest", "names": ["Development District", "Investment"], "slugs": ["gdd/latest"]},
    {"key": "conghua-latest", "names": ["Conghua Latest"], "slugs": ["conghua/latest"]},
    {"key": "gddjp-latest", "names": ["最新情報", "お知らせ"], "slugs": ["gddjp/latest"], "edition": "ja"},
    {"key": "zh-latest", "names": ["最新动态", "要闻"], "slugs": ["zh/latest"], "edition": "zh"},
    {"key": "zh-service", "names": ["办事服务"], "slugs": ["zh/service"], "edition": "zh"},
)
_REAL_ENDINGS = re.compile(r"(?:\.(?:gov|com|org))?\.cn$|\.com$")


def replica_map(
    port: int | None = None, *, delay: float = 0.0, concurrency: int = 8, timeout: float = 10.0
) -> dict[str, Any]:
    """The map's facts, as `gzcrawler.portals.parse_portal` takes them.

    Args:
        port: loopback port at which every host is reached; None leaves ``connect`` out.
        delay: seconds between two requests to one host.
        concurrency: requests under way on one host.
        timeout: seconds until a request is given up.
    """
    source = resources.files("gzcrawler.portals").joinpath("guangzhou.toml").read_text("utf-8")
    facts = tomllib.loads(source)
    facts |= {"name": "replica", "title": "Guangzhou International (replica)", "scheme": "http"}
    del facts["verified"]  # of a portal that was made up there is nothing to prove
    if port is not None:
        facts["connect"] = f"127.0.0.1:{port}"
    facts["politeness"] = facts.get("politeness", {}) | {
        "delay": delay,
        "concurrency": concurrency,
        "timeout": timeout,
    }
    for host in facts["hosts"]:
        name, slash, root = host["address"].partition("/")
        host["address"] = _REAL_ENDINGS.sub("", name) + ".test" + slash + root
    if not any(edition["key"] == "zh" for edition in facts["editions"]):
        facts["editions"].append(dict(_CHINESE))
    known = {section["key"] for section in facts["sections"]}
    facts["sections"] += [dict(section) for section in _SECTIONS if section["key"] not in known]
    return facts


def family_maps(
    port: int, number: int, *, delay: float = 0.0, concurrency: int = 1, timeout: float = 10.0
) -> list[dict[str, Any]]:
    """Maps of portals at one host each, all of them on one replica, which answers a host that it does not know.

    The replica's configuration has ``absolute_links=0``: what is absolute leads to the hosts of `replica_map`.

    Args:
        port: loopback port of the replica.
        number: how many portals: ``replica-1`` at ``portal-1.test`` and so on.
        delay: seconds between two requests to one host.
        concurrency: requests under way on one host.
        timeout: seconds until a request is given up.
    """
    facts = replica_map(port, delay=delay, concurrency=concurrency, timeout=timeout)
    return [
        facts
        | {
            "name": f"replica-{place}",
            "title": f"Portal {place} of a family (replica)",
            "hosts": [{"address": f"portal-{place}.test"}],
        }
        for place in range(1, number + 1)
    ]


def as_toml(facts: Mapping[str, Any]) -> str:
    """The facts as the text of a map file: plain values first, then tables, then arrays of tables."""
    return "\n".join(_lines(facts, ())) + "\n"


def _lines(table: Mapping[str, Any], path: tuple[str, ...]) -> list[str]:
    plain, tables, arrays = [], [], []
    for key, value in table.items():
        if isinstance(value, dict):
            name = (*path, key)
            tables += ["", f"[{'.'.join(name)}]", *_lines(value, name)]
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            name = (*path, key)
            for entry in value:
                arrays += ["", f"[[{'.'.join(name)}]]", *_lines(entry, name)]
        else:
            plain.append(f"{key} = {_value(value)}")
    return plain + tables + arrays


def _value(value: str | float | bool | date | Sequence[Any]) -> str:
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    return "[" + ", ".join(_value(entry) for entry in value) + "]"
