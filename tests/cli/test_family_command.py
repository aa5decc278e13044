"""`crawl --all` and `portal`, as they are typed."""

from __future__ import annotations

import json
import signal
import sqlite3
from typing import TYPE_CHECKING, Any

import pytest

from gzcrawler.replica import FaultRule, ReplicaConfig, RunningReplica, family_maps, running_replica
from gzcrawler.replica.portal_map import as_toml

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from click.testing import Result
    from conftest import Started

    Call = Callable[..., Result]


@pytest.fixture(scope="session")
def shared_replica() -> Iterator[RunningReplica]:
    """A replica whose links stay on the host that shows them."""
    with running_replica(ReplicaConfig(articles=50, absolute_links=0.0), max_seconds=900) as replica:
        yield replica


@pytest.fixture
def maps(replica: RunningReplica, tmp_path: Path) -> Callable[..., str]:
    """Map files of portals on the replica, as --portals takes them."""

    def write(number: int, **changes: Any) -> str:
        paths = []
        for facts in family_maps(replica.port, number, timeout=5.0):
            path = tmp_path / f"{facts['name']}.toml"
            path.write_text(as_toml(facts | changes.get(facts["name"].replace("-", "_"), {})), "utf-8")
            paths.append(str(path))
        return ",".join(paths)

    return write


def test_a_line_for_each_portal_and_one_for_all(call: Call, maps: Callable[..., str], tmp_path: Path) -> None:
    dead = {"connect": "127.0.0.1:1"}
    folder = tmp_path / "family"
    arguments = ("crawl", "--all", "--portals", maps(3, replica_2=dead), "--archive", folder)
    result = call(*arguments, "--max-pages", 3)
    assert result.exit_code == 11
    first, second, third, last = result.stdout.splitlines()
    assert first.startswith("replica-1: complete up to --max-pages")
    assert second.startswith("replica-2: portal unreachable or refusing: portal-2.test")
    assert third.startswith("replica-3: complete up to --max-pages")
    assert last == "3 portals: 2 complete, 1 unreachable or refusing (replica-2)"
    assert sorted(path.name for path in folder.iterdir()) == ["replica-1", "replica-2", "replica-3"]


def test_json_has_each_verdict_with_its_record(call: Call, maps: Callable[..., str], tmp_path: Path) -> None:
    folder = tmp_path / "family"
    (folder / "replica-2").mkdir(parents=True)
    (folder / "replica-2" / "gzcrawler.db").write_text("no database")
    arguments = ("crawl", "--all", "--portals", maps(2), "--archive", folder, "--max-pages", 2)
    result = call(*arguments, "--json", "--quiet")
    assert result.exit_code == 14
    told = json.loads(result.stdout)
    assert (told["exit_code"], told["captures"]) == (14, 3)
    one, other = told["portals"]
    assert (one["portal"], one["exit_code"], one["archive"]) == ("replica-1", 0, str(folder / "replica-1"))
    assert one["hosts"][0]["host"] == "portal-1.test"
    assert (other["portal"], other["exit_code"]) == ("replica-2", 14)


def test_quiet_and_complete_says_nothing(call: Call, maps: Callable[..., str], tmp_path: Path) -> None:
    arguments = ("crawl", "--all", "--portals", maps(2), "--archive", tmp_path / "f", "--max-pages", 2)
    result = call(*arguments, "--quiet")
    assert (result.exit_code, result.output) == (0, "")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_all_and_the_next_run_goes_on(
    replica: RunningReplica,
    maps: Callable[..., str],
    start: Callable[..., Started],
    until: Callable[[Callable[[], bool]], None],
    tmp_path: Path,
    number: signal.Signals,
    code: int,
) -> None:
    folder = tmp_path / "family"
    replica.set_faults(FaultRule(kind="stall", seconds=1.0, path=r"/c_\d+\.htm|/post_\d+\.html", times=None))
    crawl = ("crawl", "--all", "--portals", maps(2), "--archive", folder, "--no-images")
    child = start(*crawl)
    until(lambda: replica.counters()["faults"].get("stall", 0) > 1)
    child.send_signal(number)
    out, err = child.communicate(timeout=20)
    assert child.returncode == code
    assert out.splitlines()[-1] == "2 portals: 2 interrupted (replica-1, replica-2)"
    assert err.splitlines() == [f"{number.name}: pages under way end; once more stops now"]
    replica.set_faults()
    again = start(*crawl)
    out, _ = again.communicate(timeout=60)
    assert again.returncode == 0, out
    for name in ("replica-1", "replica-2"):
        connection = sqlite3.connect(folder / name / "gzcrawler.db")
        (missing,) = connection.execute(
            "SELECT count(*) FROM pages WHERE kind = 'article' AND state = 'new'"
        ).fetchone()
        connection.close()
        assert missing == 0


def test_a_second_process_finds_each_archive_busy(
    replica: RunningReplica,
    maps: Callable[..., str],
    start: Callable[..., Started],
    until: Callable[[Callable[[], bool]], None],
    call: Call,
    tmp_path: Path,
) -> None:
    folder = tmp_path / "family"
    replica.set_faults(FaultRule(kind="stall", seconds=2.0, path="/$", times=None))
    crawl = ("crawl", "--all", "--portals", maps(2), "--archive", folder, "--max-pages", 2)
    first = start(*crawl)
    until(lambda: replica.counters()["faults"].get("stall", 0) > 1)
    second = call(*crawl)
    assert second.exit_code == 13
    assert second.stdout.splitlines()[-1] == "2 portals: 2 busy (replica-1, replica-2)"
    assert f"`gzcrawler crawl` (process {first.pid}) is writing" in second.stdout
    first.communicate(timeout=30)
    assert first.returncode == 0


def test_a_folder_that_is_an_archive_itself_is_refused(
    call: Call, maps: Callable[..., str], tmp_path: Path
) -> None:
    (tmp_path / "gzcrawler.db").touch()
    result = call("crawl", "--all", "--portals", maps(1), "--archive", tmp_path)
    assert result.exit_code == 2
    assert "is the archive of one crawl" in result.stderr


def test_settings_of_the_folder_hold_for_all_and_of_an_archive_for_one(
    call: Call, maps: Callable[..., str], tmp_path: Path
) -> None:
    folder = tmp_path / "family"
    (folder / "replica-1").mkdir(parents=True)
    (folder / "gzcrawler.toml").write_text('contact = "all@example.org"\n')
    (folder / "replica-1" / "gzcrawler.toml").write_text("windows = 3\n")
    arguments = ("crawl", "--all", "--portals", maps(2), "--archive", folder, "--max-pages", 1, "--json")
    one, other = json.loads(call(*arguments).stdout)["portals"]
    assert (one["exit_code"], other["exit_code"]) == (2, 0)
    assert "windows: is no key of this file" in one["verdict"]
    assert other["record"]["configuration"]["contact"] == "all@example.org"


def test_existing_makes_no_archive(call: Call, maps: Callable[..., str], tmp_path: Path) -> None:
    folder = tmp_path / "family"
    result = call("crawl", "--all", "--portals", maps(1), "--archive", folder, "--existing")
    assert (result.exit_code, folder.exists()) == (2, False)
    assert result.stdout.splitlines()[-1] == "1 portal: 1 not begun (replica-1)"


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (["--all", "--section", "news"], "--section is for one portal"),
        (["--all", "--portal", "nmpa"], "name some with --portals"),
        (["--all", "--dry-run"], "--dry-run is for one portal"),
        (["--all", "--portals", "nmpa, nmpa"], "'nmpa' is named twice"),
        (["--all", "--portals", ","], "names no portal"),
        (["--all", "--portals", "nmpa,nowhere"], "nowhere: no portal of that name"),
        (["--portals", "nmpa"], "--portals goes with --all"),
        (["--all", "--portals", "nmpa"], "a live crawl says who crawls"),
    ],
)
def test_a_wrong_call_asks_nothing_and_makes_nothing(
    call: Call, tmp_path: Path, given: list[str], told: str
) -> None:
    folder = tmp_path / "family"
    result = call("crawl", *given, "--archive", folder, GZCRAWLER_CONTACT="")
    assert (result.exit_code, folder.exists()) == (2, False)
    assert told in result.stderr


def test_a_map_that_was_never_proven_is_told_of_at_the_start(
    call: Call, maps: Callable[..., str], tmp_path: Path
) -> None:
    never = {"verified": False}
    arguments = ("--archive", tmp_path / "f", "--max-pages", 1)
    result = call("crawl", "--all", "--portals", maps(2, replica_1=never, replica_2=never), *arguments)
    assert result.stderr.startswith("the maps of replica-1, replica-2 were never checked on the live site")
    one = call(
        "crawl", "--portal", tmp_path / "replica-1.toml", "--archive", tmp_path / "one", "--max-pages", 1
    )
    assert one.stderr.startswith("the map of replica-1 was never checked on the live site")
    assert call("crawl", "--portal", tmp_path / "replica-1.toml", *arguments, "--quiet").stderr == ""


def test_list_names_every_map_and_when_it_was_proven(call: Call) -> None:
    assert " nmpa       never" in call("portal", "list").stdout
    told = {one["name"]: one for one in json.loads(call("portal", "list", "--json").stdout)}
    assert told["nmpa"]["verified"] is False
    assert told["nmpa"]["hosts"][0] == "english.nmpa.gov.cn"


def test_show_says_with_whom_a_host_is_shared(call: Call) -> None:
    shown = call("portal", "show", "nantong").stdout
    assert "verified     never" in shown
    assert "subsites.chinadaily.com.cn: fujian, guangzhou, hangzhou" in shown
    assert call("portal", "show", "nowhere").exit_code == 2
