"""What a printed date says, and how exactly: never more than stands there."""

from __future__ import annotations

import re
from calendar import month_name
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Literal

from dateutil import parser as date_parser

from gzcrawler.errors import UnreadableDateError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["DATE", "DATE_SIGN", "Published", "PublishedFrom", "choose_published", "parse_published"]

CHINA = timezone(timedelta(hours=8))
EARLIEST = "2000-01-01"
"""No portal of the family is older; an earlier date is an empty field of the CMS (1970-01-01)."""

PublishedFrom = Literal["head line", "meta", "address"]
Precision = Literal["day", "minute", "second"]

_MONTH = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]{0,6}\.?"
_CLOCK = r"(?:\d{1,2}[:\uff1a]\d{2}(?:[:\uff1a]\d{2})?(?:\s?[AaPp]\.?[Mm]\b\.?)?|\d{1,2}[时時]\d{1,2}分?(?:\d{1,2}秒)?)"
_YEAR_CJK = r"(?:\d{4}|[〇零○一二三四五六七八九]{4}|(?:令和|平成)\s?(?:元|\d{1,2}))"
_NUMBER_CJK = r"(?:\d{1,2}|[一二三四五六七八九十]{1,3})"
DATE = (
    r"(?:"
    rf"(?<!\d)\d{{4}}(?P<mark>[-/.\uff0d\uff0f\uff0e])\s?\d{{1,2}}(?P=mark)\s?\d{{1,2}}(?!\d)(?:T|[\s|]*)?(?:{_CLOCK})?(?:Z|[+-]\d{{2}}:?\d{{2}})?"
    rf"|{_YEAR_CJK}\s?年\s?{_NUMBER_CJK}\s?月\s?{_NUMBER_CJK}\s?日(?:\s?[(\uff08][^)\uff09]{{1,3}}[)\uff09])?\s*(?:{_CLOCK})?"
    rf"|\b{_MONTH}\s?\d{{1,2}}(?:st|nd|rd|th)?,?\s?\d{{4}}(?!\d)(?:,?\s*(?:at\s)?{_CLOCK})?"
    rf"|(?<!\d)\d{{1,2}}(?:st|nd|rd|th)?\s?{_MONTH},?\s?\d{{4}}(?!\d)(?:,?\s*(?:at\s)?{_CLOCK})?"
    r")"
)
"""A whole date as portals print it, with its clock where it has one."""
DATE_SIGN = re.compile(r"[\d日]")
"""Stands in every date, and is far cheaper to look for."""

_DAY = re.compile(r"(?<!\d)(\d{4})[-/](\d\d)[-/](\d\d)$")
"""The commonest form by far, read without more ado."""
_PLAIN = re.compile(
    r"(?<!\d)(\d{4})\s?[-/.\uff0d\uff0f\uff0e年]\s?(\d{1,2})\s?[-/.\uff0d\uff0f\uff0e月]\s?(\d{1,2})(?!\d)\s?日?(?:\s?[(\uff08][^)\uff09]{1,3}[)\uff09])?"
    r"(?:T|[\s|]*)?(?:(\d{1,2})[:\uff1a时時](\d{1,2})分?(?:[:\uff1a]?(\d{2})秒?)?\s?([AaPp]\.?[Mm])?)?"
)
_OFFSET = re.compile(r"(?:\d[:\uff1a]\d{2})(Z|[+-]\d{2}:?\d{2})$")
_ERA = re.compile(r"(令和|平成)\s?(元|\d{1,2})")
_ERA_START = {"令和": 2018, "平成": 1988}
_DIGITS = {
    sign: str(value) for signs in ("〇一二三四五六七八九", "零", "○") for value, sign in enumerate(signs)
}
_CJK_NUMBER = re.compile("[〇零○一二三四五六七八九十]+")
_ENGLISH = re.compile(DATE, re.I)
_NAMED = re.compile(r"([A-Za-z]+) (\d{1,2}), (\d{4})")
"""The commonest form with a month's name: the parser that knows all others takes a tenth of a page's time for it."""
_MONTHS = {name.lower(): number for number, name in enumerate(month_name) if name}


@dataclass(slots=True)
class Published:
    """A moment of publication at +08:00. Source: one of the places a page says it."""

    value: str
    """ISO 8601 to its precision."""
    precision: Precision
    raw: str
    origin: PublishedFrom

    @property
    def day(self) -> str:
        """``YYYY-MM-DD``."""
        return self.value[:10]


def parse_published(raw: str, *, origin: PublishedFrom, url: str) -> Published:
    """Moment of publication, at the portal's own +08:00.

    Args:
        raw: label and date as printed, e.g. "Updated:2017-06-27".
        origin: where it stood.
        url: page it came from, for the error message.

    Raises:
        UnreadableDateError: no date, a part of it is missing, or there is no such day.
    """
    plain = _DAY.search(raw)
    if plain is not None:
        year, month, day = plain.groups()
        try:
            return Published(date(int(year), int(month), int(day)).isoformat(), "day", raw, origin)
        except ValueError:
            pass  # no such day: what else stands there decides
    text = _arabic(raw)
    found = _PLAIN.search(text)
    try:
        if found is not None:
            moment, precision = _from_digits(found)
        else:
            moment, precision = _from_words(text)
    except (ValueError, OverflowError) as fault:
        raise UnreadableDateError(f"{url}: no readable date in {raw!r}") from fault
    offset = _OFFSET.search(text)
    if offset is not None:
        sign = datetime.fromisoformat(f"2000-01-01T00:00:00{offset[1].replace('Z', '+00:00')}").utcoffset()
        moment = (moment - (sign or timedelta())) + timedelta(hours=8)
    return Published(_iso(moment, precision), precision, raw, origin)


def _iso(moment: datetime, precision: Precision) -> str:
    if precision == "day":
        return moment.isoformat()[:10]  # five times faster than a format of its own
    return f"{moment.isoformat()[: 16 if precision == 'minute' else 19]}+08:00"


def _from_digits(found: re.Match[str]) -> tuple[datetime, Precision]:
    year, month, day, hour, minute, second, half = found.groups()
    if hour is None:
        return datetime(int(year), int(month), int(day)), "day"  # noqa: DTZ001 — the offset is the portal's
    hours = int(hour) % 12 + 12 * (half[0] in "Pp") if half else int(hour)
    moment = datetime(int(year), int(month), int(day), hours, int(minute), int(second or 0))  # noqa: DTZ001 — as above
    return moment, "second" if second else "minute"


def _from_words(text: str) -> tuple[datetime, Precision]:
    """A date with the month's name. Read against two defaults that share no part: what differs was not printed."""
    found = _ENGLISH.search(text)
    if found is None:
        raise ValueError(text)
    plain = _NAMED.fullmatch(found[0])
    if plain is not None and plain[1].lower() in _MONTHS:
        return datetime(int(plain[3]), _MONTHS[plain[1].lower()], int(plain[2])), "day"  # noqa: DTZ001 - the offset is the portal's
    printed = found[0].replace("\uff1a", ":").replace("T", " T")
    first = date_parser.parse(printed, default=datetime(2001, 1, 1, 1, 1, 1))  # noqa: DTZ001 — never kept
    second = date_parser.parse(printed, default=datetime(2002, 2, 2, 2, 2, 2))  # noqa: DTZ001 — never kept
    if first.date() != second.date():
        raise ValueError(text)
    if first.time() == second.time():
        return first, "second"
    if (first.hour, first.minute) == (second.hour, second.minute):
        return first, "minute"
    return first.replace(hour=0, minute=0, second=0), "day"


def _arabic(text: str) -> str:
    """Text with eras and Chinese numerals as digits; full-width digits are digits already."""
    if text.isascii():
        return text
    text = _ERA.sub(lambda era: str(_ERA_START[era[1]] + (1 if era[2] == "元" else int(era[2]))), text)
    return _CJK_NUMBER.sub(_digits_of, text) if "月" in text else text


def _digits_of(number: re.Match[str]) -> str:
    signs = number[0]
    if "十" not in signs:
        return "".join(_DIGITS[sign] for sign in signs)
    tens, _, ones = signs.partition("十")
    return str(int(_DIGITS.get(tens, "1")) * 10 + int(_DIGITS.get(ones, "0")))


def choose_published(
    candidates: Iterator[tuple[str, PublishedFrom]], captured_at: datetime, *, url: str
) -> tuple[Published | None, list[str]]:
    """The first usable of the candidates, which come in the order of their authority, and what is odd.

    Args:
        candidates: raw date and where it stands, the most trusted first.
        captured_at: aware; a page cannot have been published after it was fetched.
        url: page they came from.
    """
    usable: list[Published] = []
    warnings: list[str] = []
    latest = (captured_at.astimezone(CHINA).date() + timedelta(days=1)).isoformat()
    for raw, origin in candidates:
        try:
            published = parse_published(raw, origin=origin, url=url)
        except UnreadableDateError:
            warnings.append(f"published: {origin} has no readable date: {raw}")
            continue
        day = published.day
        if day < EARLIEST:
            warnings.append(f"published: {origin} says {day}, before the portal was there")
        elif day > latest:
            warnings.append(f"published: {origin} says {day}, after the capture")
        else:
            usable.append(published)
    if not usable:
        return None, warnings or ["published: neither head line nor meta nor address has a date"]
    first, *others = usable
    warnings += [
        f"published: {first.origin} and {other.origin} disagree"
        for other in others
        if _disagree(first, other)
    ]
    return first, warnings


def _disagree(one: Published, other: Published) -> bool:
    if one.day != other.day:
        return True
    if "day" in (one.precision, other.precision):
        return False
    return one.value[11:16] != other.value[11:16]
