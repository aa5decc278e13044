"""Files and folders that appear whole or not at all: written aside in the same folder, synced, renamed.

What a killed export left aside is removed by the next one that writes into the folder; what a living one
is writing carries a lock, and is left alone.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import fcntl
import os
import shutil
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO

from gzcrawler.archive.directory import sync_directory
from gzcrawler.errors import ExportError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["as_export_errors", "put_in_place", "require_folder", "sync_file", "whole_file", "whole_folder"]

_ASIDE = ".partial"
"""End of the names under which files and folders are written."""

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2


@contextmanager
def as_export_errors(path: Path) -> Iterator[None]:
    """Turn the operating system's refusals into errors that name the file.

    Raises:
        ExportError: disk full, permission, or any other input or output error.
    """
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise ExportError(f"{path}: no space left; what lay there before is as it was") from error
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
            raise ExportError(f"{path}: may not be written by this user ({error.strerror})") from error
        raise ExportError(f"{path}: {error.strerror or error}") from error


def require_folder(path: Path) -> None:
    """Look before the work begins: is there a folder that a file of this name can be written into?

    Raises:
        UsageError: no, or the name is a folder's, or that of a device or a pipe.
        ExportError: there is, but it may not be written.
    """
    folder = path.parent
    if not folder.is_dir():
        raise UsageError(f"{folder}: no such folder; make it first")
    if path.is_dir():
        raise UsageError(f"{path}: is a folder")
    if path.exists() and not path.is_file():
        # To take its place would take it away: of whoever may write there, /dev/null among others.
        raise UsageError(f"{path}: is no ordinary file, and is not replaced by one")
    _require_writable(folder)


@contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """A file to write to, which takes its place in one step when the block ends well.

    Raises:
        ExportError: it could not be written; what lay there before is as it was.
    """
    with as_export_errors(path):
        aside = _aside(path)
        with aside.open("xb") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX)
                yield file
                file.flush()
                os.fsync(file.fileno())
                put_in_place(aside, path)
            except BaseException:
                aside.unlink(missing_ok=True)
                raise


@contextmanager
def whole_folder(path: Path, *, mark: str) -> Iterator[Path]:
    """A folder to fill, which takes its place in one step when the block ends well.

    Args:
        path: its place; what lies there is replaced if it is empty, or was written here before.
        mark: name of a file that tells a folder of ours from any other.

    Raises:
        UsageError: no folder to write it into, or something else lies there.
        ExportError: it could not be written; what lay there before is as it was.
    """
    if not path.parent.is_dir():
        raise UsageError(f"{path.parent}: no such folder; make it first")
    if path.exists() and not (path.is_dir() and ((path / mark).is_file() or not any(path.iterdir()))):
        raise UsageError(f"{path}: is there and was not made by an export like this; name another folder")
    _require_writable(path.parent)
    with as_export_errors(path):
        aside = _aside(path)
        aside.mkdir()
        descriptor = os.open(aside, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield aside
            for written in sorted(aside.rglob("*")):
                sync_file(written)
            os.fsync(descriptor)
            if path.exists():
                _exchange(aside, path)
                sync_directory(path.parent)
                shutil.rmtree(aside)
            else:
                put_in_place(aside, path)
        except BaseException:
            shutil.rmtree(aside, ignore_errors=True)
            raise
        finally:
            os.close(descriptor)


def put_in_place(aside: Path, path: Path) -> None:
    """Rename, and make the name survive a power cut."""
    aside.replace(path)
    sync_directory(path.parent)


def sync_file(path: Path) -> None:
    """Make a file's or folder's contents survive a power cut."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _require_writable(folder: Path) -> None:
    if not os.access(folder, os.W_OK | os.X_OK):
        raise ExportError(f"{folder}: may not be written by this user")


def _aside(path: Path) -> Path:
    """A name beside `path` that is nobody's; what dead exports left is cleared away."""
    for left in path.parent.glob(f".{path.name}.*{_ASIDE}"):
        _remove_if_dead(left)
    return path.with_name(f".{path.name}.{os.getpid()}{_ASIDE}")


def _remove_if_dead(left: Path) -> None:
    with contextlib.suppress(FileNotFoundError):
        descriptor = os.open(left, os.O_RDONLY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        finally:
            os.close(descriptor)
        if left.is_dir():
            shutil.rmtree(left)
        else:
            left.unlink()


def _exchange(aside: Path, path: Path) -> None:
    """Let two folders change their names in one step; where the file system cannot, in two."""
    library = ctypes.CDLL(None, use_errno=True)
    rename = getattr(library, "renameat2", None)
    if rename is not None:
        done = rename(_AT_FDCWD, os.fsencode(aside), _AT_FDCWD, os.fsencode(path), _RENAME_EXCHANGE)
        if done == 0:
            return
        number = ctypes.get_errno()
        if number not in (errno.EINVAL, errno.ENOSYS, errno.ENOTSUP):
            raise OSError(number, os.strerror(number), str(path))
    elif sys.platform == "linux":
        raise OSError(errno.ENOSYS, "this C library has no renameat2", str(path))
    old = aside.with_name(aside.name.removesuffix(_ASIDE) + f".old{_ASIDE}")
    path.rename(old)
    aside.rename(path)
    old.rename(aside)
