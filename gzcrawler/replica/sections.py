"""Sections, districts and hosts as the replica uses them, taken from a portal's map."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gzcrawler.portals import Portal

__all__ = ["ReplicaHost", "ReplicaSection", "hosts_of", "sections_of"]


@dataclass(frozen=True, kw_only=True)
class ReplicaSection:
    """One section, with the addresses of its lists."""

    key: str
    edition: str
    names: tuple[str, ...]
    branch: str
    """Path over its articles on the sub-site: ``/tianhe``, or empty."""
    slug: str

    @property
    def subsite(self) -> str:
        """Path of the first list page in the old style."""
        return f"/{self.slug}.html"

    @property
    def general(self) -> str:
        """Path of the first list page in the style of the newer platform."""
        return f"/{self.slug}/"

    @property
    def district(self) -> str | None:
        """Slug of the English district that it belongs to."""
        return self.branch[1:] if self.branch and self.edition == "en" else None

    def list_path(self, general: bool, page: int) -> str:
        """Path of a page of its list, pages from 1."""
        if general:
            return f"/{self.slug}/" if page == 1 else f"/{self.slug}/index_{page}.html"
        return f"/{self.slug}.html" if page == 1 else f"/{self.slug}_{page}.html"


@dataclass(frozen=True, kw_only=True)
class ReplicaHost:
    """One place where the tree of pages hangs."""

    host: str
    root: str
    general: bool
    """Whether pages of the newer platform stand here too."""

    @property
    def base(self) -> str:
        """What an absolute address starts with."""
        return f"http://{self.host}{self.root}"


def sections_of(portal: Portal) -> tuple[ReplicaSection, ...]:
    """The sections of a map, in its order; only those that a slug names."""
    return tuple(
        ReplicaSection(
            key=section.key,
            edition=section.edition,
            names=section.names,
            branch="/" + branch if branch else "",
            slug=section.slugs[0],
        )
        for section in portal.sections
        if section.slugs
        for branch in [section.slugs[0].rpartition("/")[0]]
    )


def hosts_of(portal: Portal) -> tuple[ReplicaHost, ...]:
    """The hosts of a map, the canonical one first."""
    return tuple(
        ReplicaHost(host=host.host, root=host.root, general=not host.generations or "G3" in host.generations)
        for host in portal.hosts
    )
