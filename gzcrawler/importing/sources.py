"""Where files to import are: paths, folders and fsspec addresses; the WARC files inside WACZ packages."""

from __future__ import annotations

import io
import posixpath
import zipfile
import zlib
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, TYPE_CHECKING, BinaryIO, cast

import fsspec

from gzcrawler.errors import ForeignFileError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

__all__ = ["ForeignFile", "WarcSource", "find_files", "warc_sources"]

_ENDINGS = (".warc", ".warc.gz", ".warc.zst", ".wacz")
_WARC_ENDINGS = (".warc", ".warc.gz", ".warc.zst")
_ZIP_MAGIC = b"PK\x03\x04"
_MEMBERS_AT_MOST = 100_000
_HONEST = 64_000_000
_RATIO = 200
"""WARC files lie in a WACZ as they are; what a zip shrinks to less than this part was made to fill a disk."""

_NO_ZIP = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError)
"""What the standard library's zip raises for damage, other ways to pack, and passwords."""


@dataclass(frozen=True, slots=True)
class ForeignFile:
    """A file that was named, or lies in a folder that was."""

    name: str
    """Path or address, without a password that it may carry."""
    size: int | None
    """In bytes, where that is known without reading it."""
    open: Callable[[], BinaryIO]
    """Gives it, at its beginning."""


@dataclass(frozen=True, slots=True)
class WarcSource:
    """One WARC file, by itself or inside a WACZ."""

    name: str
    open: Callable[[], BinaryIO]


def find_files(given: Iterable[str]) -> list[ForeignFile]:
    """The files that paths and addresses name, those of folders sorted by name, each once.

    Raises:
        UsageError: nothing is there, a folder holds no such file, or the address needs a package that is not installed.
    """
    found: dict[str, ForeignFile] = {}
    for one in given:
        for file in _remote(one) if "://" in one else _local(Path(one)):
            found.setdefault(file.name, file)
    return list(found.values())


def _local(path: Path) -> list[ForeignFile]:
    if path.is_dir():
        paths = sorted(p for p in path.rglob("*") if p.name.lower().endswith(_ENDINGS) and p.is_file())
        if not paths:
            raise UsageError(f"{path}: the folder holds no file that ends in {', '.join(_ENDINGS)}")
        return [file for each in paths for file in _local(each)]
    if not path.is_file():
        raise UsageError(f"{path}: there is no such file or folder")
    return [ForeignFile(str(path), path.stat().st_size, lambda: path.open("rb"))]


def _remote(url: str) -> list[ForeignFile]:
    shown = _without_password(url)
    try:
        system, path = fsspec.core.url_to_fs(url)
    except ImportError as error:
        raise UsageError(f"{shown}: {error}") from error
    except ValueError as error:
        raise UsageError(f"{shown}: is no address that fsspec knows ({error})") from error
    with _readable(shown):
        if system.isdir(path) and not url.startswith(("http://", "https://")):
            paths = sorted(p for p in system.find(path) if p.lower().endswith(_ENDINGS))
            if not paths:
                raise UsageError(f"{shown}: the folder holds no file that ends in {', '.join(_ENDINGS)}")
            return [_of_system(system, each, system.unstrip_protocol(each)) for each in paths]
        if not system.exists(path):
            raise UsageError(f"{shown}: there is no such file")
        return [_of_system(system, path, shown)]


def _of_system(system: fsspec.AbstractFileSystem, path: str, name: str) -> ForeignFile:
    size = system.info(path).get("size")
    return ForeignFile(name, size, lambda: cast("BinaryIO", system.open(path, "rb")))


@contextmanager
def _readable(name: str) -> Iterator[None]:
    """What systems raise where they cannot be reached."""
    try:
        yield
    except OSError as error:
        raise UsageError(f"{name}: {error}") from error


def _without_password(url: str) -> str:
    scheme, _, rest = url.partition("://")
    place, slash, path = rest.partition("/")
    return f"{scheme}://{place.rpartition('@')[2]}{slash}{path}"


@contextmanager
def warc_sources(file: ForeignFile) -> Iterator[list[WarcSource]]:
    """The WARC files that a file is, or holds.

    Raises:
        ForeignFileError: a package that is damaged, or made to do harm.
        OSError: it cannot be read.
    """
    with file.open() as opened:
        is_package = opened.read(len(_ZIP_MAGIC)) == _ZIP_MAGIC
    if not is_package:
        yield [WarcSource(file.name, file.open)]
        return
    with ExitStack() as closing:
        with _as_damage():
            package = closing.enter_context(zipfile.ZipFile(closing.enter_context(file.open())))
        members = package.infolist()
        _require_harmless(members)
        warcs = [m for m in members if m.filename.lower().endswith(_WARC_ENDINGS) and not m.is_dir()]
        if not warcs:
            raise ForeignFileError("is a zip file without a WARC file in it")
        yield [
            WarcSource(f"{file.name}:{member.filename}", partial(_open_member, package, member))
            for member in sorted(warcs, key=lambda member: member.filename)
        ]


def _open_member(package: zipfile.ZipFile, member: zipfile.ZipInfo) -> BinaryIO:
    with _as_damage():
        return cast("BinaryIO", _Member(package.open(member)))


class _Member(io.RawIOBase):
    """A file inside a package, whose damage is told as such."""

    def __init__(self, inner: IO[bytes]) -> None:
        super().__init__()
        self._inner = inner

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        with _as_damage():
            return self._inner.read(size)

    def close(self) -> None:
        self._inner.close()
        super().close()


@contextmanager
def _as_damage() -> Iterator[None]:
    try:
        yield
    except _NO_ZIP as error:
        raise ForeignFileError(f"is no whole zip file ({error})") from error


def _require_harmless(members: list[zipfile.ZipInfo]) -> None:
    """Nothing is written under these names; a package that has such ones was made to do harm, and is not believed."""
    if len(members) > _MEMBERS_AT_MOST:
        raise ForeignFileError(f"holds {len(members):,} files, which no WACZ does; nothing of it was read")
    for member in members:
        name = member.orig_filename.replace("\\", "/")
        if name.startswith("/") or ".." in name.split("/") or name[1:3] == ":/" or "\0" in name:
            raise ForeignFileError(
                f"names a file outside of itself ({member.orig_filename!r}); nothing of it was read"
            )
        if posixpath.normpath(name) != name.rstrip("/"):
            raise ForeignFileError(
                f"names a file in a devious way ({member.orig_filename!r}); nothing of it was read"
            )
        if member.file_size > _HONEST + _RATIO * member.compress_size:
            raise ForeignFileError(
                f"is a decompression bomb: {member.filename!r} has {member.file_size:,} bytes out of "
                f"{member.compress_size:,}; nothing of it was read"
            )
