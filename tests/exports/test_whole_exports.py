"""An export is whole or not there at all; what cannot be done is refused in one line."""

from __future__ import annotations

import json
import os
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from gzcrawler.archive import Archive
from gzcrawler.exports.snapshot_reading import verify_snapshot
from gzcrawler.exports.whole_files import whole_file, whole_folder
from gzcrawler.portals import load_portal

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result

    Call = Callable[..., Result]
    Export = Callable[..., Path]

FORMATS = {
    "snapshot": "out.json",
    "jsonl": "out.jsonl",
    "csv": "out",
    "parquet": "out",
    "atom": "out.atom",
    "jsonld": "out.jsonld",
    "wacz": "out.wacz",
    "markdown": "out",
}


def contents(path: Path) -> dict[str, bytes]:
    """Every file of an export, by name."""
    if path.is_dir():
        return {str(file.relative_to(path)): file.read_bytes() for file in path.rglob("*") if file.is_file()}
    return {file.name: file.read_bytes() for file in path.parent.iterdir()}


# -- killed -----------------------------------------------------------------------------------------


def forked(work: Callable[[], object]) -> int:
    """Do it in a child; returns how that ended."""
    child = os.fork()
    if child == 0:
        with open(os.devnull, "w") as nowhere:  # noqa: PTH123
            os.dup2(nowhere.fileno(), 1)
            os.dup2(nowhere.fileno(), 2)
        work()
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def killed_at(number: int, folder: Path) -> None:
    """Let this process be killed when it touches a folder for the n-th time."""
    touched = 0

    def count(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal touched
        if event in ("open", "os.rename", "os.remove") and str(folder) in str(arguments[0]):
            touched += 1
            if touched == number:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(count)


def test_a_snapshot_killed_at_any_touch_of_its_folder_leaves_a_valid_one(
    crawled: Path, tmp_path: Path, export: Export, call: Call
) -> None:
    first, last = (export(crawled, "--as-of", day).read_bytes() for day in ("2026-01-20", "2026-02-11"))
    out = tmp_path / "nightly" / "snapshot.json"
    out.parent.mkdir()
    arguments = ("export", "snapshot", "--archive", crawled, "--out", out, "--as-of")
    assert call(*arguments, "2026-01-20").exit_code == 0
    number = 1
    while forked(lambda number=number: (killed_at(number, out.parent), call(*arguments, "2026-02-11"))):
        assert out.read_bytes() in (first, last)
        assert verify_snapshot(out).damage == []
        number += 1
    assert number > 10
    assert out.read_bytes() == last
    assert sorted(contents(out)) == ["snapshot.json", "snapshot.json.manifest.json"]


@pytest.mark.parametrize("kind", [kind for kind in FORMATS if kind != "snapshot"])
def test_an_export_killed_at_any_touch_of_its_folder_leaves_the_one_before(
    kind: str, crawled: Path, tmp_path: Path, call: Call
) -> None:
    out = tmp_path / "nightly" / FORMATS[kind]
    out.parent.mkdir()
    arguments = ("export", kind, "--archive", crawled, "--out", out, "--as-of")
    assert call(*arguments, "2026-02-11").exit_code == 0
    after = contents(out)
    assert call(*arguments, "2026-01-20").exit_code == 0
    before = contents(out)
    number = 1
    while forked(lambda number=number: (killed_at(number, out.parent), call(*arguments, "2026-02-11"))):
        left = contents(out)
        if out.is_dir():
            assert left in (before, after)
        else:
            assert left[out.name] in (before[out.name], after[out.name])
        number += 1 + number // 8  # a folder of many files is touched some hundred times
    assert number > 5
    assert contents(out) == after
    assert [path.name for path in out.parent.iterdir() if path.name.startswith(".")] == []


# -- disk full, and other refusals of the system ------------------------------------------------------


@pytest.mark.parametrize("kind", FORMATS)
def test_a_full_disk_leaves_what_was_there(kind: str, crawled: Path, tmp_path: Path, call: Call) -> None:
    folder = tmp_path / "nightly"
    folder.mkdir()
    out = folder / FORMATS[kind]
    assert call("export", kind, "--archive", crawled, "--out", out, "--as-of", "2026-01-20").exit_code == 0
    before = contents(out)

    def export_into_small_files() -> None:
        # A file may not grow beyond this (SQLite's shared memory just may): the system refuses it as it does
        # when a quota is used up.
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (40_960, 40_960))
        ended = call("export", kind, "--archive", crawled, "--out", out)
        (tmp_path / "said").write_text(ended.stderr)
        os._exit(ended.exit_code)

    assert forked(export_into_small_files) == 14
    assert (tmp_path / "said").read_text() == (
        f"gzcrawler: {out}: no space left; what lay there before is as it was\n"
    )
    assert contents(out) == before
    assert [path.name for path in folder.iterdir() if path.name.startswith(".")] == []


@pytest.mark.parametrize("kind", FORMATS)
def test_a_folder_that_is_missing_is_a_wrong_call(
    kind: str, crawled: Path, tmp_path: Path, call: Call
) -> None:
    ended = call("export", kind, "--archive", crawled, "--out", tmp_path / "nowhere" / FORMATS[kind])
    assert ended.exit_code == 2
    assert ended.stderr == f"gzcrawler: {tmp_path / 'nowhere'}: no such folder; make it first\n"


@pytest.mark.parametrize("kind", FORMATS)
def test_a_folder_that_may_not_be_written_is_named(kind: str, crawled: Path, call: Call) -> None:
    # In /proc nobody may make a file, root neither.
    ended = call("export", kind, "--archive", crawled, "--out", f"/proc/self/task/{FORMATS[kind]}")
    assert ended.exit_code == 14
    assert ended.stderr.startswith("gzcrawler: /proc/self/task")
    assert ended.stderr.count("\n") == 1


@pytest.mark.parametrize("kind", ["csv", "parquet", "markdown"])
def test_a_folder_of_other_things_is_not_replaced(
    kind: str, crawled: Path, tmp_path: Path, call: Call
) -> None:
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter").write_text("one")
    ended = call("export", kind, "--archive", crawled, "--out", tmp_path / "thesis")
    assert ended.exit_code == 2
    assert "was not made by an export like this; name another folder" in ended.stderr
    assert (tmp_path / "thesis" / "chapter").read_text() == "one"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--as-of", "2020-01-01"), "the archive's first capture is of 2026-01-15"),
        (("--known-at", "2020-01-01"), "the archive's first recording is of 2026-01-15"),
        (("--as-of", "2026-02-30"), "'2026-02-30' is not a moment that exists"),
        (("--as-of", "2026-02-10T25:00:00Z"), "is not a moment that exists"),
        (("--as-of", "lately"), "'lately' is neither a day nor a time"),
        (("--as-of", "2026-02-10T09:00:00"), "has no offset"),
        (("--as-of", "2199-01-01"), "is still to come"),
        (("--section", "nosuch"), "section 'nosuch': there is none; there are"),
        (("--from", "2026-02-30"), "is not a day that exists"),
        (("--since", "nowhere.json"), "nowhere.json: no such file"),
        (("--since", "lately"), "nor is there a file of that name"),
        (("--since", "2026-02-11", "--as-of", "2026-01-20"), "cannot lead back"),
        (("--out", "snapshot.xml"), "a file of this format ends in .json, .json.gz, .json.zst"),
        (("--out", "-"), "cannot go to stdout"),
        (("--out", "x.json", "--compress", "gz"), "says another compression"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_what_cannot_be_asked_is_refused_in_one_line(
    options: tuple[str, ...],
    said: str,
    crawled: Path,
    call: Call,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    ended = call("export", "snapshot", "--archive", crawled, "--out", "snapshot.json", *options)
    assert ended.exit_code == 2
    assert ended.stdout == ""
    assert said in ended.stderr
    assert ended.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_an_archive_without_captures_has_nothing_to_export(tmp_path: Path, call: Call) -> None:
    with Archive(tmp_path / "archive", load_portal("guangzhou"), command="test"):
        pass
    ended = call("export", "snapshot", "--archive", tmp_path / "archive")
    assert (ended.exit_code, ended.stderr) == (
        2,
        f"gzcrawler: {tmp_path / 'archive'}: nothing is captured yet\n",
    )


def test_a_damaged_record_ends_the_export_with_nothing_written(
    crawled: Path, tmp_path: Path, call: Call
) -> None:
    shutil.copytree(crawled, tmp_path / "archive")
    with closing(sqlite3.connect(tmp_path / "archive" / "gzcrawler.db")) as connection, connection:
        changed = connection.execute(
            """UPDATE revisions SET record = json_set(record, '$.body_html', json_array('<p>', 999))
            WHERE json_type(record, '$.body_html') = 'array'"""
        )
        assert changed.rowcount > 0
    (tmp_path / "out").mkdir()
    ended = call(
        "export", "snapshot", "--archive", tmp_path / "archive", "--out", tmp_path / "out" / "all.json"
    )
    assert (ended.exit_code, ended.stderr.count("\n")) == (14, 1)
    assert "`gzcrawler verify` names it" in ended.stderr
    assert list((tmp_path / "out").iterdir()) == []
    ended = call("verify", "--archive", tmp_path / "archive")
    assert ended.exit_code == 14
    assert "its record cannot be read" in ended.output


def test_an_archive_that_is_written_to_is_exported_all_the_same(
    crawled: Path, tmp_path: Path, export: Export
) -> None:
    shutil.copytree(crawled, tmp_path / "archive")
    before = export(crawled)
    with Archive(tmp_path / "archive", load_portal("guangzhou"), command="crawl"):
        assert export(tmp_path / "archive").read_bytes() == before.read_bytes()


def test_a_reader_that_has_seen_enough_ends_the_export(crawled: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "gzcrawler", "export", "jsonl", "--archive", crawled, "--out", "-"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as child:
        assert child.stdout is not None
        assert child.stderr is not None
        json.loads(child.stdout.readline())
        child.stdout.close()
        assert child.stderr.read() == b""
    assert child.returncode == 0


# -- what lies aside ----------------------------------------------------------------------------------


def test_what_a_dead_export_left_aside_is_cleared_and_what_a_living_one_writes_is_not(tmp_path: Path) -> None:
    (tmp_path / ".file.json.1.partial").write_text("dead")
    with whole_file(tmp_path / "file.json") as living:
        living.write(b"first")
        living.flush()
        (aside,) = tmp_path.glob(".*")
        aside.rename(tmp_path / ".file.json.2.partial")
        with whole_file(tmp_path / "file.json") as other:
            other.write(b"second")
        assert (tmp_path / "file.json").read_bytes() == b"second"
        (tmp_path / ".file.json.2.partial").rename(aside)
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("file.json", b"first")]


def test_a_folder_is_replaced_in_one_step(tmp_path: Path) -> None:
    for text in ("one", "two"):
        with whole_folder(tmp_path / "made", mark="mark") as folder:
            (folder / "mark").write_text(text)
            (folder / text).write_text(text)
    assert sorted(path.name for path in (tmp_path / "made").iterdir()) == ["mark", "two"]
    assert [path.name for path in tmp_path.iterdir()] == ["made"]
