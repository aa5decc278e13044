"""Opening: what is an archive, what is none, who may write, and what a full disk leaves."""

from __future__ import annotations

import os
import re
import resource
import shlex
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from archive_pages import HOST, PORTAL, article_page, at, capture, dump, fetched, one, record, rows
from click.testing import CliRunner
from sqlite_utils import Database

from gzcrawler.archive import Archive, open_archive, verify
from gzcrawler.archive.connections import connect_to_write
from gzcrawler.archive.migrations import migrations
from gzcrawler.archive.schema_version import MIGRATION_NAMES, is_current
from gzcrawler.archive.stored_portals import store_portal
from gzcrawler.cli import main
from gzcrawler.errors import (
    ArchiveDamagedError,
    ArchiveError,
    ArchiveFullError,
    ArchiveLockedError,
    ArchiveReadOnlyError,
    NewerSchemaError,
    NotAnArchiveError,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from conftest import OpenForWriting

NOBODY = 65534


def open_to_write(folder: Path) -> Archive:
    return Archive(folder, PORTAL, command="test")


def contents(folder: Path) -> dict[str, bytes]:
    """Everything in a folder but SQLite's shared memory, which comes and goes with every reader."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix not in (".db-shm", ".db-wal")
    }


def refuses(action: Callable[[], object], error: type[ArchiveError], words: str, *, exit_code: int) -> None:
    with pytest.raises(error, match=words) as raised:
        action()
    assert raised.value.exit_code == exit_code
    assert "\n" not in str(raised.value)


# -- what is no archive ---------------------------------------------------------------------------


def foreign_database(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "gzcrawler.db")) as connection, connection:
        connection.execute("CREATE TABLE recipes (name TEXT)")


def text_file(folder: Path) -> None:
    (folder / "gzcrawler.db").write_text("This is not a database, but it is long enough to be one. " * 40)


@pytest.mark.parametrize(
    ("fill", "error", "words", "exit_code"),
    [
        pytest.param(
            lambda folder: (folder / "letters.txt").write_text("Dear"),
            NotAnArchiveError,
            r"is not an archive and not empty \(found letters\.txt\)",
            2,
            id="other files",
        ),
        pytest.param(
            foreign_database, NotAnArchiveError, "not an archive of gzcrawler", 2, id="another's database"
        ),
        pytest.param(text_file, ArchiveDamagedError, "file is not a database", 14, id="a text file"),
    ],
)
def test_what_is_no_archive_is_refused_and_left_as_it_was(
    tmp_path: Path, fill: Callable[[Path], object], error: type[ArchiveError], words: str, exit_code: int
) -> None:
    fill(tmp_path)
    before = contents(tmp_path)
    refuses(lambda: open_to_write(tmp_path), error, words, exit_code=exit_code)
    assert contents(tmp_path) == before
    assert not (tmp_path / "warc").exists()


@pytest.mark.parametrize("fill", [foreign_database, text_file])
def test_what_is_no_archive_cannot_be_read(tmp_path: Path, fill: Callable[[Path], object]) -> None:
    fill(tmp_path)
    before = contents(tmp_path)
    result = CliRunner().invoke(main, ["status", "--archive", str(tmp_path)])
    assert result.exit_code in (2, 14)
    assert result.stderr.count("\n") == 1
    assert contents(tmp_path) == before


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("mine")
    refuses(lambda: open_to_write(path), NotAnArchiveError, "is a file", exit_code=2)
    refuses(lambda: open_archive(path), NotAnArchiveError, "is a file", exit_code=2)


def test_a_folder_that_is_not_there_is_made_for_writing_alone(tmp_path: Path) -> None:
    path = tmp_path / "new" / "archive"
    refuses(lambda: open_archive(path), NotAnArchiveError, "no such folder", exit_code=2)
    assert not path.parent.exists()
    open_to_write(path).close()
    assert (path / "gzcrawler.db").exists()


def test_a_folder_that_holds_another_archive_may_become_one(tmp_path: Path) -> None:
    open_to_write(tmp_path / "demo").close()
    refuses(lambda: open_archive(tmp_path), NotAnArchiveError, "there is one in .*demo", exit_code=2)
    open_to_write(tmp_path).close()
    assert (tmp_path / "gzcrawler.db").exists()


@pytest.mark.parametrize(
    "statements",
    [
        "",
        "CREATE TABLE _sqlite_migrations (id INTEGER PRIMARY KEY, migration_set TEXT, name TEXT, applied_at TEXT)",
    ],
)
def test_an_archive_that_was_killed_in_its_first_moment_opens(folder: Path, statements: str) -> None:
    folder.mkdir()
    with closing(sqlite3.connect(folder / "gzcrawler.db")) as connection, connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.executescript(statements)
    with open_to_write(folder) as archive:
        assert record(archive, capture())[0].article_id == "guangzhou:c_321174"


# -- schemas of other releases ----------------------------------------------------------------------


def test_a_newer_schema_is_refused_and_left_as_it_was(open_for_writing: OpenForWriting, folder: Path) -> None:
    with open_for_writing() as archive:
        record(archive, capture())
        archive.connection.execute(
            "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES ('gzcrawler', 'holograms', '')"
        )
    before = contents(folder)
    refuses(lambda: open_to_write(folder), NewerSchemaError, "'holograms'", exit_code=14)
    refuses(lambda: open_archive(folder), NewerSchemaError, "upgrade gzcrawler", exit_code=14)
    assert contents(folder) == before


def test_every_migration_is_known_by_name_and_in_its_order() -> None:
    assert [migration.name for migration in migrations.pending(Database(memory=True))] == list(
        MIGRATION_NAMES
    )


def test_looking_at_an_archive_loads_no_readers(folder: Path) -> None:
    open_to_write(folder).close()
    code = """
import sys
from gzcrawler.archive import open_archive
with open_archive(sys.argv[1]) as archive:
    archive.status()
sys.exit("gzcrawler.readers" in sys.modules)
"""
    subprocess.run([sys.executable, "-c", code, str(folder)], timeout=60, check=True)


def test_neither_reading_nor_writing_an_archive_of_this_release_loads_sqlite_utils(folder: Path) -> None:
    open_to_write(folder).close()
    code = """
import sys
from gzcrawler.archive import Archive, open_archive
from gzcrawler.portals import load_portal
open_archive(sys.argv[1]).close()
Archive(sys.argv[1], load_portal("guangzhou"), command="crawl").close()
sys.exit("sqlite_utils" in sys.modules)
"""
    subprocess.run([sys.executable, "-c", code, str(folder)], timeout=60, check=True)


@pytest.mark.parametrize("first_missing", MIGRATION_NAMES[1:])
def test_an_archive_of_every_earlier_schema_upgrades(folder: Path, first_missing: str) -> None:
    (folder / "warc").mkdir(parents=True)
    with closing(connect_to_write(folder / "gzcrawler.db")) as connection:
        migrations.apply(Database(connection), stop_before=first_missing)
        connection.execute(
            "INSERT INTO runs (uid, portal, command, started_at) VALUES ('old', 'guangzhou', 'crawl', '2025')"
        )
        connection.execute(
            """INSERT INTO pages (portal, canonical_url, kind, host, working_url, priority)
            VALUES ('guangzhou', 'https://www.eguangzhou.gov.cn/', 'home', 'h', 'u', 1)"""
        )
    refuses(lambda: open_archive(folder), ArchiveError, "older gzcrawler", exit_code=14)
    with open_to_write(folder) as archive:
        assert is_current(archive.connection)
        assert rows(archive.connection, "SELECT uid, verdict FROM runs ORDER BY id LIMIT 1") == [
            ("old", "interrupted without a word, after 0 captures")
        ]
        record(archive, capture())
        assert one(archive.connection, "SELECT count(*) FROM latest") == 1
    assert verify(folder).damage == []


def test_who_only_reads_an_older_archive_is_told_the_command_that_upgrades_it(folder: Path) -> None:
    (folder / "warc").mkdir(parents=True)
    with closing(connect_to_write(folder / "gzcrawler.db")) as connection:
        migrations.apply(Database(connection), stop_before=MIGRATION_NAMES[-1])
        store_portal(connection, PORTAL)
    refused = CliRunner().invoke(main, ["serve", "--archive", str(folder)])
    assert refused.exit_code == 14
    (command,) = re.findall("`gzcrawler ([^`]+)`", refused.output)
    assert CliRunner().invoke(main, shlex.split(command)).exit_code == 0
    open_archive(folder).close()


def test_the_schema_names_every_row_it_refers_to(crawled: Path) -> None:
    with open_archive(crawled) as opened:
        assert rows(opened.connection, "PRAGMA foreign_key_check") == []
        assert rows(opened.connection, "PRAGMA integrity_check") == [("ok",)]


# -- who may write ------------------------------------------------------------------------------------


def test_a_second_writer_is_refused_at_once_and_told_of_the_first(archive: Archive, folder: Path) -> None:
    refuses(
        lambda: open_to_write(folder),
        ArchiveLockedError,
        rf"`gzcrawler test` \(process {os.getpid()}\) is writing to this archive",
        exit_code=13,
    )


def test_the_command_line_says_so_in_one_line(archive: Archive, folder: Path) -> None:
    record(archive, capture())
    result = CliRunner().invoke(main, ["rebuild", "--archive", str(folder)])
    assert result.exit_code == 13
    assert result.stderr.count("\n") == 1


def test_a_reader_is_not_hindered_by_a_writer(archive: Archive, folder: Path) -> None:
    record(archive, capture())
    with open_archive(folder) as opened:
        assert opened.status()["captures"] == 1


def test_the_lock_of_a_killed_writer_is_free(folder: Path) -> None:
    program = (
        "import sys; from gzcrawler.archive import Archive; from gzcrawler.portals import load_portal\n"
        "archive = Archive(sys.argv[1], load_portal('guangzhou'), command='victim')\n"
        "print('ready', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as victim:
        assert victim.stdout is not None
        assert victim.stdout.readline() == b"ready\n"
        with pytest.raises(ArchiveLockedError, match=f"victim.*{victim.pid}"):
            open_to_write(folder)
        victim.send_signal(signal.SIGKILL)
        victim.wait()
    open_to_write(folder).close()


def test_a_program_that_keeps_the_database_locked_is_told_as_such(
    open_for_writing: OpenForWriting, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gzcrawler.archive.connections._BUSY_SECONDS", 0.1)
    with open_for_writing() as archive:
        with closing(sqlite3.connect(folder / "gzcrawler.db", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            refuses(
                lambda: record(archive, capture()), ArchiveLockedError, "another program holds", exit_code=13
            )
        record(archive, capture())
        assert one(archive.connection, "SELECT count(*) FROM captures") == 1


# -- a folder that may not be written ---------------------------------------------------------------


def in_child(action: Callable[[], object]) -> str:
    """What an action raises in a child process that is not root; its name and message."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            action()
            said = "nothing was raised"
        except BaseException as error:
            said = f"{type(error).__name__}: {error}"
        os.write(writing, said.encode()[:4000])
        os._exit(0)
    os.close(writing)
    os.waitpid(child, 0)
    with os.fdopen(reading) as pipe:
        return pipe.read()


def drop_root() -> None:
    if os.geteuid() == 0:
        os.setgid(NOBODY)
        os.setuid(NOBODY)


@pytest.fixture
def read_only_archive() -> Iterator[Path]:
    """An archive in a folder that may be read and not written."""
    outer = Path(tempfile.mkdtemp())
    outer.chmod(0o755)
    folder = outer / "archive"
    with Archive(folder, PORTAL, command="test") as archive:
        record(archive, capture())
    for path in (folder / "warc", folder):
        path.chmod(0o555)
    yield folder
    for path in (folder, folder / "warc"):
        path.chmod(0o755)
    shutil.rmtree(outer)


def test_a_read_only_folder_is_refused_for_writing(read_only_archive: Path) -> None:
    def write() -> None:
        drop_root()
        open_to_write(read_only_archive)

    before = contents(read_only_archive)
    assert in_child(write) == f"ArchiveReadOnlyError: {read_only_archive}: may not be written by this user"
    assert contents(read_only_archive) == before
    assert ArchiveReadOnlyError.exit_code == 14


def test_a_read_only_folder_can_be_read(read_only_archive: Path) -> None:
    def read() -> None:
        drop_root()
        with open_archive(read_only_archive) as opened:
            raise ValueError(opened.status()["captures"])

    assert in_child(read) == "ValueError: 1"


# -- a full disk ------------------------------------------------------------------------------------


def fill(archive: Archive, most: int) -> int:
    """Record articles in groups until the disk is full; returns how many were committed."""
    for n in range(0, most, 5):
        archive.record_all(
            [
                fetched(capture(f"{HOST}/2018-12/26/c_{k}.htm", article_page(os.urandom(4_000).hex()), at(k)))
                for k in range(n, n + 5)
            ]
        )
    return most


@pytest.mark.parametrize("limit", [30_000, 120_000, 300_000, 700_000])
def test_a_limit_on_file_size_stops_the_run_and_loses_nothing_committed(folder: Path, limit: int) -> None:
    def crawl() -> None:
        with open_to_write(folder) as archive:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
            fill(archive, 1_000)

    assert in_child(crawl).startswith(("ArchiveFullError", "ArchiveError"))
    assert verify(folder).damage == []
    with open_to_write(folder) as archive:
        before = one(archive.connection, "SELECT count(*) FROM captures")
        assert before % 5 == 0, "a group is in the archive whole, or not at all"
        fill(archive, 20)
    assert verify(folder).damage == []


def test_when_commit_itself_fails_the_next_opening_records_what_was_written(folder: Path) -> None:
    story = capture(f"{HOST}/2018-12/26/c_7.htm", article_page("A harbour"), at(7))

    def crawl() -> None:
        with open_to_write(folder) as archive:
            # Room for the WARC records, none for the database's log, which is written by COMMIT.
            log = folder / "gzcrawler.db-wal"
            resource.setrlimit(resource.RLIMIT_FSIZE, (log.stat().st_size + 1_000,) * 2)
            with pytest.raises(ArchiveError):
                record(archive, story)
            with pytest.raises(ArchiveError, match="open the archive again"):
                record(archive, story)

    assert in_child(crawl) == "nothing was raised"
    with open_to_write(folder) as archive:
        assert archive.recovered == 1
        assert one(archive.connection, "SELECT count(*) FROM captures") == 1
    assert verify(folder).damage == []


def test_after_an_error_the_same_run_goes_on_as_if_it_had_not_tried(archive: Archive, folder: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    stories = [
        capture(f"{HOST}/2018-12/26/c_{n}.htm", os.urandom(60_000), at(n), status=404) for n in range(3)
    ]
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, hard))
    try:
        with pytest.raises(ArchiveFullError, match="free some and run again"):
            record(archive, *stories)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert dump(archive.connection)["captures"] == []
    record(archive, *stories)
    assert len(dump(archive.connection)["captures"]) == 3
    archive.close()
    assert verify(folder).damage == []


@contextmanager
def small_disk(path: Path, size: str) -> Iterator[Path]:
    path.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(path)], check=True)
    try:
        yield path
    finally:
        subprocess.run(["umount", "-l", str(path)], check=True)


@pytest.mark.system
def test_a_full_disk_stops_the_run_and_it_goes_on_when_there_is_room(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "3m") as disk:
        with (
            open_to_write(disk / "archive") as archive,
            pytest.raises(ArchiveFullError, match="no space left"),
        ):
            fill(archive, 5_000)
        with open_archive(disk / "archive") as opened:
            before = dump(opened.connection)
        assert before["captures"]
        subprocess.run(["mount", "-o", "remount,size=12m", str(disk)], check=True)
        with open_to_write(disk / "archive") as archive:
            assert dump(archive.connection) == before
            record(archive, capture(when=at(days=3)))
        assert verify(disk / "archive").damage == []


@pytest.mark.system
def test_a_disk_that_is_full_already_is_told_as_such(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "100k") as disk:
        refuses(lambda: open_to_write(disk / "archive"), ArchiveFullError, "no space left", exit_code=14)


@pytest.mark.system
def test_a_read_only_disk_can_be_read_and_not_written(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "8m") as disk:
        with open_to_write(disk / "archive") as archive:
            record(archive, capture())
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
        refuses(
            lambda: open_to_write(disk / "archive"), ArchiveReadOnlyError, "may not be written", exit_code=14
        )
        with open_archive(disk / "archive") as opened:
            assert opened.status()["captures"] == 1


def test_a_new_archive_loads_no_data_frames_and_leaves_them_to_others(tmp_path: Path) -> None:
    code = """if True:
        import sys
        from pathlib import Path
        from gzcrawler.archive import Archive
        from gzcrawler.portals import load_portal
        with Archive(Path(sys.argv[1]), load_portal("guangzhou"), command="crawl"):
            pass
        assert "sqlite_utils" in sys.modules
        print(sorted({"pandas", "numpy"} & set(sys.modules)))
        import pandas
        print(len(pandas.DataFrame({"a": [1]})))
    """
    said = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "archive")], capture_output=True, text=True, check=True
    )
    assert said.stdout.split("\n") == ["[]", "1", ""]
