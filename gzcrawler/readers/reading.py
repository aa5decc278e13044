"""The order of reading: response, text, tree, landmarks, kind, record."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gzcrawler.errors import PageTooLargeError, UndecodableError
from gzcrawler.items import Article, OtherPage, Reading
from gzcrawler.readers.article import read_article
from gzcrawler.readers.decoding import decode_capture
from gzcrawler.readers.kinds import judge_content, judge_response
from gzcrawler.readers.landmarks import find_landmarks
from gzcrawler.readers.links import Resolver
from gzcrawler.readers.listing import read_listing
from gzcrawler.readers.walking import walk

if TYPE_CHECKING:
    from gzcrawler.items import Capture, Page
    from gzcrawler.portals import Portal
    from gzcrawler.readers.lines import Document

__all__ = ["read_page"]


def read_page(capture: Capture, portal: Portal) -> Reading:
    """What one capture says: its record, and the addresses found on it.

    Raises:
        ReadingError: the page cannot be read; the subclass says why.
    """
    address = portal.address(capture.url)
    page = judge_response(capture, portal, address)
    if page is not None:
        return Reading(page=page, discovered=(page.target,) if page.target else ())
    try:
        text = decode_capture(capture)
        document = walk(text, url=capture.url)
    except (UndecodableError, PageTooLargeError):
        if capture.status >= 400:
            return Reading(page=OtherPage(kind="unknown", because=f"status {capture.status}"))
        raise
    resolver = Resolver(document, portal, capture.url)
    page = _read(capture, portal, document, resolver, text)
    hrefs = [anchor.href for anchor in document.anchors]
    discovered = resolver.all(hrefs)
    if isinstance(page, Article):
        files = [image.url for image in page.images] + [file.url for file in page.attachments]
        discovered = tuple(dict.fromkeys((*discovered, *files)))
    return Reading(page=page, discovered=discovered)


def _read(capture: Capture, portal: Portal, document: Document, resolver: Resolver, text: str) -> Page:
    address = portal.address(capture.url)

    def leads_home(href: str | None) -> bool:
        other = portal.address(href, capture.url) if href else None
        return other is not None and other.kind == "home"

    marks = find_landmarks(document, leads_home=leads_home)
    other = judge_content(capture, document, marks, text)
    if other is not None:
        return other
    if address is None:
        return OtherPage(kind="unknown", because="address outside the map")
    if address.kind == "home":
        return OtherPage(kind="home", because="home address of the map")
    if address.kind == "article":
        listing = None if marks.head.raw_date else read_listing(document, portal, address, resolver)
        if listing is not None and len(listing.entries) >= 6 and not document.metas.get("articletitle"):
            return listing
        return read_article(capture, portal, address, document, marks, resolver)
    listing = read_listing(document, portal, address, resolver)
    if address.kind == "listing" or len(listing.entries) >= 6:
        return (
            listing
            if listing.entries
            else OtherPage(kind="unknown", because="a list address without entries")
        )
    return OtherPage(kind="unknown", because=f"address of kind {address.kind}, no list")
