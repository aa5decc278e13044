"""Pages over the whole archive: sections, changes, removals, the front page at a moment, charts, runs, the feed.

Ten years of a portal: articles by day, each on the lists of its section and of all that is new, whose first pages are
captured every day; one article in twenty edited later, one in a hundred removed. Then each page is asked again and
again over HTTP, as one visitor after the other; what the server keeps (charts, calendars) is told apart from the
first look at it, which counts.
"""

from __future__ import annotations

import argparse
import random
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock
from pathlib import Path
from typing import TYPE_CHECKING

from generated_articles import EnglishArticles
from measuring import Bar, conclude, markdown_table

from gzcrawler.archive import Archive, Fetched
from gzcrawler.items import Article, Capture, Listing, ListingEntry, OtherPage, Reading
from gzcrawler.portals import load_portal

if TYPE_CHECKING:
    from collections.abc import Iterator

_SECTIONS = (
    "gzbusiness",
    "gzbayareaupdates",
    "gzwhatson",
    "gzservice",
    "gzexpatsinguangzhou",
    "gzguangzhouandworld",
    "gzspecialreports",
)
_ON_A_LIST = 20
_EDITED_ONE_IN = 20
_REMOVED_ONE_IN = 100
_GROUP = 100
_LIMIT_MS = 100.0
_PAGES = {
    "sections": "/sections",
    "calendar of a section": "/sections/guangzhou/gzbusiness?year=2024",
    "changes": "/changes",
    "changes, a day in the middle": "/changes?until=2021-06-30",
    "removals": "/removals",
    "front page, now": "/front-page",
    "front page, five years back": "/front-page?at=2021-01-15",
    "charts": "/charts",
    "runs": "/runs",
    "feed": "/feed.atom",
}
_KEPT = ("sections", "calendar of a section", "charts", "feed")
"""Pages whose numbers the server keeps for five minutes: for their first look there is no bar."""


def main() -> int:
    """Runs the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--articles", type=int, default=50_000)
    parser.add_argument("--requests", type=int, default=100, help="of each page")
    parser.add_argument("--folder", type=Path, help="keep the archive here, or use the one that is here")
    parser.add_argument("--quick", action="store_true", help="2,000 articles, 20 requests a page")
    options = parser.parse_args()
    if options.quick:
        options.articles, options.requests = 2_000, 20
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.folder or Path(temporary) / "archive"
        if not (folder / "gzcrawler.db").exists():
            begun = time.perf_counter()
            _make(folder, options.articles)
            print(f"made in {time.perf_counter() - begun:,.0f} s", file=sys.stderr)
        return _measure(folder, options.requests)


def _make(folder: Path, number: int) -> None:
    group: list[Fetched] = []
    with Archive(folder, load_portal("guangzhou"), command="bench") as archive:
        for entry in _captures(number):
            group.append(entry)
            if len(group) == _GROUP:
                archive.record_all(group)
                group.clear()
        archive.record_all(group)
        archive.index_all()


def _captures(number: int) -> Iterator[Fetched]:
    """Day by day: its articles, then the lists that have something new, then what became of older articles."""
    chance = random.Random(1)
    lists: dict[str, list[Article]] = {section: [] for section in ("gzlatest", *_SECTIONS)}
    later: dict[date, list[tuple[str, Article]]] = {}
    today: date | None = None
    changed: set[str] = set()
    for fetched in EnglishArticles(number).entries():
        assert isinstance(fetched.result, Reading)
        article = fetched.result.page
        assert isinstance(article, Article)
        assert article.published is not None
        day = date.fromisoformat(article.published)
        if today is not None and day != today:
            yield from _evening(today, lists, changed, later.pop(today, []))
            changed.clear()
        today = day
        yield Fetched(replace(fetched.capture, captured_at=_moment(day, chance)), fetched.result)
        section = chance.choice(_SECTIONS)
        for name in (section, "gzlatest"):
            lists[name].insert(0, article)
            del lists[name][_ON_A_LIST:]
            changed.add(name)
        for what, one_in in (("edited", _EDITED_ONE_IN), ("removed", _REMOVED_ONE_IN)):
            if chance.randrange(one_in) == 0:
                later.setdefault(day + timedelta(days=chance.randint(2, 60)), []).append((what, article))


def _evening(
    day: date, lists: dict[str, list[Article]], changed: set[str], due: list[tuple[str, Article]]
) -> Iterator[Fetched]:
    moment = datetime.combine(day, clock(12), UTC)
    for number, name in enumerate(sorted(changed)):
        entries = tuple(
            ListingEntry(url=article.url, title=article.title, date=article.published, position=position)
            for position, article in enumerate(lists[name])
        )
        url = f"https://www.eguangzhou.gov.cn/{name}.html"
        payload = repr(entries).encode()
        yield Fetched(
            _capture(url, moment + timedelta(seconds=number), payload),
            Reading(page=Listing(section=name, entries=entries), discovered=()),
        )
    for number, (what, article) in enumerate(due):
        at = moment + timedelta(minutes=5 + number)
        if what == "edited":
            new = replace(article, body=(*article.body[:-1], f"As corrected on {day}."))
            yield Fetched(_capture(article.url, at, repr(new).encode()), Reading(page=new, discovered=()))
            continue
        for look in (0, 4, 9):
            taken = replace(
                _capture(article.url, at + timedelta(days=look), b"gone"), status=404, reason="Not Found"
            )
            yield Fetched(taken, Reading(page=OtherPage(kind="removed", because="status 404"), discovered=()))


def _moment(day: date, chance: random.Random) -> datetime:
    return datetime.combine(day, clock(2), UTC) + timedelta(seconds=chance.random() * 3_000)


def _capture(url: str, moment: datetime, payload: bytes) -> Capture:
    return Capture(
        url=url,
        captured_at=moment,
        status=200,
        payload=payload,
        response_headers=(("Content-Type", "text/html; charset=utf-8"),),
        request_headers=(("Host", "www.eguangzhou.gov.cn"),),
        reason="OK",
    )


def _measure(folder: Path, requests: int) -> int:
    command = [sys.executable, "-m", "gzcrawler", "serve", "--archive", str(folder), "--port", "0"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        address = next(word for word in server.stdout.readline().split() if word.startswith("http"))
        rows, bars = [], []
        for name, path in _PAGES.items():
            first, size = _first_look(address.rstrip("/") + path)
            times = [_ask(address.rstrip("/") + path)[0] for _ in range(requests)]
            times = sorted(times if name in _KEPT else [first, *times[1:]])
            p95 = times[max(0, -(-len(times) * 95 // 100) - 1)]
            rows.append(
                [
                    name,
                    f"{first:,.0f}",
                    f"{statistics.median(times):.1f}",
                    f"{p95:.1f}",
                    f"{size / 1000:,.0f}",
                ]
            )
            bars.append(
                Bar(
                    f"{name}: ≤ {_LIMIT_MS:.0f} ms at the 95th percentile",
                    f"{p95:.1f} ms",
                    p95 <= _LIMIT_MS,
                )
            )
    finally:
        server.terminate()
        server.wait(20)
    print(markdown_table(["page", "first look, ms", "median, ms", "p95, ms", "kB"], rows))
    return conclude(bars)


def _first_look(address: str) -> tuple[float, int]:
    """Milliseconds until the page is there; while it is counted, the server says 503."""
    begun = time.perf_counter()
    while True:
        try:
            _, size = _ask(address)
        except urllib.error.HTTPError as error:
            if error.code != 503:
                raise
            time.sleep(0.1)
        else:
            return 1000 * (time.perf_counter() - begun), size


def _ask(address: str) -> tuple[float, int]:
    begun = time.perf_counter()
    with urllib.request.urlopen(address, timeout=60) as answer:
        body = answer.read()
    return 1000 * (time.perf_counter() - begun), len(body)


if __name__ == "__main__":
    sys.exit(main())
