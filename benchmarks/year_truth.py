"""What an archive made of a portal's years, held against what the portal knows of itself."""

from __future__ import annotations

import math
from collections import defaultdict
from contextlib import closing
from dataclasses import dataclass, field, fields
from datetime import datetime
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

from virtual_years import DAY, Year

from gzcrawler.archive import connect_to_read

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator

    from gzcrawler.replica.articles import Story

__all__ = ["Measured", "measure"]

_OWED = 2 * DAY
_LONG = 30 * DAY
_LATE = 45 * DAY


@dataclass(slots=True)
class Measured:
    """What one policy did, over one or more years."""

    owed: int = 0
    """Articles that stood for more than 48 hours of uptime."""
    lost: int = 0
    long_edits: int = 0
    """Edits that stood at least 30 days."""
    long_edits_seen: int = 0
    delays: list[float] = field(default_factory=list)
    """Days until an edit of an article under 30 days old was seen; infinite for one that never was."""
    removals: int = 0
    """That stood at least 45 days, but for those of the last 45."""
    confirmed: int = 0
    false_removals: int = 0
    returns: int = 0
    noticed: int = 0
    false_revisions: int = 0
    quiet: int = 0
    """Most requests beyond revisits on a day on which nothing changed."""
    lists: int = 0
    """First pages of sections' lists that the map names …"""
    sections: int = 0
    """… and the sections themselves."""
    holes_named: int = 0
    """Days of sections that `coverage` called holes, before each crawl that followed an outage."""
    holes_true: int = 0
    holes_both: int = 0
    gap: float = 0.0
    """Longest time between two looks at a page, in days of uptime."""
    gap_days: float = 0.0
    """The same in days of the calendar."""
    requests: int = 0
    crawls: int = 0
    alarmed: int = 0
    seconds: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)
    """Seconds of processor time, which a busy machine does not stretch."""
    oddities: list[str] = field(default_factory=list)
    """What missed a bar, by name."""

    def add(self, other: Measured) -> None:
        """Take in another year: the worst of each worst, the sum of all else."""
        for one in fields(self):
            mine, theirs = getattr(self, one.name), getattr(other, one.name)
            worst = one.name in ("quiet", "lists", "sections", "gap", "gap_days")
            setattr(self, one.name, max(mine, theirs) if worst else mine + theirs)


def measure(year: Year, into: Measured) -> None:
    """Add a year to what was measured."""
    with closing(connect_to_read(year.archive / "gzcrawler.db")) as connection:
        _Measuring(year, into, connection).all()


class _Measuring:
    def __init__(self, year: Year, into: Measured, connection: sqlite3.Connection) -> None:
        self._year = year
        self._into = into
        self._connection = connection
        self._start = float(year.replica.start)
        self._stories = {
            year.replica.article_id(story, int(year.ended)): story
            for story in year.replica.calendar.stories
            if story.appears < year.ended
        }
        self._digest = lru_cache(maxsize=None)(self._digest_at)
        self._revisions: dict[str, list[tuple[float, str]]] = defaultdict(list)
        for key, moment, digest in connection.execute(
            "SELECT article_id, captured_at, content_digest FROM revisions ORDER BY article_id, number"
        ):
            self._revisions[key].append((_seconds(moment), digest))

    def all(self) -> None:
        """Every row of the table."""
        self._crawls()
        for key, story in self._stories.items():
            self._archived(key, story)
            self._edits(key, story)
            self._removals(key, story)
            self._false_revisions(key, story)
        self._gaps()

    def _odd(self, what: str) -> None:
        self._into.oddities.append(f"seed {self._year.replica.config.seed}: {what}")

    def _crawls(self) -> None:
        into, year = self._into, self._year
        into.requests += sum(crawl.requests for crawl in year.crawls)
        into.crawls += len(year.crawls)
        for crawl in year.crawls:
            if crawl.exit_code not in (0, 11):
                into.alarmed += 1
                self._odd(f"day {crawl.day}: {crawl.verdict}")
        for named, true in year.holes:
            into.holes_named += len(named)
            into.holes_true += len(true)
            into.holes_both += len(named & true)
            for section, day in sorted(named ^ true):
                self._odd(f"{section}, {day}: {'no hole' if (section, day) in named else 'a hole'} in truth")
        portal = year.replica.portal
        into.lists = len({url for section in portal.sections for url in section.lists})
        into.sections = sum(bool(section.lists) for section in portal.sections)
        quiet = [crawl.requests - crawl.revisits for crawl in year.crawls if crawl.day > year.days]
        into.quiet = max([into.quiet, *quiet])

    def _lives(self, story: Story) -> Iterator[tuple[float, float]]:
        """Stretches of the year in which a story stood."""
        begins, ends = max(float(story.appears), self._start), self._year.ended
        if story.gone is None:
            yield begins, ends
            return
        if begins < story.gone:
            yield begins, min(float(story.gone), ends)
        if story.back is not None and story.back < ends:
            yield max(float(story.back), begins), ends

    def _archived(self, key: str, story: Story) -> None:
        if max((self._year.uptime(*life) for life in self._lives(story)), default=0) <= _OWED:
            return
        self._into.owed += 1
        if key not in self._revisions:
            self._into.lost += 1
            self._odd(f"{key} is not in the archive (stood {list(self._lives(story))})")

    def _edits(self, key: str, story: Story) -> None:
        revisions = self._revisions.get(key)
        if not revisions:
            return
        for place, edit in enumerate(story.edits):
            if not self._start < edit < self._year.ended or not story.alive(edit):
                continue
            digest = self._digest(story, edit)
            if digest == self._digest(story, edit - 1) or revisions[0][0] >= edit:
                continue  # nobody could see it, or the archive began with it
            ends = [*story.edits[place + 1 :][:1], self._year.ended]
            if story.gone is not None and story.gone > edit:
                ends.append(story.gone)
            stood = min(ends) - edit
            seen = next((at for at, one in revisions if at >= edit and one == digest), None)
            if stood >= _LONG:
                self._into.long_edits += 1
                self._into.long_edits_seen += seen is not None
                if seen is None:
                    self._odd(f"{key}: an edit of day {(edit - self._start) / DAY:.1f} was not seen")
            born = max(story.appears, (story.day - 719_163) * DAY - 8 * 3600)
            if edit - born < _LONG and (seen is not None or stood >= _OWED):
                self._into.delays.append((seen - edit) / DAY if seen is not None else math.inf)

    def _removals(self, key: str, story: Story) -> None:
        year, into = self._year, self._into
        for moment in year.gone_at.get(key, ()):
            if story.alive(int(moment)):
                into.false_removals += 1
                self._odd(f"{key}: was held for gone on day {(moment - self._start) / DAY:.1f}")
        if key not in self._revisions or story.gone is None or self._revisions[key][0][0] > story.gone:
            return
        ends = year.ended - (year.ended - self._start) % DAY
        if story.gone + _LATE < ends and (story.back is None or story.back - story.gone >= _LATE):
            into.removals += 1
            in_time = [at for at in year.gone_at.get(key, ()) if at - story.gone <= _LATE]
            into.confirmed += bool(in_time)
            if not in_time:
                self._odd(
                    f"{key}: gone since day {(story.gone - self._start) / DAY:.1f}, not confirmed in time"
                )
        if story.back is not None and story.back + _LATE < ends:
            into.returns += 1
            noticed = self._shown_between(key, story.back, story.back + _LATE)
            into.noticed += noticed
            if not noticed:
                self._odd(
                    f"{key}: back since day {(story.back - self._start) / DAY:.1f}, not noticed in time"
                )

    def _shown_between(self, key: str, since: float, until: float) -> bool:
        moments = self._connection.execute(
            """SELECT c.captured_at FROM pages p JOIN captures c ON c.page_id = p.id
            WHERE p.article_id = ? AND c.kind = 'article'""",
            (key,),
        )
        return any(since <= _seconds(moment) <= until for (moment,) in moments)

    def _false_revisions(self, key: str, story: Story) -> None:
        revisions = self._revisions.get(key, [])
        for (before, old), (after, new) in pairwise(revisions):
            edited = any(before <= edit <= after for edit in story.edits)
            if not edited or new == old or new != self._digest(story, int(after)):
                self._into.false_revisions += 1
                self._odd(
                    f"{key}: a revision of day {(after - self._start) / DAY:.1f} that the portal did not make"
                )

    def _digest_at(self, story: Story, at: int) -> str:
        return self._year.replica.article(story, at).content_digest

    def _gaps(self) -> None:
        """Time between two looks at each page, until the end; faults of the server are no look."""
        last: dict[int, float] = {}
        worst = (0.0, "")
        for page, moment in self._connection.execute(
            """SELECT c.page_id, c.captured_at FROM captures c JOIN pages p ON p.id = c.page_id
            WHERE p.kind NOT IN ('asset', 'robots') AND c.status < 500 ORDER BY c.captured_at"""
        ):
            at = _seconds(moment)
            if page in last:
                worst = max(worst, self._gap(last[page], at, page))
            last[page] = at
        for page, at in last.items():
            worst = max(worst, self._gap(at, self._year.ended, page))
        if worst[0] > 30:
            self._odd(f"{worst[1]}: {worst[0]:.1f} days of uptime without a look")

    def _gap(self, since: float, until: float, page: int) -> tuple[float, str]:
        self._into.gap_days = max(self._into.gap_days, (until - since) / DAY)
        gap = self._year.uptime(since, until) / DAY
        if gap > self._into.gap:
            self._into.gap = gap
        if gap <= 30:
            return gap, ""
        (url,) = self._connection.execute("SELECT canonical_url FROM pages WHERE id = ?", (page,)).fetchone()
        return gap, f"{url} from day {(since - self._start) / DAY:.1f}"


def _seconds(moment: str) -> float:
    return datetime.fromisoformat(moment).timestamp()
