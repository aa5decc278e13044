"""Increments: what to change in one snapshot to have a later one again, to the byte."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gzcrawler.errors import DamagedExportError, UsageError
from gzcrawler.exports.snapshot import TELL_EVERY, DocumentLines, Summary
from gzcrawler.exports.snapshot_reading import opened_snapshot

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    from gzcrawler.exports.manifest import Document
    from gzcrawler.exports.snapshot import Entry

__all__ = ["applied", "identity_after", "paired", "write_increment"]


def paired(before: Iterable[Entry], after: Iterable[Entry]) -> Iterator[tuple[Entry | None, Entry | None]]:
    """Articles of two documents side by side, by id; None where one of them has not got it."""
    left, right = iter(before), iter(after)
    old, new = next(left, None), next(right, None)
    while old is not None or new is not None:
        if new is None or (old is not None and old.id < new.id):
            yield old, None
            old = next(left, None)
        elif old is None or new.id < old.id:
            yield None, new
            new = next(right, None)
        else:
            yield old, new
            old, new = next(left, None), next(right, None)


def write_increment(
    document: Document,
    identity: Mapping[str, Any],
    since: Mapping[str, Any],
    pairs: Iterable[tuple[Entry | None, Entry | None]],
    tell: Callable[[int], None] = lambda _: None,
) -> str:
    """Write what differs.

    Args:
        document: under way.
        identity: of the snapshot that base and increment give together.
        since: identity of the base.
        pairs: articles of the base and of that snapshot.
        tell: called with the number of articles looked at since the last call.

    Returns:
        The digest of the base's articles, as they were seen here.
    """
    base, whole, own = Summary(), Summary(), Summary(listed_in=document)
    removed: list[str] = []
    lines = DocumentLines(document.sink, "increment", identity)
    for old, new in pairs:
        if old is not None:
            base.add(old)
        if new is None:
            assert old is not None
            removed.append(old.id)
            continue
        whole.add(new)
        if whole.articles % TELL_EVERY == 0:
            tell(TELL_EVERY)
        if old is None or old.digest != new.digest:
            own.add(new)
            lines.add(new.line)
    tell(whole.articles % TELL_EVERY)
    document.counts = {"changed": own.articles, "removed": len(removed)} | whole.counts()
    lines.end(
        {
            "removed": removed,
            "own_digest": own.articles_digest,
            "since": {"identity": dict(since), "articles_digest": base.articles_digest},
            "counts": whole.counts(),
            "articles_digest": whole.articles_digest,
        }
    )
    return base.articles_digest


def applied(base: Iterable[Entry], increment: Path) -> Iterator[Entry]:
    """The articles that a base and an increment give together, by id.

    Raises:
        UsageError: the increment was made since other articles than these.
        DamagedExportError: what comes out is not what the increment says.
    """
    tail = _tail_of(increment)
    removed = frozenset(tail["removed"])
    seen, given = Summary(), Summary()
    with opened_snapshot(increment) as document:
        for old, new in paired(base, document.entries()):
            if old is not None:
                seen.add(old)
            standing = new or (None if old is None or old.id in removed else old)
            if standing is not None:
                given.add(standing)
                yield standing
    if seen.articles_digest != tail["since"]["articles_digest"]:
        raise UsageError(f"{increment}: was made since another snapshot than the one it is applied to")
    if given.articles_digest != tail["articles_digest"]:
        raise DamagedExportError(f"{increment}: does not give what it was made to give")


def identity_after(increment: Path) -> dict[str, Any]:
    """Of the snapshot that an increment leads to.

    Raises:
        UsageError: it is no increment.
    """
    with opened_snapshot(increment) as document:
        if document.kind != "increment":
            raise UsageError(f"{increment}: is a full snapshot, not an increment")
        return document.identity


def _tail_of(path: Path) -> dict[str, Any]:
    """What stands behind the articles; to know it they are read."""
    with opened_snapshot(path) as document:
        for _ in document.entries():
            pass
        return document.tail
