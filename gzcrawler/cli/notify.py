"""`--notify`: a command of the user's own that is told how a crawl ended."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from gzcrawler.archive.moments import format_moment, utc_now
from gzcrawler.errors import GzcrawlerError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["notify", "notifying"]

_SECONDS = 60.0
"""A command that has not ended by then is ended: the next run must not wait for it."""


@contextmanager
def notifying(command: str | None, *, archive: Path, portal: str) -> Iterator[dict[str, Any]]:
    """Tell the command how what is done inside ended: by the verdict put into the dict, or by its error."""
    told: dict[str, Any] = {}
    failure: dict[str, Any] = {"verdict": "ended by a bug of gzcrawler", "exit_code": 70}
    try:
        yield told
    except GzcrawlerError as error:
        failure = {"verdict": str(error), "exit_code": error.exit_code}
        raise
    except KeyboardInterrupt:
        failure = {"verdict": "interrupted", "exit_code": 130}
        raise
    finally:
        if command is not None:
            ending = told or failure | {"finished_at": format_moment(utc_now())}
            notify(command, {"archive": str(archive.resolve()), "portal": portal} | ending)


def notify(command: str, told: dict[str, Any], *, seconds: float = _SECONDS) -> None:
    """Run a shell command with the verdict as JSON on its standard input.

    Its failure is one line on stderr, and changes neither archive nor exit code.

    Args:
        command: for ``/bin/sh``; ``$GZCRAWLER_EXIT_CODE`` and ``$GZCRAWLER_VERDICT`` are set for it.
        told: the verdict.
        seconds: after which it is ended, and all that it started.
    """
    environment = os.environ | {
        "GZCRAWLER_EXIT_CODE": str(told["exit_code"]),
        "GZCRAWLER_VERDICT": str(told["verdict"]).replace("\0", " "),
    }
    try:
        child = subprocess.Popen(  # noqa: S603  it is the user's own command
            ["/bin/sh", "-c", command],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        _complain(f"cannot be started ({error})")
        return
    with child:
        try:
            said, _ = child.communicate(json.dumps(told, ensure_ascii=False).encode(), timeout=seconds)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            _complain(f"had not ended after {seconds:g} s, and was ended")
            return
    if child.returncode != 0:
        lines = said.decode("utf-8", "replace").strip().splitlines()
        _complain(f"ended with code {child.returncode}" + (f": {lines[-1]}" if lines else ""))


def _complain(what: str) -> None:
    click.echo(f"gzcrawler: --notify: the command {what}", err=True)
