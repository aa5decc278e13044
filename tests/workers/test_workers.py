"""Work done elsewhere: results in order, few under way at a time, and workers that die."""

from __future__ import annotations

import os
import signal
from contextlib import contextmanager
from functools import partial
from itertools import count, islice
from typing import TYPE_CHECKING

import pytest

from gzcrawler.errors import ArchiveFullError, ClusterUnreachableError, UsageError, WorkerKilledError
from gzcrawler.workers import Cluster, Job, Processes
from gzcrawler.workers.job import clear, pack, perform
from gzcrawler.workers.release import own_release

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def at_bench(log: Path) -> Iterator[Path]:
    with log.open("a") as file:
        file.write(f"begin {os.getpid()}\n")
    yield log
    with log.open("a") as file:
        file.write("end\n")


def square(_: Path, number: int) -> int:
    return number * number


def refuse(_: Path, number: int) -> int:
    if number == 3:
        raise UsageError("three is not wanted")
    return number


def die_at(deaths: int, log: Path, number: int) -> int:
    """At 3 the process kills itself, so many times."""
    marks = log.with_suffix(".deaths")
    died = len(marks.read_text()) if marks.exists() else 0
    if number == 3 and died < deaths:
        with marks.open("a") as file:
            file.write("x")
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def fill_the_disk(_: Path, number: int) -> int:
    raise OSError(28, "No space left on device", f"/spool/{number}")


def name(number: int) -> str:
    return f"number {number}"


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "log"


@pytest.mark.parametrize("processes", [1, 2])
def test_results_come_in_the_order_of_the_tasks(log: Path, processes: int) -> None:
    job = Job(begin=partial(at_bench, log), work=square, name=name)
    assert list(Processes(processes).results(job, range(50))) == [n * n for n in range(50)]


def test_tasks_are_taken_a_few_ahead_of_results(log: Path) -> None:
    job = Job(begin=partial(at_bench, log), work=square, name=name)
    tasks = count()
    results = Processes(2).results(job, tasks)
    assert list(islice(results, 10)) == [n * n for n in range(10)]
    results.close()  # type: ignore[attr-defined]
    assert next(tasks) <= 10 + 6


def test_a_process_makes_ready_once(log: Path) -> None:
    job = Job(begin=partial(at_bench, log), work=square, name=name)
    list(Processes(2).results(job, range(50)))
    begun = log.read_text().splitlines()
    assert 1 <= len(begun) == len(set(begun)) <= 2


def test_an_error_of_the_job_is_raised_at_its_place(log: Path) -> None:
    job = Job(begin=partial(at_bench, log), work=refuse, name=name)
    results = Processes(2).results(job, range(50))
    assert list(islice(results, 3)) == [0, 1, 2]
    with pytest.raises(UsageError, match="three is not wanted"):
        next(results)


@pytest.mark.parametrize("deaths", [1, 2, 3])
def test_a_process_that_dies_is_replaced_and_its_tasks_are_done_again(log: Path, deaths: int) -> None:
    job = Job(begin=partial(at_bench, log), work=partial(die_at, deaths), name=name)
    assert list(Processes(2).results(job, range(20))) == list(range(20))


def test_a_task_that_kills_every_process_is_named(log: Path) -> None:
    job = Job(begin=partial(at_bench, log), work=partial(die_at, 100), name=name)
    with pytest.raises(WorkerKilledError, match=r"^number 3: 4 processes were killed while at it"):
        list(Processes(2).results(job, range(20)))


def test_a_full_disk_names_the_machine(log: Path) -> None:
    job = Job(begin=partial(at_bench, log), work=fill_the_disk, name=name)
    parcel = pack(job, "full")
    with pytest.raises(ArchiveFullError, match=r"^worker tcp://here: no space left \(/spool/7\)"):
        perform(parcel, 7, where="worker tcp://here")
    clear("full")
    assert log.read_text().endswith("end\n")


def test_another_job_takes_the_bench_over(log: Path) -> None:
    first, second = (
        pack(Job(begin=partial(at_bench, log), work=square, name=name), key) for key in ("one", "two")
    )
    assert [perform(first, 2), perform(first, 3), perform(second, 4)] == [4, 9, 16]
    clear("two")
    here = f"begin {os.getpid()}"
    assert log.read_text().splitlines() == [here, "end", here, "end"]


def test_a_release_is_told_by_its_version_its_code_and_its_parser() -> None:
    assert own_release().keys() == {"gzcrawler", "Python", "lxml", "gzcrawler's code"}


@pytest.mark.parametrize(
    "address", ["", "scheduler", "tcp://scheduler", "http://scheduler:8786", "tcp://a b:1"]
)
def test_an_address_that_is_none_is_refused(address: str) -> None:
    with pytest.raises(UsageError, match="no address of a Dask scheduler"):
        Cluster(address)


def test_a_cluster_that_does_not_answer_is_named(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gzcrawler.workers.cluster._CONNECT_WITHIN", 0.2)
    job = Job(begin=partial(at_bench, log), work=square, name=name)
    with pytest.raises(ClusterUnreachableError, match=r"^cluster tcp://127\.0\.0\.1:9: cannot be reached"):
        next(Cluster("tcp://127.0.0.1:9").results(job, range(3)))
