"""The snapshot pages: a folder each, with the page as received, its circumstances, and its expected answer."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from gzcrawler.errors import ReadingError
from gzcrawler.items import Capture
from gzcrawler.portals import load_portal
from gzcrawler.readers import read_page

__all__ = ["Case", "cases", "differences", "read"]

ROOT = Path(__file__).parent / "snapshots"
NOT_COMPARED = frozenset({"layout", "warnings"})
"""Answers that a page's author cannot know."""


@dataclass(frozen=True)
class Case:
    """One page."""

    path: Path

    @property
    def name(self) -> str:
        """``portal/dress/case``."""
        return str(self.path.relative_to(ROOT))

    @property
    def dress(self) -> str:
        """``portal/dress``."""
        return str(self.path.parent.relative_to(ROOT))

    @property
    def meta(self) -> dict[str, Any]:
        """Address, moment, status, headers; and a field whose oddity has to be warned about."""
        return _load(self.path / "meta.json")

    @property
    def expected(self) -> dict[str, Any]:
        """The record's fields, or ``{"error": class name}``."""
        answer = self.path / "expected.json"
        return _load(answer if answer.exists() else self.path / "error.json")


@cache
def cases() -> tuple[Case, ...]:
    """All pages, by name."""
    return tuple(Case(page.parent) for page in sorted(ROOT.glob("*/*/*/page.html")))


@cache
def read(case: Case) -> dict[str, Any]:
    """What the readers make of a page: its record, or ``{"error": class name, "message": …}``."""
    meta = case.meta
    capture = Capture(
        url=meta["url"],
        captured_at=datetime.fromisoformat(meta["captured_at"]),
        status=meta["status"],
        payload=(case.path / "page.html").read_bytes(),
        response_headers=tuple(meta["headers"].items()),
    )
    try:
        return read_page(capture, load_portal(case.name.partition("/")[0])).page.as_dict()
    except ReadingError as error:
        return {"error": type(error).__name__, "message": str(error)}


def differences(case: Case) -> dict[str, tuple[Any, Any]]:
    """Field -> (expected, read) where they differ, over the fields that are given."""
    actual = read(case)
    return {
        name: (value, actual.get(name))
        for name, value in case.expected.items()
        if name not in NOT_COMPARED and actual.get(name) != value
    }


@cache
def _load(path: Path) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return value
