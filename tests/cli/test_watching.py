"""A crawl while it runs: the table on a terminal, the facts of a line, and the log."""

from __future__ import annotations

import io
import json
from time import monotonic
from typing import TYPE_CHECKING, Any

import pytest
from rich.console import Console

from gzcrawler.archive import Archive
from gzcrawler.cli.crawl_log import crawl_log
from gzcrawler.cli.progress import Watch
from gzcrawler.crawl_options import CrawlOptions
from gzcrawler.crawling import crawl
from gzcrawler.errors import UsageError
from gzcrawler.portals import parse_portal

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result

    from gzcrawler.crawl_run import CrawlRun
    from gzcrawler.replica import RunningReplica


def test_table_and_facts_say_what_a_crawl_does_and_how_long_it_will_take(
    replica: RunningReplica, tmp_path: Path
) -> None:
    facts: list[dict[str, Any]] = []
    shown: list[str] = []
    watch = Watch(quiet=True)

    def look(run: CrawlRun) -> None:
        facts.append(watch._facts(run, monotonic()))
        page = io.StringIO()
        Console(file=page, width=80).print(watch._table(run, monotonic()))
        shown.append(page.getvalue())

    options = CrawlOptions(
        archive=tmp_path / "archive",
        portal=parse_portal(replica.map, origin="replica"),
        delay=0.3,
        max_pages=8,
    )
    crawl(options, watch=look)
    waiting = next(told for told in facts if told["captures"] >= 4 and told["seconds_left"])
    assert waiting["kinds"].keys() >= {"robots", "home"}
    assert waiting["per_second"] > 0
    assert any(0 < host["next_in"] <= 0.3 for told in facts for host in told["hosts"].values())
    assert {"new", "changed", "same", "removed", "failed", "due"} <= waiting.keys()
    assert any(" due, about " in text and "next in 0." in text for text in shown)
    assert max(len(line.rstrip()) for text in shown for line in text.splitlines()) <= 80


def test_the_log_keeps_verdicts_and_what_went_wrong(
    call: Callable[..., Result], replica: RunningReplica, tmp_path: Path
) -> None:
    archive, log = tmp_path / "archive", tmp_path / "logs" / "crawl.log"
    given = ("crawl", "--quiet", "--portal", replica.map_file, "--archive", archive, "--log", log)
    result = call(*given, "--max-pages", "2")
    assert (result.stdout, result.stderr) == ("", "")
    with crawl_log(log) as write:
        write({"note": "between"})
    with Archive(archive, parse_portal(replica.map, origin="replica"), command="crawl"):
        assert call(*given).exit_code == 13
    lines = [json.loads(line) for line in log.read_text("utf-8").splitlines()]
    assert [(line.get("exit_code"), line.get("note")) for line in lines] == [
        (0, None),
        (None, "between"),
        (13, None),
    ]
    assert all(line["at"].endswith("Z") for line in lines)


def test_the_log_stays_small(tmp_path: Path) -> None:
    log = tmp_path / "crawl.log"
    with crawl_log(log) as write:
        for _ in range(70):
            write({"note": "x" * 100_000})
    files = sorted(tmp_path.iterdir())
    assert [path.name for path in files] == ["crawl.log", *(f"crawl.log.{n}" for n in range(1, 5))]
    assert max(path.stat().st_size for path in files) <= 1_000_000


def test_a_log_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match="cannot be written"), crawl_log(tmp_path / "file" / "crawl.log"):
        pass
