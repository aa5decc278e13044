"""A crawl while it runs: a live table on a terminal, a JSON line now and then elsewhere."""

from __future__ import annotations

import asyncio
import json
import sys
from time import monotonic
from typing import TYPE_CHECKING, Any, Self

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import TracebackType

    from gzcrawler.crawl_run import CrawlRun
    from gzcrawler.politeness import HostPace

__all__ = ["LINE_EVERY", "Watch"]

LINE_EVERY = 30.0
"""Seconds between two JSON lines where stderr is no terminal."""
_COUNT_EVERY = 2.0
"""Seconds between two counts of what is due: the count reads an index over all due pages."""

_SHOWN = (
    ("new", ("first",)),
    ("changed", ("revised",)),
    ("same", ("unchanged", "revisit")),
    ("lists", ("listed",)),
    ("files", ("stored", "part", "moved")),
    ("missing", ("missing",)),
    ("removed", ("tombstone",)),
    ("unreadable", ("quarantined",)),
    ("failed", ("failed", "fault", "forbidden")),
)


class Watch:
    """Shows a run; call it with the run as often as you like."""

    def __init__(self, *, quiet: bool, log: Callable[[Mapping[str, Any]], None] | None = None) -> None:
        """Begin with nothing shown.

        Args:
            quiet: show nothing but an interruption.
            log: takes a line's facts every 30 seconds, whatever is shown.
        """
        self._quiet = quiet
        self._log = log
        self._console = Console(stderr=True)
        self._live = (
            Live(console=self._console, refresh_per_second=5, transient=True)
            if self._console.is_terminal and not quiet
            else None
        )
        self._started = monotonic()
        self._last_line = self._started
        self._counted_at = 0.0
        self._told_interrupted = False
        self._due = 0

    def __enter__(self) -> Self:
        if self._live is not None:
            self._live.start()
            # A second Ctrl-C ends the process at once: nobody would bring the cursor back.
            self._console.show_cursor(True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.stop()

    def __call__(self, run: CrawlRun) -> None:
        """Show how the run stands."""
        if run.interrupted and not self._told_interrupted:
            self._told_interrupted = True
            self._console.print(
                f"{run.interrupted}: pages under way end; once more stops now", style="yellow"
            )
        now = monotonic()
        line_is_due = now - self._last_line >= LINE_EVERY
        if line_is_due:
            self._last_line = now
            if self._log is not None:
                self._log(self._facts(run, now))
        if self._quiet:
            return
        if self._live is not None:
            self._live.update(self._table(run, now))
        elif line_is_due:
            print(json.dumps(self._facts(run, now), ensure_ascii=False), file=sys.stderr, flush=True)

    def _facts(self, run: CrawlRun, now: float) -> dict[str, Any]:
        if now - self._counted_at >= _COUNT_EVERY:
            self._counted_at = now
            self._due = run.count_due()
        progress = run.progress
        seconds = max(now - self._started, 0.1)
        rate = progress.captures / seconds
        return {name: sum(progress.outcomes[key] for key in keys) for name, keys in _SHOWN} | {
            "captures": progress.captures,
            "kinds": dict(sorted(progress.kinds.items())),
            "seconds": round(seconds, 1),
            "per_second": round(rate, 2),
            "due": self._due,
            "seconds_left": round(self._due / rate) if rate else None,
            "hosts": {pace.host: _host_facts(pace) for pace in run.dispatcher.paces()},
        }

    def _table(self, run: CrawlRun, now: float) -> Table:
        facts = self._facts(run, now)
        table = Table.grid(padding=(0, 2))
        counts = Text()
        for name, _ in _SHOWN:
            if facts[name]:
                style = "red" if name in ("unreadable", "failed") else "bold"
                counts.append(f"{facts[name]:,} {name}  ", style=style)
        table.add_row(Text(run.portal.name, style="cyan"), counts)
        kinds = ", ".join(f"{number:,} {kind}" for kind, number in facts["kinds"].items())
        table.add_row("", Text(kinds, style="dim"))
        left = f", about {_spell(facts['seconds_left'])} left" if facts["seconds_left"] else ""
        table.add_row("", f"{facts['per_second']:,.1f} pages/s, {self._due:,} due{left}")
        for host, told in facts["hosts"].items():
            if told["stopped"]:
                table.add_row("", Text(f"{host}: stopped, {told['stopped']}", style="red"))
            elif told["next_in"]:
                table.add_row(
                    "", Text(f"{host}: {told['requests']:,} asked, next in {told['next_in']:.1f} s")
                )
        if run.progress.last_title:
            table.add_row("", Text(run.progress.last_title, style="dim", overflow="ellipsis", no_wrap=True))
        return table


def _host_facts(pace: HostPace) -> dict[str, Any]:
    wait = pace.ready_at() - asyncio.get_running_loop().time()
    return {
        "requests": pace.requests,
        "next_in": round(max(0.0, wait), 1),
        "stopped": pace.stopped_because,
    }


def _spell(seconds: int) -> str:
    minutes, rest = divmod(seconds, 60)
    if minutes >= 120:
        return f"{minutes // 60:,} h {minutes % 60} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
