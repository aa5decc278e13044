"""What a page shows, with its links as they are written there: the one source of both page and truth."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from gzcrawler.replica.articles import iso_day
from gzcrawler.replica.chance import bound, mix

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gzcrawler.replica.articles import Calendar, Story
    from gzcrawler.replica.content import Block, Content, Writer
    from gzcrawler.replica.sections import ReplicaHost

__all__ = ["ArticleView", "Link", "ListEntry", "ListView", "Viewer"]

_LINK, _TRAIL, _DAY = 30, 31, 86_400
_TRACKS = ("?from=timeline", "?utm_source=wechat&utm_medium=post", "?from=groupmessage#top", "#comments")
_SLIDER_LENGTH = 5
_SLIDERS_KEPT = 64
_VARIANTS = 24
"""Ways in which the stories of one section write their trails."""
_NAMED_ROOT_UNTIL = date(2018, 1, 1).toordinal()
"""Older stories of the sub-site start their trail with the site's name."""
_STEPS = {
    "en": ("Updates", "Stories", "Features", "Notices"),
    "zh": ("动态", "专题", "通知"),
    "ja": ("お知らせ", "特集"),
}
_EDITIONS = (("en", "English", "/", "en"), ("zh", "简体", "/zh/", "zh-Hans"))
"""Edition that does not show it, label, path and language of the top bar's links."""
_LINKING = frozenset(("link", "film", "files"))
_HOME = {"en": "Home", "zh": "首页", "ja": "ホーム"}


class Link(NamedTuple):
    """A link as written; `href` is None for plain text."""

    name: str
    href: str | None


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
    editions: tuple[tuple[str, str, str], ...]
    """Label, address and language of each."""
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
    editions: tuple[tuple[str, str, str], ...]
    entries: tuple[ListEntry, ...]
    next: str | None
    last: str


class Viewer:
    """Makes views. Pure but for small caches of what all pages share."""

    def __init__(self, calendar: Calendar, writer: Writer, hosts: Sequence[ReplicaHost]) -> None:
        self.calendar = calendar
        self.writer = writer
        self._config = calendar.config
        self._absolute = bound(calendar.config.absolute_links)
        self._tracked = bound(calendar.config.tracking_links)
        self._phone = bound(calendar.config.phone_links)
        self._seed = calendar.config.seed
        self._hosts = tuple(hosts)
        self._general_hosts = tuple(host for host in hosts if host.general)
        self.title = lru_cache(maxsize=4096)(writer.title)
        self._tops: dict[tuple[str, str, int], tuple[tuple[str, str, str], ...]] = {}
        self._trails: dict[tuple[int, bool, bool, str, bool, int], tuple[Link, ...]] = {}
        self._sliders: dict[tuple[int, str, str, bool], tuple[Link, ...]] = {}

    def href(self, path: str, host: ReplicaHost, place: int, *, general: bool) -> str:
        """A path as a page of this host links it; `place` tells one link of the portal from another."""
        chance = mix(self._seed, place, _LINK)
        if chance < self._absolute:
            hosts = self._general_hosts if general else self._hosts
            return hosts[(chance & 0xFF) % len(hosts)].base + path
        if general and not host.general:
            return self._general_hosts[0].base + path
        return host.root + path

    def story_path(self, story: Story, at: int, part: int = 1, *, branch: str | None = None) -> str:
        """Where a story stands at a time; `branch` for its second address."""
        section = self.calendar.sections[story.section]
        tail = f"_{part}" if part > 1 else ""
        if self.calendar.general(story, at):
            return f"/{section.slug}/content/post_{story.post}{tail}.html"
        day = iso_day(story.path_day)
        place = section.branch if branch is None else branch
        return f"{place}/{day[:7]}/{day[8:]}/c_{story.number}{tail}.htm"

    def story_href(self, story: Story, host: ReplicaHost, place: int, at: int) -> str:
        """A story's address as another page links it: any alias, sometimes with a tracking query."""
        general = self.calendar.general(story, at)
        path = self.story_path(story, at)
        chance = mix(self._seed, place, _TRAIL)
        if chance < self._tracked:
            path += _TRACKS[chance & 3]
        elif general and mix(self._seed, place, _TRAIL + 1) < self._phone:
            path = path.replace("/post_", "/mpost_")
        return self.href(path, host, place, general=general)

    def section_name(self, index: int, at: int) -> str:
        """What a section is called on its pages at a time."""
        names = self.calendar.sections[index].names
        renamed = self.calendar.rename_at is not None and at >= self.calendar.rename_at
        return names[1] if renamed and len(names) > 1 else names[0]

    def editions(self, edition: str, host: ReplicaHost, place: int) -> tuple[tuple[str, str, str], ...]:
        """Links of the top bar to other languages, in one of eight ways to write them."""
        key = (edition, host.base, place & 7)
        links = self._tops.get(key)
        if links is None:
            links = self._tops[key] = tuple(
                (label, self.href(path, host, -7000 - (place & 7) * 2 - number, general=False), language)
                for number, (for_edition, label, path, language) in enumerate(_EDITIONS)
                if for_edition != edition
            )
        return links

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
            trail=self._trail(story, host, at, general=general),
            editions=self.editions(section.edition, host, story.index),
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
                    self.href(picture.path, host, place + number, general=picture.path.startswith("/img/"))
                    for number, picture in enumerate(content.pictures)
                ]
            ),
            related=tuple(
                [
                    Link(self.title(other), self.story_href(other, host, place + 64 + number, at))
                    for number, other in enumerate(content.related)
                ]
            ),
            slider=() if general else self._slider(section.edition, host, at),
            pages=tuple(
                self.href(
                    self.story_path(story, at, number, branch=branch),
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
        name = self.section_name(index, at)
        place = -(index * 2 + general + 1)
        return ListView(
            name=name,
            section=index,
            edition=section.edition,
            general=general,
            page=page,
            pages=pages,
            trail=(
                Link(_HOME[section.edition], self.href("/", host, place, general=False)),
                Link(name, None),
            ),
            editions=self.editions(section.edition, host, index),
            entries=tuple(
                ListEntry(
                    self.story_href(story, host, story.index * 8 + 5, at),
                    self.title(story, story.version(at)),
                    self.writer.summary(story),
                    iso_day(story.day),
                )
                for story in shown
            ),
            next=self._page_href(index, page + 1, host, general=general) if page < pages else None,
            last=self._page_href(index, pages, host, general=general),
        )

    def list_size(self, index: int, *, general: bool) -> int:
        """How many items a page of a section's list holds."""
        chance = mix(self._seed, index, _LINK + 5)
        return 15 + chance % 6 if general else 6 + chance % 4

    def _page_href(self, index: int, page: int, host: ReplicaHost, *, general: bool) -> str:
        path = self.calendar.sections[index].list_path(general, page)
        # the pager stays on its host: a walk that changes hosts midway is no walk
        if general and not host.general:
            return self._general_hosts[0].base + path
        return host.root + path

    def _trail(self, story: Story, host: ReplicaHost, at: int, *, general: bool) -> tuple[Link, ...]:
        variant = mix(self._seed, story.source, _TRAIL + 2) % _VARIANTS
        old = not general and story.day < _NAMED_ROOT_UNTIL
        renamed = self.calendar.rename_at is not None and at >= self.calendar.rename_at
        key = (story.section, general, old, host.base, renamed, variant)
        trail = self._trails.get(key)
        if trail is None:
            trail = self._trails[key] = self._make_trail(
                story.section, host, at, variant, general=general, old=old
            )
        return trail

    def _make_trail(
        self, index: int, host: ReplicaHost, at: int, variant: int, *, general: bool, old: bool
    ) -> tuple[Link, ...]:
        section = self.calendar.sections[index]
        chance = mix(self._seed, index * _VARIANTS + variant, _TRAIL + 3)
        place = -100_000 - (index * _VARIANTS + variant) * 4
        root = "Guangzhou" if old and section.edition == "en" else _HOME[section.edition]
        links = [Link(root, self.href("/", host, place, general=False))]
        if variant == 0:
            return tuple(links)
        if section.district:
            name = section.district.title()
            links.append(Link(name, self.href(section.branch + "/", host, place - 1, general=False)))
        path = section.general if general else section.subsite
        links.append(Link(self.section_name(index, at), self.href(path, host, place - 2, general=general)))
        steps = _STEPS[section.edition]
        for step in range((0, 0, 0, 0, 1, 1, 2, 3)[chance >> 8 & 7]):
            if len(links) < 5:
                links.append(Link(steps[(chance >> (16 + 4 * step)) % len(steps)], None))
        return tuple(links)

    def _linked(
        self, block: Block, story: Story, host: ReplicaHost, at: int, place: int, *, general: bool
    ) -> Block:
        if block.kind == "link":
            before, target, text, after = block.items
            if target.startswith("story:"):
                target = self.story_href(self.calendar.stories[int(target[6:])], host, place, at)
            return block._replace(items=(before, target, text, after))
        if block.kind == "film":
            return block._replace(text=self.href(block.text, host, place, general=False))
        if block.kind == "files":
            items = list(block.items)
            for number in range(0, len(items), 2):
                path = self._file_path(int(items[number][5:]), story, general=general)
                items[number] = self.href(path, host, place + number, general=general)
            return block._replace(items=tuple(items))
        return block

    def _file_path(self, code: int, story: Story, *, general: bool) -> str:
        if general:
            return f"/attachment/0/{code // 1000}/{code}/{story.post}.pdf"
        return f"/att/{iso_day(story.day).replace('-', '')}/{story.number:013d}{code:06d}.pdf"

    def _slider(self, edition: str, host: ReplicaHost, at: int) -> tuple[Link, ...]:
        period = self.slider_period(at)
        key = (period, edition, host.base, self.calendar.moved(at))
        links = self._sliders.get(key)
        if links is None:
            if len(self._sliders) > _SLIDERS_KEPT:
                self._sliders.clear()
            links = self._sliders[key] = self._slider_links(period, edition, host, at)
        return links

    def _slider_links(self, period: int, edition: str, host: ReplicaHost, at: int) -> tuple[Link, ...]:
        return tuple(
            Link(
                self.title(story),
                self.href(
                    self.story_path(story, at), host, story.index, general=self.calendar.general(story, at)
                ),
            )
            for story in self._choose_slider(period, edition)
        )

    def slider_period(self, at: int) -> int:
        """Which of the site's sliders is up at a time."""
        return at // (self._config.slider_days * _DAY)

    def _choose_slider(self, period: int, edition: str) -> tuple[Story, ...]:
        total = self._config.articles
        chosen: list[Story] = []
        start = mix(self._seed, period, _LINK + 6)
        for step in range(total):
            story = self.calendar.stories[(start + step * 7919) % total]
            if (
                self.calendar.sections[story.section].edition == edition
                and story.gone is None
                and story not in chosen
            ):
                chosen.append(story)
                if len(chosen) == _SLIDER_LENGTH:
                    break
        return tuple(chosen)
