"""A crawl while it runs: a live table on a terminal, a JSON line now and then elsewhere."""

from __future__ import annotations

import json
import sys
from time import monotonic
from typing import TYPE_CHECKING, Self

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from types import TracebackType

    from gzcrawler.crawl_run import CrawlRun

__all__ = ["Watch"]

_LINE_EVERY = 30.0
"""Seconds between two JSON lines where stderr is no terminal."""
_COUNT_EVERY = 2.0
"""Seconds between two counts of what is due: the count reads an index over all due pages."""

_SHOWN = (
    ("new", ("first",)),
    ("changed", ("revised", "tombstone")),
    ("same", ("unchanged", "revisit")),
    ("lists", ("listed",)),
    ("files", ("stored", "part", "moved")),
    ("missing", ("missing",)),
    ("unreadable", ("quarantined",)),
    ("failed", ("failed", "fault", "forbidden")),
)


class Watch:
    """Shows a run; call it with the run as often as you like."""

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet
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
        if self._quiet:
            return
        now = monotonic()
        if self._live is not None:
            self._live.update(self._table(run, now))
        elif now - self._last_line >= _LINE_EVERY:
            self._last_line = now
            print(json.dumps(self._facts(run, now), ensure_ascii=False), file=sys.stderr, flush=True)

    def _facts(self, run: CrawlRun, now: float) -> dict[str, int | float]:
        if now - self._counted_at >= _COUNT_EVERY:
            self._counted_at = now
            self._due = run.count_due()
        outcomes = run.progress.outcomes
        return {name: sum(outcomes[key] for key in keys) for name, keys in _SHOWN} | {
            "captures": run.progress.captures,
            "seconds": round(now - self._started, 1),
            "due": self._due,
        }

    def _table(self, run: CrawlRun, now: float) -> Table:
        facts = self._facts(run, now)
        seconds = max(now - self._started, 0.1)
        rate = run.progress.captures / seconds
        table = Table.grid(padding=(0, 2))
        counts = Text()
        for name, _ in _SHOWN:
            if facts[name]:
                style = "red" if name in ("unreadable", "failed") else "bold"
                counts.append(f"{facts[name]:,} {name}  ", style=style)
        table.add_row(Text(run.portal.name, style="cyan"), counts)
        left = f", about {self._due / rate:,.0f} s" if rate > 0 and self._due else ""
        table.add_row("", f"{rate:,.1f} pages/s, {self._due:,} due{left}")
        for pace in run.dispatcher.paces():
            if pace.stopped_because:
                table.add_row("", Text(f"{pace.host}: stopped, {pace.stopped_because}", style="red"))
        if run.progress.last_title:
            table.add_row("", Text(run.progress.last_title, style="dim", overflow="ellipsis", no_wrap=True))
        return table
