"""Head lines: every form in which source, byline and date are printed, and what each one means."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Literal

from gzcrawler.replica.chance import Draw

if TYPE_CHECKING:
    from gzcrawler.replica.articles import Story
    from gzcrawler.replica.prose import Voice

__all__ = ["FORMS", "HeadLine", "head_line"]

_HEAD = 13

FORMS = {
    "subsite": (
        "{site} | Updated:{day}",
        "By {name} | chinadaily.com.cn | Updated:{day}",
        "By {name} and {other} in {city} | China Daily | Updated:{day}",
        "By {name} in {city} | China Daily | Updated:{day}",
        "( {site} ) Updated : {day}",
        "({site})| Updated : {day} Print",
        "{site} Updated: {long}",
        "| Updated:  {long} L M S",
        "By {name} (China Daily) Update:{day}",
        "By {name}| Source: {site} | Updated : {day}",
        "{day} ({site})",
        "Update: {day}     Source: {site}",
        "Updated: {day} {minute}",
        "",
    ),
    "general": (
        "Updated: {day}    Source: {site}",
        "{day} {minute}  Source: {site}",
        "Source: {site} | Updated: {day} {second}",
        "By {name} | {site} | Updated:{day}",
        "",
    ),
    "zh": (
        "来源:{site} 发布时间:{day}",
        "发布时间:{han}  来源:{site}",
        "发布时间:{day} {minute}",
        "{site} | 发布时间:{day}",
    ),
    "ja": ("{site} | Updated:{day}", "Updated : {day}"),
}
"""Forms by where they are printed; the common ones come first and are drawn more often."""

_SITES = {
    "en": ("eguangzhou.gov.cn", "chinadaily.com.cn", "GD Today", "Xinhua", "eguangzhou.gov.cn"),
    "zh-Hans": ("广州外事", "木棉日报", "市商务部门"),
    "ja": ("eguangzhou.gov.cn", "GD Today"),
}
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
    "November", "December",
)  # fmt: skip
_LABELS = ("Updated:", "Updated :", "Update:", "发布时间:")
_META_FORMS = ("{day}", "{day} {minute}", "{day} {second}")


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadLine:
    """What stands under the title, and what it says."""

    printed: str
    """As printed, odd blanks and all; empty where nothing is printed."""
    raw: str | None
    """Label and date, squashed; None where no date is printed."""
    published: str | None
    """ISO 8601; None where no date is printed."""
    precision: Literal["day", "minute", "second"]
    source: str | None
    authors: tuple[str, ...]
    meta: tuple[tuple[str, str], ...]
    """Names and contents of the article's own meta tags; empty on the sub-site."""
    meta_published: str | None
    meta_precision: Literal["day", "minute", "second"]

    def meta_value(self, name: str) -> str | None:
        """Content of a meta tag."""
        return next((content for key, content in self.meta if key == name), None)


def head_line(story: Story, voice: Voice, general: bool, seed: int) -> HeadLine:
    """The head line of a story at an address of the newer platform, or of the sub-site."""
    draw = Draw(seed, story.source, _HEAD)
    if voice.language == "en":
        forms = FORMS["general" if general else "subsite"]
    else:
        forms = FORMS["zh" if voice.language == "zh-Hans" else "ja"]
    form = forms[0] if draw.happens(0.25) else draw.pick(forms)
    names = draw.pick(voice.people), draw.pick(voice.people)
    site = draw.pick(_SITES[voice.language])
    words = _dates(story.day, story.clock) | {
        "site": site,
        "name": names[0],
        "other": names[1],
        "city": draw.pick(voice.cities),
    }
    authors: tuple[str, ...] = ()
    if "{name}" in form:
        authors = tuple(dict.fromkeys(names)) if "{other}" in form else names[:1]
        if "{other}" in form and len(authors) == 1:
            form = form.replace(" and {other}", "")
    source = site if "{site}" in form else _printed_source(form)
    published, precision = _value(form, words)
    meta, meta_published, meta_precision = (
        _meta(story, draw, source or site, voice) if general else ((), None, "day")
    )
    return HeadLine(
        printed=form.format_map(words),
        raw=_raw(form, words),
        published=published,
        precision=precision,
        source=source,
        authors=authors,
        meta=meta,
        meta_published=meta_published,
        meta_precision=meta_precision,
    )


def _printed_source(form: str) -> str | None:
    for name in ("chinadaily.com.cn", "China Daily"):
        if name in form:
            return name
    return None


def _dates(ordinal: int, clock: int) -> dict[str, str]:
    day = date.fromordinal(ordinal)
    minute = f"{clock // 3600:02}:{clock // 60 % 60:02}"
    return {
        "day": day.isoformat(),
        "long": f"{_MONTHS[day.month - 1]} {day.day}, {day.year}",
        "han": f"{day.year}年{day.month}月{day.day}日",
        "minute": minute,
        "second": f"{minute}:{clock % 60:02}",
    }


def _value(form: str, words: dict[str, str]) -> tuple[str | None, Literal["day", "minute", "second"]]:
    if not form:
        return None, "day"
    if "{second}" in form:
        return f"{words['day']}T{words['second']}+08:00", "second"
    if "{minute}" in form:
        return f"{words['day']}T{words['minute']}+08:00", "minute"
    return words["day"], "day"


def _raw(form: str, words: dict[str, str]) -> str | None:
    """The label, if any, and the date: the piece of the form that holds them, blanks squashed."""
    places = [form.find("{" + name + "}") for name in ("day", "long", "han")]
    start = max(places)
    if start < 0:
        return None
    end = form.find("}", start) + 1
    for clock in (" {minute}", " {second}"):
        if form.startswith(clock, end):
            end += len(clock)
    label = next((label for label in _LABELS if form[:start].rstrip().endswith(label)), "")
    begin = form.rfind(label, 0, start) if label else start
    return " ".join(form[begin:end].format_map(words).split())


def _meta(
    story: Story, draw: Draw, source: str, voice: Voice
) -> tuple[tuple[tuple[str, str], ...], str, Literal["day", "minute", "second"]]:
    form = draw.pick(_META_FORMS)
    ordinal = story.day - 1 if draw.happens(0.03) else story.day
    words = _dates(ordinal, story.clock)
    published, precision = _value(form, words)
    tags = [("PubDate", form.format_map(words)), ("ContentSource", source)]
    if draw.happens(0.2):
        tags.append(("Author", draw.pick(voice.people)))
    return tuple(tags), published or "", precision
