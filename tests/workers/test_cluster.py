"""The same on a Dask cluster, with what can go wrong there."""

from __future__ import annotations

from functools import partial
from itertools import islice
from typing import TYPE_CHECKING

import pytest
from test_workers import at_bench, die_at, fill_the_disk, name, refuse, square

from gzcrawler.errors import ArchiveFullError, UsageError, WorkerKilledError
from gzcrawler.workers import Cluster, Job
from gzcrawler.workers.release import own_release

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "log"


def test_results_come_in_the_order_of_the_tasks(cluster_address: str, log: Path) -> None:
    job = Job(begin=partial(at_bench, log), work=square, name=name)
    assert list(Cluster(cluster_address).results(job, range(50))) == [n * n for n in range(50)]
    assert sorted(line.split()[0] for line in log.read_text().splitlines()) == ["begin"] * 2 + ["end"] * 2


def test_an_error_of_the_job_is_raised_at_its_place(cluster_address: str, log: Path) -> None:
    job = Job(begin=partial(at_bench, log), work=refuse, name=name)
    results = Cluster(cluster_address).results(job, range(50))
    assert list(islice(results, 3)) == [0, 1, 2]
    with pytest.raises(UsageError, match="three is not wanted"):
        next(results)


def test_a_worker_that_dies_is_replaced_and_its_tasks_are_done_again(cluster_address: str, log: Path) -> None:
    job = Job(begin=partial(at_bench, log), work=partial(die_at, 1), name=name)
    assert list(Cluster(cluster_address).results(job, range(20))) == list(range(20))


def test_a_task_that_kills_every_worker_is_named(cluster_address: str, log: Path) -> None:
    job = Job(begin=partial(at_bench, log), work=partial(die_at, 100), name=name)
    with pytest.raises(WorkerKilledError, match=r"^number 3: 2 workers were killed while at it"):
        list(Cluster(cluster_address).results(job, range(20)))


def test_a_full_disk_on_a_worker_is_named(cluster_address: str, log: Path) -> None:
    job = Job(begin=partial(at_bench, log), work=fill_the_disk, name=name)
    with pytest.raises(ArchiveFullError, match=r"^worker tcp://127\.0\.0\.1:\d+: no space left \(/spool/0\)"):
        list(Cluster(cluster_address).results(job, range(20)))


@pytest.mark.parametrize("what", ["gzcrawler", "Python", "lxml", "gzcrawler's code"])
def test_a_cluster_of_another_release_is_refused(
    cluster_address: str, log: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    monkeypatch.setitem(own_release(), what, "9.9")
    job = Job(begin=partial(at_bench, log), work=square, name=name)
    with pytest.raises(UsageError, match=rf"has another release of {what} .* this machine \(9\.9\)"):
        next(Cluster(cluster_address).results(job, range(3)))
    assert not log.exists()
