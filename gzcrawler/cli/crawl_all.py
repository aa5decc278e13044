"""`crawl --all`: portals side by side, a line for each and one for all."""

from __future__ import annotations

import traceback
from collections import defaultdict
from dataclasses import replace
from time import monotonic
from typing import TYPE_CHECKING, Any

import click

from gzcrawler.archive.configuration import read_configuration
from gzcrawler.archive.directory import Directory
from gzcrawler.archive.moments import format_moment, utc_now
from gzcrawler.cli.crawl_log import crawl_log
from gzcrawler.cli.crawl_report import detail_lines, verdict_line
from gzcrawler.cli.family_progress import FamilyWatch
from gzcrawler.cli.notify import notifying
from gzcrawler.cli.options import echo_json
from gzcrawler.cli.verified import say_unverified
from gzcrawler.crawl_run import require_contact
from gzcrawler.errors import GzcrawlerError, UsageError
from gzcrawler.family import Member, crawl_family
from gzcrawler.politeness import Window
from gzcrawler.portals import builtin_portals, load_portal

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from gzcrawler.crawl_options import CrawlOptions
    from gzcrawler.portals import Portal

__all__ = ["chosen_portals", "crawl_all"]

_DETAILS = 3
"""Pages that are named for each portal; its archive has more."""
_NAMED = 6
"""Portals that the last line names of each kind."""
_KINDS = {
    0: "complete",
    2: "not begun",
    10: "with alarms",
    11: "unreachable or refusing",
    12: "with layout drift",
    13: "busy",
    14: "damaged or without space",
    70: "ended by a bug",
    130: "interrupted",
    143: "interrupted",
}


def chosen_portals(names: str | None) -> list[Portal]:
    """The portals of a list with commas, names or files; every built-in one where none is given.

    Raises:
        MapError: one of them is no portal.
        UsageError: two of them have one name, or none is named.
    """
    wanted = builtin_portals() if names is None else [name.strip() for name in names.split(",")]
    portals = [load_portal(name) for name in wanted if name]
    if not portals:
        raise UsageError("--portals: names no portal")
    seen: dict[str, Portal] = {}
    for portal in portals:
        if portal.name in seen:
            other = seen[portal.name].origin
            raise UsageError(f"--portals: {portal.name!r} is named twice ({other}, {portal.origin})")
        seen[portal.name] = portal
    return portals


def crawl_all(
    portals: Sequence[Portal],
    options: CrawlOptions,
    *,
    window: str | None,
    notify: str | None,
    log: Path | None,
    existing: bool,
    quiet: bool,
    as_json: bool,
) -> int:
    """Crawl portals side by side, each into a folder of its name; returns the highest of their exit codes.

    Args:
        portals: whom to crawl.
        options: what each is told; ``archive`` is the folder of their archives.
        window: hours of all; `gzcrawler.toml` of the folder, and of each archive, where None.
        notify: command that is told how it ended.
        log: takes progress and verdicts as lines of JSON.
        existing: make no archive that is not there.
        quiet: no progress, and no line of a portal that is complete.
        as_json: JSON on stdout.

    Raises:
        UsageError: the folder is an archive itself, or nobody is named who crawls.
    """
    folder = options.archive
    if Directory(folder).database.exists():
        raise UsageError(
            f"{folder}: is the archive of one crawl; --all keeps one for each portal in a folder: name another"
        )
    told = read_configuration(folder)
    options = replace(options, contact=options.contact or told.contact)
    members = [_prepared(portal, options, window, told.window, existing=existing) for portal in portals]
    ready = [member for member in members if member.error is None]
    for member in ready:
        require_contact(member.options.portal, member.options.contact)
    if not quiet:
        say_unverified(portals)
    started = monotonic()
    names = ",".join(portal.name for portal in portals)
    with notifying(notify or told.notify, archive=folder, portal=names) as ending:
        with crawl_log(log) as write, FamilyWatch(quiet=quiet, log=write) as watch:

            def on_end(member: Member) -> None:
                write({"portal": member.name, "exit_code": member.exit_code, "verdict": member.said})

            for member in members:
                if member.error is not None:
                    on_end(member)
            family = crawl_family([member.options for member in ready], watch=watch, on_end=on_end)
            ends = {member.name: member for member in (*members, *family.members)}
            facts = _facts(folder, [*ends.values()], monotonic() - started)
            write({name: facts[name] for name in ("exit_code", "verdict")})
        ending |= facts
    if as_json:
        echo_json(facts)
    else:
        _report([*ends.values()], facts["verdict"], quiet=quiet)
    return int(facts["exit_code"])


def _prepared(
    portal: Portal, options: CrawlOptions, window: str | None, family_window: str | None, *, existing: bool
) -> Member:
    """A portal with what it is told; one whose folder is in no state for it has ended already."""
    own = replace(options, portal=portal, archive=options.archive / portal.name)
    try:
        if existing:
            Directory(own.archive).require_archive()
        told = read_configuration(own.archive)
        hours = window or told.window or family_window
        own = replace(own, contact=own.contact or told.contact, window=Window.parse(hours) if hours else None)
    except GzcrawlerError as error:
        return Member(own, error=error, ended=True)
    return Member(own)


def _facts(folder: Path, members: Sequence[Member], seconds: float) -> dict[str, Any]:
    kinds: dict[str, list[str]] = defaultdict(list)
    for member in sorted(members, key=lambda one: one.exit_code):
        kinds[_KINDS.get(member.exit_code, f"exit code {member.exit_code}")].append(member.name)
    parts = [
        f"{len(names)} {kind}" + (f" ({_some(names)})" if kind != _KINDS[0] else "")
        for kind, names in kinds.items()
    ]
    return {
        "verdict": f"{len(members)} portal{'s' if len(members) != 1 else ''}: {', '.join(parts)}",
        "exit_code": max(member.exit_code for member in members),
        "finished_at": format_moment(utc_now()),
        "archive": str(folder.resolve()),
        "seconds": round(seconds, 1),
        "captures": sum(member.verdict.record["captures"] for member in members if member.verdict),
        "portals": [member.as_dict() for member in members],
    }


def _some(names: Sequence[str]) -> str:
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {more} more" if more > 0 else "")


def _report(members: Sequence[Member], said: str, *, quiet: bool) -> None:
    for member in members:
        if quiet and member.exit_code == 0:
            continue
        if member.verdict is None:
            click.echo(f"{member.name}: {member.said}")
            if not isinstance(member.error, GzcrawlerError) and member.error is not None:
                click.echo("".join(traceback.format_exception(member.error)), err=True, nl=False)
            continue
        click.echo(f"{member.name}: {verdict_line(member.verdict)}")
        details = detail_lines(member.verdict)
        for line in details[:_DETAILS]:
            click.echo(f"  {member.name}: {line}", err=True)
        if len(details) > _DETAILS:
            click.echo(f"  {member.name}: and {len(details) - _DETAILS} more", err=True)
    if not quiet or any(member.exit_code for member in members):
        click.echo(said)
