"""Time to read one article page into its record, beside lxml alone and the extractors that are at hand.

    python benchmarks/reading.py [--quick] [--pages 120] [--rounds 5] [--bytes 30000]

Three tables. *Readers*: the pages are the replica's, in all its dresses; every reader is given the same bytes, and
all take turns on each page, so that a slow moment of the machine strikes all. Times are of the processor, in ms a page; figures are
medians of the rounds. Peers are optional (`pip install trafilatura readability-lxml newspaper4k goose3
resiliparse htmldate`); what is not installed is left out. *Growth*: one story of up to 20 MB, which is as much as is read. *Memory*: the
peak of a process that reads 10,000 pages, a fifth of the way and at the end.
"""

from __future__ import annotations

import argparse
import gc
import importlib
import itertools
import json
import os
import resource
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import lxml.html
from measuring import Bar, conclude, fork, markdown_table, median_and_range

from gzcrawler.items import Capture
from gzcrawler.readers import read_page
from gzcrawler.replica import Replica, ReplicaConfig

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Reader = Callable[[Capture], object]

LXML, OWN, TRAFILATURA = "lxml.html.fromstring", "gzcrawler", "trafilatura"
TIMES_LXML = 4.0
FASTER_THAN_TRAFILATURA = 5.0
LINEAR = 2.0
"""Time for a byte of the largest page, against a page of 1 MB: what counts as linear."""
FLAT = 1.15
"""Peak memory after all pages, against a fifth of them: what counts as flat."""
SIZES = (30_000, 100_000, 300_000, 1_000_000, 3_000_000, 10_000_000, 19_900_000)


def captures(replica: Replica) -> Iterator[Capture]:
    """Article pages of the replica as captured."""
    for _, urls in replica.addresses():
        parts = urlsplit(urls[0])
        answer = replica.page(parts.netloc, parts.path)
        yield Capture(
            url=urls[0],
            captured_at=datetime(2026, 2, 1, tzinfo=UTC),
            status=answer.status,
            payload=answer.body,
            response_headers=tuple(answer.headers),
        )


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
    TRAFILATURA: trafilatura_reader,
    "readability-lxml": readability_reader,
    "newspaper4k": newspaper_reader,
    "goose3": goose_reader,
    "resiliparse (text alone)": resiliparse_reader,
    "htmldate (date alone)": htmldate_reader,
}


def readers(replica: Replica) -> dict[str, Reader]:
    """All readers at hand, by name."""
    found: dict[str, Reader] = {
        LXML: lambda capture: lxml.html.fromstring(capture.payload),
        OWN: lambda capture: read_page(capture, replica.portal),
    }
    for name, make in PEERS.items():
        try:
            found[name] = make()
        except ImportError:
            continue
    return found


def take_turns(readers: dict[str, Reader], pages: list[Capture]) -> dict[str, float]:
    """Milliseconds a page, each reader's."""
    gc.collect()
    spent: dict[str, float] = defaultdict(float)
    for page in pages:
        for name, reader in readers.items():
            start = time.process_time()
            reader(page)
            spent[name] += time.process_time() - start
    return {name: seconds / len(pages) * 1000 for name, seconds in spent.items()}


def compare(replica: Replica, pages: list[Capture], rounds: int) -> list[Bar]:
    """Print the table of readers."""
    at_hand = readers(replica)
    take_turns(at_hand, pages[:5])
    own = {name: at_hand[name] for name in (LXML, OWN)}
    laps = {LXML: [], OWN: []} | {name: [] for name in at_hand}  # type: dict[str, list[float]]
    ratios: dict[str, list[float]] = defaultdict(list)
    for _ in range(rounds):
        lap = take_turns(own, pages)  # alone: what others leave in the processor's caches is no part of it
        lap |= {f"{name} among all": value for name, value in take_turns(at_hand, pages).items()}
        for name in at_hand:
            base = LXML if name in own else f"{LXML} among all"
            value = lap[name if name in own else f"{name} among all"]
            laps[name].append(value)
            ratios[name].append(value / lap[base])
        if TRAFILATURA in at_hand:
            ratios["faster"].append(lap[f"{TRAFILATURA} among all"] / lap[f"{OWN} among all"])
    size = statistics.mean(len(page.payload) for page in pages)
    print(f"{len(pages)} pages of {size / 1000:.1f} kB on average, {rounds} rounds\n")
    rows = [
        (name, median_and_range(laps[name], 2), median_and_range(ratios[name], 2))
        for name in sorted(at_hand, key=lambda name: statistics.median(ratios[name]))
    ]
    print(markdown_table(("reader", "ms a page", "times lxml"), rows))
    times = statistics.median(ratios[OWN])
    bars = [Bar(f"at most {TIMES_LXML:g} x lxml.html.fromstring", f"{times:.2f} x", times <= TIMES_LXML)]
    if TRAFILATURA in at_hand:
        faster = statistics.median(ratios["faster"])
        claim = f"at least {FASTER_THAN_TRAFILATURA:g} x faster than trafilatura"
        bars.append(Bar(claim, f"{faster:.2f} x", faster >= FASTER_THAN_TRAFILATURA))
    return bars


def long_story(page: Capture, size: int) -> Capture:
    """A page grown to a size by paragraphs with links and emphasis."""
    at = page.payload.rfind(b"<p")
    room = size - len(page.payload)
    paragraph = (
        b'<p>Paragraph %d: the ferry line carried <b>%d</b> passengers, <a href="/2020-01/01/c_%d.htm">the harbor office</a>'
        b" said; most of them came for the book fair, and some for the lanterns along the river.</p>\n"
    )
    added: list[bytes] = []
    for number in itertools.count():
        if room < len(paragraph) + 20:
            break
        added.append(paragraph % (number, number * 7, number))
        room -= len(added[-1])
    grown = page.payload[:at] + b"".join(added) + page.payload[at:]
    return Capture(url=page.url, captured_at=page.captured_at, status=200, payload=grown)


def grow(replica: Replica, page: Capture, sizes: tuple[int, ...]) -> list[Bar]:
    """Print the table of time over size."""
    both = {LXML: readers(replica)[LXML], OWN: readers(replica)[OWN]}
    rows, own = [], {}
    for size in sizes:
        grown = long_story(page, size)
        turns = [take_turns(both, [grown]) for _ in range(5 if size < 5_000_000 else 3)]
        lxml_time, own_time = (statistics.median(turn[name] for turn in turns) for name in (LXML, OWN))
        own[size] = own_time / len(grown.payload)
        rows.append(
            (
                f"{len(grown.payload) / 1e6:.2f} MB",
                f"{own_time:,.1f}",
                f"{own[size] * 1e6:,.0f}",
                f"{own_time / lxml_time:.1f}",
            )
        )
    print(f"\n{markdown_table(('page', 'ms', 'ms a MB', 'times lxml'), rows)}")
    base = max(size for size in sizes if size <= 1_000_000)
    ratio = own[max(sizes)] / own[base]
    return [
        Bar(
            f"time linear in size: a byte of the largest page at most {LINEAR:g} x one of {base / 1e6:g} MB",
            f"{ratio:.2f} x",
            ratio <= LINEAR,
        )
    ]


def remember(count: int, size: int) -> list[Bar]:
    """Print the peak memory of a process that reads so many pages, each once."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "peaks.json"

        def read_all() -> int:
            replica = Replica(ReplicaConfig(articles=count, page_bytes=size))
            peaks = []
            for number, page in enumerate(captures(replica), 1):
                read_page(page, replica.portal)
                if number in (count // 5, count):
                    peaks.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
            report.write_text(json.dumps(peaks))
            return os.EX_OK

        if fork(read_all).wait(3600) != os.EX_OK:
            sys.exit("the process that reads pages failed")
        early, late = json.loads(report.read_text())
    rows = [(f"{count // 5:,}", f"{early / 1024:.0f} MB"), (f"{count:,}", f"{late / 1024:.0f} MB")]
    print(f"\n{markdown_table(('pages read', 'peak memory of the process'), rows)}")
    growth = late / early
    return [
        Bar(
            f"peak memory flat: at most {FLAT:g} x that of a fifth of the pages",
            f"{growth:.3f} x",
            growth <= FLAT,
        )
    ]


def main() -> int:
    """Measure, and print Markdown tables; 1 where a bar was missed."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="a small version, whose figures are no claim")
    parser.add_argument("--pages", type=int, default=120)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--bytes", type=int, default=30_000)
    options = parser.parse_args()
    pages, rounds, many, sizes = options.pages, options.rounds, 10_000, SIZES
    if options.quick:
        pages, rounds, many, sizes = 30, 3, 500, SIZES[:5]
    bars = remember(many, options.bytes)
    replica = Replica(ReplicaConfig(articles=pages, page_bytes=options.bytes))
    found = list(captures(replica))
    print()
    bars = [*compare(replica, found, rounds), *grow(replica, found[0], sizes), *bars]
    return conclude(bars)


if __name__ == "__main__":
    sys.exit(main())
