"""What `crawl --dry-run` prints: the addresses that a crawl would ask now, in its order, and nothing asked."""

from __future__ import annotations

from itertools import chain, islice, zip_longest
from typing import TYPE_CHECKING

import click

from gzcrawler.archive import Frontier, Selection, open_archive, utc_now
from gzcrawler.archive.directory import Directory
from gzcrawler.cli.options import echo_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from gzcrawler.archive import OpenArchive
    from gzcrawler.portals import Portal

__all__ = ["print_what_is_due"]

_AT_MOST = 100_000
"""Addresses that are printed where no --max-pages says less."""


def print_what_is_due(
    portal: Portal,
    path: Path,
    selection: Selection,
    *,
    recheck: bool,
    max_pages: int | None,
    as_json: bool,
) -> None:
    """Print what would be asked; an archive that is not there yet would be asked for its seeds.

    Raises:
        ArchiveError: something else than an archive lies at the path.
    """
    directory = Directory(path)
    limit = max_pages or _AT_MOST
    if directory.database.exists():
        with open_archive(path) as archive:
            urls = list(islice(_due(archive, portal, selection, recheck=recheck, limit=limit), limit))
    else:
        directory.require_usable()
        urls = list(islice(_seeds(portal, selection), limit))
    if as_json:
        echo_json({"addresses": urls})
        return
    for url in urls:
        click.echo(url)
    click.echo(
        f"{len(urls):,} addresses would be asked now, after robots.txt of each host; then what is found on them",
        err=True,
    )


def _due(
    archive: OpenArchive, portal: Portal, selection: Selection, *, recheck: bool, limit: int
) -> Iterator[str]:
    """Addresses in the order of a crawl, which gives each host its turn."""
    frontier = Frontier(archive.connection, portal.name, selection)
    now = utc_now()
    hosts: list[Iterable[str]] = [
        [page.url for page in frontier.due(host, now, limit)] for host in frontier.hosts()
    ]
    in_turns = (url for turn in zip_longest(*hosts) for url in turn if url is not None)
    new_seeds = (url for url in _seeds(portal, selection) if not frontier.knows(url))
    answered = frontier.answered() if recheck else ()
    return iter(dict.fromkeys(chain(new_seeds, in_turns, answered)))


def _seeds(portal: Portal, selection: Selection) -> Iterator[str]:
    wanted = set(selection.sections)
    return (seed.url for seed in portal.seeds() if not wanted or seed.section in wanted)
