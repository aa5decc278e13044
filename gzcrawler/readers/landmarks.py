"""Title, head line and trail: found by what stands around them. No class is asked."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gzcrawler.readers.headline import HeadLine, find_date, is_head_note, is_source_name, read_head_line
from gzcrawler.readers.lines import HEADINGS, SEAM, Line

if TYPE_CHECKING:
    from collections.abc import Callable

    from gzcrawler.readers.lines import Document, Item

__all__ = ["TRAIL_LABEL", "Landmarks", "find_landmarks", "is_trail", "squeeze"]

_TRAIL_ROOT = re.compile(r"^(?:Home(?:page)?|首页|首頁|ホーム|トップ(?:ページ)?|HOME|TOP)$")
_TRAIL_MARK = re.compile(r"[>›»→\uff1e]|\s/\s|::")
TRAIL_LABEL = re.compile(
    r"^(?:Location|Your (?:position|location)|You are here|(?:Current )?position"
    r"|(?:您)?(?:当前|现在的?|所在)的?位置|(?:您|你)的位置|位置|現在位置|現在地)\s*[:\uff1a]?\s*",
    re.I,
)
_LONGEST_TRAIL = 300
_NEAR = 8
"""Lines between a title and its date: byline, source, print and size switch, share bar."""
_YEAR = re.compile(r"\d{4}|[年月]")
_SET_APART = re.compile(r"(?:^|[|\uff5c)\uff09】\]:\uff1a\x1f])[\s\[(\uff08【]*$")
"""What stands before a date without a label: nothing, or a source that is set apart from it."""
_SENTENCE = re.compile(r"[.。!?\uff01\uff1f]$")


@dataclass(slots=True)
class Landmarks:
    """Where a story begins, by index into a page's items."""

    title: str | None = None
    title_at: int | None = None
    head: HeadLine = field(default_factory=HeadLine)
    head_at: int | None = None
    """The line with the date."""
    start: int = 0
    """First item after title and head line."""
    trail: list[Line] = field(default_factory=list)
    """The trail's line, or its items where it is a list."""


def squeeze(text: str) -> str:
    """Text for comparison: lower case, no blanks."""
    return "".join(text.split()).lower()


def is_trail(line: Line) -> bool:
    """Whether a line is the trail of breadcrumbs, linked or not."""
    text = line.text
    if len(text) > _LONGEST_TRAIL:
        return False
    if TRAIL_LABEL.match(text) and (line.anchors or _TRAIL_MARK.search(text)):
        return True
    if line.role in HEADINGS:
        return False
    steps = [step.strip() for step in _TRAIL_MARK.split(line.seamed)]
    if len(steps) > 1 and (steps[-1] or len(steps) > 2):
        return all(len(step) < 80 for step in steps) and bool(line.anchors or steps[0])
    return (
        bool(line.anchors)
        and line.role != "li"
        and _TRAIL_ROOT.match(steps[0]) is not None
        and len(line.anchors) == 1
    )


def find_landmarks(document: Document, *, leads_home: Callable[[str | None], bool]) -> Landmarks:
    """Title, head line and trail of a page that may be a story; None each where there is none.

    Args:
        document: the page.
        leads_home: whether a link, as written, leads to a home page of the portal.
    """
    items = document.items
    expected = _expected_titles(document)
    marks = Landmarks(head_at=_find_date_line(items, expected))
    if marks.head_at is not None:
        marks.title_at = _title_over(items, marks.head_at, expected)
    else:
        marks.title_at = _title_alone(items, expected)
    _take_title(items, marks)
    _take_head(items, marks)
    marks.trail = _find_trail(document, marks, leads_home)
    return marks


def _expected_titles(document: Document) -> set[str]:
    """What the page itself calls its title elsewhere, as printed: the meta tag, the window's title."""
    window = document.window_title
    names = [document.metas.get("articletitle", ""), document.metas.get("og:title", ""), window]
    names += re.split(r"\s*[|_\uff5c]\s*|\s+[-–—]+\s+|--", window)[:1]
    return {name for name in names if name}


def _find_date_line(items: list[Item], expected: set[str]) -> int | None:
    """The line with the date: short, under a heading, best with a label."""
    best, best_score = None, 2
    since_heading = 99
    since_title: int | None = None
    """Lines since the title that the page names elsewhere; None until it matters."""
    for index, item in enumerate(items):
        if not isinstance(item, Line) or item.hidden:
            continue
        text = item.text
        since_heading += 1
        since_title = None if since_title is None else since_title + 1
        if len(text) < 250 and not (item.anchors and len(item.pieces) == 1) and _YEAR.search(text):
            score = _score_date_line(item, since_heading, 99 if since_title is None else since_title)
            if 0 < score < _LABELLED and since_title is None:
                known = any(isinstance(one, Line) and one.text in expected for one in items)
                since_title = 99 if known else -len(items)
            if score < _LABELLED and since_title is not None and since_title > _NEAR:
                score = 0  # a calendar under the logo: the title is known, and stands elsewhere
            if score > best_score:
                best, best_score = index, score
                if score >= _CERTAIN:
                    break
        if text in expected:
            since_heading = since_title = 0
        elif item.role in HEADINGS:
            since_heading = 0
    return best


_CERTAIN = 9
_LABELLED = 6
"""Scores from which a line is a head line by its own label."""


def _score_date_line(line: Line, since_heading: int, since_title: int) -> int:
    """How much a line looks like a head line; 0 where it cannot be one."""
    text = line.seamed
    found = find_date(text)
    if found is None or line.linked:
        return 0
    loose = read_head_line(text, found).loose
    if found.label == "strong":
        score = 6
    elif (
        (not found.label and not _SET_APART.search(text[: found.start]))
        or (_SENTENCE.search(line.text) and loose > 20)
        or (line.role in HEADINGS and found.start > 1)
    ):
        return 0
    else:
        score = 2 if found.label else 0
    score += 3 if since_heading <= 2 else 2 if since_heading <= _NEAR // 2 else since_heading <= _NEAR
    under_title = 0 < since_title <= _AT_ONCE
    if line.role == "li" and not under_title:
        score -= 3
    if not found.label and any(_leads_on(anchor.href) for anchor in line.anchors):
        score -= 2
    return score + under_title - loose // 25


_AT_ONCE = 3
"""Lines under a title that the page names elsewhere, in which even items of a list can be the head line."""


def _leads_on(href: str | None) -> bool:
    """Whether a link leads to a page, and is no switch."""
    return bool(href) and not str(href).lower().lstrip().startswith(("javascript:", "#"))


def _visible(items: list[Item], index: int) -> Line | None:
    item = items[index]
    return item if isinstance(item, Line) and not item.hidden else None


def _title_over(items: list[Item], head_at: int, expected: set[str]) -> int | None:
    """The heading over a date line; the line over it where no heading stands there."""
    line = _visible(items, head_at)
    if line is not None and line.role in HEADINGS and len(line.pieces) > 1 and _first_words(line):
        return head_at
    over: list[int] = []
    for index in range(head_at - 1, max(-1, head_at - 1 - 2 * _NEAR), -1):
        line = _visible(items, index)
        if line is None:
            continue
        if line.role in HEADINGS:
            over.append(index)
        elif over or is_trail(line) or (line.linked and not is_head_note(line.seamed)):
            break
    if over:
        return _best_heading(items, over, expected)
    for index in range(head_at - 1, -1, -1):
        line = _visible(items, index)
        if line is None or is_head_note(line.seamed) or is_source_name(line.text):
            continue
        return None if is_trail(line) or line.linked else index
    following = next(
        (i for i in range(head_at + 1, min(len(items), head_at + 3)) if _visible(items, i)), None
    )
    if following is not None and items[following].role in HEADINGS:  # type: ignore[union-attr]  # a line
        return following
    return None


def _best_heading(items: list[Item], candidates: list[int], expected: set[str]) -> int:
    """Of headings one over another, nearest first: the one the page calls its title, else the largest."""
    lines = {index: _visible(items, index) for index in candidates}
    for index, line in lines.items():
        if line is not None and line.text in expected:
            return index
    return min(lines, key=lambda index: (getattr(lines[index], "role", "h9"), index))


def _title_alone(items: list[Item], expected: set[str]) -> int | None:
    """The title of a page without a date line: the heading named elsewhere, else the first over the text."""
    headings: list[int] = []
    named = None
    for index, item in enumerate(items):
        if not isinstance(item, Line) or item.hidden:
            continue
        if item.role in HEADINGS:
            headings.append(index)
            if item.text in expected:
                named = index
        elif named is None and not item.linked and len(item.text) > 8 and item.text in expected:
            named = index
        elif headings and not item.linked and len(item.text) > _PROSE and named is not None:
            break
    if named is not None:
        return named
    firsts = [index for index in headings if items[index].role == "h1"]  # type: ignore[union-attr]  # lines
    own = [index for index in firsts or headings if not _logo(items, index)]
    return own[0] if own else None


_PROSE = 120
"""Characters of a line that is text and no chrome."""


def _logo(items: list[Item], index: int) -> bool:
    """Whether a heading is the site's name over the menu: linked, with the trail after it."""
    line = _visible(items, index)
    return line is not None and line.linked


def _first_words(line: Line) -> str:
    """Text of the first element of a line that holds title and head line at once."""
    first = " ".join(line.pieces[0][0].split())
    return "" if find_date(first) else first


def _take_title(items: list[Item], marks: Landmarks) -> None:
    """The title's text, whole: a heading may be broken by ``<br>``."""
    at = marks.title_at
    if at is None:
        marks.start = 0 if marks.head_at is None else marks.head_at
        return
    line = items[at]
    assert_line = line if isinstance(line, Line) else None
    if assert_line is None:
        return
    if at == marks.head_at:
        marks.title, marks.start = _first_words(assert_line), at
        return
    parts, first, end = [assert_line.text], at, at + 1
    if assert_line.role in HEADINGS:
        while first and _same_heading(items, first - 1, assert_line):
            first -= 1
            parts.insert(0, items[first].text)  # type: ignore[union-attr]  # a line
        while end < len(items) and end != marks.head_at and _same_heading(items, end, assert_line):
            parts.append(items[end].text)  # type: ignore[union-attr]  # a line
            end += 1
    marks.title, marks.title_at, marks.start = " ".join(parts), first, end


def _same_heading(items: list[Item], index: int, line: Line) -> bool:
    item = items[index]
    return isinstance(item, Line) and item.block is line.block and not item.hidden


def _take_head(items: list[Item], marks: Landmarks) -> None:
    """Join the lines of the head between title and text, and read them."""
    parts: list[str] = []
    index = marks.start
    head_at = marks.head_at
    if head_at is not None:
        for index in range(marks.start, head_at):
            line = _visible(items, index)
            if line is not None and (is_head_note(line.seamed) or is_source_name(line.text)):
                parts.append(line.seamed)
        line = _visible(items, head_at)
        if line is not None:
            parts.append(line.seamed.partition(SEAM)[2] if head_at == marks.title_at else line.seamed)
        index = max(marks.start, head_at + 1)
    while index < len(items):
        item = items[index]
        if not isinstance(item, Line) or not (item.hidden or is_head_note(item.seamed)):
            break
        if not item.hidden:
            parts.append(item.seamed)
        index += 1
    marks.start = index
    if parts:
        marks.head = read_head_line("|".join(parts))


def _find_trail(document: Document, marks: Landmarks, leads_home: Callable[[str | None], bool]) -> list[Line]:
    """The last trail over the title.

    A trail made of list items, or of a single link home, counts where it stands directly over the title.
    """
    items = document.items
    before = marks.title_at if marks.title_at is not None else marks.head_at
    over: list[Line] = []
    for index in range((len(items) if before is None else before) - 1, -1, -1):
        line = _visible(items, index)
        if line is None:
            continue
        if is_trail(line):
            return [line]
        if len(over) <= _MOST_STEPS:
            over.insert(0, line)
    return _listed_trail(document, over, leads_home) or _unparted_trail(document, over, leads_home)


def _unparted_trail(
    document: Document, over: list[Line], leads_home: Callable[[str | None], bool]
) -> list[Line]:
    """The line directly over the title, where it is links alone, from home to what the page names or a menu has."""
    line = over[-1] if over else None
    if line is None or not line.linked or not 1 < len(line.anchors) <= _MOST_LINKED:
        return []
    first, *others = line.anchors
    if not (leads_home(first.href) or _TRAIL_ROOT.match(line.text_of(first))):
        return []
    if line.text_of(others[-1]) == document.metas.get("columnname"):
        return [line]
    own = set(line.anchors)
    elsewhere = {anchor.href for anchor in document.anchors if anchor not in own}
    return [line] if all(anchor.href in elsewhere for anchor in others) else []


_MOST_STEPS = 6


def _listed_trail(
    document: Document, over: list[Line], leads_home: Callable[[str | None], bool]
) -> list[Line]:
    """Steps that are lines of their own: from a root to the title, in one list.

    The last of them is no link, or what they are is told by something else: a menu can stand there, too.

    Args:
        document: the page.
        over: the lines directly over the title, in order.
        leads_home: whether a link leads home.
    """
    roots = [
        number
        for number, line in enumerate(over)
        if line.linked
        and len(line.anchors) == 1
        and (leads_home(line.anchors[0].href) or _TRAIL_ROOT.match(line.text))
    ]
    if not roots:
        return []
    steps = over[roots[-1] :]
    if len(steps) == 1:
        alone = len(over) < 2 or not (over[-2].role == "li" == steps[0].role)
        return steps if alone else []
    whole = len(steps) <= _MOST_STEPS and all(step.role == "li" and len(step.text) < 120 for step in steps)
    return steps if whole and (not steps[-1].anchors or _is_path(document, steps)) else []


_MOST_LINKED = 4


def _is_path(document: Document, steps: list[Line]) -> bool:
    """Whether steps that are all links are a trail: by their ARIA name, the column's name, or as a way the menu has too."""
    if len(steps) > _MOST_LINKED or not all(step.linked and len(step.anchors) == 1 for step in steps):
        return False
    listed = next(steps[0].block.iterancestors("ol", "ul"), None)
    if listed is None or sum(1 for _ in listed.iterchildren("li")) != len(steps):
        return False
    named = (listed, *listed.iterancestors("nav"))
    if any("breadcrumb" in (element.get("aria-label") or "").lower() for element in named):
        return True
    if steps[-1].text == document.metas.get("columnname"):
        return True
    own = {anchor for step in steps for anchor in step.anchors}
    elsewhere = {anchor.href for anchor in document.anchors if anchor not in own}
    return all(step.anchors[0].href in elsewhere for step in steps[1:])
