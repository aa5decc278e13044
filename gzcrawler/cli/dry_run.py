"""What `crawl --dry-run` prints: the addresses that a crawl would ask now, in its order, and nothing asked."""

from __future__ import annotations

from itertools import chain, islice, zip_longest
from typing import TYPE_CHECKING

import click

from gzcrawler.archive import Frontier, Selection, open_archive, utc_now
from gzcrawler.archive.directory import Directory
from gzcrawler.budget import RevisitBudget, day_began
from gzcrawler.cli.options import echo_json

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from gzcrawler.archive import DuePage, OpenArchive
    from gzcrawler.crawl_options import CrawlOptions
    from gzcrawler.portals import Portal

__all__ = ["print_what_is_due"]

_AT_MOST = 100_000
"""Addresses that are printed where no --max-pages says less."""


def print_what_is_due(options: CrawlOptions, *, as_json: bool) -> None:
    """Print what would be asked; an archive that is not there yet would be asked for its seeds.

    Raises:
        ArchiveError: something else than an archive lies at the path.
    """
    directory = Directory(options.archive)
    limit = options.max_pages or _AT_MOST
    if directory.database.exists():
        with open_archive(options.archive) as archive:
            urls = list(islice(_due(archive, options, limit), limit))
    else:
        directory.require_usable()
        urls = list(islice(_seeds(options.portal, options.selection), limit))
    if as_json:
        echo_json({"addresses": urls})
        return
    for url in urls:
        click.echo(url)
    click.echo(
        f"{len(urls):,} addresses would be asked now, after robots.txt of each host; then what is found on them",
        err=True,
    )


def _due(archive: OpenArchive, options: CrawlOptions, limit: int) -> Iterator[str]:
    """Addresses in the order of a crawl, which gives each host its turn, as far as the day's budget goes."""
    portal, selection = options.portal, options.selection
    revisits = None if options.recheck else options.revisits
    frontier = Frontier(archive.connection, portal.name, selection)
    now = utc_now()
    spent = frontier.count_revisits(day_began(now)) if revisits is not None else 0
    budget = RevisitBudget(revisits, spent=spent, now=now)
    hosts = [frontier.due(host, now, limit) for host in frontier.hosts()]
    in_turns = (
        page.url
        for turn in zip_longest(*hosts)
        for page in turn
        if page is not None and _affordable(page, budget, now)
    )
    new_seeds = (url for url in _seeds(portal, selection) if not frontier.knows(url))
    answered = frontier.answered() if options.recheck else ()
    return iter(dict.fromkeys(chain(new_seeds, in_turns, answered)))


def _affordable(page: DuePage, budget: RevisitBudget, now: datetime) -> bool:
    if page.may_wait and budget.left(now) <= 0:
        return False
    if page.revisit:
        budget.spend(now)
    return True


def _seeds(portal: Portal, selection: Selection) -> Iterator[str]:
    wanted = set(selection.sections)
    return (seed.url for seed in portal.seeds() if not wanted or seed.section in wanted)
