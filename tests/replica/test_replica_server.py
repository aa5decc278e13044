"""The replica on its port: HTTP, faults, clock, log, and the end of its process."""

from __future__ import annotations

import gzip
import json
import os
import signal
import socket
import subprocess
import sys
import time
import tomllib
import zlib
from http.client import BadStatusLine, HTTPConnection, HTTPResponse, IncompleteRead
from typing import TYPE_CHECKING

import pytest

from gzcrawler.errors import UsageError
from gzcrawler.portals import load_portal
from gzcrawler.replica import FaultRule, Replica, ReplicaConfig, RunningReplica, running_replica

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_LIST = "/gzlatest.html"
_HOST = "www.eguangzhou.test"


@pytest.fixture(scope="module")
def shared() -> Iterator[RunningReplica]:
    with running_replica(ReplicaConfig(seed=2, articles=120), max_seconds=120) as running:
        yield running


@pytest.fixture
def running(shared: RunningReplica) -> RunningReplica:
    shared.set_faults()
    shared.set_clock(shared.replica.start)
    shared.counters(clear=True)
    return shared


def _get(
    running: RunningReplica, path: str, host: str = _HOST, timeout: float = 5.0, **headers: str
) -> tuple[HTTPResponse, bytes]:
    connection = HTTPConnection("127.0.0.1", running.port, timeout=timeout)
    try:
        sent = {"Host": host} | {key.replace("_", "-"): value for key, value in headers.items()}
        connection.request("GET", path, headers=sent)
        response = connection.getresponse()
        return response, response.read()
    finally:
        connection.close()


# ---- HTTP


def test_the_server_sends_what_the_pure_replica_says(running: RunningReplica) -> None:
    replica = running.replica
    paths = [urls[0].partition(".test")[2] for _, urls in replica.addresses()][:40]
    for path in [*paths, "/", _LIST, "/robots.txt", "/nothing.html"]:
        response, body = _get(running, path)
        page = replica.page(_HOST, path)
        assert (response.status, body) == (page.status, page.body)


def test_the_map_file_leads_to_the_port(running: RunningReplica) -> None:
    portal = load_portal(running.map_file)
    assert portal.connect == f"127.0.0.1:{running.port}"
    assert tomllib.loads(running.map_file.read_text("utf-8")) == running.map


def test_a_matching_validator_is_answered_with_304(running: RunningReplica) -> None:
    first, _ = _get(running, _LIST)
    for header, value in (
        ("If_None_Match", first.headers["ETag"]),
        ("If_Modified_Since", first.headers["Last-Modified"]),
    ):
        response, body = _get(running, _LIST, **{header: value})
        assert (response.status, body) == (304, b"")


def test_a_stale_validator_is_answered_with_the_page(running: RunningReplica) -> None:
    response, body = _get(running, _LIST, If_None_Match='"00000000"')
    assert response.status == 200
    assert len(body) > 1000


def test_validators_can_be_switched_off_and_gzip_on() -> None:
    with running_replica(
        ReplicaConfig(articles=60, validators=False, compress=True), max_seconds=60
    ) as running:
        response, body = _get(running, _LIST, Accept_Encoding="gzip, br")
        assert response.headers["ETag"] is None
        assert response.headers["Last-Modified"] is None
        assert response.headers["Content-Encoding"] == "gzip"
        assert gzip.decompress(body) == running.replica.page(_HOST, _LIST).body
        plain, _ = _get(running, _LIST)
        assert plain.headers["Content-Encoding"] is None


def test_connections_are_kept_alive_and_told_apart(running: RunningReplica) -> None:
    connection = HTTPConnection("127.0.0.1", running.port, timeout=5)
    for _ in range(3):
        connection.request("GET", _LIST, headers={"Host": _HOST})
        connection.getresponse().read()
    connection.close()
    _get(running, _LIST)
    numbers = [request.connection for request in running.log()]
    assert numbers[0] == numbers[1] == numbers[2] != numbers[3]


# ---- faults


@pytest.mark.parametrize("status", [429, 500, 502, 503])
def test_a_status_with_retry_after_passes_after_so_many_times(status: int, running: RunningReplica) -> None:
    running.set_faults(FaultRule(kind="status", status=status, retry_after=7, times=2, path="gzlatest"))
    answers = [_get(running, _LIST)[0] for _ in range(3)]
    assert [answer.status for answer in answers] == [status, status, 200]
    assert [answer.headers["Retry-After"] for answer in answers] == ["7", "7", None]


def test_robots_txt_can_fail_alone(running: RunningReplica) -> None:
    running.set_faults(FaultRule(kind="status", path=r"/robots\.txt$", times=None))
    assert [_get(running, path)[0].status for path in ("/robots.txt", _LIST, "/robots.txt")] == [
        503,
        200,
        503,
    ]


def test_a_reset_closes_before_the_answer(running: RunningReplica) -> None:
    running.set_faults(FaultRule(kind="reset"))
    with pytest.raises((ConnectionResetError, BadStatusLine)):
        _get(running, _LIST)
    assert _get(running, _LIST)[0].status == 200
    assert [request.status for request in running.log()] == [0, 200]


def test_a_reset_midway_closes_within_the_body(running: RunningReplica) -> None:
    running.set_faults(FaultRule(kind="reset midway"))
    with pytest.raises((ConnectionResetError, IncompleteRead)):
        _get(running, _LIST)


def test_a_stall_outlasts_the_patience_of_a_client(running: RunningReplica) -> None:
    running.set_faults(FaultRule(kind="stall", seconds=3))
    with pytest.raises(TimeoutError):
        _get(running, _LIST, timeout=0.3)
    assert _get(running, _LIST)[0].status == 200


def test_a_stall_midway_comes_to_its_end(running: RunningReplica) -> None:
    running.set_faults(FaultRule(kind="stall midway", seconds=0.3))
    started = time.monotonic()
    _, body = _get(running, _LIST)
    assert time.monotonic() - started >= 0.3
    assert body == running.replica.page(_HOST, _LIST).body


def test_a_truncated_body_is_shorter_than_its_length_says(running: RunningReplica) -> None:
    running.set_faults(FaultRule(kind="truncate"))
    with pytest.raises(IncompleteRead) as caught:
        _get(running, _LIST)
    whole = running.replica.page(_HOST, _LIST).body
    assert caught.value.partial == whole[: len(whole) // 2]


def test_both_wrong_charsets_occur(running: RunningReplica) -> None:
    running.set_faults(FaultRule(kind="wrong charset", times=None))
    paths = [urls[0].partition(".test")[2] for key, urls in running.replica.addresses() if "/zh/" in urls[0]]
    seen = set()
    for path in paths:
        response, body = _get(running, path)
        named = response.headers["Content-Type"].partition("charset=")[2]
        real = "gbk" if named == "utf-8" else "utf-8"
        body.decode(real)
        with pytest.raises(UnicodeDecodeError):
            body.decode(named)
        seen.add(named)
    assert seen == {"utf-8", "gbk"}


def test_a_redirect_loop_leads_to_itself(running: RunningReplica) -> None:
    running.set_faults(FaultRule(kind="redirect loop", path="gzlatest", times=None))
    path, walked = _LIST, []
    for _ in range(4):
        response, _ = _get(running, path)
        assert response.status == 302
        path = response.headers["Location"]
        walked.append(path)
    assert walked[0] == walked[2] != walked[1] == walked[3] == _LIST


def test_a_trap_never_ends(running: RunningReplica) -> None:
    assert _get(running, "/calendar/m2026-01.html")[0].status == 404
    running.set_faults(FaultRule(kind="trap", path="gzlatest"))
    assert b'href="/calendar/m2026-01.html"' in _get(running, _LIST)[1]
    for page in (1, 2, 999):
        tail = f"_{page}" if page > 1 else ""
        response, body = _get(running, f"/calendar/m2031-07{tail}.html")
        assert response.status == 200
        assert f"/calendar/m2031-07_{page + 1}.html".encode() in body


def test_a_bomb_is_small_and_unpacks_large(running: RunningReplica) -> None:
    running.set_faults(FaultRule(kind="bomb", size=30_000_000))
    response, body = _get(running, _LIST)
    assert response.headers["Content-Encoding"] == "gzip"
    assert len(body) < 100_000
    assert len(zlib.decompress(body, 47)) > 29_000_000


@pytest.mark.parametrize(("kind", "mark"), [("challenge", b"enable JavaScript"), ("empty", b"")])
def test_a_challenge_or_nothing_comes_with_200(kind, mark: bytes, running: RunningReplica) -> None:
    running.set_faults(FaultRule(kind=kind))
    response, body = _get(running, _LIST)
    assert response.status == 200
    assert mark in body
    assert len(body) < 1000


def test_a_share_of_addresses_meets_a_fault_and_the_same_ones_again(running: RunningReplica) -> None:
    paths = [urls[0].partition(".test")[2] for _, urls in running.replica.addresses()]
    met = []
    for _ in range(2):
        running.set_faults(FaultRule(kind="status", share=0.3))
        met.append({path for path in paths if _get(running, path)[0].status == 503})
    assert met[0] == met[1]
    assert 0.15 < len(met[0]) / len(paths) < 0.45
    assert running.counters()["faults"] == {"status": len(met[1])}


def test_faults_of_the_configuration_are_there_from_the_start() -> None:
    config = ReplicaConfig(articles=60, faults=(FaultRule(kind="status", path="gzlatest"),))
    with running_replica(config, max_seconds=60) as running:
        assert [_get(running, _LIST)[0].status for _ in range(2)] == [503, 200]


def test_a_rule_that_is_no_expression_is_refused(running: RunningReplica) -> None:
    with pytest.raises(UsageError, match="regular expression"):
        running.control("faults", rules=[{"kind": "status", "path": "("}])


# ---- clock, log, control


def test_the_clock_moves_what_is_served(running: RunningReplica) -> None:
    at = running.advance(days=40)
    assert at == running.replica.start + 40 * 86_400
    assert _get(running, _LIST)[1] == running.replica.page(_HOST, _LIST, at).body
    assert running.set_clock("2026-01-15T09:00:00+08:00") == running.replica.start
    assert _get(running, _LIST)[1] == running.replica.page(_HOST, _LIST).body


def test_a_clock_without_offset_is_refused(running: RunningReplica) -> None:
    with pytest.raises(UsageError, match="offset"):
        running.set_clock("2026-01-15T09:00:00")


def test_time_can_pass_with_each_request() -> None:
    with running_replica(ReplicaConfig(articles=60, request_seconds=1800.5), max_seconds=60) as running:
        for _ in range(4):
            _get(running, _LIST)
        assert running.counters()["at"] == running.replica.start + 7202


def test_the_log_tells_each_request(running: RunningReplica) -> None:
    before = time.time()
    _get(running, _LIST, host="subsites.chinadaily.test")
    _get(running, "/nothing.html?a=b")
    first, second = running.log()
    assert (first.host, first.path, first.status) == ("subsites.chinadaily.test", _LIST, 404)
    assert (second.host, second.path, second.status, second.fault) == (_HOST, "/nothing.html?a=b", 404, None)
    assert first.monotonic <= second.monotonic
    assert before <= first.wall <= second.wall <= time.time()
    assert running.log(since=1) == [second]


def test_counters_count_requests_by_status(running: RunningReplica) -> None:
    for path in (_LIST, _LIST, "/nothing.html"):
        _get(running, path)
    counters = running.counters()
    assert (counters["requests"], counters["statuses"]) == (3, {"200": 2, "404": 1})


@pytest.mark.parametrize("host", [_HOST, "127.0.0.1", "example.test:80"])
def test_control_answers_to_its_own_host_and_port_alone(host: str, running: RunningReplica) -> None:
    assert _get(running, "/__replica__/counters", host=host)[0].status == 404
    assert running.counters()["requests"] == 1


def test_an_unknown_control_is_refused(running: RunningReplica) -> None:
    with pytest.raises(UsageError, match="no such control"):
        running.control("shutdown")


# ---- the process


def test_the_command_prints_port_and_map(tmp_path: Path) -> None:
    map_file = tmp_path / "replica.toml"
    command = [sys.executable, "-m", "gzcrawler.replica", "--articles", "60", "--seed", "9", "--port", "0"]
    command += ["--map", str(map_file), "--max-seconds", "30"]
    child = subprocess.Popen(command, stdout=subprocess.PIPE)
    try:
        assert child.stdout is not None
        told = json.loads(child.stdout.readline())
        assert load_portal(map_file).connect == f"127.0.0.1:{told['port']}"
        assert told["map"]["name"] == "replica"
        connection = HTTPConnection("127.0.0.1", told["port"], timeout=5)
        connection.request("GET", _LIST)
        body = connection.getresponse().read()
        connection.close()
        assert body == Replica(ReplicaConfig(articles=60, seed=9)).page(_HOST, _LIST).body
    finally:
        child.send_signal(signal.SIGTERM)
        assert child.wait(10) == 0
        child.stdout.close()


def test_the_server_ends_when_its_parent_is_killed() -> None:
    source = (
        "import time; from gzcrawler.replica import *\n"
        "with running_replica(ReplicaConfig(articles=60), max_seconds=60) as r:\n"
        "    print(r.port, flush=True); time.sleep(60)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", source], stdout=subprocess.PIPE)
    assert parent.stdout is not None
    port = int(parent.stdout.readline())
    os.kill(parent.pid, signal.SIGKILL)
    parent.wait()
    parent.stdout.close()
    _wait_until_closed(port)


def test_the_server_ends_after_its_longest_time() -> None:
    with running_replica(ReplicaConfig(articles=60), max_seconds=0.5) as running:
        _wait_until_closed(running.port)


def _wait_until_closed(port: int) -> None:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        with socket.socket() as sock:
            if sock.connect_ex(("127.0.0.1", port)):
                return
        time.sleep(0.05)
    pytest.fail("the replica still answers")


def test_a_taken_port_is_a_sentence(running: RunningReplica) -> None:
    with pytest.raises(UsageError, match="did not start"), running_replica(running.config, port=running.port):
        pass
