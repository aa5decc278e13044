"""The portal: its facts, and what an address means on it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from gzcrawler.portals.matching import Matcher

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from gzcrawler.portals.model import Address, Edition, Host, Layout, Politeness, Section, Shape

__all__ = ["Portal"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Portal:
    """One portal, as its map tells it. Made by `load_portal` and `parse_portal`; equal by digest; picklable."""

    name: str
    """Key of the portal, and first part of its article ids."""
    title: str
    timezone: str
    """Offset of the portal's clock: ``+08:00``."""
    scheme: Literal["http", "https"]
    """Scheme of canonical addresses."""
    connect: str | None
    """``host:port`` at which every host of this map is really reached; None asks the DNS."""
    unknown_pages: Literal["crawl", "skip"]
    """What becomes of pages whose address the map does not know."""
    verified: date | Literal[False] | None
    """Day on which the map was last proven on the live site; False where it never was; None where it does not say."""
    politeness: Politeness
    hosts: tuple[Host, ...]
    editions: tuple[Edition, ...]
    sections: tuple[Section, ...]
    layouts: tuple[Layout, ...]
    shapes: tuple[Shape, ...]
    tracking: tuple[str, ...]
    folded: tuple[str, ...]
    """Path prefixes that mean nothing: the tree under them is the tree without them."""
    feeds: tuple[str, ...]
    """Canonical addresses of feeds and sitemaps; those that robots.txt names need not be here."""
    digest: str
    """``sha256:`` over the map's facts."""
    origin: str
    """File or name that the map came from."""
    facts: Mapping[str, Any] = field(repr=False)
    """The map as parsed from TOML."""
    _matcher: Matcher = field(init=False, repr=False)
    _sections: Mapping[str, Section] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Index what look-ups need."""
        object.__setattr__(self, "_matcher", Matcher(self))
        object.__setattr__(self, "_sections", {section.key: section for section in self.sections})

    def address(self, url: str, base: str | None = None) -> Address | None:
        """What a link means on this portal; None where it leads elsewhere or nowhere. Never raises.

        Args:
            url: the link as written, absolute or not.
            base: absolute address of the page that carries it.
        """
        return self._matcher.address(url, base)

    def addresses_of(self, canonical_url: str) -> tuple[str, ...]:
        """Every address that a page may be asked at, the canonical first; empty for a foreign address."""
        return self._matcher.addresses_of(canonical_url)

    def seeds(self) -> tuple[Address, ...]:
        """Home pages, the first list pages of all sections, then feeds, in the order of the map, each once."""
        urls = [url for edition in self.editions for url in edition.home]
        urls += [url for section in self.sections for url in section.lists]
        urls += self.feeds
        found = (self.address(url) for url in dict.fromkeys(urls))
        return tuple(address for address in found if address is not None)

    def section(self, key: str) -> Section | None:
        """The section of that key."""
        return self._sections.get(key)

    def __eq__(self, other: object) -> bool:
        """Portals are equal when their facts are."""
        return isinstance(other, Portal) and self.digest == other.digest

    def __hash__(self) -> int:
        """By digest."""
        return hash(self.digest)

    def __reduce__(self) -> tuple[Any, ...]:
        """Travel as facts: compiled patterns and caches are made anew."""
        from gzcrawler.portals.maps import parse_portal  # the builder imports this module

        return _revive, (parse_portal, dict(self.facts), self.origin)


def _revive(build: Any, facts: dict[str, Any], origin: str) -> Any:
    return build(facts, origin=origin)
