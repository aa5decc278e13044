"""What each revision of an article changed, field by field, and between which two looks it happened."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gzcrawler.archive.stored_records import WHOLE_RECORD

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator

__all__ = ["EDITS_VIEW", "FIELDS", "Edit", "edits_of"]

FIELDS = ("title", "body", "caption", "credit", "date", "source", "images")
"""What is told apart. `images` are the pictures themselves, by their addresses' last pieces."""


def _changed(old: str, new: str) -> str:
    return f"{old} IS NOT {new}"


def _scalar(name: str) -> str:
    return _changed(f"json_extract(o.record, '$.{name}')", f"json_extract(n.record, '$.{name}')")


def _of_images(name: str) -> str:
    """The images' values of that name, in order, as one text; an image without it counts for nothing."""

    value = f"json_extract(value, '$.{name}')"
    if name == "url":
        # The same picture is linked at any host of the portal: what stands behind the last slash is its own.
        value = f"replace({value}, rtrim({value}, replace({value}, '/', '')), '')"

    def listed(record: str) -> str:
        return f"(SELECT group_concat({value}, char(31)) FROM json_each({record}, '$.images'))"

    return _changed(listed("o.record"), listed("n.record"))


EDITS_VIEW = f"""CREATE VIEW edits AS
    SELECT n.article_id AS id, n.number, o.captured_at AS old_captured_at,
        (SELECT max(c.captured_at) FROM pages p JOIN captures c ON c.page_id = p.id
          WHERE p.article_id = n.article_id AND c.kind = 'article' AND c.captured_at < n.captured_at)
            AS last_seen_old,
        n.captured_at AS first_seen_new,
        {_scalar("title")} AS title_changed,
        {_scalar("body")} AS body_changed,
        {_of_images("caption")} AS caption_changed,
        {_of_images("credit")} AS credit_changed,
        {_scalar("published")} AS date_changed,
        {_scalar("source")} AS source_changed,
        {_of_images("url")} AS images_changed,
        {WHOLE_RECORD.format("o.record")} AS old_record,
        {WHOLE_RECORD.format("n.record")} AS new_record
    FROM revisions n JOIN revisions o ON o.article_id = n.article_id AND o.number = n.number - 1
    WHERE n.cause = 'source'"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Edit:
    """One change that the portal made to an article."""

    number: int
    """Of the revision that it led to."""
    changed: tuple[str, ...]
    """Of `FIELDS`, those that differ; empty where only something else does, such as the authors."""
    last_seen_old: str
    """Last capture that still showed the old content: it happened after this …"""
    first_seen_new: str
    """… and before this one, the first that showed the new. UTC."""

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "number": self.number,
            "changed": list(self.changed),
            "last_seen_old": self.last_seen_old,
            "first_seen_new": self.first_seen_new,
        }


def edits_of(connection: sqlite3.Connection, article_id: str) -> Iterator[Edit]:
    """What the portal changed in an article, oldest first; what only our readers saw anew is left out."""
    names = ", ".join(f"{field}_changed" for field in FIELDS)
    for row in connection.execute(
        f"SELECT number, last_seen_old, first_seen_new, {names} FROM edits WHERE id = ? ORDER BY number",
        (article_id,),
    ):
        number, last_seen_old, first_seen_new, *flags = tuple(row)
        yield Edit(
            number=number,
            changed=tuple(field for field, flag in zip(FIELDS, flags, strict=True) if flag),
            last_seen_old=last_seen_old,
            first_seen_new=first_seen_new,
        )
