"""The items of a list: title, date and summary, from the lines that the list is made of."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gzcrawler.errors import UnreadableDateError
from gzcrawler.items import ListingEntry
from gzcrawler.readers.chrome import closes_page, closes_story, is_pager
from gzcrawler.readers.dates import DATE, DATE_SIGN, parse_published
from gzcrawler.readers.lines import BULLETS, HEADINGS, squash

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml.etree import _Element

    from gzcrawler.readers.lines import Line
    from gzcrawler.readers.list_place import Judge, Targets

__all__ = ["NEXT", "Row", "list_entries", "list_rows"]

NEXT = re.compile(
    r"^(?:[>›\uff1e]|Next(?:\s+page)?\s*[>›»]*|下一?页\s*[>›»]*|次へ\s*[>›»]*|次のページ\s*[>›»]*|次の\d+件)$",
    re.I,
)
_MORE_WORDS = r"(?:Read\s+more|More|Details?|Full\s+story|View\s+more|详细|详情|查看详情|阅读全文|続きを読む|詳細|もっと見る)"
_MORE = re.compile(rf"\s*+[\[(【\uff08]?\s*+{_MORE_WORDS}\s*+[>›»]*+\s*+[\])】\uff09]?\s*+[>›»]*+$", re.I)
_ONLY_MORE = re.compile(rf"^[\s.…]*[\[(【\uff08]?\s*{_MORE_WORDS}\s*[>›»+]*\s*[\])】\uff09]?\s*[>›»]*$", re.I)
_CUT = re.compile(r"(?:…+|\.{3,})\s*$")
_SHORT = r"(?<![\d/-])\d{1,2}[-/]\d{1,2}(?![\d/-])"
_DATED_END = re.compile(rf"[\s|·•,\[(\uff08]*(?:(?P<date>{DATE})|(?P<short>{_SHORT}))[\s\])\uff09|]*$", re.I)
_DATED_START = re.compile(
    rf"^[\s|·•\[(\uff08]*(?:(?P<date>{DATE})|(?P<short>{_SHORT}))[\s\])\uff09|·•:\uff1a-]*", re.I
)
_SHORT_END = re.compile(rf"[\s\[(\uff08|]*{_SHORT}[\s\])\uff09]*$")
_LABEL_END = re.compile(r"(?:Updated?|Date|Time|Published|发布时间|日期|时间)\s*[:\uff1a]\s*$", re.I)
_BULLETS = " \t|·•■●▶>-—[]"
_TAIL = 80
"""Characters at the end of a text within which its date, and the link to the whole, begin."""


@dataclass(slots=True)
class Row:
    """One item of a list while it is read."""

    url: str
    anchor: _Element
    line: Line
    title: str
    texts: list[str] = field(default_factory=list)
    dates: list[str] = field(default_factory=list)


def list_rows(
    lines: list[Line], inside: set[int], targets: dict[int, Targets], leads_to_story: Judge
) -> list[Row]:
    """Items of the list: each begins with a link that the one before has not."""
    rows: list[Row] = []
    roles: Counter[str] = Counter()
    closed = False
    """Whether the foot of the list was passed: what follows is no summary, until another entry does."""
    for line in lines:
        if id(line) not in inside or is_pager(line):
            continue
        links = [
            (anchor, url, text)
            for anchor, url in targets.get(id(line), ())
            if (text := line.text_of(anchor)) and not _is_pager_text(text)
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
            row = Row(url, anchor, line, text)
            rows.append(row)
            roles[line.role] += 1
            if len(fresh) == 1:
                _split_line(row, line, links)
    return rows


def _is_pager_text(text: str) -> bool:
    """Whether a link's text is a page number or an arrow."""
    return text.isdigit() or NEXT.match(text) is not None


def _like_others(line: Line, rows: list[Row], roles: Counter[str]) -> bool:
    """Whether a link to another place stands as the items of the list stand: lists carry such, too."""
    if not rows or line.role == "p" or line.role != roles.most_common(1)[0][0]:
        return False
    return _outline(line.block) == _outline(rows[-1].line.block)


def _outline(element: _Element) -> tuple[str, ...]:
    """Tags from an element upward, and the place of the list around it."""
    return (element.tag, *[parent.tag for parent, _ in zip(element.iterancestors(), range(3), strict=False)])


def _heads_group(line: Line, rows: list[Row]) -> bool:
    """Whether a heading stands between the items, and not in one."""
    return (
        line.role in HEADINGS and rows[-1].line.role not in HEADINGS and line.block is not rows[-1].line.block
    )


def _split_line(row: Row, line: Line, links: list[tuple[_Element, str, str]]) -> None:
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


def _joined(line: Line, anchor: _Element, own: list[str]) -> Iterator[str]:
    """The title's pieces with the blanks that stood between them."""
    wanted = set(own)
    for text, _, link in line.pieces:
        if link is anchor and (squash(text) in wanted or not squash(text)):
            yield text


def _add_text(row: Row, line: Line, links: list[tuple[_Element, str, str]]) -> None:
    """A line of an item under its title."""
    if links and not any(url == row.url for _, url, _ in links):
        return
    more = {anchor for anchor, _, text in links if _ONLY_MORE.match(text)}
    text = squash("".join(text for text, _, anchor in line.pieces if anchor not in more))
    if text:
        row.texts.append(text)


def _date_only(text: str) -> bool:
    return _DATED_START.fullmatch(text) is not None


def list_entries(rows: list[Row]) -> list[ListingEntry]:
    """The record's entries; a short date glued to most titles is no part of them."""
    glued = sum(_SHORT_END.search(row.title) is not None for row in rows)
    entries = []
    for position, row in enumerate(rows):
        title = row.title
        if 2 * glued > len(rows):
            title = _SHORT_END.sub("", title)
        day = None
        if _CUT.search(title) and row.anchor.get("title"):
            title = squash(row.anchor.get("title") or "")
        whole = _dated_end(title)
        if whole is not None and whole["date"] and whole.start():
            found = _iso(whole["date"])
            day, title = (found, title[: whole.start()]) if found else (None, title)
        texts = []
        for text in row.texts:
            rest, found = _take_date(text)
            day = day or found
            texts.append(_without_more(rest).strip(_BULLETS))
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


def _uncut(summary: str) -> str | None:
    return summary or None


def _take_date(text: str) -> tuple[str, str | None]:
    """Text of an item without the date at its start or end, and the date where it is whole."""
    found = _dated_end(_without_more(text))
    rest = text[: found.start()] if found is not None else ""
    if found is None:
        found = _DATED_START.match(text)
        if found is None:
            return text, None
        rest = text[found.end() :]
    label = _LABEL_END.search(rest, max(0, len(rest) - _TAIL))
    rest = rest if label is None else rest[: label.start()]
    return rest.strip(), _iso(found["date"]) if found["date"] else None


def _dated_end(text: str) -> re.Match[str] | None:
    """The date that ends a text. One without a sign of it in its tail is not searched: most summaries."""
    start = max(0, len(text) - _TAIL)
    return _DATED_END.search(text, start) if DATE_SIGN.search(text, start) else None


def _without_more(text: str) -> str:
    """A text without the link to the whole at its end."""
    more = _MORE.search(text, max(0, len(text) - _TAIL))
    return text if more is None else text[: more.start()]


def _iso(raw: str) -> str | None:
    try:
        return parse_published(raw, origin="head line", url="list").day
    except UnreadableDateError:
        return None
