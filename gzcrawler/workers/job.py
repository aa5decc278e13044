"""A job, and how a worker does its tasks: the same in a process of this machine and on a cluster."""

from __future__ import annotations

import errno
import pickle
import threading
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from gzcrawler.errors import ArchiveFullError

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

__all__ = ["Job", "Parcel", "clear", "pack", "perform"]

Tool = TypeVar("Tool")
Task = TypeVar("Task")
Result = TypeVar("Result")

_FULL = (errno.ENOSPC, errno.EDQUOT)


@dataclass(frozen=True, kw_only=True, slots=True)
class Job(Generic[Tool, Task, Result]):
    """What is done with each of many tasks. Functions are a module's own or `partial` of one: they travel by name.

    Tasks and results are pickled; each is a few megabytes at most, since some are under way at a time.
    """

    begin: Callable[[], AbstractContextManager[Tool]]
    """Makes ready what all tasks of a worker use: opened before its first task, closed when the work is done,
    where the worker lives on."""
    work: Callable[[Tool, Task], Result]
    """Does a task. Nothing of it may stay behind when it is done twice: a worker that died leaves it to another."""
    name: Callable[[Task], str]
    """What the task is about, for the message that it cannot be done."""
    preload: tuple[str, ...] = ()
    """Modules that take long to import: processes of this machine are copies of one that has them."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Parcel:
    """A job on its way: pickled once, whatever the number of tasks."""

    key: str
    """Of this job and no other."""
    job: bytes


class _Bench:
    """What one thread of a worker has made ready for a job."""

    def __init__(self, parcel: Parcel) -> None:
        self.key = parcel.key
        self._open = ExitStack()
        self._job: Job[Any, Any, Any] = pickle.loads(parcel.job)
        self._tool = self._open.enter_context(self._job.begin())

    def work(self, task: Any) -> Any:
        return self._job.work(self._tool, task)

    def clear(self) -> None:
        self._open.close()


_benches: dict[int, _Bench] = {}
"""Thread -> its bench: what a job makes ready need not be safe for several."""


def pack(job: Job[Any, Any, Any], key: str) -> Parcel:
    """A job as it travels."""
    return Parcel(key=key, job=pickle.dumps(job))


def perform(parcel: Parcel, task: Any, *, where: str = "") -> Any:
    """Do a task, in a worker.

    Args:
        parcel: the job.
        task: one of its tasks.
        where: the worker's name, where there are several machines.

    Raises:
        ArchiveFullError: no space is left on the worker's disk.
        Exception: what the job raises.
    """
    thread = threading.get_ident()
    try:
        bench = _benches.get(thread)
        if bench is None or bench.key != parcel.key:
            if bench is not None:
                bench.clear()
            bench = _benches[thread] = _Bench(parcel)
        return bench.work(task)
    except OSError as error:
        if where and error.errno in _FULL:
            raise ArchiveFullError(
                f"{where}: no space left ({error.filename or error.strerror}); free some there and run again, "
                "nothing is lost"
            ) from error
        raise


def clear(key: str) -> None:
    """Close what was made ready for a job, none of whose tasks is under way any more."""
    for thread, bench in list(_benches.items()):
        if bench.key == key:
            del _benches[thread]
            bench.clear()
