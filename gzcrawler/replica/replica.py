"""The replica as a pure object: pages, and the truth about them, for any address and virtual time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gzcrawler.portals import parse_portal
from gzcrawler.replica.articles import Calendar
from gzcrawler.replica.content import Writer
from gzcrawler.replica.pages import Pages
from gzcrawler.replica.portal_map import replica_map
from gzcrawler.replica.sections import hosts_of, sections_of
from gzcrawler.replica.views import Viewer

if TYPE_CHECKING:
    from gzcrawler.replica.config import ReplicaConfig
    from gzcrawler.replica.pages import ReplicaResponse

__all__ = ["Replica"]


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

    def page(self, host: str, path: str, at: int | None = None) -> ReplicaResponse:
        """The answer to a GET, before any fault.

        Args:
            host: the Host header; one that the map does not know is answered as the canonical host.
            path: path and query as asked.
            at: virtual time; None is the start.
        """
        return self._pages.answer(host, path, self.start if at is None else at)
