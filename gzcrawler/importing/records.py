"""WARC records out of a file of another archive: framed strictly, so that a wrong length is told and not believed.

Tolerant readers take a length at its word: one that is too large swallows the records behind it without a
sound. Here a record counts when the next one, or the end of the file, follows where it says. What does not
is named, and reading goes on at the next record that can be found.
"""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, BinaryIO

from gzcrawler.errors import ForeignFileError
from gzcrawler.importing.unpacking import Break, Piece, unpack

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

__all__ = ["Fault", "ForeignRecord", "read_records"]

_HEAD_AT_MOST = 1 << 16
"""Bytes of a WARC header: some forty fields, of which an address takes 8 kB at most."""
_STARTS = re.compile(rb"WARC/[01]\.[0-9]+\r?\n")
_START_AT_MOST = len(b"WARC/1.10\r\n")
_END_AT_MOST = len(b"\r\n\r\n") + _START_AT_MOST
_ALGORITHMS = {"sha1": 20, "sha256": 32, "md5": 16}


@dataclass(frozen=True, slots=True)
class ForeignRecord:
    """One record, as far as it is looked at."""

    number: int
    """Place in the file, from 1; what was damaged before it counts as one."""
    kind: str
    """``WARC-Type``, in small letters."""
    fields: dict[str, str]
    """By names in small letters; of repeated ones the first."""
    block: bytes
    """The content, up to as much as is taken."""
    length: int
    """Of the whole content, in bytes."""
    digest_differs: bool = False
    """Its ``WARC-Block-Digest`` is not that of its content."""

    @property
    def cut(self) -> bool:
        """Is there more of the content than was taken?"""
        return self.length > len(self.block)


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a stretch of a file."""

    reason: str


@dataclass(slots=True)
class _Cursor:
    """The unpacked bytes ahead."""

    pieces: Iterator[Piece | Break]
    buffer: bytearray = field(default_factory=bytearray)
    at: int = 0
    """Of the buffer's first byte, in the unpacked file."""
    broken: Break | None = None
    """Nothing can be had behind the buffer but anew."""
    ended: bool = False
    member: int | None = None
    """Where a packed member began that the buffer reached last, in the unpacked file."""

    def more(self) -> bool:
        """Take another piece; False at a break or the end."""
        if self.broken or self.ended:
            return False
        piece = next(self.pieces, None)
        if piece is None:
            self.ended = True
            return False
        if isinstance(piece, Break):
            self.broken = piece
            return False
        if piece.begins:
            self.member = self.at + len(self.buffer)
        self.buffer += piece.data
        return True

    def have(self, number: int) -> bool:
        """Are so many bytes ahead?"""
        while len(self.buffer) < number:
            if not self.more():
                return False
        return True

    def take(self, number: int) -> bytes:
        taken = bytes(self.buffer[:number])
        self.drop(number)
        return taken

    def drop(self, number: int) -> None:
        number = min(number, len(self.buffer))
        del self.buffer[:number]
        self.at += number


def read_records(
    open_file: Callable[[], BinaryIO], *, wanted: Collection[str], most: int
) -> Iterator[ForeignRecord | Fault]:
    """The records of a file, one after the other.

    Args:
        open_file: gives the file, at its beginning.
        wanted: types whose content is taken; of others it is passed over.
        most: bytes of a record's content that are taken.

    Raises:
        ForeignFileError: it is no WARC file, or may not be read on.
        OSError: it cannot be read.
    """
    with open_file() as file:
        yield from _Frames(_Cursor(unpack(file)), frozenset(wanted), most).read()


class _Frames:
    def __init__(self, cursor: _Cursor, wanted: frozenset[str], most: int) -> None:
        self._cursor = cursor
        self._wanted = wanted
        self._most = most
        self._number = 0

    def read(self) -> Iterator[ForeignRecord | Fault]:
        while self._is_more():
            self._number += 1
            found = self._record()
            yield found
            if isinstance(found, Fault):
                self._find_next()

    def _is_more(self) -> bool:
        """Pass over line ends; False where nothing is left, not even a break to be told of."""
        cursor = self._cursor
        while cursor.have(1) and cursor.buffer[0] in b"\r\n":
            cursor.drop(1)
        return bool(cursor.buffer) or cursor.broken is not None

    def _record(self) -> ForeignRecord | Fault:
        cursor = self._cursor
        if not cursor.buffer:
            return Fault(f"record {self._number:,} cannot be unpacked{self._broken()}")
        head = self._head()
        if isinstance(head, Fault):
            return head
        fields = _fields(head)
        kind = fields.get("warc-type", "").lower()
        length = fields.get("content-length", "")
        if not length.isascii() or not length.isdigit() or len(length) > 15:
            return Fault(f"record {self._number:,} says {length[:20]!r} for its length")
        return self._block(kind, fields, int(length))

    def _head(self) -> bytes | Fault:
        cursor = self._cursor
        searched = 0
        while True:
            end = cursor.buffer.find(b"\n\r\n", searched)
            bare = cursor.buffer.find(b"\n\n", searched, end if end >= 0 else None)
            if bare >= 0:
                end, width = bare, 2
            elif end >= 0:
                width = 3
            else:
                searched = max(len(cursor.buffer) - 2, 0)
                if len(cursor.buffer) < _HEAD_AT_MOST and cursor.more():
                    continue
                return self._no_head()
            if not _STARTS.match(cursor.buffer):
                return self._no_head()
            return cursor.take(end + width)

    def _no_head(self) -> Fault:
        cursor = self._cursor
        if _STARTS.match(cursor.buffer) and len(cursor.buffer) < _HEAD_AT_MOST:
            cursor.drop(len(cursor.buffer))
            return Fault(f"record {self._number:,} breaks off in its header{self._broken()}")
        if self._number == 1:
            raise ForeignFileError("is no WARC file: no record begins with its first byte")
        where = cursor.at
        cursor.drop(1)
        return Fault(f"no record begins at byte {where:,} (unpacked), where number {self._number:,} should")

    def _broken(self) -> str:
        """Why reading broke off, to be told behind what broke off; reading may go on."""
        broken, self._cursor.broken = self._cursor.broken, None
        return f", damaged at byte {broken.offset:,} of the file: {broken.reason}" if broken else ""

    def _block(self, kind: str, fields: dict[str, str], length: int) -> ForeignRecord | Fault:
        cursor = self._cursor
        keep = min(length, self._most) if kind in self._wanted else 0
        digest = _Digest(fields.get("warc-block-digest", "")) if keep else None
        kept = bytearray()
        left = length
        while left:
            if not cursor.buffer and not cursor.more():
                return self._cut_short(kept, length - left, length)
            if self._swallows(kept, length - left):
                return self._cut_short(kept, length - left, length)
            data = cursor.take(min(left, len(cursor.buffer)))
            if digest:
                digest.update(data)
            if len(kept) < keep:
                kept += data[: keep - len(kept)]
            left -= len(data)
        if not self._ends_well():
            self._give_back(kept, length)
            return Fault(f"record {self._number:,} is not {length:,} bytes long, as it says")
        return ForeignRecord(
            self._number, kind, fields, bytes(kept), length, digest is not None and digest.differs
        )

    def _swallows(self, kept: bytearray, taken: int) -> bool:
        """Does a record begin, with a packed member of its own, where this one should still go on?"""
        cursor = self._cursor
        if cursor.member != cursor.at or not (kept or taken):
            return False
        cursor.have(_START_AT_MOST)
        return _STARTS.match(cursor.buffer) is not None

    def _ends_well(self) -> bool:
        """Does the end of a record, of the file, or at least the next record follow?"""
        cursor = self._cursor
        cursor.have(_END_AT_MOST)
        rest = bytes(cursor.buffer[:_END_AT_MOST])
        following = rest.lstrip(b"\r\n")
        return rest.startswith(b"\r\n\r\n") or not following or _STARTS.match(following) is not None

    def _cut_short(self, kept: bytearray, taken: int, length: int) -> Fault:
        where = "the file ends" if self._cursor.ended else "it ends"
        reason = f"record {self._number:,}: {where} after {taken:,} of {length:,} bytes{self._broken()}"
        self._give_back(kept, taken)
        return Fault(reason)

    def _give_back(self, kept: bytearray, taken: int) -> None:
        """Look for the next record in what was taken for this one's content, where all of that is still here."""
        cursor = self._cursor
        if taken == len(kept) and kept:
            cursor.buffer[:0] = kept
            cursor.at -= len(kept)

    def _find_next(self) -> None:
        """Go to the next thing that looks like the beginning of a record."""
        cursor = self._cursor
        while True:
            start = self._start()
            if start is not None:
                cursor.drop(start)
                return
            cursor.drop(len(cursor.buffer) - _START_AT_MOST)
            if not cursor.more():
                cursor.drop(len(cursor.buffer))
                return

    def _start(self) -> int | None:
        """Where in the buffer a record seems to begin: in a line of its own, or with a packed member."""
        cursor = self._cursor
        for match in _STARTS.finditer(cursor.buffer):
            at = match.start()
            if cursor.buffer[at - 1 : at] == b"\n" or cursor.at + at == cursor.member:
                return at
        return None


class _Digest:
    """Compares a content with the digest that its record names; without one, or with a strange one, never differs."""

    def __init__(self, told: str) -> None:
        name, _, value = told.strip().partition(":")
        name = name.lower().replace("-", "")
        self._told = _digest_bytes(name, value.strip())
        self._hash = hashlib.new(name, usedforsecurity=False) if self._told else None

    def update(self, data: bytes) -> None:
        if self._hash:
            self._hash.update(data)

    @property
    def differs(self) -> bool:
        return self._hash is not None and self._hash.digest() != self._told


def _digest_bytes(algorithm: str, value: str) -> bytes | None:
    """A digest in base 32, or in hexadecimal digits; None where it is neither."""
    size = _ALGORITHMS.get(algorithm)
    if size is None:
        return None
    try:
        if len(value) == 2 * size:
            return bytes.fromhex(value)
        found = base64.b32decode(value.upper() + "=" * (-len(value) % 8))
    except ValueError:
        return None
    return found if len(found) == size else None


def _fields(head: bytes) -> dict[str, str]:
    fields: dict[str, str] = {}
    name = ""
    for line in head.decode("utf-8", "replace").splitlines()[1:]:
        if line[:1] in (" ", "\t") and name:
            fields[name] += " " + line.strip()
            continue
        name, _, value = line.partition(":")
        name = name.strip().lower()
        if name in fields:
            name = ""
        elif name:
            fields[name] = value.strip()
    return fields
