"""`import`: captures from WARC and WACZ files of other archives."""

from __future__ import annotations

import json
import sys
from contextlib import contextmanager
from time import monotonic
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from gzcrawler.cli.options import archive_option, as_json_option, echo_json, portal_option
from gzcrawler.errors import UsageError
from gzcrawler.importing import Told, find_files, import_files
from gzcrawler.portals import load_portal
from gzcrawler.workers import Cluster, Processes

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gzcrawler.importing import Imported
    from gzcrawler.workers import Workers

__all__ = ["import_"]

_LINE_EVERY = 30.0
"""Seconds between two lines of JSON where stderr is no terminal."""
_NAMED = 10
"""Faults, hosts and addresses that are printed; --json has more."""


@click.command("import")
@click.argument("files", nargs=-1, required=True, metavar="PATH|URL...")
@archive_option
@portal_option
@click.option(
    "--workers",
    type=click.IntRange(min=1, max=256),
    help="Processes that read pages; all cores, if not given.",
)
@click.option("--cluster", metavar="tcp://HOST:PORT", help="Read pages on this Dask cluster instead.")
@click.option("--dry-run", is_flag=True, help="Count what would come in, and write nothing.")
@as_json_option
def import_(
    files: tuple[str, ...],
    archive: Path,
    portal: str,
    workers: int | None,
    cluster: str | None,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Copy captures out of WARC and WACZ files, of other crawlers and other archives, into this one.

    Give files, folders, or addresses that fsspec knows (https://…, s3://… with s3fs installed). WARC
    may be plain, gzip or zstd. Captures keep their time and the name that they have there; those of
    hosts that the map does not have are counted and left out. What came in before is passed over: so
    run it again after an interruption, or with more files.
    """
    if workers is not None and cluster is not None:
        raise UsageError("--workers and --cluster are two ways to read pages: give one of them")
    readers: Workers = Processes(workers) if workers else Processes.of_this_machine()
    if cluster is not None:
        readers = Cluster(cluster)
    chosen = load_portal(portal)
    found = find_files(files)
    with _progress(sum(file.size or 0 for file in found)) as told:
        report, code = import_files(archive, chosen, found, workers=readers, dry_run=dry_run, told=told)
    if as_json:
        echo_json(report.as_dict())
    else:
        _print(report)
    for sentence in report.named[:_NAMED]:
        click.echo(f"gzcrawler: {sentence}", err=True)
    if report.faults > _NAMED:
        click.echo(f"gzcrawler: and {report.faults - _NAMED:,} faults more (see --json)", err=True)
    sys.exit(code)


def _print(report: Imported) -> None:
    files = f"{report.files:,} WARC file{'' if report.files == 1 else 's'}"
    click.echo(f"{report.portal}: {'interrupted, ' if report.interrupted else ''}{report.said} ({files})")
    kinds = ", ".join(f"{number:,} {kind}" for kind, number in report.kinds.most_common())
    if kinds:
        click.echo(f"  by their {'address' if report.dry_run else 'content'}: {kinds}")
    if report.outcomes:
        click.echo(f"  {', '.join(f'{number:,} {name}' for name, number in report.outcomes.most_common())}")
    if report.cut:
        click.echo(f"  {report.cut:,} cut at the most that is taken of a page")
    for host, number in report.hosts.most_common(_NAMED):
        click.echo(f"  left out: {number:,} of {host}")
    for reason, number in report.doubtful.most_common():
        click.echo(f"  odd: {number:,} {reason}")
    if report.unresolved:
        click.echo(f"  left out: {report.unresolved:,} that repeat what is neither here nor in the archive:")
        for url in report.unresolved_urls[:_NAMED]:
            click.echo(f"    {url}")
    if report.dry_run:
        click.echo("nothing was written (--dry-run)")


class _Shown(Told):
    """A bar on a terminal, a JSON line now and then elsewhere."""

    def __init__(self, console: Console, progress: Progress, total: int) -> None:
        self._console = console
        self._progress = progress
        self._task = progress.add_task("import", total=total or None, captures="0")
        self._started = self._last = monotonic()
        self._captures = self._bytes = 0

    def file_read(self, size: int) -> None:
        self._bytes += size
        self._progress.advance(self._task, size)

    def captures_done(self, number: int) -> None:
        self._captures += number
        self._progress.update(self._task, captures=f"{self._captures:,}")
        now = monotonic()
        if not self._console.is_terminal and now - self._last >= _LINE_EVERY:
            self._last = now
            facts = {
                "captures": self._captures,
                "bytes_read": self._bytes,
                "seconds": round(now - self._started, 1),
            }
            print(json.dumps(facts), file=sys.stderr, flush=True)


@contextmanager
def _progress(total: int) -> Iterator[Told]:
    console = Console(stderr=True)
    columns: tuple[Any, ...] = (
        BarColumn(),
        DownloadColumn(),
        TextColumn("{task.fields[captures]} captures"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        yield _Shown(console, progress, total)
