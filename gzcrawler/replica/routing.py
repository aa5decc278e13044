"""Routing: from Host header and path to the story or list that stands there."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gzcrawler.replica.articles import Story
    from gzcrawler.replica.sections import ReplicaHost
    from gzcrawler.replica.views import Viewer

__all__ = ["Place", "Router", "Target"]

_SUBSITE_ARTICLE = re.compile(r"((?:/[a-z]+)?)/(\d{4}-\d\d)/(\d\d)/c_(\d{1,9})(?:_(\d{1,3}))?\.htm")
_GENERAL_ARTICLE = re.compile(r"/([a-z/]+)/content/m?post_(\d{1,9})(?:_(\d{1,3}))?\.html")
_GENERAL_LIST = re.compile(r"/([a-z/]+?)(?:/|/m?index(?:_(\d{1,5}))?\.html)")
_SUBSITE_LIST = re.compile(r"/([a-z/]+?)(?:_(\d{1,5}))?\.html")


class Place(NamedTuple):
    """A path on a host of the portal."""

    host: ReplicaHost
    path: str
    """Under the host's root."""


class Target(NamedTuple):
    """The story or list that a path names; `story` or `section` is set."""

    part: int
    general: bool
    story: Story | None = None
    branch: str | None = None
    """Branch of a story's second address."""
    section: int | None = None
    left: bool = False
    """An address that the move of the site has left behind."""


class Router:
    """Knows every address that a story or a list has, or had before the site moved."""

    def __init__(self, viewer: Viewer, hosts: Sequence[ReplicaHost], folded: Sequence[str]) -> None:
        self._viewer = viewer
        self._calendar = viewer.calendar
        self._hosts = tuple(hosts)
        self._by_name: dict[str, list[ReplicaHost]] = {}
        for host in hosts:
            self._by_name.setdefault(host.host, []).append(host)
        self._folded = tuple(folded)
        self._slugs = {section.slug: index for index, section in enumerate(self._calendar.sections)}

    def place(self, host: str, path: str) -> Place | None:
        """Where a path stands on the portal; None outside of it. Unknown hosts are the canonical one."""
        name = host.partition(":")[0].lower()
        hosts = self._by_name.get(name) or self._by_name.get(_other_www(name)) or self._hosts[:1]
        for candidate in hosts:
            root = candidate.root
            if root and path.startswith(("/att/", "/images/")):
                return Place(host=candidate, path=path)
            if path.startswith(root) and path[len(root) : len(root) + 1] in ("", "/"):
                inner = path[len(root) :] or "/"
                for fold in self._folded:
                    if inner.startswith(fold + "/"):
                        inner = inner[len(fold) :]
                return Place(host=candidate, path=inner)
        return None

    def target(self, place: Place, at: int) -> Target | None:
        """The story or list that stands, or stood, at a place; None where none ever did."""
        path = place.path
        moved = self._calendar.moved(at)
        if match := _SUBSITE_ARTICLE.fullmatch(path):
            story = self._calendar.by_number.get(int(match[4]))
            part = int(match[5] or 1)
            if story is None:
                return None
            branch = match[1] if story.district is not None and match[1] == f"/{story.district}" else None
            before = (self._calendar.move_at or 0) - 1 if moved else at
            if self._viewer.linker.story_path(story, before, part, branch=branch) != path:
                return None
            return Target(story=story, part=part, general=False, branch=branch, left=moved)
        if not place.host.general:
            return self._list_target(_SUBSITE_LIST.fullmatch(path), general=False, left=moved)
        if match := _GENERAL_ARTICLE.fullmatch(path):
            story = self._calendar.by_post.get(int(match[2]))
            if story is None or self._calendar.sections[story.section].slug != match[1]:
                return None
            general = self._calendar.general(story, at)
            return Target(story=story, part=int(match[3] or 1), general=True) if general else None
        return self._list_target(
            _SUBSITE_LIST.fullmatch(path), general=False, left=moved
        ) or self._list_target(_GENERAL_LIST.fullmatch(path), general=True, left=False)

    def _list_target(self, match: re.Match[str] | None, *, general: bool, left: bool) -> Target | None:
        section = self._slugs.get(match[1]) if match else None
        if match is None or section is None:
            return None
        return Target(section=section, part=int(match[2] or 1), general=general, left=left)


def _other_www(name: str) -> str:
    return name[4:] if name.startswith("www.") else f"www.{name}"
