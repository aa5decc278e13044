"""Questions to the archive: what is due, what it holds; each answered by an index."""

from __future__ import annotations

import re
from contextlib import closing
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from archive_pages import (
    ALIAS_HOST,
    CUSTOM,
    HOST,
    LIST,
    OTHER_STORY,
    PORTAL,
    SECOND_PART,
    STORY,
    UNREADABLE_PAGE,
    article_page,
    at,
    capture,
    list_page,
    one,
    record,
    rows,
)
from simulated_crawl import SimulatedCrawl

from gzcrawler.archive import Archive, Failure, Frontier, Outcome, Selection, connect_to_read, open_archive
from gzcrawler.archive.search_index import SearchIndexer, unindexed
from gzcrawler.archive.stored_payloads import StoredPayloads
from gzcrawler.errors import ArchiveDamagedError, UnknownArticleError

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator
    from pathlib import Path

    from conftest import OpenForWriting

CANONICAL_HOST = "www.eguangzhou.gov.cn"


def due(archive: Archive, when_minutes: float = 0, **selection: object) -> list[str]:
    frontier = Frontier(archive.connection, archive.portal.name, Selection(**selection))
    now = at(when_minutes)
    pages = [page.url for host in frontier.hosts() for page in frontier.due(host, now, 1_000)]
    assert frontier.count_due(now) == len(pages)
    return pages


# -- the frontier ---------------------------------------------------------------------------------


def test_a_new_archive_asks_for_home_pages_then_lists(archive: Archive) -> None:
    archive.seed()
    asked = due(archive)
    assert asked == sorted(asked, key=lambda url: "gz" in url)
    assert LIST in asked


def test_lists_come_before_articles_and_articles_before_pictures(archive: Archive) -> None:
    record(
        archive,
        capture(f"{HOST}/gzbusiness.html", list_page([(STORY, "A story of the town"), (LIST, "Latest")])),
    )
    record(archive, capture(OTHER_STORY, when=at()))
    kinds = [
        one(archive.connection, "SELECT kind FROM pages WHERE working_url = ?", url) for url in due(archive)
    ]
    assert kinds == sorted(kinds, key=["home", "listing", "article", "asset"].index)
    assert set(kinds) >= {"listing", "article", "asset"}


def test_pictures_are_left_out_on_demand(archive: Archive) -> None:
    record(archive, capture())
    assert any("/att/" in url for url in due(archive))
    assert not any("/att/" in url for url in due(archive, images=False))


def test_a_captured_page_is_not_due_until_its_time(archive: Archive) -> None:
    record(archive, capture())
    assert STORY not in due(archive)
    assert STORY in due(archive, 31 * 24 * 60)


def test_a_claimed_page_is_not_given_twice(archive: Archive) -> None:
    archive.seed()
    frontier = Frontier(archive.connection, PORTAL.name, Selection())
    first = frontier.due(CANONICAL_HOST, at(), 3)
    second = frontier.due(CANONICAL_HOST, at(), 3, {page.id for page in first})
    assert not {page.id for page in first} & {page.id for page in second}
    assert len(first) == len(second) == 3


def test_the_next_turn_is_told_for_pages_that_wait(archive: Archive) -> None:
    record(archive, capture(payload=b"", status=503))
    frontier = Frontier(archive.connection, PORTAL.name, Selection())
    assert frontier.next_due(CANONICAL_HOST) == at() + timedelta(seconds=5)
    page = frontier.due(CANONICAL_HOST, at(1), 1)[0]
    assert frontier.next_due(CANONICAL_HOST, {page.id}) is None


def test_another_portals_pages_are_not_asked(open_for_writing: OpenForWriting, folder: Path) -> None:
    with open_for_writing() as archive:
        archive.seed()
    with open_for_writing(CUSTOM) as archive:
        assert due(archive) == []


def test_a_selection_of_pages_asks_these_and_their_further_pages(archive: Archive) -> None:
    record(archive, capture(payload=article_page(further=("c_321174_2.htm",))))
    archive.ask([STORY, OTHER_STORY])
    assert set(due(archive, pages=(STORY,))) == {STORY, SECOND_PART}


def test_a_selection_of_sections_asks_their_lists_and_the_articles_on_them(archive: Archive) -> None:
    archive.seed()
    record(
        archive,
        capture(LIST, list_page([(STORY, "A story of the town"), (OTHER_STORY, "Another story of it")])),
    )
    record(
        archive,
        capture(
            f"{HOST}/gzbusiness.html", list_page([(f"{HOST}/2018-12/28/c_9.htm", "Business of the town")])
        ),
    )
    asked = due(archive, sections=("gzlatest",))
    assert {STORY, OTHER_STORY} <= set(asked)
    assert f"{HOST}/2018-12/28/c_9.htm" not in asked


def test_since_leaves_out_articles_that_are_dated_before(archive: Archive) -> None:
    record(archive, capture(LIST, list_page([])))
    archive.ask([STORY, OTHER_STORY])
    assert [url for url in due(archive, since="2018-12-27") if "c_" in url] == [OTHER_STORY]


def test_validators_are_given_only_where_the_body_is_stored_whole(archive: Archive) -> None:
    picture = f"{HOST}/att/20181226/1.jpeg"
    cut = capture(picture, bytes(5_000), truncated="length", response_headers=(("ETag", '"p"'),))
    record(archive, cut, capture(STORY))
    archive.ask([picture, STORY])
    given = {
        page.url: page.validated_digest
        for page in Frontier(archive.connection, PORTAL.name, Selection()).due(CANONICAL_HOST, at(), 50)
    }
    assert given[STORY] == capture(STORY).payload_digest
    assert given[picture] is None


def test_a_page_forbidden_by_robots_waits_for_tomorrow(archive: Archive) -> None:
    archive.ask([STORY])
    archive.record_all([Failure(STORY, at(), "robots", "not allowed")])
    assert one(archive.connection, "SELECT due_at FROM pages") == "2026-01-15T21:00:00.000Z"
    assert one(archive.connection, "SELECT failures FROM pages") == 0


def test_that_robots_still_forbids_a_page_is_no_second_record(archive: Archive) -> None:
    archive.ask([STORY])
    for day in range(3):
        (recorded,) = archive.record_all([Failure(STORY, at(days=day), "robots", "not allowed")])
        assert recorded.outcome == Outcome.FORBIDDEN
    assert one(archive.connection, "SELECT count(*) FROM failures") == 1
    assert one(archive.connection, "SELECT due_at FROM pages") == "2026-01-17T21:00:00.000Z"
    record(archive, capture(when=at(days=4)))
    archive.record_all([Failure(STORY, at(days=5), "robots", "not allowed")])
    assert one(archive.connection, "SELECT count(*) FROM failures") == 2


# -- what the archive holds -------------------------------------------------------------------------


def test_an_article_is_found_by_id_by_any_address_and_by_title(archive: Archive) -> None:
    record(
        archive,
        capture(),
        capture(OTHER_STORY, article_page("Another.", title="Lanterns over the lake"), at(1)),
    )
    with open_archive(archive.directory.path) as opened:
        for key in (
            "guangzhou:c_321174",
            STORY,
            STORY.replace("https", "http") + "#comments",
            STORY.replace(HOST, ALIAS_HOST),
            "pump HOUSES",
        ):
            assert opened.article(key)["id"] == "guangzhou:c_321174"


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("guangzhou:c_321179", "did you mean .*guangzhou:c_321174"),
        ("https://elsewhere.example/", "no article by that id, address or title"),
        ("the", "more than one article: "),
        (f"{HOST}/2018-12/30/c_5.htm", "is not captured yet"),
    ],
)
def test_what_is_not_there_or_not_unique_is_told(archive: Archive, key: str, words: str) -> None:
    record(archive, capture(), capture(OTHER_STORY, article_page("Another.", title="Over the lake"), at(1)))
    archive.ask([f"{HOST}/2018-12/30/c_5.htm"])
    with open_archive(archive.directory.path) as opened, pytest.raises(UnknownArticleError, match=words):
        opened.article(key)


def test_an_article_that_waits_for_further_pages_says_so(archive: Archive) -> None:
    record(archive, capture(payload=article_page(further=("c_321174_2.htm",))))
    with (
        open_archive(archive.directory.path) as opened,
        pytest.raises(UnknownArticleError, match="not with all its pages"),
    ):
        opened.article(STORY)


def test_the_envelope_tells_where_the_record_comes_from(archive: Archive) -> None:
    record(
        archive,
        capture(),
        capture(payload=article_page("An edit."), when=at(5)),
        capture(payload=article_page("An edit."), when=at(9)),
    )
    with open_archive(archive.directory.path) as opened:
        envelope = opened.article(STORY)["envelope"]
        file, _, offset = envelope["warc"].partition(":")
        assert (opened.directory.warc / file).exists()
        assert int(offset) > 0
    assert envelope["revision"] == 2
    assert envelope["captured_at"] == "2026-01-15T01:05:00.000Z"
    assert envelope["last_seen"] == "2026-01-15T01:09:00.000Z"


def test_status_counts_what_is_due_by_portal(open_for_writing: OpenForWriting, folder: Path) -> None:
    with open_for_writing() as archive:
        seeds = archive.seed()
        archive.record_all([Failure(LIST, at(), "timeout", "none")])
    with open_for_writing(CUSTOM) as archive:
        record(archive, capture("https://www.eguangzhou.gov.cn/2018-12/27/c_5.htm", UNREADABLE_PAGE, at(1)))
    with open_archive(folder) as opened:
        status = opened.status()
    assert status["due_by_portal"]["guangzhou"] == seeds
    assert status["due"] == sum(status["due_by_portal"].values())
    assert (status["quarantined"], status["failing"], status["captures"]) == (1, 1, 1)


def test_a_payload_that_no_capture_has_is_damage(archive: Archive) -> None:
    with pytest.raises(ArchiveDamagedError, match="no capture holds the payload sha256:0"):
        StoredPayloads(archive.connection, archive.directory).read("sha256:0")


# -- by index, and in few statements ------------------------------------------------------------------

_SMALL = {"portals", "runs", "r", "quarantine", "q", "w", "warc_files", "sections"}
"""Tables with a row a run, a portal or a defect; all others grow with the portal."""


def scans(connection: sqlite3.Connection, statement: str) -> list[str]:
    """Steps of a query that read a whole table."""
    plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {statement}")]
    return [
        step
        for step in plan
        if (match := re.match(r"SCAN (\S+)", step))
        and "USING" not in step
        and "VIRTUAL TABLE" not in step
        and "CONSTANT ROW" not in step
        and match[1] not in _SMALL
    ]


@pytest.fixture
def traced(crawled: Path) -> Iterator[tuple[sqlite3.Connection, list[str]]]:
    """A reading connection, and the statements that ran on it."""
    statements: list[str] = []
    with closing(connect_to_read(crawled / "gzcrawler.db")) as connection:
        connection.set_trace_callback(statements.append)
        yield connection, statements
        connection.set_trace_callback(None)


@pytest.mark.parametrize(
    "selection",
    [
        Selection(),
        Selection(images=False),
        Selection(sections=("gzlatest", "gzbusiness")),
        Selection(since="2025-01-01"),
        Selection(pages=(STORY, LIST)),
    ],
)
def test_the_frontier_is_asked_by_index(
    traced: tuple[sqlite3.Connection, list[str]], selection: Selection
) -> None:
    connection, statements = traced
    frontier = Frontier(connection, "replica", selection)
    now = at(days=60)
    frontier.count_due(now)
    for host in frontier.hosts():
        frontier.due(host, now, 25, {1, 2})
        frontier.next_due(host, {1, 2})
    assert len(statements) > 5
    connection.set_trace_callback(None)
    assert {
        statement: found for statement in set(statements) if (found := scans(connection, statement))
    } == {}


def test_the_archive_is_read_by_index(crawled: Path) -> None:
    statements: list[str] = []
    with open_archive(crawled) as opened:
        opened.connection.set_trace_callback(statements.append)
        records = list(opened.records())
        key = records[0]["id"]
        opened.article(key)
        opened.article(records[0]["url"])
        opened.captures_of(key)
        opened.raw(key)
        opened.status()
        with pytest.raises(UnknownArticleError):
            opened.article("no such title")
        opened.connection.set_trace_callback(None)
        questions = {
            text
            for text in statements
            if text.lstrip().startswith("SELECT") and "'main'.'search_" not in text
        }
        assert len(questions) > 15
        assert {text: found for text in questions if (found := scans(opened.connection, text))} == {}


def test_recording_reads_by_index(crawled_copy: Path) -> None:
    statements: list[str] = []
    crawl = SimulatedCrawl(crawled_copy)
    with Archive(crawled_copy, crawl.portal, command="test", now=lambda: at(days=60)) as archive:
        archive.connection.set_trace_callback(statements.append)
        (url,) = rows(archive.connection, "SELECT canonical_url FROM pages WHERE kind = 'article' LIMIT 1")[0]
        archive.seed()
        record(
            archive,
            capture(url, when=at(days=61)),
            capture(url, when=at(days=60)),
            capture(url, UNREADABLE_PAGE, at(days=62)),
        )
        archive.record_all([Failure(url, at(days=63), "timeout", "none")])
        unindexed(archive.connection, 10)
        with closing(SearchIndexer(archive.connection)) as indexer:
            indexer.catch_up(10)
        archive.connection.set_trace_callback(None)
        work = {
            text
            for text in statements
            if re.match(r"\s*(SELECT|UPDATE|DELETE|INSERT)", text) and "search_" not in text
        }
        assert len(work) > 20
        assert {text: found for text in work if (found := scans(archive.connection, text))} == {}


def test_a_new_article_costs_few_statements(archive: Archive) -> None:
    """Each one hands the interpreter's lock to the other threads and takes it back."""
    related = tuple(f"{HOST}/2018-12/20/c_{n}.htm" for n in range(8))
    first, second = (
        capture(f"{HOST}/2018-12/26/c_9{n}.htm", article_page(f"Story {n}.", related=related), at(n))
        for n in range(2)
    )
    record(archive, first)
    statements: list[str] = []
    archive.connection.set_trace_callback(statements.append)
    record(archive, second)
    archive.connection.set_trace_callback(None)
    assert len(statements) <= 17
