"""Words of a query in one text: found as the index finds them, whether the text is taken apart or looked through."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gzcrawler.archive.index_words import Stems
from gzcrawler.archive.search_query import Leaf, leaves, parse_query
from gzcrawler.archive.word_places import TextWords

if TYPE_CHECKING:
    from collections.abc import Iterator

_BEGINNINGS = (
    "relat",
    "hop",
    "fil",
    "happ",
    "city",
    "cit",
    "be",
    "a",
    "port",
    "sensib",
    "capab",
    "opera",
    "2024",
)
_ENDINGS = (
    "",
    "e",
    "s",
    "ed",
    "ing",
    "y",
    "ies",
    "ional",
    "ization",
    "ility",
    "ately",
    "ousness",
    "ping",
    "er",
)
_FORMS = st.tuples(st.sampled_from(_BEGINNINGS), st.sampled_from(_ENDINGS)).map("".join)
_WORDS = st.tuples(_FORMS, st.sampled_from((str.lower, str.title, str.upper))).map(
    lambda pair: pair[1](pair[0])
)
_TEXTS = st.lists(
    st.tuples(_WORDS, st.sampled_from((" ", ", ", "-", "’", " — ", "\n", "", "\xa0"))), max_size=30
).map(lambda pieces: "".join(word + between for word, between in pieces))
_ACCENTED = " é"
"""Makes a text one that is taken apart into its words."""


@pytest.fixture(scope="module")
def stems() -> Iterator[Stems]:
    with closing(Stems()) as made:
        yield made


def _leaf(text: str, stems: Stems, *, prefix: bool = False) -> Leaf:
    tree = parse_query(f'"{text}"' + ("*" if prefix else ""), stems).tree
    assert tree is not None
    (leaf,) = leaves(tree)
    return leaf


@given(
    text=_TEXTS, words=st.lists(_FORMS, min_size=1, max_size=3), cut=st.integers(0, 3), prefix=st.booleans()
)
def test_plain_text_is_looked_through_as_if_taken_apart(
    stems: Stems, text: str, words: list[str], cut: int, prefix: bool
) -> None:
    phrase = " ".join(words)
    leaf = _leaf(phrase[: max(1, len(phrase) - cut)] if prefix else phrase, stems, prefix=prefix)
    assert TextWords(text, stems).places(leaf) == TextWords(text + _ACCENTED, stems).places(leaf)


@pytest.mark.parametrize(
    ("query", "text", "found"),
    [
        ("port", "A port, two Ports; the airport and porters", ["port", "Ports"]),
        ("city", "Cities of the CITY; a citizen", ["Cities", "CITY"]),
        ("port", "port_side", ["port"]),
        ("be a", "be a be a be b", ["be a", "be a"]),
        ("a a", "a a a", ["a a", "a a"]),
        ("river banks", "River’s banks, river bank", ["river bank"]),
        ("half-price", "half price and half—price", ["half price", "half—price"]),
    ],
)
def test_forms_of_a_word_are_found_and_nothing_else(
    stems: Stems, query: str, text: str, found: list[str]
) -> None:
    places = TextWords(text, stems).places(_leaf(query, stems))
    assert [text[start:end] for start, end in places] == found


def test_characters_are_found_where_they_stand_together(stems: Stems) -> None:
    assert TextWords("广州塔和广州", stems).places(_leaf("广州", stems)) == [(0, 2), (4, 6)]
