"""When a page is due again: pure, from what its captures showed. docs/operating.md has it in words.

An article is asked again after as long as its age allows, or after half the time that its own edits
lead to expect, whichever is shorter. Its rate of change is estimated as by Cho and Garcia-Molina,
"Estimating Frequency of Change" (ACM Transactions on Internet Technology 3(3), 2003, section 4.2).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from zlib import crc32

__all__ = [
    "DEADLINE",
    "DEFAULT_BUDGET",
    "LIST_WINDOW",
    "LIST_WINDOW_AGAIN",
    "MAX_FAILURES_IN_A_ROW",
    "PATIENCE",
    "PRIORITIES",
    "RESTING_LIST_AGAIN",
    "Checks",
    "RevisitPolicy",
    "due_after_failure",
    "rate_of_change",
    "sweep_again",
]

PRIORITIES = {
    "robots": 0,
    "home": 1,
    "listing": 2,
    "part": 3,
    "walk": 3,
    "article": 4,
    "recheck": 5,
    "feed": 2,
    "sitemap": 2,
    "unknown": 6,
    "asset": 7,
}
"""Lower is asked first. A page of unknown shape comes after all that has a promise. ``walk``: a list page
that a walk asks for, whether or not this run has read it before."""

PATIENCE = timedelta(seconds=60)
"""A run waits this long for a page that failed to become due again."""

MAX_FAILURES_IN_A_ROW = 3
"""After so many failures a page waits for another run, and another address of it is tried."""

DEFAULT_BUDGET = 2000
"""Pages asked again a day: at one a second, half an hour of a host's time."""

LIST_WINDOW = timedelta(days=90)
"""Lists are read down to items of this age every other day: that is where back-dated items come in."""

_SLACK = timedelta(hours=4)
"""Daily runs meet a page at slightly other times: what is due every day is due after this much less."""
LIST_WINDOW_AGAIN = timedelta(days=2) - _SLACK
RESTING_LIST_AGAIN = timedelta(days=7) - _SLACK
"""The first page of a list that rests: its section's news come elsewhere."""

_FAILURE_DELAYS = (
    timedelta(seconds=5),
    timedelta(seconds=30),
    timedelta(hours=6),
    timedelta(days=1) - _SLACK,
)

_LISTS_AGAIN = timedelta(hours=1)
_DAY = timedelta(days=1)
_HIDDEN_AGAIN = timedelta(hours=3)
"""A challenge, or a refusal, passes in hours more often than not."""
_HIDDEN_AT_MOST = timedelta(days=7)
_CONFIRMED = timedelta(days=7)
"""A removal can be confirmed after this long: the one moment at which a look is worth most."""
_SWEEP = timedelta(days=21)
_LONGEST = timedelta(days=26)
"""No page that ever stood waits longer: a month's promise, with four days for runs that are missed, and for days on
which more falls due than the budget has room for, as after every pause of the crawls."""
DEADLINE = _LONGEST - timedelta(days=1)
"""What was not looked at for so long goes before all that may wait."""
_AGE_FACTOR = 0.25
_AGE_POWER = 1.25
"""Edits grow rare with the age of a story, about as age ** -2.5; the wait for them is shortest in sum when
each page is asked in proportion to the square root of its rate, so after age ** 1.25 days. At a factor of
0.25 a story is asked daily for three days, after 4 days at an age of ten, and monthly from 41 days on."""


@dataclass(frozen=True, slots=True)
class Checks:
    """How often an article was looked at, and what that showed."""

    number: int
    """Captures that showed it, after the first one."""
    changes: int
    """Of them, captures that showed another content than the one before."""
    span: timedelta
    """From the first of its captures to the last."""


def rate_of_change(checks: Checks) -> float:
    """Changes a day, by the estimator of Cho and Garcia-Molina with its bias reduced.

    ``-log((n - X + 0.5) / (n + 0.5)) / I`` for n checks that found X changes; for the interval I stands the
    mean one, since checks are not equally apart.

    >>> round(rate_of_change(Checks(10, 5, timedelta(days=10))), 3)
    0.647
    >>> rate_of_change(Checks(10, 0, timedelta(days=10)))
    0.0
    """
    if not checks.changes or checks.span <= timedelta():
        return 0.0
    unchanged = (checks.number - checks.changes + 0.5) / (checks.number + 0.5)
    return -math.log(unchanged) / (checks.span / checks.number / _DAY)


@dataclass(frozen=True, kw_only=True, slots=True)
class RevisitPolicy:
    """When pages that answered are asked again. Equal bounds ask all articles alike, and nothing else so."""

    shortest: timedelta = _DAY
    longest: timedelta = _LONGEST
    """Of an article that stands."""

    def article(
        self, captured_at: datetime, *, born_at: datetime | None, checks: Checks | None, url: str
    ) -> datetime:
        """When an article's page is due again.

        Args:
            captured_at: moment of the capture.
            born_at: publication, or first sighting, of the article.
            checks: what was seen of it so far.
            url: canonical address, by which old articles are spread over the days.
        """
        age = max(captured_at - (born_at or captured_at), timedelta()) / _DAY
        wait = timedelta(days=_AGE_FACTOR * age**_AGE_POWER)
        rate = rate_of_change(checks) if checks else 0.0
        if rate:
            wait = min(wait, timedelta(days=0.5 / rate))
        wait = min(max(self.shortest, wait), self.longest)
        if checks is None or checks.number == 0:
            # All articles of a first crawl would come due on one day, and every month from then on.
            wait = max(self.shortest, wait * _part(url, 0.2, 1.0))
        return captured_at + max(wait - _SLACK, wait * 0.8)

    def missing(
        self,
        captured_at: datetime,
        *,
        since: datetime,
        known: bool,
        hidden: bool,
        seed: bool,
        url: str,
    ) -> datetime:
        """When a page that does not show what it should is due again: after as long as that has lasted.

        Args:
            captured_at: moment of the capture.
            since: the first capture in a row without the page.
            known: has it ever shown an article, or a list?
            hidden: it was challenged or refused, which says nothing of what stands there.
            seed: each run begins with it, and is blind without it.
            url: canonical address, by which pages are spread over the days.
        """
        lasted = captured_at - since
        least = _HIDDEN_AGAIN if hidden else _DAY - _SLACK
        if seed:
            return captured_at + least
        wait = min(max(least, lasted), _HIDDEN_AT_MOST if hidden else _LONGEST * _part(url, 0.9, 1.0))
        if known and lasted < _CONFIRMED < lasted + wait:
            wait = max(_CONFIRMED - lasted, least)
        return captured_at + wait

    def further(self, captured_at: datetime) -> datetime:
        """When a further page of an article is due of its own: its first page asks for it long before."""
        return captured_at + _LONGEST

    def other(
        self, kind: str, captured_at: datetime, *, seed: bool, useful: bool, url: str
    ) -> datetime | None:
        """When a page that is no article is due again; None is never, of its own accord.

        Args:
            kind: what the page is held to be.
            captured_at: moment of the capture.
            seed: the map names it: a home page, or the first page of a section's list.
            useful: it shows links to articles.
            url: canonical address, by which pages are spread over the days.
        """
        if kind in ("asset", "robots"):
            return None
        if seed:
            return captured_at + _LISTS_AGAIN
        if useful:
            return captured_at + _DAY - _SLACK
        return captured_at + _LONGEST * _part(url, 0.9, 1.0)


def sweep_again(list_url: str) -> timedelta:
    """After how long all pages of a list are read again; lists take turns."""
    return _SWEEP * _part(list_url, 0.7, 1.0)


def due_after_failure(failed_at: datetime, failures: int) -> datetime:
    """When to try again after so many failures in a row (1 is the first)."""
    return failed_at + _FAILURE_DELAYS[min(failures, len(_FAILURE_DELAYS)) - 1]


def _part(url: str, least: float, most: float) -> float:
    """A share between the two that is the same for one address in every run."""
    return least + (most - least) * (crc32(url.encode()) % 1000) / 1000
