"""`portal check`, as it is typed: a map held against captures, and against a portal that answers."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from gzcrawler.replica.portal_map import as_toml

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result

    from gzcrawler.replica import RunningReplica

    Call = Callable[..., Result]


@pytest.fixture
def map_with(replica: RunningReplica, tmp_path: Path) -> Callable[..., Path]:
    """The replica's map with other facts, as a file."""

    def write(**facts: Any) -> Path:
        path = tmp_path / "replica.toml"
        path.write_text(as_toml(replica.map | facts), "utf-8")
        return path

    return write


def _record(url: str, body: str, status: str = "200 OK", *, coding: str = "") -> bytes:
    head = f"HTTP/1.1 {status}\r\nContent-Type: text/html\r\n{coding}\r\n"
    block = (head + body).encode()
    fields = (
        f"WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: {url}\r\nWARC-Date: 2024-03-01T10:00:00Z\r\n"
        f"WARC-Record-ID: <urn:uuid:{abs(hash(url)):032x}>\r\n"
        f"Content-Type: application/http; msgtype=response\r\nContent-Length: {len(block)}\r\n\r\n"
    )
    return fields.encode() + block + b"\r\n\r\n"


def test_captures_that_agree_with_the_map_prove_it(
    call: Call, crawled: Path, map_with: Callable[..., Path]
) -> None:
    path = map_with(verified=False)
    result = call("portal", "check", path, "--archive", crawled)
    assert result.exit_code == 0, result.output
    today = datetime.now(UTC).astimezone().date()
    assert "article subsite: " in result.stdout
    assert "against it" not in result.stdout
    last = result.stdout.splitlines()[-1]
    assert last.startswith("replica: proven; write `verified = 20")
    assert last.endswith(f"into {path}")
    day = last.partition("`verified = ")[2].partition("`")[0]
    assert abs((datetime.fromisoformat(day).date() - today).days) <= 1
    again = call("portal", "check", map_with(verified=day), "--archive", crawled)
    assert again.stdout.endswith("replica: proven, and its map says so already\n")


def test_a_section_that_the_map_does_not_name_is_shown_as_it_would_be_written(
    call: Call, replica: RunningReplica, crawled: Path, map_with: Callable[..., Path]
) -> None:
    sections = [section for section in replica.map["sections"] if section["key"] != "gzlatest"]
    result = call("portal", "check", map_with(sections=sections), "--archive", crawled)
    assert result.exit_code == 10
    assert '[[sections]]\nkey = "gzlatest"\nslugs = ["gzlatest"]' in result.stdout
    assert result.stdout.endswith("replica: not proven; `verified` stays as it is\n")


def test_pages_without_their_shape_are_not_as_the_map_says(
    call: Call, replica: RunningReplica, crawled: Path, map_with: Callable[..., Path]
) -> None:
    shapes = [s for s in replica.map["shapes"] if (s["kind"], s["generation"]) != ("article", "G3")]
    result = call("portal", "check", map_with(shapes=shapes), "--archive", crawled, "--json")
    told = json.loads(result.stdout)
    assert (result.exit_code, told["exit_code"], told["verified"]) == (12, 12, None)
    assert all("/content/post_" in one["url"] for one in told["otherwise"])
    assert any("not what their address promises" in finding for finding in told["findings"])


def test_what_lies_on_a_host_of_the_map_and_outside_of_it_is_told(
    call: Call, map_with: Callable[..., Path], tmp_path: Path
) -> None:
    warc = tmp_path / "others.warc"
    inside = "http://subsites.chinadaily.test/guangzhou/2020-01/02/c_1.htm"
    story = "<html><body><h1>Tide tables</h1><p>Harbour | Updated: 2020-01-02</p><div class='art_cont'>"
    chunked = "Transfer-Encoding: chunked\r\n"
    body = f"{story}<p>High water at noon, low water at dusk, and calm in between.</p></div></body></html>"
    warc.write_bytes(
        _record("http://subsites.chinadaily.test/elsewhere/2020-01/02/c_2.htm", "x")
        + _record("http://foreign.test/", "x")
        + _record("http://www.eguangzhou.test/old.html", "gone", "404 Not Found")
        + _record(inside, f"{len(body):x}\r\n{body}\r\n0\r\n\r\n", coding=chunked)
    )
    result = call("portal", "check", map_with(), "--warc", warc, "--json")
    told = json.loads(result.stdout)
    assert result.exit_code == 10
    assert told["left_out"]["subsites.chinadaily.test/elsewhere/"]["captures"] == 1
    assert told["foreign_hosts"] == {"foreign.test": 1}
    assert told["statuses"] == {"200": 3, "404": 1}
    assert told["layouts"][0] | {"without": {}} == {
        "kind": "article",
        "layout": "subsite",
        "pages": 1,
        "full": told["layouts"][0]["full"],
        "without": {},
    }
    said = call("portal", "check", map_with(), "--warc", warc).stdout
    assert "left out: subsites.chinadaily.test/elsewhere/… (1)" in said
    assert "against it: too few articles to judge by: 1, and 5 are wanted" in said


def test_a_file_that_is_no_warc_is_named(call: Call, map_with: Callable[..., Path], tmp_path: Path) -> None:
    broken = tmp_path / "broken.warc.gz"
    broken.write_bytes(gzip.compress(b"no record of anything\r\n" * 50))
    result = call("portal", "check", map_with(), "--warc", broken)
    assert result.exit_code == 10
    assert f"against it: {broken}: " in result.stdout
    assert call("portal", "check", map_with(), "--warc", tmp_path / "none.warc").exit_code == 2


def test_a_map_alone_is_valid_or_not(call: Call, map_with: Callable[..., Path]) -> None:
    result = call("portal", "check", "nmpa")
    assert (result.exit_code, result.stdout.startswith("nmpa: the map is valid")) == (0, True)
    assert "held against no page" in result.stdout
    wrong = call("portal", "check", map_with(schema="https"))
    assert wrong.exit_code == 2
    assert "schema: no such key (did you mean 'scheme'?)" in wrong.stderr


def test_the_live_site_proves_a_map_and_its_pages_stay_in_the_archive(
    call: Call, replica: RunningReplica, map_with: Callable[..., Path], tmp_path: Path
) -> None:
    archive = tmp_path / "archive"
    result = call("portal", "check", map_with(), "--live", "--archive", archive)
    assert result.exit_code == 0, result.output
    assert "8 article, 1 home, 3 listing, 1 robots" in result.stdout
    status = json.loads(call("status", "--archive", archive, "--json").stdout)
    assert status["captures"] == len(replica.log()) == 14


def test_a_map_without_sections_finds_its_lists_from_the_home_page(
    call: Call, map_with: Callable[..., Path], tmp_path: Path
) -> None:
    arguments = ("--live", 5, "--archive", tmp_path / "archive", "--json")
    told = json.loads(call("portal", "check", map_with(sections=[]), *arguments).stdout)
    assert told["promised"]["unknown"] == 3
    assert told["exit_code"] == 10
    assert "gzlatest" in told["unnamed_sections"]


def test_a_dead_site_proves_nothing(call: Call, map_with: Callable[..., Path], tmp_path: Path) -> None:
    path = map_with(connect="127.0.0.1:1")
    result = call("portal", "check", path, "--live", "--archive", tmp_path / "archive")
    assert result.exit_code == 11
    assert "against it: portal unreachable or refusing" in result.stdout
    assert result.stdout.endswith("replica: not proven; `verified` stays as it is\n")


def test_nobody_asks_a_live_site_without_saying_who(call: Call, tmp_path: Path) -> None:
    archive = tmp_path / "archive"
    result = call("portal", "check", "nmpa", "--live", "--archive", archive, GZCRAWLER_CONTACT="")
    assert (result.exit_code, archive.exists()) == (2, False)
    assert "a live crawl says who crawls" in result.stderr
