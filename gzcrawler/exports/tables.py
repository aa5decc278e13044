"""Articles as rows of flat tables: what goes into each column, whatever file the rows are written to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["TABLES", "Table"]

Row = tuple[str | int | None, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """One table."""

    columns: dict[str, type]
    """Name -> ``str`` or ``int``; any cell may be None."""
    rows: Callable[[dict[str, Any]], Iterator[Row]]
    """What an article (record and envelope) adds to it."""


_SCALARS = (
    "id",
    "portal",
    "edition",
    "language",
    "canonical_url",
    "url",
    "title",
    "published",
    "published_precision",
    "published_raw",
    "published_from",
    "source",
)
_ENVELOPE = (
    "state",
    "revision",
    "first_seen",
    "last_seen",
    "last_verified",
    "gone_since",
    "captured_at",
    "content_digest",
    "payload_digest",
    "warc",
)


def _articles(article: dict[str, Any]) -> Iterator[Row]:
    envelope = article["envelope"]
    yield (
        *(article[name] for name in _SCALARS),
        _joined("; ", article["authors"]),
        _joined(" > ", (step["name"] for step in article["breadcrumbs"])),
        _joined("\n\n", article["body"]),
        len(article["images"]),
        article["layout"],
        _joined("; ", article["warnings"]),
        *(envelope[name] for name in _ENVELOPE),
    )


def _authors(article: dict[str, Any]) -> Iterator[Row]:
    for ordinal, name in enumerate(article["authors"]):
        yield article["id"], ordinal, name


def _images(article: dict[str, Any]) -> Iterator[Row]:
    for ordinal, image in enumerate(article["images"]):
        yield article["id"], ordinal, image["url"], image["caption"], image["credit"], image["position"]


def _links(article: dict[str, Any]) -> Iterator[Row]:
    links = [(link["scope"], link["url"], link["title"]) for link in article["related_links"]]
    links += [("inline", link["url"], link["text"]) for link in article["inline_links"]]
    links += [("attachment", link["url"], link["name"]) for link in article["attachments"]]
    links += [("video", link["url"], link["credit"]) for link in article["videos"]]
    for ordinal, (scope, url, text) in enumerate(links):
        yield article["id"], ordinal, scope, url, text


def _breadcrumbs(article: dict[str, Any]) -> Iterator[Row]:
    for ordinal, step in enumerate(article["breadcrumbs"]):
        yield article["id"], ordinal, step["name"], step["url"]


def _joined(separator: str, texts: Any) -> str | None:
    return separator.join(texts) or None


def _columns(*names: str) -> dict[str, type]:
    numbers = {"ordinal", "position", "revision", "images"}
    return {name: int if name in numbers else str for name in names}


TABLES = {
    "articles": Table(
        _columns(*_SCALARS, "authors", "breadcrumbs", "body", "images", "layout", "warnings", *_ENVELOPE),
        _articles,
    ),
    "authors": Table(_columns("article_id", "ordinal", "name"), _authors),
    "images": Table(_columns("article_id", "ordinal", "url", "caption", "credit", "position"), _images),
    "links": Table(_columns("article_id", "ordinal", "scope", "url", "text"), _links),
    "breadcrumbs": Table(_columns("article_id", "ordinal", "name", "url"), _breadcrumbs),
}
"""Name -> table. In `articles` lists are joined: authors and warnings by ``; ``, the trail by `` > ``, blocks
of the body by an empty line, and images are counted; the other tables have them one by one."""
