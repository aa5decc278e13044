"""The form of a map: which keys a table may hold and what may stand under them, checked one by one."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Literal

from gzcrawler.errors import MapError

if TYPE_CHECKING:
    import re
    from collections.abc import Iterable, Mapping, Sequence

__all__ = ["Key", "as_day", "check_table", "check_value", "map_error", "nearest"]

_TYPES: dict[str, tuple[tuple[type, ...], str]] = {
    "text": ((str,), "text"),
    "flag": ((bool,), "true or false"),
    "whole": ((int,), "a whole number"),
    "number": ((int, float), "a number"),
    "day": ((date, str), "a date such as 2017-06-27"),
    "day or false": ((date, str, bool), "a date such as 2017-06-27, or false"),
    "texts": ((list, tuple), "a list of texts"),
    "table": ((dict,), "a table"),
    "tables": ((list, tuple), "a list of tables ([[…]])"),
}


_MOST = 1e12
"""No delay, time or size of a map is beyond it; infinity is."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Key:
    """What may stand under one key."""

    type: Literal["text", "flag", "whole", "number", "day", "day or false", "texts", "table", "tables"]
    required: bool = False
    """Must be there; a list must not be empty."""
    choices: tuple[str, ...] = ()
    form: re.Pattern[str] | None = None
    form_name: str = ""
    least: float = 0
    keys: Mapping[str, Key] = field(default_factory=dict)
    """Of a table, or of each table in a list."""


def nearest(name: str, known: Iterable[str]) -> str:
    """A suggestion to end an error with: `` (did you mean 'hosts'?)``, or the few there are, or nothing."""
    names = sorted(known)
    close = get_close_matches(name, names, n=1, cutoff=0.6)
    if close:
        return f" (did you mean {close[0]!r}?)"
    return f" (known: {', '.join(names)})" if 0 < len(names) <= 20 else ""


def map_error(origin: str, key: str, reason: str) -> MapError:
    """The error for one mistake, on one line: file, key, reason."""
    return MapError(" ".join(f"{origin}: {key}: {reason}".splitlines()))


def as_day(value: date | str | None) -> date | None:
    """A day of a map that was found valid, whether TOML or JSON brought it."""
    return date.fromisoformat(value) if isinstance(value, str) else value


def check_table(table: Mapping[str, Any], keys: Mapping[str, Key], origin: str, where: str) -> None:
    """Pass over a table that holds what its keys allow.

    Args:
        table: as parsed from TOML.
        keys: what may stand in it.
        origin: the file, for the error message.
        where: dotted key of the table with a dot at its end; empty for the file itself.

    Raises:
        MapError: the first mistake found.
    """
    for name in table:
        if name not in keys:
            raise map_error(origin, where + name, f"no such key{nearest(name, keys)}")
    for name, key in keys.items():
        if name in table:
            check_value(table[name], key, origin, where + name)
        elif key.required:
            raise map_error(origin, where + name, "is missing")


def check_value(value: object, key: Key, origin: str, name: str) -> None:
    """Pass over one value, and all that is in it.

    Raises:
        MapError: the first mistake found.
    """
    types, wanted = _TYPES[key.type]
    if (
        not isinstance(value, types)
        or (isinstance(value, bool) and bool not in types)
        or isinstance(value, datetime)
        or (key.type == "day or false" and value is True)
    ):
        raise map_error(origin, name, f"must be {wanted}, not {_shown(value)}")
    if isinstance(value, list | tuple):
        _list(value, key, origin, name)
    elif isinstance(value, dict):
        check_table(value, key.keys, origin, f"{name}.")
    elif (
        key.type in ("whole", "number") and isinstance(value, int | float) and not key.least <= value < _MOST
    ):
        raise map_error(origin, name, f"must be {key.least:g} or more, not {value}")
    elif isinstance(value, str):
        _day(value, origin, name) if key.type.startswith("day") else _text(value, key, origin, name)


def _day(value: str, origin: str, name: str) -> None:
    """A date as text: maps kept in an archive come back from JSON, which knows no dates."""
    try:
        whole = date.fromisoformat(value).isoformat() == value
    except ValueError:
        whole = False
    if not whole:
        raise map_error(origin, name, f"must be a date such as 2017-06-27, not {value!r}")


def _list(values: Sequence[object], key: Key, origin: str, name: str) -> None:
    if key.required and not values:
        raise map_error(origin, name, "must not be empty")
    seen: set[str] = set()
    for i, value in enumerate(values):
        at = f"{name}[{i}]"
        if key.type == "tables":
            if not isinstance(value, dict):
                raise map_error(origin, at, f"must be a table, not {_shown(value)}")
            check_table(value, key.keys, origin, f"{at}.")
            continue
        if not isinstance(value, str):
            raise map_error(origin, at, f"must be text, not {_shown(value)}")
        _text(value, key, origin, at)
        if value in seen:
            raise map_error(origin, at, f"{value!r} is listed twice")
        seen.add(value)


def _text(value: str, key: Key, origin: str, name: str) -> None:
    if not value:
        raise map_error(origin, name, "must not be empty")
    if key.choices and value not in key.choices:
        choices = ", ".join(key.choices)
        raise map_error(origin, name, f"must be one of {choices}, not {value!r}{nearest(value, key.choices)}")
    if key.form and not key.form.fullmatch(value):
        raise map_error(origin, name, f"must be {key.form_name}, not {value!r}")


def _shown(value: object) -> str:
    names = {
        str: "text",
        bool: "true or false",
        int: "a number",
        float: "a number",
        dict: "a table",
        list: "a list",
    }
    return names.get(type(value), type(value).__name__)
