"""`serve`: where it listens, what it refuses, how it ends."""

from __future__ import annotations

import re
import signal
import socket
import sqlite3
import urllib.error
import urllib.request
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result

    from tests.cli.conftest import Started


def _address(served: Started) -> str:
    """Where it says that it listens."""
    assert served.stdout is not None
    line = served.stdout.readline()
    found = re.search(r"http://\S+", line)
    assert found is not None, line
    return found[0]


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_it_shows_the_archive_until_it_is_stopped_and_ends_quietly(
    start: Callable[..., Started], crawled: Path, sent: signal.Signals
) -> None:
    served = start("serve", "--archive", crawled, "--port", 0)
    address = _address(served)
    with urllib.request.urlopen(address, timeout=30) as page:
        assert page.status == 200
        assert "default-src 'none'" in page.headers["Content-Security-Policy"]
        assert b"<h1" in page.read()
    served.send_signal(sent)
    _, said = served.communicate(timeout=30)
    assert served.returncode == 0
    assert said == "gzcrawler: stopped\n"


def test_another_host_name_is_refused_without_public(start: Callable[..., Started], crawled: Path) -> None:
    served = start("serve", "--archive", crawled, "--port", 0)
    request = urllib.request.Request(_address(served), headers={"Host": "rebound.example"})
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request, timeout=30)
    assert refused.value.code == 421
    refused.value.close()


def test_public_says_what_it_means_and_answers_under_any_name(
    start: Callable[..., Started], crawled: Path
) -> None:
    served = start("serve", "--archive", crawled, "--port", 0, "--public", "--host", "127.0.0.1")
    request = urllib.request.Request(_address(served), headers={"Host": "archive.example"})
    with urllib.request.urlopen(request, timeout=30) as page:
        assert page.status == 200
    served.send_signal(signal.SIGINT)
    _, said = served.communicate(timeout=30)
    assert "whoever reaches this port reads the whole archive" in said


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "archive.example"])
def test_nothing_beyond_this_machine_is_listened_at_without_public(
    call: Callable[..., Result], crawled: Path, host: str
) -> None:
    ended = call("serve", "--archive", crawled, "--host", host, "--port", 0)
    assert ended.exit_code == 2
    assert ended.stderr.startswith(f"gzcrawler: --host {host}: ")
    assert "--public" in ended.stderr
    assert ended.stderr.count("\n") == 1


def test_a_port_in_use_is_told_in_a_line(call: Callable[..., Result], crawled: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        ended = call("serve", "--archive", crawled, "--port", taken.getsockname()[1])
    assert ended.exit_code == 2
    assert re.fullmatch(
        r"gzcrawler: --port \d+: cannot listen there \(.*\); --port 0 takes a free one\n", ended.stderr
    )


def test_an_address_that_is_not_here_is_told_in_a_line(call: Callable[..., Result], crawled: Path) -> None:
    ended = call("serve", "--archive", crawled, "--public", "--host", "no such host", "--port", 0)
    assert ended.exit_code == 2
    assert ended.stderr.count("\n") == 1


def test_what_is_no_archive_is_not_served(call: Callable[..., Result], tmp_path: Path) -> None:
    missing = call("serve", "--archive", tmp_path / "none")
    assert (missing.exit_code, missing.stderr.count("\n")) == (2, 1)
    (tmp_path / "foreign").mkdir()
    (tmp_path / "foreign" / "letter.txt").write_text("x", "utf-8")
    foreign = call("serve", "--archive", tmp_path / "foreign")
    assert (foreign.exit_code, foreign.stderr.count("\n")) == (2, 1)


def test_an_archive_of_a_newer_release_is_not_served(
    call: Callable[..., Result], crawled: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "newer"
    folder.mkdir()
    source = sqlite3.connect(crawled / "gzcrawler.db")
    copy = sqlite3.connect(folder / "gzcrawler.db")
    source.backup(copy)
    source.close()
    with copy:
        copy.execute(
            "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES ('gzcrawler', 'of_tomorrow', '')"
        )
    copy.close()
    ended = call("serve", "--archive", folder)
    assert ended.exit_code == 14
    assert "newer gzcrawler" in ended.stderr
