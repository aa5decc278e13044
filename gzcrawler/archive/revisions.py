"""The revisions of one article: the portal's, as its history tells them, and the readings of each: pure.

A *version* is what the portal published at a moment: a point of the history. The first reading of a
version is its revision of cause ``source``; what better readers made of the same captures follows it, in
the order in which they read, as revisions of cause ``reader``, and the last of them stands. So the
revisions of cause ``source`` are those that `rebuild` makes, whatever was read in between.

An old reading is never dropped, not even where today's readers see no change at its capture: then it is
one of the readings of the version before it.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gzcrawler.archive.history import RevisionPoint

__all__ = ["NO_ARTICLE", "Records", "Revision", "merge_revisions"]

NO_ARTICLE = "none"
"""In the place of the digest of today's reading, where today's readers see no whole article in a capture."""


@dataclass(frozen=True, slots=True)
class Revision:
    """A row of the revisions table, without the article's id."""

    number: int
    cause: Literal["source", "reader"]
    content_digest: str
    reading_digest: str
    """Content digest as today's readers see the same capture: what the next capture is compared with."""
    capture_id: int
    captured_at: str
    recorded_at: str
    record: str
    """As the table keeps it (`stored_records`)."""
    stands: bool
    """No later reading of the same version has taken its place."""

    @property
    def outdated(self) -> bool:
        """Do today's readers read its capture otherwise?"""
        return self.content_digest != self.reading_digest


class Records(Protocol):
    """Today's records."""

    def of(self, point: RevisionPoint) -> tuple[str, str]:
        """(content digest, record as the table keeps it) of a version."""

    def fresh(self, point: RevisionPoint) -> bool:
        """Was it read again just now, and otherwise than before?"""


def merge_revisions(
    known: Sequence[Revision],
    points: Sequence[RevisionPoint],
    readings: Mapping[int, str],
    records: Records,
    recorded_at: str,
    *,
    reread: bool = False,
) -> list[Revision]:
    """All revisions of an article, numbered anew.

    Args:
        known: those on file, in their order.
        points: the versions that the captures tell of, by today's readings.
        readings: content digest of each whole sitting, by the capture of its first page.
        records: today's record of each version.
        recorded_at: moment of recording, for new rows.
        reread: captures were read again, so what differs is another reading; otherwise it is a
            capture that came out of order, which leaves no trace of what was thought before.
    """
    if not known and len(points) == 1:
        return [replace(_read_today("source", points[0], records, recorded_at), number=1, stands=True)]
    first: dict[int, Revision] = {}
    for revision in known:
        first.setdefault(revision.capture_id, revision)
    kept: set[int] = set()
    versions: list[list[Revision]] = [[]]
    for point in points:
        source = _source(first.get(point.capture_id), point, known, records, reread=reread)
        if source is None:
            source = _read_today("source", point, records, recorded_at)
        else:
            kept.add(source.number)
        versions.append([source])
    moments = [point.captured_at for point in points]
    place = {point.capture_id: number for number, point in enumerate(points, start=1)}
    for revision in sorted(known, key=lambda r: (r.recorded_at, r.number)):
        today = readings.get(revision.capture_id, NO_ARTICLE)
        if revision.number in kept or not _kept(revision, today, reread=reread):
            continue
        number = place.get(revision.capture_id, bisect_right(moments, revision.captured_at))
        versions[number].append(replace(revision, cause="reader", reading_digest=today))
    for point, version in zip(points, versions[1:], strict=True):
        digest, record = records.of(point)
        last = version[-1]
        if last.content_digest != digest or (records.fresh(point) and last.record != record):
            version.append(_read_today("reader", point, records, recorded_at))
    return _numbered(versions)


def _read_today(
    cause: Literal["source", "reader"], point: RevisionPoint, records: Records, recorded_at: str
) -> Revision:
    """A new row of a version, as it reads today; numbered later."""
    digest, record = records.of(point)
    return Revision(
        0, cause, digest, digest, point.capture_id, point.captured_at, recorded_at, record, stands=False
    )


def _source(
    found: Revision | None,
    point: RevisionPoint,
    known: Sequence[Revision],
    records: Records,
    *,
    reread: bool,
) -> Revision | None:
    """The row on file that is the first reading of a version, as it is to be; None for a new one."""
    if found is None:
        return None
    read_again = any(r.capture_id == found.capture_id and r is not found for r in known)
    if reread or read_again or found.outdated:
        return replace(found, cause="source", reading_digest=point.digest)
    digest, record = records.of(point)
    if found.content_digest != digest:
        return None
    return replace(found, cause="source", record=record)


def _kept(revision: Revision, today: str, *, reread: bool) -> bool:
    """Is this a reading of its own, and not what another order of captures made one believe?"""
    if revision.outdated:
        return True
    if reread:
        return revision.cause == "reader" or revision.content_digest != today
    return revision.cause == "reader" and revision.content_digest == today


def _numbered(versions: Sequence[Sequence[Revision]]) -> list[Revision]:
    rows = [
        replace(revision, stands=number == len(version))
        for version in versions[1:]
        for number, revision in enumerate(version, start=1)
    ]
    before = [replace(revision, stands=False) for revision in versions[0]]
    if before and not rows:
        # Not one whole version by today's readings, as where they see that more pages belong to it: until
        # those are captured, the last good reading stands.
        before[-1] = replace(before[-1], stands=True)
    return [replace(revision, number=number) for number, revision in enumerate(before + rows, start=1)]
