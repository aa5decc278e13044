"""`doctor`: are the readers still right about this portal?"""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from gzcrawler.archive.fill_rates import fill_rates, find_drift
from gzcrawler.archive.filled_fields import FIELDS
from gzcrawler.archive.open_archive import open_archive
from gzcrawler.archive.reparse import portals_in
from gzcrawler.archive.stored_records import read_record
from gzcrawler.cli.first_contact import FIRST_LISTS, first_contact
from gzcrawler.cli.options import archive_option, as_json_option, contact_option, echo_json
from gzcrawler.portals import load_portal

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from gzcrawler.archive import OpenArchive
    from gzcrawler.archive.fill_rates import Drift, FillRate
    from gzcrawler.portals import Portal

__all__ = ["doctor"]

_DRIFT = 12
_DEFAULT_PORTAL = "guangzhou"


@click.command()
@archive_option
@click.option(
    "--portal",
    metavar="NAME|FILE.toml",
    help=f"Only this portal; every one of the archive, if not given; with --live, {_DEFAULT_PORTAL}.",
)
@contact_option
@click.option(
    "--live",
    type=click.IntRange(1, 100),
    metavar="N",
    help="Ask the portal for its home page, some lists and N articles not captured yet; show how each reads.",
)
@click.option("--sections", is_flag=True, help="Show the rates of each section too.")
@as_json_option
def doctor(
    archive: Path, portal: str | None, contact: str | None, live: int | None, sections: bool, as_json: bool
) -> None:
    """How often each field is filled, by layout, section and month; name what has fallen (exit 12).

    What is normal is learned from the archive's own past. With --live it is a first contact with a
    portal: a small polite crawl, kept in the archive like any other, and each field as it was read.
    """
    if live is not None:
        sys.exit(
            _first_contact(archive, load_portal(portal or _DEFAULT_PORTAL), contact, live, as_json=as_json)
        )
    names = [load_portal(portal).name] if portal else [known.name for known in portals_in(archive)]
    reports = []
    with open_archive(archive) as opened:
        for name in names:
            rates = fill_rates(opened.connection, name)
            reports.append((name, rates, find_drift(rates)))
    if as_json:
        echo_json([_report(*report) for report in reports])
    else:
        for report in reports:
            _print_rates(*report, sections=sections)
    sys.exit(_DRIFT if any(drifts for _, _, drifts in reports) else 0)


# -- the archive's own history ------------------------------------------------------------------------


def _report(portal: str, rates: Iterable[FillRate], drifts: Iterable[Drift]) -> dict[str, Any]:
    return {
        "portal": portal,
        "rates": [
            {
                "month": rate.month,
                "layout": rate.layout,
                "section": rate.section,
                "pages": rate.pages,
                "filled": dict(rate.filled),
            }
            for rate in rates
        ],
        "drift": [
            {"group": drift.group, "field": drift.field, "filled": drift.filled, "pages": drift.pages}
            | {"before": round(drift.before, 4)}
            for drift in drifts
        ],
    }


def _print_rates(portal: str, rates: Sequence[FillRate], drifts: Sequence[Drift], *, sections: bool) -> None:
    """The last month by layout, and by section, each under what was before it."""
    months = sorted({rate.month for rate in rates})
    if not months:
        click.echo(f"{portal}: no article has been read yet")
        return
    table = Table(box=None, padding=(0, 1))
    for name in ["layout", *(["section"] if sections else []), "months"]:
        table.add_column(name, style="dim", no_wrap=True)
    table.add_column("pages", justify="right")
    for field in FIELDS:
        table.add_column(field.replace("_", "\n"), justify="right")
    groups: dict[tuple[str, ...], list[FillRate]] = {}
    for rate in rates:
        section = [rate.section or "none"] if sections else []
        groups.setdefault((rate.layout or "unknown", *section), []).append(rate)
    for names, group in sorted(groups.items()):
        for when, last in (("before", False), (months[-1], True)):
            chosen = [rate for rate in group if (rate.month == months[-1]) is last]
            if chosen:
                table.add_row(*names, when, *_shares(chosen))
    click.echo(f"{portal}: how many of a hundred pages fill each field")
    # The columns do not fit 80 characters; a file or a pipe gets them whole.
    Console(width=None if sys.stdout.isatty() else 160).print(table)
    for drift in drifts:
        click.echo(f"drift: {drift}")
    if not drifts:
        click.echo(
            "nothing to compare with yet: all is of one month" if len(months) == 1 else "no field has fallen"
        )


def _shares(rates: Sequence[FillRate]) -> list[str]:
    pages = sum(rate.pages for rate in rates)
    filled = [sum(rate.filled[field] for rate in rates) for field in FIELDS]
    return [f"{pages:,}", *(f"{100 * number / pages:.0f}" for number in filled)]


# -- a first contact ------------------------------------------------------------------------------------


def _first_contact(archive: Path, portal: Portal, contact: str | None, wanted: int, *, as_json: bool) -> int:
    """Two small crawls through the archive's own door: the way in, then articles that were found on it."""
    verdicts, ways, articles = first_contact(archive, portal, contact, wanted)
    with open_archive(archive) as opened:
        pages = [_page_facts(opened, url) for url in (*ways, *articles)]
    if as_json:
        echo_json({"verdicts": [verdict.as_dict() for verdict in verdicts], "pages": pages})
    else:
        for facts in pages:
            _print_page(facts)
        if not articles:
            click.echo("\nno address of an article that is not captured yet was found on these pages")
        for verdict in verdicts:
            click.echo(f"\n{verdict.verdict}")
    return max(verdict.exit_code for verdict in verdicts)


def _page_facts(opened: OpenArchive, url: str) -> dict[str, Any]:
    """How the last capture of a page was read."""
    row = opened.connection.execute(
        """SELECT c.url, c.status, c.kind, c.because, c.captured_at, c.length, c.page_id, c.content_digest,
            (SELECT r.record FROM articles a JOIN revisions r ON r.article_id = a.id AND r.number = a.revision
                WHERE a.id = p.article_id AND c.kind = 'article') AS record,
            (SELECT json_group_array(json_object('position', s.position, 'title', s.title, 'date', s.date))
                FROM placements s WHERE s.page_id = c.page_id AND s.content_digest = c.content_digest) AS entries
        FROM captures c JOIN pages p ON p.id = c.page_id
        WHERE p.canonical_url = ? ORDER BY c.captured_at DESC LIMIT 1""",
        (url,),
    ).fetchone()
    if row is None:
        return {"url": url, "kind": "not captured", "because": None}
    facts = {name: row[name] for name in ("url", "status", "kind", "because", "captured_at", "length")}
    if row["kind"] == "article":
        facts["record"] = read_record(row["record"]) if row["record"] else None
    if row["kind"] == "listing":
        facts["entries"] = json.loads(row["entries"])
    return facts


def _print_page(facts: dict[str, Any]) -> None:
    console = Console(highlight=False, soft_wrap=not sys.stdout.isatty())
    console.print(Text(f"\n{facts['url']}", style="bold"))
    because = f": {facts['because']}" if facts["because"] else ""
    answered = f" (status {facts['status']}, {facts['length']:,} bytes)" if "status" in facts else ""
    _line(console, "read as", f"{facts['kind']}{because}{answered}")
    for entry in facts.get("entries", [])[:FIRST_LISTS]:
        _line(console, "entry", f"{entry['date'] or 'no date'}  {entry['title']}")
    if "entries" in facts:
        _line(console, "entries", f"{len(facts['entries']):,}")
    if facts["kind"] == "article":
        if facts["record"] is None:
            _line(console, "record", "none yet: it waits for further pages")
        else:
            _print_record(console, facts["record"])


def _print_record(console: Console, record: dict[str, Any]) -> None:
    for name in ("layout", "title", "published", "published_raw", "published_from", "source", "language"):
        _line(console, name, record[name])
    _line(console, "authors", ", ".join(record["authors"]))
    _line(console, "breadcrumbs", " > ".join(step["name"] for step in record["breadcrumbs"]))
    _line(console, "body", f"{len(record['body']):,} blocks, {sum(map(len, record['body'])):,} characters")
    for place in (0, -1):
        if len(record["body"]) > -place:
            _line(console, "first block" if place == 0 else "last block", record["body"][place])
    for image in record["images"]:
        _line(console, "image", f"{image['caption'] or 'no caption'} [{image['credit'] or 'no credit'}]")
    for name in ("videos", "attachments", "related_links", "inline_links", "editions", "continued_on"):
        _line(console, name, str(len(record[name])))
    for warning in record["warnings"]:
        _line(console, "warning", warning, style="yellow")


def _line(console: Console, name: str, value: str | None, *, style: str = "") -> None:
    console.print(Text(f"  {name:>14}  {value or '-'}", style=style))
