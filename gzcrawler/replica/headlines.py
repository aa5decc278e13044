"""Head lines: every form in which source, byline and date are printed, and what each one means."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Literal, NamedTuple

from gzcrawler.replica.articles import iso_day
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
_Precision = Literal["day", "minute", "second"]
_Meta = tuple[tuple[tuple[str, str], ...], str | None, _Precision]
_META_FORMS: tuple[tuple[str, tuple[str, ...], _Precision], ...] = (
    ("%s", ("day",), "day"),
    ("%s %s", ("day", "minute"), "minute"),
    ("%s %s", ("day", "second"), "second"),
)


class HeadLine(NamedTuple):
    """What stands under the title, and what it says."""

    printed: str
    """As printed, odd blanks and all; empty where nothing is printed."""
    raw: str | None
    """Label and date, squashed; None where no date is printed."""
    published: str | None
    """ISO 8601; None where no date is printed."""
    precision: _Precision
    source: str | None
    authors: tuple[str, ...]
    meta: tuple[tuple[str, str], ...]
    """Names and contents of the article's own meta tags; empty on the sub-site."""
    meta_published: str | None
    meta_precision: _Precision

    def meta_value(self, name: str) -> str | None:
        """Content of a meta tag."""
        return next((content for key, content in self.meta if key == name), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Form:
    """A form made ready: texts with ``%s`` marks, and which words fill them."""

    printed: str
    printed_words: tuple[str, ...]
    raw: str | None
    raw_words: tuple[str, ...]
    names: int
    """How many names its byline has."""
    source: str | None
    """The source that the form itself names."""
    site: bool
    """Whether it prints a source of the story's own."""
    precision: _Precision


def _ready(form: str) -> _Form:
    raw = _raw_form(form)
    printed, printed_words = _marked(form)
    raw_printed, raw_words = _marked(raw) if raw is not None else (None, ())
    return _Form(
        printed=printed,
        printed_words=printed_words,
        raw=raw_printed,
        raw_words=raw_words,
        names=("{name}" in form) + ("{other}" in form),
        source=next((name for name in ("chinadaily.com.cn", "China Daily") if name in form), None),
        site="{site}" in form,
        precision="second" if "{second}" in form else "minute" if "{minute}" in form else "day",
    )


def _marked(form: str) -> tuple[str, tuple[str, ...]]:
    return re.sub(r"\{\w+\}", "%s", form.replace("%", "%%")), tuple(re.findall(r"\{(\w+)\}", form))


def _raw_form(form: str) -> str | None:
    """The piece of a form that holds the label, if any, and the date; blanks squashed."""
    start = max(form.find(mark) for mark in ("{day}", "{long}", "{han}"))
    if start < 0:
        return None
    end = form.find("}", start) + 1
    for clock in (" {minute}", " {second}"):
        if form.startswith(clock, end):
            end += len(clock)
    label = next((label for label in _LABELS if form[:start].rstrip().endswith(label)), None)
    begin = form.rfind(label, 0, start) if label else start
    return " ".join(form[begin:end].split())


_READY = {place: tuple(map(_ready, forms)) for place, forms in FORMS.items()}
_PLACES = {"zh-Hans": "zh", "ja": "ja"}


def head_line(story: Story, voice: Voice, general: bool, seed: int) -> HeadLine:
    """The head line of a story at an address of the newer platform, or of the sub-site."""
    draw = Draw(seed, story.source, _HEAD)
    forms = _READY[_PLACES.get(voice.language) or ("general" if general else "subsite")]
    form = forms[0] if draw.happens(0.25) else draw.pick(forms)
    site = draw.pick(_SITES[voice.language])
    words = {"site": site, "day": iso_day(story.day)}
    authors: tuple[str, ...] = ()
    if form.names:
        place = draw.below(len(voice.people))
        words["name"] = voice.people[place]
        words["other"] = voice.people[place - 1]
        words["city"] = draw.pick(voice.cities)
        authors = (words["name"], words["other"])[: form.names]
    _add_dates(words, story.day, story.clock, form.printed_words)
    source = site if form.site else form.source
    meta, meta_published, meta_precision = _meta(story, draw, source or site, voice) if general else _NO_META
    return HeadLine(
        printed=form.printed % tuple([words[name] for name in form.printed_words]),
        raw=form.raw % tuple([words[name] for name in form.raw_words]) if form.raw else None,
        published=_value(words, form.precision) if form.raw else None,
        precision=form.precision,
        source=source,
        authors=authors,
        meta=meta,
        meta_published=meta_published,
        meta_precision=meta_precision,
    )


_NO_META: _Meta = ((), None, "day")


def _meta(story: Story, draw: Draw, source: str, voice: Voice) -> _Meta:
    form, wanted, precision = draw.pick(_META_FORMS)
    words = {"day": iso_day(story.day - 1 if draw.happens(0.03) else story.day)}
    _add_dates(words, story.day, story.clock, wanted)
    tags = [("PubDate", form % tuple([words[name] for name in wanted])), ("ContentSource", source)]
    if draw.happens(0.2):
        tags.append(("Author", draw.pick(voice.people)))
    return tuple(tags), _value(words, precision), precision


def _add_dates(words: dict[str, str], ordinal: int, clock: int, wanted: tuple[str, ...]) -> None:
    if "long" in wanted:
        day = date.fromordinal(ordinal)
        words["long"] = f"{_MONTHS[day.month - 1]} {day.day}, {day.year}"
    elif "han" in wanted:
        day = date.fromordinal(ordinal)
        words["han"] = f"{day.year}年{day.month}月{day.day}日"
    if "minute" in wanted:
        words["minute"] = f"{clock // 3600:02}:{clock // 60 % 60:02}"
    elif "second" in wanted:
        words["second"] = f"{clock // 3600:02}:{clock // 60 % 60:02}:{clock % 60:02}"


def _value(words: dict[str, str], precision: _Precision) -> str:
    return words["day"] if precision == "day" else f"{words['day']}T{words[precision]}+08:00"
