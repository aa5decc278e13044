"""Portals side by side while they are crawled: a live table on a terminal, a JSON line now and then elsewhere."""

from __future__ import annotations

import json
import sys
from collections import Counter
from time import monotonic
from typing import TYPE_CHECKING, Any, Self

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from gzcrawler.cli.progress import LINE_EVERY

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import TracebackType

    from gzcrawler.family import Family, Member

__all__ = ["FamilyWatch"]

_ROWS = 20
"""Portals that the table shows, those under way first."""


class FamilyWatch:
    """Shows a family; call it with the family as often as you like."""

    def __init__(self, *, quiet: bool, log: Callable[[Mapping[str, Any]], None]) -> None:
        """Begin with nothing shown.

        Args:
            quiet: show nothing but an interruption.
            log: takes a line's facts every 30 seconds, whatever is shown.
        """
        self._quiet = quiet
        self._log = log
        self._console = Console(stderr=True)
        self._live = (
            Live(console=self._console, refresh_per_second=2, transient=True)
            if self._console.is_terminal and not quiet
            else None
        )
        self._last_line = monotonic()
        self._told_interrupted = False

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

    def __call__(self, family: Family) -> None:
        """Show how the family stands."""
        if family.interrupted and not self._told_interrupted:
            self._told_interrupted = True
            self._console.print(
                f"{family.interrupted}: pages under way end; once more stops now", style="yellow"
            )
        now = monotonic()
        line_is_due = now - self._last_line >= LINE_EVERY
        if line_is_due:
            self._last_line = now
            self._log(_facts(family, now))
        if self._quiet:
            return
        if self._live is not None:
            self._live.update(_table(family, now))
        elif line_is_due:
            print(json.dumps(_facts(family, now), ensure_ascii=False), file=sys.stderr, flush=True)


def _captures(member: Member) -> int:
    if member.run is not None:
        return member.run.progress.captures
    return int(member.verdict.record["captures"]) if member.verdict is not None else 0


def _state(member: Member) -> str:
    if member.ended:
        return "ended"
    return "crawling" if member.run is not None else "opening"


def _facts(family: Family, now: float) -> dict[str, Any]:
    seconds = max(now - family.started, 0.1)
    captures = sum(map(_captures, family.members))
    return {
        "portals": dict(sorted(Counter(map(_state, family.members)).items())),
        "captures": captures,
        "seconds": round(seconds, 1),
        "per_second": round(captures / seconds, 2),
        "exit_codes": {member.name: member.exit_code for member in family.members if member.ended},
        "under_way": {member.name: _captures(member) for member in family.members if not member.ended},
    }


def _table(family: Family, now: float) -> Table:
    facts = _facts(family, now)
    table = Table.grid(padding=(0, 2))
    states = ", ".join(f"{number:,} {state}" for state, number in facts["portals"].items())
    table.add_row(Text("all", style="cyan"), Text(f"{facts['captures']:,}", style="bold"), states)
    table.add_row("", "", f"{facts['per_second']:,.1f} pages/s")
    shown = sorted(family.members, key=lambda member: member.ended)
    for member in shown[:_ROWS]:
        table.add_row(Text(member.name, style="cyan"), f"{_captures(member):,}", _line(member))
    if len(shown) > _ROWS:
        table.add_row("", "", Text(f"and {len(shown) - _ROWS:,} more", style="dim"))
    return table


def _line(member: Member) -> Text:
    if member.ended:
        return Text(
            member.said, style="red" if member.exit_code else "dim", overflow="ellipsis", no_wrap=True
        )
    if member.run is None:
        return Text("opening", style="dim")
    stopped = [pace for pace in member.run.dispatcher.paces() if pace.stopped_because]
    if stopped:
        return Text(f"{stopped[0].host}: stopped, {stopped[0].stopped_because}", style="red")
    title = member.run.progress.last_title or ""
    return Text(title, style="dim", overflow="ellipsis", no_wrap=True)
