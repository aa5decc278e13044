"""The truth: complete, in every form, and the same that the pages show."""

from __future__ import annotations

import re
from html import unescape
from itertools import islice
from urllib.parse import urljoin

import pytest
from parsel import Selector

from gzcrawler.errors import MissingTitleError
from gzcrawler.items import Article, Listing, OtherPage
from gzcrawler.replica import Replica, ReplicaConfig
from gzcrawler.replica.headlines import FORMS


def _shown(body: bytes) -> str:
    """All text of a page in order, one blank between words."""
    page = Selector(body.decode())
    pieces = page.xpath("//body//text()[not(ancestor::script) and not(ancestor::style)]").getall()
    return " ".join(" ".join(pieces).split())


def _squeezed(text: str) -> str:
    return re.sub(r"\s+", "", text)


@pytest.fixture(scope="module")
def articles(mixed: Replica) -> list[Article]:
    return list(mixed.articles())


def test_every_line_of_the_truth_is_printed_in_its_order(replica: Replica, ask) -> None:
    for article in islice(replica.articles(), 0, None, 3):
        for url in (article.canonical_url, *article.continued_on):
            told = replica.truth(url)
            assert isinstance(told, Article)
            shown = _squeezed(_shown(ask(replica, url).body))
            place = shown.find(_squeezed(told.title))
            assert place >= 0, url
            for line in told.body:
                place = shown.find(_squeezed(line), place)
                assert place >= 0, (url, line)
            for image in told.images:
                assert image.raw_caption is None or _squeezed(image.raw_caption) in shown


def test_raw_dates_sources_and_authors_are_printed(replica: Replica, ask) -> None:
    for article in replica.articles():
        page = ask(replica, article.canonical_url).body
        shown, source = _squeezed(_shown(page)), " ".join(unescape(page.decode()).split())
        for name in (*article.authors, *([article.source] if article.source else [])):
            assert name in source
        if article.published_from == "head line":
            assert _squeezed(article.published_raw or "") in shown
        elif article.published_from == "meta":
            assert f'"{article.published_raw}"' in source
        else:
            assert f"/{article.published_raw}/" in article.canonical_url


def test_links_and_pictures_of_the_truth_are_on_the_page(replica: Replica, ask) -> None:
    for article in islice(replica.articles(), 0, None, 2):
        told = replica.truth(article.canonical_url)
        assert isinstance(told, Article)
        page = Selector(ask(replica, article.canonical_url).body.decode())
        hrefs = {urljoin(told.url, href) for href in page.css("a::attr(href)").getall()}
        sources = [urljoin(told.url, src) for src in page.css("img::attr(src)").getall()]
        for link in (*told.related_links, *told.inline_links, *told.attachments, *told.editions):
            assert link.url in hrefs
        assert {step.url for step in told.breadcrumbs if step.url} <= hrefs
        assert set(told.continued_on) <= hrefs
        shown = [source for source in sources if not re.search(r"/att/\d+\.files/", source)]
        assert shown == [image.url for image in told.images]


def test_the_address_is_what_the_map_makes_of_it(replica: Replica) -> None:
    for article in replica.articles():
        address = replica.portal.address(article.url)
        assert address is not None
        assert (address.canonical_url, address.id) == (article.canonical_url, article.id)
        assert (address.kind, address.edition) == ("article", article.edition)


def test_every_field_of_the_record_occurs(articles: list[Article]) -> None:
    names = set(articles[0].as_dict()) - {"kind", "schema"}
    filled = {name for article in articles for name, value in article.as_dict().items() if value}
    assert names <= filled


def test_every_field_that_may_be_absent_is_absent_somewhere(articles: list[Article]) -> None:
    may = (
        "source",
        "authors",
        "body",
        "images",
        "videos",
        "attachments",
        "inline_links",
        "continued_on",
        "warnings",
    )
    empty = {name for article in articles for name in may if not getattr(article, name)}
    assert empty == set(may)


def test_all_precisions_and_origins_of_dates_occur(articles: list[Article]) -> None:
    assert {a.published_precision for a in articles} == {"day", "minute", "second"}
    assert {a.published_from for a in articles} == {"head line", "meta", "address"}


def test_dates_that_disagree_are_warned_of(articles: list[Article]) -> None:
    assert {w for a in articles for w in a.warnings} >= {
        "published: head line and meta disagree",
        "published: head line and address disagree",
    }


@pytest.mark.parametrize(
    ("label", "pattern"),
    [
        ("common", r"^Updated:\d{4}-\d\d-\d\d$"),
        ("spaced", r"^Updated : \d{4}-\d\d-\d\d$"),
        ("long", r"^Updated: [A-Z][a-z]+ \d{1,2}, \d{4}$"),
        ("update", r"^Update:\s?\d{4}-\d\d-\d\d$"),
        ("bare", r"^\d{4}-\d\d-\d\d$"),
        ("clock", r"^Updated: \d{4}-\d\d-\d\d \d\d:\d\d$"),
        ("seconds", r"^Updated: \d{4}-\d\d-\d\d \d\d:\d\d:\d\d$"),
        ("Chinese", r"^发布时间:\d{4}年\d{1,2}月\d{1,2}日$"),
        ("address", r"^\d{4}-\d\d/\d\d$"),
    ],
)
def test_every_form_of_date_occurs(label: str, pattern: str, articles: list[Article]) -> None:
    assert any(re.match(pattern, a.published_raw or "") for a in articles), label


def test_every_head_line_form_is_printed(articles: list[Article], mixed: Replica, ask) -> None:
    pages = [_squeezed(_shown(ask(mixed, a.canonical_url).body)) for a in articles]
    for form in (form for forms in FORMS.values() for form in forms if form):
        pieces = re.split(r"\{\w+\}", _squeezed(form))
        pattern = re.compile(r"[\w.:,-]{2,40}?".join(map(re.escape, pieces)))
        assert any(pattern.search(page) for page in pages), form


@pytest.mark.parametrize(
    "pattern",
    [
        r"^Photo/[a-z.]+$",
        r"^Photo/[A-Z]\w+",
        r"^Photo/$",
        r"^Photo by [^,/]+/\w+$",
        r"^Photo by [^,/]+, [^,/]+/",
        r"^Photo by [^/]+ / ",
        r"^Photo by [^/]+$",
        r"^Photo provided to ",
        r"^Photo/WeChat account: ",
        r"^[A-Z ]+/CHINA DAILY$",
        r"^PROVIDED TO CHINA DAILY$",
        r"^Photo \| ",
        r"^写真提供:",
    ],
)
def test_every_form_of_credit_occurs(pattern: str, articles: list[Article]) -> None:
    assert any(re.search(pattern, image.credit or "") for a in articles for image in a.images)


def test_films_have_their_credit(articles: list[Article]) -> None:
    assert {video.credit for a in articles for video in a.videos} == {"Video by eguangzhou.gov.cn"}


def test_trails_have_one_to_five_steps(articles: list[Article]) -> None:
    assert {len(a.breadcrumbs) for a in articles} == {1, 2, 3, 4, 5}


def test_three_languages_are_written(articles: list[Article]) -> None:
    assert {a.language for a in articles} == {"en", "zh-Hans", "ja"}


def test_related_links_of_both_scopes_occur_and_the_slider_has_five(articles: list[Article]) -> None:
    scopes = {link.scope for a in articles for link in a.related_links}
    assert scopes == {"article", "site"}
    sliders = {sum(link.scope == "site" for link in a.related_links) for a in articles if "/c_" in a.url}
    assert sliders == {5}


def test_a_continued_article_is_one_record(mixed: Replica, articles: list[Article]) -> None:
    continued = [a for a in articles if a.continued_on]
    assert {len(a.continued_on) for a in continued} == {1, 2, 3}
    for article in continued:
        parts = [mixed.truth(url) for url in (article.canonical_url, *article.continued_on)]
        assert {part.id for part in parts} == {article.id}
        assert article.body == tuple(line for part in parts for line in part.body)


def test_the_sanitized_body_says_what_the_blocks_say(articles: list[Article]) -> None:
    for article in articles:
        lines = [line for line in (article.body_html or "").split("\n") if not line.startswith("<figure>")]
        text = "".join(Selector(f"<div>{''.join(lines)}</div>").css("::text").getall())
        assert _squeezed(text) == _squeezed("".join(article.body))


def test_texts_are_squashed(articles: list[Article]) -> None:
    for article in articles:
        for text in (article.title, *article.body, *(i.raw_caption or "x" for i in article.images)):
            assert text
            assert all(" ".join(cell.split()) == cell for cell in text.split("\t"))


def test_unreadable_pages_raise_as_a_reader_must(mixed: Replica) -> None:
    unreadable = [key for key, life in mixed.lives().items() if life == "unreadable"]
    urls = {key: found[0] for key, found in mixed.addresses()}
    assert unreadable
    for key in unreadable:
        with pytest.raises(MissingTitleError):
            mixed.truth(urls[key])


def test_the_default_preset_is_all_readable(replica: Replica) -> None:
    assert set(replica.lives().values()) == {"alive"}


def test_lists_print_what_the_truth_says(replica: Replica, ask) -> None:
    for url in replica.list_addresses():
        told = replica.truth(url)
        assert isinstance(told, Listing)
        page = Selector(ask(replica, url).body.decode())
        hrefs = [urljoin(url, href) for href in page.css("a::attr(href)").getall()]
        places = [hrefs.index(entry.url) for entry in told.entries]
        assert places == sorted(places)
        shown = _shown(ask(replica, url).body)
        for entry in told.entries:
            assert entry.title[:30] in shown
            assert entry.summary is None or entry.summary in shown
        assert told.next is None or told.next in hrefs


def test_every_article_stands_on_the_lists_of_its_section(replica: Replica) -> None:
    listed: set[str] = set()
    asked = set()
    for seed in replica.portal.seeds():
        url: str | None = seed.canonical_url if seed.kind == "listing" else None
        while url:
            told = replica.truth(url)
            assert isinstance(told, Listing)
            asked.add(url)
            addresses = [replica.portal.address(entry.url) for entry in told.entries]
            listed |= {a.id for a in addresses if a is not None and a.id is not None}
            url = told.next
    assert listed == set(replica.lives())
    assert asked == set(replica.list_addresses())


def test_list_pages_hold_six_to_nine_or_fifteen_to_twenty(replica: Replica) -> None:
    sizes: dict[str | None, set[int]] = {}
    for url in replica.list_addresses():
        told, address = replica.truth(url), replica.portal.address(url)
        assert isinstance(told, Listing)
        assert address is not None
        if told.next:
            sizes.setdefault(address.generation, set()).add(len(told.entries))
    assert sizes["G2"] <= {6, 7, 8, 9}
    assert sizes["G3"] <= set(range(15, 21))


def test_lists_date_their_items_in_some_dresses_only(replica: Replica) -> None:
    dated = {
        entry.date is not None
        for url in replica.list_addresses()
        for entry in getattr(replica.truth(url), "entries", ())
    }
    assert dated == {True, False}


@pytest.mark.parametrize(
    ("path", "kind"),
    [("/", "home"), ("/zh/", "home"), ("/robots.txt", "robots"), ("/2019-01/01/c_1.htm", "removed")],
)
def test_other_pages_are_told_by_kind(path: str, kind: str, replica: Replica) -> None:
    told = replica.truth("http://www.eguangzhou.test" + path)
    assert isinstance(told, OtherPage)
    assert told.kind == kind


def test_ids_do_not_rise_with_dates() -> None:
    numbers = [
        int(a.id.rpartition("_")[2]) for a in Replica(ReplicaConfig(articles=100)).articles() if ":c_" in a.id
    ]
    assert numbers != sorted(numbers)
