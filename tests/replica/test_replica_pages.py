"""Pages: the same for the same seed, whole, at every address that the portal would answer."""

from __future__ import annotations

import re
import struct
import zlib
from itertools import islice
from statistics import mean

import pytest
from parsel import Selector

from gzcrawler.items import Article
from gzcrawler.replica import Replica, ReplicaConfig


def _articles(replica: Replica, count: int) -> list[Article]:
    return list(islice(replica.articles(), count))


def test_the_same_seed_gives_the_same_bytes_in_another_object(ask) -> None:
    first, second = (Replica(ReplicaConfig(seed=3, articles=120)) for _ in range(2))
    urls = [url for _, found in first.addresses() for url in found] + list(first.list_addresses())
    assert len(urls) > 120
    assert all(ask(first, url) == ask(second, url) for url in urls)


def test_pages_do_not_depend_on_the_order_in_which_they_are_asked(ask) -> None:
    forth, back = (Replica(ReplicaConfig(seed=3, articles=120)) for _ in range(2))
    urls = [url for _, found in forth.addresses() for url in found]
    before = {url: ask(forth, url).body for url in urls}
    assert before == {url: ask(back, url).body for url in reversed(urls)}


def test_another_seed_gives_another_portal() -> None:
    first, second = (Replica(ReplicaConfig(seed=seed, articles=60)) for seed in (1, 2))
    assert {a.title for a in first.articles()} != {a.title for a in second.articles()}


@pytest.mark.parametrize("articles", [50, 333, 2000])
def test_there_are_as_many_articles_as_asked_for(articles: int) -> None:
    replica = Replica(ReplicaConfig(articles=articles))
    assert len(replica.lives()) == articles


@pytest.mark.parametrize("size", [15_000, 30_000, 60_000])
def test_pages_are_about_as_large_as_asked_for(size: int, ask) -> None:
    replica = Replica(ReplicaConfig(articles=200, page_bytes=size))
    sizes = [len(ask(replica, urls[0]).body) for _, urls in replica.addresses()]
    assert mean(sizes) == pytest.approx(size, rel=0.05)


def test_every_article_address_is_answered(replica: Replica, ask) -> None:
    assert {ask(replica, url).status for _, urls in replica.addresses() for url in urls} == {200}


def test_every_alias_of_the_map_answers_with_the_same_story(replica: Replica, ask) -> None:
    asked = 0
    for article in _articles(replica, 60):
        for url in replica.portal.addresses_of(article.canonical_url):
            told = replica.truth(url)
            assert isinstance(told, Article)
            assert (told.id, told.content_digest) == (
                article.id,
                _first_part(replica, article).content_digest,
            )
            assert article.title in " ".join(Selector(ask(replica, url).body.decode()).css("::text").getall())
            asked += 1
    assert asked >= 60 * 3


def _first_part(replica: Replica, article: Article) -> Article:
    told = replica.truth(article.canonical_url)
    assert isinstance(told, Article)
    return told


@pytest.mark.parametrize(
    "change",
    [
        lambda url: url + "?from=timeline",
        lambda url: url.replace("//www.", "//"),
        lambda url: url.replace(".test/", ".test/guangzhou/", 1),
    ],
)
def test_queries_bare_hosts_and_folded_prefixes_change_nothing(change, replica: Replica, ask) -> None:
    page = ask(replica, change(_articles(replica, 1)[0].canonical_url))
    assert page.status == 200


def test_a_phone_twin_carries_the_same_story(replica: Replica, ask) -> None:
    url = next(a.canonical_url for a in replica.articles() if "/post_" in a.canonical_url)
    assert ask(replica, url.replace("/post_", "/mpost_")).body == ask(replica, url).body


def test_a_host_outside_the_map_is_answered_as_the_canonical_one(replica: Replica) -> None:
    path = _articles(replica, 1)[0].canonical_url.partition(".test")[2]
    assert replica.page("127.0.0.1:8642", path) == replica.page("www.eguangzhou.test", path)


def test_hosts_of_the_old_platform_have_no_page_of_the_new_one(replica: Replica) -> None:
    path = next(a.canonical_url for a in replica.articles() if "/post_" in a.canonical_url).partition(
        ".test"
    )[2]
    assert replica.page("guangzhou.chinadaily.test", path).status == 404


@pytest.mark.parametrize(
    "change",
    [
        lambda path: path.replace("/c_", "/c_9"),
        lambda path: re.sub(r"/\d{4}-", "/1999-", path),
        lambda path: path.replace(".htm", "_9.htm"),
        lambda path: "/nansha/tianhe" + path,
    ],
)
def test_what_never_stood_is_not_found(change, replica: Replica) -> None:
    path = _articles(replica, 1)[0].canonical_url.partition(".test")[2]
    assert replica.page("www.eguangzhou.test", change(path)).status == 404


def test_some_articles_stand_at_a_district_address_too_under_the_same_id(replica: Replica) -> None:
    twice = [urls for _, urls in replica.addresses() if len(urls) == 2]
    assert twice
    for urls in twice:
        first, second = (replica.truth(url) for url in urls)
        assert isinstance(first, Article)
        assert isinstance(second, Article)
        assert first.id == second.id
        assert first.content_digest == second.content_digest


def test_some_content_stands_under_two_ids(mixed: Replica) -> None:
    digests: dict[str, set[str]] = {}
    for article in mixed.articles():
        digests.setdefault(article.content_digest, set()).add(article.id)
    assert any(len(ids) == 2 for ids in digests.values())


def test_every_picture_and_file_is_a_valid_one(replica: Replica, ask) -> None:
    for article in replica.articles():
        for image in article.images:
            page = ask(replica, image.url)
            assert page.status == 200
            if image.url.endswith(".png"):
                assert _is_png(page.body)
            else:
                assert page.body.startswith(b"\xff\xd8\xff\xe0")
                assert page.body.endswith(b"\xff\xd9")
            assert len(page.body) < 5000
        for file in article.attachments:
            assert _is_pdf(ask(replica, file.url).body)
        for video in article.videos:
            assert b"ftyp" in ask(replica, video.url).body[:16]


def _is_png(data: bytes) -> bool:
    place = 8
    while place < len(data):
        (length,) = struct.unpack(">I", data[place : place + 4])
        body = data[place + 4 : place + 8 + length]
        if zlib.crc32(body) != struct.unpack(">I", data[place + 8 + length : place + 12 + length])[0]:
            return False
        place += 12 + length
    return data.startswith(b"\x89PNG") and place == len(data)


def _is_pdf(data: bytes) -> bool:
    start = int(data.split(b"startxref\n")[1].split()[0])
    places = [int(line[:10]) for line in data[start:].splitlines()[3:8]]
    return all(data[place:].startswith(b"%d 0 obj" % number) for number, place in enumerate(places, 1))


def test_pictures_are_shared_and_some_addresses_have_the_same_bytes(mixed: Replica, ask) -> None:
    shown: dict[str, set[str]] = {}
    for article in mixed.articles():
        for image in article.images:
            shown.setdefault(image.url.partition(".test")[2], set()).add(article.id)
    assert any(len(ids) > 2 for ids in shown.values())
    bodies: dict[bytes, set[str]] = {}
    for path in shown:
        bodies.setdefault(mixed.page("www.eguangzhou.test", path).body, set()).add(path)
    assert any(len(paths) > 1 for paths in bodies.values())


def test_home_pages_of_the_map_lead_to_lists(replica: Replica, ask) -> None:
    for edition in replica.portal.editions:
        for url in edition.home:
            links = Selector(ask(replica, url).body.decode()).css("a::attr(href)").getall()
            kinds = {a.kind for a in (replica.portal.address(link, url) for link in links) if a is not None}
            assert {"listing", "article"} <= kinds


def test_robots_txt_stands_on_every_host(replica: Replica) -> None:
    assert {replica.page(host.host, "/robots.txt").status for host in replica.portal.hosts} == {200}


def test_no_absolute_link_where_none_is_wanted(ask) -> None:
    replica = Replica(ReplicaConfig(articles=80, absolute_links=0.0))
    urls = [url for _, found in replica.addresses() for url in found] + list(replica.list_addresses())
    links = [
        link
        for url in urls
        for link in Selector(ask(replica, url).body.decode()).css("a::attr(href)").getall()
    ]
    assert {link for link in links if link.startswith("http")} <= {"http://www.example.org/notice"}


def test_links_go_to_every_host_where_some_are_absolute(replica: Replica, ask) -> None:
    links = {
        link.split("/")[2]
        for _, urls in replica.addresses()
        for link in Selector(ask(replica, urls[0]).body.decode()).css("a::attr(href)").getall()
        if link.startswith("http")
    }
    assert {host.host for host in replica.portal.hosts} <= links


def test_dresses_share_no_class_name_that_holds_the_body(replica: Replica, ask) -> None:
    classes: dict[str, set[str]] = {}
    for article in replica.articles():
        first = next((line for line in article.body if len(line) > 60), None)
        if first is None or article.continued_on:
            continue
        page = Selector(ask(replica, article.canonical_url).body.decode())
        holder = page.xpath(
            "//*[contains(normalize-space(string()), $text)]/@class", text=first.split(".")[0][:50]
        )
        if holder:
            classes.setdefault(holder[-1].get(), set()).add(article.id)
    assert len(classes) >= 6


def test_no_link_of_the_default_preset_is_dead(replica: Replica, ask) -> None:
    portal = replica.portal
    due = [seed.url for seed in portal.seeds()]
    seen, articles = set(due), set()
    while due:
        url = due.pop()
        page = ask(replica, url)
        assert page.status == 200, url
        address = portal.address(url)
        assert address is not None
        if address.kind == "article":
            articles.add(address.id)
        if not (page.header("Content-Type") or "").startswith("text/html"):
            continue
        for link in Selector(page.body.decode()).css("a::attr(href), img::attr(src)").getall():
            found = portal.address(link, url)
            if found is not None and not found.template and found.url not in seen:
                seen.add(found.url)
                due.append(found.url)
    assert articles == set(replica.lives())
