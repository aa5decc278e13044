"""JSON lines, CSV and Parquet: the same articles in other shapes."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as parquet
import pytest
from archive_pages import STORY, article_page, at, capture, record

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gzcrawler.archive import Archive

    Export = Callable[..., Path]


def articles(snapshot: Path) -> list[dict[str, Any]]:
    return json.loads(snapshot.read_bytes())["articles"]


def table(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / f"{name}.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_json_lines_are_the_articles_of_the_snapshot(crawled: Path, export: Export) -> None:
    lines = export(crawled, kind="jsonl", to="out.jsonl").read_text("utf-8").splitlines()
    assert [json.loads(line) for line in lines] == articles(export(crawled))


def test_json_lines_go_to_stdout_too(crawled: Path, export: Export) -> None:
    command = [sys.executable, "-m", "gzcrawler", "export", "jsonl", "--archive", crawled, "--out", "-"]
    printed = subprocess.run(command, capture_output=True, check=True).stdout
    assert printed == export(crawled, kind="jsonl", to="out.jsonl").read_bytes()


def test_tables_hold_what_the_records_do(crawled: Path, export: Export) -> None:
    folder, expected = export(crawled, kind="csv", to="tables"), articles(export(crawled))
    rows = table(folder, "articles")
    assert [row["id"] for row in rows] == [article["id"] for article in expected]
    assert [row["body"] for row in rows] == ["\n\n".join(article["body"]) for article in expected]
    assert [row["warc"] for row in rows] == [article["envelope"]["warc"] for article in expected]
    images = [(article["id"], image["url"]) for article in expected for image in article["images"]]
    assert [(row["article_id"], row["url"]) for row in table(folder, "images")] == images
    authors = [(article["id"], name) for article in expected for name in article["authors"]]
    assert [(row["article_id"], row["name"]) for row in table(folder, "authors")] == authors
    links = sum(
        len(article[name])
        for article in expected
        for name in ("related_links", "inline_links", "attachments", "videos")
    )
    assert len(table(folder, "links")) == links


def test_no_cell_begins_as_a_formula(write: Callable[..., Archive], export: Export, tmp_path: Path) -> None:
    title = '=HYPERLINK("http://example.org","Look")'
    page = article_page("+1 million visitors came, counted by hand.", title=title.replace('"', "&quot;"))
    with write() as archive:
        record(archive, capture(STORY, page, at(0)))
    (row,) = table(export(tmp_path / "archive", kind="csv", to="tables"), "articles")
    assert row["title"] == f"'{title}"
    assert row["body"].startswith("'+1 million visitors")


@pytest.mark.parametrize(("options", "begins"), [(("--bom",), b"\xef\xbb\xbfid,"), ((), b"id,")])
def test_a_byte_order_mark_stands_there_when_it_is_asked_for(
    options: tuple[str, ...], begins: bytes, crawled: Path, export: Export
) -> None:
    folder = export(crawled, *options, kind="csv", to="tables")
    assert (folder / "articles.csv").read_bytes().startswith(begins)


def test_parquet_holds_the_same_tables(crawled: Path, export: Export) -> None:
    columns, rows = export(crawled, kind="parquet", to="columns"), export(crawled, kind="csv", to="rows")
    for name in ("articles", "authors", "images", "links", "breadcrumbs"):
        cells = parquet.read_table(columns / f"{name}.parquet").to_pylist()
        written = [
            {key: "" if cell is None else str(cell).removeprefix("'") for key, cell in row.items()}
            for row in cells
        ]
        # An apostrophe keeps formulas from being calculated in a spreadsheet; here nothing calculates.
        shown = [{key: cell.removeprefix("'") for key, cell in row.items()} for row in table(rows, name)]
        assert written == shown


def test_parquet_without_its_extra_says_what_to_install(crawled: Path, tmp_path: Path) -> None:
    program = """import sys
sys.modules["pyarrow"] = None
from gzcrawler.cli import main
main()"""
    ended = subprocess.run(
        [sys.executable, "-c", program, "export", "parquet", "--archive", crawled, "--out", tmp_path / "out"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 2
    assert ended.stderr == (
        "gzcrawler: parquet needs pyarrow, which is not installed: pip install 'gzcrawler[parquet]'\n"
    )


@pytest.mark.parametrize("kind", ["csv", "parquet", "jsonl"])
def test_every_format_is_the_same_to_the_byte(kind: str, crawled: Path, export: Export) -> None:
    name = "out.jsonl" if kind == "jsonl" else "out"
    first, second = (export(crawled, "--as-of", "2026-01-25", kind=kind, to=name) for _ in range(2))
    if kind == "jsonl":
        assert first.read_bytes() == second.read_bytes()
        return
    for file in first.iterdir():
        assert file.read_bytes() == (second / file.name).read_bytes()
