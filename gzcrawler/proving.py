"""Proving a portal map: what captures of the portal say of it, and whether it may be called verified."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from gzcrawler.archive.moments import portal_day
from gzcrawler.archive.replay import read_stored
from gzcrawler.items import Article, Listing, Reading
from gzcrawler.portals.text import normal_origin, split_address

if TYPE_CHECKING:
    from datetime import date

    from gzcrawler.items import Capture, Page
    from gzcrawler.portals import Address, Portal

__all__ = ["MapProof", "Proof"]

_ARTICLES_AT_LEAST = 5
"""Articles and …"""
_LISTS_AT_LEAST = 1
"""… lists by which a map may be judged."""
_MOST_UNREADABLE = 0.02
"""Share of pages that may be unreadable …"""
_MOST_OTHERWISE = {"article": 0.02, "listing": 0.2, "home": 0.5, "unknown": 0.02}
"""… or be something else than their address promises. Lists can be empty, and an empty one reads as no list."""
_LEAST_FULL = 0.9
"""Share of articles that have a date, a trail and a body, and leave no doubt."""
_NAMED = 5
"""Addresses named of each kind of trouble."""

_PROMISES = {"article": ("article",), "listing": ("listing",), "home": ("home", "listing")}


@dataclass(slots=True)
class _Layout:
    """The pages of one layout."""

    pages: int = 0
    full: int = 0
    lacks: Counter[str] = field(default_factory=Counter)
    """What an article has not, or a list shows nothing of -> pages."""


@dataclass(frozen=True, slots=True)
class Proof:
    """What the captures come to."""

    exit_code: int
    """0 proven · 10 not to be judged yet, or something to add · 12 pages are not as the map says."""
    findings: tuple[str, ...]
    """What stands against it, a sentence each."""
    day: date | None
    """Of the newest capture that was read, at +08:00."""


class MapProof:
    """Holds captures against a map, one by one; `conclude` says what they come to."""

    def __init__(self, portal: Portal) -> None:
        """Begin with none."""
        self.portal = portal
        self.captures = 0
        self.statuses: Counter[int] = Counter()
        self.promised: Counter[str] = Counter()
        """Kind that an address promises -> captures."""
        self.left_out: dict[str, list[str]] = {}
        """Beginning of addresses on hosts of the map that are outside of it -> addresses."""
        self.foreign: Counter[str] = Counter()
        """Host that the map does not name -> captures."""
        self.unnamed: dict[str, list[str]] = {}
        """Slug of a list that the map does not name as a section -> addresses."""
        self.layouts: dict[tuple[str, str], _Layout] = {}
        """Kind and layout -> its pages."""
        self.otherwise: list[tuple[str, str, str]] = []
        """Address, kind that it promises, and what stands there."""
        self.unreadable: list[tuple[str, str]] = []
        """Address and reason."""
        self.read = 0
        """Pages that were read, or could not be."""
        self._judged: Counter[str] = Counter()
        self._hosts = {host.host for host in portal.hosts}
        self._day: date | None = None

    def take(self, capture: Capture) -> None:
        """Hold one capture against the map; only answers of status 200 are read."""
        self.captures += 1
        self.statuses[capture.status] += 1
        address = self.portal.address(capture.url)
        if address is None:
            self._take_foreign(capture.url)
            return
        self.promised["template" if address.template else address.kind] += 1
        if capture.status != HTTPStatus.OK or address.kind in ("robots", "asset", "feed", "sitemap"):
            return
        result = read_stored(capture, self.portal)
        self.read += 1
        self._judged[address.kind] += 1
        day = portal_day(capture.captured_at)
        self._day = day if self._day is None else max(self._day, day)
        if isinstance(result, Reading):
            self._take_page(address, result.page)
        else:
            self.unreadable.append((capture.url, str(result)))

    def _take_foreign(self, url: str) -> None:
        pieces = split_address(url)
        origin = normal_origin(pieces[0]) if pieces else None
        if pieces is None or origin is None or origin[1] not in self._hosts:
            self.foreign[origin[1] if origin else url[:60]] += 1
            return
        first = pieces[1].lstrip("/").partition("/")
        beginning = f"{origin[1]}/{first[0]}{first[1]}"
        self.left_out.setdefault(beginning, []).append(url)

    def _take_page(self, address: Address, page: Page) -> None:
        if isinstance(page, Article):
            self._take_article(page)
        elif isinstance(page, Listing):
            self._take_list(address, page)
        promised = _PROMISES.get(address.kind)
        if promised is None:
            if isinstance(page, Article):
                self.otherwise.append((address.url, address.kind, "article"))
        elif page.kind not in promised:
            self.otherwise.append((address.url, address.kind, page.kind))

    def _take_article(self, page: Article) -> None:
        layout = self.layouts.setdefault(("article", page.layout or "none that the map knows"), _Layout())
        layout.pages += 1
        lacks = [
            name
            for name, there in (
                ("date", page.published),
                ("trail", page.breadcrumbs),
                ("body", page.body or page.images or page.videos),
            )
            if not there
        ]
        lacks += ["doubts"] if page.warnings else []
        layout.full += not lacks
        layout.lacks.update(lacks + ([] if page.source else ["source"]))

    def _take_list(self, address: Address, page: Listing) -> None:
        layout = self.layouts.setdefault(("listing", "lists"), _Layout())
        layout.pages += 1
        layout.full += bool(page.entries)
        if not page.entries:
            layout.lacks["entries"] += 1
        elif not any(entry.date for entry in page.entries):
            layout.lacks["dates"] += 1
        if address.section is None and address.kind != "home":
            slug = _slug(address.canonical_url, self.portal)
            self.unnamed.setdefault(slug, []).append(address.url)

    def conclude(self) -> Proof:
        """What all of them come to."""
        little, wrong = self._too_little(), self._wrong()
        add = [
            f"{len(urls):,} list page{'s' if len(urls) > 1 else ''} of a section that the map does not name: {urls[0]}"
            for urls in self.unnamed.values()
        ]
        exit_code = 12 if wrong else 10 if little or add else 0
        return Proof(exit_code, (*little, *wrong, *add), self._day)

    def _count(self, kind: str) -> _Layout:
        whole = _Layout()
        for (of, _), layout in self.layouts.items():
            if of == kind:
                whole.pages += layout.pages
                whole.full += layout.full
        return whole

    def _too_little(self) -> list[str]:
        found = []
        articles, lists = self._count("article").pages, self._count("listing").pages
        if articles < _ARTICLES_AT_LEAST:
            found.append(f"too few articles to judge by: {articles}, and {_ARTICLES_AT_LEAST} are wanted")
        if lists < _LISTS_AT_LEAST:
            found.append("no list was read")
        return found

    def _wrong(self) -> list[str]:
        found = []
        if len(self.unreadable) > _MOST_UNREADABLE * self.read:
            url, reason = self.unreadable[0]
            found.append(f"{len(self.unreadable):,} of {self.read:,} pages cannot be read: {reason or url}")
        for promised, most in _MOST_OTHERWISE.items():
            others = [(url, kind) for url, of, kind in self.otherwise if of == promised]
            if len(others) > most * self._judged[promised]:
                url, kind = others[0]
                found.append(
                    f"{len(others):,} of {self._judged[promised]:,} pages are not what their address promises: "
                    f"{url} ({promised} by its address, reads as {kind})"
                )
        articles = self._count("article")
        enough = articles.pages >= _ARTICLES_AT_LEAST
        if enough and articles.full < _LEAST_FULL * articles.pages:
            found.append(f"of {articles.pages:,} articles {articles.full:,} read fully")
        return found

    def as_dict(self) -> dict[str, Any]:
        """All counts, with some addresses of each kind of trouble."""
        return {
            "captures": self.captures,
            "read": self.read,
            "statuses": {str(status): number for status, number in sorted(self.statuses.items())},
            "promised": dict(sorted(self.promised.items())),
            "left_out": _some(self.left_out),
            "foreign_hosts": dict(self.foreign.most_common(20)),
            "unnamed_sections": _some(self.unnamed),
            "layouts": [
                {"kind": kind, "layout": name, "pages": one.pages, "full": one.full}
                | {"without": dict(sorted(one.lacks.items()))}
                for (kind, name), one in sorted(self.layouts.items())
            ],
            "otherwise": [
                {"url": url, "promised": promised, "read_as": kind}
                for url, promised, kind in self.otherwise[:_NAMED]
            ],
            "otherwise_number": len(self.otherwise),
            "unreadable": [{"url": url, "reason": why} for url, why in self.unreadable[:_NAMED]],
            "unreadable_number": len(self.unreadable),
        }


def _some(groups: dict[str, list[str]]) -> dict[str, dict[str, Any]]:
    ordered = sorted(groups.items(), key=lambda pair: (-len(pair[1]), pair[0]))
    return {name: {"captures": len(urls), "for_example": urls[0]} for name, urls in ordered}


def _slug(canonical_url: str, portal: Portal) -> str:
    """The piece of a list's address that would name its section."""
    path = canonical_url.partition("://")[2].partition("/")[2]
    for host in portal.hosts:
        root = host.root.lstrip("/")
        if root and path.startswith(f"{root}/"):
            path = path[len(root) + 1 :]
    path = path.rstrip("/")
    last = path.rpartition("/")[2]
    stem = last.partition(".")[0].rstrip("0123456789").rstrip("_") if "." in last else last
    return f"{path[: len(path) - len(last)]}{stem}".strip("/") or "(none)"
