"""Where an export goes: a file of that name, the usual name in a folder, or the archive's own ``snapshots/``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gzcrawler.archive.directory import as_archive_errors
from gzcrawler.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from gzcrawler.archive.directory import Directory

__all__ = ["COMPRESSIONS", "target_of"]

COMPRESSIONS = ("", ".gz", ".zst")
"""Endings that say how a file is compressed."""


def target_of(out: Path | None, directory: Directory, name: str, endings: tuple[str, ...]) -> Path:
    """The place that an export takes.

    Args:
        out: what was asked for; a folder takes the usual name, None is ``snapshots/`` in the archive.
        directory: of the archive.
        name: the usual name, with its ending.
        endings: what a name that was given may end in; none for folders.

    Raises:
        UsageError: a name that ends otherwise.
    """
    if out is None:
        folder = directory.path / "snapshots"
        with as_archive_errors(folder):
            folder.mkdir(exist_ok=True)
        return folder / name
    if out.is_dir() and endings:
        return out / name
    if endings and not out.name.endswith(endings):
        raise UsageError(f"{out}: a file of this format ends in {', '.join(endings)}")
    return out
