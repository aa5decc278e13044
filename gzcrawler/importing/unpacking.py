"""Bytes out of a file as it is packed: plain, gzip in members, zstd in frames; piece by piece, in bounded memory."""

from __future__ import annotations

import sys
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, cast

from isal import isal_zlib
from isal.igzip_lib import IsalError

from gzcrawler.errors import ForeignFileError

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Break", "Piece", "unpack"]

_CHUNK = 1 << 18
_PIECE = 1 << 20
"""Bytes that are unpacked at a time, however well they were packed."""
_GZIP_WINDOW = 31
_GZIP_MAGIC = b"\x1f\x8b\x08"
_ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
_DICTIONARY_MAGIC = b"\x5d\x2a\x4d\x18"
"""A frame that zstd skips; first in a file, it is the dictionary of all others (WARC compression by IIPC)."""
_OTHER_MAGIC = {
    b"PK\x03\x04": "a zip file",
    b"\x04\x22\x4d\x18": "packed with lz4",
    b"BZh": "packed with bzip2",
}
_DICTIONARY_AT_MOST = 16_000_000

_HONEST = 100_000_000
_RATIO = 300
"""Pages shrink to a tenth, pages of blanks to a hundredth. What grows by more, and beyond `_HONEST` bytes, was made
to fill a disk."""

# isal's stubs declare its exception class as an instance.
_NO_GZIP = (cast("type[Exception]", IsalError), zlib.error, EOFError)


@dataclass(frozen=True, slots=True)
class Break:
    """Bytes could not be unpacked; what follows begins anew behind them."""

    offset: int
    """In the file as it is packed."""
    reason: str


@dataclass(frozen=True, slots=True)
class Piece:
    """Some bytes in their order."""

    data: bytes
    begins: bool = False
    """A gzip member begins with them."""


def unpack(file: BinaryIO) -> Iterator[Piece | Break]:
    """The bytes of a file, unpacked.

    Args:
        file: at its beginning.

    Raises:
        ForeignFileError: it is packed in a way that is not read, by a broken dictionary, or only to fill a disk.
        OSError: it cannot be read.
    """
    start = file.read(_CHUNK)
    for magic, what in _OTHER_MAGIC.items():
        if start.startswith(magic):
            raise ForeignFileError(f"is {what}; plain WARC, gzip and zstd are read")
    counted = _Counted(file, start)
    if start.startswith(_GZIP_MAGIC):
        pieces = _unpack_gzip(counted)
    elif start.startswith((_ZSTD_MAGIC, _DICTIONARY_MAGIC)):
        pieces = _unpack_zstd(counted)
    else:
        pieces = _plain(counted)
    return _bounded(pieces, counted)


class _Counted:
    """Reads in chunks, and knows how much that was."""

    def __init__(self, file: BinaryIO, start: bytes) -> None:
        self._file = file
        self._start = start
        self.taken = 0

    def read(self) -> bytes:
        chunk, self._start = self._start or self._file.read(_CHUNK), b""
        self.taken += len(chunk)
        return chunk


def _bounded(pieces: Iterator[Piece | Break], source: _Counted) -> Iterator[Piece | Break]:
    made = 0
    for piece in pieces:
        if isinstance(piece, Piece):
            made += len(piece.data)
            if made > _HONEST + _RATIO * source.taken:
                raise ForeignFileError(
                    f"is a decompression bomb: {made:,} bytes out of {source.taken:,}; read no further"
                )
        yield piece


def _plain(source: _Counted) -> Iterator[Piece | Break]:
    while chunk := source.read():
        yield Piece(chunk)


def _unpack_gzip(source: _Counted) -> Iterator[Piece | Break]:
    pending = source.read()
    while pending:
        begins, offset = True, source.taken - len(pending)
        unpacker = isal_zlib.decompressobj(_GZIP_WINDOW)
        reason = "the file ends in the middle of a record"
        try:
            while not unpacker.eof:
                data = unpacker.decompress(pending, _PIECE)
                if data:
                    yield Piece(data, begins)
                    begins = False
                pending = unpacker.unused_data if unpacker.eof else unpacker.unconsumed_tail
                # At the end of the file, what is unpacked already may still wait to be handed out.
                pending = pending or source.read()
                if not pending and not data:
                    break
        except _NO_GZIP as error:
            reason = f"no gzip ({error})"
        if not unpacker.eof:
            yield Break(offset, reason)
            pending = _next_member(source, pending)


def _next_member(source: _Counted, pending: bytes) -> bytes:
    """The bytes from the next mark of a gzip member on; empty where there is none."""
    pending = pending[1:]
    while True:
        found = pending.find(_GZIP_MAGIC)
        if found >= 0:
            return pending[found:]
        chunk = source.read()
        if not chunk:
            return b""
        pending = pending[-2:] + chunk


def _unpack_zstd(source: _Counted) -> Iterator[Piece | Break]:
    pending = source.read()
    dictionary = None
    if pending.startswith(_DICTIONARY_MAGIC):
        dictionary, pending = _read_dictionary(source, pending)
    while pending:
        offset = source.taken - len(pending)
        unpacker = zstd.ZstdDecompressor(zstd_dict=dictionary)
        begins = True
        try:
            while not unpacker.eof:
                data = unpacker.decompress(pending, _PIECE)
                if data:
                    yield Piece(data, begins)
                    begins = False
                pending = unpacker.unused_data if unpacker.eof else b""
                if unpacker.eof or not unpacker.needs_input:
                    continue
                pending = source.read()
                if not pending:
                    break
        except zstd.ZstdError as error:
            # Frames of zstd carry no mark by which the next one is found for sure.
            yield Break(offset, f"no zstd ({error}); what follows in the file is lost")
            return
        if not unpacker.eof:
            yield Break(offset, "the file ends in the middle of a record")
            return
        pending = pending or source.read()


def _read_dictionary(source: _Counted, pending: bytes) -> tuple[zstd.ZstdDict, bytes]:
    while len(pending) < 8 and (chunk := source.read()):
        pending += chunk
    size = int.from_bytes(pending[4:8], "little")
    if size > _DICTIONARY_AT_MOST:
        raise ForeignFileError(f"begins with a zstd dictionary of {size:,} bytes")
    while len(pending) < 8 + size and (chunk := source.read()):
        pending += chunk
    content, rest = pending[8 : 8 + size], pending[8 + size :]
    try:
        if content.startswith(_ZSTD_MAGIC):
            content = zstd.ZstdDecompressor().decompress(content, _DICTIONARY_AT_MOST)
        return zstd.ZstdDict(content), rest
    except (zstd.ZstdError, ValueError) as error:
        raise ForeignFileError(f"begins with a broken zstd dictionary ({error})") from error
