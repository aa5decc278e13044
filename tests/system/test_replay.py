"""WARC files and WACZ exports in other people's programs: warcio and wacz check them, pywb replays pages from them."""

from __future__ import annotations

import gzip
import sys
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gzcrawler.crawl_run import CrawlOptions
from gzcrawler.crawling import crawl
from gzcrawler.portals import parse_portal
from gzcrawler.replica import ReplicaConfig, RunningReplica, running_replica
from tests.system.pywb_server import install_programs, run_program, running_pywb

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.system


@pytest.fixture(scope="module")
def replica() -> Iterator[RunningReplica]:
    """A replica that compresses, as most servers do."""
    with running_replica(ReplicaConfig(articles=50, compress=True), max_seconds=900) as running:
        yield running


@pytest.fixture(scope="module")
def warc_files(replica: RunningReplica, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """What one crawl of it wrote."""
    archive = tmp_path_factory.mktemp("replayed") / "archive"
    portal = parse_portal(replica.map, origin="replica")
    assert crawl(CrawlOptions(archive=archive, portal=portal)).exit_code == 0
    return sorted((archive / "warc").glob("*.warc.gz"))


@pytest.fixture(scope="module")
def wacz(warc_files: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same captures as one file."""
    out = tmp_path_factory.mktemp("exported") / "kept.wacz"
    run_program(
        Path(sys.executable),
        *("-m", "gzcrawler", "export", "wacz", "--archive", warc_files[0].parents[1], "--out", out),
    )
    return out


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """pywb and wacz, in an environment of their own."""
    return install_programs(tmp_path_factory.mktemp("programs"), "pywb", "wacz")


@pytest.fixture(scope="module", params=["warc", "wacz"])
def replay(
    request: pytest.FixtureRequest,
    warc_files: list[Path],
    wacz: Path,
    programs: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[str]:
    """Address of pywb's collection of the WARC files, and of the WACZ."""
    folder = tmp_path_factory.mktemp("pywb")
    kept = warc_files if request.param == "warc" else ["--unpack-wacz", wacz]
    with running_pywb(programs, folder, kept) as collection:
        yield f"{collection}/id_/"


def test_warcio_finds_every_record_whole(warc_files: list[Path]) -> None:
    run_program(Path(sys.executable).parent / "warcio", "check", *warc_files)


def test_the_wacz_package_finds_the_export_valid(wacz: Path, programs: Path) -> None:
    run_program(programs / "wacz", "validate", "-f", wacz)


@pytest.mark.parametrize("kind", ["article", "listing", "home", "picture"])
def test_a_page_replayed_by_pywb_is_what_the_server_sent(
    replica: RunningReplica, replay: str, kind: str
) -> None:
    url = _some(replica, kind)
    host, _, path = url.removeprefix("http://").partition("/")
    sent = replica.replica.page(host, f"/{path}").body
    with urllib.request.urlopen(replay + url, timeout=30) as response:
        received = response.read()
        encoding = response.headers.get("Content-Encoding")
    assert (gzip.decompress(received) if encoding == "gzip" else received) == sent


def test_the_received_encoding_is_kept(replica: RunningReplica, replay: str) -> None:
    asked = urllib.request.Request(replay + _some(replica, "article"), headers={"Accept-Encoding": "gzip"})
    with urllib.request.urlopen(asked, timeout=30) as response:
        assert response.headers["Content-Encoding"] == "gzip"


def _some(replica: RunningReplica, kind: str) -> str:
    truth = replica.replica
    if kind == "article":
        return next(truth.articles()).canonical_url
    if kind == "listing":
        return truth.list_addresses()[0]
    if kind == "home":
        return truth.portal.editions[0].home[0]
    return next(image.url for article in truth.articles() for image in article.images)
