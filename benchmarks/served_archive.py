"""An archive to be looked at, and the pages that a visitor asks for: made from a seed number.

Beside the articles of `generated_articles`: the lists of ten sections, pictures of the newest articles, and one article in fifty
changed by the portal. Visits are drawn likewise: home, articles anywhere in the years, searches of all shapes.
"""

from __future__ import annotations

import contextlib
import dataclasses
import http.client
import re
import signal
import sqlite3
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from generated_articles import EnglishArticles

from gzcrawler.archive import Archive, Fetched
from gzcrawler.items import Listing, ListingEntry, OtherPage, Reading, digest_bytes
from gzcrawler.portals import load_portal

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator

__all__ = ["SHAPES", "Served", "build", "served", "visits"]

_GROUP = 100
_LISTED = 20
"""Articles of a list page."""
_SECTIONS = 9
_PICTURED = 500
"""Newest articles whose pictures are captured; older pages show where theirs would be."""
_CHANGED = 50
SHAPES = (
    "any",
    "rare",
    "mid",
    "common",
    "two mid",
    "mid newest",
    "mid of a year",
    "mid of a section",
    "mid of a state",
)


def build(folder: Path, number: int) -> None:
    """Generate the archive through its own door; syncing is off, since nobody relies on it."""
    if (folder / "built").exists():
        return
    portal = load_portal("guangzhou")
    articles = EnglishArticles(number)
    last: list[Fetched] = []
    with Archive(folder, portal, command="crawl") as archive:
        archive.connection.execute("PRAGMA synchronous = OFF")
        entries = articles.entries()
        while group := list(islice(entries, _GROUP)):
            archive.record_all(group)
            last = (last + group)[-_PICTURED:]
        for more in (_changes(articles.number), _pictures(last), _lists(articles.number)):
            while group := list(islice(more, _GROUP)):
                archive.record_all(group)
        archive.index_all()
        archive.connection.execute("ANALYZE")
    (folder / "built").touch()


def _changes(number: int) -> Iterator[Fetched]:
    """One article in fifty, as the portal changed it later."""
    moment = datetime(2026, 6, 1, tzinfo=UTC)
    for place, entry in enumerate(EnglishArticles(number).entries()):
        if place % _CHANGED == 0:
            assert isinstance(entry.result, Reading)
            article = entry.result.page
            changed = dataclasses.replace(article, title=f"{article.title} (corrected)")
            capture = dataclasses.replace(
                entry.capture,
                captured_at=moment + timedelta(seconds=place),
                payload=entry.capture.payload + b"<!-- corrected -->",
            )
            yield Fetched(capture, Reading(page=changed, discovered=()))


def _pictures(entries: list[Fetched]) -> Iterator[Fetched]:
    for entry in entries:
        assert isinstance(entry.result, Reading)
        for image in entry.result.page.images:
            payload = b"\xff\xd8\xff\xe0" + digest_bytes(image.url.encode()).encode() * 200
            capture = dataclasses.replace(
                entry.capture,
                url=image.url,
                payload=payload,
                captured_at=datetime(2026, 7, 1, tzinfo=UTC),
                response_headers=(("Content-Type", "image/jpeg"),),
            )
            yield Fetched(capture, Reading(page=OtherPage(kind="asset", because=""), discovered=()))


def _lists(number: int) -> Iterator[Fetched]:
    """List pages on which each article stands once."""
    portal = load_portal("guangzhou")
    sections = [section for section in portal.sections if section.edition == "en" and section.lists][
        :_SECTIONS
    ]
    waiting: list[list[ListingEntry]] = [[] for _ in sections]
    pages = [0 for _ in sections]
    for place, entry in enumerate(EnglishArticles(number).entries()):
        assert isinstance(entry.result, Reading)
        article = entry.result.page
        which = place % len(sections)
        waiting[which].append(
            ListingEntry(url=article.url, title=article.title, position=len(waiting[which]))
        )
        if len(waiting[which]) == _LISTED:
            pages[which] += 1
            first = sections[which].lists[0]
            url = first if pages[which] == 1 else re.sub(r"(\.html?)?$", rf"_{pages[which]}\1", first)
            listing = Listing(
                section=sections[which].key, entries=tuple(waiting[which]), title=sections[which].names[0]
            )
            capture = dataclasses.replace(
                entry.capture,
                url=url,
                payload=repr(listing).encode(),
                captured_at=datetime(2026, 8, 1, tzinfo=UTC) + timedelta(seconds=place),
            )
            waiting[which] = []
            yield Fetched(capture, Reading(page=listing, discovered=()))


@dataclasses.dataclass(frozen=True)
class Served:
    """A running `gzcrawler serve`."""

    process: subprocess.Popen[str]
    port: int

    def ask(self, address: str, connection: http.client.HTTPConnection) -> tuple[int, bytes]:
        """(status, body) of a page."""
        connection.request("GET", address)
        answer = connection.getresponse()
        return answer.status, answer.read()

    def connect(self) -> http.client.HTTPConnection:
        """A connection that is kept."""
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)

    def processor_seconds(self) -> float:
        """What its threads have used so far, whatever else the machine was doing."""
        nanoseconds = 0
        for task in Path(f"/proc/{self.process.pid}/task").iterdir():
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                nanoseconds += int((task / "schedstat").read_text().split()[0])
        return nanoseconds / 1e9


@contextlib.contextmanager
def served(folder: Path) -> Iterator[Served]:
    """The archive as the command serves it, in a process of its own."""
    process = subprocess.Popen(
        [sys.executable, "-m", "gzcrawler", "serve", "--archive", str(folder), "--port", "0"],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        found = re.search(r"http://[^:]+:(\d+)/", process.stdout.readline())
        assert found is not None
        yield Served(process, int(found[1]))
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(30)


def visits(folder: Path, chance: random.Random) -> Iterator[tuple[str, str]]:
    """(kind, address) without end: an article, a search and the first page by turns."""
    connection = sqlite3.connect(f"file:{folder}/gzcrawler.db?mode=ro", uri=True)
    ids = [row[0] for row in connection.execute("SELECT id FROM articles WHERE revision IS NOT NULL")]
    total = len(ids)
    words = {
        name: [
            row[0]
            for row in connection.execute(
                "SELECT term FROM search_terms WHERE articles BETWEEN ? AND ? AND term GLOB '[a-z]*' ORDER BY term LIMIT 2000",
                (max(2, total * least), total * most),
            )
        ]
        for name, least, most in (("rare", 0, 0.001), ("mid", 0.005, 0.05), ("common", 0.5, 1))
    }
    years = [row[0] for row in connection.execute("SELECT DISTINCT substr(published, 1, 4) FROM articles")]
    sections = [row[0] for row in connection.execute("SELECT DISTINCT key FROM sections")]
    connection.close()

    def word(kind: str) -> str:
        return chance.choice(words[kind] or words["common"] or ["a"])

    turn = 0
    while True:
        shape = SHAPES[turn % len(SHAPES)]
        turn += 1
        parameters = {
            "any": {},
            "rare": {"q": word("rare")},
            "mid": {"q": word("mid")},
            "common": {"q": word("common")},
            "two mid": {"q": f"{word('mid')} {word('mid')}"},
            "mid newest": {"q": word("mid"), "sort": "newest"},
            "mid of a year": {"q": word("mid"), "year": chance.choice(years)},
            "mid of a section": {"q": word("mid"), "section": chance.choice(sections or [""])},
            "mid of a state": {"q": word("mid"), "state": "alive"},
        }[shape]
        yield "home", "/"
        yield "article", f"/article/{chance.choice(ids)}"
        yield f"search: {shape}", "/search?" + urlencode({k: v for k, v in parameters.items() if v})


def timed(
    asked: Served, connection: http.client.HTTPConnection, address: str
) -> tuple[float, float, int, bytes]:
    """(seconds, seconds of processor, status, body) of one page."""
    used = asked.processor_seconds()
    begun = time.perf_counter()
    status, body = asked.ask(address, connection)
    return time.perf_counter() - begun, asked.processor_seconds() - used, status, body
