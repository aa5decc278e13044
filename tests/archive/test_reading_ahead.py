"""A rebuild by several: pages read by workers, recorded by one, and the same database at the end."""

from __future__ import annotations

import pickle
import shutil
from collections import deque
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import pytest
from archive_pages import RECORDING, TABLES, article_page, at, capture, dump, record
from drawn_captures import OLDER_READERS, drawn_captures, record_all
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gzcrawler.archive import open_archive, rebuild, verify
from gzcrawler.workers import Cluster, Processes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from conftest import OpenForWriting

    from gzcrawler.workers import Job


class Ahead:
    """Workers in this process: what travels is pickled, and so many tasks are taken ahead."""

    def __init__(self, ahead: int) -> None:
        self.ahead = ahead

    def results(self, job: Job[Any, Any, Any], tasks: Iterable[Any]) -> Iterator[Any]:
        pending: deque[bytes] = deque()
        with job.begin() as tool:
            for task in tasks:
                pending.append(pickle.dumps(job.work(tool, pickle.loads(pickle.dumps(task)))))
                if len(pending) > self.ahead:
                    yield pickle.loads(pending.popleft())
            while pending:
                yield pickle.loads(pending.popleft())


def contents(folder: Path) -> dict[str, list[tuple[Any, ...]]]:
    with open_archive(folder) as opened:
        return dump(opened.connection, TABLES | RECORDING)


def rebuilt(folder: Path, workers: Any) -> tuple[Any, Any]:
    """What the rebuild says, but for where it was, and what is in the database."""
    told = rebuild(folder, workers=workers)
    return replace(told, torn=tuple(line.replace(str(folder), "…") for line in told.torn)), contents(folder)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_the_database_is_the_same_as_one_process_makes_it(data: st.DataObject) -> None:
    captures = data.draw(drawn_captures())
    readers = [data.draw(st.sampled_from(OLDER_READERS)) for _ in captures]
    with TemporaryDirectory() as scratch:
        folder = Path(scratch) / "archive"
        record_all(folder, captures, readers)
        assert rebuilt(folder, Ahead(data.draw(st.integers(0, 3)))) == rebuilt(folder, 1)


@pytest.fixture
def in_small_tasks(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a few captures are several tasks."""
    monkeypatch.setattr("gzcrawler.archive.reading_ahead._GROUPS_AT_ONCE", 3)


@pytest.mark.usefixtures("in_small_tasks")
def test_so_it_is_of_weeks_of_crawling(crawled_copy: Path) -> None:
    assert rebuilt(crawled_copy, Ahead(4)) == rebuilt(crawled_copy, 1)


@pytest.mark.parametrize("shared", ["processes", "cluster"])
@pytest.mark.usefixtures("in_small_tasks")
def test_so_it_is_by_real_workers(crawled_copy: Path, shared: str, request: pytest.FixtureRequest) -> None:
    workers = Processes(2) if shared == "processes" else Cluster(request.getfixturevalue("cluster_address"))
    assert rebuilt(crawled_copy, workers) == rebuilt(crawled_copy, 1)
    assert verify(crawled_copy).damage == []


@pytest.mark.usefixtures("in_small_tasks")
@pytest.mark.parametrize("place", [0.0, 0.6])
def test_damage_is_gone_over_and_named_alike(crawled_copy: Path, tmp_path: Path, place: float) -> None:
    for path in sorted((crawled_copy / "warc").iterdir())[:2]:
        data = bytearray(path.read_bytes())
        at_byte = int(len(data) * place)
        data[at_byte : at_byte + 40] = bytes(40)
        path.write_bytes(data)
    shutil.copytree(crawled_copy, tmp_path / "alone")
    alone = rebuilt(tmp_path / "alone", 1)
    assert alone[0].torn
    assert rebuilt(crawled_copy, Ahead(2)) == alone


@pytest.mark.usefixtures("in_small_tasks")
def test_bytes_that_come_again_at_once_are_read_once_they_are_known(
    open_for_writing: OpenForWriting, folder: Path
) -> None:
    with open_for_writing() as archive:
        record(archive, *(capture(when=at(minutes)) for minutes in range(8)))
        record(archive, capture(payload=article_page("Another text."), when=at(20)))
    assert rebuilt(folder, Ahead(5)) == rebuilt(folder, 1)
