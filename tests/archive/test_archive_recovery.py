"""After a crash: what lies in the WARC files past the committed length, and what opening makes of it."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from archive_pages import (
    CUSTOM,
    HOST,
    OTHER_STORY,
    PORTAL,
    RECORDING,
    START,
    STORY,
    TABLES,
    article_page,
    at,
    capture,
    dump,
    fetched,
    not_modified,
    one,
    record,
    rows,
)

from gzcrawler.archive import Archive, Failure, HostEvidence, Verdict, verify
from gzcrawler.archive.directory import Directory
from gzcrawler.archive.warc_reading import read_members
from gzcrawler.errors import ArchiveDamagedError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from gzcrawler.portals import Portal

BASE = capture(STORY, article_page("What was committed long ago."))
VERDICT = Verdict(
    verdict="complete",
    exit_code=0,
    finished_at=at(9),
    record={"captures": 1},
    hosts=(
        HostEvidence(
            host="h",
            requests=1,
            smallest_gap=None,
            demanded_gap=1.0,
            robots="status 200",
            stopped_because=None,
        ),
    ),
)

TAILS: dict[str, Callable[[Archive], object]] = {
    "a capture": lambda archive: record(archive, capture(OTHER_STORY, when=at(1))),
    "a group": lambda archive: archive.record_all(
        [
            fetched(capture(f"{HOST}/2018-12/26/c_{n}.htm", article_page(f"Story {n}."), at(n)))
            for n in range(1, 8)
        ]
    ),
    "a revisit": lambda archive: record(archive, capture(STORY, BASE.payload, at(1))),
    "a revisit of the same tail": lambda archive: archive.record_all(
        [fetched(capture(OTHER_STORY, when=at(1))), fetched(capture(OTHER_STORY, when=at(2)))]
    ),
    "a 304": lambda archive: record(archive, not_modified(BASE, at(1))),
    "an edit": lambda archive: record(archive, capture(STORY, article_page("What came later."), at(1))),
    "a failure": lambda archive: archive.record_all([Failure(STORY, at(1), "timeout", "no answer in 30 s")]),
    "a run's verdict": lambda archive: archive.finish(VERDICT),
}


class Crash:
    """An archive as a crash leaves it: the files of a later moment beside the database of an earlier one."""

    def __init__(self, folder: Path, portal: Portal = PORTAL, *, committed: bool = True) -> None:
        self.folder = folder
        self.portal = portal
        self.committed = committed

    def leave(self, tail: Callable[[Archive], object]) -> dict[str, object]:
        """Crash between the WARC's sync and the database's commit; returns what would have been."""
        saved = self.folder.with_name("saved")
        with Archive(self.folder, self.portal, command="test", now=lambda: START) as archive:
            if self.committed:
                record(archive, BASE)
            saved.mkdir()
            archive.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            shutil.copy(archive.directory.database, saved)
            tail(archive)
            undisturbed = dump(archive.connection, TABLES | RECORDING)
            files = [(path, path.read_bytes()) for path in archive.directory.warc_files()]
        for name in ("gzcrawler.db", "gzcrawler.db-wal", "gzcrawler.db-shm"):
            (self.folder / name).unlink(missing_ok=True)
        shutil.copy(saved / "gzcrawler.db", self.folder)
        for path, content in files:
            path.write_bytes(content)
        return undisturbed

    @property
    def file(self) -> Path:
        return Directory(self.folder).warc_files()[-1]

    def committed_length(self) -> int:
        """As the database has it, without opening it to write."""
        with closing(sqlite3.connect(self.folder / "gzcrawler.db")) as connection:
            return int(one(connection, "SELECT coalesce(sum(committed_length), 0) FROM warc_files"))

    def reopen(self) -> tuple[int, dict[str, list[object]]]:
        """(recovered captures, tables) after opening to write; the new run itself left out."""
        with Archive(self.folder, self.portal, command="again", now=lambda: at(60)) as archive:
            archive.connection.execute("DELETE FROM runs WHERE command = 'again'")
            contents = dump(archive.connection, TABLES | RECORDING)
            return archive.recovered, contents


@pytest.fixture
def crash(folder: Path) -> Crash:
    return Crash(folder)


def without_verdicts(contents: dict[str, object]) -> dict[str, object]:
    """A run that crashed is told as interrupted, when it would otherwise still be under way."""
    return {name: value for name, value in contents.items() if name != "runs"}


@pytest.mark.parametrize("tail", TAILS.values(), ids=TAILS.keys())
def test_whole_groups_of_a_tail_are_recorded_as_they_would_have_been(
    crash: Crash, tail: Callable[[Archive], object]
) -> None:
    undisturbed = crash.leave(tail)
    _, contents = crash.reopen()
    assert without_verdicts(contents) == without_verdicts(undisturbed)
    assert verify(crash.folder).damage == []


def test_a_verdict_in_the_tail_ends_its_run(crash: Crash) -> None:
    undisturbed = crash.leave(TAILS["a run's verdict"])
    assert crash.reopen()[1]["runs"] == undisturbed["runs"]


def test_a_run_without_a_verdict_is_interrupted_as_of_its_last_recording(crash: Crash) -> None:
    crash.leave(TAILS["a capture"])
    _, contents = crash.reopen()
    ((_, _, _, _, finished_at, verdict, exit_code, _),) = contents["runs"]
    # The clock stands still, and commits are told apart by a millisecond.
    assert (finished_at, verdict, exit_code) == (
        "2026-01-15T01:00:00.001Z",
        f"interrupted without a word, after {len(contents['captures'])} captures",
        None,
    )


def test_a_file_that_the_database_does_not_know_is_recorded_whole(folder: Path) -> None:
    crash = Crash(folder, committed=False)
    undisturbed = crash.leave(TAILS["a group"])
    recovered, contents = crash.reopen()
    assert recovered == 7
    assert without_verdicts(contents) == without_verdicts(undisturbed)


def test_a_tail_of_a_portal_that_is_not_built_in_is_read_by_its_own_map(folder: Path) -> None:
    crash = Crash(folder, CUSTOM, committed=False)
    crash.leave(TAILS["a group"])
    with Archive(folder, PORTAL, command="another portal", now=lambda: at(60)) as archive:
        assert archive.recovered == 7
        assert rows(archive.connection, "SELECT DISTINCT portal FROM articles") == [("riverside",)]


def test_a_tail_of_a_known_file_is_read_by_the_map_in_the_database(folder: Path) -> None:
    crash = Crash(folder, CUSTOM)
    crash.leave(TAILS["a capture"])
    with Archive(folder, PORTAL, command="another portal", now=lambda: at(60)) as archive:
        assert archive.recovered == 1


@pytest.mark.parametrize("share", [0.02, 0.3, 0.5, 0.77, 0.999])
def test_a_torn_group_is_cut_off_and_those_before_it_are_recorded(crash: Crash, share: float) -> None:
    crash.leave(TAILS["a group"])
    start = crash.committed_length()
    content = crash.file.read_bytes()
    cut = start + int((len(content) - start) * share)
    crash.file.write_bytes(content[:cut])
    recovered, contents = crash.reopen()
    whole = list(read_members(crash.file))
    assert recovered == sum(b"WARC-Type: response" in member.data for member in whole) - 1
    assert len(contents["captures"]) == recovered + 1
    assert crash.file.stat().st_size == whole[-1].offset + whole[-1].length <= cut
    assert verify(crash.folder).damage == []


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda tail: bytes(len(tail)), id="zero-filled"),
        pytest.param(lambda tail: b"\xa5" * len(tail), id="garbage"),
        pytest.param(lambda tail: tail[:40] + bytes(len(tail) - 40), id="zero-filled after its head"),
        pytest.param(lambda tail: tail[:-3] + b"\xff" * 3, id="wrong checksum"),
    ],
)
def test_a_spoilt_tail_is_cut_off_and_nothing_else(crash: Crash, spoil: Callable[[bytes], bytes]) -> None:
    crash.leave(TAILS["a capture"])
    start = crash.committed_length()
    content = crash.file.read_bytes()
    crash.file.write_bytes(content[:start] + spoil(content[start:]))
    recovered, contents = crash.reopen()
    assert recovered == 0
    assert len(contents["captures"]) == 1
    assert crash.file.read_bytes() == content[:start]


def test_a_request_without_its_response_is_cut_off(crash: Crash) -> None:
    crash.leave(TAILS["a capture"])
    start = crash.committed_length()
    request = next(read_members(crash.file, start))
    with crash.file.open("r+b") as file:
        file.truncate(start + request.length)
    assert crash.reopen()[0] == 0
    assert crash.file.stat().st_size == start


def test_what_follows_a_hole_in_a_tail_is_set_aside(crash: Crash) -> None:
    crash.leave(TAILS["a group"])
    start = crash.committed_length()
    content = bytearray(crash.file.read_bytes())
    content[start + 5 : start + 60] = bytes(55)
    crash.file.write_bytes(content)
    assert crash.reopen()[0] == 0
    assert crash.file.stat().st_size == start
    (aside,) = crash.file.parent.glob(".*")
    assert aside.read_bytes() == content[start:]
    assert verify(crash.folder).damage == []


@pytest.mark.parametrize("content", [b"", bytes(4000), b"\x1f\x8b\x08"])
def test_a_new_file_without_a_whole_record_goes_away(crash: Crash, content: bytes) -> None:
    crash.leave(lambda archive: None)
    empty = crash.file.with_name("gzcrawler-guangzhou-20260201000000000-0123abcd-00001.warc.gz")
    empty.write_bytes(content)
    crash.reopen()
    assert not empty.exists()


def test_an_opening_that_is_interrupted_after_recovery_is_made_good_by_the_next(crash: Crash) -> None:
    undisturbed = crash.leave(TAILS["a group"])

    def interrupt() -> datetime:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Archive(crash.folder, PORTAL, command="again", now=interrupt)
    recovered, contents = crash.reopen()
    assert recovered == 0
    assert without_verdicts(contents) == without_verdicts(undisturbed)


def test_a_file_shorter_than_what_was_committed_is_damage(crash: Crash) -> None:
    crash.leave(TAILS["a capture"])
    size = crash.committed_length()
    with crash.file.open("r+b") as file:
        file.truncate(size - 1)
    before = (crash.folder / "gzcrawler.db").read_bytes()
    with pytest.raises(ArchiveDamagedError, match=rf"is cut off \({size - 1:,} of {size:,} bytes\)"):
        crash.reopen()
    assert (crash.folder / "gzcrawler.db").read_bytes() == before


def test_a_missing_file_is_damage(crash: Crash) -> None:
    crash.leave(TAILS["a capture"])
    crash.file.unlink()
    with pytest.raises(ArchiveDamagedError, match="is missing"):
        crash.reopen()


def test_a_foreign_file_among_the_warc_files_is_refused(crash: Crash) -> None:
    crash.leave(TAILS["a capture"])
    (crash.folder / "warc" / "holiday.jpg").write_bytes(b"...")
    with pytest.raises(ArchiveDamagedError, match=r"holiday\.jpg: is no file of this archive"):
        crash.reopen()


def test_dotfiles_among_the_warc_files_are_left_alone(crash: Crash) -> None:
    crash.leave(TAILS["a capture"])
    (crash.folder / "warc" / ".DS_Store").write_bytes(b"...")
    assert crash.reopen()[0] == 1
