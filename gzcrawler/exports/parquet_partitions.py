"""The tables as folders of Parquet files by portal and year, as DuckDB, Spark and Arrow read a lot of them.

Articles are gathered by partition and shared out: workers make files of them, whose bytes are written here.
Which articles go into which file follows from their order alone, so the same archive gives the same files.
"""

from __future__ import annotations

import re
from contextlib import nullcontext
from dataclasses import dataclass
from importlib import import_module
from io import BytesIO
from typing import TYPE_CHECKING, Any

from gzcrawler.errors import UsageError
from gzcrawler.exports.tables import TABLES
from gzcrawler.exports.whole_files import as_export_errors
from gzcrawler.workers import Job

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from gzcrawler.archive.viewpoint import StandingArticle
    from gzcrawler.workers import Workers

__all__ = ["parse_partition", "write_partitions"]

_KEYS = ("portal", "year")
_NONE = "__HIVE_DEFAULT_PARTITION__"
"""How Hive, and all that came after it, writes that there is no value."""

_FILE_BYTES = 8_000_000
"""Text in a file at most, and one article: some megabytes travel to a worker and back."""
_GATHERED_BYTES = 64_000_000
"""Text gathered for all partitions: beyond it the fullest is written. Bounds memory; few make many small files."""

_PORTAL = re.compile(rb'"portal":"([^"\\]+)"')
_YEAR = re.compile(rb'"published":(?:"(\d{4})|null)')
"""A record's own fields: inside a text of it quotation marks would be escaped."""


@dataclass(frozen=True, slots=True)
class _Part:
    """Articles that make a file of each table."""

    values: tuple[tuple[str, str], ...]
    """Key of the partition and value."""
    number: int
    articles: list[StandingArticle]

    @property
    def path(self) -> str:
        """Below a table's folder."""
        folders = "/".join(f"{key}={value}" for key, value in self.values)
        return f"{folders}/part-{self.number:05d}.parquet"


def parse_partition(text: str) -> tuple[str, ...]:
    """``portal,year``, or one of them.

    Raises:
        UsageError: another key, or one of them twice.
    """
    keys = tuple(key.strip() for key in text.split(","))
    if len(set(keys)) < len(keys) or not set(keys) <= set(_KEYS):
        raise UsageError(f"--partition {text}: can be portal,year or year,portal or one of the two")
    return keys


def write_partitions(
    folder: Path, articles: Iterable[StandingArticle], *, keys: tuple[str, ...], workers: Workers
) -> None:
    """Write ``<table>/<key>=<value>/…/part-<number>.parquet`` into a folder.

    Raises:
        ExportError: it cannot be written.
        UsageError, ClusterUnreachableError, WorkerKilledError: as `Workers.results`.
    """
    job = Job(begin=nullcontext, work=_files, name=_name, preload=("gzcrawler.exports.parquet_partitions",))
    with as_export_errors(folder):
        for files in workers.results(job, _parts(articles, keys)):
            for path, data in files:
                target = folder / path
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(data)


class _Gathering:
    """Articles of one partition that wait to become a file."""

    def __init__(self) -> None:
        self.number = 0
        self.size = 0
        self.articles: list[StandingArticle] = []


def _parts(articles: Iterable[StandingArticle], keys: tuple[str, ...]) -> Iterator[_Part]:
    gathered: dict[tuple[tuple[str, str], ...], _Gathering] = {}
    total = 0

    def part(values: tuple[tuple[str, str], ...]) -> _Part:
        gathering = gathered[values]
        made = _Part(values, gathering.number, gathering.articles)
        gathering.number += 1
        gathering.size, gathering.articles = 0, []
        return made

    for article in articles:
        values = tuple((key, _value(key, article.record)) for key in keys)
        gathering = gathered.setdefault(values, _Gathering())
        gathering.articles.append(article)
        gathering.size += len(article.record)
        total += len(article.record)
        fullest = values
        if total > _GATHERED_BYTES:
            fullest = max(gathered, key=lambda key: gathered[key].size)
        if total > _GATHERED_BYTES or gathering.size > _FILE_BYTES:
            total -= gathered[fullest].size
            yield part(fullest)
    for values in sorted(gathered):
        if gathered[values].articles:
            yield part(values)


def _value(key: str, record: bytes) -> str:
    found = (_PORTAL if key == "portal" else _YEAR).search(record)
    return found[1].decode() if found is not None and found[1] is not None else _NONE


def _name(part: _Part) -> str:
    return part.path


# -- in the workers ------------------------------------------------------------------------------------


def _files(_: None, part: _Part) -> list[tuple[str, bytes]]:
    """(path, contents) of a file of each table."""
    arrow: Any = import_module("pyarrow")
    parquet: Any = import_module("pyarrow.parquet")
    types = {str: arrow.string(), int: arrow.int64()}
    # What stands in a folder's name does not stand in its files as well: Spark takes that for an error.
    told = dict(part.values)
    entries = [article.as_dict() for article in part.articles]
    files = []
    for name, table in TABLES.items():
        rows = [row for entry in entries for row in table.rows(entry)]
        columns = list(zip(*rows, strict=True)) if rows else [()] * len(table.columns)
        kept = {
            column: arrow.array(cells, types[kind])
            for (column, kind), cells in zip(table.columns.items(), columns, strict=True)
            if column not in told
        }
        sink = BytesIO()
        parquet.write_table(arrow.table(kept), sink, compression="zstd")
        files.append((f"{name}/{part.path}", sink.getvalue()))
    return files
