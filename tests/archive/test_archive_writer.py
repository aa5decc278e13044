"""The writer's thread: groups, haste, its end, and what is heard of its errors."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest
from archive_pages import HOST, article_page, at, capture, fetched, one

from gzcrawler.archive import Archive, Fetched, Writer
from gzcrawler.archive.writer import GROUP_SIZE
from gzcrawler.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

SECONDS = 20.0
"""How long a test waits for the thread before it fails."""


class Desk:
    """A writer, and what it said."""

    def __init__(self, archive: Archive) -> None:
        self.groups: list[int] = []
        self.errors: list[BaseException] = []
        self.heard = threading.Event()
        self.writer: Writer = archive.writer(self._on_committed, self._on_error)

    def _on_committed(self, group: Sequence[object]) -> None:
        self.groups.append(len(group))
        self.heard.set()

    def _on_error(self, error: BaseException) -> None:
        self.errors.append(error)
        self.heard.set()


@pytest.fixture
def desk(archive: Archive) -> Desk:
    return Desk(archive)


def story(number: int) -> Fetched:
    return fetched(capture(f"{HOST}/2018-12/26/c_{number}.htm", article_page(f"Story {number}."), at(number)))


def test_close_commits_all_that_waits_and_brings_the_index_up_to_date(desk: Desk, archive: Archive) -> None:
    for number in range(2 * GROUP_SIZE + 30):
        desk.writer.submit(story(number))
    desk.writer.start()
    desk.writer.close()
    assert sum(desk.groups) == 2 * GROUP_SIZE + 30
    assert one(archive.connection, "SELECT count(*) FROM captures") == 2 * GROUP_SIZE + 30
    assert (
        one(archive.connection, "SELECT count(*) FROM search_index WHERE search_index MATCH 'story'") == 230
    )


def test_a_group_is_never_larger_than_its_bound(desk: Desk) -> None:
    for number in range(2 * GROUP_SIZE + 30):
        desk.writer.submit(story(number))
    desk.writer.start()
    desk.writer.close()
    assert desk.groups == [GROUP_SIZE, GROUP_SIZE, 30]


def test_a_single_entry_is_committed_without_company(desk: Desk) -> None:
    desk.writer.start()
    desk.writer.submit(story(1))
    assert desk.heard.wait(SECONDS)
    assert desk.groups == [1]
    desk.writer.close()


def test_haste_commits_what_waits_before_its_time(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gzcrawler.archive.writer.GROUP_SECONDS", 10 * SECONDS)
    desk.writer.start()
    desk.writer.submit(story(1))
    desk.writer.submit(story(2))
    desk.writer.hurry()
    assert desk.heard.wait(SECONDS)
    desk.writer.close()
    assert sum(desk.groups) == 2


def test_an_error_ends_the_writer_and_is_heard_at_once_and_at_close(desk: Desk, archive: Archive) -> None:
    desk.writer.start()
    desk.writer.submit(Fetched(capture("https://elsewhere.example/"), None))
    assert desk.heard.wait(SECONDS)
    assert isinstance(desk.errors[0], UsageError)
    with pytest.raises(UsageError, match="not an address of portal"):
        desk.writer.close()
    assert desk.groups == []
    assert one(archive.connection, "SELECT count(*) FROM captures") == 0


def test_a_group_with_one_bad_entry_is_not_in_the_archive_at_all(archive: Archive) -> None:
    with pytest.raises(UsageError):
        archive.record_all([story(1), Fetched(capture("https://elsewhere.example/"), None)])
    assert one(archive.connection, "SELECT count(*) FROM pages") == 0
    assert archive.directory.warc_files() == []


def test_pages_found_by_a_group_that_failed_are_found_again(archive: Archive) -> None:
    with pytest.raises(UsageError):
        archive.record_all([story(1), Fetched(capture("https://elsewhere.example/"), None)])
    (recorded,) = archive.record_all([story(1)])
    assert recorded.new_pages > 0


def test_what_is_submitted_after_the_end_is_never_called_done(desk: Desk) -> None:
    desk.writer.start()
    desk.writer.submit(Fetched(capture("https://elsewhere.example/"), None))
    assert desk.heard.wait(SECONDS)
    desk.writer.join(SECONDS)
    desk.writer.submit(story(1))
    with pytest.raises(UsageError):
        desk.writer.close()
    assert desk.groups == []
