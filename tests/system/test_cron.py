"""A crawl that Debian's cron starts, from the line that `schedule install` wrote."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gzcrawler.crawl_run import CrawlOptions
from gzcrawler.crawling import crawl
from gzcrawler.portals import parse_portal
from gzcrawler.replica import ReplicaConfig, running_replica

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.system

FOREIGN = b"# somebody else's\nPYTHONPATH=%s\n@yearly   echo  never\n"


@pytest.fixture
def own_crontab() -> Iterator[None]:
    """This user's crontab is the test's own; what was there comes back."""
    before = subprocess.run(["crontab", "-l"], capture_output=True, check=False)
    subprocess.run(["crontab", "-"], input=FOREIGN % bytes(Path.cwd()), check=True)
    yield
    if before.returncode == 0:
        subprocess.run(["crontab", "-"], input=before.stdout, check=True)
    else:
        subprocess.run(["crontab", "-r"], check=True)


@pytest.fixture
def cron(own_crontab: None) -> Iterator[None]:
    """A cron of the test's own, ended by its pid; one that runs already serves as well."""
    with subprocess.Popen(["cron", "-f"], stderr=subprocess.DEVNULL) as daemon:
        yield
        daemon.terminate()
        daemon.wait(timeout=10)


def _schedule(*arguments: str) -> None:
    subprocess.run([sys.executable, "-m", "gzcrawler", "schedule", *arguments], check=True)


def test_cron_runs_what_was_installed(cron: None, tmp_path: Path) -> None:
    archive = tmp_path / "an archive"
    with running_replica(ReplicaConfig(articles=50), max_seconds=300) as replica:
        portal = parse_portal(replica.map, origin="replica")
        assert crawl(CrawlOptions(archive=archive, portal=portal, max_pages=5)).exit_code == 0
        given = ("--archive", str(archive), "--portal", str(replica.map_file), "--yes")
        _schedule("install", *given, "--cron", "* * * * *")
        log = archive / "logs" / "crawl.log"
        deadline = time.monotonic() + 180
        while not (log.exists() and '"exit_code"' in log.read_text("utf-8")):
            assert time.monotonic() < deadline, "cron did not run it within three minutes"
            time.sleep(0.5)
        _schedule("remove", *given)
    told = json.loads(log.read_text("utf-8").splitlines()[-1])
    assert (told["exit_code"], told["verdict"]) == (0, "complete")
    left = subprocess.run(["crontab", "-l"], capture_output=True, check=True).stdout
    assert left == FOREIGN % bytes(Path.cwd())
