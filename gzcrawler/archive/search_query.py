"""What a person asked, as a tree: words, phrases, prefixes and fields under AND, OR and NOT.

A word stands for all words of its stem. Words side by side must all be there. What is not valid is read as plain
words, all of which must be there; `parse_query` never raises for a query.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from gzcrawler.archive.index_words import characters, pairs, without_characters

if TYPE_CHECKING:
    from gzcrawler.archive.index_words import Stems

__all__ = ["And", "Leaf", "Node", "Not", "Or", "ParsedQuery", "leaves", "parse_query"]

Column = Literal["title", "body", "captions"]

_COLUMNS: dict[str, Column] = {
    "title": "title",
    "body": "body",
    "text": "body",
    "caption": "captions",
    "captions": "captions",
}
_WORDS_READ = 40
"""Words of a query that are read; nobody types more, and SQLite's expressions have bounds."""
_NESTED_AT_MOST = 20


@dataclass(frozen=True, slots=True)
class Leaf:
    """Words that must stand side by side; one word, mostly."""

    text: str
    """As asked; of Chinese and Japanese, the run of characters."""
    words: tuple[str, ...]
    """Stems, or pairs of characters."""
    paired: bool = False
    """Is it Chinese or Japanese?"""
    prefix: bool = False
    """Is the last word only a beginning?"""
    column: Column | None = None
    """Where it must stand; anywhere, if not told."""

    def __hash__(self) -> int:
        # Asked for thousands of times in a search; that of all fields takes four times as long.
        return hash(self.text)

    @property
    def expression(self) -> str:
        """In FTS5's language."""
        text = " ".join(self.words) if self.paired else self.text
        quoted = '"' + text.replace('"', " ") + '"' + ("*" if self.prefix else "")
        return f"{{{self.column}}} : {quoted}" if self.column else quoted


@dataclass(frozen=True, slots=True)
class And:
    """All of them."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Any of them."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The one without the other."""

    wanted: Node
    unwanted: Node


Node = Leaf | And | Or | Not


@dataclass(frozen=True, slots=True)
class ParsedQuery:
    """A query as it was understood."""

    tree: Node | None
    """None where there is no word in it."""
    note: str | None
    """What a person should know of how it was read."""


def leaves(node: Node) -> list[Leaf]:
    """The words and phrases that speak for an article, in their order; not those behind NOT."""
    if isinstance(node, Leaf):
        return [node]
    if isinstance(node, Not):
        return leaves(node.wanted)
    return [leaf for part in node.parts for leaf in leaves(part)]


def parse_query(query: str, stems: Stems) -> ParsedQuery:
    """Read a query; whatever stands in it."""
    # Half a surrogate pair and NUL come from shells and files; SQLite takes neither.
    text = query.encode("utf-8", "replace").decode().replace("\0", " ")
    try:
        tree = _Parser(text, stems).parse()
    except _SyntaxFaultError as reason:
        plain = " ".join(_PLAIN.findall(text))
        words = [word for word in plain.split() if word not in _OPERATORS] or plain.split()
        tree = _all_of([_unit(word, stems) for word in words[:_WORDS_READ]])
        if tree is None:
            return ParsedQuery(None, _NO_WORD)
        return ParsedQuery(tree, f"{reason}: read as the words {' '.join(words[:_WORDS_READ])!r}")
    return ParsedQuery(tree, None if tree or not query.strip() else _NO_WORD)


_NO_WORD = "there is no word in the query"
_OPERATORS = ("AND", "OR", "NOT")
_PLAIN = re.compile(r"[^\W_]+(?:['’\-.][^\W_]+)*")
_TOKEN = re.compile(
    r"""\s*(?: (?P<open>\() | (?P<close>\)) | "(?P<phrase>[^"]*)"(?P<star>\*?)
    | (?P<column>title|body|text|captions?):\s*(?=[^\s)]) | (?P<word>[^\s()"]+) | (?P<quote>") )""",
    re.VERBOSE,
)


class _SyntaxFaultError(Exception):
    """Why a query's words are read as they stand; caught here."""


class _Parser:
    """Recursive descent: OR binds least, then AND and NOT, then what stands side by side."""

    def __init__(self, text: str, stems: Stems) -> None:
        self._stems = stems
        self._tokens = [match for match in _TOKEN.finditer(text.strip()) if match.group().strip()]
        if len(self._tokens) > _WORDS_READ:
            raise _SyntaxFaultError(f"more than {_WORDS_READ} words")
        self._place = 0
        self._depth = 0

    def parse(self) -> Node | None:
        if not self._tokens:
            return None
        tree = self._alternatives(None)
        if self._place < len(self._tokens):
            raise _SyntaxFaultError("a bracket is closed that was not opened")
        return tree

    def _peek(self, name: str) -> str | None:
        if self._place >= len(self._tokens):
            return None
        value: str | None = self._tokens[self._place][name]
        return value

    def _take_operator(self, operator: str) -> bool:
        if self._peek("word") != operator:
            return False
        self._place += 1
        return True

    def _alternatives(self, column: Column | None) -> Node | None:
        parts = [self._conjunction(column)]
        while self._take_operator("OR"):
            parts.append(self._conjunction(column))
        found = [part for part in parts if part is not None]
        return found[0] if len(found) == 1 else Or(tuple(found)) if found else None

    def _conjunction(self, column: Column | None) -> Node | None:
        tree = self._neighbours(column)
        while True:
            both = self._take_operator("AND")
            if self._take_operator("NOT"):
                unwanted = self._neighbours(column)
                if tree is None or unwanted is None:
                    raise _SyntaxFaultError("NOT needs words on both sides")
                tree = Not(tree, unwanted)
            elif both:
                tree = _all_of([tree, self._neighbours(column)])
            else:
                return tree

    def _neighbours(self, column: Column | None) -> Node | None:
        units = []
        while self._place < len(self._tokens) and not self._peek("close"):
            if self._peek("word") in _OPERATORS:
                break
            units.append(self._one(column))
        if not units:
            wrong = self._peek("word") or self._peek("close")
            raise _SyntaxFaultError(
                f"there is nothing before {wrong}" if wrong else "a word is missing at the end"
            )
        return _all_of(units)

    def _one(self, column: Column | None) -> Node | None:
        token = self._tokens[self._place]
        self._place += 1
        if token["quote"]:
            raise _SyntaxFaultError("a quotation is not closed")
        if token["column"]:
            if self._place >= len(self._tokens) or self._peek("close"):
                raise _SyntaxFaultError(f"there is nothing after {token['column']}:")
            return self._one(_COLUMNS[token["column"]])
        if token["open"]:
            self._depth += 1
            if self._depth > _NESTED_AT_MOST:
                raise _SyntaxFaultError("too many brackets in each other")
            inside = self._alternatives(column)
            if not self._peek("close"):
                raise _SyntaxFaultError("a bracket is not closed")
            self._place += 1
            self._depth -= 1
            return inside
        if token["phrase"] is not None:
            return _unit(token["phrase"], self._stems, prefix=bool(token["star"]), column=column)
        word = token["word"]
        return _unit(word.rstrip("*"), self._stems, prefix=word.endswith("*"), column=column)


def _unit(text: str, stems: Stems, *, prefix: bool = False, column: Column | None = None) -> Node | None:
    """A word or phrase; its Chinese and Japanese apart, since they are in another index."""
    parts: list[Node | None] = []
    latin = without_characters(text)
    words = tuple(stems.of(latin))
    if words:
        parts.append(Leaf(latin, words, prefix=prefix, column=column))
    for run in characters(text):
        # The last character of a run stands alone in the index; in a query it is part of the pair before it.
        joined = tuple(pairs(run)[:-1]) or (run,)
        parts.append(Leaf(run, joined, paired=True, prefix=len(run) == 1, column=column))
    return _all_of(parts)


def _all_of(parts: list[Node | None]) -> Node | None:
    found: list[Node] = []
    for part in parts:
        found.extend(part.parts if isinstance(part, And) else [part] if part is not None else [])
    return found[0] if len(found) == 1 else And(tuple(found)) if found else None
