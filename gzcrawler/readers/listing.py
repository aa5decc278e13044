"""From a page's lines to the record of a list of articles."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from gzcrawler.errors import UnreadableDateError
from gzcrawler.items import Listing, ListingEntry
from gzcrawler.readers.dates import DATE, parse_published
from gzcrawler.readers.walking import Line, squash

if TYPE_CHECKING:
    from gzcrawler.portals import Address, Portal
    from gzcrawler.readers.links import Resolver
    from gzcrawler.readers.walking import Anchor, Document

__all__ = ["read_listing"]

_NEXT = re.compile(r"^(?:>|›|»|Next(?:\s+page)?\s*[>›»]?|下一页|下页|次へ|次のページ)$", re.I)
_MORE = re.compile(
    r"\s*(?:\.{3}|…)?\s*[\[(【\uff08]?\s*(?:Read\s+more|More|Details|详细|详情|続きを読む)\s*[>›»]*\s*[\])】\uff09]?\s*(?:>+|»)?$",
    re.I,
)
_CUT = re.compile(r"(?:…|\.{3})\s*$")
_WHOLE_DATE = re.compile(rf"[\[(\uff08]?\s*(?P<date>{DATE})\s*[\])\uff09]?", re.I)
_SHORT_DATE = re.compile(
    r"[\[(\uff08]?(?<!\d)\d{1,2}[-/]\d{1,2}(?!\d)[\])\uff09]?\s*$|^[\[(\uff08]?\d{1,2}[-/]\d{1,2}(?!\d)[\])\uff09]?"
)


def read_listing(document: Document, portal: Portal, address: Address, resolver: Resolver) -> Listing:
    """The record of a list page: its densest run of links to articles, and the pager."""
    entries: list[ListingEntry] = []
    seen: dict[str, int] = {}
    title = None
    following = None
    for item in document.items:
        if not isinstance(item, Line) or item.hidden:
            continue
        anchors = [(anchor, url) for anchor in item.anchors if (url := resolver.absolute(anchor.href))]
        if not entries and item.role.startswith("h") and not anchors and title is None:
            title = item.text
        for anchor, url in anchors:
            if _NEXT.match(_anchor_text(item, anchor)):
                following = following or url
        linked = [(anchor, url) for anchor, url in anchors if _is_article(portal, url)]
        if not linked:
            if entries and not anchors:
                entries[-1] = _extend(entries[-1], item.text)
            continue
        for anchor, url in linked:
            text = _anchor_text(item, anchor)
            if url in seen:
                if seen[url] == len(entries) - 1 and not _MORE.fullmatch(text):
                    entries[-1] = _extend(entries[-1], text)
                continue
            seen[url] = len(entries)
            rest = item.text.replace(text, " ", 1) if len(linked) == 1 else ""
            entries.append(_entry(anchor, url, text, rest, len(entries)))
    return Listing(section=address.section, title=title, entries=tuple(entries), next=following)


def _is_article(portal: Portal, url: str) -> bool:
    address = portal.address(url)
    return address is not None and address.kind == "article"


def _anchor_text(line: Line, anchor: Anchor) -> str:
    return squash("".join(text for text, _, link in line.pieces if link is anchor))


def _entry(anchor: Anchor, url: str, text: str, rest: str, position: int) -> ListingEntry:
    title = squash(anchor.title) if anchor.title and _CUT.search(text) else text
    day, rest = _take_date(rest)
    if day is None:
        day, bare = _take_date(title)
        title = bare if day else title
    summary = _MORE.sub("", squash(_SHORT_DATE.sub("", squash(rest)))).strip(" |·•-")
    return ListingEntry(url=url, title=title, summary=summary or None, date=day, position=position)


def _extend(entry: ListingEntry, text: str) -> ListingEntry:
    day, rest = _take_date(text)
    rest = _MORE.sub("", squash(rest))
    summary = rest if entry.summary is None and len(rest) > 20 else entry.summary
    return ListingEntry(
        url=entry.url, title=entry.title, summary=summary, date=entry.date or day, position=entry.position
    )


def _take_date(text: str) -> tuple[str | None, str]:
    found = _WHOLE_DATE.search(text)
    if found is None:
        return None, text
    try:
        day = parse_published(found["date"], origin="head line", url="").day
    except UnreadableDateError:
        return None, text
    return day, text[: found.start()] + " " + text[found.end() :]
