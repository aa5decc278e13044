"""What virtual time does to the portal."""

from __future__ import annotations

import pytest

from gzcrawler.items import Article, Listing, OtherPage
from gzcrawler.replica import Replica, ReplicaConfig

_DAY = 86_400


@pytest.fixture(scope="module")
def restless() -> Replica:
    """A portal to which much happens within a month."""
    return Replica(
        ReplicaConfig(seed=5, articles=400, edited=0.2, removed=0.2, growth_per_day=4, horizon_days=30)
    )


def _urls(replica: Replica, at: int) -> dict[str, str]:
    return {key: urls[0] for key, urls in replica.addresses(at)}


def _digests(replica: Replica, at: int) -> dict[str, str]:
    return {a.id: a.content_digest for a in replica.articles(at)}


def test_nothing_changes_while_the_clock_stands(restless: Replica, ask) -> None:
    for url in [*_urls(restless, restless.start).values(), *restless.list_addresses()]:
        assert ask(restless, url) == ask(restless, url)


def test_new_articles_appear_at_the_rate_asked_for(restless: Replica) -> None:
    before, after = restless.lives(), restless.lives(restless.start + 10 * _DAY)
    assert len(after) - len(before) == pytest.approx(40, abs=1)


def test_some_new_articles_carry_an_earlier_date(restless: Replica) -> None:
    at = restless.start + 25 * _DAY
    known = set(restless.lives())
    dates = [a.published or "" for a in restless.articles(at) if a.id not in known]
    assert any(date < "2026-01-01" for date in dates)
    assert any(date >= "2026-01-16" for date in dates)


def test_a_new_item_shifts_the_lists(restless: Replica) -> None:
    first = next(url for url in restless.list_addresses() if url.endswith("/"))
    before, after = restless.truth(first), restless.truth(first, restless.start + 29 * _DAY)
    assert isinstance(before, Listing)
    assert isinstance(after, Listing)
    assert before.entries != after.entries


def test_edits_change_content_and_nothing_else_does(restless: Replica) -> None:
    at = restless.start + 30 * _DAY
    before, after = _digests(restless, restless.start), _digests(restless, at)
    edited = {s.post for s in restless.calendar.stories if s.version(at)}
    changed = {key for key in before.keys() & after.keys() if before[key] != after[key]}
    numbers = {restless.article_id(s, at) for s in restless.calendar.stories if s.post in edited}
    assert changed
    assert changed <= numbers


def test_a_new_slider_changes_bytes_and_no_content(restless: Replica, ask) -> None:
    at = restless.start + 9 * _DAY
    story = next(
        s
        for s in restless.calendar.stories
        if not s.general and not s.version(at) and s.alive(at) and s.gone is None
    )
    url = restless._url(story, at)
    before, after = restless.truth(url), restless.truth(url, at)
    assert isinstance(before, Article)
    assert isinstance(after, Article)
    assert before.related_links != after.related_links
    assert before.content_digest == after.content_digest
    assert ask(restless, url).header("ETag") != ask(restless, url, at).header("ETag")


def test_pages_are_never_older_than_their_last_change(restless: Replica, ask) -> None:
    urls = [*list(_urls(restless, restless.start).values())[::5], *restless.list_addresses()]
    for url in urls:
        last = ask(restless, url)
        for day in range(1, 30):
            page = ask(restless, url, restless.start + day * _DAY)
            same = page.header("Last-Modified") == last.header("Last-Modified")
            assert not same or page.body == last.body, (url, day)
            last = page


@pytest.mark.parametrize(
    ("removal", "status", "kind"),
    [
        ("404", 404, "removed"),
        ("410", 410, "removed"),
        ("home", 302, "removed"),
        ("soft 404", 200, "removed"),
    ],
)
def test_articles_are_removed_in_every_way(
    removal: str, status: int, kind: str, restless: Replica, ask
) -> None:
    stories = [s for s in restless.calendar.stories if s.removal == removal and s.gone and s.gone > s.appears]
    assert stories
    for story in stories:
        assert story.gone is not None
        url = restless._url(story, story.gone)
        if story.gone - 1 >= restless.start:
            assert isinstance(restless.truth(url, story.gone - 1), Article)
        assert ask(restless, url, story.gone).status == status
        told = restless.truth(url, story.gone)
        assert isinstance(told, OtherPage)
        assert told.kind == kind


def test_some_removed_articles_return(restless: Replica) -> None:
    returned = [s for s in restless.calendar.stories if s.back is not None and s.back > s.appears]
    assert returned
    for story in returned:
        assert story.back is not None
        assert isinstance(restless.truth(restless._url(story, story.back), story.back), Article)


def test_lists_keep_some_removed_articles(restless: Replica) -> None:
    at = restless.start + 29 * _DAY
    lives = restless.lives(at)
    listed = {
        address.id
        for url in restless.list_addresses(at)
        for entry in getattr(restless.truth(url, at), "entries", ())
        for address in [restless.portal.address(entry.url)]
        if address is not None
    }
    gone = {key for key, life in lives.items() if life == "removed"}
    assert gone & listed
    assert gone - listed


def test_a_redesign_changes_every_page_and_no_content(ask) -> None:
    replica = Replica(
        ReplicaConfig(
            articles=200, edited=0, removed=0, redesign_at="2026-01-16T00:00:00+08:00", growth_per_day=0.1
        )
    )
    at = replica.start + _DAY
    assert _digests(replica, replica.start).items() <= _digests(replica, at).items()
    for url in _urls(replica, replica.start).values():
        assert ask(replica, url).body != ask(replica, url, at).body


def test_renamed_sections_change_trails_and_no_content() -> None:
    replica = Replica(ReplicaConfig(articles=200, edited=0, removed=0, rename_at="2026-01-16T00:00:00+08:00"))
    at = replica.start + _DAY
    before = {a.id: a for a in replica.articles()}
    after = {a.id: a for a in replica.articles(at)}
    assert any(before[key].breadcrumbs != after[key].breadcrumbs for key in before)
    assert all(before[key].content_digest == after[key].content_digest for key in before)
    url = "http://www.eguangzhou.test/gzlatest.html"
    assert (replica.truth(url).title, replica.truth(url, at).title) == ("Latest", "Updates")


@pytest.mark.parametrize(
    ("leaves", "status", "kind"),
    [("redirect", 301, "redirect"), ("gone", 404, "removed"), ("home", 302, "removed")],
)
def test_the_whole_site_moves_to_other_addresses(leaves, status: int, kind: str, ask) -> None:
    replica = Replica(
        ReplicaConfig(
            articles=200, edited=0, removed=0, move_at="2026-01-20T00:00:00+08:00", move_leaves=leaves
        )
    )
    at = replica.start + 6 * _DAY
    old = [url for url in _urls(replica, replica.start).values() if "/c_" in url]
    assert old
    assert {ask(replica, url, at).status for url in old} == {status}
    assert {replica.truth(url, at).kind for url in old} == {kind}
    assert all("/post_" in url for url in _urls(replica, at).values())
    assert {a.title for a in replica.articles()} <= {a.title for a in replica.articles(at)}
    listed = {
        address.id
        for url in replica.list_addresses(at)
        for entry in getattr(replica.truth(url, at), "entries", ())
        for address in [replica.portal.address(entry.url)]
        if address is not None
    }
    assert listed == set(_urls(replica, at))
    if leaves == "redirect":
        target = ask(replica, old[0], at).header("Location")
        assert target in _urls(replica, at).values()
    assert set(replica.lives(at).values()) == {"alive", "moved"}
