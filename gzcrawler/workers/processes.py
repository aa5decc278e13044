"""Work by processes of this machine: they end with their parent, and one that dies is replaced."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections import deque
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing import forkserver
from multiprocessing.connection import wait
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast
from uuid import uuid4

from gzcrawler.errors import WorkerKilledError
from gzcrawler.workers.job import pack, perform

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from concurrent.futures import Future
    from multiprocessing.context import ForkServerContext

    from gzcrawler.workers.job import Job, Parcel

__all__ = ["Processes"]

Tool = TypeVar("Tool")
Task = TypeVar("Task")
Result = TypeVar("Result")

_AHEAD = 3
"""Tasks under way for each process: enough that none waits, few enough that memory stays flat."""
_ALONE_AFTER = 2
"""Deaths after which a task that was under way at each of them is done with none beside it, to know whose they are."""
_AT_MOST = 4
"""Deaths after which a task is named: as many as a cluster takes for it."""


@dataclass(frozen=True, slots=True)
class Processes:
    """So many processes; 1 works in this one."""

    number: int

    @classmethod
    def of_this_machine(cls) -> Processes:
        """One a core."""
        return cls(os.cpu_count() or 1)

    def results(self, job: Job[Tool, Task, Result], tasks: Iterable[Task]) -> Iterator[Result]:
        """What comes of each task, in their order. Tasks are taken as results are: a few ahead.

        Raises:
            WorkerKilledError: a task has killed several processes; it is named.
            Exception: what the job raises.
        """
        if self.number == 1:
            with job.begin() as tool:
                for task in tasks:
                    yield job.work(tool, task)
            return
        pool = _Pool(self.number, job)
        try:
            yield from pool.results(iter(tasks))
        finally:
            pool.close()


@dataclass(slots=True)
class _UnderWay(Generic[Task, Result]):
    task: Task
    future: Future[Result] | None = None
    deaths: int = 0
    """Of processes, while it was under way."""

    @property
    def is_settled(self) -> bool:
        """Has it ended, in a result or an error of its own?"""
        done = self.future is not None and self.future.done() and not self.future.cancelled()
        return done and not isinstance(cast("Future[Result]", self.future).exception(), BrokenProcessPool)


class _Pool(Generic[Task, Result]):
    """A pool that is made anew when one of its processes dies, which breaks the whole of it."""

    def __init__(self, number: int, job: Job[Any, Task, Result]) -> None:
        self._number = number
        self._job = job
        self._context = _context(("gzcrawler.workers.processes", *job.preload))
        self._parcel = pack(job, uuid4().hex)
        self._executor = self._begin()
        self._pending: deque[_UnderWay[Task, Result]] = deque()

    def results(self, tasks: Iterator[Task]) -> Iterator[Result]:
        """In order."""
        while True:
            while len(self._pending) < _AHEAD * self._number and (more := next(tasks, _END)) is not _END:
                self._pending.append(_UnderWay(cast("Task", more)))
                self._submit(self._pending[-1])
            if not self._pending:
                return
            first = self._pending[0]
            if first.future is not None:
                _wait_for(first.future)
            if not first.is_settled:
                self._do_again()
                continue
            self._pending.popleft()
            yield cast("Future[Result]", first.future).result()

    def close(self) -> None:
        """End the processes, when what they are at is done."""
        self._executor.shutdown(cancel_futures=True)

    def _begin(self) -> ProcessPoolExecutor:
        return ProcessPoolExecutor(
            self._number, mp_context=self._context, initializer=_begin, initargs=(self._parcel,)
        )

    def _submit(self, entry: _UnderWay[Task, Result]) -> None:
        try:
            entry.future = self._executor.submit(_perform, entry.task)
        except (BrokenProcessPool, EOFError, ConnectionError):
            # The last two where the process is gone from which they are copied.
            entry.future = None

    def _do_again(self) -> None:
        """A process was killed, and with it went what all of them were at."""
        again = [entry for entry in self._pending if not entry.is_settled]
        self._replace(again)
        alone = any(entry.deaths >= _ALONE_AFTER for entry in again)
        for entry in again:
            self._submit(entry)
            while alone and not self._settles(entry):
                if entry.deaths + 1 >= _AT_MOST:
                    raise WorkerKilledError(
                        f"{self._job.name(entry.task)}: {_AT_MOST} processes were killed while at it, perhaps for "
                        "want of memory; what is committed is safe; run again with fewer --workers"
                    )
                self._replace([entry])
                self._submit(entry)

    def _settles(self, entry: _UnderWay[Task, Result]) -> bool:
        if entry.future is not None:
            _wait_for(entry.future)
        return entry.is_settled

    def _replace(self, again: list[_UnderWay[Task, Result]]) -> None:
        for entry in again:
            entry.future = None
            entry.deaths += 1
        self._executor.shutdown(cancel_futures=True)
        _start_server()
        self._executor = self._begin()


_END = object()


def _wait_for(future: Future[Any]) -> None:
    """Until it has ended, in whatever way; Ctrl-C is heard."""
    future.exception()


def _context(preload: tuple[str, ...]) -> ForkServerContext:
    # Not forked from this process: a child that has its lock would hold the archive when this one is killed.
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(preload))
    _start_server()
    return context


def _start_server() -> None:
    # Ctrl-C is for this process alone; they inherit that it is blocked.
    unblocked = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    forkserver.ensure_running()
    signal.pthread_sigmask(signal.SIG_SETMASK, unblocked)


# -- in the processes ----------------------------------------------------------------------------------

_parcel: Parcel | None = None


def _begin(parcel: Parcel) -> None:
    """Make a process ready: it ends with its parent."""
    global _parcel
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _parcel = parcel


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    wait([parent.sentinel])
    os._exit(1)


def _perform(task: Any) -> Any:
    assert _parcel is not None
    return perform(_parcel, task)
