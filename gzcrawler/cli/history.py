"""`history` and `diff`: what became of an article, and which words changed."""

from __future__ import annotations

import html
import os
import sys
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.text import Text

from gzcrawler.archive import Difference, differences, open_archive
from gzcrawler.cli.options import archive_option, as_json_option, echo_json
from gzcrawler.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gzcrawler.archive import Piece, StoredArticle, StoredRevision

__all__ = ["diff", "history"]

_STYLES = {"same": "", "removed": "red strike", "added": "bold green"}
_MARKS = {"same": ("", ""), "removed": ("[-", "-]"), "added": ("{+", "+}")}
"""Where there are no colours: as wdiff writes it."""
_TAGS = {"same": "{}", "removed": "<del>{}</del>", "added": "<ins>{}</ins>"}
_CONTEXT = 100
"""Characters of what stayed that are shown beside a change, on a terminal."""


@click.command()
@click.argument("key", metavar="ID|URL|TITLE")
@archive_option
@as_json_option
def history(key: str, archive: Path, as_json: bool) -> None:
    """The revisions of an article: when each was first seen, when the one before was last, and why."""
    with open_archive(archive) as opened:
        article = opened.article(key)
        revisions = article.revisions()
    rows = [
        revision.as_dict() | {"changed": changed}
        for revision, changed in zip(revisions, _changed_fields(revisions), strict=True)
    ]
    if as_json:
        echo_json(rows)
        return
    console = Console(highlight=False, soft_wrap=not sys.stdout.isatty())
    console.print(Text(article["title"], style="bold"))
    state = article["envelope"]["state"]
    console.print(Text(f"{article.id}, {state}, last seen {article['envelope']['last_seen']}", style="dim"))
    for row in rows:
        console.print(_revision_line(row["number"], row))
        if row["changed"]:
            console.print(Text(f"     changed: {', '.join(row['changed'])}"))


def _changed_fields(revisions: Sequence[StoredRevision]) -> list[list[str]]:
    """Names of the fields in which each revision differs from the one before."""
    pairs = pairwise(revisions)
    return [[], *([one.field for one in differences(old.record, new.record)] for old, new in pairs)]


def _revision_line(number: int, row: dict[str, object]) -> Text:
    if row["cause"] == "reader":
        told = f"read again at {row['read_at']} (the capture is of {row['first_seen']})"
    elif row["last_seen_before"]:
        told = f"changed between {row['last_seen_before']} and {row['first_seen']}"
    else:
        told = f"first seen {row['first_seen']}"
    return Text(f"{number:>3}  {row['cause']:<6}  {told}")


@click.command()
@click.argument("key", metavar="ID|URL|TITLE")
@archive_option
@as_json_option
@click.option(
    "--from", "old", type=int, metavar="NUMBER", help="Earlier revision; the last but one, if not told."
)
@click.option(
    "--to", "new", type=int, metavar="NUMBER", help="Later revision; the one after --from, or the last."
)
@click.option(
    "--html",
    "html_file",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write a page that shows it, instead.",
)
def diff(
    key: str, archive: Path, as_json: bool, old: int | None, new: int | None, html_file: Path | None
) -> None:
    """Which words changed from one revision of an article to another, field by field."""
    with open_archive(archive) as opened:
        article = opened.article(key)
        pair = _pair(article, old, new)
    if pair is None:
        if as_json:
            echo_json({"id": article.id, "from": 1, "to": 1, "differences": []})
        click.echo(f"gzcrawler: {article.id}: has one revision; nothing was seen to change", err=True)
        return
    earlier, later = pair
    found = differences(earlier.record, later.record)
    if html_file is not None:
        _write(html_file, _page(article, earlier, later, found))
        click.echo(f"gzcrawler: {html_file}: written", err=True)
    elif as_json:
        echo_json(
            {
                "id": article.id,
                "from": earlier.number,
                "to": later.number,
                "cause": later.cause,
                "last_seen_before": later.last_seen_before,
                "first_seen": later.first_seen,
                "differences": [one.as_dict() for one in found],
            }
        )
    else:
        _print(article, earlier, later, found)


def _pair(
    article: StoredArticle, old: int | None, new: int | None
) -> tuple[StoredRevision, StoredRevision] | None:
    """The two revisions meant; None where there is only one."""
    count = len(article.revisions())
    if old is None and new is None and count == 1:
        return None
    if old is None:
        old = (new or count) - 1
    if new is None:
        new = old + 1
    return article.revision(old), article.revision(new)


def _headline(article: StoredArticle, earlier: StoredRevision, later: StoredRevision) -> str:
    told = f"{article.id}: revision {earlier.number} to {later.number}"
    if later.cause == "reader":
        return f"{told}, read again at {later.read_at}; the portal changed nothing"
    return f"{told}, changed between {later.last_seen_before} and {later.first_seen}"


def _print(
    article: StoredArticle, earlier: StoredRevision, later: StoredRevision, found: Sequence[Difference]
) -> None:
    colours = sys.stdout.isatty()
    console = Console(highlight=False, soft_wrap=not colours)
    console.print(Text(_headline(article, earlier, later), style="dim"))
    if not found:
        console.print("no field that a reader sees differs")
    for difference in found:
        console.print(Text(f"\n{difference.field}", style="bold"))
        text = Text()
        for number, piece in enumerate(difference.pieces):
            shown = _shortened(piece, first=number == 0, last=number == len(difference.pieces) - 1)
            before, behind = ("", "") if colours else _MARKS[piece.kind]
            text.append(f"{before}{shown}{behind}", style=_STYLES[piece.kind])
        console.print(text)


def _shortened(piece: Piece, *, first: bool, last: bool) -> str:
    """Of what stayed, the words next to a change."""
    text = piece.text
    if piece.kind != "same" or len(text) <= 2 * _CONTEXT:
        return text
    head = "" if first else text[:_CONTEXT]
    tail = "" if last else text[-_CONTEXT:]
    return f"{head} … {tail}"


def _page(
    article: StoredArticle, earlier: StoredRevision, later: StoredRevision, found: Sequence[Difference]
) -> str:
    sections = "\n".join(
        f"<h2>{html.escape(difference.field)}</h2>\n<p>"
        + "".join(
            _TAGS[piece.kind].format(html.escape(piece.text).replace("\n", "<br>\n"))
            for piece in difference.pieces
        )
        + "</p>"
        for difference in found
    )
    title = html.escape(later.record["title"])
    return f"""<!DOCTYPE html>
<html lang="{html.escape(later.record["language"] or "en")}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>
body {{ max-width: 46em; margin: 2em auto; padding: 0 1em; font: 1em/1.6 serif; }}
del {{ background: #fdd; color: #900; }}
ins {{ background: #dfd; color: #060; text-decoration: none; }}
</style>
</head>
<body>
<h1>{title}</h1>
<p>{html.escape(_headline(article, earlier, later))}<br>
{html.escape(later.record["canonical_url"])}</p>
{sections or "<p>no field that a reader sees differs</p>"}
</body>
</html>
"""


def _write(path: Path, page: str) -> None:
    """Aside, then renamed: never half a page."""
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        aside.write_text(page, "utf-8")
        aside.replace(path)
    except OSError as error:
        aside.unlink(missing_ok=True)
        raise UsageError(f"--html: {path}: cannot be written ({error.strerror})") from error
