"""The trail of breadcrumbs: found over the title, and read."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from gzcrawler.items import Breadcrumb
from gzcrawler.readers.lines import HEADINGS, Line, squash, squeeze, visible_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from lxml.etree import _Element

    from gzcrawler.readers.landmarks import Landmarks
    from gzcrawler.readers.lines import Document
    from gzcrawler.readers.links import Resolver

__all__ = ["begins_home", "find_trail", "is_trail", "read_breadcrumbs"]

_TRAIL_ROOT = re.compile(r"^(?:Home(?:page)?|首页|首頁|ホーム|トップ(?:ページ)?|HOME|TOP)$")
_TRAIL_MARK = re.compile(r"[>›»→\uff1e]|\s/\s|::")
_LABEL = re.compile(
    r"^(?:Location|Your (?:position|location)|You are here|(?:Current )?position"
    r"|(?:您)?(?:当前|现在的?|所在)的?位置|(?:您|你)的位置|位置|現在位置|現在地)\s*[:\uff1a]?\s*",
    re.I,
)
_LONGEST_TRAIL = 300
_MOST_STEPS = 6
_MOST_LINKED = 4
_STEP = re.compile(r"\s*(?:[>›»→\uff1e|]+|::|(?<=\s)/(?=\s))\s*")
_LAST = frozenset({"text", "content", "正文", "本文", "详情", "文章"})


def is_trail(line: Line) -> bool:
    """Whether a line is the trail of breadcrumbs, linked or not."""
    text = line.text
    if len(text) > _LONGEST_TRAIL:
        return False
    if _LABEL.match(text) and (line.anchors or _TRAIL_MARK.search(text)):
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


def begins_home(line: Line) -> bool:
    """Whether a line is a few links of which the first leads home by its name: a trail whose marks are drawn."""
    return (
        line.linked
        and 1 < len(line.anchors) <= _MOST_LINKED
        and _TRAIL_ROOT.match(line.text_of(line.anchors[0])) is not None
    )


def find_trail(
    document: Document, before: int | None, leads_home: Callable[[str | None], bool]
) -> list[Line]:
    """The last trail over the title.

    A trail made of list items, or of a single link home, counts where it stands directly over the title.

    Args:
        document: the page.
        before: index of the title, or of the head line where it has none; None looks through all.
        leads_home: whether a link, as written, leads home.
    """
    items = document.items
    over: list[Line] = []
    for index in range((len(items) if before is None else before) - 1, -1, -1):
        line = visible_line(items, index)
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
    if not (leads_home(first.get("href")) or _TRAIL_ROOT.match(line.text_of(first))):
        return []
    if line.text_of(others[-1]) == document.metas.get("columnname"):
        return [line]
    own = set(line.anchors)
    elsewhere = {anchor.get("href") for anchor in document.body.iterdescendants("a") if anchor not in own}
    return [line] if all(anchor.get("href") in elsewhere for anchor in others) else []


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
        and (leads_home(line.anchors[0].get("href")) or _TRAIL_ROOT.match(line.text))
    ]
    if not roots:
        return []
    first = roots[-1]
    own = _list_of(over[first])
    while own is not None and first and _list_of(over[first - 1]) is own:
        first -= 1  # the home of a district is one step from the root
    steps = over[first if first in roots else roots[-1] :]
    if len(steps) == 1:
        alone = len(over) < 2 or not (over[-2].role == "li" == steps[0].role)
        return steps if alone else []
    whole = len(steps) <= _MOST_STEPS and all(step.role == "li" and len(step.text) < 120 for step in steps)
    return steps if whole and (not steps[-1].anchors or _is_path(document, steps)) else []


def _list_of(line: Line) -> _Element | None:
    """The list whose item a line is."""
    return next(line.block.iterancestors("ol", "ul"), None) if line.role == "li" else None


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
    elsewhere = {anchor.get("href") for anchor in document.body.iterdescendants("a") if anchor not in own}
    return all(step.anchors[0].get("href") in elsewhere for step in steps[1:])


def read_breadcrumbs(document: Document, marks: Landmarks, resolver: Resolver) -> Iterator[Breadcrumb]:
    """Steps of the trail, root first, without the title itself and without a last step ``Text``."""
    steps: list[tuple[str, str | None]] = []
    for line in marks.trail:
        steps.append(("", None))
        before = None
        for text, _, anchor in line.pieces:
            # A stroke, or nothing, between two elements parts steps as a stroke between blanks does.
            parts = ["", ""] if text.strip() == "/" else _STEP.split(text)
            if anchor is not None and before is not None and anchor is not before:
                steps.append(("", None))
            before = anchor
            for number, part in enumerate(parts):
                if number:
                    steps.append(("", None))
                name, url = steps[-1]
                if anchor is not None and part.strip():
                    url = url or resolver.absolute(anchor.get("href"))
                steps[-1] = (name + part, url)
    title = squeeze(marks.title or "")
    crumbs = [(_bare(name), url) for name, url in steps]
    crumbs = [(name, url) for name, url in crumbs if name and squeeze(name) != title]
    if crumbs and crumbs[-1][0].lower() in _LAST:
        crumbs.pop()
    for name, url in crumbs:
        yield Breadcrumb(name=name, url=url)


@lru_cache(maxsize=4096)  # most steps of a trail are sections
def _bare(name: str) -> str:
    return _LABEL.sub("", squash(name)).strip(" :\uff1a")
