"""What an increment begins from: a snapshot's file, or the archive as it stood at an earlier moment."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from gzcrawler.archive.viewpoint import ArchiveView
from gzcrawler.errors import ExportError, UsageError
from gzcrawler.exports.snapshot import entries_of
from gzcrawler.exports.snapshot_reading import SnapshotFile, opened_snapshot

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from gzcrawler.archive import ArticleFilter
    from gzcrawler.exports.snapshot import Entry

__all__ = ["Base", "base_entries"]


@dataclass(slots=True)
class Base:
    """The earlier articles."""

    identity: Mapping[str, Any]
    entries: Iterable[Entry]
    expected: SnapshotFile | None = field(default=None)
    """The file that says what they should be; it was read to its end when they were."""

    def require(self, articles_digest: str) -> None:
        """Make sure that the articles seen were those of the file.

        Raises:
            ExportError: the archive does not give them any more, or the file was changed.
        """
        if self.expected is None:
            return
        if self.expected.tail.get("articles_digest") != articles_digest:
            raise ExportError(
                f"{self.expected.path}: the archive as it stood then is not what the file holds "
                "(another release read it, articles were redacted, or the file was changed); "
                "name the full snapshot that it leads to"
            )


@contextmanager
def base_entries(
    since: Path | str, archive: Path, identity: Mapping[str, Any], article_filter: ArticleFilter
) -> Iterator[Base]:
    """Open what lies before the increment.

    Args:
        since: a snapshot, an increment that leads to the base, or a moment.
        archive: folder of the archive.
        identity: of what the increment leads to.
        article_filter: as resolved for it.

    Raises:
        UsageError: the base is later, or of other articles.
    """
    if isinstance(since, str):
        with _viewed(archive, since, since, identity, article_filter) as base:
            yield base
        return
    with opened_snapshot(since) as document:
        if document.identity["filters"] != identity["filters"]:
            raise UsageError(f"{since}: was made with other filters")
        _require_earlier(document.identity, identity)
        if document.kind == "snapshot":
            yield Base(document.identity, document.entries(), document)
            return
        for _ in document.entries():
            pass
    moments = document.identity["as_of"], document.identity["known_at"]
    with _viewed(archive, *moments, identity, article_filter) as base:
        base.identity, base.expected = document.identity, document
        yield base


@contextmanager
def _viewed(
    archive: Path, as_of: str, known_at: str, identity: Mapping[str, Any], article_filter: ArticleFilter
) -> Iterator[Base]:
    with ArchiveView(archive, as_of, known_at) as view:
        before = {**identity, "as_of": as_of, "known_at": known_at}
        _require_earlier(before, identity)
        yield Base(before, entries_of(view.articles(article_filter)))


def _require_earlier(before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
    if before["as_of"] > after["as_of"] or before["known_at"] > after["known_at"]:
        raise UsageError(
            f"an increment since {before['as_of']} (known at {before['known_at']}) cannot lead back to "
            f"{after['as_of']} (known at {after['known_at']})"
        )
