"""Templates: how an answer is made of one, and what all of them are given."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from gzcrawler.web.pages.plain import static_version
from gzcrawler.web.routes import menu, url
from gzcrawler.web.texts import LANGUAGES, text, texts_of
from gzcrawler.web.visits import Answer

if TYPE_CHECKING:
    from gzcrawler.web.visits import PageError, Visit

__all__ = ["ENVIRONMENT", "Words", "render", "render_error"]

PORTAL_TIME = timezone(timedelta(hours=8))
"""The portals' own clock."""


class Words:
    """The texts of one language, as templates call them."""

    def __init__(self, language: str) -> None:
        self._language = language

    def __call__(self, key: str, /, **values: object) -> str:
        """The words for a key of our own."""
        return text(key, self._language, **values)

    def or_key(self, key: str) -> str:
        """The words for a name out of the archive, which may be newer than the texts: then the name itself."""
        return texts_of(self._language).get(key, key.partition(".")[2])


def _moment(value: str | None) -> str:
    """A moment as people read it, at +08:00, to the minute."""
    if not value:
        return ""
    there = datetime.fromisoformat(value).astimezone(PORTAL_TIME)
    return f"{there:%Y-%m-%d %H:%M} +08:00"


def _day(value: str | None) -> str:
    """The day of a date, or of a moment at +08:00."""
    if not value or len(value) <= len("2026-01-15"):
        return value or ""
    moment = datetime.fromisoformat(value)
    return str((moment if moment.tzinfo is None else moment.astimezone(PORTAL_TIME)).date())


def _published(value: str | None) -> str:
    """A date of publication, as exactly as it is known."""
    return (value or "")[:16].replace("T", " ")


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
    """A page of a template."""
    if "verified_at" not in values:
        values["verified_at"] = visit.archive.connection.execute(
            "SELECT max(captured_at) FROM captures"
        ).fetchone()[0]
    html = ENVIRONMENT.get_template(template).render(
        visit=visit, menu=menu(), language=visit.language, t=Words(visit.language), **values
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
