"""Any order of arrival makes the same archive: captures of years, crawled and imported, in several random orders.

    python benchmarks/any_order.py [--captures 5000] [--orders 3] [--seed 1] [--quick]

The captures are those of a replica over some years: first sightings, edits, removals and returns, lists that shift, seen
live, through WARC files and through a web archive in turns, some of them at one moment. Each order is recorded into an
archive of its own and read by `end_state`; beside its tables are compared: moments of sightings, states and confirmed removals,
how each capture came, and coverage day by day. Of pages the turns are left out (when and where they are asked next): they
follow from what a crawl did, and not from what its captures show.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections import Counter
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

from end_state import EndState, differences, end_state, find_faults
from measuring import Bar, conclude

from gzcrawler.archive import Archive, Fetched, Verdict, connect_to_read, coverage, open_archive, read_stored
from gzcrawler.items import Capture
from gzcrawler.replica import Replica, ReplicaConfig

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gzcrawler.archive import Entry

_BEGAN = datetime(2026, 1, 15, 1, tzinfo=UTC)
_ROUNDS = 12
"""Times that each page is looked at, two weeks apart."""
_GROUP = 100
_MORE = {
    "sightings": "SELECT id, state, first_seen, last_seen, last_verified, gone_since FROM articles",
    "changes": "SELECT article_id, number, captured_at FROM revisions",
    "removals": "SELECT article_id, confirmed_at FROM confirmations",
    "ways": "SELECT url, captured_at, via, original_id, payload_digest FROM captures",
    "list states": """SELECT p.canonical_url, s.content_digest, s.next_url
        FROM list_states s JOIN pages p ON p.id = s.page_id""",
    "pages": """SELECT canonical_url, article_id, edition, section, part, path_date,
        CASE WHEN kind IN ('article', 'listing') THEN kind END, links_digest FROM pages""",
}


def main() -> int:
    """Runs the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--captures", type=int, default=5_000)
    parser.add_argument("--orders", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--quick", action="store_true", help="600 captures, 2 orders")
    options = parser.parse_args()
    number, orders = (600, 2) if options.quick else (options.captures, options.orders)
    chance = random.Random(options.seed)
    config = ReplicaConfig.mixed(
        articles=max(20, number // 15),
        page_bytes=3_000,
        edited=0.3,
        removed=0.25,
        returned=0.5,
        horizon_days=160,
    )
    replica = Replica(config)
    entries = list(_entries(replica, number, chance))
    told = Counter(entry.capture.via for entry in entries)
    kinds = Counter(entry.capture.status for entry in entries)
    problems: list[str] = []
    with tempfile.TemporaryDirectory() as name:
        expected = _recorded(Path(name) / "in-order", replica, entries)
        for order in range(orders):
            shuffled = chance.sample(entries, len(entries))
            started = time.process_time()
            folder = Path(name) / f"order-{order}"
            found = _recorded(folder, replica, shuffled)
            seconds = time.process_time() - started
            problems += differences(expected, found) + find_faults(folder)
            print(
                f"order {order}: {seconds:.0f} s of a processor, {len(problems)} differences", file=sys.stderr
            )
    for problem in problems[:10]:
        print(problem, file=sys.stderr)
    print(f"{len(entries):,} captures ({_said(told)}; {_said(kinds)}), {orders} random orders\n")
    for table in expected.tables:
        print(f"- {table}: {expected.count(table):,} rows")
    return conclude(
        [
            Bar(
                f"{orders} orders of arrival, equal tables and coverage",
                "equal" if not problems else f"{len(problems)} differences",
                not problems,
            ),
            Bar(
                "removals, returns and edits are among them",
                f"{expected.count('removals')} removals confirmed, {expected.count('changes')} revisions",
                expected.count("removals") > 0
                and expected.count("changes") > expected.count("articles") // 2,
            ),
        ]
    )


def _said(counts: Counter[Any]) -> str:
    return ", ".join(f"{number:,} {name}" for name, number in counts.most_common())


def _entries(replica: Replica, number: int, chance: random.Random) -> Iterator[Fetched]:
    portal = replica.portal
    lists = [address.url for address in portal.seeds()]
    pages = [urls[0] for _, urls in replica.addresses()]
    a_round = max(1, number // _ROUNDS)
    ways: tuple[Literal["live", "warc", "wayback"], ...] = ("live", "live", "live", "warc", "wayback")
    for made in range(number):
        days = 14 * (made // a_round)
        at = _BEGAN + timedelta(days=days, seconds=made % a_round)
        place = made % a_round
        url = lists[place % len(lists)] if place % 6 == 0 else pages[place % len(pages)]
        parts = urlsplit(url)
        answer = replica.page(parts.netloc, parts.path, int(at.timestamp()))
        via = chance.choice(ways)
        capture = Capture(
            url=url,
            # Web archives keep whole seconds, and some keep two answers of one.
            captured_at=at if via == "live" else at - timedelta(seconds=chance.randint(0, 1)),
            status=answer.status,
            payload=answer.body,
            response_headers=tuple(answer.headers),
            request_headers=(("Host", parts.netloc),) if via == "live" else (),
            via=via,
            original_id=None if via == "live" else f"urn:number:{made}",
        )
        yield Fetched(capture, read_stored(capture, portal))


def _recorded(folder: Path, replica: Replica, entries: list[Fetched]) -> EndState:
    with Archive(folder, replica.portal, command="benchmark", now=lambda: _BEGAN) as archive:
        archive.connection.execute("PRAGMA synchronous = OFF")
        for start in range(0, len(entries), _GROUP):
            group: list[Entry] = list(entries[start : start + _GROUP])
            archive.record_all(group)
        archive.index_all()
        archive.finish(Verdict(verdict="complete", exit_code=0, finished_at=_BEGAN, record={}))
    tables = dict(end_state(folder).tables)
    with closing(connect_to_read(folder / "gzcrawler.db")) as connection:
        tables |= {name: Counter(map(tuple, connection.execute(sql))) for name, sql in _MORE.items()}
    with open_archive(folder) as opened:
        days = coverage(opened, now=_BEGAN + timedelta(days=400)).as_dict()
    tables["coverage"] = Counter([(str(section),) for section in days["sections"]])
    return EndState(tables)


if __name__ == "__main__":
    sys.exit(main())
