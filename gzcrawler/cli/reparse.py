"""`reparse`: the whole archive read again with today's readers."""

from __future__ import annotations

import json
import sys
from contextlib import contextmanager
from time import monotonic
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from gzcrawler.archive.reparse import count_captures, portals_in
from gzcrawler.archive.reparse import reparse as reparse_archive
from gzcrawler.cli.options import archive_option, as_json_option, echo_json
from gzcrawler.cli.worker_options import files_at_option, worker_options
from gzcrawler.portals import load_portal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from gzcrawler.archive.reparse_report import Reparsed
    from gzcrawler.workers import Workers

__all__ = ["reparse"]

_LINE_EVERY = 30.0
"""Seconds between two lines of JSON where stderr is no terminal."""
_EXAMPLES = 2
"""Examples of each kind of change that are printed; --json has more."""
_ROWS = 30
"""Kinds of change that are printed; --json has all."""
_NAMED = 10
"""Pages named one by one; --json has more."""


@click.command()
@archive_option
@click.option(
    "--portal",
    metavar="NAME|FILE.toml",
    help="Only this portal's captures, by this map; every portal of the archive, if not given.",
)
@worker_options
@files_at_option
@click.option("--dry-run", is_flag=True, help="Report what would change, and write nothing.")
@as_json_option
def reparse(
    archive: Path, portal: str | None, workers: Workers, files_at: str | None, dry_run: bool, as_json: bool
) -> None:
    """Read every stored capture again with today's readers, and ask the portal for nothing.

    What reads otherwise becomes a revision of cause 'reader' and is shown from now on; the old
    reading stays on file. Pages leave quarantine where they can be read now. Run it after an upgrade,
    and after a change of the portal map. Interrupted, run it again. With --cluster, workers on other machines
    read the WARC files where --files-at says, and what they read is held against the database's digests.
    """
    portals = [load_portal(portal)] if portal else portals_in(archive)
    reports: list[Reparsed] = []
    codes = [0]
    for chosen in portals:
        with _progress(count_captures(archive, chosen), chosen.name) as tell:
            report, code = reparse_archive(
                archive, chosen, workers=workers, files_at=files_at, dry_run=dry_run, tell=tell
            )
        reports.append(report)
        codes.append(code)
    if as_json:
        echo_json([report.as_dict() for report in reports])
    else:
        for report in reports:
            _print(report)
    sys.exit(max(codes))


def _print(report: Reparsed) -> None:
    click.echo(f"{report.portal}: {report.said}")
    if report.changed:
        _print_changes(report)
        _print_quarantine(report, "would be" if report.dry_run else "are")
    if report.elsewhere:
        click.echo(
            f"{report.elsewhere:,} captures lie at addresses that today's map gives to other pages: "
            "`gzcrawler rebuild` takes that over"
        )
    for sentence in report.damage:
        click.echo(f"damaged: {sentence}; see `gzcrawler verify`", err=True)


def _print_changes(report: Reparsed) -> None:
    records = [
        f"{number:,} in layout {layout or 'unknown'}" for layout, number in report.records.most_common()
    ]
    if records:
        click.echo(f"records that read otherwise: {', '.join(records)}")
    shown = report.fields.most_common(_ROWS)
    for (layout, field), number in shown:
        click.echo(f"  {layout or 'unknown'}: {field} on {number:,}")
        for change in report.examples[layout, field][:_EXAMPLES]:
            click.echo(f"    {change.article_id}: {change.old} -> {change.new}")
    if len(report.fields) > len(shown):
        click.echo(f"  and {len(report.fields) - len(shown):,} more fields (see --json)")
    if report.lists:
        click.echo(f"  {report.lists:,} lists: entries, or where they lead on to")
    for (was, kind), number in report.kinds.most_common():
        click.echo(f"  {number:,} captures: {was} -> {kind}")
    if report.dry_run:
        click.echo("nothing was written (--dry-run)")
    else:
        click.echo(f"{report.revisions:,} revisions added, {report.new_pages:,} addresses found")


def _print_quarantine(report: Reparsed, done: str) -> None:
    if report.left_quarantine:
        click.echo(f"{report.left_quarantine:,} pages {done} out of quarantine")
        for url in report.left[:_NAMED]:
            click.echo(f"  {url}")
    if report.entered_quarantine:
        click.echo(
            f"{report.entered_quarantine:,} pages {done} in quarantine now; their last good readings stay"
        )
        for _, reason in report.entered[:_NAMED]:
            click.echo(f"  {reason}")


@contextmanager
def _progress(total: int, portal: str) -> Iterator[Callable[[int], None]]:
    """A bar on a terminal, a JSON line now and then elsewhere."""
    console = Console(stderr=True)
    columns: tuple[Any, ...] = (
        TextColumn(portal),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("captures read again"),
        TimeRemainingColumn(),
    )
    started = last = monotonic()
    done = 0
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(portal, total=total)

        def tell(number: int) -> None:
            nonlocal last, done
            done += number
            progress.advance(task, number)
            now = monotonic()
            if not console.is_terminal and now - last >= _LINE_EVERY:
                last = now
                facts = {
                    "portal": portal,
                    "captures": done,
                    "of": total,
                    "seconds": round(now - started, 1),
                }
                print(json.dumps(facts), file=sys.stderr, flush=True)

        yield tell
