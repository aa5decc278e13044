"""`schedule show`, `install` and `remove`: a daily crawl by cron, or by a systemd timer."""

from __future__ import annotations

import difflib
import re
import shlex
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gzcrawler.archive.configuration import read_configuration
from gzcrawler.archive.directory import Directory
from gzcrawler.cli.crontab_lines import (
    Entry,
    entries,
    read_table,
    with_entry,
    without_entry,
    write_table,
)
from gzcrawler.cli.options import archive_option, contact_option, portal_option
from gzcrawler.errors import UsageError
from gzcrawler.portals import builtin_portals, load_portal

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["schedule"]

_DAILY = "17 3 * * *"
"""Not at a full hour, when everybody's machines ask."""

when_option = click.option(
    "--cron",
    "when",
    default=_DAILY,
    show_default=True,
    metavar="'M H * * *'",
    help="When, as cron writes it, by this machine's clock.",
)
yes_option = click.option("--yes", is_flag=True, help="Change it without asking.")


@dataclass(frozen=True, slots=True)
class _Plan:
    """A crawl that is to be scheduled."""

    entry: Entry
    calendar: str
    """When, as systemd writes it; empty where cron's words have no simple equal."""


@click.group()
def schedule() -> None:
    """Crawl from cron: show, install or remove the entry of an archive.

    The entry names everything by absolute paths, logs into the archive's `logs/` (rotated), and prints
    nothing unless something alarms: cron mails what is printed.
    """


@schedule.command()
@portal_option
@archive_option
@contact_option
@when_option
@click.option("--systemd", is_flag=True, help="Print a systemd service and timer instead.")
def show(portal: str, archive: Path, contact: str | None, when: str, systemd: bool) -> None:
    """What is installed, and the line that `install` would write."""
    plan = _plan(portal, archive, contact, when)
    if systemd:
        click.echo(_units(plan), nl=False)
        return
    table = read_table()
    installed = [line for line in table.splitlines() if any(e.mark == plan.entry.mark for e in entries(line))]
    click.echo("\n".join(installed) if installed else "nothing is installed for this archive")
    line = plan.entry.render()
    if installed != [line]:
        click.echo(f"`gzcrawler schedule install` would write:\n{line}")
    _tell_of_moved(table)


@schedule.command()
@portal_option
@archive_option
@contact_option
@when_option
@yes_option
def install(portal: str, archive: Path, contact: str | None, when: str, yes: bool) -> None:
    """Put the entry into this user's crontab; shows the change, and asks."""
    plan = _plan(portal, archive, contact, when)
    _change(lambda table: with_entry(table, plan.entry), yes=yes)


@schedule.command()
@portal_option
@click.option(
    "--archive",
    type=click.Path(path_type=Path),
    default="archive",
    envvar="GZCRAWLER_ARCHIVE",
    show_default=True,
    show_envvar=True,
    help="Folder of the archive, as it was when it was scheduled.",
)
@yes_option
def remove(portal: str, archive: Path, yes: bool) -> None:
    """Take the entry out of this user's crontab; shows the change, and asks."""
    name = load_portal(portal).name if portal in builtin_portals() or Path(portal).exists() else portal
    gone = Entry(portal=name, archive=archive.absolute(), when="", command=())
    resolved = Entry(portal=name, archive=archive.resolve(), when="", command=())
    _change(lambda table: without_entry(without_entry(table, gone), resolved), yes=yes)


def _plan(portal: str, archive: Path, contact: str | None, when: str) -> _Plan:
    """What would be scheduled; all that the crawl would refuse at night is refused now."""
    Directory(archive).require_archive()
    told = read_configuration(archive)
    chosen = load_portal(portal)
    if chosen.connect is None and not (contact or told.contact):
        raise UsageError(
            "a live crawl says who crawls: set GZCRAWLER_CONTACT, --contact, or contact in the archive's "
            "gzcrawler.toml"
        )
    folder = archive.resolve()
    command = [sys.executable, "-m", "gzcrawler", "crawl", "--quiet", "--existing"]
    command += ["--archive", str(folder), "--log", str(folder / "logs" / "crawl.log")]
    if portal != "guangzhou":
        command += ["--portal", portal if portal in builtin_portals() else str(Path(portal).resolve())]
    if contact and not told.contact:
        command += ["--contact", contact]
    entry = Entry(portal=chosen.name, archive=folder, when=when, command=tuple(command))
    entry.render()
    daily = re.fullmatch(r"(\d{1,2}) (\d{1,2}) \* \* \*", when)
    return _Plan(entry, f"*-*-* {int(daily[2]):02d}:{int(daily[1]):02d}:00" if daily else "")


def _change(edit: Callable[[str], str], *, yes: bool) -> None:
    table = read_table()
    changed = edit(table)
    if changed == table:
        click.echo("nothing to change")
        return
    for line in difflib.unified_diff(table.splitlines(), changed.splitlines(), n=0, lineterm=""):
        if not line.startswith(("---", "+++", "@@")):
            click.echo(line.encode("utf-8", "replace").decode())
    if not yes:
        if not sys.stdin.isatty():
            raise UsageError("nobody is there to ask; say --yes to change the crontab")
        if not click.confirm("Change the crontab so?"):
            click.echo("left as it was")
            return
    write_table(changed)
    click.echo("changed")
    _tell_of_moved(changed)


def _tell_of_moved(table: str) -> None:
    """Name entries whose archive is not there any more: each of their runs fails."""
    for entry in entries(table):
        if not Directory(entry.archive).database.exists():
            click.echo(
                f"gzcrawler: the entry for {entry.archive} names an archive that is not there any more; if it was "
                f"moved: gzcrawler schedule remove --portal {entry.portal} --archive "
                f"{shlex.quote(str(entry.archive))}, and install it from its new place",
                err=True,
            )


def _units(plan: _Plan) -> str:
    """A service and its timer, as text: where they go, and what turns them on."""
    if not plan.calendar:
        raise UsageError(f"--cron {plan.entry.when!r}: only daily times (M H * * *) are turned into a timer")
    # systemd expands % and $ itself; what stands in double quotes is otherwise taken as it is.
    command = " ".join(
        '"' + word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$") + '"'
        for word in plan.entry.command
    )
    return f"""# ~/.config/systemd/user/gzcrawler-{plan.entry.portal}.service
[Unit]
Description=Crawl {plan.entry.portal} into an archive

[Service]
Type=oneshot
ExecStart={command}
SuccessExitStatus=0

# ~/.config/systemd/user/gzcrawler-{plan.entry.portal}.timer
[Unit]
Description=Crawl {plan.entry.portal} daily

[Timer]
OnCalendar={plan.calendar}
Persistent=true

[Install]
WantedBy=timers.target

# then: systemctl --user daemon-reload && systemctl --user enable --now gzcrawler-{plan.entry.portal}.timer
"""
