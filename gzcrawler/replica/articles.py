"""Which articles exist, where, and when: the replica's calendar.

All of it is laid out once, from the configuration alone, in a few microseconds an article. Times are
seconds since the epoch. What an article says is `content`'s business.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

from gzcrawler.replica.chance import Draw, bound, mix
from gzcrawler.replica.config import moment

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gzcrawler.replica.config import ReplicaConfig
    from gzcrawler.replica.sections import ReplicaSection

__all__ = ["ALWAYS", "Calendar", "Removal", "Story", "http_date", "iso_day"]

ALWAYS = -(1 << 40)
"""A time before all times: the story was there from the start."""
_DAY = 86_400
_CHINA = 8 * 3600
_FIRST_DAY = date(2016, 10, 1).toordinal()
_GENERAL_DAY = date(2025, 3, 1).toordinal()
"""First day of the newer platform."""
_EPOCH_DAY = date(1970, 1, 1).toordinal()

_OTHER_PATH_DAY = 0.02
"""Share of stories whose address names another day than their head line."""
_COPIED_FROM = 8
"""A copy's model is among so many stories before it."""

_PLACE, _LIFE, _LATER = 1, 2, 3

Removal = Literal["404", "410", "home", "soft 404"]
_REMOVALS: tuple[Removal, ...] = ("404", "410", "home", "soft 404")


@dataclass(slots=True, eq=False)
class Story:
    """One content id: where it stands and when it is there."""

    index: int
    source: int
    """Index of the story whose content it carries: itself, but for copies under another id."""
    general: bool
    """At an address of the newer platform from its first day."""
    section: int
    """Index into the calendar's sections."""
    day: int
    """Ordinal of the date of publication."""
    clock: int
    """Second of that day."""
    number: int
    """Content id on the sub-site; 0 for stories of the newer platform."""
    post: int
    """Content id on the newer platform: its own, or the one it gets when the site moves."""
    district: str | None = None
    """Slug of the district where a second address stands, same id."""
    parts: int = 1
    path_day: int = 0
    """Ordinal of the date in the address; differs from `day` for a few."""
    unreadable: bool = False
    appears: int = ALWAYS
    edits: tuple[int, ...] = ()
    gone: int | None = None
    back: int | None = None
    removal: Removal = "404"
    still_listed: bool = False

    def alive(self, at: int) -> bool:
        """Whether its page shows it at a time."""
        if at < self.appears:
            return False
        return self.gone is None or at < self.gone or (self.back is not None and at >= self.back)

    def listed(self, at: int) -> bool:
        """Whether the lists show it at a time."""
        return self.alive(at) or (self.still_listed and at >= self.appears)

    def version(self, at: int) -> int:
        """How many edits it has seen by a time."""
        return bisect_right(self.edits, at) if self.edits else 0


class Calendar:
    """All stories of a configuration, those to come included, and the lists that show them."""

    def __init__(self, config: ReplicaConfig, sections: Sequence[ReplicaSection]) -> None:
        self.config = config
        self.sections = tuple(sections)
        self.now = moment(config.now)
        self.move_at = moment(config.move_at) if config.move_at else None
        self.rename_at = moment(config.rename_at) if config.rename_at else None
        self.redesigns = tuple(
            moment(at) for at in (config.redesign_at, config.second_redesign_at) if at is not None
        )
        self._outages = tuple((moment(start), moment(end)) for start, end in config.outages)
        self._horizon = config.horizon_days * _DAY
        self._chosen: dict[str, list[int]] = {}
        for index, section in enumerate(self.sections):
            self._chosen.setdefault(section.edition, []).append(index)
        self._districts = sorted({section.district for section in self.sections if section.district})
        later = int(config.growth_per_day * config.horizon_days)
        self._numbers = _Numbers(config.seed, config.articles + later)
        self.stories: list[Story] = []
        for index in range(config.articles):
            self.stories.append(self._settle(index))
        for index in range(config.articles, config.articles + later):
            self.stories.append(self._settle_later(index))
        self.by_number = {story.number: story for story in self.stories if not story.general}
        self.by_post = {story.post: story for story in self.stories}
        self._lists = self._sort_lists()
        self._turns = self._list_turns()
        self._edits = sorted({*self._turns, *(time for story in self.stories for time in story.edits)})
        self._shown: dict[tuple[int, bool, int], tuple[Story, ...]] = {}

    def moved(self, at: int) -> bool:
        """Whether the whole site has moved to the newer platform's addresses by a time."""
        return self.move_at is not None and at >= self.move_at

    def down(self, at: int) -> bool:
        """Whether the portal is out of order at a time."""
        return any(start <= at < end for start, end in self._outages)

    def general(self, story: Story, at: int) -> bool:
        """Whether a story stands at an address of the newer platform at a time."""
        return story.general or self.moved(at)

    def alive(self, at: int) -> Iterator[Story]:
        """The stories whose pages show them at a time, by index."""
        return (story for story in self.stories if story.alive(at))

    def listed(self, section: int, general: bool, at: int) -> tuple[Story, ...]:
        """What a section's lists show at a time, newest date first."""
        key = (section, general, bisect_right(self._turns, at))
        shown = self._shown.get(key)
        if shown is None:
            if len(self._shown) > 8 * len(self._lists):  # a moving clock leaves old turns behind
                self._shown.clear()
            if not self.moved(at):
                stories = self._lists.get((section, general), [])
            elif general:
                stories = sorted(
                    self._lists.get((section, True), []) + self._lists.get((section, False), []),
                    key=_newest_first,
                )
            else:
                stories = []
            shown = self._shown[key] = tuple(story for story in stories if story.listed(at))
        return shown

    def turn(self, at: int, *, edits: bool = False) -> int:
        """Time of the last change of any list, at most the given one; edits change the titles on lists."""
        times = self._edits if edits else self._turns
        place = bisect_right(times, at)
        return times[place - 1] if place else self.now

    def _settle(self, index: int) -> Story:
        config = self.config
        general_from = config.articles - round(config.articles * config.general)
        general = index >= general_from
        today = (self.now + _CHINA) // _DAY + _EPOCH_DAY - 1
        if general:
            first, last = min(_GENERAL_DAY, today - 1), today
            place, count = index - general_from, config.articles - general_from
        else:
            first, last = _FIRST_DAY, min(_GENERAL_DAY, today) - 1
            place, count = index, general_from
        draw = Draw(config.seed, index, _PLACE)
        day = min(last, first + (last - first) * (place * 64 + draw.below(64)) // (count * 64))
        story = self._make(index, general, day, draw)
        if mix(config.seed, index, _LIFE) < bound(config.removed_at_start):
            story.gone, story.removal, story.still_listed = self.now, draw.pick(_REMOVALS), True
            if draw.happens(config.returned):
                story.back = self.now + _DAY + draw.below(self._horizon)
        return story

    def _settle_later(self, index: int) -> Story:
        config = self.config
        draw = Draw(config.seed, index, _LATER)
        place = index - config.articles
        appears = self.now + int((place + 1) * _DAY / config.growth_per_day) - draw.below(7200)
        appears = max(appears, self.now + 60)
        day = (appears + _CHINA) // _DAY + _EPOCH_DAY
        if draw.happens(config.backdated):
            day -= min(5, config.backdated_days) + draw.below(max(1, config.backdated_days - 4))
        general = config.general >= 1.0 or (config.general > 0 and day >= _GENERAL_DAY)
        return self._make(index, general, day, draw, appears)

    def _make(self, index: int, general: bool, day: int, draw: Draw, appears: int = ALWAYS) -> Story:
        config = self.config
        number = self._numbers(index)
        section = self._choose_section(index, general, draw)
        story = Story(
            index=index,
            source=index,
            general=general,
            section=section,
            day=day,
            clock=draw.below(_DAY),
            number=0 if general else 10_000 + number,
            post=43_000 + number,
            path_day=day,
            appears=appears,
        )
        place = self.sections[section]
        copied = draw.happens(config.copied)
        if draw.happens(config.two_addresses) and not general and not place.branch and self._districts:
            story.district = draw.pick(self._districts)
        if draw.happens(config.continued):
            story.parts = 2 + draw.below(3)
        if draw.happens(_OTHER_PATH_DAY):
            story.path_day = day + 1
        story.unreadable = draw.happens(config.unreadable)
        if copied and index > _COPIED_FROM:
            self._copy(story, self.stories[index - 1 - draw.below(_COPIED_FROM)])
        self._foretell(story, draw)
        return story

    def _choose_section(self, index: int, general: bool, draw: Draw) -> int:
        config = self.config
        roll = draw.below(1 << 20) / (1 << 20)
        if roll < config.japanese:
            edition = "ja"
        elif roll < config.japanese + config.chinese:
            edition = "zh"
        else:
            edition = "en"
        choices = self._chosen.get(edition) or self._chosen["en"]
        # the product of two draws, so that some sections are long and some are short
        chosen = choices[draw.below(len(choices)) * (1 + draw.below(len(choices))) // len(choices)]
        first = index - (config.articles - round(config.articles * config.general) if general else 0)
        return first if first < len(self.sections) else chosen  # no list is empty

    def _foretell(self, story: Story, draw: Draw) -> None:
        """Edits, removal and return within the horizon."""
        config = self.config
        if config.by_age:
            self._foretell_by_age(story, draw)
            return
        if draw.happens(config.edited):
            first = self.now + 1 + draw.below(self._horizon)
            story.edits = (first,) if draw.happens(0.6) else (first, first + 3600 + draw.below(30 * _DAY))
        if draw.happens(config.removed):
            story.gone = self.now + 1 + draw.below(self._horizon)
            story.removal = draw.pick(_REMOVALS)
            story.still_listed = draw.happens(0.3)
            if draw.happens(config.returned):
                story.back = story.gone + _DAY + draw.below(30 * _DAY)

    def _foretell_by_age(self, story: Story, draw: Draw) -> None:
        """Edits soon after publication, removal at any age. What would fall before the start has happened."""
        config = self.config
        ends = self.now + self._horizon
        born = story.appears if story.appears != ALWAYS else (story.day - _EPOCH_DAY) * _DAY - _CHINA
        shown = max(born, self.now) + 1
        if draw.happens(config.edited):
            roll = draw.below(10)
            if roll < 5:
                edit = born + 1 + draw.below(2 * _DAY)
            elif roll < 9:
                edit = born + 2 * _DAY + draw.below(28 * _DAY)
            else:
                first = max(born + 30 * _DAY, self.now)
                edit = first + 1 + draw.below(max(1, ends - first))
            story.edits = (edit,) if edit <= ends else ()
        if draw.happens(config.removed):
            story.gone = shown + draw.below(max(1, ends - shown))
            story.removal = draw.pick(_REMOVALS)
            story.still_listed = draw.happens(0.3)
            if draw.happens(config.returned):
                back = story.gone + 10 * _DAY + draw.below(80 * _DAY)
                story.back = back if back <= ends else None

    def _copy(self, story: Story, model: Story) -> None:
        same = self.sections[story.section].edition == self.sections[model.section].edition
        if same and model.general == story.general and model.source == model.index and not model.unreadable:
            story.source, story.parts, story.unreadable = model.index, model.parts, False
            story.day, story.clock, story.path_day = model.day, model.clock, model.path_day

    def _sort_lists(self) -> dict[tuple[int, bool], list[Story]]:
        lists: dict[tuple[int, bool], list[Story]] = {}
        for story in self.stories:
            lists.setdefault((story.section, story.general), []).append(story)
        for stories in lists.values():
            stories.sort(key=_newest_first)
        return lists

    def _list_turns(self) -> list[int]:
        turns = {self.move_at} if self.move_at is not None else set()
        for story in self.stories:
            turns.update(time for time in (story.appears, story.gone, story.back) if time is not None)
        turns.discard(ALWAYS)
        return sorted(turns)


def iso_day(ordinal: int) -> str:
    """``YYYY-MM-DD`` of a date's ordinal."""
    return date.fromordinal(ordinal).isoformat()


@lru_cache(maxsize=1024)
def http_date(time: int) -> str:
    """A time as HTTP headers print it."""
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=time)).strftime("%a, %d %b %Y %H:%M:%S GMT")


def _newest_first(story: Story) -> tuple[int, int]:
    return (-story.day, -story.index)


class _Numbers:
    """Ids that do not rise with dates: a walk through all residues of a prime, in steps."""

    def __init__(self, seed: int, total: int) -> None:
        self._prime = _next_prime(max(2 * total, 50_000))
        self._step = self._prime // 3 + mix(seed, 0, 7) % (self._prime // 3)

    def __call__(self, index: int) -> int:
        return (index + 1) * self._step % self._prime


def _next_prime(number: int) -> int:
    number |= 1
    while any(number % factor == 0 for factor in range(3, int(number**0.5) + 1, 2)):
        number += 2
    return number
