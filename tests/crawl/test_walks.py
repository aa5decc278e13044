"""How far lists are followed that show nothing new."""

from __future__ import annotations

import pytest

from gzcrawler.items import Article, Listing, ListingEntry, OtherPage, Page
from gzcrawler.portals import Portal, load_portal
from gzcrawler.walks import Walks

SITE = "https://www.eguangzhou.gov.cn"
UNKNOWN = OtherPage(kind="unknown", because="no list")


@pytest.fixture(scope="module")
def portal() -> Portal:
    return load_portal("guangzhou")


def _listing(*paths: str) -> Listing:
    return Listing(
        section=None,
        entries=tuple(
            ListingEntry(url=SITE + path, title="A title", position=position)
            for position, path in enumerate(paths)
        ),
    )


def _story(number: int) -> str:
    return f"/2020-01/02/c_{number}.htm"


def _take(walks: Walks, path: str, *pages: Page) -> bool:
    for page in pages:
        walks.take(SITE + path, page)
    return walks.set_aside(SITE + path)


def test_a_walk_is_given_up_after_so_many_pages_in_a_row(portal: Portal) -> None:
    walks = Walks(portal, limit=3)
    assert [_take(walks, "/calendar/may.html", UNKNOWN) for _ in range(3)] == [False, False, True]


def test_one_page_with_something_new_begins_the_count_again(portal: Portal) -> None:
    walks = Walks(portal, limit=2)
    assert not _take(walks, "/topics.html", UNKNOWN, _listing(_story(1)), UNKNOWN)


def test_lists_of_stories_are_walked_to_their_end(portal: Portal) -> None:
    walks = Walks(portal, limit=2)
    assert not any(_take(walks, f"/gzlatest_{n}.html", _listing(_story(n))) for n in range(2, 50))


def test_a_pager_that_repeats_its_last_page_ends(portal: Portal) -> None:
    walks = Walks(portal, limit=2)
    last = _listing(_story(1), _story(2))
    assert [_take(walks, f"/gzlatest_{n}.html", last) for n in (7, 8, 9)] == [False, False, True]


def test_the_same_stories_on_lists_of_two_sections_are_new_on_both(portal: Portal) -> None:
    walks = Walks(portal, limit=1)
    assert not _take(walks, "/gzlatest.html", _listing(_story(1)))
    assert not _take(walks, "/gzbusiness.html", _listing(_story(1)))


def test_one_walk_that_ends_leaves_the_others_open(portal: Portal) -> None:
    walks = Walks(portal, limit=1)
    assert _take(walks, "/calendar/may.html", UNKNOWN)
    assert not walks.set_aside(f"{SITE}/gzlatest.html")
    assert [walk.name for walk in walks.given_up()] == ["pages that the map does not know"]


def test_files_and_home_pages_are_never_set_aside(portal: Portal) -> None:
    walks = Walks(portal, limit=1)
    for path in ("/att/20200101/1.jpeg", "/", "/robots.txt"):
        assert not _take(walks, path, UNKNOWN, UNKNOWN)


def test_links_to_stories_that_do_not_exist_are_given_up_and_known_stories_are_not(portal: Portal) -> None:
    walks = Walks(portal, limit=2)
    gone = OtherPage(kind="removed", because="status 404")
    assert [_take(walks, _story(n), gone) for n in range(2)] == [False, True]
    assert not walks.set_aside(SITE + _story(9), known=True)


def test_a_story_at_an_unknown_address_is_something_new(portal: Portal) -> None:
    walks = Walks(portal, limit=1)
    story = Article(
        id="guangzhou:c_1",
        portal="guangzhou",
        edition="en",
        language="en",
        url=SITE,
        canonical_url=SITE,
        title="A title",
    )
    assert not _take(walks, "/topics/one.html", story)
