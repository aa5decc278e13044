"""The record of one story, from its landmarks and its region."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from gzcrawler.errors import MissingBodyError, MissingTitleError
from gzcrawler.items import Article, RelatedLink
from gzcrawler.readers.dates import choose_published
from gzcrawler.readers.doubts import doubts
from gzcrawler.readers.editions import read_editions
from gzcrawler.readers.headline import split_names
from gzcrawler.readers.language import language_of
from gzcrawler.readers.layouts import find_layout, layout_warnings
from gzcrawler.readers.lines import BULLETS, squeeze
from gzcrawler.readers.region import find_region
from gzcrawler.readers.story import Story
from gzcrawler.readers.trail import read_breadcrumbs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gzcrawler.items import Capture
    from gzcrawler.portals import Address, Portal
    from gzcrawler.readers.dates import PublishedFrom
    from gzcrawler.readers.landmarks import Landmarks
    from gzcrawler.readers.lines import Document
    from gzcrawler.readers.links import Resolver
    from gzcrawler.readers.region import Region

__all__ = ["read_article"]

_META_DATES = ("pubdate", "publishdate", "article:published_time")


def read_article(
    capture: Capture,
    portal: Portal,
    address: Address,
    document: Document,
    marks: Landmarks,
    resolver: Resolver,
) -> Article:
    """The record of a story.

    Raises:
        MissingTitleError: nothing stands over the head line.
        MissingBodyError: neither text, image nor film.
    """
    metas = document.metas
    title, warnings = _title(capture, marks, document)
    published, odd = choose_published(_dates(marks, document, address), capture.captured_at, url=capture.url)
    warnings += odd

    def leads_to_story(href: str | None) -> bool:
        other = portal.address(href, capture.url) if href else None
        return other is not None and other.kind == "article"

    region = find_region(document, marks, leads_to_story=leads_to_story)
    story = Story(region, portal, resolver)
    if story.is_empty or _is_menu(story, portal, resolver) or _is_footer(story):
        raise MissingBodyError(f"{capture.url}: neither text, image nor film under the head line")
    body = tuple(line.text for line in story.body)
    expected = next((one.language for one in portal.editions if one.key == address.edition), "en")
    layout = find_layout(document, portal, "article", published.day if published else None)
    if layout is not None:
        warnings += layout_warnings(document, layout, marks, story.body)
    source = marks.head.source or metas.get("contentsource")
    images = tuple(story.images())
    warnings += doubts(document, marks, region, story.body, images, source)
    return Article(
        id=address.id or "",
        portal=portal.name,
        edition=address.edition,
        language=language_of(expected, title, body),
        url=capture.url,
        canonical_url=address.canonical_url,
        title=title,
        published=published.value if published else None,
        published_precision=published.precision if published else None,
        published_raw=published.raw if published else None,
        published_from=published.origin if published else None,
        source=source,
        authors=marks.head.authors or split_names(metas.get("author", "")),
        breadcrumbs=tuple(read_breadcrumbs(document, marks, resolver)),
        body=body,
        body_html=story.html(),
        images=images,
        videos=tuple(story.videos()),
        attachments=story.attachments(),
        related_links=tuple(_related(region, resolver)),
        inline_links=tuple(story.inline_links()),
        editions=tuple(read_editions(document, marks, resolver)),
        continued_on=tuple(_continued(document, portal, address, resolver)),
        layout=layout.name if layout else None,
        warnings=tuple(warnings),
    )


def _title(capture: Capture, marks: Landmarks, document: Document) -> tuple[str, list[str]]:
    declared = document.metas.get("articletitle")
    if not marks.title:
        if declared:
            return declared, ["title: no heading over the head line, taken from meta"]
        raise MissingTitleError(f"{capture.url}: no title over the head line")
    if declared:
        printed, meant = squeeze(marks.title), squeeze(declared)
        whole = meant.rstrip(".…")
        if printed != meant and (whole == meant or not printed.startswith(whole)):
            return marks.title, ["title: heading and meta disagree"]
    return marks.title, []


def _dates(marks: Landmarks, document: Document, address: Address) -> Iterator[tuple[str, PublishedFrom]]:
    if marks.head.raw_date:
        yield marks.head.raw_date, "head line"
    declared = next((document.metas[name] for name in _META_DATES if name in document.metas), None)
    if declared:
        yield declared, "meta"
    if address.date_raw:
        yield address.date_raw, "address"


def _is_menu(story: Story, portal: Portal, resolver: Resolver) -> bool:
    """Whether all that was found is a column of links to other pages of the portal: it stands beside a story that is empty."""
    body = story.body
    linked = [line for line in body if line.anchors and line.linked]
    if len(linked) < _SHORTEST_MENU or 4 * len(linked) < 3 * len(body) or any(story.images()) or story.films:
        return False
    targets = [portal.address(resolver.absolute(line.anchors[0].get("href")) or "") for line in linked]
    return all(target is not None and target.kind not in ("article", "asset") for target in targets)


_SHORTEST_MENU = 5


def _is_footer(story: Story) -> bool:
    """Whether all that was found are links side by side and names, without one sentence: the foot of a page that has no story."""
    body = story.body
    rows = [line for line in body if len(line.anchors) >= _SHORTEST_ROW and line.linked]
    if not rows or story.films or any(story.images()):
        return False
    return all(
        line.linked or (len(line.text) <= _LONGEST_NAME and line.text[-1] not in ".。!?\uff01\uff1f:\uff1a")
        for line in body
    )


_SHORTEST_ROW = 4
_LONGEST_NAME = 90
"""Characters of the name of whoever answers for a page."""


def _related(region: Region, resolver: Resolver) -> Iterator[RelatedLink]:
    for links in region.lists:
        for line in links.lines:
            for anchor in line.anchors:
                url = resolver.absolute(anchor.get("href"))
                text = line.text_of(anchor).lstrip(BULLETS)
                if url and text:
                    yield RelatedLink(url=url, title=text, scope=links.scope)


def _continued(document: Document, portal: Portal, address: Address, resolver: Resolver) -> list[str]:
    """Addresses of the parts after this one, by their numbers."""
    if address.id is None:
        return []
    digits = re.sub(r"\D", "", address.id.rpartition("_")[2])
    pages: dict[int, str] = {}
    for href in document.hrefs:
        if digits in href:
            url = resolver.absolute(href)
            other = portal.address(url) if url else None
            if url and other is not None and other.id == address.id and other.part > address.part:
                pages.setdefault(other.part, url)
    return [pages[part] for part in sorted(pages)]
