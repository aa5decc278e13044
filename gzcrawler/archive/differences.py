"""What differs between two records of an article: field by field, word by word. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

__all__ = ["Difference", "Piece", "differences"]

_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]|[^\W_]+|\s+|.", re.DOTALL)
"""What is compared as one: a word, a run of blanks, a sign; of Chinese and Japanese, a character."""
_EXACTLY_COMPARED = 4_000
"""Words up to which every one is compared with every other; beyond, difflib leaves frequent ones out."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Piece:
    """Some words that stayed, went or came."""

    kind: Literal["same", "removed", "added"]
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Difference:
    """A field that differs. The pieces without those added make the old value, without those removed the new one."""

    field: str
    pieces: tuple[Piece, ...]

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {
            "field": self.field,
            "pieces": [{"kind": piece.kind, "text": piece.text} for piece in self.pieces],
        }


def differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Difference]:
    """The fields that a reader sees (those of the content digest), where they differ.

    Args:
        old: an earlier record.
        new: a later one.
    """
    before, after = _visible(old), _visible(new)
    return [
        Difference(field=field, pieces=tuple(_joined(_compare_blocks(before[field], after[field]))))
        for field in before
        if before[field] != after[field]
    ]


def _visible(record: Mapping[str, Any]) -> dict[str, list[str]]:
    """Each field as blocks of text."""
    fields = {name: [str(record[name])] if record[name] else [] for name in ("title", "published", "source")}
    captions = [
        " ".join(filter(None, (image["caption"], image["credit"] and f"[{image['credit']}]")))
        for image in record["images"]
    ]
    return fields | {
        "authors": [", ".join(record["authors"])] if record["authors"] else [],
        "body": list(record["body"]),
        "captions": [caption for caption in captions if caption],
        "video credits": [video["credit"] for video in record["videos"] if video["credit"]],
    }


def _compare_blocks(old: Sequence[str], new: Sequence[str]) -> Iterator[Piece]:
    """Whole blocks first, so that a long text is compared in words only where its blocks differ."""
    matcher = SequenceMatcher(
        None, [f"{block}\n" for block in old], [f"{block}\n" for block in new], autojunk=False
    )
    for operation, a, b, c, d in matcher.get_opcodes():
        before = "".join(f"{block}\n" for block in old[a:b])
        after = "".join(f"{block}\n" for block in new[c:d])
        if operation == "equal":
            yield Piece(kind="same", text=before)
        else:
            yield from _compare_words(before, after)


def _compare_words(old: str, new: str) -> Iterator[Piece]:
    before, after = _WORD.findall(old), _WORD.findall(new)
    long = max(len(before), len(after)) > _EXACTLY_COMPARED
    for operation, a, b, c, d in SequenceMatcher(None, before, after, autojunk=long).get_opcodes():
        if operation == "equal":
            yield Piece(kind="same", text="".join(before[a:b]))
            continue
        if a < b:
            yield Piece(kind="removed", text="".join(before[a:b]))
        if c < d:
            yield Piece(kind="added", text="".join(after[c:d]))


def _joined(pieces: Iterator[Piece]) -> Iterator[Piece]:
    """Neighbours of one kind as one; the line end behind the last block is no text."""
    whole = [
        Piece(kind=kind, text="".join(piece.text for piece in group))
        for kind, group in groupby(pieces, key=attrgetter("kind"))
    ]
    for number, piece in enumerate(whole):
        later = {one.kind for one in whole[number + 1 :]}
        last = not later if piece.kind == "same" else not later & {"same", piece.kind}
        text = piece.text.removesuffix("\n") if last else piece.text
        if text:
            yield Piece(kind=piece.kind, text=text)
