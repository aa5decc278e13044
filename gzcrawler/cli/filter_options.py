"""Which articles are meant, as options: the same for `search` and every export."""

from __future__ import annotations

from datetime import date
from functools import wraps
from typing import TYPE_CHECKING, Any

import click

from gzcrawler.archive import STATES, ArticleFilter
from gzcrawler.cli.options import parse_day

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["article_filter_options"]

_OPTIONS = (
    click.option(
        "--section",
        "sections",
        multiple=True,
        metavar="KEY",
        help="Only articles of this section; may be repeated.",
    ),
    click.option(
        "--edition", "editions", multiple=True, metavar="KEY", help="Only this language version: en, zh, ja …"
    ),
    click.option(
        "--source", "sources", multiple=True, metavar="NAME", help="Only articles that name this outlet."
    ),
    click.option(
        "--author",
        "authors",
        multiple=True,
        metavar="NAME",
        help="Only articles with this name in the byline.",
    ),
    click.option(
        "--from",
        "published_from",
        callback=parse_day,
        metavar="YYYY-MM-DD",
        help="Published on this day (+08:00) or later.",
    ),
    click.option(
        "--to",
        "published_to",
        callback=parse_day,
        metavar="YYYY-MM-DD",
        help="Published on this day (+08:00) or earlier.",
    ),
    click.option(
        "--state", "states", multiple=True, type=click.Choice(STATES), help="Only articles in this state."
    ),
    click.option(
        "--has", multiple=True, type=click.Choice(["images"]), help="Only articles that have pictures."
    ),
)


def article_filter_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the filter's options; it is called with ``article_filter``, not yet resolved."""

    @wraps(command)
    def called(
        *args: Any,
        published_from: str | None,
        published_to: str | None,
        has: tuple[str, ...],
        **others: Any,
    ) -> Any:
        fields = {name: others.pop(name) for name in ("sections", "editions", "sources", "authors", "states")}
        article_filter = ArticleFilter(
            published_from=date.fromisoformat(published_from) if published_from else None,
            published_to=date.fromisoformat(published_to) if published_to else None,
            with_images="images" in has,
            **fields,
        )
        return command(*args, article_filter=article_filter, **others)

    for option in reversed(_OPTIONS):
        called = option(called)
    return called
