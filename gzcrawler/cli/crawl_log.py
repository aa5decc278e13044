"""`--log`: what a crawl tells while nobody watches, as lines of JSON in a file that stays small."""

from __future__ import annotations

import json
import logging
from contextlib import contextmanager
from logging.handlers import RotatingFileHandler
from typing import TYPE_CHECKING, Any

from gzcrawler.archive.moments import format_moment, utc_now
from gzcrawler.errors import GzcrawlerError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

__all__ = ["crawl_log"]

_BYTES = 1_000_000
"""Of a file; a crawl of an hour writes some 60 KB."""
_OLDER = 4
"""Files kept besides the one that is written: ``crawl.log.1`` is the last."""


class _JsonLines(logging.Formatter):
    """A warning of any library, in the form of the other lines."""

    def format(self, record: logging.LogRecord) -> str:
        facts = record.args if record.name == __name__ else None
        if not isinstance(facts, dict):
            facts = {"level": record.levelname, "logger": record.name, "message": record.getMessage()}
        return json.dumps({"at": format_moment(utc_now())} | facts, ensure_ascii=False, default=str)


@contextmanager
def crawl_log(path: Path | None) -> Iterator[Callable[[Mapping[str, Any]], None]]:
    """A function that appends facts to the log, with the moment; what libraries warn of goes there too.

    Raises:
        UsageError: the file cannot be written.
    """
    if path is None:
        yield lambda _facts: None
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handler = RotatingFileHandler(path, maxBytes=_BYTES, backupCount=_OLDER, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"--log: {path} cannot be written ({error.strerror})") from error
    handler.setFormatter(_JsonLines())
    handler.setLevel(logging.WARNING)
    logging.getLogger().addHandler(handler)

    def write(facts: Mapping[str, Any]) -> None:
        record = logging.LogRecord(__name__, logging.WARNING, "", 0, "", None, None)
        record.args = dict(facts)
        handler.handle(record)

    try:
        yield write
    except GzcrawlerError as error:
        write({"exit_code": error.exit_code, "verdict": str(error)})
        raise
    finally:
        logging.getLogger().removeHandler(handler)
        handler.close()
