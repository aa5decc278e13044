"""Parquet in folders by portal and year: the same rows, whoever makes the files, and what DuckDB makes of them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow.parquet as parquet
import pytest

from gzcrawler.exports.tables import TABLES

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result

    Call = Callable[..., Result]
    Export = Callable[..., Path]


def contents(folder: Path) -> dict[str, bytes]:
    """Every file but the manifest."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*.parquet")
        if path.is_file()
    }


@pytest.mark.parametrize("partition", ["portal,year", "year", "portal"])
def test_partitions_hold_the_rows_of_the_whole_tables(crawled: Path, export: Export, partition: str) -> None:
    whole = export(crawled, kind="parquet", to="whole")
    parts = export(crawled, "--partition", partition, "--workers", 1, kind="parquet", to="parts")
    for name, table in TABLES.items():
        columns = ", ".join(table.columns)
        read = "SELECT {} FROM read_parquet('{}', hive_partitioning = {}) ORDER BY ALL"
        expected = duckdb.sql(read.format(columns, whole / f"{name}.parquet", False)).fetchall()
        assert expected
        assert duckdb.sql(read.format(columns, f"{parts}/{name}/**/*.parquet", True)).fetchall() == expected


def test_an_article_lies_in_the_year_of_its_publication(crawled: Path, export: Export) -> None:
    parts = export(crawled, "--partition", "portal,year", "--workers", 1, kind="parquet", to="parts")
    rows = duckdb.sql(
        f"""SELECT portal, year, min(published[:4]), max(published[:4]), count(*)
        FROM read_parquet('{parts}/articles/**/*.parquet', hive_partitioning = true) GROUP BY ALL"""
    ).fetchall()
    assert len(rows) > 3
    for portal, year, first, last, number in rows:
        assert portal == "replica"
        assert (str(year), str(year)) == (first, last) or (year, first) == (None, None)
        assert number > 0


def test_what_a_folders_name_says_stands_in_no_file(crawled: Path, export: Export) -> None:
    parts = export(crawled, "--partition", "portal,year", "--workers", 1, kind="parquet", to="parts")
    for path in (parts / "articles").rglob("*.parquet"):
        assert "portal" not in parquet.read_schema(path).names


def test_the_files_are_the_same_whoever_makes_them(
    crawled: Path, export: Export, cluster_address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gzcrawler.exports.parquet_partitions._FILE_BYTES", 20_000)
    monkeypatch.setattr("gzcrawler.exports.parquet_partitions._GATHERED_BYTES", 100_000)
    made = [
        export(crawled, "--partition", "portal,year", *workers, kind="parquet", to="parts")
        for workers in (("--workers", 1), ("--workers", 2), ("--cluster", cluster_address))
    ]
    first, second, third = map(contents, made)
    assert first == second == third
    assert any(name.endswith("part-00001.parquet") for name in first)


def test_the_manifest_lists_every_file_and_counts_articles(crawled: Path, export: Export) -> None:
    parts = export(crawled, "--partition", "year", "--workers", 1, kind="parquet", to="parts")
    manifest = json.loads((parts / "manifest.json").read_text("utf-8"))
    assert manifest["files"].keys() == contents(parts).keys()
    ((number,),) = duckdb.sql(f"SELECT count(*) FROM '{parts}/articles/**/*.parquet'").fetchall()
    assert manifest["counts"]["articles"] == number


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--partition", "month"), "--partition month: can be portal,year"),
        (("--partition", "year,year"), "--partition year,year: can be portal,year"),
        (("--workers", 2), "share out what --partition makes"),
        (("--cluster", "tcp://127.0.0.1:9"), "share out what --partition makes"),
        (("--partition", "year", "--out", "-"), "cannot go to stdout"),
    ],
)
def test_a_wrong_call_is_one_line(
    call: Call, crawled: Path, tmp_path: Path, arguments: tuple[Any, ...], said: str
) -> None:
    ended = call("export", "parquet", "--archive", crawled, "--out", tmp_path / "out", *arguments)
    assert ended.exit_code == 2
    assert said in ended.stderr
    assert len(ended.stderr.splitlines()) == 1
    assert not (tmp_path / "out").exists()
