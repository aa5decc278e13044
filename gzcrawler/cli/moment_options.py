"""Moments on the command line: a day means that day at +08:00, a time says its offset."""

from __future__ import annotations

import re
from datetime import datetime, time, timedelta, timezone

import click

from gzcrawler.archive.moments import format_moment

__all__ = ["as_moment", "moment_at_the_end_of"]

_PORTAL_ZONE = timezone(timedelta(hours=8))
_LAST_OF_DAY = time(23, 59, 59, 999000)


def as_moment(text: str) -> str:
    """A moment as the archive writes it; of a day its last one, at +08:00.

    Raises:
        ValueError: in words, why it is none.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        shaped = re.fullmatch(r"\d{4}-\d{2}-\d{2}([T ].*)?", text)
        raise ValueError(
            f"{text!r} is not a moment that exists"
            if shaped
            else f"{text!r} is neither a day nor a time; write 2024-05-01 or 2024-05-01T09:00:00+08:00"
        ) from error
    if re.fullmatch(r"\d{4}-?\d{2}-?\d{2}", text):
        moment = datetime.combine(moment.date(), _LAST_OF_DAY, _PORTAL_ZONE)
    elif moment.tzinfo is None:
        raise ValueError(f"{text!r} has no offset; write {text}+08:00 or {text}Z")
    return format_moment(moment)


def moment_at_the_end_of(_ctx: click.Context, _param: click.Parameter, value: str | None) -> str | None:
    """The same for an option that may be missing."""
    if value is None:
        return None
    try:
        return as_moment(value)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error
