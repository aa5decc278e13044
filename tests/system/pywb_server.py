"""pywb as a peer: installed into an environment of its own, serving a collection on loopback."""

from __future__ import annotations

import socket
import subprocess
import time
import urllib.request
import venv
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.error import URLError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

_STARTS_WITHIN = 60.0
"""Seconds that pywb may take to answer."""


def install_programs(folder: Path, *packages: str) -> Path:
    """Packages in an environment of their own; returns where their programs are."""
    venv.create(folder / "venv", with_pip=True)
    run_program(folder / "venv" / "bin" / "pip", "install", "--quiet", *packages, cwd=folder)
    return folder / "venv" / "bin"


def run_program(program: Path, *arguments: object, cwd: Path | None = None) -> None:
    """Run it; fail with what it says where it fails."""
    done = subprocess.run(
        [program, *map(str, arguments)], cwd=cwd, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@contextmanager
def running_pywb(programs: Path, folder: Path, files: Sequence[object]) -> Iterator[str]:
    """Address of a collection of these files (or arguments of `wb-manager add`), for as long as the block lasts."""
    run_program(programs / "wb-manager", "init", "kept", cwd=folder)
    run_program(programs / "wb-manager", "add", "kept", *files, cwd=folder)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with (folder / "log").open("w") as log:
        server = subprocess.Popen(
            [programs / "wayback", "-b", "127.0.0.1", "-p", str(port)], cwd=folder, stdout=log, stderr=log
        )
        try:
            _wait_for(f"http://127.0.0.1:{port}/", server)
            yield f"http://127.0.0.1:{port}/kept"
        finally:
            server.terminate()
            server.wait(20)


def _wait_for(url: str, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _STARTS_WITHIN
    while True:
        assert server.poll() is None, "pywb ended"
        try:
            urllib.request.urlopen(url, timeout=5).close()
        except (URLError, ConnectionError):
            assert time.monotonic() < deadline, "pywb does not answer"
            time.sleep(0.2)
        else:
            return
