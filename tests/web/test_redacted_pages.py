"""What was redacted is on no page, in no chart, feed or report, from that moment on, whatever a server keeps."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from archive_pages import LIST, OTHER_STORY, STORY, article_page, at, capture, list_page, record
from click.testing import CliRunner

from gzcrawler.archive import Archive
from gzcrawler.cli import main
from gzcrawler.portals import load_portal
from gzcrawler.web import archive_site

if TYPE_CHECKING:
    from pathlib import Path

WORD = "Quinquereme"
PAGES = (
    "/",
    "/search",
    f"/search?q={WORD}",
    "/search.json",
    "/search.csv",
    "/search.atom",
    "/front-page",
    "/front-page?at=2026-01-16",
    "/sections",
    "/sections/guangzhou/gzlatest",
    "/changes",
    "/removals",
    "/charts",
    "/charts?lang=zh",
    "/runs",
    "/feed.atom",
    "/article/guangzhou:c_321174",
    "/article/guangzhou:c_321175",
)
SHOWN_ON = {
    "/",
    "/search",
    "/front-page",
    "/sections/guangzhou/gzlatest",
    "/changes",
    "/charts",
    "/feed.atom",
    "/article/guangzhou:c_321174",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "archive"
    with Archive(folder, load_portal("guangzhou"), command="test", now=lambda: at(days=5)) as archive:
        for day, words in enumerate(("One.", "Two.")):
            record(
                archive,
                capture(
                    LIST, list_page([(STORY, f"A {WORD} {day}"), (OTHER_STORY, "Another")]), at(days=day)
                ),
                capture(
                    STORY, article_page(f"{WORD} {words}", title=f"{WORD} by the river"), at(1, days=day)
                ),
            )
        record(archive, capture(OTHER_STORY, article_page("B.", title="Another", related=[STORY]), at(3)))
        archive.index_all()
    return folder


def test_a_redacted_article_is_nowhere_at_once(folder: Path) -> None:
    site = archive_site(folder)

    def shown() -> set[str]:
        async def asked(page: str) -> str:
            answer = await site.client.request("GET", page, avoid_path_rewrites=True)
            assert answer.status_code in (200, 410), page
            # What was asked for is repeated in the field, and is the visitor's own word.
            return str(
                answer.text.replace(f'value="{WORD}"', "").replace(f"q={WORD}", "").replace(f": {WORD}", "")
            )

        return {page for page in PAGES if WORD in asyncio.run(asked(page))}

    assert shown() >= SHOWN_ON
    ended = CliRunner().invoke(
        main, ["redact", "guangzhou:c_321174", "--reason", "court order", "--archive", str(folder), "--yes"]
    )
    assert ended.exit_code == 0, ended.output
    assert shown() == set()
    report = CliRunner().invoke(main, ["report", "--archive", str(folder)])
    assert report.exit_code == 0
    assert WORD not in report.stdout
    assert "redact" in report.stdout  # the last run, of which there is no more to tell than that
