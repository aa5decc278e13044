"""The record of a list of articles: its entries, told from the other links of the page, and its next page."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gzcrawler.errors import UnreadableDateError
from gzcrawler.items import Listing, ListingEntry
from gzcrawler.readers.chrome import closes_page, closes_story, is_counter, is_pager
from gzcrawler.readers.dates import DATE, parse_published
from gzcrawler.readers.landmarks import is_trail
from gzcrawler.readers.lines import BULLETS, HEADINGS, Line, squash
from gzcrawler.readers.nesting import Chain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from lxml.etree import _Element

    from gzcrawler.portals import Address, Portal
    from gzcrawler.readers.lines import Anchor, Document, Item
    from gzcrawler.readers.links import Resolver

    Judge = Callable[[str], bool]

__all__ = ["read_listing"]

_NEXT = re.compile(
    r"^(?:[>›\uff1e]|Next(?:\s+page)?\s*[>›»]*|下一?页\s*[>›»]*|次へ\s*[>›»]*|次のページ\s*[>›»]*|次の\d+件)$",
    re.I,
)
_MORE_WORDS = r"(?:Read\s+more|More|Details?|Full\s+story|View\s+more|详细|详情|查看详情|阅读全文|続きを読む|詳細|もっと見る)"
_MORE = re.compile(rf"\s*[\[(【\uff08]?\s*{_MORE_WORDS}\s*[>›»]*\s*[\])】\uff09]?\s*[>›»]*$", re.I)
_ONLY_MORE = re.compile(rf"^[\s.…]*[\[(【\uff08]?\s*{_MORE_WORDS}\s*[>›»+]*\s*[\])】\uff09]?\s*[>›»]*$", re.I)
_CUT = re.compile(r"(?:…+|\.{3,})\s*$")
_SHORT = r"(?<![\d/-])\d{1,2}[-/]\d{1,2}(?![\d/-])"
_WHOLE = re.compile(DATE, re.I)
_DATED_END = re.compile(rf"[\s|·•,\[(\uff08]*(?:(?P<date>{DATE})|(?P<short>{_SHORT}))[\s\])\uff09|]*$", re.I)
_DATED_START = re.compile(
    rf"^[\s|·•\[(\uff08]*(?:(?P<date>{DATE})|(?P<short>{_SHORT}))[\s\])\uff09|·•:\uff1a-]*", re.I
)
_LABEL_END = re.compile(r"(?:Updated?|Date|Time|Published|发布时间|日期|时间)\s*[:\uff1a]\s*$", re.I)
_BULLETS = " \t|·•■●▶>-—[]"
_REACH = 8
"""Elements from a link up to the list that holds it: item, heading, cell, row, table body, wrappers."""


@dataclass(slots=True)
class _Row:
    """One item of a list while it is read."""

    url: str
    anchor: Anchor
    line: Line
    title: str
    texts: list[str] = field(default_factory=list)
    dates: list[str] = field(default_factory=list)


def read_listing(document: Document, portal: Portal, address: Address, resolver: Resolver) -> Listing:
    """The record of a list page. Entries are empty where no list stands on it."""

    def leads_to_story(url: str) -> bool:
        other = portal.address(url)
        return other is not None and other.kind == "article"

    lines = [item for item in document.items if isinstance(item, Line) and not item.hidden]
    targets = {id(line): _targets(line, resolver) for line in lines if line.anchors}
    inside = _list_lines(document.items, lines, targets, leads_to_story)
    rows = _rows(lines, inside, targets, leads_to_story)
    entries = _entries(rows)
    title = _title(document, portal, resolver, lines, rows[0].line if rows else None)
    return Listing(
        section=address.section,
        title=title,
        entries=tuple(entries),
        next=_next(document, portal, address, resolver, lines, targets),
    )


_Targets = list[tuple["Anchor", str]]


def _targets(line: Line, resolver: Resolver) -> _Targets:
    """Links of a line that lead somewhere."""
    found = []
    for anchor in line.anchors:
        url = resolver.absolute(anchor.href)
        if url is not None and not url.endswith("#"):
            found.append((anchor, url))
    return found


def _list_lines(
    items: list[Item], lines: list[Line], targets: dict[int, _Targets], leads_to_story: Judge
) -> set[int]:
    """Lines inside the element that holds the page's main list, by identity.

    That is what stands over the pager; without one, the innermost element which holds more than half of
    all links to stories: a list in groups is held by what is around the groups. Sliders are known by
    their counter.
    """
    sliders = _slider_lines(items)
    leading: dict[str, Line] = {}
    for line in lines:
        if id(line) not in sliders:
            for _, url in targets.get(id(line), ()):
                if leads_to_story(url):
                    leading.setdefault(url, line)
    if not leading:
        return set()
    best = _list_element(items, list(leading.values()))
    if best is None:
        return set()
    chain = Chain(best)
    return {id(line) for line in lines if id(line) not in sliders and chain.place(line.block) == 0}


def _list_element(items: list[Item], leading: list[Line]) -> _Element | None:
    """What holds the list whose links to stories these are, others of the page among them."""
    holds: Counter[_Element] = Counter()
    for line in leading:
        element: _Element | None = line.block
        for _ in range(_REACH):
            if element is not None:
                holds[element] += 1
                element = element.getparent()
    last = _before_pager(items, leading)
    if last is not None:
        return _list_before(*last, holds)
    if len(leading) == 1:
        return _item_of(leading[0].block)
    enough = [element for element, count in holds.items() if 2 * count > len(leading)]
    return max(enough, key=lambda element: sum(1 for _ in element.iterancestors()), default=None)


def _before_pager(items: list[Item], leading: list[Line]) -> tuple[_Element, _Element] | None:
    """The last item over the page's pager, and the pager: a list's best landmark."""
    known = {id(line) for line in leading}
    last = None
    for item in items:
        if id(item) in known:
            last = item.block
        elif last is not None and isinstance(item, Line) and item.anchors and is_pager(item):
            return last, item.block
    return None


def _list_before(item: _Element, pager: _Element, holds: Counter[_Element]) -> _Element:
    """What holds an item but not the pager, where that is most of what holds both."""
    chain = Chain(item)
    place = chain.place(pager)
    both = chain.elements[place]
    alone = chain.elements[place - 1] if place else both
    return alone if holds[alone] > 1 and 2 * holds[alone] >= holds[both] else both


def _item_of(block: _Element) -> _Element | None:
    """What holds the only item of a list: a list element, or what is around its heading."""
    return next(block.iterancestors("li", "tr", "ul", "ol", "dl"), block.getparent())


def _slider_lines(items: list[Item]) -> set[int]:
    """Link lines directly before a counter ``1 2 3``, which is not a list's pager: it has no links onward."""
    found: set[int] = set()
    for index, item in enumerate(items):
        if isinstance(item, Line) and is_pager(item) and is_counter(items, index) and not _leads_on(item):
            back = index - 1
            while back >= 0 and isinstance(items[back], Line) and items[back].anchors:  # type: ignore[union-attr]  # a line
                found.add(id(items[back]))
                back -= 1
    return found


def _leads_on(line: Line) -> bool:
    return any(anchor.href and not anchor.href.startswith(("#", "javascript:")) for anchor in line.anchors)


def _rows(
    lines: list[Line], inside: set[int], targets: dict[int, _Targets], leads_to_story: Judge
) -> list[_Row]:
    """Items of the list: each begins with a link that the one before has not."""
    rows: list[_Row] = []
    roles: Counter[str] = Counter()
    closed = False
    """Whether the foot of the list was passed: what follows is no summary, until another entry does."""
    for line in lines:
        if id(line) not in inside or is_pager(line):
            continue
        links = [
            (anchor, url, text)
            for anchor, url in targets.get(id(line), ())
            if (text := line.text_of(anchor)) and not is_pager_text(text)
        ]
        fresh = [
            link
            for link in links
            if not _ONLY_MORE.match(link[2])
            and not (rows and link[1] == rows[-1].url)
            and (leads_to_story(link[1]) or _like_others(line, rows, roles))
        ]
        if not fresh:
            closed = closed or closes_page(line) or closes_story(line)
            if rows and not closed and not _heads_group(line, rows):
                _add_text(rows[-1], line, links)
            continue
        closed = False
        for anchor, url, text in fresh:
            row = _Row(url, anchor, line, text)
            rows.append(row)
            roles[line.role] += 1
            if len(fresh) == 1:
                _split_line(row, line, links)
    return rows


def is_pager_text(text: str) -> bool:
    """Whether a link's text is a page number or an arrow."""
    return text.isdigit() or _NEXT.match(text) is not None


def _like_others(line: Line, rows: list[_Row], roles: Counter[str]) -> bool:
    """Whether a link to another place stands as the items of the list stand: lists carry such, too."""
    if not rows or line.role == "p" or line.role != roles.most_common(1)[0][0]:
        return False
    return _outline(line.block) == _outline(rows[-1].line.block)


def _outline(element: _Element) -> tuple[str, ...]:
    """Tags from an element upward, and the place of the list around it."""
    return (element.tag, *[parent.tag for parent, _ in zip(element.iterancestors(), range(3), strict=False)])


def _heads_group(line: Line, rows: list[_Row]) -> bool:
    """Whether a heading stands between the items, and not in one."""
    return (
        line.role in HEADINGS and rows[-1].line.role not in HEADINGS and line.block is not rows[-1].line.block
    )


def _split_line(row: _Row, line: Line, links: list[tuple[Anchor, str, str]]) -> None:
    """Date and summary of an item that stand in one line with its title."""
    inner = [(text, anchor) for text, _, anchor in line.pieces]
    own = [squash(text) for text, anchor in inner if anchor is row.anchor]
    own = [text for text in own if text]
    while len(own) > 1 and _date_only(own[-1]):
        row.dates.append(own.pop())
    while len(own) > 1 and _date_only(own[0]):
        row.dates.append(own.pop(0))
    row.title = squash("".join(_joined(line, row.anchor, own)))
    others = {anchor for anchor, url, text in links if anchor is not row.anchor and _ONLY_MORE.match(text)}
    rest = squash(
        "".join(text for text, anchor in inner if anchor is not row.anchor and anchor not in others)
    )
    if rest:
        row.texts.append(rest)


def _joined(line: Line, anchor: Anchor, own: list[str]) -> Iterator[str]:
    """The title's pieces with the blanks that stood between them."""
    wanted = set(own)
    for text, _, link in line.pieces:
        if link is anchor and (squash(text) in wanted or not squash(text)):
            yield text


def _add_text(row: _Row, line: Line, links: list[tuple[Anchor, str, str]]) -> None:
    """A line of an item under its title."""
    if links and not any(url == row.url for _, url, _ in links):
        return
    more = {anchor for anchor, _, text in links if _ONLY_MORE.match(text)}
    text = squash("".join(text for text, _, anchor in line.pieces if anchor not in more))
    if text:
        row.texts.append(text)


def _date_only(text: str) -> bool:
    return _DATED_START.fullmatch(text) is not None


def _entries(rows: list[_Row]) -> list[ListingEntry]:
    """The record's entries; a short date glued to most titles is no part of them."""
    glued = sum(_SHORT_END.search(row.title) is not None for row in rows)
    entries = []
    for position, row in enumerate(rows):
        title = row.title
        if 2 * glued > len(rows):
            title = _SHORT_END.sub("", title)
        day = None
        if _CUT.search(title) and row.anchor.title:
            title = squash(row.anchor.title)
        whole = _DATED_END.search(title)
        if whole is not None and whole["date"] and whole.start():
            found = _iso(whole["date"])
            day, title = (found, title[: whole.start()]) if found else (None, title)
        texts = []
        for text in row.texts:
            rest, found = _take_date(text)
            day = day or found
            texts.append(_MORE.sub("", rest).strip(_BULLETS))
        for text in row.dates:
            day = day or _iso(text)
        summary = " ".join(text for text in texts if text)
        entries.append(
            ListingEntry(
                url=row.url,
                title=title.strip().lstrip(BULLETS),
                summary=_uncut(summary),
                date=day,
                position=position,
            )
        )
    return entries


_SHORT_END = re.compile(rf"[\s\[(\uff08|]*{_SHORT}[\s\])\uff09]*$")


def _uncut(summary: str) -> str | None:
    return summary or None


def _take_date(text: str) -> tuple[str, str | None]:
    """Text of an item without the date at its start or end, and the date where it is whole."""
    for pattern in (_DATED_END, _DATED_START):
        found = pattern.search(_MORE.sub("", text) if pattern is _DATED_END else text)
        if found is not None:
            rest = text[: found.start()] + (text[found.end() :] if pattern is _DATED_START else "")
            return _LABEL_END.sub("", rest).strip(), _iso(found["date"]) if found["date"] else None
    return text, None


def _iso(raw: str) -> str | None:
    try:
        return parse_published(raw, origin="head line", url="list").day
    except UnreadableDateError:
        return None


def _title(
    document: Document, portal: Portal, resolver: Resolver, lines: list[Line], first: Line | None
) -> str | None:
    """The heading over the list, else the column's name in the meta set, else the trail's last step."""
    over: list[Line] = []
    for line in lines:
        if line is first:
            break
        over.append(line)
    for line in reversed(over):
        if line.role in HEADINGS and not is_trail(line) and not _names_site(line, document, portal, resolver):
            return line.text
    declared = document.metas.get("columnname")
    if declared:
        return declared
    trail = next((line for line in reversed(over) if is_trail(line)), None)
    if trail is not None:
        return re.split(r"[>›»\uff1e/]", trail.text)[-1].strip() or None
    return None


def _names_site(line: Line, document: Document, portal: Portal, resolver: Resolver) -> bool:
    """Whether a heading is the site's name or logo."""
    if line.text in (portal.title, document.metas.get("sitename"), document.metas.get("og:site_name")):
        return True
    targets = [portal.address(url) for _, url in _targets(line, resolver)]
    return any(target is not None and target.kind == "home" for target in targets)


def _next(
    document: Document,
    portal: Portal,
    address: Address,
    resolver: Resolver,
    lines: list[Line],
    targets: dict[int, _Targets],
) -> str | None:
    """Where the pager's next link leads; without one, where the number after this page's leads."""
    numbered = None
    for line in lines:
        for anchor, url in targets.get(id(line), ()):
            text = line.text_of(anchor)
            if _NEXT.match(text) and _onward(portal, address, url):
                return url
            if numbered is None and text == str(address.part + 1) and _onward(portal, address, url):
                numbered = url
    for anchor in document.anchors:
        if (anchor.rel or "").lower() == "next" or _NEXT.match(squash(anchor.title or "")):
            target = resolver.absolute(anchor.href)
            if target is not None and _onward(portal, address, target):
                return target
    return numbered


def _onward(portal: Portal, address: Address, url: str) -> bool:
    """Whether a link leads to another page than this one, and to no story."""
    other = portal.address(url)
    if other is None:
        return True
    return other.kind != "article" and other.canonical_url != address.canonical_url
