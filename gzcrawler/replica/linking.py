"""Links: where things stand, and how a page of one host writes the way there."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from gzcrawler.replica.articles import iso_day
from gzcrawler.replica.chance import bound, mix

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gzcrawler.replica.articles import Calendar, Story
    from gzcrawler.replica.sections import ReplicaHost

__all__ = ["Link", "Linker"]

_LINK, _TWIN = 30, 31
_TRACKS = ("?from=timeline", "?utm_source=wechat&utm_medium=post", "?from=groupmessage#top", "#comments")


class Link(NamedTuple):
    """A link as written; `href` is None for plain text."""

    name: str
    href: str | None


class Linker:
    """Writes links. Pure: the same link on the same page is always written the same way."""

    def __init__(self, calendar: Calendar, hosts: Sequence[ReplicaHost]) -> None:
        config = calendar.config
        self._calendar = calendar
        self._seed = config.seed
        self._absolute = bound(config.absolute_links)
        self._tracked = bound(config.tracking_links)
        self._phone = bound(config.phone_links)
        self._hosts = tuple(hosts)
        self._general_hosts = tuple(host for host in hosts if host.general)

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
        section = self._calendar.sections[story.section]
        tail = f"_{part}" if part > 1 else ""
        if self._calendar.general(story, at):
            return f"/{section.slug}/content/post_{story.post}{tail}.html"
        day = iso_day(story.path_day)
        place = section.branch if branch is None else branch
        return f"{place}/{day[:7]}/{day[8:]}/c_{story.number}{tail}.htm"

    def story_href(self, story: Story, host: ReplicaHost, place: int, at: int) -> str:
        """A story's address as another page links it: any alias, sometimes with a tracking query."""
        general = self._calendar.general(story, at)
        path = self.story_path(story, at)
        chance = mix(self._seed, place, _TWIN)
        if chance < self._tracked:
            path += _TRACKS[chance & 3]
        elif general and mix(self._seed, place, _TWIN + 1) < self._phone:
            path = path.replace("/post_", "/mpost_")
        return self.href(path, host, place, general=general)

    def section_name(self, index: int, at: int) -> str:
        """What a section is called on its pages at a time."""
        names = self._calendar.sections[index].names
        renamed = self._calendar.rename_at is not None and at >= self._calendar.rename_at
        return names[1] if renamed and len(names) > 1 else names[0]

    def list_href(self, index: int, page: int, host: ReplicaHost, *, general: bool) -> str:
        """A page of a section's list, for its pager."""
        path = self._calendar.sections[index].list_path(general, page)
        # the pager stays on its host: a walk that changes hosts midway is no walk
        if general and not host.general:
            return self._general_hosts[0].base + path
        return host.root + path
