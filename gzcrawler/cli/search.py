"""`search`: full text over what the archive holds."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Literal

import click
from rich.console import Console
from rich.text import Text

from gzcrawler.archive import MARKS, Answer, ArticleFilter, open_archive
from gzcrawler.cli.filter_options import article_filter_options
from gzcrawler.cli.options import archive_option, as_json_option, echo_json

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["search"]

_PLAIN_MARKS = ("[", "]")
"""Where there are no colours."""


@click.command()
@click.argument("query", nargs=-1)
@archive_option
@as_json_option
@article_filter_options
@click.option(
    "--sort",
    type=click.Choice(["relevance", "newest"]),
    default="relevance",
    show_default=True,
    help="The best first, or the last day of publication.",
)
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True, help="Hits to show.")
@click.option("--page", type=click.IntRange(min=1), default=1, show_default=True, help="Which page of hits.")
@click.option("--count", "only_count", is_flag=True, help="Only how many articles match.")
def search(
    query: tuple[str, ...],
    archive: Path,
    as_json: bool,
    article_filter: ArticleFilter,
    sort: Literal["relevance", "newest"],
    limit: int,
    page: int,
    only_count: bool,
) -> None:
    """Find articles by their words, in titles, bodies and captions.

    All words must be there, in any form: `port` finds ports. "a phrase" in quotation marks, harb*
    for a beginning, AND, OR, NOT and brackets, title: or captions: before a word. Chinese and
    Japanese are found anywhere in a text. Without words, the options alone say which articles.

    \b
    gzcrawler search 'metro OR "high-speed rail"' --from 2024-01-01
    gzcrawler search 'title:opera' --section gzwhatson --sort newest
    """
    words = " ".join(query)
    with open_archive(archive) as opened:
        if only_count:
            number = opened.count(words, article_filter)
            echo_json({"query": words, "total": number}) if as_json else click.echo(number)
            return
        offset = (page - 1) * limit
        answer = opened.search(words, article_filter, sort=sort, limit=limit, offset=offset)
    if as_json:
        echo_json(_with_plain_marks(answer))
    else:
        _print(answer, offset)


def _with_plain_marks(answer: Answer) -> dict[str, object]:
    found = answer.as_dict()
    for hit in found["hits"]:
        hit["snippet"] = _replace_marks(hit["snippet"], *_PLAIN_MARKS)
        hit["title"] = _replace_marks(hit["title"], "", "")
    return found


def _replace_marks(text: str, before: str, behind: str) -> str:
    return text.replace(MARKS[0], before).replace(MARKS[1], behind)


def _print(answer: Answer, offset: int) -> None:
    if answer.note:
        click.echo(f"gzcrawler: {answer.note}", err=True)
    console = Console(highlight=False, soft_wrap=not sys.stdout.isatty())
    for hit in answer.hits:
        console.print(_styled(hit.title, "bold", plain=("", "")))
        facts = [hit.published, hit.source, hit.id, None if hit.state == "alive" else hit.state]
        console.print(Text("  " + " | ".join(fact for fact in facts if fact), style="dim"))
        console.print(Text("  ") + _styled(hit.snippet, ""))
    click.echo(_told(answer, offset), err=True)


def _styled(text: str, style: str, *, plain: tuple[str, str] = _PLAIN_MARKS) -> Text:
    """The text with its found words in colour, or between marks where there are no colours."""
    if not sys.stdout.isatty():
        return Text(_replace_marks(text, *plain))
    styled = Text()
    for number, piece in enumerate(text.replace(MARKS[1], MARKS[0]).split(MARKS[0])):
        styled.append(piece, style="bold yellow" if number % 2 else style)
    return styled


def _told(answer: Answer, offset: int) -> str:
    """What was found, in a line."""
    total = f"{answer.total:,}" if answer.total_is_exact else f"more than {answer.total:,}"
    if not answer.hits:
        return f"{total} found" if offset == 0 else f"{total} found; none so far back"
    told = f"{offset + 1:,} to {offset + len(answer.hits):,} of {total}"
    if answer.ranked is not None:
        told += f"; the {answer.ranked:,} likeliest were ranked, --sort newest gives all"
    return told
