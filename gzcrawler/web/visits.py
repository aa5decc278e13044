"""A visit and its answer: what a page is given, and what it gives back."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from gzcrawler.archive import OpenArchive

__all__ = [
    "Answer",
    "BadRequest",
    "Page",
    "PageError",
    "PageGone",
    "PageNotFound",
    "Query",
    "StillCounting",
    "TookTooLong",
    "Verified",
    "Visit",
    "parse_query_string",
]

_FIELDS_AT_MOST = 60
_VALUE_AT_MOST = 2_000
"""Characters of one parameter; addresses are the longest that are asked for."""


class PageError(Exception):
    """What is answered with a page that says so; `key` names its words in the texts, under ``error``."""

    status = 500
    key = "broken"

    def __init__(self, detail: str | None = None) -> None:
        super().__init__(detail or self.key)
        self.detail = detail
        """What a visitor can do with, in a line; shown as it stands."""


class BadRequest(PageError):  # noqa: N818  # named as HTTP names it
    """The address or a parameter means nothing here."""

    status = 400
    key = "bad_request"


class PageNotFound(PageError):  # noqa: N818
    """Nothing stands at this address."""

    status = 404
    key = "not_found"


class PageGone(PageError):  # noqa: N818
    """It was withdrawn from the archive."""

    status = 410
    key = "withdrawn"


class TookTooLong(PageError):  # noqa: N818
    """A question that would keep the server from everything else."""

    status = 503
    key = "too_long"


class StillCounting(PageError):  # noqa: N818
    """The answer is being counted, and is there for a later visit."""

    status = 503
    key = "counting"


@dataclass(frozen=True, slots=True)
class Query:
    """The parameters of an address; each value a text without NUL, at most 2,000 characters long."""

    pairs: tuple[tuple[str, str], ...] = ()

    def text(self, name: str, default: str = "") -> str:
        """The first value of that name, blanks at its ends cut off."""
        return next((value for key, value in self.pairs if key == name), default).strip()

    def every(self, name: str) -> tuple[str, ...]:
        """All values of that name that are not empty, each once."""
        found = (value.strip() for key, value in self.pairs if key == name)
        return tuple(dict.fromkeys(value for value in found if value))

    def number(self, name: str, default: int, *, least: int = 1, most: int) -> int:
        """A whole number within bounds.

        Raises:
            BadRequest: it is none, or out of them.
        """
        given = self.text(name)
        if not given:
            return default
        if not re.fullmatch(r"[0-9]{1,9}", given) or not least <= int(given) <= most:
            raise BadRequest(f"{name}: {least:,} – {most:,}")
        return int(given)

    def one_of(self, name: str, choices: Sequence[str]) -> str:
        """One of the choices, the first if it is not given.

        Raises:
            BadRequest: another.
        """
        given = self.text(name) or choices[0]
        if given not in choices:
            raise BadRequest(f"{name}: {', '.join(choices)}")
        return given

    def day(self, name: str) -> date | None:
        """A day, ``2026-01-15``; None if it is not given.

        Raises:
            BadRequest: it is none.
        """
        given = self.text(name)
        if not given:
            return None
        if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", given):
            raise BadRequest(f"{name}: YYYY-MM-DD")
        try:
            return date.fromisoformat(given)
        except ValueError as error:
            raise BadRequest(f"{name}: YYYY-MM-DD") from error

    def changed(self, **changes: str | int | Iterable[str] | None) -> str:
        """The same parameters as a query string, some of them otherwise; None takes one away."""
        kept = [(name, value) for name, value in self.pairs if name not in changes and value]
        for name, change in changes.items():
            values = [change] if isinstance(change, str | int) else change or ()
            kept += [(name, str(value)) for value in values]
        return urlencode(kept)


def parse_query_string(raw: bytes) -> Query:
    """The parameters of a request.

    Raises:
        BadRequest: too many, too long, or not UTF-8.
    """
    try:
        pairs = parse_qsl(
            raw.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=_FIELDS_AT_MOST
        )
    except ValueError as error:  # UnicodeDecodeError is one
        raise BadRequest from error
    if any("\0" in value or len(value) > _VALUE_AT_MOST for pair in pairs for value in pair):
        raise BadRequest
    return Query(tuple(pairs))


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What goes back to the browser."""

    body: bytes
    media_type: str = "text/html; charset=utf-8"
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    """A Content-Security-Policy here takes the place of the usual one."""

    @classmethod
    def of_json(cls, value: Any, status: int = 200) -> Answer:
        """Indented, readable for people too."""
        text = json.dumps(value, ensure_ascii=False, indent=2) + "\n"
        return cls(body=text.encode(), media_type="application/json; charset=utf-8", status=status)

    @classmethod
    def of_text(cls, text: str, media_type: str = "text/plain") -> Answer:
        """In UTF-8."""
        return cls(body=text.encode("utf-8", "replace"), media_type=f"{media_type}; charset=utf-8")

    @classmethod
    def redirect(cls, address: str) -> Answer:
        """To another address of this site."""
        return cls(body=b"", status=302, media_type="text/plain", headers={"Location": address})


@dataclass(frozen=True, kw_only=True, slots=True)
class Visit:
    """One request, as a page sees it."""

    archive: OpenArchive
    """Open for reading; all of a visit sees it as it was at one moment."""
    parts: Mapping[str, str]
    """What the route's path names, decoded."""
    query: Query
    language: str
    """Of the interface."""
    path: str
    """As asked, still encoded."""
    origin: str
    """Scheme and host as the visitor wrote them, ``http://127.0.0.1:8001``; a stranger's text where any host is let in."""
    tables: bool
    """Are Datasette's pages of tables open?"""
    renderer: Callable[..., Answer]
    """Makes a page of a template; `render` calls it."""
    url: Callable[..., str]
    """`routes.url`, which pages cannot import, since it knows them all."""

    def render(self, template: str, *, status: int = 200, **values: Any) -> Answer:
        """An HTML page."""
        return self.renderer(self, template, status=status, **values)


Page = Callable[[Visit], Answer]
Verified = str | tuple[str, str] | None
"""When what a page shows was last verified: a moment, or the first and the last where its pieces were at several."""
