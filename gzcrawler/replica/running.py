"""A replica in a child process: started, spoken to, and ended with its parent."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from dataclasses import asdict
from functools import cached_property
from http.client import HTTPConnection
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gzcrawler.errors import UsageError
from gzcrawler.replica.portal_map import as_toml, replica_map
from gzcrawler.replica.replica import Replica
from gzcrawler.replica.server import CONTROL, Request

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gzcrawler.replica.config import ReplicaConfig
    from gzcrawler.replica.faults import FaultRule

__all__ = ["RunningReplica", "running_replica"]


class RunningReplica:
    """A replica that answers on ``127.0.0.1:port``."""

    def __init__(self, config: ReplicaConfig, port: int, pid: int, map_file: Path) -> None:
        self.config = config
        self.port = port
        self.pid = pid
        self.map_file = map_file
        """The portal map as a TOML file; it lives as long as the replica runs."""
        self.map = replica_map(port)
        """The same as facts, for `gzcrawler.portals.parse_portal`."""

    @property
    def url(self) -> str:
        """Address of the home page for clients that do not know the map."""
        return f"http://127.0.0.1:{self.port}/"

    @cached_property
    def replica(self) -> Replica:
        """The same replica as a pure object in this process: pages and truth."""
        return Replica(self.config)

    def control(self, name: str, **given: Any) -> Any:
        """Asks the control endpoint: ``clock``, ``faults``, ``log``, ``counters`` or ``config``.

        Raises:
            UsageError: the endpoint refuses; the message says why.
        """
        connection = HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request("POST", CONTROL + name, body=json.dumps(given))
            answer = json.loads(connection.getresponse().read())
        finally:
            connection.close()
        if isinstance(answer, dict) and "error" in answer:
            raise UsageError(str(answer["error"]))
        return answer

    def set_clock(self, at: int | str) -> int:
        """Sets virtual time (seconds since the epoch, or ISO 8601 with offset); returns it in seconds."""
        return int(self.control("clock", at=at)["at"])

    def advance(self, *, days: float = 0, seconds: float = 0) -> int:
        """Moves virtual time on; returns it in seconds."""
        return int(self.control("clock", advance=days * 86_400 + seconds)["at"])

    def set_faults(self, *rules: FaultRule) -> None:
        """Replaces the faults; none given is none met."""
        self.control("faults", rules=[asdict(rule) for rule in rules])

    def log(self, since: int = 0) -> list[Request]:
        """The requests from number `since` on, in the order they were read."""
        return [Request(*entry) for entry in self.control("log", since=since)["requests"]]

    def counters(self, *, clear: bool = False) -> dict[str, Any]:
        """Requests, statuses, connections and faults since the start, or since they were last cleared."""
        return dict(self.control("counters", clear=clear))


@contextmanager
def running_replica(
    config: ReplicaConfig, *, port: int = 0, max_seconds: float = 3600.0
) -> Iterator[RunningReplica]:
    """Runs a replica in a child process for as long as the block lasts.

    The child ends with the block, with this process (it watches a pipe), or after `max_seconds`.

    Args:
        config: what to serve.
        port: loopback port; 0 takes a free one.
        max_seconds: safety limit of the child's life.

    Raises:
        UsageError: the replica did not start; the message is its own.
    """
    command = [sys.executable, "-m", "gzcrawler.replica", "--config", config.as_json(), "--port", str(port)]
    command += ["--watch-stdin", "--max-seconds", str(max_seconds)]
    with tempfile.TemporaryDirectory(prefix="replica-") as folder:
        child = subprocess.Popen(  # noqa: S603 - our own module
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=_environment()
        )
        assert child.stdin is not None
        assert child.stdout is not None
        try:
            line = child.stdout.readline()
            if not line:
                raise UsageError(f"the replica did not start (exit code {child.wait(10)})")
            started = int(json.loads(line)["port"])
            map_file = Path(folder) / "replica.toml"
            map_file.write_text(as_toml(replica_map(started)), "utf-8")
            yield RunningReplica(config, started, child.pid, map_file)
        finally:
            child.stdin.close()
            try:
                child.wait(5)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
            child.stdout.close()


def _environment() -> dict[str, str]:
    """This process's environment, with the package importable as it is here."""
    here = str(Path(__file__).parents[2])
    path = os.environ.get("PYTHONPATH")
    return os.environ | {"PYTHONPATH": here + os.pathsep + path if path else here}
