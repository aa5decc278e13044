"""A backup is a whole archive of one moment, whatever is written meanwhile, and however often it is made."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import sys
from contextlib import closing
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from archive_pages import (
    OTHER_STORY,
    PORTAL,
    RECORDING,
    STORY,
    TABLES,
    article_page,
    at,
    capture,
    dump,
    one,
    record,
)
from click.testing import CliRunner, Result
from simulated_crawl import SimulatedCrawl

from gzcrawler.archive import Archive, connect_to_read, rebuild, verify
from gzcrawler.archive.backup import back_up
from gzcrawler.archive.directory import Directory, Lock
from gzcrawler.cli import main

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import OpenForWriting


def tables(folder: Path) -> dict[str, list[tuple[Any, ...]]]:
    with closing(connect_to_read(folder / "gzcrawler.db")) as connection:
        return dump(connection, TABLES | RECORDING)


def call(source: Path, target: Path, *options: str) -> Result:
    return CliRunner().invoke(main, ["backup", str(target), "--archive", str(source), *options])


@pytest.mark.parametrize("options", [(), ("--link",)])
def test_a_copy_is_the_archive(options: tuple[str, ...], crawled: Path, tmp_path: Path) -> None:
    ended = call(crawled, tmp_path / "copy", *options)
    assert ended.exit_code == 0, ended.output
    assert tables(tmp_path / "copy") == tables(crawled)
    assert verify(tmp_path / "copy").damage == []
    shared = [
        (tmp_path / "copy" / "warc" / path.name).samefile(path) for path in (crawled / "warc").iterdir()
    ]
    assert any(shared) == ("--link" in options)


def test_a_copy_opens_and_rebuilds(crawled: Path, tmp_path: Path) -> None:
    back_up(crawled, tmp_path / "copy")
    with Archive(tmp_path / "copy", PORTAL, command="test") as archive:
        assert archive.recovered == 0
    rebuild(tmp_path / "copy")
    assert tables(tmp_path / "copy")["articles"] == tables(crawled)["articles"]


def test_a_copy_made_while_a_run_writes_holds_what_was_committed(
    open_for_writing: OpenForWriting, folder: Path, tmp_path: Path
) -> None:
    with open_for_writing() as archive:
        record(archive, capture(STORY, when=at(0)))
        back_up(folder, tmp_path / "copy")
        record(archive, capture(OTHER_STORY, article_page("Later."), at(1)))
    assert verify(tmp_path / "copy").captures == 1
    assert [row[0] for row in tables(tmp_path / "copy")["articles"]] == ["guangzhou:c_321174"]


def test_what_was_appended_and_not_committed_is_not_copied(
    open_for_writing: OpenForWriting, folder: Path, tmp_path: Path
) -> None:
    with open_for_writing() as archive:
        record(archive, capture(STORY, when=at(0)))
        committed = one(archive.connection, "SELECT committed_length FROM warc_files")
        (file,) = (folder / "warc").iterdir()
        with file.open("ab") as torn:
            torn.write(b"\x1f\x8b half a record")
        back_up(folder, tmp_path / "copy")
    assert (tmp_path / "copy" / "warc" / file.name).stat().st_size == committed


def test_a_second_backup_copies_only_what_is_new(tmp_path: Path) -> None:
    crawl = SimulatedCrawl(tmp_path / "archive")
    crawl.run(most=150, finish=False)
    first = back_up(crawl.folder, tmp_path / "copy")
    assert back_up(crawl.folder, tmp_path / "copy").copied == 0
    crawl.now += timedelta(days=3)
    crawl.run()
    second = back_up(crawl.folder, tmp_path / "copy")
    assert (first.copied, second.copied, second.files) == (1, 1, 2)
    assert tables(tmp_path / "copy") == tables(crawl.folder)


def test_a_file_that_grew_since_is_continued(
    open_for_writing: OpenForWriting, folder: Path, tmp_path: Path
) -> None:
    with open_for_writing() as archive:
        record(archive, capture(STORY, when=at(0)))
        back_up(folder, tmp_path / "copy")
        record(archive, capture(OTHER_STORY, article_page("Later."), at(1)))
        assert back_up(folder, tmp_path / "copy").copied == 1
    assert verify(tmp_path / "copy").captures == 2


@pytest.mark.parametrize("link", [False, True])
def test_a_redaction_reaches_the_copy_with_the_next_backup(
    link: bool, open_for_writing: OpenForWriting, folder: Path, tmp_path: Path
) -> None:
    with open_for_writing() as archive:
        record(archive, capture(STORY, when=at(0)), capture(OTHER_STORY, article_page("Other."), at(1)))
    with open_for_writing():
        pass
    back_up(folder, tmp_path / "copy", link=link)
    arguments = ["redact", "guangzhou:c_321174", "--archive", str(folder), "--reason", "x", "--yes"]
    assert CliRunner().invoke(main, arguments).exit_code == 0
    back_up(folder, tmp_path / "copy", link=link)
    assert tables(tmp_path / "copy") == tables(folder)
    for path in (folder / "warc").iterdir():
        assert (tmp_path / "copy" / "warc" / path.name).read_bytes() == path.read_bytes()


def _in_child(work: Any) -> int:
    child = os.fork()
    if child == 0:
        work()
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def test_killed_at_any_touch_it_leaves_the_copy_before_or_the_new_one(tmp_path: Path) -> None:
    crawl = SimulatedCrawl(tmp_path / "archive")
    crawl.run(most=120)
    back_up(crawl.folder, tmp_path / "first")
    before = tables(tmp_path / "first")
    crawl.now += timedelta(days=3)
    crawl.run(most=40)
    after = tables(crawl.folder)
    number = 0
    ended = -signal.SIGKILL
    while ended:
        number += 1
        copy = tmp_path / f"copy-{number}"
        shutil.copytree(tmp_path / "first", copy)

        def back_up_and_die(copy: Path = copy, number: int = number) -> None:
            touched = 0

            def count(event: str, arguments: tuple[object, ...]) -> None:
                nonlocal touched
                if event in ("open", "os.rename", "os.remove", "sqlite3.connect"):
                    touched += str(copy) in str(arguments[0])
                    if touched == number:
                        os.kill(os.getpid(), signal.SIGKILL)

            sys.addaudithook(count)
            back_up(crawl.folder, copy)

        ended = _in_child(back_up_and_die)
        left = tables(copy)
        assert left in (before, after)
        with Archive(copy, crawl.portal, command="test", now=lambda: crawl.now):
            pass
        assert verify(copy).damage == []
        shutil.rmtree(copy)
    assert number > 10


def test_a_full_disk_leaves_the_copy_that_was_there(tmp_path: Path) -> None:
    crawl = SimulatedCrawl(tmp_path / "archive")
    crawl.run(most=40)
    back_up(crawl.folder, tmp_path / "copy")
    before = tables(tmp_path / "copy")
    crawl.now += timedelta(days=3)
    crawl.run(most=400)

    def back_up_into_small_files() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        limit = (tmp_path / "copy" / "gzcrawler.db").stat().st_size
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
        ended = call(crawl.folder, tmp_path / "copy")
        (tmp_path / "said").write_text(ended.stderr)
        os._exit(ended.exit_code)

    assert _in_child(back_up_into_small_files) == 14
    assert (tmp_path / "said").read_text().startswith(f"gzcrawler: {tmp_path / 'copy'}: ")
    assert (tmp_path / "said").read_text().count("\n") == 1
    assert tables(tmp_path / "copy") == before
    assert verify(tmp_path / "copy").damage == []
    assert [path for path in (tmp_path / "copy").rglob("*") if "copying" in path.name] == []


def test_a_copy_that_somebody_writes_to_is_left_alone(crawled: Path, tmp_path: Path) -> None:
    back_up(crawled, tmp_path / "copy")
    lock = Lock(Directory(tmp_path / "copy"))
    lock.acquire("crawl")
    ended = call(crawled, tmp_path / "copy")
    lock.release()
    assert ended.exit_code == 13


@pytest.mark.parametrize(
    ("target", "said"), [("archive", "is the archive itself"), ("no/where", "no such folder")]
)
def test_a_wrong_folder_is_refused(target: str, said: str, crawled: Path, tmp_path: Path) -> None:
    shutil.copytree(crawled, tmp_path / "archive")
    ended = call(tmp_path / "archive", tmp_path / target)
    assert ended.exit_code == 2
    assert said in ended.stderr
    assert ended.stderr.count("\n") == 1


def test_a_folder_of_other_things_is_not_written_to(crawled: Path, tmp_path: Path) -> None:
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter").write_text("one")
    ended = call(crawled, tmp_path / "thesis")
    assert ended.exit_code == 2
    assert [path.name for path in (tmp_path / "thesis").iterdir()] == ["chapter"]


def test_damage_in_the_archive_is_told(crawled: Path, tmp_path: Path) -> None:
    shutil.copytree(crawled, tmp_path / "archive")
    victim = min((tmp_path / "archive" / "warc").iterdir())
    content = bytearray(victim.read_bytes())
    content[len(content) // 2] ^= 255
    victim.write_bytes(content)
    ended = call(tmp_path / "archive", tmp_path / "copy")
    assert ended.exit_code == 14
    assert "the copy does not verify" in ended.stderr
