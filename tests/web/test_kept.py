"""What a server keeps is given again, until something was recorded and minutes have passed, or something withdrawn."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from archive_pages import LIST, OTHER_STORY, STORY, article_page, at, capture, list_page, record
from click.testing import CliRunner

from gzcrawler.archive import Archive, open_archive
from gzcrawler.cli import main
from gzcrawler.portals import load_portal
from gzcrawler.web import kept as keeping
from gzcrawler.web.kept import kept

if TYPE_CHECKING:
    from pathlib import Path


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
        return kept(
            opened,
            "articles",
            lambda: int(opened.connection.execute("SELECT count(*) FROM articles").fetchone()[0]),
        ).value


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
    assert _articles(folder) == 2


def test_it_is_kept_for_good_where_nothing_was_recorded(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "KEPT_SECONDS", 0.0)
    with open_archive(folder) as opened:
        first = kept(opened, "anything", object)
        assert kept(opened, "anything", object) is first
        assert kept(opened, "another thing", object) is not first


def test_a_redaction_is_seen_at_once(folder: Path) -> None:
    assert _articles(folder) == 1
    arguments = ["redact", "guangzhou:c_321174", "--reason", "court order", "--archive", str(folder), "--yes"]
    assert CliRunner().invoke(main, arguments).exit_code == 0
    assert _articles(folder) == 0
