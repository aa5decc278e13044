"""Matching: from an address and the facts of a map to what the address means."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING

from gzcrawler.portals.endings import as_folder, is_template, looks_like_page, own_kind
from gzcrawler.portals.model import Address
from gzcrawler.portals.text import normal_origin, normal_path, normal_query, resolve, split_address

if TYPE_CHECKING:
    from gzcrawler.portals.model import AddressKind, Host, Shape
    from gzcrawler.portals.portal import Portal

__all__ = ["Matcher"]

_LONGEST = 4096
"""Characters of an address; servers take request lines of some 8 kB, and no page of a portal comes near half."""
_KEPT = 8_192
"""Addresses remembered, some 6 MB: a link is found, asked for and recorded within a few thousand others."""
_ORIGINS = 4096
"""Origins remembered, foreign ones with them: links of one portal name a few hundred."""


@dataclass(frozen=True, eq=False, slots=True)
class _Tree:
    """One host entry of the map, made ready for look-ups."""

    host: Host
    inside: str
    """The root with a slash."""
    canonical: str
    """Scheme, host and root under which the same tree is canonical."""
    shapes: tuple[Shape, ...]


class Matcher:
    """The facts of one map, indexed. An address costs some ten microseconds, and one when seen again."""

    def __init__(self, facts: Portal) -> None:
        """Index the facts of a map that was found valid."""
        self._name, self._scheme, self._folded = facts.name, facts.scheme, facts.folded
        first = {host.site: host for host in reversed(facts.hosts)}
        trees: dict[str, list[_Tree]] = {}
        for host in facts.hosts:
            there = first[host.site]
            canonical = f"{facts.scheme}://{there.host}{there.root}"
            tree = _Tree(host, f"{host.root}/", canonical, _in_order(facts.shapes, host))
            trees.setdefault(host.host, []).append(tree)
        self._all = [tree for host in facts.hosts for tree in trees[host.host] if tree.host is host]
        self._trees = {
            name: tuple(sorted(of_host, key=lambda tree: len(tree.inside), reverse=True))
            for name, of_host in trees.items()
        }
        self._homes = frozenset(url for edition in facts.editions for url in edition.home)
        self._first_edition = facts.editions[0].key
        paths = [(path, edition.key) for edition in facts.editions for path in edition.paths]
        self._editions = tuple(sorted(paths, key=lambda pair: len(pair[0]), reverse=True))
        self._slugs = {slug: section.key for section in facts.sections for slug in section.slugs}
        names = "|".join(re.escape(name).replace(r"\*", ".*") for name in facts.tracking)
        self._tracking = re.compile(names, re.IGNORECASE)
        self._located = lru_cache(maxsize=_KEPT)(self._locate)
        self._known = lru_cache(maxsize=_ORIGINS)(self._host_of)

    def address(self, url: str, base: str | None) -> Address | None:
        """See `Portal.address`."""
        absolute = resolve(url, base, self._scheme)
        if absolute is None or len(absolute) > _LONGEST:
            return None
        return self._located(absolute)

    def addresses_of(self, canonical_url: str) -> tuple[str, ...]:
        """See `Portal.addresses_of`."""
        address = self.address(canonical_url, None)
        if address is None:
            return ()
        first = address.canonical_url
        found = [first]
        for tree in self._all:
            if not first.startswith(f"{tree.canonical}/") or not _speaks(tree.host, address.generation):
                continue
            url = f"{self._scheme}://{tree.host.host}{tree.host.root}{first[len(tree.canonical) :]}"
            there = self.address(url, None)
            if there is not None and there.canonical_url == first:
                found.append(url)
        return tuple(dict.fromkeys(found))

    def _host_of(self, origin: str) -> tuple[str, str] | None:
        """Scheme and host of an origin, as the map lists the host; None for a foreign one."""
        known = normal_origin(origin)
        if known is None:
            return None
        scheme, host = known
        if host not in self._trees:
            host = host[4:] if host.startswith("www.") and not host.startswith("www.www.") else f"www.{host}"
        return (scheme, host) if host in self._trees else None

    def _locate(self, url: str) -> Address | None:
        pieces = split_address(url)
        known = pieces and self._known(pieces[0])
        if not pieces or not known:
            return None
        scheme, name = known
        path = normal_path(pieces[1])
        if path is None:
            return None
        found = self._address(scheme, name, path, pieces[2])
        return found if found is None or len(found.canonical_url) <= _LONGEST else None

    def _address(self, scheme: str, name: str, path: str, query: str) -> Address | None:
        if path == "/robots.txt":  # also of a host that the portal shares: it rules the portal's tree there
            return self._own(scheme, name, path, "robots")
        for tree in self._trees[name]:
            if path.startswith(tree.inside):
                return self._inside(tree, scheme, name, path, len(tree.inside) - 1, query)
            if path == tree.host.root:
                return self._inside(tree, scheme, name, tree.inside, len(path), query)
        for tree in self._trees[name]:
            if path.startswith(tree.host.assets) and not looks_like_page(path):
                art = is_template(path) or any(
                    shape.template and shape.pattern.fullmatch(path) for shape in tree.shapes
                )  # the template's art stands at the root of a shared host, too
                return self._own(scheme, name, path, "asset", template=art)
        return None

    def _inside(self, tree: _Tree, scheme: str, name: str, whole: str, start: int, query: str) -> Address:
        """An address whose path after `start` is the tree's own."""
        path = whole[start:]
        for fold in self._folded:
            while path.startswith(fold) and path[len(fold) : len(fold) + 1] in ("", "/"):
                start += len(fold)
                path = whole[start:] or "/"
        asked = f"{scheme}://{name}{whole[:start]}"
        folder = as_folder(path)
        if folder is not None and tree.canonical + folder in self._homes:
            return self._plain(tree, name, asked + path, folder, "home")
        for shape in tree.shapes:
            match = shape.pattern.fullmatch(path)
            if match is not None:
                return self._shaped(tree, shape, match, name, asked, path, query)
        own = own_kind(path)
        kept = normal_query(query, self._tracking) if query else ""
        tail = f"?{kept}" if kept else ""
        if own is not None:
            return self._own(scheme, name, whole + tail, own)
        if folder is None and not looks_like_page(path):
            return self._plain(
                tree, name, asked + path + tail, path + tail, "asset", template=is_template(path)
            )
        return self._plain(tree, name, asked + path + tail, (folder or path) + tail, "unknown")

    def _shaped(
        self, tree: _Tree, shape: Shape, match: re.Match[str], name: str, asked: str, path: str, query: str
    ) -> Address:
        groups = match.groupdict("")
        part, canonical = 1, path
        if groups.get("part"):
            part = int(groups["part"]) or 1
            groups["part"] = str(part)
        if shape.canonical is not None:
            canonical = ((part > 1 and shape.continued) or shape.canonical) % groups
        first = tree.canonical + shape.canonical % groups if part > 1 and shape.canonical else None
        kind, section = shape.kind, None
        if groups.get("section"):
            section = self._section(groups["section"])
        if kind == "listing" and section is None and not shape.any_section:
            kind = "unknown"
        day = raw = None
        if groups.get("day"):
            raw = path[match.start("year") : match.end("day")]
            day = _day(groups["year"], groups["month"], groups["day"])
        tail = ""
        if query and shape.query == "keep":
            query = normal_query(query, self._tracking)
            tail = f"?{query}" if query else ""
        return Address(
            url=asked + (canonical if kind == "article" else path) + tail,
            canonical_url=tree.canonical + canonical + tail,
            kind=kind,
            id=f"{self._name}:{shape.id % groups}" if shape.id else None,
            edition=self._edition(canonical),
            section=section,
            part=part,
            first_url=first,
            date=day,
            date_raw=raw,
            generation=None if kind == "unknown" else shape.generation,
            host=name,
            template=shape.template,
        )

    def _plain(
        self, tree: _Tree, name: str, url: str, canonical: str, kind: AddressKind, *, template: bool = False
    ) -> Address:
        """An address of which its path tells no more than the kind."""
        return Address(
            url=url,
            canonical_url=tree.canonical + canonical,
            kind=kind,
            edition=self._edition(canonical),
            host=name,
            template=template,
        )

    def _own(
        self, scheme: str, name: str, path: str, kind: AddressKind, *, template: bool = False
    ) -> Address:
        """An address that is never another host's: its canonical form keeps the host."""
        return Address(
            url=f"{scheme}://{name}{path}",
            canonical_url=f"{self._scheme}://{name}{path}",
            kind=kind,
            edition=self._first_edition,
            host=name,
            template=template,
        )

    def _edition(self, path: str) -> str:
        for prefix, key in self._editions:
            if path.startswith(prefix) and path[len(prefix) : len(prefix) + 1] in ("", "/", "."):
                return key
        return self._first_edition

    def _section(self, path: str) -> str | None:
        slug = path.strip("/")
        while slug:
            if slug in self._slugs:
                return self._slugs[slug]
            slug = slug.rpartition("/")[0]
        return None


def _in_order(shapes: tuple[Shape, ...], host: Host) -> tuple[Shape, ...]:
    """Shapes of the host's own generations first: `/news` is a file on one CMS and a folder on another."""
    own = tuple(shape for shape in shapes if _speaks(host, shape.generation))
    return own + tuple(shape for shape in shapes if shape not in own)


def _speaks(host: Host, generation: str | None) -> bool:
    return not host.generations or generation is None or generation in host.generations


@lru_cache(maxsize=16_384)  # some forty years of days
def _day(year: str, month: str, day: str) -> str | None:
    try:
        return date(int(year), int(month), int(day)).isoformat()
    except (ValueError, OverflowError):
        return None
