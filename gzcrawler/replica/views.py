"""What a page shows, with its links as they are written there: the one source of both page and truth."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from gzcrawler.replica.articles import iso_day
from gzcrawler.replica.chance import mix
from gzcrawler.replica.furniture import HOME, Furniture
from gzcrawler.replica.linking import Link, Linker

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gzcrawler.replica.articles import Calendar, Story
    from gzcrawler.replica.content import Block, Content, Writer
    from gzcrawler.replica.furniture import TopLink
    from gzcrawler.replica.sections import ReplicaHost

__all__ = ["ArticleView", "ListEntry", "ListView", "Viewer"]

_SIZE = 35
_LINKING = frozenset(("link", "film", "files"))


class ListEntry(NamedTuple):
    """One item of a list."""

    href: str
    title: str
    summary: str
    day: str
    """ISO 8601 date; whether the list prints it is the dress's business."""


class ArticleView(NamedTuple):
    """One page of a story on one host at one time."""

    story: Story
    content: Content
    edition: str
    language: str
    general: bool
    part: int
    trail: tuple[Link, ...]
    editions: tuple[TopLink, ...]
    blocks: tuple[Block, ...]
    """Of this part; links, films and files carry their addresses."""
    sources: tuple[str, ...]
    """Addresses of the content's pictures."""
    related: tuple[Link, ...]
    slider: tuple[Link, ...]
    pages: tuple[str, ...]
    """Addresses of all parts of the story, in order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListView:
    """One page of a list on one host at one time."""

    name: str
    section: int
    edition: str
    general: bool
    page: int
    pages: int
    trail: tuple[Link, ...]
    editions: tuple[TopLink, ...]
    entries: tuple[ListEntry, ...]
    next: str | None
    last: str


class Viewer:
    """Makes views. Pure but for small caches of what all pages share."""

    def __init__(self, calendar: Calendar, writer: Writer, hosts: Sequence[ReplicaHost]) -> None:
        self.calendar = calendar
        self.writer = writer
        self.linker = Linker(calendar, hosts)
        self.title = lru_cache(maxsize=4096)(writer.title)
        self.furniture = Furniture(calendar, self.linker, self.title)
        self._seed = calendar.config.seed

    def article(
        self, story: Story, part: int, host: ReplicaHost, at: int, *, branch: str | None = None
    ) -> ArticleView | None:
        """The page of a part of a story; None where it has no such part."""
        general = self.calendar.general(story, at)
        content = self.writer.content(story, story.version(at), general)
        if not 1 <= part <= len(content.parts):
            return None
        section = self.calendar.sections[story.section]
        place = (story.index + 1) * 4096
        return ArticleView(
            story=story,
            content=content,
            edition=section.edition,
            language=self.writer.voice(story).language,
            general=general,
            part=part,
            trail=self.furniture.trail(story, host, at, general=general),
            editions=self.furniture.editions(section.edition, host, story.index),
            blocks=tuple(
                [
                    self._linked(block, story, host, at, place + part * 256 + number, general=general)
                    if block.kind in _LINKING
                    else block
                    for number, block in enumerate(content.parts[part - 1])
                ]
            ),
            sources=tuple(
                [
                    self.linker.href(
                        picture.path, host, place + number, general=picture.path.startswith("/img/")
                    )
                    for number, picture in enumerate(content.pictures)
                ]
            ),
            related=tuple(
                [
                    Link(self.title(other), self.linker.story_href(other, host, place + 64 + number, at))
                    for number, other in enumerate(content.related)
                ]
            ),
            slider=() if general else self.furniture.slider(section.edition, host, at),
            pages=tuple(
                self.linker.href(
                    self.linker.story_path(story, at, number, branch=branch),
                    host,
                    place + 80 + number,
                    general=general,
                )
                for number in range(1, len(content.parts) + 1)
            ),
        )

    def listing(self, index: int, page: int, host: ReplicaHost, at: int, *, general: bool) -> ListView | None:
        """A page of a section's list; None past its end."""
        section = self.calendar.sections[index]
        stories = self.calendar.listed(index, general, at)
        size = self.list_size(index, general=general)
        pages = max(1, -(-len(stories) // size))
        if not 1 <= page <= pages:
            return None
        shown = stories[(page - 1) * size : page * size]
        name = self.linker.section_name(index, at)
        place = -(index * 2 + general + 1)
        return ListView(
            name=name,
            section=index,
            edition=section.edition,
            general=general,
            page=page,
            pages=pages,
            trail=(
                Link(HOME[section.edition], self.linker.href("/", host, place, general=False)),
                Link(name, None),
            ),
            editions=self.furniture.editions(section.edition, host, index),
            entries=tuple(
                ListEntry(
                    self.linker.story_href(story, host, story.index * 8 + 5, at),
                    self.title(story, story.version(at)),
                    self.writer.summary(story),
                    iso_day(story.day),
                )
                for story in shown
            ),
            next=self.linker.list_href(index, page + 1, host, general=general) if page < pages else None,
            last=self.linker.list_href(index, pages, host, general=general),
        )

    def list_size(self, index: int, *, general: bool) -> int:
        """How many items a page of a section's list holds."""
        chance = mix(self._seed, index, _SIZE)
        return 15 + chance % 6 if general else 6 + chance % 4

    def _linked(
        self, block: Block, story: Story, host: ReplicaHost, at: int, place: int, *, general: bool
    ) -> Block:
        if block.kind == "link":
            before, target, text, after = block.items
            if target.startswith("story:"):
                target = self.linker.story_href(self.calendar.stories[int(target[6:])], host, place, at)
            return block._replace(items=(before, target, text, after))
        if block.kind == "film":
            return block._replace(text=self.linker.href(block.text, host, place, general=False))
        if block.kind == "files":
            items = list(block.items)
            for number in range(0, len(items), 2):
                path = self._file_path(int(items[number][5:]), story, general=general)
                items[number] = self.linker.href(path, host, place + number, general=general)
            return block._replace(items=tuple(items))
        return block

    def _file_path(self, code: int, story: Story, *, general: bool) -> str:
        if general:
            return f"/attachment/0/{code // 1000}/{code}/{story.post}.pdf"
        return f"/att/{iso_day(story.day).replace('-', '')}/{story.number:013d}{code:06d}.pdf"
