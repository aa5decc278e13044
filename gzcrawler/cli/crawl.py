"""`crawl` and `fetch`: pages into the archive."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import click
from click.core import ParameterSource

from gzcrawler.archive import DEFAULT_BUDGET, Selection, Verdict
from gzcrawler.archive.configuration import read_configuration
from gzcrawler.archive.directory import Directory
from gzcrawler.cli.crawl_all import chosen_portals, crawl_all
from gzcrawler.cli.crawl_log import crawl_log
from gzcrawler.cli.crawl_report import detail_lines, verdict_line
from gzcrawler.cli.dry_run import print_what_is_due
from gzcrawler.cli.notify import notifying
from gzcrawler.cli.options import (
    archive_option,
    as_json_option,
    contact_option,
    echo_json,
    parse_day,
    portal_option,
)
from gzcrawler.cli.progress import Watch
from gzcrawler.cli.verified import say_unverified
from gzcrawler.crawl_options import CrawlOptions, require_sections
from gzcrawler.crawl_run import require_contact
from gzcrawler.crawling import crawl as run_crawl
from gzcrawler.errors import UsageError
from gzcrawler.politeness import Window
from gzcrawler.portals import load_portal

__all__ = ["crawl", "fetch", "report_verdict"]

_OF_ONE = {"portal": "--portals", "sections": None, "dry_run": None}
"""Options that mean one portal -> what goes with --all instead."""


@click.command()
@portal_option
@click.option(
    "--all",
    "all_portals",
    is_flag=True,
    help="Crawl portals side by side, each into a folder of its name in that of --archive.",
)
@click.option(
    "--portals",
    metavar="NAME|FILE.toml,…",
    help="With --all: these portals; every built-in one, if not given.",
)
@archive_option
@contact_option
@click.option(
    "--section",
    "sections",
    multiple=True,
    metavar="KEY",
    help="Only this section's lists and articles; may be repeated.",
)
@click.option(
    "--since", callback=parse_day, metavar="YYYY-MM-DD", help="Only articles dated on or after this day."
)
@click.option("--max-pages", type=click.IntRange(min=1), help="Ask at most so many pages.")
@click.option(
    "--images/--no-images",
    default=True,
    show_default=True,
    help="Capture pictures and files of articles too.",
)
@click.option(
    "--max-bytes",
    type=click.IntRange(min=1),
    metavar="BYTES",
    help="Cut a download after so much, if not as the map says.",
)
@click.option(
    "--revisits",
    type=click.IntRange(min=0),
    default=DEFAULT_BUDGET,
    show_default=True,
    envvar="GZCRAWLER_REVISITS",
    show_envvar=True,
    metavar="N",
    help="Ask at most so many pages again in a day; lists go first, new pages are not counted.",
)
@click.option("--recheck", is_flag=True, help="Verify every page ever captured, whatever its turn.")
@click.option(
    "--delay",
    type=click.FloatRange(min=0),
    metavar="SECONDS",
    help="Between two requests to a host, if not as the map says.",
)
@click.option(
    "--concurrency",
    type=click.IntRange(min=1, max=64),
    help="Requests at once on a host, if not as the map says.",
)
@click.option(
    "--window",
    metavar="HH:MM-HH:MM",
    help="Ask hosts only within these hours at +08:00, and end when they are over: 01:00-06:00.",
)
@click.option(
    "--notify",
    metavar="COMMAND",
    help="Run this shell command at the end, also of a failure, with the verdict as JSON on its stdin.",
)
@click.option(
    "--log",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Append progress and verdict to this file, kept below 5 MB in 5 files.",
)
@click.option("--existing", is_flag=True, help="Refuse where no archive lies yet, instead of making one.")
@click.option("--dry-run", is_flag=True, help="Print what would be asked now, and ask nothing.")
@click.option("--quiet", is_flag=True, help="No progress; the verdict only where it is not 'complete'.")
@as_json_option
@click.pass_context
def crawl(
    ctx: click.Context,
    portal: str,
    all_portals: bool,
    portals: str | None,
    archive: Path,
    contact: str | None,
    sections: tuple[str, ...],
    since: str | None,
    max_pages: int | None,
    images: bool,
    max_bytes: int | None,
    revisits: int,
    recheck: bool,
    delay: float | None,
    concurrency: int | None,
    window: str | None,
    notify: str | None,
    log: Path | None,
    existing: bool,
    dry_run: bool,
    quiet: bool,
    as_json: bool,
) -> None:
    """Crawl a portal: walk its lists, capture what is new or due.

    Interrupt it once and pages under way are finished, twice and it stops at once; either way the
    next run continues. What `gzcrawler.toml` in the archive's folder says (contact, window, notify) holds
    where neither an option nor the environment says otherwise.

    With --all it goes for each portal alone: its archive, --max-pages, --revisits and verdict. A host that
    several of them ask is asked at one pace. The exit code is the highest of theirs.
    """
    if all_portals:
        _refuse_what_means_one(ctx)
    elif portals is not None:
        raise UsageError("--portals goes with --all; for one portal it is --portal")
    chosen = chosen_portals(portals) if all_portals else [load_portal(portal)]
    require_sections(chosen[0], sections)
    options = CrawlOptions(
        archive=archive,
        portal=chosen[0],
        selection=Selection(sections=sections, since=since, images=images),
        max_pages=max_pages,
        max_bytes=max_bytes,
        revisits=revisits,
        recheck=recheck,
        delay=delay,
        concurrency=concurrency,
        contact=contact,
    )
    if all_portals:
        code = crawl_all(
            chosen,
            options,
            window=window,
            notify=notify,
            log=log,
            existing=existing,
            quiet=quiet,
            as_json=as_json,
        )
        sys.exit(code)
    if existing:
        Directory(archive).require_archive()
    told = read_configuration(archive)
    hours = window or told.window
    if dry_run:
        print_what_is_due(options, as_json=as_json)
        return
    options = replace(options, contact=contact or told.contact, window=Window.parse(hours) if hours else None)
    with notifying(notify or told.notify, archive=archive, portal=chosen[0].name) as ending:
        require_contact(options.portal, options.contact)
        if not quiet:
            say_unverified(chosen)
        with crawl_log(log) as write, Watch(quiet=quiet, log=write) as watch:
            verdict = run_crawl(options, watch=watch)
            write({"exit_code": verdict.exit_code, "verdict": verdict.verdict})
        ending |= verdict.as_dict()
    report_verdict(verdict, as_json=as_json, quiet=quiet)
    sys.exit(verdict.exit_code)


def _refuse_what_means_one(ctx: click.Context) -> None:
    """Raise UsageError where an option was given that is about one portal."""
    for name, instead in _OF_ONE.items():
        if ctx.get_parameter_source(name) is not ParameterSource.DEFAULT:
            option = {"sections": "--section"}.get(name, f"--{name.replace('_', '-')}")
            hint = f"; name some with {instead}" if instead else ""
            raise UsageError(f"{option} is for one portal and does not go with --all{hint}")


@click.command()
@click.argument("urls", nargs=-1, required=True, metavar="URL…")
@portal_option
@archive_option
@contact_option
@click.option(
    "--images/--no-images",
    default=True,
    show_default=True,
    help="Capture pictures and files of articles too.",
)
@as_json_option
def fetch(
    urls: tuple[str, ...], portal: str, archive: Path, contact: str | None, images: bool, as_json: bool
) -> None:
    """Capture given pages of a portal now, whatever their turn.

    With an article come its further pages and its pictures; where a page has moved within the portal, it is
    followed.
    """
    chosen = load_portal(portal)
    addresses = []
    for url in urls:
        address = chosen.address(url)
        if address is None:
            raise UsageError(f"{url}: is not an address of portal {chosen.name!r}")
        addresses.append(address)
    canonical = tuple(dict.fromkeys(address.canonical_url for address in addresses))
    options = CrawlOptions(
        archive=archive,
        portal=chosen,
        selection=Selection(pages=canonical, images=images),
        contact=contact or read_configuration(archive).contact,
        command="fetch",
    )
    verdict = run_crawl(options)
    report_verdict(verdict, as_json=as_json, quiet=False)
    sys.exit(verdict.exit_code)


def report_verdict(verdict: Verdict, *, as_json: bool, quiet: bool) -> None:
    """Say what a run concluded: one line on stdout, and on stderr one for each page that it is about."""
    if as_json:
        echo_json(verdict.as_dict())
        return
    if quiet and verdict.exit_code == 0:
        return
    click.echo(verdict_line(verdict))
    for line in detail_lines(verdict):
        click.echo(f"  {line}", err=True)
