"""Edits, field by field, with the window in which each happened."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from archive_pages import article_page, at, capture, gone, not_modified, record, rows

from gzcrawler.archive.edits import edits_of

if TYPE_CHECKING:
    from gzcrawler.archive import Archive

ID = "guangzhou:c_321174"
FIRST = article_page()


@pytest.mark.parametrize(
    ("page", "changed"),
    [
        (article_page("Another text."), ("body",)),
        (article_page(title="Pump houses close by the river"), ("title",)),
        (FIRST.replace(b"A reader at the window", b"Two readers at the window"), ("caption",)),
        (FIRST.replace(b"[Photo/eguangzhou.gov.cn]", b"[Photo/River Agency]"), ("credit",)),
        (FIRST.replace(b"Updated:2018-12-26", b"Updated:2018-12-27"), ("date",)),
        (FIRST.replace(b"eguangzhou.gov.cn | Updated", b"Riverside Daily | Updated"), ("source",)),
        (
            article_page("Another text.", picture="1545785512004031199", title="Pump houses close"),
            ("title", "body", "images"),
        ),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, tuple) else "",
)
def test_each_field_is_told_apart(archive: Archive, page: bytes, changed: tuple[str, ...]) -> None:
    record(archive, capture(payload=FIRST), capture(payload=page, when=at(days=1)))
    (edit,) = edits_of(archive.connection, ID)
    assert edit.changed == changed


def test_the_window_is_from_the_last_look_that_showed_the_old_to_the_first_that_showed_the_new(
    archive: Archive,
) -> None:
    first = capture(payload=FIRST)
    record(archive, first, not_modified(first, at(days=3)), gone(when=at(days=4)))
    record(archive, capture(payload=article_page("Another text."), when=at(days=5)))
    (edit,) = edits_of(archive.connection, ID)
    assert edit.as_dict() == {
        "number": 2,
        "changed": ["body"],
        "last_seen_old": "2026-01-18T01:00:00.000Z",
        "first_seen_new": "2026-01-20T01:00:00.000Z",
    }


def test_the_same_picture_at_another_host_is_the_same_picture(archive: Archive) -> None:
    moved = article_page("Another text.").replace(
        b'src="/att/', b'src="https://guangzhou.chinadaily.com.cn/att/'
    )
    record(archive, capture(payload=FIRST), capture(payload=moved, when=at(days=1)))
    (edit,) = edits_of(archive.connection, ID)
    assert edit.changed == ("body",)


def test_what_a_reader_saw_anew_is_no_edit(archive: Archive) -> None:
    record(archive, capture(payload=FIRST), capture(payload=article_page("Another."), when=at(days=1)))
    archive.connection.execute("UPDATE revisions SET cause = 'reader' WHERE number = 2")
    assert rows(archive.connection, "SELECT * FROM edits") == []
