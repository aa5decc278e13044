"""Reading again with workers that see no database: the same comes of it, wherever the files are."""

from __future__ import annotations

import shutil
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import pytest
from archive_pages import OTHER_STORY, PORTAL, STORY, article_page, at, capture, record
from drawn_captures import OLDER_READERS, drawn_captures, record_all
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from older_readers import record_as_then, with_clock

from gzcrawler.archive import open_archive, reparse, verify
from gzcrawler.archive.connections import connect_to_write
from gzcrawler.archive.directory import Directory
from gzcrawler.archive.remote_rereading import RemoteRereading
from gzcrawler.archive.reparse import stretches_of
from gzcrawler.archive.reparse_report import Reparsed
from gzcrawler.archive.rereading import Rereader
from gzcrawler.errors import UsageError
from gzcrawler.workers import Cluster, Processes

if TYPE_CHECKING:
    from collections.abc import Iterable

    from conftest import Clock, OpenForWriting

    from gzcrawler.archive.second_readings import Reread, Share


def told(shares: Iterable[Share]) -> tuple[dict[str, Any], list[Reread]]:
    """The report of shares, and what differs, by capture."""
    report = Reparsed("guangzhou", dry_run=True)
    changed: list[Reread] = []
    for share in shares:
        report.take(share)
        changed += share.changed
    facts = report.as_dict()
    facts["examples"] = facts["fields"] = None
    return facts | {"counts": dict(report.fields)}, sorted(changed, key=lambda reread: reread.capture_id)


def locally(folder: Path) -> tuple[dict[str, Any], list[Reread]]:
    """As a process does that has the database."""
    with closing(Rereader(Directory(folder), PORTAL)) as rereader, open_archive(folder) as opened:
        return told(map(rereader.read, stretches_of(opened.connection, PORTAL)))


def remotely(folder: Path, files_at: str) -> tuple[dict[str, Any], list[Reread]]:
    """As workers do that have the files alone; here one, in this process."""
    with (
        closing(
            RemoteRereading(Directory(folder), PORTAL, workers=Processes(1), files_at=files_at)
        ) as rereading,
        open_archive(folder) as opened,
    ):
        return told(rereading.shares(stretches_of(opened.connection, PORTAL)))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_the_same_comes_of_it_as_beside_the_database(data: st.DataObject) -> None:
    captures = data.draw(drawn_captures())
    readers = [data.draw(st.sampled_from(OLDER_READERS)) for _ in captures]
    with TemporaryDirectory() as scratch:
        folder = Path(scratch) / "archive"
        record_all(folder, captures, readers)
        assert remotely(folder, str(folder)) == locally(folder)


@pytest.fixture
def two_stories(open_for_writing: OpenForWriting, folder: Path) -> Path:
    """Of the second an older reader took the time of day for its text; the first's bytes came three times."""
    with open_for_writing() as archive:
        record_as_then(archive, with_clock, *(capture(when=at(n)) for n in range(3)))
        record(archive, capture(OTHER_STORY, article_page("Another one."), at(5)))
    return folder


def test_a_cluster_makes_the_archive_that_one_process_makes(
    two_stories: Path, tmp_path: Path, clock: Clock, cluster_address: str
) -> None:
    shutil.copytree(two_stories, tmp_path / "alone")
    shutil.copytree(two_stories / "warc", tmp_path / "elsewhere" / "warc")
    clock.advance()
    alone, _ = reparse(tmp_path / "alone", PORTAL, workers=1, now=clock)
    workers = Cluster(cluster_address)
    report, code = reparse(
        two_stories, PORTAL, workers=workers, files_at=(tmp_path / "elsewhere").as_uri(), now=clock
    )
    assert (report.as_dict(), code) == (alone.as_dict(), 0)
    assert report.revisions > 0
    assert shown(two_stories) == shown(tmp_path / "alone")
    assert verify(two_stories).damage == []


def shown(folder: Path) -> list[tuple[object, ...]]:
    with open_archive(folder) as opened:
        sql = "SELECT id, number, cause, version, captured_at, record FROM history ORDER BY id, number"
        return [tuple(row) for row in opened.connection.execute(sql)]


def test_bytes_that_are_not_the_databases_are_damage_and_change_nothing(two_stories: Path) -> None:
    with closing(connect_to_write(two_stories / "gzcrawler.db")) as connection:
        connection.execute(
            "UPDATE captures SET payload_digest = 'sha256:other' WHERE url = ?", (OTHER_STORY,)
        )
    facts, changed = remotely(two_stories, str(two_stories))
    (sentence,) = facts["damage"]
    assert f"the bytes of {OTHER_STORY}" in sentence
    assert sentence.endswith("are not those that the database has")
    assert {reread.url for reread in changed} == {STORY}


def test_a_copy_that_is_not_whole_is_damage(two_stories: Path, tmp_path: Path) -> None:
    shutil.copytree(two_stories / "warc", tmp_path / "elsewhere" / "warc")
    (copy,) = (tmp_path / "elsewhere" / "warc").iterdir()
    copy.write_bytes(bytes(copy.stat().st_size))
    facts, changed = remotely(two_stories, str(tmp_path / "elsewhere"))
    assert [sentence.partition(": ")[2][:18] for sentence in facts["damage"]] == ["no whole record at"] * 4
    assert changed == []


def test_a_place_that_has_no_files_is_named_before_anything_is_written(
    two_stories: Path, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match="--files-at must lead every worker to the archive's folder"):
        remotely(two_stories, str(tmp_path / "nowhere"))


@pytest.mark.parametrize("address", ["gopher9://host/archive", "nothing://"])
def test_an_address_of_no_known_kind_is_refused(two_stories: Path, address: str) -> None:
    with pytest.raises(UsageError, match="fsspec knows no protocol"):
        reparse(two_stories, PORTAL, workers=1, files_at=address)
