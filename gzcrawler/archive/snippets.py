"""The words of a query in their place: the piece of an article that shows most of them, marked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gzcrawler.archive.word_places import TextWords

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from gzcrawler.archive.index_words import Stems
    from gzcrawler.archive.search_query import Leaf
    from gzcrawler.archive.word_places import Span

__all__ = ["MARKS", "marked", "snippet"]

MARKS = ("\x02", "\x03")
"""Before and behind each found word: characters that no record holds, for whoever shows it to replace."""

_LENGTH = 180
"""Characters of a snippet: two lines of a terminal."""


def snippet(blocks: Iterable[str], wanted: Sequence[Leaf], stems: Stems) -> str:
    """The piece of the text in which most of the wanted words stand; its beginning where none does."""
    best = ""
    best_score = -1
    for block in blocks:
        spans = _spans(block, wanted, stems)
        for number, (start, _, _) in enumerate(spans or [(0, 0, -1)]):
            inside = [span for span in spans[number:] if span[1] <= start + _LENGTH * 2 // 3]
            score = len({which for _, _, which in inside}) * 10 + min(len(inside), 9)
            if score > best_score:
                best_score = score
                best = _cut(block, start, [(begin, end) for begin, end, _ in spans])
        if best_score >= len(wanted) * 10:
            break
    return best


def marked(text: str, wanted: Sequence[Leaf], stems: Stems) -> str:
    """A whole text, its found words marked."""
    return _mark(text, [(start, end) for start, end, _ in _spans(text, wanted, stems)])


def _spans(text: str, wanted: Sequence[Leaf], stems: Stems) -> list[tuple[int, int, int]]:
    """(start, end, number of the wanted word) of what was found, in order, none in another."""
    words = TextWords(text, stems)
    found = [(*span, number) for number, leaf in enumerate(wanted) for span in words.places(leaf)]
    kept: list[tuple[int, int, int]] = []
    for span in sorted(found, key=lambda span: (span[0], -span[1])):
        if not kept or span[0] >= kept[-1][1]:
            kept.append(span)
    return kept


def _cut(block: str, start: int, spans: Sequence[Span]) -> str:
    """Some 180 characters round a place, cut at blanks."""
    begin = max(0, start - _LENGTH // 3)
    end = min(len(block), begin + _LENGTH)
    if begin:
        blank = block.find(" ", begin, start)
        begin = blank + 1 if blank >= 0 else begin
    if end < len(block):
        blank = block.rfind(" ", start + _LENGTH // 2, end)
        end = blank if blank >= 0 else end
    inside = [(s - begin, e - begin) for s, e in spans if s >= begin and e <= end]
    piece = _mark(block[begin:end], inside)
    return ("… " if begin else "") + piece + (" …" if end < len(block) else "")


def _mark(text: str, spans: Sequence[Span]) -> str:
    pieces = []
    last = 0
    for start, end in spans:
        pieces += [text[last:start], MARKS[0], text[start:end], MARKS[1]]
        last = end
    return "".join([*pieces, text[last:]])
