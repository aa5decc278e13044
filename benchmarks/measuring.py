"""What all benchmarks share: children that run one function, tables in Markdown, bars that hold or are missed."""

from __future__ import annotations

import os
import signal
import statistics
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gzcrawler.archive import Selection
from gzcrawler.crawl_run import CrawlOptions
from gzcrawler.portals import parse_portal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from gzcrawler.replica import RunningReplica

__all__ = [
    "Bar",
    "Child",
    "conclude",
    "crawl_options",
    "fork",
    "markdown_table",
    "median_and_range",
    "print_bars",
]


@dataclass(frozen=True, slots=True)
class Bar:
    """One claim and whether it held."""

    claim: str
    measured: str
    held: bool


@dataclass(frozen=True, slots=True)
class Child:
    """A forked process that runs one function."""

    pid: int

    def kill(self) -> None:
        """SIGKILL; harmless where it has ended and was not waited for."""
        os.kill(self.pid, signal.SIGKILL)

    def wait(self, seconds: float) -> int:
        """Exit code, or the negative number of the signal that ended it.

        Raises:
            TimeoutError: it still ran after so many seconds; it is dead now.
        """
        deadline = time.monotonic() + seconds
        while True:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                return os.waitstatus_to_exitcode(status)
            if time.monotonic() > deadline:
                self.kill()
                os.waitpid(self.pid, 0)
                raise TimeoutError(f"process {self.pid} did not end within {seconds:g} s")
            time.sleep(0.005)


def fork(function: Callable[[], int]) -> Child:
    """Run a function in a child that has all modules loaded already; its result is the exit code.

    A start of the interpreter costs a second of processor time, a fork a few milliseconds. The caller
    has no threads and no event loop.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if pid:
        return Child(pid)
    code = 70
    try:
        code = function()
    except BaseException as error:
        # Whatever it is, a forked child must never return into its parent's code.
        sys.excepthook(type(error), error, error.__traceback__)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def crawl_options(
    archive: Path, replica: RunningReplica, *, images: bool = True, recheck: bool = False
) -> CrawlOptions:
    """A crawl of the whole replica without delays, sixteen requests at once."""
    return CrawlOptions(
        archive=archive,
        portal=parse_portal(replica.map, origin="replica"),
        selection=Selection(images=images),
        recheck=recheck,
        delay=0,
        concurrency=16,
    )


def markdown_table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table as Markdown has it."""
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    lines.extend("| " + " | ".join(str(cell) for cell in row) + " |" for row in rows)
    return "\n".join(lines)


def median_and_range(values: Sequence[float], digits: int = 0) -> str:
    """``median (least to most)``."""
    return f"{statistics.median(values):,.{digits}f} ({min(values):,.{digits}f} to {max(values):,.{digits}f})"


def print_bars(bars: Iterable[Bar]) -> None:
    """One line for each bar."""
    for bar in bars:
        print(f"{'pass' if bar.held else 'FAIL'}: {bar.claim}: {bar.measured}")


def conclude(bars: Sequence[Bar]) -> int:
    """Print the bars; exit code 1 where one was missed."""
    print()
    print_bars(bars)
    return 0 if all(bar.held for bar in bars) else 1
