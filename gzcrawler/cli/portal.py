"""`portal`: the maps that are built in, what one says, and whether it is right."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console
from rich.table import Table

from gzcrawler.cli.map_check import check
from gzcrawler.cli.options import as_json_option, echo_json
from gzcrawler.cli.verified import verified_text
from gzcrawler.portals import builtin_portals, load_portal

if TYPE_CHECKING:
    from gzcrawler.portals import Portal

__all__ = ["portal"]


@click.group()
def portal() -> None:
    """Portal maps: which are built in, what one says, and whether it is right."""


portal.add_command(check)


@portal.command("list")
@as_json_option
def list_portals(as_json: bool) -> None:
    """The maps that are built in, and when each was last proven on the live site."""
    portals = [load_portal(name) for name in builtin_portals()]
    if as_json:
        echo_json(
            [
                {
                    "name": one.name,
                    "title": one.title,
                    "verified": one.verified and str(one.verified),
                    "hosts": [host.host + host.root for host in one.hosts],
                    "sections": [section.key for section in one.sections],
                }
                for one in portals
            ]
        )
        return
    table = Table(box=None, padding=(0, 1))
    for column in ("portal", "verified", "canonical host", "title"):
        table.add_column(column, no_wrap=column != "title")
    for one in portals:
        first = one.hosts[0]
        table.add_row(one.name, verified_text(one), first.host + first.root, one.title)
    Console(highlight=False).print(table)


@portal.command()
@click.argument("name", metavar="NAME|FILE.toml")
@as_json_option
def show(name: str, as_json: bool) -> None:
    """What a map says: hosts, editions, sections, first pages, pace; and which built-in maps share its hosts."""
    chosen = load_portal(name)
    facts = _facts(chosen)
    if as_json:
        echo_json(facts | {"map": json.loads(json.dumps(chosen.facts, default=str))})
        return
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim")
    table.add_column()
    for key in ("name", "title", "verified"):
        table.add_row(key, str(facts[key]) if key != "verified" else verified_text(chosen))
    _add(table, "hosts", [_host_text(host) for host in facts["hosts"]])
    _add(table, "editions", [f"{key} ({language})" for key, language in facts["editions"].items()])
    _add(table, "sections", facts["sections"] or ["none: lists are found from the home page"])
    _add(table, "first pages", facts["seeds"])
    _add(table, "generations", facts["generations"])
    pace = facts["politeness"]
    table.add_row("pace", f"{pace['delay']:g} s between requests to a host, {pace['concurrency']} at a time")
    for host, names in facts["shared_with"].items():
        table.add_row("shared host", f"{host}: {', '.join(names)}")
    Console(highlight=False, soft_wrap=True).print(table)


def _facts(chosen: Portal) -> dict[str, Any]:
    shared: dict[str, list[str]] = {}
    for other in (load_portal(name) for name in builtin_portals()):
        if other.name != chosen.name:
            for host in sorted({h.host for h in other.hosts} & {h.host for h in chosen.hosts}):
                shared.setdefault(host, []).append(other.name)
    return {
        "name": chosen.name,
        "title": chosen.title,
        "verified": chosen.verified and str(chosen.verified),
        "digest": chosen.digest,
        "hosts": [
            {"address": host.host + host.root, "generations": list(host.generations), "site": host.site}
            for host in chosen.hosts
        ],
        "editions": {edition.key: edition.language for edition in chosen.editions},
        "sections": [section.key for section in chosen.sections],
        "seeds": [address.url for address in chosen.seeds()],
        "generations": sorted({shape.generation for shape in chosen.shapes if shape.generation}),
        "politeness": {
            "delay": chosen.politeness.delay,
            "concurrency": chosen.politeness.concurrency,
            "timeout": chosen.politeness.timeout,
        },
        "shared_with": shared,
    }


def _host_text(host: dict[str, Any]) -> str:
    generations = f" ({', '.join(host['generations'])})" if host["generations"] else ""
    return f"{host['address']}{generations}"


def _add(table: Table, name: str, lines: list[str]) -> None:
    for number, line in enumerate(lines):
        table.add_row("" if number else name, line)
