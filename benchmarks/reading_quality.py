"""How exactly articles are read, beside other extractors: on the snapshot pages and on pages of the replica.

    python benchmarks/reading_quality.py [--articles 2000] [--peers PYTHON] [--quick]

Truth is the snapshots' expected record, and the replica's own. A field counts where the truth gives it. `body
exact` is the list of blocks equal; so that peers are not judged by how they break lines, their text is compared
with all blanks squashed, and F1 is over words (characters, where no blanks part words). PYTHON is an interpreter
with the peers of peers.txt installed (`make .venv-peers/bin/python`); without it the table has one row.
"""

from __future__ import annotations

import argparse
import json
import re
import statistics
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

sys.path.insert(0, str(Path(__file__).parent.parent))

from measuring import Bar, conclude, markdown_table

from gzcrawler.errors import ReadingError
from gzcrawler.items import Capture
from gzcrawler.readers import read_page
from gzcrawler.replica import Replica, ReplicaConfig
from tests.snapshot_cases import cases, read

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

OURS = "gzcrawler"
_WORD = re.compile(r"[\u2e80-\u9fff\uf900-\ufaff\uff66-\uff9f]|[^\s\u2e80-\u9fff\uf900-\ufaff\uff66-\uff9f]+")
_DAYS = 60
"""Virtual days after its start at which the replica is asked again, redesigned."""


@dataclass(frozen=True)
class Page:
    """A page, what it says, and what gzcrawler reads."""

    url: str
    payload: bytes
    truth: Mapping[str, Any]
    read: Mapping[str, Any]


def snapshots() -> Iterator[Page]:
    """Articles among the snapshot pages."""
    for case in cases():
        if case.expected.get("kind") == "article":
            yield Page(case.meta["url"], (case.path / "page.html").read_bytes(), case.expected, read(case))


def replica_pages(articles: int) -> Iterator[Page]:
    """Articles of a replica in all its dresses, half of them after a redesign."""
    config = ReplicaConfig.mixed(
        seed=11, articles=articles // 2, unreadable=0, redesign_at="2026-02-01T00:00:00+08:00"
    )
    replica = Replica(config)
    for at in (replica.start, replica.start + _DAYS * 86_400):
        for _, urls in replica.addresses(at):
            parts = urlsplit(urls[0])
            answer = replica.page(parts.netloc, parts.path, at)
            truth = replica.truth(urls[0], at).as_dict()
            if truth["kind"] != "article":
                continue
            capture = Capture(
                url=urls[0],
                captured_at=datetime.fromtimestamp(at, UTC),
                status=answer.status,
                payload=answer.body,
                response_headers=tuple(answer.headers),
            )
            try:
                found = read_page(capture, replica.portal).page.as_dict()
            except ReadingError as error:
                found = {"error": type(error).__name__}
            yield Page(urls[0], answer.body, truth, found)


# -- how a field is compared ----------------------------------------------------------------------


def squashed(blocks: object) -> str:
    """Text of blocks, or of a peer, with all blanks alike."""
    return " ".join(" ".join(blocks if isinstance(blocks, list) else [str(blocks or "")]).split())


def word_f1(truth: str, found: str) -> float:
    """F1 over words, each as often as it occurs."""
    expected, given = Counter(_WORD.findall(truth)), Counter(_WORD.findall(found))
    common = (expected & given).total()
    return 2 * common / (expected.total() + given.total()) if common else float(expected == given)


def _section(record: Mapping[str, Any]) -> object:
    trail = record.get("breadcrumbs") or []
    return trail[-1]["name"] if trail else None


def _pick(field: str, *keys: str) -> Callable[[Mapping[str, Any]], object]:
    return lambda record: [tuple(entry.get(key) for key in keys) for entry in record.get(field) or []]


FIELDS: dict[str, tuple[str, Callable[[Mapping[str, Any]], object]]] = {
    "body exact": ("body", lambda record: record.get("body")),
    "title": ("title", lambda record: record.get("title")),
    "date with precision": (
        "published",
        lambda record: (record.get("published"), record.get("published_precision")),
    ),
    "source": ("source", lambda record: record.get("source")),
    "authors": ("authors", lambda record: record.get("authors")),
    "section": ("breadcrumbs", _section),
    "captions": ("images", _pick("images", "url", "caption")),
    "credits": ("images", _pick("images", "url", "credit")),
    "related links with scope": ("related_links", _pick("related_links", "url", "title", "scope")),
    "continued pages": ("continued_on", lambda record: record.get("continued_on")),
    "attachments": ("attachments", _pick("attachments", "url", "name")),
}
"""Heading -> (field that the truth must give, what is compared)."""

BARS = {
    "body exact": 0.99,
    "captions": 0.99,
    "credits": 0.99,
    "related links with scope": 0.99,
} | dict.fromkeys(("title", "date with precision", "source", "authors", "section"), 0.995)
BARS |= {"continued pages": 0.99, "attachments": 0.99}
F1_BAR = 0.995


def score_ours(pages: list[Page]) -> dict[str, float]:
    """Share of pages on which each field is equal."""
    shares = {}
    for heading, (field, pick) in FIELDS.items():
        given = [page for page in pages if field in page.truth]
        if given:
            shares[heading] = statistics.fmean(pick(page.truth) == pick(page.read) for page in given)
    shares["body F1"] = statistics.fmean(
        word_f1(squashed(page.truth["body"]), squashed(page.read.get("body")))
        for page in pages
        if "body" in page.truth
    )
    return shares


def score_peers(pages: list[Page], python: str) -> dict[str, dict[str, float]]:
    """The same of each peer, for what it gives."""
    with tempfile.TemporaryDirectory() as folder:
        lines = []
        for number, page in enumerate(pages):
            file = Path(folder, f"{number}.html")
            file.write_bytes(page.payload)
            lines.append(json.dumps({"url": page.url, "file": str(file)}))
        script = Path(__file__).with_name("peer_extractors.py")
        answers = subprocess.run(
            [python, str(script)], input="\n".join(lines), text=True, check=True, stdout=subprocess.PIPE
        ).stdout.splitlines()
    by_peer: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for line in answers:
        answer = json.loads(line)
        by_peer[answer.pop("peer")].append(answer)
    return {peer: _score_peer(pages, found) for peer, found in by_peer.items()}


def _score_peer(pages: list[Page], found: list[dict[str, Any]]) -> dict[str, float]:
    rights: dict[str, list[float]] = defaultdict(list)
    gives = {name for answer in found for name, value in answer.items() if value}
    for page, answer in zip(pages, found, strict=True):
        truth = page.truth
        if "text" in gives and "body" in truth:
            text = squashed(answer.get("text"))
            rights["body exact"].append(text == squashed(truth["body"]))
            rights["body F1"].append(word_f1(squashed(truth["body"]), text))
        if "title" in gives and "title" in truth:
            rights["title"].append(squashed(answer.get("title")) == squashed(truth["title"]))
        if "published" in gives and "published" in truth:
            rights["date (day alone)"].append(answer.get("published") == (truth["published"] or "")[:10])
        if "authors" in gives and "authors" in truth:
            rights["authors"].append((answer.get("authors") or []) == truth["authors"])
    return {name: statistics.fmean(values) for name, values in rights.items()}


def main() -> int:
    """Measure, and print Markdown tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--articles", type=int, default=2000)
    parser.add_argument("--peers", metavar="PYTHON", help="interpreter that has the peers of peers.txt")
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    own = Path(".venv-peers/bin/python")
    python = options.peers or (str(own) if own.exists() else None)
    bars: list[Bar] = []
    for name, pages in (
        ("snapshot pages", list(snapshots())),
        ("replica pages", list(replica_pages(200 if options.quick else options.articles))),
    ):
        scores = {OURS: score_ours(pages)} | (score_peers(pages, python) if python else {})
        print(f"\n{len(pages):,} {name}: share of pages on which a field is exactly right\n")
        heads = ["body exact", "body F1", *(head for head in FIELDS if head != "body exact")]
        if python:
            heads.insert(4, "date (day alone)")
        rows = [[who, *(_shown(score.get(head)) for head in heads)] for who, score in scores.items()]
        print(markdown_table(["", *heads], rows))
        for head, bar in (BARS | {"body F1": F1_BAR}).items():
            measured = scores[OURS].get(head)
            if measured is not None:
                bars.append(Bar(f"{name}: {head} >= {bar:.1%}", f"{measured:.2%}", measured >= bar))
    return conclude(bars)


def _shown(share: float | None) -> str:
    return "" if share is None else f"{share:.1%}"


if __name__ == "__main__":
    sys.exit(main())
