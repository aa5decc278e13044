"""`report`: the charts and the last run as one file."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from gzcrawler.archive.open_archive import open_archive
from gzcrawler.cli.options import archive_option, as_json_option
from gzcrawler.errors import UsageError
from gzcrawler.exports.whole_files import as_export_errors, require_folder, whole_file

__all__ = ["report"]


@click.command()
@archive_option
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write to this file, whole or not at all; else to stdout.",
)
@click.option(
    "--language",
    type=click.Choice(["en", "zh"]),
    default="en",
    show_default=True,
    help="Of the page's own words.",
)
@as_json_option
def report(archive: Path, out: Path | None, language: str, as_json: bool) -> None:
    """The archive in charts, and its last run, as one HTML file that needs nothing beside it.

    It has no script and asks nobody for anything, so it can be mailed or put on a static site.
    With --json, the numbers behind the charts instead.
    """
    if out is None and not as_json and sys.stdout.isatty():
        raise UsageError("a page of HTML is of no use on a terminal; name a file with --out")
    if out is not None:
        require_folder(out)
    from gzcrawler.web.report import report as report_on

    with open_archive(archive) as opened:
        found = report_on(opened)
    if as_json:
        written = json.dumps(found.as_dict(), ensure_ascii=False, indent=2) + "\n"
    else:
        written = found.as_html(language)
    if out is None:
        with as_export_errors(Path("stdout")):
            sys.stdout.buffer.write(written.encode())
            sys.stdout.buffer.flush()
        return
    with whole_file(out) as file:
        file.write(written.encode())
    click.echo(str(out))
