"""The manifest beside an exported file: what it is of, how much is in it, and its digests.

Document and manifest are two files, and no two files appear in one step. So a new document's manifest
first lies beside the old one under a name of its own, then the document takes its place, then the manifest
does. Whoever is killed in between leaves a document with its manifest, the old ones or the new.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import file_digest, sha256
from typing import IO, TYPE_CHECKING, Any

from gzcrawler.errors import DamagedExportError
from gzcrawler.exports.compression import compressing
from gzcrawler.exports.whole_files import as_export_errors, put_in_place, whole_file

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from gzcrawler.exports.compression import Sink

__all__ = [
    "Document",
    "Tally",
    "document_with_manifest",
    "find_manifest",
    "listed_articles",
    "manifest_path",
    "read_facts",
]

_ARTICLES = b'"articles":{'
"""Begins the last line of a manifest's facts; behind it an article a line."""


def manifest_path(document: Path) -> Path:
    """Where the manifest of a document lies."""
    return document.with_name(document.name + ".manifest.json")


def _pending_path(document: Path) -> Path:
    return document.with_name(f".{document.name}.manifest.json.next")


class Tally:
    """Counts and digests the bytes that pass through."""

    def __init__(self, sink: Sink | None) -> None:
        self._sink = sink
        self._hash = sha256()
        self.length = 0

    def write(self, data: bytes, /) -> object:
        """Take bytes, and hand them on where there is a sink."""
        self._hash.update(data)
        self.length += len(data)
        return self._sink.write(data) if self._sink is not None else len(data)

    @property
    def digest(self) -> str:
        """Of all bytes so far, labelled."""
        return f"sha256:{self._hash.hexdigest()}"


@dataclass(slots=True)
class Document:
    """A document under way: its bytes go to `sink`."""

    sink: Sink
    spool: IO[bytes]
    """Takes each article's own digest, for the manifest."""
    counts: dict[str, Any] = field(default_factory=dict)
    """How much is in it; filled before the end."""

    _separator: str = ""

    def list_articles(self, digests: Sequence[str]) -> None:
        """Keep articles' own digests for the manifest, each as ``"id":"digest"``."""
        self.spool.write((self._separator + ",\n".join(digests)).encode())
        self._separator = ",\n"


@contextmanager
def document_with_manifest(path: Path, kind: str, identity: Mapping[str, Any]) -> Iterator[Document]:
    """A document and its manifest, which take their places when the block ends well.

    Args:
        path: of the document; its ending says how it is compressed.
        kind: of the export: ``snapshot`` …
        identity: what it is of.

    Raises:
        ExportError: it could not be written; what lay there before is as it was.
    """
    pending = _pending_path(path)
    with as_export_errors(path), tempfile.TemporaryFile(dir=path.parent) as spool:
        _finish_earlier(path)
        try:
            with whole_file(path) as file:
                stored = Tally(file)
                with compressing(path.name, stored) as packed:
                    whole = stored if packed is stored else Tally(packed)
                    document = Document(whole, spool)
                    yield document
                facts = {
                    "kind": f"{kind} manifest",
                    "schema": 1,
                    "file": path.name,
                    "bytes": stored.length,
                    "sha256": stored.digest,
                    "document_bytes": whole.length,
                    "document_sha256": whole.digest,
                    "identity": dict(identity),
                    "counts": document.counts,
                }
                _write(pending, facts, spool)
        except BaseException:
            pending.unlink(missing_ok=True)
            raise
        put_in_place(pending, manifest_path(path))


def _write(path: Path, facts: dict[str, Any], spool: IO[bytes]) -> None:
    """Facts first, one a line, so that a reader sees them at once; then the articles."""
    with whole_file(path) as file:
        lines = [f"{json.dumps(name)}:{json.dumps(value)}" for name, value in facts.items()]
        file.write(("{" + ",\n".join(lines)).encode())
        if spool.tell():
            spool.seek(0)
            file.write(b",\n" + _ARTICLES + b"\n")
            shutil.copyfileobj(spool, file, 1 << 20)
            file.write(b"\n}")
        file.write(b"}\n")


def _finish_earlier(path: Path) -> None:
    """Give the manifest of an export that was killed in its last moment its place, or take it away."""
    pending = _pending_path(path)
    if pending.exists():
        if _belongs(pending, path):
            put_in_place(pending, manifest_path(path))
        else:
            pending.unlink()


def find_manifest(document: Path) -> Path | None:
    """The manifest that belongs to a document; None where there is none, the one to doubt where none fits."""
    pending, present = _pending_path(document), manifest_path(document)
    if pending.exists() and _belongs(pending, document):
        return pending
    return present if present.exists() else None


def read_facts(manifest: Path) -> dict[str, Any]:
    """All but the articles.

    Raises:
        DamagedExportError: it is no manifest.
    """
    lines = []
    with manifest.open("rb") as file:
        for line in file:
            if line.startswith(_ARTICLES):
                lines.append(b'"articles":{}}')
                break
            lines.append(line)
    try:
        facts: dict[str, Any] = json.loads(b"".join(lines))
    except ValueError as error:
        raise DamagedExportError(f"{manifest}: is not a manifest as an export writes it ({error})") from error
    return facts


def listed_articles(manifest: Path) -> Iterator[tuple[str, str]]:
    """(id, digest) of each article that a manifest lists, in its order.

    Raises:
        DamagedExportError: a line is none.
    """
    with manifest.open("rb") as file:
        for line in file:
            if line.startswith(_ARTICLES):
                break
        for line in file:
            if line.startswith(b"}"):
                return
            try:
                ((article_id, digest),) = json.loads(b"{" + line.rstrip(b",\n") + b"}").items()
            except ValueError as error:
                raise DamagedExportError(f"{manifest}: was changed ({error})") from error
            yield article_id, digest


def _belongs(manifest: Path, document: Path) -> bool:
    facts = read_facts(manifest)
    if not document.exists() or document.stat().st_size != facts["bytes"]:
        return False
    with document.open("rb") as file:
        digest: str = facts["sha256"]
        return f"sha256:{file_digest(file, 'sha256').hexdigest()}" == digest
