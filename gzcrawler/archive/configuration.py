"""``gzcrawler.toml`` in the archive's folder: what every crawl of this archive is told, whoever starts it."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from gzcrawler.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["CONFIGURATION_FILE", "Configuration", "read_configuration"]

CONFIGURATION_FILE = "gzcrawler.toml"


@dataclass(frozen=True, kw_only=True, slots=True)
class Configuration:
    """The keys of the file, all optional; an option or an environment variable goes before each."""

    contact: str | None = None
    """Who crawls: a mail address, or a page about you."""
    window: str | None = None
    """Hours at +08:00 within which hosts are asked: ``01:00-06:00``."""
    notify: str | None = None
    """Shell command that gets each crawl's verdict as JSON on its standard input."""


def read_configuration(archive: Path) -> Configuration:
    """What the archive's file says; nothing where there is none.

    Raises:
        UsageError: it is no TOML, or has a key or value that means nothing; the message names it.
    """
    path = archive / CONFIGURATION_FILE
    try:
        facts = tomllib.loads(path.read_text("utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return Configuration()
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror})") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: is no TOML: {error}") from error
    known = [field.name for field in fields(Configuration)]
    for key, value in facts.items():
        if key not in known:
            raise UsageError(f"{path}: {key}: is no key of this file (known: {', '.join(known)})")
        if not isinstance(value, str) or not value.strip():
            raise UsageError(f"{path}: {key}: must be a text, not {value!r}")
    return Configuration(**facts)
