"""`backfill`: what a portal showed in years past, from a web archive into this one."""

from __future__ import annotations

import json
import sys
from datetime import date
from time import monotonic
from typing import TYPE_CHECKING, Any, Self

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from gzcrawler.archive.configuration import read_configuration
from gzcrawler.archive.mementos import MementoChoice
from gzcrawler.cli.options import (
    archive_option,
    as_json_option,
    contact_option,
    echo_json,
    parse_day,
    portal_option,
)
from gzcrawler.errors import UsageError
from gzcrawler.portals import load_portal

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

    from gzcrawler.archive import Verdict
    from gzcrawler.backfill import BackfillProgress

__all__ = ["backfill"]

_LINE_EVERY = 30.0
"""Seconds between two lines of JSON where stderr is no terminal."""
_NAMED_AT_MOST = 10
"""Mementos named one by one; --json has more, and the table `mementos` all."""


@click.group()
def backfill() -> None:
    """Bring in what web archives hold of a portal's past."""


@backfill.command()
@portal_option
@archive_option
@contact_option
@click.option(
    "--plan", is_flag=True, help="Say how many captures, bytes and hours it would be; fetch nothing."
)
@click.option(
    "--distinct",
    is_flag=True,
    help="Every version of each page that differs by digest, not only its newest.",
)
@click.option(
    "--from", "first", callback=parse_day, metavar="YYYY-MM-DD", help="Captured on no earlier day, UTC."
)
@click.option("--to", "last", callback=parse_day, metavar="YYYY-MM-DD", help="Captured on no later day, UTC.")
@click.option(
    "--images/--no-images", default=True, show_default=True, help="Bring in pictures and files too."
)
@click.option("--max-captures", type=click.IntRange(min=1), metavar="N", help="Ask for at most so many.")
@click.option(
    "--endpoint",
    envvar="GZCRAWLER_CDX",
    show_envvar=True,
    metavar="URL",
    help="CDX server of the web archive.  [default: the Wayback Machine's]",
)
@click.option(
    "--replay",
    envvar="GZCRAWLER_REPLAY",
    show_envvar=True,
    metavar="PATTERN",
    help="Its raw mementos, with {timestamp} and {url}; beside an endpoint …/cdx, pywb's are taken.",
)
@click.option(
    "--delay",
    type=click.FloatRange(min=0),
    metavar="SECONDS",
    help="Between two requests.  [default: 2.5 for its index, 1 for mementos]",
)
@click.option("--quiet", is_flag=True, help="No progress; the verdict only where it is not 'complete'.")
@as_json_option
def wayback(
    portal: str,
    archive: Path,
    contact: str | None,
    plan: bool,
    distinct: bool,
    first: str | None,
    last: str | None,
    images: bool,
    max_captures: int | None,
    endpoint: str | None,
    replay: str | None,
    delay: float | None,
    quiet: bool,
    as_json: bool,
) -> None:
    """Fetch a portal's pages as a web archive holds them: the newest of each, raw.

    First it reads the archive's index for every host of the map, then it fetches one memento after
    the other, politely. Both go on where they stopped: interrupt it, or run it again after the web archive had
    enough (exit 11). What is on file is not asked for again. Begin with --plan.
    """
    # Loaded here: the help should not wait for the readers.
    from gzcrawler.backfill import BackfillOptions, WebArchive
    from gzcrawler.backfill import backfill as run_backfill

    if first and last and first > last:
        raise UsageError(f"--from {first} is after --to {last}")
    told = read_configuration(archive)
    options = BackfillOptions(
        archive=archive,
        portal=load_portal(portal),
        web_archive=WebArchive.at(endpoint, replay),
        choice=MementoChoice(
            distinct=distinct,
            first_day=date.fromisoformat(first) if first else None,
            last_day=date.fromisoformat(last) if last else None,
            images=images,
        ),
        plan=plan,
        max_captures=max_captures,
        delay=delay,
        contact=contact or told.contact,
    )
    with _Watch(quiet=quiet) as watch:
        verdict = run_backfill(options, tell=watch)
    if as_json:
        echo_json(verdict.as_dict())
    elif not (quiet and verdict.exit_code == 0):
        if plan and verdict.record["plan"]:
            _print_plan(verdict)
        _report(verdict)
    sys.exit(verdict.exit_code)


def _print_plan(verdict: Verdict) -> None:
    record = verdict.record
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", show_footer=True)
    lines = record["plan"]
    table.add_column("host", footer="all")
    table.add_column("year")
    for title, total in (
        ("captures", f"{sum(line['captures'] for line in lines):,}"),
        ("size there", _size(sum(line["bytes"] for line in lines))),
    ):
        table.add_column(title, footer=total, justify="right")
    for line in lines:
        table.add_row(line["host"], line["year"], f"{line['captures']:,}", _size(line["bytes"]))
    Console(highlight=False).print(table)
    hours = record["hours"]
    time = f"{hours:,.1f} hours" if hours >= 1 else f"{hours * 60:,.0f} minutes"
    click.echo(f"at the polite rate: {time}, and the time that the answers take")


def _report(verdict: Verdict) -> None:
    record = verdict.record
    counts = ", ".join(
        f"{number:,} {name}"
        for name, number in (
            ("articles not known before", record["outcomes"].get("first", 0)),
            ("revisions", record["outcomes"].get("revised", 0)),
            ("lists", record["outcomes"].get("listed", 0)),
        )
        if number
    )
    click.echo(verdict.verdict + (f" ({counts})" if counts else ""))
    for memento in record["named"][:_NAMED_AT_MOST]:
        click.echo(f"  {memento['what']}: {memento['memento']}: {memento['because']}", err=True)
    if record["recovered"]:
        click.echo(f"  {record['recovered']:,} captures recovered that an interrupted run had left", err=True)


def _size(number: int) -> str:
    return f"{number / 1e6:,.1f} MB" if number >= 100_000 else f"{number / 1e3:,.1f} kB"


class _Watch:
    """Shows a run: two counts on a terminal, a line of JSON now and then elsewhere."""

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet
        console = Console(stderr=True)
        self._terminal = console.is_terminal and not quiet
        columns: tuple[Any, ...] = (
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[count]}"),
            TimeRemainingColumn(),
        )
        self._bar = Progress(*columns, console=console, transient=True, disable=not self._terminal)
        self._task = self._bar.add_task("reading the index", total=None, count="")
        self._last = monotonic()

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def __call__(self, progress: BackfillProgress) -> None:
        """Show how it stands."""
        if self._quiet:
            return
        if progress.asked:
            self._bar.update(
                self._task,
                description="mementos",
                completed=progress.asked,
                total=progress.wanted,
                count=f"{progress.asked:,} of {progress.wanted:,}",
            )
        else:
            self._bar.update(
                self._task,
                count=f"{progress.index_lines:,} lines on {progress.index_pages:,} pages",
            )
        now = monotonic()
        if not self._terminal and now - self._last >= _LINE_EVERY:
            self._last = now
            facts = {
                "index_lines": progress.index_lines,
                "mementos": progress.asked,
                "of": progress.wanted,
                "captures": progress.captures,
            }
            print(json.dumps(facts), file=sys.stderr, flush=True)
