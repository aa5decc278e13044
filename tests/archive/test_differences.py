"""What differs between two records: every word accounted for, nothing made up."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from gzcrawler.archive import differences

RECORD: dict[str, Any] = {
    "title": "A quay reopens",
    "published": "2017-06-27",
    "source": "Example Times",
    "authors": ["A. Writer"],
    "body": ["The quay opened again on Monday.", "Nobody complained."],
    "images": [{"caption": "The quay.", "credit": "Photo/Agency"}],
    "videos": [],
    "breadcrumbs": [],
}


def pieces(**changes: Any) -> dict[str, list[tuple[str, str]]]:
    return {
        one.field: [(piece.kind, piece.text) for piece in one.pieces]
        for one in differences(RECORD, RECORD | changes)
    }


def test_one_word_that_changed_is_one_word() -> None:
    assert pieces(title="A quay closes") == {
        "title": [("same", "A quay "), ("removed", "reopens"), ("added", "closes")]
    }


def test_blocks_that_stayed_are_the_same_and_new_ones_added() -> None:
    changed = pieces(body=[*RECORD["body"][:1], "Two boats came.", *RECORD["body"][1:]])["body"]
    assert changed == [
        ("same", "The quay opened again on Monday.\n"),
        ("added", "Two boats came.\n"),
        ("same", "Nobody complained."),
    ]


def test_chinese_is_compared_by_character() -> None:
    old, new = RECORD | {"title": "广州塔灯光秀"}, RECORD | {"title": "广州塔音乐秀"}
    (difference,) = differences(old, new)
    assert [(piece.kind, piece.text) for piece in difference.pieces] == [
        ("same", "广州塔"),
        ("removed", "灯光"),
        ("added", "音乐"),
        ("same", "秀"),
    ]


def test_what_came_and_what_went_altogether() -> None:
    assert pieces(source=None) == {"source": [("removed", "Example Times")]}
    assert pieces(videos=[{"credit": "Video by SITE"}]) == {"video credits": [("added", "Video by SITE")]}


def test_what_no_reader_sees_is_no_difference() -> None:
    assert pieces(breadcrumbs=[{"name": "Home", "url": None}]) == {}


_BLOCKS = st.lists(st.text("ab 广\t.,é", max_size=12).filter(str.strip), max_size=6)


@given(old=_BLOCKS, new=_BLOCKS)
def test_old_and_new_are_told_whole(old: list[str], new: list[str]) -> None:
    for difference in differences(RECORD | {"body": old}, RECORD | {"body": new}):
        for kept, blocks in (("removed", old), ("added", new)):
            text = "".join(piece.text for piece in difference.pieces if piece.kind in ("same", kept))
            assert text.removesuffix("\n") == "\n".join(blocks)
