"""What a server keeps is given again, until something was recorded and minutes have passed, or something withdrawn."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest
from archive_pages import LIST, OTHER_STORY, STORY, article_page, at, capture, list_page, record
from click.testing import CliRunner

from gzcrawler.archive import Archive, open_archive
from gzcrawler.cli import main
from gzcrawler.portals import load_portal
from gzcrawler.web import kept as keeping
from gzcrawler.web.kept import kept
from gzcrawler.web.visits import StillCounting

if TYPE_CHECKING:
    from pathlib import Path

    from gzcrawler.archive import OpenArchive


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    _write(tmp_path / "archive", STORY, "One.")
    return tmp_path / "archive"


def _write(folder: Path, url: str, words: str) -> None:
    with Archive(folder, load_portal("guangzhou"), command="test", now=lambda: at(5)) as archive:
        record(archive, capture(url, article_page(words, title=words), at(0)))
        record(archive, capture(LIST, list_page([(url, words)]), at(1)))


def _articles(folder: Path) -> int:
    with open_archive(folder) as opened:
        return kept(opened, "articles", _count).value


def _count(archive: OpenArchive) -> int:
    number: int = archive.connection.execute("SELECT count(*) FROM articles").fetchone()[0]
    return number


def test_an_answer_is_kept_for_minutes_while_a_crawl_writes(folder: Path) -> None:
    assert _articles(folder) == 1
    _write(folder, OTHER_STORY, "Two.")
    assert _articles(folder) == 1


def test_after_the_minutes_it_is_counted_again_if_anything_was_recorded(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert _articles(folder) == 1
    _write(folder, OTHER_STORY, "Two.")
    monkeypatch.setattr(keeping, "KEPT_SECONDS", 0.0)
    assert _articles(folder) == 1  # counted anew for whoever comes next
    _wait_for_counting()
    assert _articles(folder) == 2


def test_who_asks_first_is_told_to_come_back_where_it_takes_long(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_end = threading.Event()

    def slowly(archive: OpenArchive) -> int:
        assert may_end.wait(30)
        return _count(archive)

    monkeypatch.setattr(keeping, "PATIENCE", 0.0)
    with open_archive(folder) as opened:
        for _ in range(2):
            with pytest.raises(StillCounting):
                kept(opened, "slow", slowly)
        may_end.set()
        _wait_for_counting()
        assert kept(opened, "slow", slowly).value == 1


def test_a_count_begun_before_a_redaction_is_shown_to_nobody_after_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, may_end = threading.Event(), threading.Event()

    def slowly(archive: OpenArchive) -> int:
        number = _count(archive)
        archive.connection.execute("COMMIT")  # `redact` waits for who still reads
        begun.set()
        assert may_end.wait(30)
        return number

    monkeypatch.setattr(keeping, "PATIENCE", 0.0)
    with open_archive(folder) as opened, pytest.raises(StillCounting):
        kept(opened, "articles", slowly)
    assert begun.wait(30)
    _redact(folder)
    may_end.set()
    _wait_for_counting()
    monkeypatch.setattr(keeping, "PATIENCE", 30.0)
    assert _articles(folder) == 0


def test_a_count_gives_way_to_a_redaction(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begun = threading.Event()

    def endlessly(archive: OpenArchive) -> int:
        begun.set()
        archive.connection.execute(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"
        )
        raise AssertionError

    monkeypatch.setattr(keeping, "PATIENCE", 0.0)
    with open_archive(folder) as opened, pytest.raises(StillCounting):
        kept(opened, "endless", endlessly)
    assert begun.wait(30)
    _redact(folder)
    _wait_for_counting()
    monkeypatch.setattr(keeping, "PATIENCE", 30.0)
    assert _articles(folder) == 0


def test_it_is_kept_for_good_where_nothing_was_recorded(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "KEPT_SECONDS", 0.0)
    with open_archive(folder) as opened:
        first = kept(opened, "anything", _anything)
        assert kept(opened, "anything", _anything) is first
        assert kept(opened, "another thing", _anything) is not first


def test_a_redaction_is_seen_at_once(folder: Path) -> None:
    assert _articles(folder) == 1
    _redact(folder)
    assert _articles(folder) == 0


def _redact(folder: Path) -> None:
    arguments = ["redact", "guangzhou:c_321174", "--reason", "court order", "--archive", str(folder), "--yes"]
    assert CliRunner().invoke(main, arguments).exit_code == 0


def _anything(archive: OpenArchive) -> object:
    del archive
    return object()


def _wait_for_counting() -> None:
    for thread in threading.enumerate():
        if thread.name == "counting":
            thread.join(30)
            assert not thread.is_alive()
