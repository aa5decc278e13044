"""The second crawl of an unchanged portal: nothing new is stored, and every page is verified.

Once with validators (the replica answers 304) and once without (the same bytes come again and are known by
their digest). Both crawls take all pages: articles, further pages, lists, images.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from measuring import Bar, conclude, crawl_options, fork, markdown_table

from gzcrawler.archive import connect_to_read
from gzcrawler.crawling import crawl
from gzcrawler.replica import ReplicaConfig, running_replica

_LONGEST = 1800.0


@dataclass(frozen=True, slots=True)
class Second:
    """What the second crawl did."""

    pages: int
    captures: int
    not_modified: int
    """Captures with status 304."""
    bodies: int
    """Bodies stored."""
    revisions: int
    """Revisions that the first crawl did not leave."""
    unverified: list[str]
    """Pages and articles whose last verification is that of the first crawl."""
    seconds: float


def main() -> int:
    """Runs the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--articles", type=int, default=1000)
    parser.add_argument("--quick", action="store_true", help="100 articles")
    options = parser.parse_args()
    articles = 100 if options.quick else options.articles
    rows, bars = [], []
    for name, validators in (("validators (304)", True), ("no validators (payload digests)", False)):
        second = crawl_twice(ReplicaConfig(articles=articles, validators=validators))
        rows.append(
            (
                name,
                second.pages,
                second.captures,
                second.not_modified,
                second.bodies,
                second.revisions,
                len(second.unverified),
                f"{second.captures / second.seconds:.0f}",
            )
        )
        bars += [
            Bar(f"{name}: new revisions", str(second.revisions), second.revisions == 0),
            Bar(f"{name}: bodies stored", str(second.bodies), second.bodies == 0),
            Bar(
                f"{name}: every page's last verification moved",
                f"{len(second.unverified)} did not {second.unverified[:3] or ''}".strip(),
                not second.unverified and second.pages > 0,
            ),
            Bar(
                f"{name}: answered with 304 as promised",
                f"{second.not_modified} of {second.captures}",
                second.not_modified * 2 > second.captures if validators else second.not_modified == 0,
            ),
        ]
    head = ("server sends", "pages", "captures", "304", "bodies stored", "new revisions", "not verified")
    print(markdown_table((*head, "captures/s"), rows))
    return conclude(bars)


def crawl_twice(config: ReplicaConfig) -> Second:
    """Crawl a replica, and crawl it again.

    Raises:
        RuntimeError: a crawl did not end well.
    """
    with running_replica(config) as replica, tempfile.TemporaryDirectory() as folder:
        archive = Path(folder) / "archive"
        seconds = 0.0
        before: dict[str, str] = {}
        revisions = last_capture = 0
        for recheck in (False, True):
            if recheck:
                before = _verified(archive)
                revisions = _number(archive, "SELECT count(*) FROM revisions")
                last_capture = _number(archive, "SELECT max(id) FROM captures")
            options = crawl_options(archive, replica, recheck=recheck)
            started = time.monotonic()
            code = fork(lambda options=options: crawl(options).exit_code).wait(_LONGEST)
            seconds = time.monotonic() - started
            if code:
                raise RuntimeError(f"the crawl ended with {code}")
        after = _verified(archive)
        new = f"FROM captures WHERE id > {last_capture}"
        return Second(
            pages=_number(archive, "SELECT count(*) FROM pages WHERE last_verified IS NOT NULL"),
            captures=_number(archive, f"SELECT count(*) {new}"),
            not_modified=_number(archive, f"SELECT count(*) {new} AND status = 304"),
            bodies=_number(archive, f"SELECT count(*) {new} AND record_type = 'response'"),
            revisions=_number(archive, "SELECT count(*) FROM revisions") - revisions,
            unverified=[key for key, moment in before.items() if after[key] <= moment],
            seconds=seconds,
        )


def _verified(archive: Path) -> dict[str, str]:
    connection = connect_to_read(archive / "gzcrawler.db")
    try:
        return dict(
            connection.execute(
                """SELECT canonical_url, last_verified FROM pages WHERE last_verified IS NOT NULL
                UNION ALL SELECT id, last_verified FROM articles"""
            ).fetchall()
        )
    finally:
        connection.close()


def _number(archive: Path, sql: str) -> int:
    connection = connect_to_read(archive / "gzcrawler.db")
    try:
        return int(connection.execute(sql).fetchone()[0])
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(main())
