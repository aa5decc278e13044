"""`backup`: a consistent copy."""

from __future__ import annotations

from pathlib import Path

import click
from rich.console import Console
from rich.progress import DownloadColumn, Progress, SpinnerColumn, TextColumn, TransferSpeedColumn

from gzcrawler.archive.backup import back_up
from gzcrawler.cli.options import archive_option

__all__ = ["backup"]


@click.command()
@click.argument("target", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
@archive_option
@click.option(
    "--link",
    is_flag=True,
    help="Share finished WARC files with the archive (hard links): fast and small, but no second copy of them.",
)
def backup(target: Path, archive: Path, link: bool) -> None:
    """Copy the archive to DIR, also while a crawl runs; bring an earlier copy there up to date.

    The copy is an archive like any other; it is verified before this ends.
    """
    console = Console(stderr=True)
    columns = (SpinnerColumn(), TextColumn("copying"), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("copying", total=None)
        done = back_up(archive, target, link=link, tell=lambda number: progress.advance(task, number))
    click.echo(
        f"{target}: {done.files:,} WARC files ({done.copied:,} copied, {done.linked:,} linked), "
        f"{done.bytes / 1e6:,.1f} MB written, {done.captures:,} captures verified"
    )
