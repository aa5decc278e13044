"""`coverage`: what the archive has seen of each section, and which days it has not."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from gzcrawler.archive.coverage import coverage as cover
from gzcrawler.archive.moments import portal_day
from gzcrawler.archive.open_archive import open_archive
from gzcrawler.cli.options import archive_option, as_json_option, echo_json, parse_day
from gzcrawler.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from gzcrawler.archive.coverage import Hole, SectionCoverage
    from gzcrawler.archive.coverage_records import ListDepth
    from gzcrawler.archive.elsewhere import Elsewhere

__all__ = ["coverage"]

_NAMED_AT_MOST = 3
"""Sections of one hole that are named."""
_WIDTH = 120
"""Columns where the output goes to no terminal."""


@click.command()
@archive_option
@click.option(
    "--section",
    "sections",
    multiple=True,
    metavar="KEY",
    help="Only this section, with its months, lists and silences; may be repeated.",
)
@click.option("--from", "first", callback=parse_day, metavar="YYYY-MM-DD", help="Look at no earlier day.")
@click.option("--to", "last", callback=parse_day, metavar="YYYY-MM-DD", help="Look at no later day.")
@as_json_option
def coverage(
    archive: Path, sections: tuple[str, ...], first: str | None, last: str | None, as_json: bool
) -> None:
    """Which days of each section the archive has seen, and why it has not seen the others.

    A day is covered when a walk that began after it read the section's lists without a break back to
    entries older than it, or to their end. Days are the portal's own, at +08:00. After `gzcrawler backfill` it
    also tells which pages a web archive knows and this one does not.
    """
    if first and last and first > last:
        raise UsageError(f"--from {first} is after --to {last}")
    with open_archive(archive) as opened:
        found = cover(
            opened,
            sections=sections,
            first_day=date.fromisoformat(first) if first else None,
            last_day=date.fromisoformat(last) if last else None,
        )
    missing = set(sections) - {section.section for section in found.sections}
    if missing:
        raise UsageError(f"{min(missing)}: is no section of the portals in this archive")
    if as_json:
        echo_json(found.as_dict())
        return
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = _WIDTH
    _print_sections(console, found.sections)
    _print_holes(found.holes)
    _print_elsewhere(console, found.elsewhere)
    if sections:
        for section in found.sections:
            _print_closely(console, section)


def _print_sections(console: Console, sections: Iterable[SectionCoverage]) -> None:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for title in ("section", "articles", "since", "longest silence", "days missing", "last walk"):
        numeric = title in ("articles", "days missing")
        table.add_column(title, justify="right" if numeric else "left", no_wrap=True)
    for section in sections:
        wait = section.longest_silence
        silence = ""
        if wait is not None:
            silence = f"{wait.days:,} days" + (f", usual {wait.usual}" if wait.usual else "")
        missing = sum(sum(1 for _ in hole.days()) for hole in section.holes)
        unseen = section.ids_seen - section.articles
        table.add_row(
            section.section,
            f"{section.articles:,}" + (f" of {section.ids_seen:,}" if unseen else ""),
            section.first_day.isoformat(),
            Text(silence, style="yellow" if wait and wait.too_long else ""),
            Text(f"{missing:,}", style="red" if missing else ""),
            _last_walk(section.lists),
        )
    console.print(table)


def _last_walk(lists: Iterable[ListDepth]) -> str:
    """Day and depth of the last walk of the list that was read least lately."""
    walked = [(one.last_walk, one) for one in lists if one.last_walk is not None]
    if not walked:
        return "never"
    moment, one = min(walked, key=lambda pair: pair[0])
    depth = "to the end" if one.last_to_end == moment else f"page {one.last_depth:,} of {one.deepest:,}"
    return f"{portal_day(moment)}, {depth}"


def _print_holes(holes: Iterable[Hole]) -> None:
    """One line for each span and reason, with the sections that it is missing from."""
    together: dict[tuple[date, date, str], list[str]] = defaultdict(list)
    for hole in holes:
        together[hole.first_day, hole.last_day, hole.reason].append(hole.section)
    if not together:
        click.echo("no day is missing")
    for (first, last, reason), sections in sorted(together.items()):
        named = ", ".join(sections[:_NAMED_AT_MOST])
        more = len(sections) - _NAMED_AT_MOST
        click.echo(
            f"missing: {_span(first, last)}, {reason}: {named}{f' and {more} more' if more > 0 else ''}"
        )


def _print_elsewhere(console: Console, known: Iterable[Elsewhere]) -> None:
    """What each web archive knows, in one line, and by host and year what this archive has not."""
    by_archive: dict[str, list[Elsewhere]] = defaultdict(list)
    for one in known:
        by_archive[one.web_archive].append(one)
    for web_archive, years in sorted(by_archive.items()):
        pages, missing = sum(one.pages for one in years), sum(one.missing for one in years)
        click.echo(
            f"{web_archive}: knows {pages:,} pages, {f'{missing:,} of them not here' if missing else 'all of them here'}"
        )
        if not missing:
            continue
        table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
        for title in ("host", "year", "pages known", "not here", "articles of them"):
            table.add_column(title, justify="left" if title in ("host", "year") else "right")
        for one in years:
            if one.missing:
                table.add_row(
                    one.host, one.year, f"{one.pages:,}", f"{one.missing:,}", f"{one.missing_articles:,}"
                )
        console.print(table)


def _print_closely(console: Console, section: SectionCoverage) -> None:
    console.print(Text(f"\n{section.section}", style="bold"))
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for title in ("month", "articles", "days with articles", "days missing"):
        table.add_column(title, justify="left" if title == "month" else "right")
    for month in section.months:
        table.add_row(
            month.month,
            f"{month.articles:,}",
            f"{month.days_with_articles:,}",
            f"{month.days_not_covered:,}",
        )
    console.print(table)
    for one in section.lists:
        ended = f"on {portal_day(one.last_to_end)}" if one.last_to_end else "never"
        click.echo(
            f"list {one.url}: {one.walks:,} walks, deepest page {one.deepest:,}, to its end last {ended}"
        )
    for hole in section.silences:
        click.echo(f"silent: {_span(hole.first_day, hole.last_day)}, {hole.reason}")
    for hole in section.unwatched:
        click.echo(
            f"caught up: {_span(hole.first_day, hole.last_day)}, {hole.reason}; a later walk covered them"
        )


def _span(first: date, last: date) -> str:
    days = (last - first).days + 1
    return f"{first}" if days == 1 else f"{first} to {last} ({days:,} days)"
