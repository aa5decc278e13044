"""Exports of several files: a folder that takes its place in one step, with its manifest inside."""

from __future__ import annotations

import json
from contextlib import contextmanager
from hashlib import file_digest
from typing import TYPE_CHECKING, Any

from gzcrawler.exports.whole_files import whole_folder

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

__all__ = ["MANIFEST", "folder_with_manifest"]

MANIFEST = "manifest.json"


@contextmanager
def folder_with_manifest(
    path: Path, kind: str, identity: Mapping[str, Any]
) -> Iterator[tuple[Path, dict[str, Any]]]:
    """A folder to fill and the counts to fill in; both take their place when the block ends well.

    Args:
        path: its place; an earlier export there is replaced.
        kind: of the export: ``csv`` …
        identity: what it is of.

    Raises:
        UsageError: something else lies there.
        ExportError: it could not be written; what lay there before is as it was.
    """
    with whole_folder(path, mark=MANIFEST) as folder:
        counts: dict[str, Any] = {}
        yield folder, counts
        facts = {
            "kind": f"{kind} manifest",
            "schema": 1,
            "identity": dict(identity),
            "counts": counts,
            "files": {
                str(file.relative_to(folder)): {"bytes": file.stat().st_size, "sha256": _digest(file)}
                for file in sorted(folder.rglob("*"))
                if file.is_file()
            },
        }
        (folder / MANIFEST).write_text(json.dumps(facts, ensure_ascii=False, indent=1) + "\n", "utf-8")


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return f"sha256:{file_digest(file, 'sha256').hexdigest()}"
