"""The pages table: one row for each canonical URL, its working address, and when it is due."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING

from gzcrawler.archive.connections import insert_rows
from gzcrawler.archive.moments import format_moment
from gzcrawler.archive.revisit_policy import (
    MAX_FAILURES_IN_A_ROW,
    PRIORITIES,
    due_after_failure,
)

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Mapping

    from gzcrawler.items import Capture
    from gzcrawler.portals import Address, Portal

__all__ = ["ANSWERED", "PageRow", "Pages", "is_wanted"]

_KNOWN_AT_MOST = 8_000
"""Addresses remembered as known, so that a site's menu costs no statement a page; bounds memory."""


ANSWERED = (
    """p.last_verified IS NOT NULL AND p.kind != 'robots' AND NOT (p.kind = 'article' AND p.part > 1)"""
)
"""Of ``pages p``: was ever answered, and is asked for its own sake."""


@dataclass(frozen=True, slots=True)
class PageRow:
    """What recording needs to know of a page."""

    id: int
    canonical_url: str
    kind: str
    article_id: str | None
    part: int
    working_url: str
    failures: int
    links_digest: str | None
    first_seen: str | None
    last_seen: str | None
    last_verified: str | None
    due_at: str | None
    missing_since: str | None
    """First capture of a row without what should stand here; None while it does."""
    list_url: str | None
    """Of a list page: canonical URL of the list's first page."""

    def is_due(self, moment: str) -> bool:
        """Is its turn come at a moment, as the archive writes it?"""
        return self.due_at is not None and self.due_at <= moment


_ROW = """id, canonical_url, kind, article_id, part, working_url, failures, links_digest, first_seen,
    last_seen, last_verified, due_at, missing_since, list_url"""

_INSERT = """INSERT OR IGNORE INTO pages
    (portal, canonical_url, kind, article_id, edition, section, part, path_date, host, working_url, list_url,
    priority, due_at)"""

_INSERT_ONE = f"{_INSERT} VALUES ({', '.join('?' * 13)}) RETURNING {_ROW}"


class Pages:
    """Writes the pages of one portal; the caller holds the transaction."""

    def __init__(self, connection: sqlite3.Connection, portal: Portal) -> None:
        self._connection = connection
        self._portal = portal
        self._known: set[str] = set()
        self._unknown: set[str] = set()

    def forget(self) -> None:
        """A transaction was rolled back: what was thought known may not be."""
        self._known.clear()
        self._unknown.clear()

    def expect(self, urls: Iterable[str]) -> None:
        """Look up which of the pages that will be recorded are not on file, all at once."""
        addresses = (self._portal.address(url) for url in urls)
        wanted = {address.canonical_url for address in addresses if address is not None}
        if not wanted:
            self._unknown = wanted
            return
        found = self._connection.execute(
            "SELECT canonical_url FROM pages WHERE canonical_url IN (SELECT value FROM json_each(?))",
            (json.dumps(list(wanted)),),
        )
        self._unknown = wanted.difference(url for (url,) in found)

    def address(self, url: str) -> Address | None:
        """What an address means on this portal; None where it is not one of it."""
        return self._portal.address(url)

    def ensure(self, address: Address) -> PageRow:
        """The page that this address is of; made, not due, where it was not known."""
        row = None if address.canonical_url in self._unknown else self._find(address.canonical_url)
        if row is None:
            values = self._values(address, None)
            row = PageRow(*self._connection.execute(_INSERT_ONE, values).fetchone())
            self._unknown.discard(address.canonical_url)
        return row

    def discover(self, urls: Iterable[str], at: datetime, *, behind: bool = False) -> int:
        """Make the pages behind these links due, where they were not known; returns how many were new.

        Args:
            urls: absolute addresses.
            at: from when on.
            behind: articles after all others: they were linked long ago.
        """
        moment = format_moment(at)
        fresh: dict[str, tuple[object, ...]] = {}
        for url in urls:
            address = self._portal.address(url)
            if (
                address is None
                or address.canonical_url in self._known
                or not is_wanted(self._portal, address)
            ):
                continue
            if address.kind == "article" and address.part > 1:
                self._add_continued(address, moment, fresh, behind=behind)
            else:
                fresh[address.canonical_url] = self._values(address, moment, behind=behind)
        if not fresh:
            return 0
        if len(self._known) > _KNOWN_AT_MOST:
            self._known.clear()
        self._known.update(fresh)
        self._unknown.difference_update(fresh)
        return insert_rows(self._connection, _INSERT, list(fresh.values()))

    def ask(self, urls: Iterable[str], at: datetime) -> None:
        """Make the pages of these addresses known, and due now."""
        moment = format_moment(at)
        for url in urls:
            address = self._portal.address(url)
            if address is not None:
                self._set(self.ensure(address), {"due_at": moment, "failures": 0})

    def ask_failed(self, canonical_urls: Iterable[str], at: datetime) -> None:
        """Make those of these pages due now that could not be had last time, however long they were to wait."""
        moment = format_moment(at)
        self._connection.executemany(
            "UPDATE pages SET due_at = ? WHERE canonical_url = ? AND failures > 0 AND due_at > ?",
            [(moment, url, moment) for url in canonical_urls],
        )

    def ask_all_again(self, at: datetime) -> int:
        """Make every page due now that was ever answered; further pages of articles follow their first one."""
        return self._connection.execute(
            f"UPDATE pages AS p SET due_at = ?, failures = 0 WHERE p.portal = ? AND {ANSWERED}",
            (format_moment(at), self._portal.name),
        ).rowcount

    def ask_misdated(self, now: datetime) -> None:
        """Make pages due now that were verified in the future, by a clock that has gone back since."""
        moment = format_moment(now)
        self._connection.execute(
            """UPDATE pages SET due_at = ?1 WHERE portal = ?2 AND due_at > ?1 AND id IN (
                SELECT page_id FROM captures WHERE captured_at > ?3)""",
            (moment, self._portal.name, format_moment(now + timedelta(minutes=5))),
        )

    def verified(
        self,
        page: PageRow,
        capture: Capture,
        *,
        kind: str,
        due_at: datetime | None,
        digest: str,
        links_digest: str | None,
        missing_since: datetime | None,
    ) -> None:
        """A capture answered what stands at the page: its state, its next turn, its validators, its links."""
        address = self._portal.address(capture.url)
        if missing_since is not None:
            # No alias has it; the next look at the page begins with the first of them again.
            address = self._portal.address(page.canonical_url) or address
        assert address is not None
        columns: dict[str, object] = {
            "state": kind,
            "kind": _kind_after(page, kind),
            "priority": _priority(page, kind),
            "due_at": format_moment(due_at) if due_at else None,
            "failures": 0,
            "working_url": address.url,
            "host": address.host,
            "links_digest": links_digest,
            "missing_since": format_moment(missing_since) if missing_since else None,
        }
        if capture.status == HTTPStatus.OK:
            columns |= {
                "etag": capture.header("etag"),
                "last_modified": capture.header("last-modified"),
                "validated_digest": digest,
            }
        self._set(page, columns | _sightings(page, capture))

    def sighted(
        self, page: PageRow, capture: Capture, *, links_digest: str | None, due_at: datetime | None
    ) -> None:
        """A capture came after a later one: it moves sightings at most, and its links may be the last ones.

        It is also what a clock that went back looks like. So a page that was due has had its turn: a run
        would otherwise ask it for ever.
        """
        columns: dict[str, object] = {"links_digest": links_digest}
        if page.is_due(format_moment(capture.captured_at)):
            columns |= {"due_at": format_moment(due_at) if due_at else None, "failures": 0}
        self._set(page, columns | _sightings(page, capture))

    def imported(
        self, page: PageRow, capture: Capture, *, kind: str, links_digest: str | None, last: bool
    ) -> None:
        """A capture from elsewhere moves sightings; of a page that no crawl has asked it says what stands there.

        Args:
            page: as it was before.
            capture: not fetched live.
            kind: what it shows.
            links_digest: of the links that are on file now.
            last: no later capture is on file.
        """
        columns = {"links_digest": links_digest} | _sightings(page, capture)
        columns["last_verified"] = page.last_verified
        if page.last_verified is None and last:
            columns["state"] = kind
        if kind in ("article", "listing") and page.kind not in ("article", "listing"):
            columns["kind"] = kind
        self._set(page, columns)

    def want(self, page: PageRow, moment: str, *, kept: bool = False) -> None:
        """No crawl has asked this page, though another one has: it is due for a look, after all others.

        Args:
            page: as it was before.
            moment: from when on.
            kept: what stands there never changes, and is on file now: nothing is to be looked at.
        """
        if page.last_verified is not None or page.failures or (page.kind == "article" and page.part > 1):
            return
        columns: dict[str, object] = {"due_at": None if kept else page.due_at or moment}
        if page.kind == "article":
            columns["priority"] = PRIORITIES["recheck"]
        self._set(page, columns)

    def failed(self, page: PageRow, at: datetime) -> None:
        """No answer, or none that counts: due again later; after several in a row at another address."""
        failures = page.failures + 1
        columns: dict[str, object] = {"failures": failures}
        if failures % MAX_FAILURES_IN_A_ROW == 0:
            if self._move_to_next_alias(page, at, failures):
                return
            address = self._portal.address(page.canonical_url)
            if address is not None:
                columns |= {"working_url": address.url, "host": address.host}
        self._set(page, columns | {"due_at": format_moment(due_after_failure(at, failures))})

    def reread(self, page: PageRow, kind: str, at: datetime) -> None:
        """Its last capture reads as something else than before: ask the page itself at the next crawl."""
        columns: dict[str, object] = {
            "state": kind,
            "kind": _kind_after(page, kind),
            "priority": _priority(page, kind),
        }
        if kind not in ("asset", "robots") and not (page.kind == "article" and page.part > 1):
            columns["due_at"] = format_moment(at)
        self._set(page, columns)

    def by_id(self, page_id: int) -> PageRow:
        """The page of that row number, which is on file."""
        row = self._connection.execute(f"SELECT {_ROW} FROM pages WHERE id = ?", (page_id,)).fetchone()
        return PageRow(*row)

    def postpone(self, page: PageRow, until: datetime) -> None:
        """It may not be asked, or is not worth it now: look again later."""
        self._set(page, {"due_at": format_moment(until)})

    def try_next_alias(self, page: PageRow, at: datetime, since: datetime) -> bool:
        """The page has not been at its working address since then: ask the next alias now. False after the last."""
        if not self._move_to_next_alias(page, at, page.failures):
            return False
        self._set(page, {"missing_since": format_moment(since)})
        return True

    def redirected(self, page: PageRow, target: Address, at: datetime) -> None:
        """The page stands at another address of its own: ask that one now."""
        self._ask_at(page, target, at, page.failures + 1)

    def ask_parts(self, urls: Iterable[str], at: datetime) -> None:
        """Ask the further pages of a continued article now, after its first one."""
        addresses = [address for url in urls if (address := self._portal.address(url)) is not None]
        insert_rows(self._connection, _INSERT, [self._values(address, None) for address in addresses])
        self._unknown.difference_update(address.canonical_url for address in addresses)
        moment = format_moment(at)
        self._connection.executemany(
            "UPDATE pages SET due_at = ? WHERE canonical_url = ?",
            [(moment, address.canonical_url) for address in addresses],
        )

    def ask_known_parts(self, page: PageRow, at: datetime) -> None:
        """The same where the first page said only that it has not changed."""
        self._connection.execute(
            "UPDATE pages SET due_at = ? WHERE article_id = ? AND part > 1 AND last_seen IS NOT NULL",
            (format_moment(at), page.article_id),
        )

    def _find(self, canonical_url: str) -> PageRow | None:
        row = self._connection.execute(
            f"SELECT {_ROW} FROM pages WHERE canonical_url = ?", (canonical_url,)
        ).fetchone()
        return PageRow(*row) if row else None

    def _move_to_next_alias(self, page: PageRow, at: datetime, failures: int) -> bool:
        aliases = self._portal.addresses_of(page.canonical_url)
        position = aliases.index(page.working_url) + 1 if page.working_url in aliases else 0
        if position >= len(aliases):
            return False
        target = self._portal.address(aliases[position])
        if target is None:
            return False
        self._ask_at(page, target, at, failures)
        return True

    def _ask_at(self, page: PageRow, address: Address, at: datetime, failures: int) -> None:
        columns = {"working_url": address.url, "host": address.host}
        self._set(page, columns | {"due_at": format_moment(at), "failures": failures})

    def _set(self, page: PageRow, columns: Mapping[str, object]) -> None:
        names = ", ".join(f"{name} = ?" for name in columns)
        self._connection.execute(f"UPDATE pages SET {names} WHERE id = ?", (*columns.values(), page.id))

    def _add_continued(
        self, address: Address, moment: str, fresh: dict[str, tuple[object, ...]], *, behind: bool
    ) -> None:
        # A further page is asked only after its first page, so that both are of one sitting.
        fresh[address.canonical_url] = self._values(address, None)
        first = self._portal.address(address.first_url or address.canonical_url)
        if (
            first is not None
            and first.part == 1
            and first.id == address.id
            and first.canonical_url not in self._known
        ):
            fresh[first.canonical_url] = self._values(first, moment, behind=behind)

    def _values(self, address: Address, due_at: str | None, *, behind: bool = False) -> tuple[object, ...]:
        # The canonical address is asked first whichever alias was linked, so that what a crawl asks
        # does not depend on the order in which it finds links.
        ask = self._portal.address(address.canonical_url) or address
        kind = "part" if address.kind == "article" and address.part > 1 else address.kind
        return (
            self._portal.name,
            address.canonical_url,
            address.kind,
            address.id,
            address.edition,
            address.section,
            address.part,
            address.date,
            ask.host,
            ask.url,
            (address.first_url or address.canonical_url) if address.kind == "listing" else None,
            PRIORITIES["recheck" if behind and kind == "article" else kind],
            due_at,
        )


def is_wanted(portal: Portal, address: Address) -> bool:
    """Is a link to this address one that is followed?"""
    if address.template or address.kind == "robots":
        return False
    return address.kind != "unknown" or portal.unknown_pages == "crawl"


def _sightings(page: PageRow, capture: Capture) -> dict[str, object]:
    """First and last sightings, moved by one more capture; the order of captures does not matter."""
    moment = format_moment(capture.captured_at)
    shown = capture.status < HTTPStatus.BAD_REQUEST
    seen = [text for text in (page.first_seen, page.last_seen, moment if shown else None) if text]
    return {
        "first_seen": min(seen, default=None),
        "last_seen": max(seen, default=None),
        "last_verified": max(page.last_verified or "", moment),
    }


def _kind_after(page: PageRow, shown: str) -> str:
    """What a page is held to be: what its address promises, until it shows to be an article or a list."""
    if shown in ("article", "listing"):
        return shown
    return shown if page.kind == "unknown" and shown in PRIORITIES else page.kind


def _priority(page: PageRow, kind: str) -> int:
    if page.kind == "article" and page.part > 1:
        return PRIORITIES["part"]
    if kind == "article" or page.kind == "article":
        return PRIORITIES["recheck"]
    return PRIORITIES.get(page.kind, PRIORITIES["unknown"])
