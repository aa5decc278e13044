"""Records as the table ``revisions`` keeps them: a text that stands in `body` and again in `body_html` is kept once.

There `body_html` is a list: pieces of markup as strings, and for each block of `body` that stands between them its
number: written out, most of the text would stand in the database once more.
"""

from __future__ import annotations

import html
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import orjson

from gzcrawler.errors import ArchiveDamagedError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["WHOLE_RECORD", "read_record", "stored_record", "whole_record"]

_SHORTEST = 8
"""Characters of a block that is worth a number: with its quotation marks and commas that takes as many."""

_PIECE = re.compile(rb'"([^"\\]*(?:\\.[^"\\]*)*)"|(\d+)')
"""Strings of JSON, as they are written between their marks."""

WHOLE_RECORD = """CAST(CASE json_type({0}, '$.body_html') WHEN 'array' THEN json_set({0}, '$.body_html',
            (SELECT group_concat(CASE piece.type WHEN 'integer'
                THEN replace(replace(replace(json_extract({0}, '$.body[' || piece.value || ']'),
                    '&', '&amp;'), '<', '&lt;'), '>', '&gt;')
                ELSE piece.value END, '') FROM json_each({0}, '$.body_html') AS piece))
            ELSE {0} END AS TEXT)"""
"""`whole_record` in SQL, of a column; for views."""


def stored_record(record: Mapping[str, Any]) -> str:
    """A whole record as the table keeps it, as JSON.

    >>> stored_record({"body": ["Tides & tables"], "body_html": "<p>Tides &amp; tables</p>", "images": []})
    '{"body":["Tides & tables"],"body_html":["<p>",0,"</p>"],"images":[]}'
    """
    if record.get("body_html"):
        record = {**record, "body_html": _pieces(record["body"], record["body_html"])}
    return orjson.dumps(record).decode()


def read_record(stored: str | bytes) -> dict[str, Any]:
    """The inverse of `stored_record`; also of a record that was kept whole.

    Raises:
        ValueError, LookupError, TypeError: that is no record.
    """
    record: dict[str, Any] = orjson.loads(stored)
    pieces = record.get("body_html")
    if isinstance(pieces, list):
        record["body_html"] = _joined(pieces, record["body"])
    return record


def whole_record(stored: bytes) -> bytes:
    """The whole record, as JSON still; spliced as text, since exports of millions of records wait for it.

    Raises:
        ArchiveDamagedError: that is no record as it was stored.
    """
    # No string of JSON holds a bare quotation mark, so that these stand only where the fields begin.
    start = stored.find(b'],"body_html":[') + 1
    if not start:
        return stored
    pieces_at = start + len(b',"body_html":')
    try:
        pieces_end = stored.index(b'],"images":', pieces_at) + 1
        body_at = stored.index(b'"body":[') + len(b'"body":')
        blocks = _strings(stored[body_at:start])
        pieces = _read_pieces(stored[pieces_at:pieces_end])
        markup = [blocks[piece] if isinstance(piece, int) else piece for piece in pieces]
    except (ValueError, IndexError) as error:
        raise ArchiveDamagedError("a record is not what was stored; `gzcrawler verify` names it") from error
    return b"".join((stored[:pieces_at], b'"', *markup, b'"', stored[pieces_end:]))


@lru_cache(maxsize=1_000)  # that of so many paragraphs and nothing else is most articles'
def _read_pieces(array: bytes) -> list[bytes | int]:
    return [int(number) if number else text for text, number in _PIECE.findall(array)]


def _strings(array: bytes) -> list[bytes]:
    """The strings of a JSON array, as they are written between their marks, for HTML."""
    # The marks that HTML escapes are none that JSON does, nor part of its escapes.
    for mark, escape in ((b"&", b"&amp;"), (b"<", b"&lt;"), (b">", b"&gt;")):
        if mark in array:
            array = array.replace(mark, escape)
    if b"\\" not in array:
        return array[2:-2].split(b'","')
    # Control characters stand in no JSON text: for a moment they take the place of what may not be split.
    masked = array.replace(b"\\\\", b"\0").replace(b'\\"', b"\1")
    return [string.replace(b"\1", b'\\"').replace(b"\0", b"\\\\") for string in masked[2:-2].split(b'","')]


def _pieces(body: Sequence[str], markup: str) -> list[str | int] | str:
    """Markup without the blocks that stand in it as they are; as it is where none does."""
    pieces: list[str | int] = []
    end = 0
    for number, block in enumerate(body):
        if len(block) < _SHORTEST:
            continue
        text = _escaped(block)
        start = markup.find(text, end)
        if start >= 0:
            pieces += [markup[end:start], number] if start > end else [number]
            end = start + len(text)
    if not pieces:
        return markup
    return [*pieces, markup[end:]] if end < len(markup) else pieces


def _joined(pieces: Sequence[str | int], body: Sequence[str]) -> str:
    return "".join(piece if isinstance(piece, str) else _escaped(body[piece]) for piece in pieces)


def _escaped(block: str) -> str:
    return html.escape(block, quote=False)
