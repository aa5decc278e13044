"""Which fields of a record are filled: as bits of one number, kept beside each revision."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["FIELDS", "bit", "filled_fields"]


_CHECKS: dict[str, Callable[[Mapping[str, Any]], bool]] = {
    "published": lambda record: record["published"] is not None,
    "source": lambda record: record["source"] is not None,
    "authors": lambda record: bool(record["authors"]),
    "breadcrumbs": lambda record: bool(record["breadcrumbs"]),
    "body": lambda record: bool(record["body"]),
    "images": lambda record: bool(record["images"]),
    "captions": lambda record: any(image["caption"] is not None for image in record["images"]),
    "credits": lambda record: any(image["credit"] is not None for image in record["images"]),
    "related_links": lambda record: bool(record["related_links"]),
    "no_warnings": lambda record: not record["warnings"],
    "layout": lambda record: record["layout"] is not None,
}
"""In the order of their bits. Rows on file carry these: a new field goes to the end."""

FIELDS = tuple(_CHECKS)


def bit(field: str) -> int:
    """The value of a field's bit."""
    return 1 << FIELDS.index(field)


def filled_fields(record: Mapping[str, Any]) -> int:
    """The sum of the bits of the fields that a record fills.

    >>> filled_fields({"published": "2026-01-15", "source": None, "authors": [], "breadcrumbs": [],
    ...     "body": ["A story."], "images": [], "related_links": [], "warnings": [], "layout": None}) == (
    ...     bit("published") | bit("body") | bit("no_warnings"))
    True
    """
    return sum(1 << number for number, check in enumerate(_CHECKS.values()) if check(record))
