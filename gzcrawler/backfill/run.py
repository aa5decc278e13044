"""A backfill from opening the archive to its verdict: read the index, choose, fetch, record."""

from __future__ import annotations

import platform
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from gzcrawler._version import __version__
from gzcrawler.archive import Archive, Fetched, Verdict, read_stored
from gzcrawler.archive.directory import as_archive_errors
from gzcrawler.archive.mementos import MementoChoice
from gzcrawler.backfill.client import (
    MEMENTO_DELAY,
    BrokenAnswerError,
    Client,
    ServerFaultError,
    require_client,
)
from gzcrawler.backfill.clock import Clock, Interruption
from gzcrawler.backfill.listing import read_index
from gzcrawler.backfill.mementos import Answer, Refusal, Replayed, as_capture, leads_on, read_answer
from gzcrawler.backfill.progress import BackfillProgress
from gzcrawler.backfill.web_archive import WAYBACK_MACHINE, WebArchive
from gzcrawler.errors import UsageError, WebArchiveError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from gzcrawler.archive.mementos import Memento, Mementos, PlanLine
    from gzcrawler.portals import Portal

__all__ = ["BackfillOptions", "backfill"]

_KINDS = (("article",), ("listing", "home", "feed", "sitemap", "unknown"), ("asset",))
"""What is fetched first where not all is: what the addresses promise."""
_CHOSEN_AT_ONCE = 200
_GROUP = 25
"""Captures a commit; at a second each, what a kill costs is half a minute."""
_GROUP_BYTES = 8_000_000
_FAULTS_IN_A_ROW = 10
"""Mementos that the server failed at …"""
_SILENCES_IN_A_ROW = 3
"""… or gave no answer for, one after the other: then the run ends. Each was tried three times."""
_HOPS = 3
"""Spellings of one memento's address that are followed."""


@dataclass(frozen=True, kw_only=True)
class BackfillOptions:
    """What a backfill is told."""

    archive: Path
    portal: Portal
    web_archive: WebArchive = WAYBACK_MACHINE
    choice: MementoChoice = field(default_factory=MementoChoice)
    plan: bool = False
    """Read the index, say what would be fetched, fetch nothing."""
    max_captures: int | None = None
    delay: float | None = None
    """Seconds between two requests, if not as usual."""
    contact: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """For the run's record."""
        choice = self.choice
        return {
            "index": self.web_archive.index_url,
            "mementos": self.web_archive.memento_pattern,
            "distinct": choice.distinct,
            "from": choice.first_day.isoformat() if choice.first_day else None,
            "to": choice.last_day.isoformat() if choice.last_day else None,
            "images": choice.images,
            "plan": self.plan,
            "max_captures": self.max_captures,
            "delay": self.delay,
        }


def backfill(
    options: BackfillOptions,
    *,
    tell: Callable[[BackfillProgress], None] = lambda _: None,
    clock: Clock | None = None,
) -> Verdict:
    """Bring what a web archive holds of a portal into the archive; returns the verdict, which is in it too.

    Args:
        options: what to bring.
        tell: called after each request with the run's counts.
        clock: tells and waits, if not the real one.

    Raises:
        UsageError: the web archive is another's, and nobody named who asks; or the client is not installed.
        ArchiveError: the archive could not be opened or written.
    """
    require_client()
    if not options.web_archive.is_local and not options.contact:
        raise UsageError(
            "who asks a web archive says who they are: set GZCRAWLER_CONTACT, --contact, or contact in the "
            "archive's gzcrawler.toml, to a mail address or a page about you"
        )
    clock = clock or Clock()
    with (
        clock.hearing_signals(),
        Archive(
            options.archive,
            options.portal,
            command="backfill",
            contact=options.contact,
            now=clock.now,
        ) as archive,
        Client(clock, contact=options.contact, delay=options.delay) as client,
    ):
        run = _Run(options, archive, client, clock, tell)
        verdict = run.carry_out()
        archive.finish(verdict)
        return verdict


class _Run:
    """One backfill under way."""

    def __init__(
        self,
        options: BackfillOptions,
        archive: Archive,
        client: Client,
        clock: Clock,
        tell: Callable[[BackfillProgress], None],
    ) -> None:
        self._options = options
        self._archive = archive
        self._client = client
        self._clock = clock
        self._progress = BackfillProgress()
        self._tell_whom = tell
        self._mementos: Mementos = archive.mementos(options.web_archive.index_url)
        self._plan: list[PlanLine] = []
        self._left_alone: set[int] = set()
        """Row numbers of what failed in this run."""
        self._in_a_row = {BrokenAnswerError: 0, ServerFaultError: 0}
        self._failures: list[tuple[int, str, str]] = []
        """Failures since the last answer: row number, address, reason."""
        self._group: list[tuple[Memento, Replayed]] = []
        """What came and is not recorded yet."""

    def _tell(self) -> None:
        self._tell_whom(self._progress)

    def carry_out(self) -> Verdict:
        """Do it, as far as it goes, and conclude."""
        started = self._clock.monotonic()
        said, exit_code = "", 0
        try:
            with as_archive_errors(self._archive.directory.path):
                self._list()
                if not self._options.plan:
                    self._fetch_all()
                    self._answered()
                    self._archive.index_all()
        except WebArchiveError as error:
            said, exit_code = str(error), error.exit_code
        except Interruption as interruption:
            said, exit_code = (
                f"interrupted ({interruption}); run it again to go on",
                128 + interruption.signal_number,
            )
        return self._conclude(said, exit_code, round(self._clock.monotonic() - started, 1))

    def _list(self) -> None:
        choice = self._options.choice
        read_index(
            self._client,
            self._options.web_archive,
            self._options.portal,
            self._mementos,
            days=(choice.first_day, choice.last_day),
            clock=self._clock,
            progress=self._progress,
            tell=self._tell,
        )
        self._mementos.settle()
        self._plan = self._mementos.plan(choice)
        wanted = sum(line.captures for line in self._plan)
        self._progress.wanted = min(wanted, self._options.max_captures or wanted)

    # -- fetching ---------------------------------------------------------------------------------

    def _fetch_all(self) -> None:
        try:
            for memento in self._choose():
                replayed = self._fetch(memento)
                if replayed is not None:
                    self._group.append((memento, replayed))
                size = sum(len(each.capture.payload) for _, each in self._group)
                if len(self._group) >= _GROUP or size >= _GROUP_BYTES:
                    self._record_group()
                self._tell()
        finally:
            # Also where the web archive or a signal ends it: what was handed out is not asked for twice.
            self._record_group()

    def _choose(self) -> Iterator[Memento]:
        """What is to be fetched, in turn: where one was refused, the next one of its page comes later."""
        left = self._options.max_captures
        for kinds in _KINDS:
            refused = -1
            while refused != self._progress.refused:
                self._record_group()
                refused = self._progress.refused
                for memento in self._once_through(kinds):
                    if left is not None and self._progress.asked >= left:
                        return
                    yield memento

    def _once_through(self, kinds: tuple[str, ...]) -> Iterator[Memento]:
        after = ("", "")
        while step := self._mementos.wanted(self._options.choice, kinds, after=after, limit=_CHOSEN_AT_ONCE):
            after = (step[-1].canonical_url, step[-1].digest)
            yield from (memento for memento in step if memento.id not in self._left_alone)

    def _fetch(self, memento: Memento) -> Replayed | None:
        """One memento; None where it is refused or failed, which is noted.

        Raises:
            WebArchiveError: it is not this memento alone that cannot be had.
        """
        self._progress.asked += 1
        options = self._options
        asked = options.web_archive.memento_url(memento.url, memento.captured_at)
        here = (options.web_archive, options.portal)
        try:
            for _ in range(_HOPS):
                answer = self._client.memento(asked, self._read)
                further = leads_on(answer, memento, asked, *here)
                if further is None:
                    break
                asked = further
        except (BrokenAnswerError, ServerFaultError) as error:
            self._failed(memento, asked, error)
            return None
        self._answered()
        found = as_capture(answer, memento, asked, *here)
        if isinstance(found, Refusal):
            self._progress.refused += 1
            self._progress.name("refused", asked, found.because)
            self._mementos.mark(refused=[(memento.id, found.because)])
            return None
        return found

    def _read(self, response: Any) -> Answer:
        return read_answer(response, max_bytes=self._options.portal.politeness.max_bytes)

    def _failed(self, memento: Memento, asked: str, error: BrokenAnswerError | ServerFaultError) -> None:
        """Note a failure; held against the memento only when others can be had, since else it is the server.

        Raises:
            WebArchiveError: it is.
        """
        self._in_a_row[type(error)] += 1
        self._left_alone.add(memento.id)
        self._failures.append((memento.id, asked, str(error)))
        if (
            self._in_a_row[BrokenAnswerError] >= _SILENCES_IN_A_ROW
            or self._in_a_row[ServerFaultError] >= _FAULTS_IN_A_ROW
        ):
            number = len(self._failures)
            self._failures.clear()
            raise WebArchiveError(
                f"{self._options.web_archive.name}: {error}, {number} mementos in a row; "
                "run the same command later, it goes on where it stopped"
            ) from error

    def _answered(self) -> None:
        """The server is there: what failed before did so by itself."""
        self._in_a_row = dict.fromkeys(self._in_a_row, 0)
        for _, asked, because in self._failures:
            self._progress.failed += 1
            self._progress.name("failed", asked, because)
        self._mementos.mark(failed=[(number, because) for number, _, because in self._failures])
        self._failures.clear()

    def _record_group(self) -> None:
        group, self._group = self._group, []
        if not group:
            return
        portal = self._options.portal
        entries = [Fetched(each.capture, read_stored(each.capture, portal)) for _, each in group]
        for (_, replayed), recorded in zip(group, self._archive.record_all(entries), strict=True):
            self._progress.take(recorded, len(replayed.capture.payload))
            if replayed.doubt is not None:
                self._progress.doubted += 1
                self._progress.name("doubted", replayed.capture.original_id or "", replayed.doubt)
        self._mementos.mark(fetched=[(memento.id, replayed.doubt) for memento, replayed in group])
        self._archive.index_step()

    # -- concluding -------------------------------------------------------------------------------

    def _conclude(self, said: str, exit_code: int, seconds: float) -> Verdict:
        progress = self._progress
        alarms = progress.alarms()
        left = sum(line.captures for line in self._mementos.plan(self._options.choice))
        if not said:
            said = self._plan_said() if self._options.plan else self._said(left, bool(alarms))
            exit_code = 10 if alarms else 0
        if alarms:
            said = f"{said}; {'; '.join(alarms)}"
        delay = MEMENTO_DELAY if self._options.delay is None else self._options.delay
        return Verdict(
            verdict=said,
            exit_code=exit_code,
            finished_at=self._clock.now(),
            record=progress.as_dict()
            | {
                "alarms": alarms,
                "seconds": seconds,
                "recovered": self._archive.recovered,
                "left": left,
                "known": self._mementos.counts(),
                "plan": [
                    {"host": line.host, "year": line.year, "captures": line.captures, "bytes": line.bytes}
                    for line in self._plan
                ],
                "hours": round(sum(line.captures for line in self._plan) * delay / 3600, 2),
                "versions": {"gzcrawler": __version__, "python": platform.python_version()},
                "map_digest": self._options.portal.digest,
                "configuration": self._options.as_dict(),
            },
            hosts=self._client.evidence(),
        )

    def _plan_said(self) -> str:
        wanted = sum(line.captures for line in self._plan)
        return (
            f"plan: {wanted:,} mementos to fetch from {self._options.web_archive.name}, and nothing fetched"
        )

    def _said(self, left: int, has_alarms: bool) -> str:
        taken = f"{self._progress.captures:,} mementos from {self._options.web_archive.name}"
        if left and self._options.max_captures is not None:
            return f"as many as asked for: {taken}, {left:,} more are wanted"
        if left:
            return f"{taken}, {left:,} are still wanted"
        return f"finished with alarms: {taken}" if has_alarms else f"complete: {taken}"
