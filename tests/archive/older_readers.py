"""Captures recorded as readers of an earlier release would have read them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from archive_pages import PORTAL

from gzcrawler.archive import read_stored
from gzcrawler.errors import MissingTitleError
from gzcrawler.items import Article, Listing, OtherPage, Reading

if TYPE_CHECKING:
    from collections.abc import Callable

    from gzcrawler.archive import Archive, Recorded, Result
    from gzcrawler.items import Capture
    from gzcrawler.portals import Portal

    OlderReader = Callable[[Capture, Reading], Result]


def record_as_then(archive: Archive, reader: OlderReader, *captures: Capture) -> list[Recorded]:
    """Record captures with what an older reader made of them."""
    recorded = []
    for taken in captures:
        result = None if taken.repeats else read_stored(taken, archive.portal)
        recorded.append(
            archive.record(taken, reader(taken, result) if isinstance(result, Reading) else result)
        )
    return recorded


def without(**fields: Any) -> OlderReader:
    """A reader that read these fields of articles so."""

    def read(_: Capture, today: Reading) -> Result:
        if not isinstance(today.page, Article):
            return today
        return replace(today, page=replace(today.page, **fields))

    return read


def with_clock(capture: Capture, today: Reading) -> Result:
    """A reader that took the time of day in the chrome for a paragraph of the text."""
    if not isinstance(today.page, Article):
        return today
    body = (*today.page.body, f"It is now {capture.captured_at:%d %H:%M}.")
    return replace(today, page=replace(today.page, body=body))


def blind(capture: Capture, today: Reading) -> Result:
    """A reader that did not find the title."""
    if not isinstance(today.page, Article):
        return today
    return MissingTitleError(f"{capture.url}: no title")


def half_a_list(_: Capture, today: Reading) -> Result:
    """A reader that missed the first entry of each list, and its link."""
    if not isinstance(today.page, Listing) or not today.page.entries:
        return today
    first, *others = today.page.entries
    return Reading(
        page=replace(today.page, entries=tuple(others)),
        discovered=tuple(url for url in today.discovered if url != first.url),
    )


def trusting(capture: Capture, today: Reading) -> Result:
    """A reader that took whatever stands at an article's address for the article."""
    address = PORTAL.address(capture.url)
    if not isinstance(today.page, OtherPage) or address is None or address.id is None:
        return today
    if today.page.kind not in ("challenge", "removed"):
        return today
    article = Article(
        id=address.id,
        portal="guangzhou",
        edition="en",
        language="en",
        url=capture.url,
        canonical_url=address.canonical_url,
        title="Checking your browser",
        body=("Please wait.",),
    )
    return Reading(page=article)


def single_pages(_: Capture, today: Reading) -> Result:
    """A reader that knew nothing of continued articles."""
    if not isinstance(today.page, Article):
        return today
    return replace(today, page=replace(today.page, continued_on=()))


def portal_with(portal: Portal = PORTAL, **facts: Any) -> Portal:
    """The portal by another map."""
    from gzcrawler.portals import parse_portal

    return parse_portal(dict(portal.facts) | facts, origin="test")
