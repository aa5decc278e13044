"""Reading a web archive's index for a portal: host by host, page by page, kept as it comes and resumable.

What is asked for are the hosts of the map with the paths under which the portal's tree hangs. An index pages by
a resume key, which is the server's own; one that knows none is asked for all of it at once.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from gzcrawler.backfill.cdx import read_line
from gzcrawler.backfill.web_archive import in_plain_words
from gzcrawler.errors import WebArchiveError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import date

    from gzcrawler.archive.mementos import Listed, Listing, Mementos
    from gzcrawler.backfill.client import Client
    from gzcrawler.backfill.clock import Clock
    from gzcrawler.backfill.progress import BackfillProgress
    from gzcrawler.backfill.web_archive import WebArchive
    from gzcrawler.portals import Portal

__all__ = ["LINES_A_PAGE", "LISTING_LASTS", "prefixes", "read_index"]

LISTING_LASTS = timedelta(days=7)
"""An index that was read to its end is read again after this: web archives grow slowly, and into the past too."""
LINES_A_PAGE = 5_000
"""Some 700 kB; the Internet Archive's servers time out on pages that are much larger."""
_LINES_A_STEP = 1_000
"""Lines a transaction."""
_REPEATED_PAGES = 20
"""Pages in a row that all came before: the server goes in circles."""
_REFUSAL = 4_000
"""Bytes of a refusal that are read for its reason."""
_LONGEST_LINE = 20_000
"""Bytes; addresses of a portal have at most 4,096, and a resume key is not longer than one."""


def prefixes(portal: Portal) -> list[str]:
    """What an index is asked for: ``host`` or ``host/path``, each once.

    Indexes sort pages by their addresses without scheme and without ``www.``, so one question answers for both.
    """
    found: dict[str, str] = {}
    for host in portal.hosts:
        prefix = f"{host.host}{host.root}"
        found.setdefault(prefix.removeprefix("www."), prefix)
    whole = [prefix for prefix in found.values() if "/" not in prefix]
    return [prefix for prefix in found.values() if prefix in whole or prefix.partition("/")[0] not in whole]


def read_index(
    client: Client,
    web_archive: WebArchive,
    portal: Portal,
    mementos: Mementos,
    *,
    days: tuple[date | None, date | None],
    clock: Clock,
    progress: BackfillProgress,
    tell: Callable[[], None],
) -> None:
    """Read what is not read of the index, or was read long ago.

    Raises:
        WebArchiveError: it does not answer, refuses, or answers with something else; what came is kept.
    """
    for prefix in prefixes(portal):
        listing = mementos.listing(prefix, *days)
        if listing.finished_at is not None:
            if listing.finished_at > clock.now() - LISTING_LASTS:
                continue
            mementos.begin_listing(listing)
        reading = _Reading(client, web_archive, portal, mementos, listing, progress)
        if reading.read(tell):
            mementos.finish_listing(listing, clock.now())


@dataclass(slots=True)
class _Page:
    """What one answer of the index held."""

    lines: int = 0
    fresh: int = 0
    """Lines that were not known."""
    resume_key: str | None = None
    digest: bytes = b""


class _Reading:
    """The index of one host or path, from where it was left to its end."""

    def __init__(
        self,
        client: Client,
        web_archive: WebArchive,
        portal: Portal,
        mementos: Mementos,
        listing: Listing,
        progress: BackfillProgress,
    ) -> None:
        self._client = client
        self._web_archive = web_archive
        self._portal = portal
        self._mementos = mementos
        self._listing = listing
        self._progress = progress
        self._seen: set[bytes] = set()

    def read(self, tell: Callable[[], None]) -> bool:
        """Read on to the end; False where the server went in circles and the end was not seen."""
        key, limited, repeats = self._listing.resume_key, True, 0
        keys = {key}
        while True:
            page = self._ask(key, limited=limited)
            self._progress.index_pages += 1
            tell()
            repeated = page.digest in self._seen
            self._seen.add(page.digest)
            if repeated and page.lines:
                self._progress.repeated_pages += 1
            if page.resume_key is None:
                if not limited or key is not None or page.lines < LINES_A_PAGE:
                    return True
                # The first page is full, and no word of where it goes on: this server may not page by keys.
                limited = False
                self._seen.clear()
                continue
            repeats = repeats + 1 if repeated else 0
            if page.resume_key in keys or repeats >= _REPEATED_PAGES:
                self._progress.circles.append(self._listing.prefix)
                return False
            key = page.resume_key
            keys.add(key)

    def _ask(self, key: str | None, *, limited: bool) -> _Page:
        parameters = {
            "url": self._listing.prefix if "/" not in self._listing.prefix else f"{self._listing.prefix}/",
            "matchType": "prefix" if "/" in self._listing.prefix else "host",
        }
        if limited:
            parameters |= {"limit": str(LINES_A_PAGE), "showResumeKey": "true"}
        if key is not None:
            parameters["resumeKey"] = key
        if self._listing.first_day is not None:
            parameters["from"] = f"{self._listing.first_day:%Y%m%d}"
        if self._listing.last_day is not None:
            parameters["to"] = f"{self._listing.last_day:%Y%m%d}235959"
        return self._client.index(
            self._web_archive.index_url, parameters, lambda response: self._take(response, key)
        )

    def _take(self, response: Any, key: str | None) -> _Page:
        """Keep what an answer says, as it comes."""
        status = response.status_code
        if status != 200:
            text = response.raw.read(_REFUSAL, decode_content=True).decode("utf-8", "replace")
            if status == 404 and "No Captures" in text:
                return _Page()  # pywb, of a host that it knows nothing of
            raise WebArchiveError(
                f"{self._web_archive.index_url}: {_refusal(status, text, response.headers.get('Location'))}"
            )
        page, digest = _Page(), hashlib.sha256(usedforsecurity=False)
        waiting: list[Listed] = []
        foreign = odd = 0
        lines = _lines(response)
        for line in lines:
            if not line:
                page.resume_key = next(lines, "") or None
                break
            page.lines += 1
            digest.update(line.encode())
            try:
                listed = read_line(line, self._portal)
            except (ValueError, AttributeError, TypeError) as error:
                odd += 1
                if odd == page.lines:  # the first line already: this is something else
                    raise WebArchiveError(
                        f"{self._web_archive.index_url}: does not answer as a CDX server ({error})"
                    ) from error
                continue
            if listed is None:
                foreign += 1
            else:
                waiting.append(listed)
            if len(waiting) >= _LINES_A_STEP:
                page.fresh += self._mementos.keep(self._listing, waiting, foreign=foreign, resume_key=key)
                waiting, foreign = [], 0
        page.fresh += self._mementos.keep(
            self._listing, waiting, foreign=foreign, resume_key=page.resume_key or key
        )
        page.digest = digest.digest()
        self._progress.index_lines += page.lines
        self._progress.new_mementos += page.fresh
        self._progress.odd_lines += odd
        return page


def _lines(response: Any) -> Iterator[str]:
    """Lines of an answer, without their ends."""
    rest = b""
    for piece in response.raw.stream(1 << 16, decode_content=True):
        *whole, rest = (rest + piece).split(b"\n")
        if len(rest) > _LONGEST_LINE:
            raise WebArchiveError(f"{response.url}: does not answer as a CDX server (a line without an end)")
        for line in whole:
            yield line.rstrip(b"\r").decode("utf-8", "replace")
    if rest:
        yield rest.rstrip(b"\r").decode("utf-8", "replace")


def _refusal(status: int, text: str, location: str | None) -> str:
    if "AccessControlException" in text or status == 403:
        return "the web archive does not show this host"
    if status in (301, 302, 303, 307, 308):
        return f"leads on to {in_plain_words(location or 'nowhere')}; give that as --endpoint"
    return f"answered {status}"
