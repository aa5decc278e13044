"""Snapshots and increments as they are written: one JSON document, an article a line, sorted by id."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from gzcrawler.exports.identity import SNAPSHOT_SCHEMA

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from gzcrawler.archive.viewpoint import StandingArticle
    from gzcrawler.exports.compression import Sink
    from gzcrawler.exports.manifest import Document

__all__ = ["TELL_EVERY", "DocumentLines", "Entry", "Summary", "entries_of", "write_snapshot"]

TELL_EVERY = 500
"""Articles between two words about progress."""
_TOGETHER = 1 << 20
"""Bytes that are gathered before they are digested and written."""


class Entry(NamedTuple):
    """An article as it stands in a document."""

    id: str
    state: str
    line: bytes
    """Record and envelope, as JSON on one line."""
    digest: str
    """Of the line, labelled."""


def entries_of(articles: Iterable[StandingArticle]) -> Iterator[Entry]:
    """The articles as lines, in their order."""
    for article in articles:
        e = article.envelope
        gone_since = f'"{e.gone_since}"' if e.gone_since else "null"
        # Nothing in an envelope needs escaping; the record is JSON already, and is not read again.
        envelope = (
            f',"envelope":{{"state":"{e.state}","revision":{e.revision},"first_seen":"{e.first_seen}",'
            f'"last_seen":"{e.last_seen}","last_verified":"{e.last_verified}","gone_since":{gone_since},'
            f'"captured_at":"{e.captured_at}","content_digest":"{e.content_digest}",'
            f'"payload_digest":"{e.payload_digest}","warc":"{e.warc}"}}}}'
        )
        line = article.record[:-1] + envelope.encode()
        yield Entry(article.id, e.state, line, f"sha256:{sha256(line).hexdigest()}")


@dataclass(slots=True)
class Summary:
    """What a document holds altogether."""

    articles: int = 0
    states: Counter[str] = field(default_factory=Counter)
    portals: Counter[str] = field(default_factory=Counter)
    listed_in: Document | None = None
    """Takes each article's own digest, for its manifest."""
    _hash: Any = field(default_factory=sha256)
    _digested: list[str] = field(default_factory=list)
    """Lines that are to be digested; together, since each call costs more than its line."""

    def add(self, entry: Entry) -> None:
        """Count and digest one article, in the order of ids."""
        self.count(entry.id, entry.state)
        # An id needs no escaping: it is a portal's name and a content id.
        self._digested.append(f'"{entry.id}":"{entry.digest}"')
        if len(self._digested) == TELL_EVERY:
            self._digest()

    def count(self, article_id: str, state: str) -> None:
        """Count one article."""
        self.articles += 1
        self.states[state] += 1
        self.portals[article_id.partition(":")[0]] += 1

    def counts(self) -> dict[str, Any]:
        """As they stand in document and manifest."""
        return {
            "articles": self.articles,
            "states": dict(sorted(self.states.items())),
            "portals": dict(sorted(self.portals.items())),
        }

    @property
    def articles_digest(self) -> str:
        """Over ids and digests of all articles: are these the same articles, as they stood?"""
        self._digest()
        return f"sha256:{self._hash.hexdigest()}"

    def _digest(self) -> None:
        if self._digested:
            self._hash.update("\n".join((*self._digested, "")).encode())
            if self.listed_in is not None:
                self.listed_in.list_articles(self._digested)
            self._digested.clear()


class DocumentLines:
    """Writes the one layout that documents have: head, an article a line, tail."""

    def __init__(
        self, sink: Sink, kind: Literal["snapshot", "increment"], identity: Mapping[str, Any]
    ) -> None:
        self._sink = sink
        head = {"kind": kind, "schema": SNAPSHOT_SCHEMA, "identity": dict(identity)}
        self._pending = [_dump(head)[:-1] + b',"articles":[']
        self._size = 0
        self._separator = b"\n"

    def add(self, line: bytes) -> None:
        """Append an article."""
        self._pending += (self._separator, line)
        self._separator = b",\n"
        self._size += len(line)
        if self._size > _TOGETHER:
            self._flush()

    def end(self, tail: Mapping[str, Any]) -> None:
        """Append what is known only at the end."""
        self._pending += (b"\n],", _dump(tail)[1:], b"\n")
        self._flush()

    def _flush(self) -> None:
        self._sink.write(b"".join(self._pending))
        self._pending.clear()
        self._size = 0


def write_snapshot(
    document: Document,
    identity: Mapping[str, Any],
    entries: Iterable[Entry],
    tell: Callable[[int], None] = lambda _: None,
) -> None:
    """Write the full snapshot of these articles.

    Args:
        document: under way.
        identity: what it is of.
        entries: by id.
        tell: called with the number of articles written since the last call.
    """
    summary = Summary(listed_in=document)
    lines = DocumentLines(document.sink, "snapshot", identity)
    for entry in entries:
        summary.add(entry)
        lines.add(entry.line)
        if summary.articles % TELL_EVERY == 0:
            tell(TELL_EVERY)
    tell(summary.articles % TELL_EVERY)
    document.counts = summary.counts()
    lines.end({"counts": document.counts, "articles_digest": summary.articles_digest})


def _dump(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
