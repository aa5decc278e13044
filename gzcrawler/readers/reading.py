"""The order of reading: response, text, tree, landmarks, kind, record."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from gzcrawler.errors import PageTooLargeError, UndecodableError
from gzcrawler.items import Article, OtherPage, Reading
from gzcrawler.readers.article import read_article
from gzcrawler.readers.decoding import decode_capture
from gzcrawler.readers.feeds import listed_addresses
from gzcrawler.readers.kinds import judge_content, judge_response
from gzcrawler.readers.landmarks import find_landmarks
from gzcrawler.readers.lines import HEADINGS, Line
from gzcrawler.readers.links import Resolver
from gzcrawler.readers.listing import read_listing
from gzcrawler.readers.walking import walk

if TYPE_CHECKING:
    from gzcrawler.items import Capture, Listing, Page
    from gzcrawler.portals import Address, Portal
    from gzcrawler.readers.lines import Document

__all__ = ["read_page"]


def read_page(capture: Capture, portal: Portal) -> Reading:
    """What one capture says: its record, and the addresses found on it.

    Raises:
        ReadingError: the page cannot be read; the subclass says why.
    """
    address = portal.address(capture.url)
    other = judge_response(capture, portal, address)
    if other is not None:
        if capture.status == 200 and address is not None and address.kind in ("robots", "sitemap", "feed"):
            return Reading(page=other, discovered=listed_addresses(capture, address.kind))
        return Reading(page=other, discovered=(other.target,) if other.target else ())
    try:
        document = walk(decode_capture(capture), url=capture.url)
    except (UndecodableError, PageTooLargeError):
        if capture.status < 400:
            raise
        return Reading(page=OtherPage(kind="unknown", because=f"status {capture.status}"))
    resolver = Resolver(document, portal, capture.url)
    page = _Judgement(capture, portal, address, document, resolver).page()
    discovered = resolver.all(document.hrefs)
    if isinstance(page, Article):
        files = [image.url for image in page.images] + [file.url for file in page.attachments]
        discovered = tuple(dict.fromkeys((*discovered, *files)))
    elif isinstance(page, OtherPage) and page.target:
        discovered = tuple(dict.fromkeys((*discovered, page.target)))
    return Reading(page=page, discovered=discovered)


class _Judgement:
    """What a page with content is: what it says goes before what its address promises."""

    def __init__(
        self,
        capture: Capture,
        portal: Portal,
        address: Address | None,
        document: Document,
        resolver: Resolver,
    ) -> None:
        self._capture = capture
        self._portal = portal
        self._address = address
        self._document = document
        self._resolver = resolver
        self._marks = find_landmarks(document, leads_home=lambda href: self._leads_to(href, "home"))

    def page(self) -> Page:
        """The record of the page."""
        address = self._address
        if self._capture.status >= 400 or not self._is_story():
            other = judge_content(self._capture, self._portal, address, self._document)
            if other is not None:
                return other
        if address is None:
            return OtherPage(kind="unknown", because="address outside the map")
        if address.kind == "home":
            return OtherPage(kind="home", because="home address of the map")
        if address.kind == "article":
            return self._article_address(address)
        return self._other_address(address)

    def _leads_to(self, href: str | None, kind: str) -> bool:
        other = self._portal.address(href, self._capture.url) if href else None
        return other is not None and other.kind == kind

    def _is_story(self) -> bool:
        """A dated head line under a title, or the platform's own word."""
        return bool(self._marks.head.raw_date and self._marks.title) or self._declared() == "post"

    def _is_dated(self) -> bool:
        """A head line that says when the page was published, though no title stands over it."""
        return self._marks.head.label == "strong"

    def _declared(self) -> str | None:
        """``post``, ``cat`` or ``page`` where the page says what it is."""
        source = self._document.source
        found = (
            _PUB_TYPE.search(source, source.find(b"NFCMS_PUB_TYPE")) if b"NFCMS_PUB_TYPE" in source else None
        )
        if found is not None:
            return found[1].decode().lower()
        return "post" if "articletitle" in self._document.metas else None

    def _article_address(self, address: Address) -> Page:
        if not self._is_story() and not self._is_dated():
            listing = self._listing(address)
            declared = self._declared() == "cat" or (
                "columnname" in self._document.metas and len(listing.entries) > 1
            )
            if listing.entries and (declared or self._looks_like_list(listing)):
                return listing
        elif not self._is_dated() and (diary := self._dated_list(address)) is not None:
            return diary
        return self._article(address)

    def _other_address(self, address: Address) -> Page:
        listing = self._listing(address)
        if self._is_story() and not self._looks_like_list(listing):
            own = self._own_address(address)
            if own is not None:
                return self._article(own)
            if self._declared() == "post" or address.kind != "listing" or not listing.entries:
                return OtherPage(
                    kind="unknown", because=f"a story without an id at the address of a {address.kind}"
                )
        if listing.entries and (address.kind == "listing" or self._looks_like_list(listing)):
            return listing
        if address.kind == "listing" and (self._declared() == "cat" or "columnname" in self._document.metas):
            if next(self._document.root.iter("textarea", "fieldset"), None) is not None:
                return OtherPage(kind="unknown", because="a form, and no list")
            return listing
        return OtherPage(kind="unknown", because=f"no list at the address of kind {address.kind}")

    def _looks_like_list(self, listing: Listing) -> bool:
        """Whether entries are most of what the page says: no text stands beside them that is a story's."""
        if len(listing.entries) < _FEWEST:
            return False
        own = sum(len(entry.summary or "") for entry in listing.entries)
        first = listing.entries[0].url
        text, before = 0, True
        for item in self._document.items:
            if not isinstance(item, Line) or item.hidden:
                continue
            if item.anchors:
                before = before and all(
                    self._resolver.absolute(one.get("href")) != first for one in item.anchors
                )
            elif len(item.text) > _PARAGRAPH:
                if before and item.role not in HEADINGS:
                    return False  # text over the first entry: what follows are links beside a story
                text += len(item.text)
        return text <= own + _STORY

    def _dated_list(self, address: Address) -> Listing | None:
        """The list whose first entry's date was taken for a head line's: it stands under that entry, or beside it."""
        texts = [item.text for item in self._document.items if isinstance(item, Line)]
        if len(_YEAR.findall("\n".join(texts))) < _FEWEST:
            return None  # most stories: reading a list takes a fifth of their time
        listing = self._listing(address)
        if not all(entry.date for entry in listing.entries) or not self._looks_like_list(listing):
            return None
        head_at = self._marks.head_at
        over = self._document.items[: None if head_at is None else head_at + 1]
        first = listing.entries[0].url
        named = any(
            self._resolver.absolute(anchor.get("href")) == first
            for item in over
            if isinstance(item, Line)
            for anchor in item.anchors
        )
        return listing if named else None

    def _listing(self, address: Address) -> Listing:
        return read_listing(self._document, self._portal, address, self._resolver)

    def _article(self, address: Address) -> Article:
        return read_article(self._capture, self._portal, address, self._document, self._marks, self._resolver)

    def _own_address(self, asked: Address) -> Address | None:
        """The story's own address, where the page carries it: canonical link, meta set or post id."""
        links = [
            link.get("href")
            for link in self._document.root.iter("link")
            if (link.get("rel") or "").lower() == "canonical"
        ]
        metas = self._document.metas
        candidates = [*links, metas.get("og:url"), metas.get("url")]
        post = _POST_ID.search(self._document.source)
        if post is not None:
            candidates.append(
                f"{asked.url.partition('?')[0].rpartition('/')[0]}/content/post_{post[1].decode()}.html"
            )
        for href in candidates:
            own = self._portal.address(href, self._capture.url) if href else None
            if own is not None and own.kind == "article":
                return own
        return None


_PUB_TYPE = re.compile(rb"NFCMS_PUB_TYPE\s*[=:]\s*['\"]?([A-Za-z]+)")
_POST_ID = re.compile(rb"NFCMS_POST_ID\s*[=:]\s*['\"]?([1-9]\d*)")
_YEAR = re.compile(r"\d{4}|年")
"""Stands in every whole date."""
_FEWEST = 3
"""Entries of the shortest list that is known without its address."""
_PARAGRAPH = 80
"""Characters from which an unlinked line is text."""
_STORY = 400
"""Characters of text that a list may carry besides its summaries: an introduction, a footer."""
