"""The dated line of a head: told from every other line with a date by what stands around it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from gzcrawler.readers.chrome import is_link_line
from gzcrawler.readers.headline import find_date, read_head_line
from gzcrawler.readers.lines import HEADINGS, Line
from gzcrawler.readers.trail import begins_home, is_trail

if TYPE_CHECKING:
    from gzcrawler.readers.headline import HeadLine
    from gzcrawler.readers.lines import Item

__all__ = ["find_date_line"]

_NEAR = 8
"""Lines between a title and its date: byline, source, print and size switch, share bar."""
_YEAR = re.compile(r"\d{4}|[年月]")
_YEAR_SIGN = re.compile(r"[\d年月]")
"""What a year begins with: looked for first, since most lines have none."""
_SET_APART = re.compile(r"(?:^|[|\uff5c)\uff09】\]:\uff1a\x1f])[\s\[(\uff08【]*$")
"""What stands before a date without a label: nothing, or a source that is set apart from it."""
_SENTENCE = re.compile(r"[.。!?\uff01\uff1f]$")
_LONGEST_HEAD = 250
"""Characters of a line from which it is text and no head line."""
_CERTAIN = 9
_LABELLED = 6
"""Scores from which a line is a head line by its own label."""
_UNLABELLED = 2
"""Scores up to which a line has neither label nor heading near it."""
_UNDER_TRAIL = 3
_AT_ONCE = 3
"""Lines under a title that the page names elsewhere, in which even items of a list can be the head line."""


def find_date_line(items: list[Item], expected: set[str]) -> tuple[int | None, HeadLine | None]:
    """The line with the date: short, under a heading, best with a label; and what it says."""
    best, best_score, best_head = None, 2, None
    since_heading = 99
    since_title: int | None = None
    """Lines since the title that the page names elsewhere; None until it matters."""
    for index, item in enumerate(items):
        if not isinstance(item, Line) or item.hidden:
            continue
        text = item.text
        since_heading += 1
        since_title = None if since_title is None else since_title + 1
        if not (item.anchors and len(item.pieces) == 1) and len(text) < _LONGEST_HEAD and _has_year(text):
            score, head = _score_date_line(item, since_heading, 99 if since_title is None else since_title)
            if 0 < score < _LABELLED and since_title is None:
                since_title = _before_title(items, expected)
            if (
                head is not None
                and score <= _UNLABELLED
                and _is_bare(head)
                and (_follows_trail(items, index) or _stands_for_title(items, index, head, expected))
            ):
                score += _UNDER_TRAIL
            elsewhere = (since_title or 0) > _NEAR  # a calendar under the logo: the title is known
            if score > best_score and (score >= _LABELLED or not elsewhere):
                best, best_score, best_head = index, score, head
                if score >= _CERTAIN:
                    break
        if text in expected:
            since_heading = since_title = 0
        elif item.role in HEADINGS:
            since_heading = 0
    return best, best_head


def _has_year(text: str) -> bool:
    sign = _YEAR_SIGN.search(text)
    return sign is not None and _YEAR.search(text, sign.start()) is not None


def _is_bare(head: HeadLine) -> bool:
    """Whether a line is a date and at most a source, in brackets or not."""
    return head.loose <= len(head.source or "") + 2


def _follows_trail(items: list[Item], index: int) -> bool:
    """Whether between a trail and this line stands one line alone: a title, though no heading element."""
    over = [item for item in items[max(0, index - 2) : index] if isinstance(item, Line) and not item.hidden]
    return len(over) == 2 and is_trail(over[0]) and not over[1].anchors


def _stands_for_title(items: list[Item], index: int, head: HeadLine, expected: set[str]) -> bool:
    """Whether a page that prints no title has its head line here: by a source with a label, or at once under the trail."""
    before = next((one for one in reversed(items[:index]) if isinstance(one, Line) and not one.hidden), None)
    if before is None or is_link_line(before):
        return False  # an item of a list, with the date and outlet of what it leads to
    placed = is_trail(before) or begins_home(before)
    labelled = head.source is not None and not head.loose
    return (placed or labelled) and _before_title(items, expected) < 0


def _before_title(items: list[Item], expected: set[str]) -> int:
    """Lines since the title where it was not met yet: far too many where the page has it, else none for long."""
    return 99 if any(isinstance(one, Line) and one.text in expected for one in items) else -len(items)


def _score_date_line(line: Line, since_heading: int, since_title: int) -> tuple[int, HeadLine | None]:
    """How much a line looks like a head line, and what it says as one; 0 where it cannot be one."""
    text = line.seamed
    found = find_date(text)
    if found is None or line.linked:
        return 0, None
    head = read_head_line(text, found)
    loose = head.loose
    if found.label == "strong":
        score = 6
    elif (
        (not found.label and not _SET_APART.search(text[: found.start]))
        or (_SENTENCE.search(line.text) and loose > 20)
        or (line.role in HEADINGS and found.start > 1)
    ):
        return 0, None
    else:
        score = 2 if found.label else 0
    score += 3 if since_heading <= 2 else 2 if since_heading <= _NEAR // 2 else since_heading <= _NEAR
    under_title = 0 < since_title <= _AT_ONCE
    if line.role == "li" and not under_title:
        score -= 3
    if not found.label and any(_leads_on(anchor.get("href")) for anchor in line.anchors):
        score -= 2
    return score + under_title - loose // 25, head


def _leads_on(href: str | None) -> bool:
    """Whether a link leads to a page, and is no switch."""
    return bool(href) and not str(href).lower().lstrip().startswith(("javascript:", "#"))
