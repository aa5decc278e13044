"""`verify`: every kind of damage is named, and a healthy archive is not accused."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing
from time import process_time
from typing import TYPE_CHECKING

import pytest
from archive_pages import HOST, STORY, article_page, at, capture, fetched, gone, not_modified, record
from click.testing import CliRunner

from gzcrawler.archive import Verification, verify
from gzcrawler.archive.directory import Directory
from gzcrawler.archive.warc_reading import Gap, read_members
from gzcrawler.cli import main

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import OpenForWriting


@pytest.fixture
def healthy(open_for_writing: OpenForWriting, folder: Path) -> Path:
    """A closed archive with a body, a revisit, a 304, a removal and an unreadable page."""
    first = capture()
    with open_for_writing() as archive:
        record(
            archive,
            first,
            capture(when=at(1)),
            not_modified(first, at(2)),
            capture(f"{HOST}/2018-12/26/c_2.htm", article_page("Another one."), at(3)),
            gone(f"{HOST}/2018-12/26/c_3.htm", at(4)),
            capture(f"{HOST}/2018-12/26/c_4.htm", article_page(title=""), at(5)),
        )
        archive.index_all()
    return folder


def warc_file(folder: Path) -> Path:
    (path,) = Directory(folder).warc_files()
    return path


def flip(folder: Path, record_number: int, byte: int) -> None:
    """Change one byte of a record's gzip member; 0 is the warcinfo record."""
    path = warc_file(folder)
    gaps: list[Gap] = []
    member = list(read_members(path, 0, gaps))[record_number]
    with path.open("r+b") as file:
        position = member.offset + (byte if byte >= 0 else member.length + byte)
        file.seek(position)
        (value,) = file.read(1)
        file.seek(position)
        file.write(bytes([value ^ 0x41]))


def sql(folder: Path, statement: str) -> None:
    with closing(sqlite3.connect(folder / "gzcrawler.db")) as connection, connection:
        assert connection.execute(statement).rowcount != 0


def damage_database_page(folder: Path) -> None:
    path = folder / "gzcrawler.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        (page,) = connection.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'captures'").fetchone()
        (size,) = connection.execute("PRAGMA page_size").fetchone()
    with path.open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\xa5" * 200)


def append(folder: Path) -> None:
    """Whole records that no capture in the database knows, within the committed length."""
    path = warc_file(folder)
    member = list(read_members(path))[3]
    content = path.read_bytes()
    path.write_bytes(content + content[member.offset : member.offset + member.length])
    sql(folder, f"UPDATE warc_files SET committed_length = {path.stat().st_size}")


DAMAGE: dict[str, tuple[Callable[[Path], object], str]] = {
    # records: warcinfo, map, then request and response of each capture
    "a payload byte": (lambda folder: flip(folder, 3, 400), "damaged at byte"),
    "a byte of a request": (lambda folder: flip(folder, 2, 40), "damaged at byte"),
    "a byte of the warcinfo record": (lambda folder: flip(folder, 0, 60), "damaged at byte"),
    "a byte of the map": (lambda folder: flip(folder, 1, 300), "damaged at byte"),
    "a gzip checksum": (lambda folder: flip(folder, 3, -8), "damaged at byte"),
    "the first byte of a gzip header": (lambda folder: flip(folder, 5, 0), "damaged at byte"),
    "the time in a gzip header": (lambda folder: flip(folder, 5, 4), "its gzip header is not"),
    "the time in the first gzip header": (lambda folder: flip(folder, 0, 4), "its gzip header is not"),
    "a byte of a revisit": (lambda folder: flip(folder, 5, 90), "damaged at byte"),
    "a cut file": (
        lambda folder: warc_file(folder).write_bytes(warc_file(folder).read_bytes()[:-1]),
        "is cut off (",
    ),
    "a missing file": (lambda folder: warc_file(folder).unlink(), "is missing"),
    "a foreign file": (
        lambda folder: (folder / "warc" / "notes.txt").write_text("mine"),
        "notes.txt: is no file of this archive",
    ),
    "a file of another archive": (
        lambda folder: (
            folder / "warc" / "gzcrawler-guangzhou-20260101000000000-0123abcd-00001.warc.gz"
        ).write_bytes(warc_file(folder).read_bytes()),
        "is not in the database",
    ),
    "records that are not in the database": (append, "is not in the database"),
    "a wrong offset": (
        lambda folder: sql(folder, "UPDATE captures SET warc_offset = warc_offset + 1 WHERE id = 1"),
        f"where the capture of {STORY} should be",
    ),
    "a wrong length": (
        lambda folder: sql(folder, "UPDATE captures SET warc_length = warc_length - 1 WHERE id = 1"),
        "bytes long, not",
    ),
    "a wrong digest": (
        lambda folder: sql(folder, "UPDATE captures SET payload_digest = 'sha256:0' WHERE id = 4"),
        "but the database says sha256:0",
    ),
    "a wrong record": (
        lambda folder: sql(folder, "UPDATE captures SET record_id = 'x' WHERE id = 1"),
        "another record than the database says",
    ),
    "a wrong kind of record": (
        lambda folder: sql(folder, "UPDATE captures SET record_type = 'revisit' WHERE id = 4"),
        "but the database says revisit",
    ),
    "a wrong address": (
        lambda folder: sql(folder, "UPDATE captures SET url = 'http://x/' WHERE id = 1"),
        "but the database says http://x/",
    ),
    "a wrong moment": (
        lambda folder: sql(
            folder, "UPDATE captures SET captured_at = '2020-01-01T00:00:00.000Z' WHERE id = 1"
        ),
        "but the database says 2020-01-01",
    ),
    "a wrong status": (
        lambda folder: sql(folder, "UPDATE captures SET status = 500 WHERE id = 1"),
        "its status is 200",
    ),
    "a wrong committed length": (
        lambda folder: sql(folder, "UPDATE warc_files SET committed_length = committed_length - 1"),
        "whole records end at byte",
    ),
    "a lost capture": (
        lambda folder: sql(folder, "DELETE FROM captures WHERE id = 5"),
        "is not in the database",
    ),
    "an edited revision": (
        lambda folder: sql(folder, "UPDATE revisions SET record = replace(record, 'pump', 'lamp')"),
        "article guangzhou:c_321174, revision 1: its record is not what was stored",
    ),
    "a revision that is no record": (
        lambda folder: sql(folder, "UPDATE revisions SET record = '{' WHERE article_id = 'guangzhou:c_2'"),
        "article guangzhou:c_2, revision 1: its record cannot be read",
    ),
    "a repeated body that is nowhere": (
        lambda folder: sql(folder, "UPDATE captures SET payload_digest = 'sha256:0' WHERE id = 2"),
        "no stored payload has the digest sha256:0",
    ),
    "a row without its page": (
        lambda folder: sql(folder, "UPDATE captures SET page_id = 999 WHERE id = 1"),
        "names no row of pages",
    ),
    "a page of the database": (damage_database_page, "gzcrawler.db: "),
}


@pytest.mark.parametrize(("spoil", "words"), DAMAGE.values(), ids=DAMAGE.keys())
def test_damage_is_named(healthy: Path, spoil: Callable[[Path], object], words: str) -> None:
    spoil(healthy)
    assert [sentence for sentence in verify(healthy).damage if words in sentence]


def test_each_damaged_place_is_named_and_what_lies_behind_is_checked(healthy: Path) -> None:
    for number in (9, 3):  # from behind, so that the first does not hide the second from `flip`
        flip(healthy, number, 60)
    found = verify(healthy)
    assert sum("damaged at byte" in sentence for sentence in found.damage) == 2
    assert found.captures == 4


def test_a_healthy_archive_is_not_accused(healthy: Path) -> None:
    found = verify(healthy)
    assert found.damage == []
    assert (found.files, found.captures, found.revisions) == (1, 6, 2)


def test_a_month_of_runs_is_not_accused(crawled: Path) -> None:
    assert verify(crawled).damage == []


def test_verify_changes_nothing(healthy: Path) -> None:
    # SQLite's shared memory comes and goes with every reader.
    files = [
        path for path in healthy.rglob("*") if path.is_file() and path.suffix not in (".db-shm", ".db-wal")
    ]
    before = [path.read_bytes() for path in files]
    verify(healthy)
    assert [path.read_bytes() for path in files] == before


def test_a_tail_that_a_crash_left_is_no_damage(healthy: Path) -> None:
    with warc_file(healthy).open("ab") as file:
        file.write(b"\x1f\x8b half of a record")
    assert verify(healthy).damage == []


def test_an_archive_that_is_written_to_is_not_accused(open_for_writing: OpenForWriting, folder: Path) -> None:
    found: list[Verification] = []
    written = threading.Event()

    def look() -> None:
        while not written.is_set():
            found.append(verify(folder))

    with open_for_writing() as archive:
        looker = threading.Thread(target=look)
        looker.start()
        try:
            for n in range(60):
                archive.record_all(
                    [fetched(capture(f"{HOST}/2018-12/26/c_{n}.htm", article_page(f"Story {n}."), at(n)))]
                )
        finally:
            written.set()
            looker.join()
    assert [damage for one in found for damage in one.damage] == []
    assert found[-1].captures > found[0].captures


def test_a_file_that_a_run_has_just_begun_is_not_accused(
    healthy: Path, open_for_writing: OpenForWriting
) -> None:
    with open_for_writing() as archive:
        uid = archive.run.uid[:8]
        (healthy / "warc" / f"gzcrawler-guangzhou-20260201000000000-{uid}-00001.warc.gz").write_bytes(
            b"\x1f\x8b"
        )
        assert verify(healthy).damage == []


def test_the_command_names_damage_and_ends_with_14(healthy: Path) -> None:
    command = ["verify", "--archive", str(healthy)]
    clean = CliRunner().invoke(main, command)
    assert (clean.exit_code, clean.stdout) == (
        0,
        "6 captures in 1 files and 2 revisions verified: all as committed\n",
    )
    flip(healthy, 3, 400)
    spoilt = CliRunner().invoke(main, command)
    assert spoilt.exit_code == 14
    assert f"{warc_file(healthy)}: damaged at byte" in spoilt.stdout


def test_an_archive_under_another_schema_is_not_verified(healthy: Path) -> None:
    sql(healthy, "UPDATE _sqlite_migrations SET name = 'from_the_future' WHERE name = 'views_for_people'")
    result = CliRunner().invoke(main, ["verify", "--archive", str(healthy)])
    assert result.exit_code == 14
    assert "from_the_future" in result.stderr


def test_verify_reads_a_thousand_captures_a_second(crawled: Path) -> None:
    """Of this process's own time: what else the machine does is no fault of ours."""
    began = process_time()
    found = verify(crawled)
    assert found.captures / (process_time() - began) > 1_000
