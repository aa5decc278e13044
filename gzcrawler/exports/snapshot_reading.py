"""Snapshots read back, a line at a time: heads, articles, tails, and whether they are as they were written."""

from __future__ import annotations

import json
import re
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import file_digest, sha256
from typing import TYPE_CHECKING, Any

from gzcrawler.errors import DamagedExportError, UsageError
from gzcrawler.exports.compression import BROKEN_STREAM, opened_to_read
from gzcrawler.exports.manifest import find_manifest, listed_articles, read_facts
from gzcrawler.exports.snapshot import Entry, Summary
from gzcrawler.exports.whole_files import as_export_errors

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import BinaryIO

__all__ = ["NAMED_AT_MOST", "SnapshotFile", "Verified", "opened_snapshot", "verify_snapshot"]

NAMED_AT_MOST = 20
"""Articles that are named where many are damaged."""

_ID = re.compile(rb'\{"kind":"article","schema":\d+,"id":"([^"\\]+)"')
_STATE = re.compile(rb'.*"envelope":\{"state":"(\w+)"', re.DOTALL)


class SnapshotFile:
    """A document under way: head at once, then its articles, then its tail."""

    def __init__(self, path: Path, lines: BinaryIO) -> None:
        self.path = path
        self._lines = lines
        first = self._line()
        head = self._parse(first.rstrip(b"\n") + b"]}", "its head")
        if not isinstance(head, dict) or head.get("kind") not in ("snapshot", "increment"):
            raise UsageError(f"{path}: is not a snapshot as `gzcrawler export snapshot` writes it")
        self.kind: str = head["kind"]
        self.identity: dict[str, Any] = head["identity"]
        self.tail: dict[str, Any] = {}
        """Counts and digest; known when all articles were read."""

    def entries(self) -> Iterator[Entry]:
        """Its articles, with digests computed from what is there.

        Raises:
            DamagedExportError: a line is no article, or the end is missing.
        """
        before = "the first line"
        while not (line := self._line()).startswith(b"]"):
            line = line.removesuffix(b"\n").removesuffix(b",")
            found, state = _ID.match(line), _STATE.match(line)
            if found is None or state is None:
                raise DamagedExportError(f"{self.path}: the line after {before} is not an article")
            before = f"article {found[1].decode()}"
            yield Entry(found[1].decode(), state[1].decode(), line, f"sha256:{sha256(line).hexdigest()}")
        self.tail = self._parse(b'{"articles":[' + line, "its last line")

    def _line(self) -> bytes:
        try:
            line = self._lines.readline()
        except BROKEN_STREAM as error:
            raise DamagedExportError(f"{self.path}: its compression is damaged ({error})") from error
        if not line:
            raise DamagedExportError(f"{self.path}: is cut off")
        return line

    def _parse(self, text: bytes, what: str) -> Any:
        try:
            return json.loads(text)
        except ValueError as error:
            raise DamagedExportError(f"{self.path}: {what} cannot be read ({error})") from error


@contextmanager
def opened_snapshot(path: Path) -> Iterator[SnapshotFile]:
    """Open a snapshot or an increment.

    Raises:
        UsageError: there is no such file, or it is something else.
        DamagedExportError: it was one.
    """
    if not path.is_file():
        raise UsageError(f"{path}: no such file")
    with as_export_errors(path), opened_to_read(path) as lines:
        yield SnapshotFile(path, lines)


@dataclass(slots=True)
class Verified:
    """What was checked, and what is wrong."""

    articles: int = 0
    damage: list[str] = field(default_factory=list)
    """One sentence each, naming the article where it is one."""
    manifest: Path | None = None


def verify_snapshot(path: Path) -> Verified:
    """Compare a document with its manifest, or without one with what it says of itself.

    Raises:
        UsageError: it is no snapshot.
    """
    result = Verified(manifest=find_manifest(path) if path.is_file() else None)
    if result.manifest is None:
        with opened_snapshot(path) as document:
            _check_alone(document, result)
        return result
    facts = read_facts(result.manifest)
    try:
        with opened_snapshot(path) as document:
            if facts["identity"] != document.identity:
                result.damage.append(f"{path}: its identity is not that of its manifest")
            _compare(document, listed_articles(result.manifest), result)
    except DamagedExportError as error:
        result.damage.append(str(error))
    with path.open("rb") as file:
        whole = f"sha256:{file_digest(file, 'sha256').hexdigest()}"
    if whole != facts["sha256"] and not result.damage:
        result.damage.append(f"{path}: every article is as it was written, but its head or its end is not")
    return result


def _check_alone(document: SnapshotFile, result: Verified) -> None:
    summary = Summary()
    for entry in document.entries():
        summary.add(entry)
    result.articles = summary.articles
    if summary.articles_digest != document.tail.get(
        "articles_digest" if document.kind == "snapshot" else "own_digest"
    ):
        result.damage.append(
            f"{document.path}: its articles are not those that were written; which one, its manifest would tell"
        )


def _compare(document: SnapshotFile, listed: Iterator[tuple[str, str]], result: Verified) -> None:
    """Both are sorted by id, so that one pass over both names what is missing, foreign or changed."""
    expected = next(listed, None)
    problems = 0

    def report(article_id: str, problem: str) -> None:
        nonlocal problems
        problems += 1
        if problems <= NAMED_AT_MOST:
            result.damage.append(f"{document.path}: article {article_id} {problem}")

    for entry in document.entries():
        result.articles += 1
        while expected is not None and expected[0] < entry.id:
            report(expected[0], "is missing")
            expected = next(listed, None)
        if expected is None or expected[0] != entry.id:
            report(entry.id, "was not in it when it was written")
            continue
        if expected[1] != entry.digest:
            report(entry.id, "is not as it was written")
        expected = next(listed, None)
    while expected is not None:
        report(expected[0], "is missing")
        expected = next(listed, None)
    if problems > NAMED_AT_MOST:
        result.damage.append(f"{document.path}: and {problems - NAMED_AT_MOST:,} more")
