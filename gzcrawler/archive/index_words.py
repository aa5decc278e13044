"""Text as the search index has it: words of Latin script as stems, Chinese and Japanese as pairs of characters.

SQLite's own tokenizer decides what a word is and what its stem: each form is asked once and remembered, so
that what is counted here is what the index holds.
"""

from __future__ import annotations

import re
import sqlite3
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping, Sequence

__all__ = [
    "LATIN_TOKENIZER",
    "PAIR_TOKENIZER",
    "IndexedText",
    "Stems",
    "characters",
    "forms_of",
    "pairs",
    "without_characters",
]

LATIN_TOKENIZER = "porter unicode61 remove_diacritics 2"
PAIR_TOKENIZER = "unicode61 remove_diacritics 0"

_FORMS_KEPT = 300_000
"""Forms that are remembered at most, some 40 MB; then begun anew."""

_CHARACTERS = "々〇\u3041-\u3096\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9f\U00020000-\U0002fa1f"
_RUN = re.compile(f"[{_CHARACTERS}]+")
_ASCII_BYTES = bytes(byte if chr(byte).isalnum() else 32 for byte in bytes(range(128)).lower()) + bytes(128)
"""What SQLite makes of ASCII before it splits: small letters, and blanks for all that is no word."""
_FORM = re.compile("[\\w\u0300-\u036f\ue000-\uf8ff]+")


def without_characters(text: str) -> str:
    """The text with blanks for its Chinese and Japanese, all else in its place: what the index of Latin script is given."""
    return text if text.isascii() else _RUN.sub(lambda run: " " * len(run.group()), text)


def characters(text: str) -> list[str]:
    """Its runs of Chinese and Japanese.

    >>> characters("CBD地区,2024年")
    ['地区', '年']
    """
    return [] if text.isascii() else _RUN.findall(text)


def pairs(text: str) -> list[str]:
    """Each character of the runs with the one behind it; the last of a run stands alone.

    >>> pairs("广州市 CBD")
    ['广州', '州市', '市']
    """
    return [run[start : start + 2] for run in characters(text) for start in range(len(run))]


@dataclass(frozen=True, slots=True)
class IndexedText:
    """The text of one revision, in the columns of the index."""

    title: str
    body: str
    captions: str

    @classmethod
    def of(cls, record: Mapping[str, Any]) -> IndexedText:
        """What is indexed of a record: the same as the view ``search_text`` shows."""
        captions = (image["raw_caption"] for image in record["images"])
        return cls(record["title"], "\n".join(record["body"]), "\n".join(filter(None, captions)))

    @property
    def columns(self) -> tuple[str, str, str]:
        """Title, body, captions."""
        return self.title, self.body, self.captions

    @property
    def latin(self) -> tuple[str, str, str]:
        """What the index of Latin script is given."""
        title, body, captions = map(without_characters, self.columns)
        return title, body, captions

    @property
    def paired(self) -> tuple[str, str, str] | None:
        """What the index of pairs is given; None where there is nothing for it."""
        title, body, captions = (" ".join(pairs(column)) for column in self.columns)
        return (title, body, captions) if title or body or captions else None

    @property
    def title_words(self) -> str:
        """What the index of titles is given: words and pairs."""
        return f"{without_characters(self.title)} {' '.join(pairs(self.title))}".rstrip()


def forms_of(text: str) -> list[str]:
    """The words of a text without Chinese and Japanese, as `Stems` is asked for them."""
    if text.isascii():
        return text.encode().translate(_ASCII_BYTES).decode().split()
    return _FORM.findall(text)


class Stems:
    """Stems of words, as SQLite makes them."""

    def __init__(self) -> None:
        self._known: dict[str, str | None] = {}
        self._several: dict[str, list[str]] = {}
        """Forms that are no word, or more than one, to SQLite."""
        self._connection = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        self._connection.execute(
            f"CREATE VIRTUAL TABLE form USING fts5(text, content='', tokenize='{LATIN_TOKENIZER}')"
        )
        self._connection.execute("CREATE VIRTUAL TABLE stem USING fts5vocab(form, instance)")

    def close(self) -> None:
        """Free what SQLite holds."""
        self._connection.close()

    def of(self, text: str) -> list[str]:
        """Stems of a text without Chinese and Japanese, in its order."""
        forms = forms_of(text)
        known = self._known
        try:
            stems = [known[form] for form in forms]
        except KeyError:
            self.learn([forms])
            stems = [known[form] for form in forms]
        if self._several and None in stems:
            return [
                stem
                for form, one in zip(forms, stems, strict=True)
                for stem in (self._several[form] if one is None else (one,))
            ]
        # None stands for the forms dealt with above alone.
        return cast("list[str]", stems)

    def of_each(self, forms: Sequence[str]) -> list[tuple[str, ...]]:
        """Stems of each form; one, mostly."""
        self.learn([forms])
        found = ((form, self._known[form]) for form in forms)
        return [tuple(self._several[form]) if stem is None else (stem,) for form, stem in found]

    def is_of(self, form: str, stem: str) -> bool:
        """Is this the stem of a form, or one of its stems?"""
        return stem in self._stems_of(form)

    def begins(self, form: str, beginning: str) -> bool:
        """Does a stem of the form begin so?"""
        return any(stem.startswith(beginning) for stem in self._stems_of(form))

    def _stems_of(self, form: str) -> Sequence[str]:
        small = form.lower()
        if small not in self._known:
            self.learn([[small]])
        stem = self._known[small]
        return self._several[small] if stem is None else (stem,)

    def among(self, forms: Iterable[str], stems: Container[str]) -> dict[str, Sequence[str]]:
        """Those of the forms, all learnt, that have one of these stems, and which."""
        known = self._known
        found: dict[str, Sequence[str]] = {form: (known[form],) for form in forms if known[form] in stems}  # type: ignore[misc]
        for form in self._several.keys() & set(forms):
            if several := [stem for stem in self._several[form] if stem in stems]:
                found[form] = several
        return found

    def length_of(self, counted: Mapping[str, int]) -> int:
        """How many words a text has to SQLite, by its forms and how often each stands in it."""
        several = self._several
        unlike = several.keys() & counted.keys() if several else ()
        return sum(counted.values()) + sum((len(several[form]) - 1) * counted[form] for form in unlike)

    def counts_of(self, texts: Iterable[str]) -> list[dict[str, int]]:
        """How often each stem stands in each text; new words of all of them are learnt at once."""
        counted = [Counter(forms_of(text)) for text in texts]
        self.learn(counted)
        known = self._known
        found = []
        for forms in counted:
            counts: dict[str, int] = {}
            for form, number in forms.items():
                stem = known[form]
                if stem is None:
                    for one in self._several[form]:
                        counts[one] = counts.get(one, 0) + number
                elif stem in counts:
                    counts[stem] += number
                else:
                    counts[stem] = number
            found.append(counts)
        return found

    def learn(self, forms_of_texts: Sequence[Iterable[str]]) -> set[str]:
        """Ask SQLite for the stems of those forms that are new, of all texts at once; returns all of them, known now."""
        forms: set[str] = set().union(*forms_of_texts)
        new = forms.difference(self._known)
        if not new:
            return forms
        if len(self._known) > _FORMS_KEPT:
            self._known.clear()
            self._several.clear()
            new = forms
        # A number is its own stem, and most new forms are numbers.
        asked = [form for form in new if not (form.isdigit() and form.isascii())]
        self._known.update((form, form) for form in new)
        made: list[list[str]] = [[] for _ in asked]
        self._connection.execute("BEGIN")
        self._connection.executemany("INSERT INTO form (rowid, text) VALUES (?, ?)", enumerate(asked))
        self._connection.execute("COMMIT")
        for number, stem in self._connection.execute("SELECT doc, term FROM stem ORDER BY doc, offset"):
            made[number].append(stem)
        self._connection.execute("INSERT INTO form (form) VALUES ('delete-all')")
        for form, stems in zip(asked, made, strict=True):
            if len(stems) == 1:
                self._known[form] = stems[0]
            else:
                self._known[form] = None
                self._several[form] = stems
        return forms
