"""`portal check`: a map held against captures, or against the live site."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gzcrawler.archive.configuration import read_configuration
from gzcrawler.archive.directory import Directory
from gzcrawler.cli.crawl_report import detail_lines
from gzcrawler.cli.first_contact import first_contact
from gzcrawler.cli.options import as_json_option, contact_option, echo_json
from gzcrawler.importing.responses import responses_in
from gzcrawler.importing.sources import find_files
from gzcrawler.portals import load_portal
from gzcrawler.proving import MapProof

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gzcrawler.archive import Verdict
    from gzcrawler.portals import Portal
    from gzcrawler.proving import Proof

__all__ = ["check"]

_ARTICLES = 8
"""Articles that a live check asks for: more than a map is judged by at least."""
_PAGES = 2_000
"""Pages that are read at most; they take some seconds."""
_SHOWN = 5


@click.command()
@click.argument("name", metavar="NAME|FILE.toml")
@click.option(
    "--archive",
    type=click.Path(file_okay=False, path_type=Path),
    help="Hold the map against the captures of this archive, the newest file first; with --live, the archive "
    "that keeps what is asked.",
)
@click.option(
    "--warc",
    "warcs",
    metavar="FILE|FOLDER|URL",
    multiple=True,
    help="Hold it against the responses of this WARC or WACZ file, or of all in a folder, whoever wrote them; "
    "may be repeated.",
)
@click.option(
    "--live",
    is_flag=False,
    flag_value=_ARTICLES,
    type=click.IntRange(1, 100),
    metavar="[N]",
    help=f"First ask the portal for its home page, some lists and N articles ({_ARTICLES}, if not given).",
)
@click.option(
    "--pages",
    type=click.IntRange(min=1),
    default=_PAGES,
    show_default=True,
    help="Read at most so many pages.",
)
@contact_option
@as_json_option
def check(
    name: str,
    archive: Path | None,
    warcs: tuple[str, ...],
    live: int | None,
    pages: int,
    contact: str | None,
    as_json: bool,
) -> None:
    """Prove a map: is it valid, does it name what is there, do its pages read?

    Ends with 0 where nothing speaks against calling it verified, and says which line to change; with 10 where
    more should be seen or added, 11 where the live site does not answer, 12 where pages are not as the map says.
    """
    portal = load_portal(name)
    verdicts: list[Verdict] = []
    if live is not None:
        archive = archive or Path(os.environ.get("GZCRAWLER_ARCHIVE", "archive"))
        told = read_configuration(archive)
        verdicts, _, _ = first_contact(archive, portal, contact or told.contact, live)
    if archive is None and not warcs:
        _say_valid(portal, as_json=as_json)
        return
    proof, damages = MapProof(portal), list[str]()
    files = [find_files([str(path)])[0] for path in _files_of(archive)] + find_files(warcs)
    most = portal.politeness.max_bytes
    for capture in responses_in(files, most=most, on_fault=damages.append):
        proof.take(capture)
        if proof.read >= pages:
            break
    end = proof.conclude()
    codes = [verdict.exit_code for verdict in verdicts if verdict.exit_code != 10]
    exit_code = max([end.exit_code, *codes, *([10] if damages else [])])
    findings = [*damages, *(verdict.verdict for verdict in verdicts if verdict.exit_code), *end.findings]
    if as_json:
        facts = proof.as_dict() | {"findings": findings, "verified": _day(end, exit_code)}
        echo_json({"portal": portal.name, "exit_code": exit_code} | facts)
    else:
        for verdict in verdicts:
            for line in detail_lines(verdict)[:_SHOWN]:
                click.echo(f"  {line}", err=True)
        _print(proof, findings, len(files))
        _print_end(portal, proof, _day(end, exit_code))
    sys.exit(exit_code)


def _files_of(archive: Path | None) -> list[Path]:
    """The WARC files of an archive, the newest first."""
    if archive is None:
        return []
    directory = Directory(archive)
    directory.require_archive()
    return directory.warc_files()[::-1]


def _day(end: Proof, exit_code: int) -> str | None:
    return end.day.isoformat() if exit_code == 0 and end.day is not None else None


def _say_valid(portal: Portal, *, as_json: bool) -> None:
    if as_json:
        echo_json({"portal": portal.name, "exit_code": 0, "read": 0, "findings": [], "verified": None})
        return
    click.echo(
        f"{portal.name}: the map is valid ({len(portal.hosts)} hosts, {len(portal.sections)} sections, "
        f"{len(portal.shapes)} shapes, {len(portal.layouts)} layouts); it was held against no page: "
        "name --archive, --warc or --live"
    )


def _print(proof: MapProof, findings: Sequence[str], files: int) -> None:
    facts = proof.as_dict()
    counts = ((proof.captures, "capture"), (files, "WARC file"), (proof.read, "page"))
    captures, read_from, read = (f"{number:,} {word}{'s' * (number != 1)}" for number, word in counts)
    click.echo(f"{proof.portal.name}: {captures} in {read_from}, {read} read")
    kinds = ", ".join(f"{number:,} {kind}" for kind, number in facts["promised"].items())
    click.echo(f"  addresses: {kinds or 'none of this portal'}")
    for layout in facts["layouts"]:
        without = ", ".join(f"{number:,} without {name}" for name, number in layout["without"].items())
        without = without.replace("without doubts", "with doubts")
        click.echo(
            f"  {layout['kind']} {layout['layout']}: {layout['full']:,} of {layout['pages']:,} read fully"
            + (f" ({without})" if without else "")
        )
    _print_groups("left out", facts["left_out"])
    if facts["foreign_hosts"]:
        hosts = list(facts["foreign_hosts"].items())[:_SHOWN]
        click.echo("  hosts not of the map: " + ", ".join(f"{host} ({number:,})" for host, number in hosts))
    for one in facts["otherwise"]:
        click.echo(f"  not as promised: {one['url']}: {one['promised']}, reads as {one['read_as']}")
    for one in facts["unreadable"]:
        click.echo(f"  unreadable: {one['reason']}")
    for finding in findings:
        click.echo(f"against it: {finding}")


def _print_groups(name: str, groups: dict[str, dict[str, Any]]) -> None:
    for beginning, facts in list(groups.items())[:_SHOWN]:
        click.echo(f"  {name}: {beginning}… ({facts['captures']:,}), {facts['for_example']}")
    if len(groups) > _SHOWN:
        click.echo(f"  {name}: and {len(groups) - _SHOWN:,} more beginnings")


def _print_end(portal: Portal, proof: MapProof, day: str | None) -> None:
    if proof.unnamed:
        click.echo("sections to name, if they are ones:")
        for slug in list(proof.unnamed)[:_SHOWN]:
            key = "".join(char if char.isalnum() else "-" for char in slug.lower()).strip("-")
            click.echo(f'\n[[sections]]\nkey = "{key}"\nslugs = ["{slug}"]')
        click.echo("")
    if day is None:
        click.echo(f"{portal.name}: not proven; `verified` stays as it is")
    elif str(portal.verified) == day:
        click.echo(f"{portal.name}: proven, and its map says so already")
    else:
        click.echo(f"{portal.name}: proven; write `verified = {day}` into {portal.origin}")
