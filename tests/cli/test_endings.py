"""How a crawl ends: each way with its own exit code and one line."""

from __future__ import annotations

import json
import os
import resource
import shutil
import socket
import sqlite3
import subprocess
import sys
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

import pytest

from gzcrawler.archive import Archive
from gzcrawler.portals import parse_portal
from gzcrawler.replica import FaultRule, replica_map
from gzcrawler.replica.portal_map import as_toml

if TYPE_CHECKING:
    from collections.abc import Callable

    from click.testing import Result
    from conftest import Started

    from gzcrawler.replica import RunningReplica

CHECKOUT = Path(__file__).parents[2]


def test_a_refused_connection_is_an_unreachable_portal_within_seconds(
    call: Callable[..., Result], tmp_path: Path
) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    nobody = tmp_path / "nobody.toml"
    nobody.write_text(as_toml(replica_map(port)), "utf-8")
    began = monotonic()
    result = call("crawl", "--portal", nobody, "--archive", tmp_path / "archive")
    assert monotonic() - began < 10
    assert result.exit_code == 11
    assert result.stdout.startswith("portal unreachable or refusing: www.eguangzhou.test: unreachable (")
    assert "does not take connections" in result.stdout
    assert len(result.stdout.splitlines()) == 1


def test_names_that_nobody_knows_are_an_unreachable_portal(
    call: Callable[..., Result], tmp_path: Path
) -> None:
    facts = replica_map() | {"politeness": {"delay": 0.0}}
    for host in facts["hosts"]:
        host["address"] = host["address"].replace(".test", ".invalid")
    nowhere = tmp_path / "nowhere.toml"
    nowhere.write_text(as_toml(facts), "utf-8")
    result = call(
        "crawl", "--portal", nowhere, "--archive", tmp_path / "archive", GZCRAWLER_CONTACT="tests@example.org"
    )
    assert result.exit_code == 11
    assert "is not known" in result.stdout


def test_a_portal_that_is_unreachable_leaves_the_archive_as_it_was(
    call: Callable[..., Result], replica: RunningReplica, tmp_path: Path
) -> None:
    archive = tmp_path / "archive"
    call("crawl", "--portal", replica.map_file, "--archive", archive, "--max-pages", "20")
    before = _kept(archive)
    replica.set_faults(FaultRule(kind="reset", times=None))
    assert call("crawl", "--portal", replica.map_file, "--archive", archive).exit_code == 11
    assert _kept(archive) == before


def _kept(archive: Path) -> list[tuple[str, str]]:
    connection = sqlite3.connect(archive / "gzcrawler.db")
    try:
        return connection.execute("SELECT id, content_digest FROM latest ORDER BY id").fetchall()
    finally:
        connection.close()


def test_a_second_writer_names_the_first(
    call: Callable[..., Result], replica: RunningReplica, tmp_path: Path
) -> None:
    archive = tmp_path / "archive"
    with Archive(archive, parse_portal(replica.map, origin="replica"), command="crawl"):
        result = call("crawl", "--portal", replica.map_file, "--archive", archive)
    assert result.exit_code == 13
    assert result.stderr == (
        f"gzcrawler: {archive}: `gzcrawler crawl` (process {os.getpid()}) is writing to this archive\n"
    )


def test_a_disk_that_fills_ends_the_run_with_one_line_and_the_next_run_is_whole(
    start: Callable[..., Started], replica: RunningReplica, tmp_path: Path
) -> None:
    archive = tmp_path / "archive"
    crawl = ("crawl", "--portal", replica.map_file, "--archive", archive, "--no-images")

    def little_room() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000))

    child = start(*crawl, preexec_fn=little_room)
    out, err = child.communicate(timeout=60)
    assert (child.returncode, out) == (14, "")
    assert err.startswith(f"gzcrawler: {archive}: ")
    assert len(err.splitlines()) == 1
    again = start(*crawl)
    again.communicate(timeout=60)
    assert again.returncode == 0
    assert [id_ for id_, _ in _kept(archive)] == sorted(a.id for a in replica.replica.articles())


def _breaking(tmp_path: Path, code: str) -> dict[str, str]:
    """An environment in which a child breaks where the code says."""
    (tmp_path / "sitecustomize.py").write_text(
        f"def broken(*_, **__): raise KeyError('a bug')\n{code}\n", "utf-8"
    )
    return {"PYTHONPATH": os.pathsep.join([str(tmp_path), str(CHECKOUT)])}


def test_a_bug_ends_with_its_own_code(
    start: Callable[..., Started], replica: RunningReplica, tmp_path: Path
) -> None:
    environment = _breaking(
        tmp_path, "from gzcrawler.archive.recording import Recorder\nRecorder.record = broken"
    )
    child = start("crawl", "--portal", replica.map_file, "--archive", tmp_path / "archive", env=environment)
    _, err = child.communicate(timeout=60)
    assert child.returncode == 70
    assert "KeyError: 'a bug'" in err
    assert err.splitlines()[-1].startswith("gzcrawler: this is a bug of gzcrawler")


def test_a_bug_of_a_reader_costs_its_pages_and_not_the_run(
    start: Callable[..., Started], replica: RunningReplica, tmp_path: Path
) -> None:
    environment = _breaking(
        tmp_path, "import gzcrawler.readers.reading as reading\nreading.read_article = broken"
    )
    child = start(
        "crawl",
        "--portal",
        replica.map_file,
        "--archive",
        tmp_path / "archive",
        "--no-images",
        env=environment,
    )
    out, err = child.communicate(timeout=60)
    assert child.returncode == 10
    assert "newly in quarantine" in out
    assert "the reader broke (KeyError: 'a bug')" in err


@pytest.mark.parametrize("content", [b"not a database", b""])
def test_a_damaged_database_ends_with_one_line(
    call: Callable[..., Result], replica: RunningReplica, crawled: Path, tmp_path: Path, content: bytes
) -> None:
    archive = tmp_path / "archive"
    shutil.copytree(crawled, archive)
    (archive / "gzcrawler.db").write_bytes(content or os.urandom(8192))
    result = call("crawl", "--portal", replica.map_file, "--archive", archive)
    assert result.exit_code == 14
    assert len(result.stderr.splitlines()) == 1


def test_scrapy_crawl_does_the_same(replica: RunningReplica, tmp_path: Path) -> None:
    archive = tmp_path / "archive"
    done = _scrapy("-a", f"portal={replica.map_file}", "-a", f"archive={archive}", "-a", "section=gzlatest")
    assert done.returncode == 0
    assert "complete" in done.stderr
    connection = sqlite3.connect(archive / "gzcrawler.db")
    command, verdict, exit_code = connection.execute(
        "SELECT command, verdict, exit_code FROM runs"
    ).fetchone()
    connection.close()
    assert (command, verdict, exit_code) == ("crawl", "complete", 0)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("-a", "portal=nosuch"), "nosuch: no portal of that name"),
        (("-a", "pages=3"), "-a pages: no such argument"),
        (("-a", "max_pages=x"), "-a max_pages=x: is no number of at least 1"),
        (("-a", "max_bytes=0"), "-a max_bytes=0: is no number of at least 1"),
        (("-a", "section=gardening"), "gardening: is no section of portal"),
        (("-a", "since=2026-02-30"), "-a since=2026-02-30: is no day"),
        (("-a", "images=perhaps"), "-a images=perhaps: is neither yes nor no"),
    ],
)
def test_scrapy_crawl_with_a_wrong_argument_fails(arguments: tuple[str, ...], told: str) -> None:
    done = _scrapy(*arguments)
    assert done.returncode == 1
    assert told in done.stderr


def test_scrapy_crawl_knows_the_options_of_the_crawl(replica: RunningReplica, tmp_path: Path) -> None:
    archive = tmp_path / "archive"
    given = (
        f"portal={replica.map_file}",
        f"archive={archive}",
        "since=2030-01-01",
        "images=no",
        "max_bytes=900000",
    )
    assert _scrapy(*(word for one in given for word in ("-a", one))).returncode == 0
    connection = sqlite3.connect(archive / "gzcrawler.db")
    (record,) = connection.execute("SELECT record FROM runs").fetchone()
    kinds = {row[0] for row in connection.execute("SELECT DISTINCT kind FROM captures")}
    connection.close()
    told = json.loads(record)["configuration"]
    assert (told["since"], told["images"], told["max_bytes"]) == ("2030-01-01", False, 900_000)
    assert "listing" in kinds
    assert "asset" not in kinds


def test_scrapy_crawl_tells_which_signal_ended_it(
    replica: RunningReplica, until: Callable[[Callable[[], bool]], None], tmp_path: Path
) -> None:
    archive = tmp_path / "archive"
    replica.set_faults(FaultRule(kind="stall", seconds=0.5, path=r"/c_\d+\.htm|/post_\d+\.html", times=None))
    command = [sys.executable, "-m", "scrapy", "crawl", "portal", "-a", f"archive={archive}"]
    with subprocess.Popen(
        [*command, "-a", f"portal={replica.map_file}"], cwd=CHECKOUT, stderr=subprocess.DEVNULL
    ) as child:
        until(lambda: replica.counters()["faults"].get("stall", 0) > 0)
        child.terminate()
        child.wait(timeout=20)
    connection = sqlite3.connect(archive / "gzcrawler.db")
    verdict, exit_code = connection.execute("SELECT verdict, exit_code FROM runs").fetchone()
    connection.close()
    assert verdict.startswith("interrupted (SIGTERM)")
    assert exit_code == 143


def _scrapy(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "scrapy", "crawl", "portal", *arguments],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env=os.environ | {"PYTHONPATH": str(CHECKOUT)},
    )
