"""What the interface says, in each of its languages: one TOML file a language, a table a page."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

__all__ = ["DEFAULT_LANGUAGE", "LANGUAGES", "choose_language", "in_words", "text", "texts_of"]

DEFAULT_LANGUAGE = "en"
LANGUAGES = {"en": "English", "zh": "中文"}
"""Key -> its name in itself. Keys are BCP 47 languages as well."""


def text(key: str, language: str = DEFAULT_LANGUAGE, /, **values: object) -> str:
    """The interface's words for a key; values take the place of ``{name}``.

    Args:
        key: ``page.word``, as in the file.
        language: of `LANGUAGES`.
        values: numbers get their thousands apart.

    Raises:
        KeyError: there is no such text.
    """
    shown = {name: in_words(value) for name, value in values.items()}
    found = texts_of(language)[key]
    return found.format_map(shown) if shown else found


def in_words(value: object) -> str:
    """A value as it stands in a text: numbers with their thousands apart."""
    return f"{value:,}" if isinstance(value, int) else str(value)


@cache
def texts_of(language: str) -> dict[str, str]:
    """All texts of a language: ``page.word`` -> text."""
    tables: dict[str, Any] = tomllib.loads(
        files("gzcrawler.web").joinpath("texts", f"{language}.toml").read_text("utf-8")
    )
    return {f"{table}.{word}": words for table, entries in tables.items() for word, words in entries.items()}


def choose_language(asked: str | None, remembered: str | None, accepted: str) -> str:
    """Which language a visitor gets: the one asked for, or the last one, or what the browser accepts best.

    Args:
        asked: by the address, ``?lang=zh``.
        remembered: in the cookie.
        accepted: the header Accept-Language.
    """
    for wish in (asked, remembered):
        if wish in LANGUAGES:
            return wish
    ranked = []
    for place, piece in enumerate(accepted[:500].split(",")):
        name, _, parameter = piece.strip().partition(";")
        quality = parameter.strip().removeprefix("q=") if parameter else "1"
        try:
            ranked.append((-float(quality), place, name.partition("-")[0].lower()))
        except ValueError:
            continue
    return next(
        (name for quality, _, name in sorted(ranked) if name in LANGUAGES and quality < 0), DEFAULT_LANGUAGE
    )
