"""The search page and the first page: what is found, what is counted, what can be taken along."""

from __future__ import annotations

import csv
import io
import json
import re
from html import unescape
from typing import TYPE_CHECKING
from urllib.parse import quote
from xml.etree import ElementTree

import pytest
from lxml import html

from gzcrawler.archive import ArticleFilter, open_archive

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gzcrawler.archive import OpenArchive
    from tests.conftest import VisitedPortal
    from tests.web.conftest import Get

_ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture(scope="module")
def archive(visited_portal: VisitedPortal) -> Iterator[OpenArchive]:
    with open_archive(visited_portal.folder / "archive") as opened:
        yield opened


def _hits(page: str) -> list[str]:
    return re.findall(r'<h2><a href="/article/([^"?]+)"[^>]*>', page)


def test_the_page_finds_what_the_command_finds(get: Get, archive: OpenArchive) -> None:
    answer = archive.search("harbor OR harbour", limit=20)
    page = get("/search?q=harbor+OR+harbour").text
    assert _hits(page) == [hit.id for hit in answer.hits]
    assert "<mark>" in page
    assert f"of {answer.total:,}" in page


def test_without_words_all_articles_are_there_page_by_page(get: Get, archive: OpenArchive) -> None:
    found: list[str] = []
    address: str | None = "/search"
    while address:
        page = get(address).text
        found += _hits(page)
        following = re.search(r'rel="next" href="([^"]+)"', page)
        address = f"/search{unescape(following[1])}" if following else None
    assert sorted(found) == sorted(article.id for article in archive.articles())


@pytest.mark.parametrize("facet", ["section", "year", "source", "edition", "state"])
def test_a_facet_counts_what_choosing_it_finds(get: Get, facet: str) -> None:
    page = get("/search").text
    values = re.findall(
        rf'<a href="\?({facet}=[^"&]+)" rel="nofollow">[^<]*</a> <small>([\d,]+)</small>', page
    )
    assert values
    for query, number in values:
        narrowed = get(f"/search?{unescape(query)}").text
        assert f"of {number}" in narrowed


def test_facets_are_counted_under_the_filter(archive: OpenArchive) -> None:
    whole = archive.facets()
    assert whole.complete
    for source, number in whole.values["source"]:
        narrowed = archive.facets("", ArticleFilter(sources=(source,)))
        assert narrowed.counted == number == archive.count("", ArticleFilter(sources=(source,)))
    few = archive.facets(most=7)
    assert (few.counted, few.complete) == (7, False)
    assert sum(number for _, number in few.values["state"]) == 7


def test_results_are_taken_along_in_three_formats(get: Get, archive: OpenArchive) -> None:
    hits = archive.search("guangzhou", limit=1_000).hits
    taken = json.loads(get("/search.json?q=guangzhou").text)
    assert [hit["id"] for hit in taken["hits"]] == [hit.id for hit in hits]
    assert "\x02" not in json.dumps(taken)
    rows = list(csv.DictReader(io.StringIO(get("/search.csv?q=guangzhou").text, newline="")))
    assert [row["id"] for row in rows] == [hit.id for hit in hits]
    feed = ElementTree.fromstring(get("/search.atom?q=guangzhou").text)
    assert 0 < len(feed.findall(f"{_ATOM}entry")) <= 50


def test_an_id_or_an_address_leads_to_the_article_at_once(get: Get, archive: OpenArchive) -> None:
    article = next(archive.articles())
    for words in (article.id, article["canonical_url"]):
        answer = get(f"/search?q={quote(words, safe='')}")
        assert answer.headers["location"] == f"/article/{article.id}"


@pytest.mark.parametrize(
    "query",
    [
        "page=0",
        "page=501",
        "page=99999999999999999999",
        "section=nothing",
        "source=Nobody",
        "state=there",
        "edition=xx",
        "year=20245",
        "year=2024&year=2025",
        "from=2024-13-01",
        "from=2025-01-01&to=2024-01-01",
        "sort=worst",
        "images=2",
        "&".join(f"source=a{number}" for number in range(21)),
        "state=alive' OR 1=1 --",
        "section=%27%3B%20DROP%20TABLE%20articles%3B--",
    ],
)
def test_what_cannot_be_asked_is_refused_with_a_reason(get: Get, query: str) -> None:
    for path in ("/search", "/search.json"):
        answer = get(f"{path}?{query}")
        assert answer.status_code == 400
        assert "<h1>" in answer.text


@pytest.mark.parametrize(
    "words",
    [
        '"',
        "(((",
        "NOT",
        "a* OR",
        "title:",
        "NEAR(a b)",
        "*",
        "{a} : b",
        "' OR 1=1 --",
        "a" * 1_900,
        "\ud7ff\uffff",
    ],
)
def test_whatever_is_typed_is_answered(get: Get, words: str) -> None:
    assert get("/search", params={"q": words}).status_code == 200


def test_the_first_page_shows_the_last_articles_and_the_verdict(get: Get, archive: OpenArchive) -> None:
    page = get("/").text
    titles = [
        row[0]
        for row in archive.connection.execute(
            "SELECT title FROM articles WHERE revision IS NOT NULL ORDER BY published DESC, id DESC LIMIT 12"
        )
    ]
    places = [unescape(page).find(title) for title in titles]
    assert -1 not in places
    assert page.count('<img class="thumbnail"') > 0
    (verdict,) = archive.connection.execute(
        "SELECT verdict FROM runs WHERE command = 'crawl' ORDER BY id DESC LIMIT 1"
    ).fetchone()
    assert verdict in unescape(page)


def test_the_first_page_names_what_changed_and_went_this_week(get: Get, archive: OpenArchive) -> None:
    page = get("/").text
    since = """(SELECT strftime('%Y-%m-%dT%H:%M:%fZ', max(captured_at), '-7 days') FROM captures)"""
    (changed,) = archive.connection.execute(
        f"SELECT count(*) FROM revisions WHERE number > 1 AND cause = 'source' AND captured_at > {since}"
    ).fetchone()
    (removed,) = archive.connection.execute(
        f"SELECT count(*) FROM removed WHERE gone_since > {since}"
    ).fetchone()
    assert changed
    assert f"Changed this week ({changed})" in page
    assert f"Removed or missing this week ({removed})" in page


def test_titles_say_their_language_where_it_is_not_the_interfaces(get: Get, archive: OpenArchive) -> None:
    languages = {article.id: article["language"] for article in archive.articles()}
    page = html.fromstring(get("/search?sort=newest&edition=zh").text)
    links = page.xpath("//ol[@class='hits']//h2/a")
    assert links
    for link in links:
        assert link.get("lang") == languages[link.get("href").rpartition("/")[2]]
    chinese = html.fromstring(get("/search?sort=newest&edition=zh&lang=zh").text)
    assert chinese.xpath("//ol[@class='hits']//h2/a/@lang") == []


def test_a_list_of_articles_tells_between_which_moments_they_were_verified(
    get: Get, archive: OpenArchive
) -> None:
    page = html.fromstring(get("/search?sort=newest").text)
    ids = [link.rpartition("/")[2] for link in page.xpath("//ol[@class='hits']//h2/a/@href")]
    verified = [archive.article(one)["envelope"]["last_verified"] for one in ids]
    shown = page.xpath("//footer//time/@datetime")
    assert shown in ([min(verified), max(verified)], [max(verified)])
