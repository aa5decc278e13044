"""Time to read one article page into its record, beside lxml alone and the extractors that are at hand.

    python benchmarks/reading.py [--pages 120] [--rounds 7] [--bytes 30000]

The pages are the replica's, in all its dresses. Every reader is given the same bytes, in turns, so
that a slow moment of the machine strikes all; figures are medians of the rounds, in ms a page. Peers
are optional (`pip install trafilatura readability-lxml newspaper4k goose3 resiliparse htmldate`); what
is not installed is left out of the table.
"""

from __future__ import annotations

import argparse
import gc
import importlib
import statistics
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import lxml.html

from gzcrawler.items import Capture
from gzcrawler.readers import read_page
from gzcrawler.replica import Replica, ReplicaConfig

if TYPE_CHECKING:
    from collections.abc import Callable

    Reader = Callable[[Capture], object]


def captures(pages: int, size: int) -> tuple[Replica, list[Capture]]:
    """Article pages of the replica as captured."""
    replica = Replica(ReplicaConfig(articles=pages, page_bytes=size))
    found = []
    for _, urls in replica.addresses():
        parts = urlsplit(urls[0])
        answer = replica.page(parts.netloc, parts.path)
        found.append(
            Capture(
                url=urls[0],
                captured_at=datetime(2026, 2, 1, tzinfo=UTC),
                status=answer.status,
                payload=answer.body,
                response_headers=tuple(answer.headers),
            )
        )
    return replica, found


def trafilatura_reader() -> Reader:
    """trafilatura's text and metadata, from bytes."""
    module = importlib.import_module("trafilatura")
    return lambda capture: module.bare_extraction(capture.payload, url=capture.url, with_metadata=True)


def readability_reader() -> Reader:
    """readability's title and summary."""
    document = importlib.import_module("readability").Document

    def read(capture: Capture) -> object:
        page = document(capture.payload)
        return page.short_title(), page.summary()

    return read


def newspaper_reader() -> Reader:
    """newspaper4k's article, without fetching and without its language tools."""
    module = importlib.import_module("newspaper")

    def read(capture: Capture) -> object:
        article = module.Article(capture.url, fetch_images=False)
        article.download(input_html=capture.payload.decode("utf-8", "replace"))
        article.parse()
        return article.text

    return read


def goose_reader() -> Reader:
    """goose3's article."""
    goose = importlib.import_module("goose3").Goose({"enable_image_fetching": False})
    return lambda capture: goose.extract(raw_html=capture.payload.decode("utf-8", "replace")).cleaned_text


def resiliparse_reader() -> Reader:
    """resiliparse's plain text of the main content: no dates, captions or links."""
    tree = importlib.import_module("resiliparse.parse.html").HTMLTree
    extract = importlib.import_module("resiliparse.extract.html2text").extract_plain_text
    return lambda capture: extract(tree.parse_from_bytes(capture.payload), main_content=True)


def htmldate_reader() -> Reader:
    """htmldate's date alone."""
    module = importlib.import_module("htmldate")
    return lambda capture: module.find_date(capture.payload.decode("utf-8", "replace"))


PEERS: dict[str, Callable[[], Reader]] = {
    "trafilatura": trafilatura_reader,
    "readability-lxml": readability_reader,
    "newspaper4k": newspaper_reader,
    "goose3": goose_reader,
    "resiliparse (text alone)": resiliparse_reader,
    "htmldate (date alone)": htmldate_reader,
}


def readers(replica: Replica) -> dict[str, Reader]:
    """All readers at hand, by name."""
    found: dict[str, Reader] = {
        "lxml.html.fromstring": lambda capture: lxml.html.fromstring(capture.payload),
        "gzcrawler": lambda capture: read_page(capture, replica.portal),
    }
    for name, make in PEERS.items():
        try:
            found[name] = make()
        except ImportError:
            continue
    return found


def measure(reader: Reader, pages: list[Capture]) -> float:
    """Milliseconds a page."""
    gc.collect()
    start = time.perf_counter()
    for page in pages:
        reader(page)
    return (time.perf_counter() - start) / len(pages) * 1000


def main() -> None:
    """Measure, and print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--pages", type=int, default=120)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--bytes", type=int, default=30_000)
    options = parser.parse_args()
    replica, pages = captures(options.pages, options.bytes)
    at_hand = readers(replica)
    times: dict[str, list[float]] = {name: [] for name in at_hand}
    for reader in at_hand.values():
        measure(reader, pages[:5])
    for _ in range(options.rounds):
        for name, reader in at_hand.items():
            times[name].append(measure(reader, pages))
    base = statistics.median(times["lxml.html.fromstring"])
    size = statistics.mean(len(page.payload) for page in pages)
    print(f"{len(pages)} pages of {size / 1000:.1f} kB on average, medians of {options.rounds} rounds\n")
    print("| reader | ms a page | × lxml | spread |")
    print("|---|---:|---:|---:|")
    for name, found in sorted(times.items(), key=lambda pair: statistics.median(pair[1])):
        median = statistics.median(found)
        print(f"| {name} | {median:.2f} | {median / base:.1f} | {min(found):.2f}–{max(found):.2f} |")


if __name__ == "__main__":
    main()
