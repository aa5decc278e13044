"""The replica's pages read as its truth says, field by field, in all its dresses."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import urlsplit

import pytest

from gzcrawler.errors import ReadingError
from gzcrawler.items import Capture
from gzcrawler.readers import read_page
from gzcrawler.replica import Replica, ReplicaConfig

ARTICLES = 120


def difference(replica: Replica, url: str, at: int) -> dict[str, tuple[object, object]]:
    """Fields that the reader and the truth tell differently: (truth, reading)."""
    parts = urlsplit(url)
    answer = replica.page(parts.netloc, parts.path, at)
    fetch = Capture(
        url=url,
        captured_at=datetime.fromtimestamp(at, UTC),
        status=answer.status,
        payload=answer.body,
        response_headers=tuple(answer.headers),
    )
    truth, reading = (
        _told(lambda: replica.truth(url, at).as_dict()),
        _told(lambda: read_page(fetch, replica.portal).page.as_dict()),
    )
    return {
        name: (truth[name], reading.get(name))
        for name in truth
        if name != "because" and truth[name] != reading.get(name)
    }


def _told(tell):
    try:
        return tell()
    except ReadingError as error:
        return {"error": type(error).__name__}


@pytest.fixture(scope="module", params=["as it starts", "redesigned and moved"])
def world(request):
    if request.param == "as it starts":
        replica = Replica(ReplicaConfig.mixed(articles=ARTICLES, seed=5))
        return replica, replica.start
    replica = Replica(
        ReplicaConfig.mixed(
            articles=ARTICLES,
            seed=6,
            redesign_at="2026-02-01T00:00:00+08:00",
            rename_at="2026-02-01T00:00:00+08:00",
        )
    )
    return replica, replica.start + 60 * 86_400


def test_every_article_as_the_truth_tells_it(world):
    replica, at = world
    urls = [url for _, addresses in replica.addresses(at) for url in addresses]
    urls += [url for article in replica.articles(at) for url in article.continued_on]
    assert len(urls) >= ARTICLES * 0.9
    assert {url: found for url in urls if (found := difference(replica, url, at))} == {}


def test_every_list_as_the_truth_tells_it(world):
    replica, at = world
    assert {url: found for url in replica.list_addresses(at) if (found := difference(replica, url, at))} == {}


def test_seeds_and_removed_articles_as_the_truth_tells_them(world):
    replica, at = world
    gone = [url for _, addresses in replica.addresses(replica.start) for url in addresses]
    urls = [address.url for address in replica.portal.seeds()] + gone
    assert {url: found for url in urls if (found := difference(replica, url, at))} == {}
