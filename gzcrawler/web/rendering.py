"""Templates: how an answer is made of one, and what all of them are given."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from gzcrawler.web.pages.plain import static_version
from gzcrawler.web.routes import menu, url
from gzcrawler.web.texts import DEFAULT_LANGUAGE, LANGUAGES, in_words, text, texts_of
from gzcrawler.web.visits import Answer

if TYPE_CHECKING:
    from gzcrawler.web.visits import PageError, Verified, Visit

__all__ = ["ENVIRONMENT", "Words", "render", "render_error"]

PORTAL_TIME = timezone(timedelta(hours=8))
"""The portals' own clock."""


class Words:
    """The texts of one language, as templates call them."""

    def __init__(self, language: str) -> None:
        self._language = language

    def __call__(self, key: str, /, **values: object) -> str:
        """The words for a key of our own; elements among the values (`when`) stay what they are."""
        if not any(isinstance(value, Markup) for value in values.values()):
            return text(key, self._language, **values)
        shown = {
            name: value if isinstance(value, Markup) else in_words(value) for name, value in values.items()
        }
        return escape(text(key, self._language)).format_map(shown)

    def or_key(self, key: str) -> str:
        """The words for a name out of the archive, which may be newer than the texts: then the name itself."""
        return texts_of(self._language).get(key, key.partition(".")[2])

    def verdict(self, said: str) -> str:
        """A verdict out of the archive; what it begins with is one of a few, the rest stays as it was recorded."""
        for key, words in texts_of(DEFAULT_LANGUAGE).items():
            if key.startswith("verdicts.") and said.startswith(words):
                return texts_of(self._language)[key] + said.removeprefix(words)
        return said


def _moment(value: str | None) -> str:
    """A moment as people read it, at +08:00, to the minute."""
    if not value:
        return ""
    there = datetime.fromisoformat(value).astimezone(PORTAL_TIME)
    return f"{there:%Y-%m-%d %H:%M} +08:00"


def _when(value: str | None) -> Markup:
    """A moment as an element: for people, and for programs."""
    return Markup('<time datetime="{}">{}</time>').format(value, _moment(value)) if value else Markup()


def _day(value: str | None) -> str:
    """The day of a date, or of a moment at +08:00."""
    if not value or len(value) <= len("2026-01-15"):
        return value or ""
    moment = datetime.fromisoformat(value)
    return str((moment if moment.tzinfo is None else moment.astimezone(PORTAL_TIME)).date())


def _published(value: str | None) -> str:
    """A date of publication, as exactly as it is known; where that is to the minute, with its zone."""
    if not value or "T" not in value:
        return value or ""
    return f"{value[:10]} {value[11:16]} {value[-6:]}"


def _number(value: int) -> str:
    return f"{value:,}"


def _bytes(value: int) -> str:
    """A size as people read it."""
    for size, unit in ((1_000_000_000, "GB"), (1_000_000, "MB"), (1_000, "kB")):
        if value >= size:
            return f"{value / size:,.1f} {unit}"
    return f"{value} B"


def _seconds(value: float) -> str:
    """A gap between requests, to the millisecond."""
    return f"{value:,.3f}".rstrip("0").removesuffix(".") + " s"


def _duration(value: float) -> str:
    """How long something took: ``5 s``, ``3 min``, ``2 h 05 min``."""
    minutes, seconds = divmod(round(value), 60)
    if minutes < 60:
        return f"{minutes} min {seconds:02} s" if minutes else f"{seconds} s"
    return f"{minutes // 60:,} h {minutes % 60:02} min"


def _indented(value: object) -> str:
    """JSON as people read it."""
    return json.dumps(value, ensure_ascii=False, indent=2)


def _static(name: str) -> str:
    return url("static", {"v": static_version(name)}, name=name)


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("gzcrawler.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "moment": _moment,
        "when": _when,
        "day": _day,
        "published": _published,
        "number": _number,
        "bytes": _bytes,
        "seconds": _seconds,
        "duration": _duration,
        "indented": _indented,
    }
    environment.globals |= {"url": url, "static": _static, "languages": LANGUAGES}
    return environment


ENVIRONMENT = _environment()


def render(visit: Visit, template: str, *, status: int = 200, **values: Any) -> Answer:
    """A page of a template; what sums up the archive, or finds nothing in it, is as of the last capture."""
    verified_at: Verified = values.pop("verified_at", None)
    if verified_at is None:
        (verified_at,) = visit.archive.connection.execute("SELECT max(captured_at) FROM captures").fetchone()
    elif isinstance(verified_at, tuple) and _moment(verified_at[0]) == _moment(verified_at[1]):
        verified_at = verified_at[1]
    html = ENVIRONMENT.get_template(template).render(
        visit=visit,
        menu=menu(),
        language=visit.language,
        t=Words(visit.language),
        verified_at=verified_at,
        **values,
    )
    return Answer(body=html.encode("utf-8", "replace"), status=status)


def render_error(language: str, path: str, error: PageError) -> Answer:
    """The page of an error; it needs no archive."""
    html = ENVIRONMENT.get_template("error.html").render(
        visit=None,
        menu=menu(),
        language=language,
        t=Words(language),
        verified_at=None,
        error=error,
        path=path,
        now=datetime.now(UTC),
    )
    return Answer(body=html.encode("utf-8", "replace"), status=error.status)
