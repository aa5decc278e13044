"""Matching: from an address and the facts of a map to what the address means."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING

from gzcrawler.portals.model import Address
from gzcrawler.portals.text import (
    Pieces,
    normal_path,
    normal_query,
    resolve,
    split_address,
    without_junk,
)

if TYPE_CHECKING:
    from gzcrawler.portals.model import AddressKind, Edition, Host, Section, Shape

__all__ = ["Matcher"]

_LONGEST = 4096
"""Characters of an address beyond which nobody's server answers; longer ones are no address."""
_KEPT = 65_536
"""Addresses remembered: some 30 MB, and more than the pages of a portal."""

_INDEX = re.compile(r"m?index\.s?html?\Z", re.IGNORECASE)
_PAGE = re.compile(r"(?:/|\.s?html?|\.(?:php|aspx?|jsp|do))\Z", re.IGNORECASE)
_TEMPLATE = re.compile(r"\.(?:css|js|mjs|json|map|ico|cur|woff2?|ttf|eot|otf|swf|xsl)\Z", re.IGNORECASE)
_FEED = re.compile(
    r"(?:/(?:rss|atom|feed)(?:/|\.(?:xml|rdf|aspx?|php))?|\.(?:rss|atom|rdf))\Z", re.IGNORECASE
)
_SITEMAP = re.compile(r"/sitemap[A-Za-z0-9_.\-]*\.(?:xml|xml\.gz|txt)\Z", re.IGNORECASE)
_EVERYWHERE = ("article", "listing", "home", "asset", "unknown")
"""Kinds whose pages are the same on all hosts of a site; robots.txt, feeds and sitemaps are each host's own."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Place:
    """A path under a host of the map."""

    host: Host
    prefix: str
    """Root and folded prefixes: what stood before the path."""
    path: str


class Matcher:
    """The facts of one map, indexed for speed. An address costs about ten microseconds, seen again less than one."""

    def __init__(
        self,
        *,
        name: str,
        scheme: str,
        hosts: tuple[Host, ...],
        shapes: tuple[Shape, ...],
        editions: tuple[Edition, ...],
        sections: tuple[Section, ...],
        tracking: tuple[str, ...],
        folded: tuple[str, ...],
    ) -> None:
        """Index the facts of a map that was found valid."""
        self._name, self._scheme, self._hosts = name, scheme, hosts
        self._by_host: dict[str, tuple[Host, ...]] = {}
        for host in hosts:
            of_host = (*self._by_host.get(host.host, ()), host)
            self._by_host[host.host] = tuple(sorted(of_host, key=lambda h: len(h.root), reverse=True))
        self._canonical = {host.site: host for host in reversed(hosts)}
        self._shapes = {host: _in_order(shapes, host) for host in hosts}
        self._first_edition = editions[0].key if editions else ""
        paths = [(path, edition.key) for edition in editions for path in edition.paths]
        self._edition_paths = sorted(paths, key=lambda pair: len(pair[0]), reverse=True)
        self._homes = frozenset(url for edition in editions for url in edition.home)
        self._slugs = {slug: section.key for section in sections for slug in section.slugs}
        self._tracking = re.compile(
            "|".join(f"(?:{_glob(name)})" for name in tracking) or r"(?!)", re.IGNORECASE
        )
        self._folded = folded
        self._located = lru_cache(maxsize=_KEPT)(self._locate)

    def address(self, url: str, base: str | None) -> Address | None:
        """See `Portal.address`."""
        if len(url) > _LONGEST:
            return None
        absolute = resolve(url, base)
        return None if absolute is None else self._located(absolute)

    def addresses_of(self, canonical_url: str) -> tuple[str, ...]:
        """See `Portal.addresses_of`."""
        address = self.address(canonical_url, None)
        if address is None:
            return ()
        first = address.canonical_url
        pieces = split_address(first)
        place = pieces and self._place(pieces.host, normal_path(pieces.path) or "/")
        if not place or pieces is None or address.kind not in _EVERYWHERE:
            return (first,)
        tail = place.path + (f"?{pieces.query}" if pieces.query else "")
        found = [first]
        for host in self._hosts:
            if host.site != place.host.site:
                continue
            if address.generation and host.generations and address.generation not in host.generations:
                continue
            url = f"{self._scheme}://{host.host}{host.root}{tail}"
            there = self._located(url)
            if there is not None and there.canonical_url == first:
                found.append(url)
        return tuple(dict.fromkeys(found))

    def _locate(self, url: str) -> Address | None:
        pieces = split_address(url)
        if pieces is None:
            return None
        name = pieces.host if pieces.host in self._by_host else _other_www(pieces.host)
        if name not in self._by_host:
            return None
        path = normal_path(pieces.path)
        if path is None:
            return None
        path = without_junk(path)
        if path == "/robots.txt":
            return self._own(pieces.scheme, name, path, "", "robots")
        place = self._place(name, path)
        if place is None:
            return self._loose_asset(pieces.scheme, name, path)
        return self._address(pieces, name, place)

    def _place(self, name: str, path: str) -> _Place | None:
        for host in self._by_host.get(name, ()):
            root = host.root
            if root and not (path.startswith(root) and path[len(root) : len(root) + 1] in ("", "/")):
                continue
            inner = path[len(root) :] or "/"
            prefix = root
            for fold in self._folded:
                while inner.startswith(fold) and inner[len(fold) : len(fold) + 1] in ("", "/"):
                    inner, prefix = inner[len(fold) :] or "/", prefix + fold
            if host.scopes and not inner.startswith(host.scopes):
                continue
            return _Place(host=host, prefix=prefix, path=inner)
        return None

    def _address(self, pieces: Pieces, name: str, place: _Place) -> Address:
        path = place.path
        last = path[path.rfind("/") + 1 :]
        folder = _as_folder(path, last)
        if folder is not None and self._canonical_url(place.host, folder) in self._homes:
            return self._build(pieces.scheme, name, place, folder, "home", path=path)
        for shape in self._shapes[place.host]:
            match = shape.pattern.fullmatch(path)
            if match:
                return self._shaped(pieces, name, place, shape, match)
        query = normal_query(pieces.query, self._tracking) if pieces.query else ""
        if _SITEMAP.search(path):
            return self._own(pieces.scheme, name, place.prefix + path, query, "sitemap")
        if _FEED.search(path):
            return self._own(pieces.scheme, name, place.prefix + path, query, "feed")
        if folder is not None or _PAGE.search(path):
            return self._build(pieces.scheme, name, place, folder or path, "unknown", path=path, query=query)
        template = _TEMPLATE.search(path) is not None
        return self._build(
            pieces.scheme, name, place, path, "asset", path=path, query=query, template=template
        )

    def _shaped(
        self, pieces: Pieces, name: str, place: _Place, shape: Shape, match: re.Match[str]
    ) -> Address:
        groups = match.groupdict("")
        part = int(groups.get("part") or 1)
        if part > 1:
            groups["part"] = str(part)
        written = shape.continued if part > 1 and shape.continued else shape.canonical
        canonical = place.path if written is None else written.format_map(groups)
        section = self._section(groups.get("section", ""))
        kind = shape.kind
        if kind == "listing" and section is None and not shape.any_section:
            kind = "unknown"
        day, raw = _date(groups, match)
        query = ""
        if shape.query == "keep" and pieces.query:
            query = normal_query(pieces.query, self._tracking)
        return self._build(
            pieces.scheme,
            name,
            place,
            canonical,
            kind,
            path=canonical if kind == "article" else place.path,
            query=query,
            id=f"{self._name}:{shape.id.format_map(groups)}" if shape.id else None,
            section=section,
            part=part,
            date=day,
            date_raw=raw,
            generation=shape.generation,
            template=shape.template,
        )

    def _build(
        self,
        scheme: str,
        name: str,
        place: _Place,
        canonical: str,
        kind: AddressKind,
        *,
        path: str,
        query: str = "",
        id: str | None = None,  # noqa: A002 - the field's own name
        section: str | None = None,
        part: int = 1,
        date: str | None = None,
        date_raw: str | None = None,
        generation: str | None = None,
        template: bool = False,
    ) -> Address:
        asked = f"?{query}" if query else ""
        return Address(
            url=f"{scheme}://{name}{place.prefix}{path}{asked}",
            canonical_url=self._canonical_url(place.host, canonical) + asked,
            kind=kind,
            id=id,
            edition=self._edition(canonical),
            section=section,
            part=part,
            date=date,
            date_raw=date_raw,
            generation=generation,
            host=name,
            template=template,
        )

    def _own(self, scheme: str, name: str, path: str, query: str, kind: AddressKind) -> Address:
        tail = f"{name}{path}" + (f"?{query}" if query else "")
        return Address(
            url=f"{scheme}://{tail}",
            canonical_url=f"{self._scheme}://{tail}",
            kind=kind,
            edition=self._first_edition,
            host=name,
        )

    def _loose_asset(self, scheme: str, name: str, path: str) -> Address | None:
        held = any(path.startswith(host.assets) for host in self._by_host[name] if host.assets)
        if not held or path.endswith("/") or _PAGE.search(path):
            return None
        return self._own(scheme, name, path, "", "asset")

    def _canonical_url(self, host: Host, path: str) -> str:
        first = self._canonical[host.site]
        return f"{self._scheme}://{first.host}{first.root}{path}"

    def _edition(self, path: str) -> str:
        for prefix, key in self._edition_paths:
            if path.startswith(prefix) and path[len(prefix) : len(prefix) + 1] in ("", "/", "."):
                return key
        return self._first_edition

    def _section(self, slug: str) -> str | None:
        while slug:
            if slug in self._slugs:
                return self._slugs[slug]
            slug = slug.rpartition("/")[0]
        return None


def _in_order(shapes: tuple[Shape, ...], host: Host) -> tuple[Shape, ...]:
    """Shapes of the host's own generations first: `/news` is a file on one CMS and a folder on another."""
    own = [s for s in shapes if not host.generations or s.generation in host.generations]
    return (*own, *(s for s in shapes if s not in own))


def _as_folder(path: str, last: str) -> str | None:
    """The folder that a path names, with its slash: ``/a``, ``/a/``, ``/a/index.html``; None for a file."""
    if not last:
        return path
    if "." not in last:
        return path + "/"
    return path[: -len(last)] if _INDEX.fullmatch(last) else None


def _date(groups: dict[str, str], match: re.Match[str]) -> tuple[str | None, str | None]:
    if not groups.get("day"):
        return None, None
    raw = match.string[match.start("year") : match.end("day")]
    try:
        day = date(int(groups["year"]), int(groups["month"]), int(groups["day"]))
    except ValueError:
        return None, raw
    return day.isoformat(), raw


def _other_www(host: str) -> str:
    return host[4:] if host.startswith("www.") else f"www.{host}"


def _glob(name: str) -> str:
    return re.escape(name).replace(r"\*", ".*")
