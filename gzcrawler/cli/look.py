"""`status`, `show` and `parse`: what the archive holds, and how a page reads."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from gzcrawler.archive.health import health
from gzcrawler.archive.open_archive import OpenArchive, open_archive
from gzcrawler.cli.options import (
    archive_option,
    as_json_option,
    echo_json,
    parse_duration,
    parse_moment_or_day,
    portal_option,
)
from gzcrawler.errors import ReadingError, UsageError
from gzcrawler.items import Capture
from gzcrawler.portals import load_portal

__all__ = ["parse", "show", "status"]

_ALARM = 10
_MAX_AGE = timedelta(hours=26)
"""Of a verdict, where crawls are daily: a day, and two hours for those that take longer."""


@click.command()
@archive_option
@click.option(
    "--check",
    is_flag=True,
    help="For a monitor: one line a portal, and an exit code, on how its crawls stand.",
)
@click.option(
    "--max-age",
    callback=parse_duration,
    metavar="26h",
    help="With --check: a verdict older than this is an alarm (30min, 26h, 3d); 26h, if not given.",
)
@as_json_option
def status(archive: Path, check: bool, max_age: timedelta | None, as_json: bool) -> None:
    """What the archive holds, what is due, and how the last run ended."""
    if max_age is not None and not check:
        raise UsageError("--max-age goes with --check")
    with open_archive(archive) as opened:
        if check:
            sys.exit(_check(opened, max_age or _MAX_AGE, as_json=as_json))
        facts = opened.status()
    if as_json:
        echo_json(facts)
        return
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim")
    table.add_column()
    articles: dict[str, int] = facts["articles"]
    total = sum(articles.values())
    states = ", ".join(f"{number:,} {state}" for state, number in sorted(articles.items()))
    table.add_row("articles", f"{total:,}" + (f" ({states})" if total else ""))
    if facts["incomplete_articles"]:
        table.add_row("", f"{facts['incomplete_articles']:,} of them wait for further pages")
    table.add_row("revisions", f"{facts['revisions']:,}")
    table.add_row(
        "pages", ", ".join(f"{number:,} {kind}" for kind, number in sorted(facts["pages"].items())) or "none"
    )
    table.add_row("captures", f"{facts['captures']:,} ({facts['bodies_stored']:,} bodies stored)")
    table.add_row(
        "size", f"{_megabytes(facts['warc_bytes'])} WARC, {_megabytes(facts['database_bytes'])} database"
    )
    table.add_row("captured", f"{facts['first_capture'] or 'never'} to {facts['last_capture'] or 'never'}")
    least = facts["least_verified"]
    table.add_row(
        "longest unseen",
        f"{least['id']}, verified {least['last_verified']}, seen {least['last_seen']}"
        if least
        else "none yet",
    )
    table.add_row("quarantine", f"{facts['quarantined']:,}")
    table.add_row("failing", f"{facts['failing']:,}")
    kinds = ", ".join(f"{number:,} {kind}" for kind, number in facts["due_by_kind"].items())
    table.add_row("due now", f"{facts['due']:,}" + (f" ({kinds})" if kinds else ""))
    run = facts["last_run"]
    if run:
        table.add_row(
            "last run",
            Text(
                f"{run['command']} of {run['portal']}, {run['started_at']}: {run['verdict'] or 'under way'}"
            ),
        )
    Console().print(table)


def _check(archive: OpenArchive, max_age: timedelta, *, as_json: bool) -> int:
    """Say how the crawls of each portal stand; returns the exit code, the highest of them."""
    found = health(archive.connection, now=datetime.now(UTC), max_age=max_age)
    if as_json:
        echo_json([portal.as_dict() for portal in found])
    else:
        for portal in found:
            click.echo(portal.said)
    if not found and not as_json:
        click.echo("nothing was ever crawled into this archive")
    return max((portal.exit_code for portal in found), default=_ALARM)


@click.command()
@click.argument("key", metavar="ID|URL|TITLE")
@archive_option
@as_json_option
@click.option("--raw", is_flag=True, help="The captured bytes instead, as received.")
@click.option(
    "--at",
    "moment",
    callback=parse_moment_or_day,
    metavar="TIME",
    help="As it stood then: YYYY-MM-DD (the end of that day at +08:00), or ISO 8601 with an offset.",
)
def show(key: str, archive: Path, as_json: bool, raw: bool, moment: datetime | None) -> None:
    """One article: by id, any of its addresses, or a part of its title that no other has."""
    with open_archive(archive) as opened:
        article = opened.article(key)
        if raw:
            sys.stdout.buffer.write(article.raw() if moment is None else article.raw_at(moment))
            return
        record = article if moment is None else article.at(moment)
    if as_json:
        echo_json(record)
        return
    _print_article(record)


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--url", required=True, help="The address that the page was captured at.")
@portal_option
@click.option(
    "--captured-at",
    metavar="TIME",
    help="ISO 8601 with an offset; now, if not given. Later dates are refused.",
)
@click.option("--content-type", default="text/html", show_default=True, help="The header that came with it.")
@click.option(
    "--status",
    "http_status",
    type=click.IntRange(100, 599),
    default=200,
    show_default=True,
    help="HTTP status.",
)
def parse(
    file: Path, url: str, portal: str, captured_at: str | None, content_type: str, http_status: int
) -> None:
    """Read a saved page and print its record as JSON; exit 1 where it cannot be read."""
    from gzcrawler.readers import read_page

    chosen = load_portal(portal)
    if chosen.address(url) is None:
        raise UsageError(f"{url}: is not an address of portal {chosen.name!r}")
    capture = Capture(
        url=url,
        captured_at=_moment(captured_at),
        status=http_status,
        payload=file.read_bytes(),
        response_headers=(("Content-Type", content_type),),
    )
    try:
        reading = read_page(capture, chosen)
    except ReadingError as error:
        echo_json({"kind": "error", "error": str(error)})
        sys.exit(1)
    echo_json(reading.page.as_dict())


def _moment(text: str | None) -> datetime:
    if text is None:
        return datetime.now(UTC)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"--captured-at: {text!r} is no ISO 8601 time") from error
    if moment.tzinfo is None:
        raise UsageError(f"--captured-at: {text!r} has no offset; write 2026-01-15T09:00:00+08:00 or …Z")
    return moment.astimezone(UTC)


def _megabytes(size: int) -> str:
    return f"{size / 1_000_000:,.1f} MB"


def _print_article(record: dict[str, Any]) -> None:
    console = Console(highlight=False, soft_wrap=not sys.stdout.isatty())
    envelope = record["envelope"]
    console.print(Text(record["title"], style="bold"))
    facts = (record["published"], record["source"], ", ".join(record["authors"]) or None)
    console.print(Text(" | ".join(fact for fact in facts if fact), style="dim"))
    trail = " > ".join(step["name"] for step in record["breadcrumbs"])
    if trail:
        console.print(Text(trail, style="dim"))
    pictures: dict[int, list[dict[str, Any]]] = {image["position"]: [] for image in record["images"]}
    for image in record["images"]:
        pictures[image["position"]].append(image)
    for position in range(len(record["body"]) + 1):
        for image in pictures.get(position, []):
            caption = " ".join(
                part for part in (image["caption"], image["credit"] and f"[{image['credit']}]") if part
            )
            console.print(
                Text(f"\n  ▣ {image['url']}" + (f"\n    {caption}" if caption else ""), style="cyan")
            )
        if position < len(record["body"]):
            console.print(Text("\n" + record["body"][position]))
    if record["warnings"]:
        console.print()
        for warning in record["warnings"]:
            console.print(Text(f"! {warning}", style="yellow"))
    console.print()
    for name, value in (
        ("id", record["id"]),
        ("address", record["canonical_url"]),
        ("state", f"{envelope['state']}, revision {envelope['revision']}"),
        ("captured", envelope["captured_at"]),
        ("verified", envelope["last_verified"]),
        ("content", envelope["content_digest"]),
        ("payload", envelope["payload_digest"]),
        ("WARC", envelope["warc"]),
        ("as of", envelope.get("as_of")),
        ("same content", envelope.get("same_content_as")),
    ):
        if value:
            console.print(Text(f"{name:>13}  {value}", style="dim"))
