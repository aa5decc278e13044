"""A whole crawl, compared with what the replica knows of itself."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from gzcrawler.archive import Selection
from gzcrawler.crawl_options import CrawlOptions
from gzcrawler.crawl_run import CrawlRun
from gzcrawler.items import Listing

if TYPE_CHECKING:
    from pathlib import Path

    from sites import Site, Whole


def test_a_crawl_without_faults_is_complete(whole: Whole) -> None:
    assert (whole.verdict.verdict, whole.verdict.exit_code) == ("complete", 0)


def test_every_article_of_the_truth_is_in_the_archive_and_no_other(whole: Whole) -> None:
    site = whole.site
    assert set(site.rows("SELECT id FROM latest")) == {a.id for a in site.replica.replica.articles()}


def test_every_article_has_one_revision_after_one_crawl(whole: Whole) -> None:
    site = whole.site
    assert site.rows("SELECT max(number) FROM revisions") == [1]


def test_titles_and_dates_are_those_of_the_truth(whole: Whole) -> None:
    site = whole.site
    kept = {row[0]: row[1:] for row in site.rows("SELECT id, title, published FROM latest")}
    truth = {a.id: (a.title, a.published) for a in site.replica.replica.articles()}
    assert kept == truth


def test_every_list_page_is_walked(whole: Whole) -> None:
    site = whole.site
    walked = set(site.rows("SELECT canonical_url FROM pages WHERE state = 'listing'"))
    assert walked == set(site.replica.replica.list_addresses())


def test_placements_say_what_stood_where(whole: Whole) -> None:
    site = whole.site
    kept: dict[str, list[tuple[int, str, str]]] = {}
    for page, *entry in site.rows(
        """SELECT l.canonical_url, s.position, s.canonical_url, s.title FROM placements s
        JOIN pages l ON l.id = s.page_id ORDER BY 1, 2"""
    ):
        kept.setdefault(page, []).append(tuple(entry))
    for address in site.replica.replica.list_addresses():
        truth = site.replica.replica.truth(address)
        assert isinstance(truth, Listing)
        expected = []
        for entry in truth.entries:
            target = site.portal.address(entry.url)
            assert target is not None
            expected.append((entry.position, target.canonical_url, entry.title))
        assert kept.get(address, []) == expected


def test_pictures_and_files_of_articles_are_captured(whole: Whole) -> None:
    site = whole.site
    wanted = set()
    for article in site.replica.replica.articles():
        for url in (*(i.url for i in article.images), *(a.url for a in article.attachments)):
            address = site.portal.address(url)
            if address is not None:
                wanted.add(address.canonical_url)
    assert wanted
    assert wanted == set(site.rows("SELECT canonical_url FROM pages WHERE state = 'asset'"))


def test_no_page_is_asked_twice_whatever_its_aliases(whole: Whole) -> None:
    site = whole.site
    asked = Counter()
    for url in whole.asked:
        address = site.portal.address(f"http://{url}")
        assert address is not None
        asked[address.canonical_url] += 1
    # What is gone at one host is looked for at its other hosts.
    gone = set(site.rows("SELECT canonical_url FROM pages WHERE state = 'removed'"))
    # The first page of a list is read again where the walk went on behind it.
    gone |= set(site.rows("SELECT list_url FROM pages WHERE list_url != canonical_url"))
    assert {url: times for url, times in asked.items() if times > 1 and url not in gone} == {}


def test_an_article_at_two_addresses_is_one_article(whole: Whole, tmp_path: Path) -> None:
    site = replace(whole.site, archive=tmp_path / "archive")
    twice = next(both for both in site.replica.replica.addresses() if len(both[1]) > 1)
    site.crawl(selection=Selection(pages=twice[1]))
    assert site.rows("SELECT canonical_url FROM pages WHERE state = 'article' ORDER BY id") == list(twice[1])
    assert site.rows("SELECT id, revision FROM latest") == [(twice[0], 1)]


def test_further_pages_of_a_continued_article_are_in_its_record(whole: Whole) -> None:
    site = whole.site
    records = dict(site.rows("SELECT id, record FROM latest"))
    continued = [article for article in site.replica.replica.articles() if article.continued_on]
    assert continued
    for article in continued:
        assert json.loads(records[article.id])["continued_on"] == list(article.continued_on)
        assert len(json.loads(records[article.id])["body"]) == len(article.body)


def test_every_request_of_the_servers_log_is_a_capture(whole: Whole) -> None:
    site = whole.site
    captured = Counter(
        urlsplit(url).netloc + urlsplit(url).path for url in site.rows("SELECT url FROM captures")
    )
    assert captured == Counter(whole.asked)


def test_robots_txt_of_every_host_asked_is_captured_first(whole: Whole) -> None:
    first: dict[str, str] = {}
    for url in whole.asked:
        host, _, path = url.partition("/")
        first.setdefault(host, path)
    assert set(first.values()) == {"robots.txt"}


def test_a_commit_wakes_the_engine_before_its_heartbeat_does(site: Site) -> None:
    # Scrapy's heartbeat comes every 5 seconds; waiting for it once would take longer than the whole crawl.
    assert site.crawl(max_pages=45).record["seconds"] < 5


def test_the_run_s_record_says_what_was_read_with_what_and_what_is_missing(whole: Whole) -> None:
    site = whole.site
    (text,) = site.rows("SELECT record FROM runs")
    record = json.loads(text)
    pages = set(site.replica.replica.list_addresses())
    read_again = site.rows("SELECT DISTINCT list_url FROM pages WHERE list_url != canonical_url")
    assert sum(record["lists_read"].values()) == len(pages) + len(read_again)
    assert record["configuration"]["portal"] == "replica"
    assert record["configuration_digest"].startswith("sha256:")
    assert record["versions"].keys() == {"gzcrawler", "scrapy", "python", "sqlite"}
    assert (record["coverage"]["holes"], record["coverage"]["number_of_holes"]) == ([], 0)
    assert (record["silent"], record["lists_lost"], record["clock_behind_seconds"]) == ([], [], None)


def test_a_bug_that_ends_a_run_leaves_its_verdict(site: Site) -> None:
    run = CrawlRun(CrawlOptions(archive=site.archive, portal=site.portal))
    run.fail(ZeroDivisionError("no such number"))
    with pytest.raises(ZeroDivisionError):
        run.close()
    assert site.rows("SELECT verdict, exit_code FROM runs") == [
        ("ended by a bug of gzcrawler: ZeroDivisionError: no such number", 70)
    ]
