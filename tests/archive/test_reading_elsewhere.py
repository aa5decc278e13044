"""Other people's tools on the database itself, and readers beside a crawl."""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from archive_pages import HOST, article_page, at, capture, fetched, list_page
from click.testing import CliRunner
from sqlite_utils.cli import cli as sqlite_utils

from gzcrawler.archive import open_archive

if TYPE_CHECKING:
    from conftest import OpenForWriting

QUERYING = Path(__file__).parents[2] / "docs" / "querying.md"
QUERIES = re.findall(r"^```sql\n(.*?)^```$", QUERYING.read_text("utf-8"), re.MULTILINE | re.DOTALL)


def test_there_are_worked_queries_enough() -> None:
    assert len(QUERIES) >= 12


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory, crawled: Path) -> Path:
    """A database alone, as someone takes it along."""
    copy = tmp_path_factory.mktemp("taken") / "gzcrawler.db"
    with sqlite3.connect(f"file:{crawled}/gzcrawler.db?mode=ro", uri=True) as connection:
        connection.execute("VACUUM INTO ?", (str(copy),))
    connection.close()
    return copy


def test_sqlite_utils_answers_every_worked_query(database: Path) -> None:
    for query in QUERIES:
        result = CliRunner().invoke(sqlite_utils, ["query", str(database), query.strip().rstrip(";")])
        assert result.exit_code == 0, (query, result.output)
        json.loads(result.output)


def test_datasette_answers_every_worked_query(database: Path) -> None:
    for query in QUERIES[:3] + [query for query in QUERIES if "search_" in query]:
        path = "/gzcrawler.json?_shape=array&sql=" + _quoted(query.strip().rstrip(";"))
        result = _datasette(database, path)
        rows = json.loads(result.stdout)
        assert isinstance(rows, list), (query, rows)


def test_datasette_shows_views_and_searches(database: Path) -> None:
    shown = _datasette(database, "/gzcrawler.json")
    names = {view["name"] for view in json.loads(shown.stdout)["views"]}
    assert {"latest", "history", "removed", "coverage", "placements_by_day", "links_resolved"} <= names


def _quoted(text: str) -> str:
    from urllib.parse import quote

    return quote(text)


def _datasette(database: Path, path: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "datasette", "serve", "-i", str(database), "--get", path]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended


_READER = """
import sqlite3, sys
connection = sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True, timeout=0)
halves = looks = 0
print("reading", flush=True)
while sys.stdin.readable():
    for sql in (
        # A revision without its article, its capture, its links or its words; an article without its revision.
        "SELECT count(*) FROM revisions r LEFT JOIN articles a ON a.id = r.article_id WHERE a.revision IS NOT r.number",
        "SELECT count(*) FROM articles a LEFT JOIN revisions r ON r.article_id = a.id AND r.number = a.revision "
        "WHERE r.record IS NULL",
        "SELECT count(*) FROM captures c LEFT JOIN pages p ON p.id = c.page_id WHERE p.last_verified IS NULL",
        "SELECT count(*) FROM revisions r LEFT JOIN images i ON i.article_id = r.article_id WHERE i.url IS NULL",
        "SELECT count(*) FROM articles a WHERE a.indexed_revision IS NOT NULL AND NOT EXISTS (SELECT 1 FROM search_titles "
        "t WHERE search_titles MATCH 'pump' AND t.rowid = a.key)",
    ):
        halves += connection.execute(sql).fetchone()[0]
        looks += 1
    articles = connection.execute("SELECT count(*) FROM latest").fetchone()[0]
    if articles >= int(sys.argv[2]):
        break
print(halves, looks, flush=True)
"""


def test_a_reader_is_never_blocked_and_never_sees_half_an_article(
    open_for_writing: OpenForWriting, folder: Path
) -> None:
    """A process that asks without patience (timeout 0), all the while that another writes and indexes."""
    number = 150
    with open_for_writing() as archive:
        command = [sys.executable, "-c", _READER, str(folder / "gzcrawler.db"), str(number)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as reader:
            assert reader.stdout is not None
            assert reader.stdout.readline() == "reading\n"
            for n in range(number):
                url = f"{HOST}/2018-12/26/c_{n}.htm"
                entries = [fetched(capture(url, article_page(f"Story {n}.", picture=str(n)), at(n)))]
                if n % 10 == 0:
                    page = list_page([(url, f"Story {n}")], name=f"Latest {n}")
                    entries.append(fetched(capture(f"{HOST}/gzlatest.html", page, at(n))))
                archive.record_all(entries)
                if n % 7 == 0:
                    archive.index_all()
            told, _ = reader.communicate(timeout=60)
    assert reader.returncode == 0
    halves, looks = map(int, told.split())
    assert halves == 0
    assert looks > 5


def test_a_search_beside_a_writer_is_whole(open_for_writing: OpenForWriting, folder: Path) -> None:
    """Each hit is shown as it was when it was found, whatever is written meanwhile."""
    problems: list[str] = []
    with open_for_writing() as archive:
        archive.record_all([fetched(capture())])
        archive.index_all()
        done = threading.Event()

        def look() -> None:
            with open_archive(folder) as opened:
                while not done.is_set():
                    answer = opened.search("story OR pump", limit=1000)
                    if len(answer.hits) != min(answer.total, 1000):
                        problems.append(f"{len(answer.hits)} of {answer.total}")

        reader = threading.Thread(target=look)
        reader.start()
        for n in range(60):
            url = f"{HOST}/2018-12/2{n % 7}/c_{n}.htm"
            archive.record_all([fetched(capture(url, article_page(f"Story {n}.", picture=str(n)), at(n)))])
            if n % 3 == 0:
                archive.index_all()
        done.set()
        reader.join()
    assert problems == []


def test_a_database_taken_along_needs_no_folder(database: Path, tmp_path: Path) -> None:
    shutil.copy(database, tmp_path / "gzcrawler.db")
    with open_archive(tmp_path) as opened:
        assert opened.count() > 0
