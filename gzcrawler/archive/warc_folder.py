"""The WARC files of an archive as another machine sees them: under a shared path, or at an fsspec address."""

from __future__ import annotations

import platform
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

from gzcrawler.archive.warc_reading import read_response
from gzcrawler.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["WarcFolder", "require_address"]

_AHEAD = 1 << 20
"""Bytes that are fetched at once from an object store: records that are read lie one behind the other."""


class WarcFolder:
    """Opens WARC files to read, one at a time."""

    def __init__(self, address: str) -> None:
        """Look nowhere yet.

        Args:
            address: of the archive's folder: a path, or what fsspec takes: ``s3://bucket/archive`` …
        """
        self._address = address.rstrip("/")
        self._name = ""
        self._file: BinaryIO | None = None

    def response(
        self, name: str, offset: int, length: int, *, revisit: bool = False
    ) -> tuple[tuple[tuple[str, str], ...], bytes]:
        """Headers and payload of a record (`warc_reading.read_response`); its file stays open for the next one.

        Raises:
            ArchiveDamagedError: no such record lies there.
            UsageError: the file cannot be read on this machine.
        """
        address = f"{self._address}/warc/{name}"
        with _as_usage_errors(address):
            if self._file is None or name != self._name:
                self.close()
                self._file, self._name = self._open(name), name
            return read_response(self._file, offset, length, revisit=revisit)

    def close(self) -> None:
        """Close what is open."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _open(self, name: str) -> BinaryIO:
        if "://" not in self._address:
            return (Path(self._address) / "warc" / name).open("rb")
        files, folder = import_module("fsspec").url_to_fs(self._address)
        return cast("BinaryIO", files.open(f"{folder}/warc/{name}", "rb", block_size=_AHEAD))


@contextmanager
def _as_usage_errors(address: str) -> Iterator[None]:
    """Whatever a file system refuses: the call names the wrong place, or a machine is not set up for it."""
    try:
        yield
    except (OSError, ValueError) as error:
        raise UsageError(
            f"machine {platform.node()} cannot read {address} ({getattr(error, 'strerror', None) or error}); --files-at must lead every worker to the "
            "archive's folder"
        ) from error


def require_address(address: str) -> None:
    """Make sure that an address is one that fsspec could know; asks nobody.

    Raises:
        UsageError: it is none, or fsspec is not installed here.
    """
    protocol, separator, _ = address.partition("://")
    if not separator:
        return
    try:
        known = import_module("fsspec").available_protocols()
    except ImportError as error:
        raise UsageError(
            "addresses need fsspec, which is not installed: pip install 'gzcrawler[cluster]'"
        ) from error
    if protocol not in known:
        raise UsageError(f"{address}: fsspec knows no protocol {protocol!r}")
