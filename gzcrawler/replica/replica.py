"""The replica as a pure object: pages, and the truth about them, for any address and virtual time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from gzcrawler.items import Article, join_parts
from gzcrawler.portals import parse_portal
from gzcrawler.replica.articles import Calendar
from gzcrawler.replica.content import Writer
from gzcrawler.replica.pages import Pages
from gzcrawler.replica.portal_map import replica_map
from gzcrawler.replica.sections import hosts_of, sections_of
from gzcrawler.replica.truth import Truth
from gzcrawler.replica.views import Viewer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gzcrawler.items import Page
    from gzcrawler.replica.articles import Story
    from gzcrawler.replica.config import ReplicaConfig
    from gzcrawler.replica.pages import ReplicaResponse

__all__ = ["Life", "Replica"]

Life = Literal["alive", "removed", "unreadable", "moved"]
"""What has become of a content id. ``moved``: its story goes by another id since the site moved."""


class Replica:
    """A portal made from a configuration. All methods are pure; times are seconds since the epoch."""

    def __init__(self, config: ReplicaConfig) -> None:
        self.config = config
        self.portal = parse_portal(replica_map(), origin="replica")
        """The portal's map, without ``connect``."""
        hosts = hosts_of(self.portal)
        self.calendar = Calendar(config, sections_of(self.portal))
        self.start = self.calendar.now
        """Virtual time at the start, in seconds since the epoch."""
        self._viewer = Viewer(self.calendar, Writer(self.calendar), hosts)
        self._pages = Pages(self._viewer, hosts, self.portal.folded)
        self._truth = Truth(self.portal, self._pages, self._viewer)

    def page(self, host: str, path: str, at: int | None = None) -> ReplicaResponse:
        """The answer to a GET, before any fault.

        Args:
            host: the Host header; one that the map does not know is answered as the canonical host.
            path: path and query as asked.
            at: virtual time; None is the start.
        """
        return self._pages.answer(host, path, self.start if at is None else at)

    def truth(self, address: str, at: int | None = None) -> Page:
        """What the page at an absolute address says, as a record of its own.

        A continued story's pages are told one by one; `articles` joins them.

        Raises:
            MissingTitleError: the page has no title, and a reader must say so.
        """
        return self._truth.page(address, self.start if at is None else at)

    def articles(self, at: int | None = None) -> Iterator[Article]:
        """Every readable article that stands at a time, whole, as read at its canonical address.

        An article at two addresses comes once, by the first of `addresses`.
        """
        at = self.start if at is None else at
        for story in self.calendar.alive(at):
            if not story.unreadable:
                yield self.article(story, at)

    def article(self, story: Story, at: int) -> Article:
        """The whole record of one story that stands at a time."""
        first = self._truth.page(self._url(story, at), at)
        assert isinstance(first, Article)
        addresses = [self.portal.address(url) for url in first.continued_on]
        further = [
            self._truth.page(address.canonical_url, at) for address in addresses if address is not None
        ]
        return join_parts([first, *(page for page in further if isinstance(page, Article))])

    def addresses(self, at: int | None = None) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Id and canonical addresses (first pages) of every article that stands at a time."""
        at = self.start if at is None else at
        for story in self.calendar.alive(at):
            urls = [self._url(story, at)]
            if story.district is not None and not self.calendar.general(story, at):
                urls.append(self._url(story, at, branch=f"/{story.district}"))
            yield self.article_id(story, at), tuple(urls)

    def list_addresses(self, at: int | None = None) -> tuple[str, ...]:
        """Canonical addresses of all list pages at a time."""
        at = self.start if at is None else at
        found = []
        for index, section in enumerate(self.calendar.sections):
            for general in (False, True):
                if self.calendar.moved(at) and not general:
                    continue
                size = self._viewer.list_size(index, general=general)
                pages = -(-len(self.calendar.listed(index, general, at)) // size)
                found += [
                    self._base + section.list_path(general, page) for page in range(1, max(1, pages) + 1)
                ]
        return tuple(found)

    def lives(self, at: int | None = None) -> dict[str, Life]:
        """What has become, by a time, of every content id that ever stood."""
        at = self.start if at is None else at
        moved = self.calendar.moved(at)
        lives: dict[str, Life] = {}
        for story in self.calendar.stories:
            if at < story.appears:
                continue
            life: Life = "unreadable" if story.unreadable else "alive"
            lives[self.article_id(story, at)] = life if story.alive(at) else "removed"
            before = (self.calendar.move_at or 0) - 1
            if moved and not story.general and story.appears <= before:
                lives[self.article_id(story, before)] = "moved"
        return lives

    @property
    def _base(self) -> str:
        host = self.portal.hosts[0]
        return f"{self.portal.scheme}://{host.host}{host.root}"

    def _url(self, story: Story, at: int, *, branch: str | None = None) -> str:
        return self._base + self._viewer.linker.story_path(story, at, branch=branch)

    def article_id(self, story: Story, at: int) -> str:
        """The id by which an archive knows a story that appeared by that time."""
        number = f"post_{story.post}" if self.calendar.general(story, at) else f"c_{story.number}"
        return f"{self.portal.name}:{number}"
