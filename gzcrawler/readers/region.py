"""From the head line to the footer: which items are the story, which are lists of links beside it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from gzcrawler.readers.chrome import (
    closes_page,
    closes_story,
    counter_end,
    files_heading,
    is_bullet,
    is_counter,
    is_furniture,
    is_link_line,
    is_links_line,
    is_pager,
    is_plainly_text,
    labelled_links,
    links_end,
    related_heading,
)
from gzcrawler.readers.fence import TEXT, story_fence
from gzcrawler.readers.lines import HEADINGS, Line, Picture

if TYPE_CHECKING:
    from collections.abc import Callable

    from lxml.etree import _Element

    from gzcrawler.readers.landmarks import Landmarks
    from gzcrawler.readers.lines import Document, Item

__all__ = ["LinkList", "Region", "find_region"]

_SHORTEST_LIST = 3
"""Link lines in a row that are a list though no heading or counter says so; text has fewer."""


_LONGEST_RETRIED = 50
"""Links that are no list together, of which it is asked once more whether the later ones are one: asking it of
every end of a run costs the square of its length."""


@dataclass(slots=True)
class LinkList:
    """Links beside a story."""

    lines: list[Line]
    scope: Literal["article", "site"]


@dataclass(slots=True)
class Region:
    """What stands between head line and footer."""

    story: list[Item] = field(default_factory=list)
    """Text, pictures and films of the story, in order."""
    after: list[Line] = field(default_factory=list)
    """Lines after its end: files may be offered there."""
    lists: list[LinkList] = field(default_factory=list)


def find_region(
    document: Document, marks: Landmarks, *, leads_to_story: Callable[[str | None], bool]
) -> Region:
    """Sort what follows the head line.

    Args:
        document: the page.
        marks: where its story begins.
        leads_to_story: whether a link, as written, leads to a story of the portal.
    """
    return _Search(document, marks, leads_to_story).run()


class _Search:
    def __init__(
        self, document: Document, marks: Landmarks, leads_to_story: Callable[[str | None], bool]
    ) -> None:
        self.items = document.items
        self.nesting = document.nesting
        self.marks = marks
        self.leads_to_story = leads_to_story
        self.region = Region()
        self.seen = 0
        """Lines and pictures of the story so far."""
        self.ended = False
        self.container: range | None = None
        """Numbers of the blocks within which the story may go on after a list of links."""
        self.fence = self.nesting.within(0)
        """Numbers of the blocks within which the story stands."""
        self.links_until = 0
        """Up to there stand links of which it is known that they are no list."""

    def run(self) -> Region:
        """Walk once from the head line to the footer."""
        items = self.items
        self._early_sliders()
        start = self.marks.start
        stop = start
        for item in items[start:]:
            if isinstance(item, Line) and closes_page(item):
                break
            stop += 1
        self.fence = story_fence(items, self.marks, stop, self.nesting)
        index = start
        while index < stop:
            index = self._step(index, stop)
        return self.region

    def _early_sliders(self) -> None:
        """A slider over the title is known by its counter alone."""
        items = self.items
        for index, item in enumerate(items[: self.marks.title_at or 0]):
            if not (index and isinstance(item, Line) and item.text[0] == "1" and is_counter(items, index)):
                continue
            first = index
            while first and (is_link_line(items[first - 1]) or _linked_picture(items[first - 1])):
                first -= 1
            if index - first >= _SHORTEST_LIST:
                self._add_list(first, index, "site")

    def _step(self, index: int, stop: int) -> int:
        item = self.items[index]
        if isinstance(item, Line) and not item.anchors and is_plainly_text(item.text):
            self._take(item)
            return index + 1
        if index >= self.links_until and self._may_be_links(index, item):
            end = self._take_list(index, None)
            if end > index:
                return end
            end = links_end(self.items, index)
            if end - index > _LONGEST_RETRIED:
                self.links_until = end
        if not isinstance(item, Line):
            self._take(item)
            return index + 1
        end = self._take_under_heading(index, item)
        if end > index:
            return end
        if is_pager(item) and (item.anchors or self._begins_pager(index) or is_counter(self.items, index)):
            return counter_end(self.items, index)
        if closes_story(item):
            self.ended = self.ended or self.seen > 0
            return index + 1
        if files_heading(item) or item.role == "nav" or is_furniture(item):
            return index + 1
        self._take(item)
        return index + 1

    def _may_be_links(self, index: int, item: Item) -> bool:
        """Whether a list of links may begin here, though no heading says so."""
        if isinstance(item, Line):
            return bool(item.anchors) and (is_link_line(item) or self._is_row_of_stories(item))
        return _linked_picture(item) or is_bullet(self.items, index)

    def _is_row_of_stories(self, item: Item) -> bool:
        """Whether a line is links to stories side by side, as many as make a list."""
        return (
            isinstance(item, Line)
            and len(item.anchors) >= _SHORTEST_LIST
            and is_links_line(item)
            and all(self.leads_to_story(anchor.get("href")) for anchor in item.anchors)
        )

    def _begins_pager(self, index: int) -> bool:
        """Whether the number of this page stands here, with those of others after it."""
        following = self.items[index + 1] if index + 1 < len(self.items) else None
        return isinstance(following, Line) and bool(following.anchors) and is_pager(following)

    def _take(self, item: Item) -> None:
        if item.hidden:
            return
        if self.container is not None and not self.ended:
            self.ended = item.number not in self.container
        if self.ended or item.number not in self.fence:
            if isinstance(item, Line):
                self.region.after.append(item)
            return
        self.seen += 1
        self.region.story.append(item)

    def _take_under_heading(self, index: int, line: Line) -> int:
        """A list with its heading: one of the known ones, or any heading element; else the same index."""
        scope = related_heading(line)
        if scope is not None:
            return self._take_headed(index, scope)
        if labelled_links(line):
            self._add_list(index, index + 1, "article")
            return index + 1
        if line.role not in HEADINGS:
            return index
        end = self._take_list(index + 1, None)
        return end if end > index + 1 else index

    def _take_headed(self, index: int, scope: str) -> int:
        """A heading with its links; a heading with nothing under it is dropped."""
        end = links_end(self.items, index + 1, side_by_side=scope == "article")
        if end > index + 1:
            self._drop_bullet(index)
            both = [self.items[index].number, self.items[index + 1].number]
            held = self.nesting.within(self.nesting.common(both))
            end = _same_list(self.items, index + 1, _held_end(self.items, index + 1, end, held))
            return self._take_list(index + 1, scope, end=end)
        following = self.items[index + 1] if index + 1 < len(self.items) else None
        empty = following is None or (
            isinstance(following, Line)
            and (
                closes_page(following)
                or closes_story(following)
                or files_heading(following)
                or related_heading(following) is not None
            )
        )
        return index + 1 if empty else index

    def _drop_bullet(self, index: int) -> None:
        """Take a picture out of the story that stands in the block of a heading of links, before its words."""
        story = self.region.story
        before = story[-1] if story else None
        if (
            isinstance(before, Picture)
            and before is self.items[index - 1]
            and before.number == self.items[index].number
        ):
            story.pop()

    def _take_list(self, index: int, scope: str | None, *, end: int | None = None) -> int:
        """A list of links; returns the index after it, or the same index where it is text after all."""
        items = self.items
        if index >= len(items):
            return index
        if end is None:
            end = links_end(items, index, side_by_side=self._is_row_of_stories(items[index]))
        count = sum(len(item.anchors) for item in items[index:end] if isinstance(item, Line))
        if not count:
            return index
        if is_counter(items, end) and count > 1:
            self._add_list(index, end, "site")
            end = counter_end(items, end)
        elif scope is not None:
            self._add_list(index, end, scope)
        elif (
            count >= _SHORTEST_LIST and self._led_to_stories(index, end) and not self._within_text(index, end)
        ):
            self._add_list(index, end, "site")
        else:
            return index
        if self.seen > 1 and self.container is None:
            story = [item.number for item in self.region.story]
            self.container = self.nesting.within(self.nesting.common(story))
        return end

    def _add_list(self, start: int, end: int, scope: str) -> None:
        lines = [item for item in self.items[start:end] if isinstance(item, Line)]
        self.region.lists.append(LinkList(lines, "article" if scope == "article" else "site"))

    def _led_to_stories(self, start: int, end: int) -> bool:
        anchors = [
            anchor for item in self.items[start:end] if isinstance(item, Line) for anchor in item.anchors
        ]
        return 2 * sum(self.leads_to_story(anchor.get("href")) for anchor in anchors) > len(anchors)

    def _within_text(self, start: int, end: int) -> bool:
        """Whether text of the same container stands before and after a list: then it is part of it."""
        texts = [item.number for item in self.region.story if isinstance(item, Line)]
        if len(texts) < 2 or self.ended:
            return False
        following = self.items[end] if end < len(self.items) else None
        if (
            not isinstance(following, Line)
            or following.anchors
            or len(following.text) < TEXT
            or closes_page(following)
        ):
            return False
        return following.number in self.nesting.within(self.nesting.common(texts))


def _held_end(items: list[Item], start: int, end: int, held: range) -> int:
    """Where links leave the element that holds their heading and the first of them."""
    return next((index for index in range(start, end) if items[index].number not in held), end)


def _same_list(items: list[Item], start: int, end: int) -> int:
    """Where the list of the first of these link lines ends: another list may follow at once."""
    owner = _list_of(items[start].block)
    if owner is None:
        return end
    return next((index for index in range(start, end) if _list_of(items[index].block) is not owner), end)


def _list_of(block: _Element) -> _Element | None:
    if block.tag in ("ul", "ol", "dl"):
        return block
    return next(block.iterancestors("ul", "ol", "dl"), None)


def _linked_picture(item: Item) -> bool:
    return isinstance(item, Picture) and item.anchor is not None
