"""`verify` and `rebuild`: is the archive whole, and make its database again."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from gzcrawler.archive.rebuild import rebuild as rebuild_archive
from gzcrawler.archive.verification import verify as verify_archive
from gzcrawler.cli.options import archive_option, as_json_option, echo_json
from gzcrawler.cli.worker_options import worker_options

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from gzcrawler.workers import Workers

__all__ = ["rebuild", "verify"]

_DAMAGED = 14


@click.command()
@archive_option
@as_json_option
def verify(archive: Path, as_json: bool) -> None:
    """Recompute every digest and every place; name all damage (exit 14)."""
    with _counting("captures verified") as tell:
        found = verify_archive(archive, tell=tell)
    if as_json:
        echo_json(
            {
                "files": found.files,
                "captures": found.captures,
                "revisions": found.revisions,
                "damage": found.damage,
            }
        )
    else:
        for sentence in found.damage:
            click.echo(sentence)
        click.echo(
            f"{found.captures:,} captures in {found.files:,} files and {found.revisions:,} revisions verified: "
            + (f"{len(found.damage):,} damaged" if found.damage else "all as committed")
        )
    sys.exit(_DAMAGED if found.damage else 0)


@click.command()
@archive_option
@worker_options
@as_json_option
def rebuild(archive: Path, workers: Workers, as_json: bool) -> None:
    """Make the database again from the WARC files alone, as today's readers read them.

    Pages are read by processes or a cluster, and recorded by this one, in the files' order.
    """
    with _counting("captures read") as tell:
        made = rebuild_archive(archive, workers=workers, tell=tell)
    if as_json:
        echo_json(
            {
                "files": made.files,
                "captures": made.captures,
                "articles": made.articles,
                "revisions": made.revisions,
                "quarantined": made.quarantined,
                "torn": list(made.torn),
            }
        )
    else:
        for sentence in made.torn:
            click.echo(f"torn: {sentence}", err=True)
        click.echo(
            f"rebuilt from {made.files:,} files: {made.captures:,} captures, {made.articles:,} articles, "
            f"{made.revisions:,} revisions, {made.quarantined:,} in quarantine"
        )
    sys.exit(_DAMAGED if made.torn else 0)


@contextmanager
def _counting(what: str) -> Iterator[Callable[[int], None]]:
    """A live count on a terminal, nothing elsewhere."""
    console = Console(stderr=True)
    columns = (SpinnerColumn(), TextColumn("{task.completed:,} " + what), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(what, total=None)
        yield lambda number: progress.advance(task, number)
