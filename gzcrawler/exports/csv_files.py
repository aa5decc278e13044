"""Tables as CSV (RFC 4180, UTF-8), safe to open in a spreadsheet."""

from __future__ import annotations

import csv
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from gzcrawler.exports.tables import TABLES

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from gzcrawler.exports.tables import Row

__all__ = ["safe_row", "write_csv"]

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
"""Beginnings that spreadsheets take for a formula."""


def write_csv(folder: Path, articles: Iterable[dict[str, Any]], *, byte_order_mark: bool) -> None:
    """Write one file a table.

    Args:
        folder: to write them into.
        articles: record and envelope of each.
        byte_order_mark: begin with it, by which Excel tells UTF-8.
    """
    encoding = "utf-8-sig" if byte_order_mark else "utf-8"
    with ExitStack() as files:
        writers = {}
        for name, table in TABLES.items():
            file = files.enter_context((folder / f"{name}.csv").open("w", encoding=encoding, newline=""))
            writers[name] = csv.writer(file)
            writers[name].writerow(table.columns)
        for article in articles:
            for name, table in TABLES.items():
                writers[name].writerows(map(safe_row, table.rows(article)))


def safe_row(row: Row) -> Row:
    """An apostrophe before what would be calculated: a spreadsheet shows the text then."""
    return tuple(f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell for cell in row)
