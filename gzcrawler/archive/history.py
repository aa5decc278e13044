"""The history of one article, folded from all its captures: pure, and the same in whatever order they came.

An article's captures are put in order of (captured_at, payload digest) and read once from the left.
Revisions, state, first and last sightings are what comes out; nothing here depends on when a capture
arrived in the archive.

A continued article is judged a *sitting* at a time: a capture of its first page, and the first capture of
each further page that follows it. Only a whole sitting can make a revision, so half of an edit never does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from gzcrawler.archive.moments import parse_moment

__all__ = [
    "CHECK_DISTANCE",
    "GONE_CHECKS",
    "GONE_SPAN",
    "History",
    "Removal",
    "RevisionPoint",
    "Sighting",
    "State",
    "fold",
    "in_order",
]

State = Literal["alive", "suspect", "gone", "returned"]

GONE_CHECKS = 3
"""A removal is confirmed by at least this many checks …"""
GONE_SPAN = timedelta(days=7)
"""… over at least this long: portals are down for days and come back."""
CHECK_DISTANCE = timedelta(hours=1)
"""Captures closer than this are one check: the same round asks every alias of a page."""

_NO_EVIDENCE = frozenset({"unknown", "redirect", "challenge"})
"""A firewall's challenge hides a page from us, whether it is there or not."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """What one capture of one of the article's addresses showed."""

    capture_id: int
    page_url: str
    """Canonical URL of the page that was captured."""
    part: int
    captured_at: str
    payload_digest: str
    kind: str
    digest: str | None
    """Content digest of the reading; None where the capture read as no article."""
    live: bool
    """It was fetched by this archive's own crawl. What another one did not find is no check of ours."""

    @property
    def verifies(self) -> bool:
        """Does it answer whether the article is there?"""
        return self.kind not in _NO_EVIDENCE and (self.live or self.kind != "removed")


@dataclass(frozen=True, slots=True)
class RevisionPoint:
    """A moment at which the article's content was first seen to be what it then was."""

    digest: str
    """Content digest of the whole article (of all parts together)."""
    capture_id: int
    captured_at: str
    reading_digests: tuple[tuple[str, str], ...]
    """(canonical URL, digest) of each part that the revision is made of, in order."""


@dataclass(frozen=True, slots=True)
class Removal:
    """A time in which the article's own captures confirm that it was gone."""

    since: str
    """First capture without it."""
    checks: tuple[str, ...]
    """Checks that found it gone, from the first on by which that could be confirmed."""


@dataclass(frozen=True, slots=True)
class History:
    """All that the captures together say."""

    canonical_url: str
    """Of the addresses that showed the article, the least stands for it; first pages before further ones."""
    revisions: tuple[RevisionPoint, ...]
    state: State
    first_seen: str
    last_seen: str
    """Last capture that showed the article."""
    last_verified: str
    """Last capture that answered whether it is there."""
    gone_since: str | None
    removals: tuple[Removal, ...] = ()
    """Each time that it was gone by its own captures; where it is ``gone``, the last one lasts."""
    readings: Mapping[int, str] = field(default_factory=dict)
    """Capture of a first page -> content digest of the whole article, of every whole sitting."""


@dataclass(slots=True)
class _Missing:
    """Evidence at one address that the article is gone."""

    checks: int = 0
    since: str | None = None
    """First capture without the article, be it only a challenge."""
    counted_since: str | None = None
    last: datetime | None = None
    gone: bool = False

    def suspect(self, sighting: Sighting) -> None:
        """Take a capture that hides the page, or one of another archive without it: that casts doubt, and proves
        nothing."""
        self.since = self.since or sighting.captured_at

    def count(self, sighting: Sighting) -> None:
        """Take one more capture without the article as evidence."""
        moment = parse_moment(sighting.captured_at)
        if self.last is None or moment - self.last >= CHECK_DISTANCE:
            self.checks += 1
            self.last = moment
        self.suspect(sighting)
        self.counted_since = self.counted_since or sighting.captured_at
        if self.checks >= GONE_CHECKS and moment - parse_moment(self.counted_since) >= GONE_SPAN:
            self.gone = True


@dataclass(slots=True)
class _Sitting:
    """One look at all pages of an article, from its first page on."""

    capture: Sighting
    missing: list[str]
    """Further pages that no capture has answered for yet."""
    seen: dict[str, Sighting] = field(default_factory=dict)
    """Canonical URL -> the capture that showed it, of each page that was seen."""

    @property
    def parts(self) -> tuple[tuple[str, str], ...]:
        """(canonical URL, digest) of the pages that were seen, in the order of the story.

        By their numbers: they are captured in any order, and each names only some of the others.
        """
        ordered = sorted(self.seen.values(), key=lambda sighting: sighting.part)
        return tuple((s.page_url, s.digest) for s in ordered if s.digest is not None)

    def take(self, sighting: Sighting, further: Iterable[str]) -> bool:
        """Take the first answer of a further page; False where it is none.

        A page that was removed is no part any more. One that cannot be read, or is hidden, says
        nothing: the sitting stays open, and the page's own quarantine tells of it.
        """
        if sighting.page_url not in self.missing:
            return False
        if sighting.digest is None and sighting.kind != "removed":
            return False
        self.missing.remove(sighting.page_url)
        if sighting.digest is not None:
            self.seen[sighting.page_url] = sighting
            known = {*self.seen, *self.missing}
            self.missing.extend(url for url in further if url not in known)
        return True


Continuation = Mapping[tuple[str, str], tuple[str, ...]]
"""(canonical URL, digest) -> canonical URLs of the further pages that this reading names."""


def fold(
    sightings: Iterable[Sighting],
    continuations: Continuation,
    digest_of: Callable[[tuple[tuple[str, str], ...]], str],
) -> History | None:
    """The history that these captures of one article tell.

    Args:
        sightings: all captures of all its addresses, in any order.
        continuations: for readings of continued pages, what they continue on; empty for all others.
        digest_of: content digest of the article joined from (canonical URL, digest) parts.

    Returns:
        None where no capture shows the article.
    """
    ordered = in_order(sightings)
    shown = [s for s in ordered if s.digest is not None]
    if not shown:
        return None
    if len(ordered) == 1 and ordered[0].part == 1 and not continuations:
        return _first(ordered[0])
    state, gone_since, removals = _fold_state(ordered)
    readings: dict[int, str] = {}
    return History(
        canonical_url=min((s.part > 1, s.page_url) for s in shown)[1],
        revisions=tuple(_fold_revisions(ordered, continuations, digest_of, readings)),
        state=state,
        first_seen=shown[0].captured_at,
        last_seen=shown[-1].captured_at,
        last_verified=next(s.captured_at for s in reversed(ordered) if s.verifies),
        gone_since=gone_since,
        removals=removals,
        readings=readings,
    )


def _first(sighting: Sighting) -> History:
    """What one capture tells that shows the whole article: nearly all of a first crawl are such."""
    assert sighting.digest is not None
    moment, digest = sighting.captured_at, sighting.digest
    return History(
        canonical_url=sighting.page_url,
        revisions=(RevisionPoint(digest, sighting.capture_id, moment, ((sighting.page_url, digest),)),),
        state="alive",
        first_seen=moment,
        last_seen=moment,
        last_verified=moment,
        gone_since=None,
        readings={sighting.capture_id: digest},
    )


def in_order(sightings: Iterable[Sighting]) -> list[Sighting]:
    """Sightings in the order in which history is read."""
    return sorted(sightings, key=lambda s: (s.captured_at, s.payload_digest, s.page_url))


def _fold_revisions(
    ordered: list[Sighting],
    continuations: Continuation,
    digest_of: Callable[[tuple[tuple[str, str], ...]], str],
    readings: dict[int, str],
) -> Iterable[RevisionPoint]:
    """The revisions; each whole sitting is entered in `readings`."""
    current: str | None = None
    by_address: dict[str, str] = {}
    sittings: dict[str, _Sitting] = {}
    for sighting in ordered:
        folder = _directory(sighting.page_url)
        further: tuple[str, ...] = ()
        if sighting.digest is not None:
            further = continuations.get((sighting.page_url, sighting.digest), ())
        if sighting.part == 1 and sighting.digest is not None:
            missing = [url for url in further if url != sighting.page_url]
            sittings[folder] = _Sitting(sighting, missing, {sighting.page_url: sighting})
        elif sighting.part == 1 or folder not in sittings or not sittings[folder].take(sighting, further):
            continue
        sitting = sittings[folder]
        if sitting.missing:
            continue
        parts = sitting.parts
        digest = parts[0][1] if len(parts) == 1 and parts[0] not in continuations else digest_of(parts)
        readings[sitting.capture.capture_id] = digest
        address = sitting.capture.page_url
        # Two addresses of one article may differ for good; only an address that changed tells of an edit.
        if by_address.get(address) != digest and digest != current:
            current = digest
            yield RevisionPoint(digest, sitting.capture.capture_id, sitting.capture.captured_at, parts)
        by_address[address] = digest


def _fold_state(ordered: list[Sighting]) -> tuple[State, str | None, tuple[Removal, ...]]:
    """State, since when it is missing, and the times of its removal.

    An article is gone only when every address that ever showed it is.
    """
    addresses: dict[str, _Missing] = {}
    returned = False
    removals: list[Removal] = []
    checks: list[str] = []
    for sighting in ordered:
        if sighting.part != 1 or (sighting.digest is None and sighting.page_url not in addresses):
            continue
        if sighting.digest is not None:
            if checks:
                returned = True
                removals.append(Removal(_since(addresses), tuple(checks)))
                checks = []
            addresses[sighting.page_url] = _Missing()
        elif (sighting.kind == "challenge" and sighting.live) or (
            sighting.kind == "removed" and not sighting.live
        ):
            addresses[sighting.page_url].suspect(sighting)
        elif sighting.kind == "removed":
            addresses[sighting.page_url].count(sighting)
            if all(missing.gone for missing in addresses.values()):
                checks.append(sighting.captured_at)
    if checks:
        removals.append(Removal(_since(addresses), tuple(checks)))
        return "gone", removals[-1].since, tuple(removals)
    if addresses and all(missing.since for missing in addresses.values()):
        return "suspect", _since(addresses), tuple(removals)
    return ("returned" if returned else "alive"), None, tuple(removals)


def _since(addresses: Mapping[str, _Missing]) -> str:
    """First capture without the article, at the last of its addresses that lost it."""
    return max(missing.since or "" for missing in addresses.values())


def _directory(page_url: str) -> str:
    return page_url.rpartition("/")[0]
