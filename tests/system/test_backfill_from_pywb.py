"""A backfill from a real peer: pywb's CDX server and raw replay, over WARC files of a replica as it was years ago.

The files are written by warcio, so that nothing of what comes back has gone through our own writer before.
"""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from gzcrawler.archive import open_archive, verify
from gzcrawler.archive.mementos import MementoChoice
from gzcrawler.backfill import BackfillOptions, WebArchive, backfill
from gzcrawler.replica import Replica, ReplicaConfig
from tests.system.pywb_server import install_programs, running_pywb

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gzcrawler.archive import Verdict

pytestmark = pytest.mark.system

_CONFIG = ReplicaConfig(
    articles=80,
    now="2018-06-26T09:00:00+08:00",
    edited=0.4,
    removed=0.2,
    returned=0,
    two_addresses=0,
    horizon_days=200,
    growth_per_day=0.2,
)
_VISITS = (0, 150 * 86_400)
"""When somebody archived the portal: seconds after its start."""


@dataclass(frozen=True)
class Past:
    """A portal of years ago, and who still has it."""

    replica: Replica
    visits: tuple[int, ...]
    web_archive: WebArchive

    def told(self, visit: int) -> dict[str, dict[str, Any]]:
        """Its articles as they were at a visit, by id."""
        return {article.id: article.as_dict() for article in self.replica.articles(self.visits[visit])}


@pytest.fixture(scope="module")
def past(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Past]:
    """Two visits to a replica in 2018, kept by pywb."""
    replica = Replica(_CONFIG)
    visits = tuple(replica.start + seconds for seconds in _VISITS)
    folder = tmp_path_factory.mktemp("pywb")
    files = [_archived(replica, moment, folder / f"visit-{moment}.warc.gz") for moment in visits]
    programs = install_programs(tmp_path_factory.mktemp("programs"), "pywb")
    with running_pywb(programs, folder, files) as collection:
        yield Past(replica, visits, WebArchive.at(f"{collection}/cdx", None))


def _archived(replica: Replica, moment: int, path: Path) -> Path:
    """The portal as it stands at a moment, a page a second, each second one with its content encoded."""
    with path.open("wb") as file:
        writer = WARCWriter(file, gzip=True)
        for number, url in enumerate(_addresses(replica, moment)):
            parts = urlsplit(url)
            answer = replica.page(parts.netloc, parts.path, moment)
            headers = [*answer.headers, ("Server", "of those years")]
            body = answer.body
            if number % 2:
                body = gzip.compress(body, mtime=0)
                headers.append(("Content-Encoding", "gzip"))
            at = datetime.fromtimestamp(moment + number, UTC)
            writer.write_record(
                writer.create_warc_record(
                    url,
                    "response",
                    payload=BytesIO(body),
                    length=len(body),
                    http_headers=StatusAndHeaders(f"{answer.status} OK", headers, protocol="HTTP/1.1"),
                    warc_headers_dict={"WARC-Date": f"{at:%Y-%m-%dT%H:%M:%SZ}"},
                )
            )
    return path


def _addresses(replica: Replica, moment: int) -> Iterator[str]:
    """Articles with their further pages, lists, the home page, and one that was not there."""
    yield from replica.portal.editions[0].home
    yield from replica.list_addresses(moment)
    for article in replica.articles(moment):
        yield article.canonical_url
        yield from article.continued_on
    yield f"{replica.portal.editions[0].home[0]}2018-06/26/c_999999999.htm"


def _bring(past: Past, folder: Path, **choice: Any) -> Verdict:
    return backfill(
        BackfillOptions(
            archive=folder,
            portal=past.replica.portal,
            web_archive=past.web_archive,
            choice=MementoChoice(**choice),
            delay=0,
        )
    )


@pytest.fixture(scope="module")
def newest(past: Past, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Verdict]:
    """An archive of the newest memento of each page, and how that went."""
    folder = tmp_path_factory.mktemp("newest") / "archive"
    return folder, _bring(past, folder)


def test_nothing_is_odd_about_pywb(newest: tuple[Path, Verdict]) -> None:
    folder, verdict = newest
    assert verdict.exit_code == 0, verdict.verdict
    assert (verdict.record["doubted"], verdict.record["refused"], verdict.record["failed"]) == (0, 0, 0)
    assert verify(folder).damage == []


def test_articles_are_as_the_replica_was(past: Past, newest: tuple[Path, Verdict]) -> None:
    first, last = past.told(0), past.told(1)
    assert first.keys() - last.keys()  # removed between the visits
    assert any(first[key]["title"] != last[key]["title"] for key in first.keys() & last.keys()) or any(
        first[key]["body"] != last[key]["body"] for key in first.keys() & last.keys()
    )
    with open_archive(newest[0]) as archive:
        found = {record["id"]: record for record in archive.records()}
    assert found == first | last


def test_captures_have_the_moments_of_the_visits(past: Past, newest: tuple[Path, Verdict]) -> None:
    with open_archive(newest[0]) as archive:
        days = {capture.captured_at[:10] for capture in archive.captures()}
    assert days == {f"{datetime.fromtimestamp(visit, UTC):%Y-%m-%d}" for visit in past.visits}


def test_the_distinct_versions_make_the_history(
    past: Past, newest: tuple[Path, Verdict], tmp_path: Path
) -> None:
    verdict = _bring(past, tmp_path / "archive", distinct=True)
    assert verdict.exit_code == 0, verdict.verdict
    first, last = past.told(0), past.told(1)
    changed = {
        key
        for key in first.keys() & last.keys()
        if any(first[key][name] != last[key][name] for name in ("title", "body", "published", "source"))
    }
    assert changed
    with open_archive(tmp_path / "archive") as archive:
        revised = {
            row[0] for row in archive.connection.execute("SELECT article_id FROM revisions WHERE number = 2")
        }
    assert changed <= revised


def test_a_second_run_asks_for_no_memento(past: Past, newest: tuple[Path, Verdict]) -> None:
    verdict = _bring(past, newest[0])
    assert (verdict.exit_code, verdict.record["mementos_asked"], verdict.record["index_pages"]) == (0, 0, 0)
