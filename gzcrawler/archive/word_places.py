"""Where a word or phrase of a query stands in one text, as the index would find it there.

Taking a whole text apart into stems costs many times what looking for one word does, and a search looks into some hundred
texts. All of a stem but its last letter begins each of its forms: so in plain text a form is looked for by that, and
only what is found is stemmed.
"""

from __future__ import annotations

import re
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

from gzcrawler.archive.index_words import without_characters

if TYPE_CHECKING:
    from gzcrawler.archive.index_words import Stems
    from gzcrawler.archive.search_query import Leaf

__all__ = ["Span", "TextWords"]

Span = tuple[int, int]
"""Where something begins and ends, in characters."""

_WORD = re.compile("[\\w\u0300-\u036f\ue000-\uf8ff]+")
_NOT_PLAIN = re.compile("[^\0-\x7f\xa0\u2010-\u2027\u2030-\u205e]")
"""Anything but ASCII and the punctuation of printed English: its forms and theirs may differ in other ways."""


class TextWords:
    """One text, to look for words in."""

    def __init__(self, text: str, stems: Stems) -> None:
        self.text = text
        self._stems = stems
        self._is_plain = text.isascii() or _NOT_PLAIN.search(text) is None
        # Plain text has a small letter for each letter.
        self._small = text.lower() if self._is_plain else ""

    def places(self, leaf: Leaf) -> list[Span]:
        """Where it stands, in order; as often as the index counts it."""
        if leaf.paired:
            return [match.span() for match in re.finditer(re.escape(leaf.text), self.text)]
        pattern = _pattern(leaf)
        if pattern is None or not self._is_plain:
            return self._among_all(leaf)
        return [
            (match.start(), match.end(match.lastindex or 1))
            for match in pattern.finditer(self._small)
            if self._begins_word(match.start()) and self._is(match.groups(), leaf)
        ]

    def _begins_word(self, place: int) -> bool:
        # Asked here and not in the pattern, which so begins with letters: those are found much faster.
        before = self._small[place - 1] if place else " "
        return not (before.isalnum() and before.isascii())

    def _is(self, forms: tuple[str, ...], leaf: Leaf) -> bool:
        whole = len(forms) - leaf.prefix
        if any(not self._stems.is_of(forms[place], leaf.words[place]) for place in range(whole)):
            return False
        return not leaf.prefix or self._stems.begins(forms[-1], leaf.words[-1])

    def _among_all(self, leaf: Leaf) -> list[Span]:
        found: list[Span] = []
        number = len(leaf.words)
        for place in range(len(self._words) - number + 1):
            if self._words[place][0] == leaf.words[0] or number == 1:
                piece = self._words[place : place + number]
                if _equal([one for one, _, _ in piece], leaf):
                    found.append((piece[0][1], piece[-1][2]))
        return found

    @cached_property
    def _words(self) -> list[tuple[str, int, int]]:
        """(stem, start, end) of each word."""
        matches = list(_WORD.finditer(without_characters(self.text)))
        of_each = self._stems.of_each([match.group() for match in matches])
        return [
            (stem, *match.span()) for match, several in zip(matches, of_each, strict=True) for stem in several
        ]


@lru_cache(maxsize=256)
def _pattern(leaf: Leaf) -> re.Pattern[str] | None:
    """The forms that may be those of the words, each a group; None where a word is too short to look for."""
    beginnings = [word[:-1] for word in leaf.words]
    if not all(beginning and beginning.isascii() and beginning.isalnum() for beginning in beginnings):
        return None
    forms = "[^a-z0-9]+".join(f"({beginning}[a-z0-9]*)" for beginning in beginnings)
    first, _, others = forms.partition(")")
    # What follows the first form is only looked at: it may be the first of the next place.
    return re.compile(f"{first})(?={others})" if others else forms)


def _equal(piece: list[str], leaf: Leaf) -> bool:
    if leaf.prefix:
        return piece[:-1] == list(leaf.words[:-1]) and piece[-1].startswith(leaf.words[-1])
    return piece == list(leaf.words)
