"""Files that real tools make of the replica give the articles that a crawl of it gives."""

from __future__ import annotations

import gzip
import zipfile
from runpy import run_path
from typing import TYPE_CHECKING

import pytest
from conftest import FIXTURES, Importer

from gzcrawler.archive import open_archive, rebuild, verify
from gzcrawler.crawl_run import CrawlOptions
from gzcrawler.crawling import crawl
from gzcrawler.portals import parse_portal
from gzcrawler.replica import running_replica
from gzcrawler.workers import Processes

if TYPE_CHECKING:
    from pathlib import Path


BOTH = pytest.mark.parametrize("name", ["wget.warc.gz", "browsertrix.wacz"])

_TABLES = {
    "articles": """SELECT id, portal, edition, language, canonical_url, title, published, source, state, revision,
        content_digest FROM articles""",
    "revisions": "SELECT article_id, number, cause, content_digest, reading_digest FROM revisions",
    "images": "SELECT article_id, ordinal, url, caption, credit, position FROM images",
    "placements": """SELECT p.canonical_url, s.content_digest, s.position, s.article_id, s.title, s.date
        FROM placements s JOIN pages p ON p.id = s.page_id""",
}


def contents(archive: Path) -> dict[str, list[tuple[object, ...]]]:
    with open_archive(archive) as opened:
        return {
            name: sorted((tuple(row) for row in opened.connection.execute(sql)), key=repr)
            for name, sql in _TABLES.items()
        }


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[tuple[object, ...]]]:
    """What a crawl makes of the replica that the files were made of."""
    archive = tmp_path_factory.mktemp("crawled") / "archive"
    config = run_path(str(FIXTURES / "make.py"))["CONFIG"]
    with running_replica(config, max_seconds=300) as replica:
        crawl(CrawlOptions(archive=archive, portal=parse_portal(replica.map, origin="replica")))
    return contents(archive)


@BOTH
def test_imported_articles_are_those_of_a_crawl(
    crawled: dict[str, list[tuple[object, ...]]], replica_archive: Importer, name: str
) -> None:
    report, code = replica_archive.ended(FIXTURES / name)
    assert (code, report.faults, report.unresolved) == (0, 0, 0)
    imported = contents(replica_archive.archive)
    assert len(crawled["articles"]) == 12
    assert imported == crawled


@BOTH
def test_importing_twice_changes_nothing(replica_archive: Importer, name: str) -> None:
    first = replica_archive(FIXTURES / name)
    before = replica_archive.rows("SELECT * FROM captures ORDER BY id")
    again = replica_archive(FIXTURES / name)
    assert (again.new, again.known) == (0, first.new)
    assert replica_archive.rows("SELECT * FROM captures ORDER BY id") == before


@BOTH
def test_what_was_imported_lies_in_the_archive_s_own_files(replica_archive: Importer, name: str) -> None:
    replica_archive(FIXTURES / name)
    before = contents(replica_archive.archive)
    came = "SELECT url, captured_at, via, original_id, payload_digest FROM captures ORDER BY 1, 2"
    captures = replica_archive.rows(came)
    assert {via for _, _, via, _, _ in captures} == {"warc"}
    assert all(original and original.startswith("urn:uuid:") for _, _, _, original, _ in captures)
    rebuild(replica_archive.archive)
    assert contents(replica_archive.archive) == before
    assert replica_archive.rows(came) == captures
    assert verify(replica_archive.archive).damage == []


@BOTH
def test_a_dry_run_counts_what_an_import_then_does(replica_archive: Importer, name: str) -> None:
    counted = replica_archive(FIXTURES / name, dry_run=True)
    assert not replica_archive.archive.exists()
    done = replica_archive(FIXTURES / name)
    assert (counted.new, counted.repeats, counted.bytes) == (done.new, done.repeats, counted.bytes)
    assert replica_archive(FIXTURES / name, dry_run=True).new == 0


def test_captures_of_two_tools_stand_side_by_side(replica_archive: Importer) -> None:
    files = [FIXTURES / "wget.warc.gz", FIXTURES / "browsertrix.wacz"]
    report = replica_archive(*files)
    assert report.files == 3
    assert replica_archive.rows("SELECT count(*), max(number) FROM revisions") == [(12, 1)]


def test_no_fixture_names_a_machine() -> None:
    texts = [gzip.decompress((FIXTURES / "wget.warc.gz").read_bytes())]
    with zipfile.ZipFile(FIXTURES / "browsertrix.wacz") as package:
        for name in package.namelist():
            content = package.read(name)
            texts.append(gzip.decompress(content) if name.endswith(".gz") else content)
    for text in texts:
        for word in (b"/work", b"/home/", b"/root", b"/tmp", b"wget-arguments"):
            assert word not in text


def test_processes_read_what_one_would(replica_archive: Importer, tmp_path: Path) -> None:
    replica_archive(FIXTURES / "browsertrix.wacz")
    other = Importer(tmp_path / "other", replica_archive.portal)
    assert other(FIXTURES / "browsertrix.wacz", workers=Processes(2)).new == 59
    assert contents(other.archive) == contents(replica_archive.archive)
