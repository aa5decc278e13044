"""Compressed and plain files behind one pair of functions; the name's ending says which.

The same bytes in give the same bytes out: no moment, no name of a file stands in them.
"""

from __future__ import annotations

import gzip
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol, cast

from isal import igzip
from isal.igzip_lib import IsalError

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["BROKEN_STREAM", "Sink", "compressing", "opened_to_read"]

_GZIP_LEVEL = 2
_ZSTD_LEVEL = 3
_BUFFER = 1 << 20

# isal's stubs declare its exception class as an instance.
BROKEN_STREAM = (cast("type[Exception]", IsalError), gzip.BadGzipFile, zstd.ZstdError, EOFError)
"""What reading raises where compressed bytes were changed or cut off."""


class Sink(Protocol):
    """What bytes can be written to."""

    def write(self, data: bytes, /) -> object:
        """Take bytes."""


@contextmanager
def compressing(name: str, file: Sink) -> Iterator[Sink]:
    """What writes into `file` by the ending of the name: ``.gz``, ``.zst``, or as it is."""
    target = cast("BinaryIO", file)
    if name.endswith(".gz"):
        # isal has no types for it.
        packer: Any = igzip.IGzipFile
        with packer(filename="", fileobj=target, mode="wb", compresslevel=_GZIP_LEVEL, mtime=0) as inner:
            yield inner
    elif name.endswith(".zst"):
        with zstd.ZstdFile(target, mode="wb", level=_ZSTD_LEVEL) as packed:
            yield packed
    else:
        yield file


@contextmanager
def opened_to_read(path: Path) -> Iterator[BinaryIO]:
    """The document in a file, uncompressed."""
    with path.open("rb", buffering=_BUFFER) as file:
        if path.name.endswith(".gz"):
            unpacker: Any = igzip.IGzipFile
            with unpacker(fileobj=file, mode="rb") as inner:
                yield inner
        elif path.name.endswith(".zst"):
            with zstd.ZstdFile(file, mode="rb") as packed:
                yield cast("BinaryIO", packed)
        else:
            yield file
