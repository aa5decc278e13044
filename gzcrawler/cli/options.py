"""Options that several commands share, so that each means the same everywhere."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import click

__all__ = [
    "archive_option",
    "as_json_option",
    "contact_option",
    "echo_json",
    "parse_day",
    "parse_duration",
    "parse_moment_or_day",
    "portal_option",
]

_UNITS = {"min": "minutes", "h": "hours", "d": "days"}

archive_option = click.option(
    "--archive",
    type=click.Path(file_okay=False, path_type=Path),
    default="archive",
    envvar="GZCRAWLER_ARCHIVE",
    show_default=True,
    show_envvar=True,
    help="Folder of the archive.",
)

portal_option = click.option(
    "--portal",
    default="guangzhou",
    show_default=True,
    metavar="NAME|FILE.toml",
    help="A built-in portal map (`gzcrawler portal list`) or a file of your own.",
)

as_json_option = click.option("--json", "as_json", is_flag=True, help="JSON on stdout.")

contact_option = click.option(
    "--contact",
    envvar="GZCRAWLER_CONTACT",
    show_envvar=True,
    help="Address or page where the portal's people reach you; sent with every request.",
)


def echo_json(value: Any) -> None:
    """Print a value as indented JSON, readable in any script."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))


def parse_day(_ctx: click.Context, _param: click.Parameter, value: str | None) -> str | None:
    """An ISO date, or a usage error that says so."""
    if value is None:
        return None
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
        raise click.BadParameter(f"{value!r} is not a day; write YYYY-MM-DD")
    try:
        return date.fromisoformat(value).isoformat()
    except ValueError as error:
        raise click.BadParameter(f"{value!r} is not a day that exists") from error


def parse_duration(_ctx: click.Context, _param: click.Parameter, value: str | None) -> timedelta | None:
    """``30min``, ``26h`` or ``3d``, or a usage error that says so."""
    if value is None:
        return None
    match = re.fullmatch(r"([0-9]{1,6}) ?(min|h|d)", value)
    if match is None or not int(match[1]):
        raise click.BadParameter(f"{value!r} is no length of time; write 30min, 26h or 3d")
    return timedelta(**{_UNITS[match[2]]: int(match[1])})


def parse_moment_or_day(_ctx: click.Context, _param: click.Parameter, value: str | None) -> datetime | None:
    """A moment, or the last one of a day at +08:00, the portal's own; or a usage error that says so."""
    if value is None:
        return None
    day = parse_day(_ctx, _param, value) if re.fullmatch(r"\d{4}-\d{2}-\d{2}", value) else None
    try:
        moment = datetime.fromisoformat(f"{day}T23:59:59.999+08:00" if day else value)
    except ValueError as error:
        raise click.BadParameter(f"{value!r} is neither a day, YYYY-MM-DD, nor an ISO 8601 time") from error
    if moment.tzinfo is None:
        raise click.BadParameter(f"{value!r} has no offset; write 2026-01-15T09:00:00+08:00 or …Z")
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise click.BadParameter(f"{value!r} is beyond the calendar") from error
