"""Tables as Parquet, for pandas, DuckDB and Arrow. Needs the extra ``[parquet]``."""

from __future__ import annotations

from contextlib import ExitStack
from importlib import import_module
from typing import TYPE_CHECKING, Any

from gzcrawler.errors import UsageError
from gzcrawler.exports.tables import TABLES

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from gzcrawler.exports.tables import Row

__all__ = ["require_parquet", "write_parquet"]

_GROUP_BYTES = 16_000_000
"""Text gathered before a row group is written: bounds memory, whatever the size of the archive."""


def require_parquet() -> None:
    """Raise UsageError where pyarrow is not installed."""
    try:
        import_module("pyarrow.parquet")
    except ImportError as error:
        raise UsageError(
            "parquet needs pyarrow, which is not installed: pip install 'gzcrawler[parquet]'"
        ) from error


def write_parquet(folder: Path, articles: Iterable[dict[str, Any]]) -> None:
    """Write one file a table into a folder; `articles` are record and envelope of each."""
    arrow: Any = import_module("pyarrow")
    parquet: Any = import_module("pyarrow.parquet")
    types = {str: arrow.string(), int: arrow.int64()}
    with ExitStack() as files:
        schemas, writers = {}, {}
        for name, table in TABLES.items():
            schemas[name] = arrow.schema([(column, types[kind]) for column, kind in table.columns.items()])
            writers[name] = files.enter_context(
                parquet.ParquetWriter(folder / f"{name}.parquet", schemas[name], compression="zstd")
            )

        def flush() -> None:
            for name, rows in pending.items():
                if rows:
                    columns = [list(cells) for cells in zip(*rows, strict=True)]
                    writers[name].write_table(arrow.table(columns, schema=schemas[name]))
                    rows.clear()

        pending: dict[str, list[Row]] = {name: [] for name in TABLES}
        size = 0
        for article in articles:
            for name, table in TABLES.items():
                pending[name].extend(table.rows(article))
            size += sum(map(len, article["body"])) + 1000
            if size > _GROUP_BYTES:
                flush()
                size = 0
        flush()
