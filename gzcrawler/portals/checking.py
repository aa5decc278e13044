"""Checking a map before anything is built from it: every mistake is one line with file, key and reason."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["check_map"]


def check_map(facts: Mapping[str, Any], origin: str) -> None:
    """Pass, or say what is wrong."""
