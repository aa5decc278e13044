"""What stands on every page beside its content: the top bar, the trail, the slider."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from gzcrawler.replica.chance import mix
from gzcrawler.replica.linking import Link

if TYPE_CHECKING:
    from collections.abc import Callable

    from gzcrawler.replica.articles import Calendar, Story
    from gzcrawler.replica.linking import Linker
    from gzcrawler.replica.sections import ReplicaHost

__all__ = ["HOME", "Furniture", "TopLink"]

TopLink = tuple[str, str, str]
"""Label, address and language of a link of the top bar."""
HOME = {"en": "Home", "zh": "首页", "ja": "ホーム"}
"""What trails start with, by edition."""

_TRAIL, _SLIDER, _DAY = 33, 36, 86_400
_SLIDER_LENGTH = 5
_SLIDERS_KEPT = 64
_VARIANTS = 24
"""Ways in which the stories of one section write their trails."""
_NAMED_ROOT_UNTIL = date(2018, 1, 1).toordinal()
"""Older stories of the sub-site start their trail with the site's name."""
_STEPS = {
    "en": ("Updates", "Stories", "Features", "Notices"),
    "zh": ("动态", "专题", "通知"),
    "ja": ("お知らせ", "特集"),
}
_EDITIONS = (("en", "English", "/", "en"), ("zh", "简体", "/zh/", "zh-Hans"))
"""Edition that does not show it, label, path and language of the top bar's links."""


class Furniture:
    """Makes what pages share, and keeps it: there are few ways, and many pages."""

    def __init__(self, calendar: Calendar, linker: Linker, title: Callable[[Story], str]) -> None:
        self._calendar = calendar
        self._config = calendar.config
        self._seed = calendar.config.seed
        self._linker = linker
        self._title = title
        self._tops: dict[tuple[str, str, int], tuple[TopLink, ...]] = {}
        self._trails: dict[tuple[int, bool, bool, str, bool, int], tuple[Link, ...]] = {}
        self._sliders: dict[tuple[int, str, str, bool], tuple[Link, ...]] = {}

    def editions(self, edition: str, host: ReplicaHost, place: int) -> tuple[TopLink, ...]:
        """Links of the top bar to other languages, in one of eight ways to write them."""
        key = (edition, host.base, place & 7)
        links = self._tops.get(key)
        if links is None:
            links = self._tops[key] = tuple(
                (
                    label,
                    self._linker.href(path, host, -7000 - (place & 7) * 2 - number, general=False),
                    language,
                )
                for number, (for_edition, label, path, language) in enumerate(_EDITIONS)
                if for_edition != edition
            )
        return links

    def trail(self, story: Story, host: ReplicaHost, at: int, *, general: bool) -> tuple[Link, ...]:
        """Breadcrumbs of a story, one to five."""
        variant = mix(self._seed, story.source, _TRAIL) % _VARIANTS
        old = not general and story.day < _NAMED_ROOT_UNTIL
        renamed = self._calendar.rename_at is not None and at >= self._calendar.rename_at
        key = (story.section, general, old, host.base, renamed, variant)
        trail = self._trails.get(key)
        if trail is None:
            trail = self._trails[key] = self._make_trail(
                story.section, host, at, variant, general=general, old=old
            )
        return trail

    def _make_trail(
        self, index: int, host: ReplicaHost, at: int, variant: int, *, general: bool, old: bool
    ) -> tuple[Link, ...]:
        section = self._calendar.sections[index]
        chance = mix(self._seed, index * _VARIANTS + variant, _TRAIL + 1)
        place = -100_000 - (index * _VARIANTS + variant) * 4
        root = "Guangzhou" if old and section.edition == "en" else HOME[section.edition]
        links = [Link(root, self._linker.href("/", host, place, general=False))]
        if variant == 0:
            return tuple(links)
        if section.district:
            name = section.district.title()
            links.append(Link(name, self._linker.href(section.branch + "/", host, place - 1, general=False)))
        path = section.general if general else section.subsite
        links.append(
            Link(
                self._linker.section_name(index, at),
                self._linker.href(path, host, place - 2, general=general),
            )
        )
        steps = _STEPS[section.edition]
        for step in range((0, 0, 0, 0, 1, 1, 2, 3)[chance >> 8 & 7]):
            if len(links) < 5:
                links.append(Link(steps[(chance >> (16 + 4 * step)) % len(steps)], None))
        return tuple(links)

    def slider(self, edition: str, host: ReplicaHost, at: int) -> tuple[Link, ...]:
        """The five links that all pages of the sub-site show at a time."""
        period = at // (self._config.slider_days * _DAY)
        key = (period, edition, host.base, self._calendar.moved(at))
        links = self._sliders.get(key)
        if links is None:
            if len(self._sliders) > _SLIDERS_KEPT:
                self._sliders.clear()
            links = self._sliders[key] = self._slider_links(period, edition, host, at)
        return links

    def _slider_links(self, period: int, edition: str, host: ReplicaHost, at: int) -> tuple[Link, ...]:
        return tuple(
            Link(
                self._title(story),
                self._linker.href(
                    self._linker.story_path(story, at),
                    host,
                    story.index,
                    general=self._calendar.general(story, at),
                ),
            )
            for story in self._choose_slider(period, edition)
        )

    def _choose_slider(self, period: int, edition: str) -> tuple[Story, ...]:
        total = self._config.articles
        chosen: list[Story] = []
        start = mix(self._seed, period, _SLIDER)
        for step in range(total):
            story = self._calendar.stories[(start + step * 7919) % total]
            if (
                self._calendar.sections[story.section].edition == edition
                and story.gone is None
                and story not in chosen
            ):
                chosen.append(story)
                if len(chosen) == _SLIDER_LENGTH:
                    break
        return tuple(chosen)
