"""Work by the workers of a Dask cluster, which may be other machines."""

from __future__ import annotations

import logging
import pickle
import re
import warnings
from collections import deque
from concurrent.futures import CancelledError
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from time import monotonic
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import uuid4

from gzcrawler.errors import ClusterUnreachableError, UsageError, WorkerKilledError
from gzcrawler.workers.job import clear, pack, perform
from gzcrawler.workers.release import own_release

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gzcrawler.workers.job import Job, Parcel
    from gzcrawler.workers.release import Release

__all__ = ["Cluster"]

# Dask's own, of an extra that need not be installed.
Client = Any
Future = Any

Tool = TypeVar("Tool")
Task = TypeVar("Task")
Result = TypeVar("Result")

_ADDRESS = re.compile(r"(tcp|tls)://([^/:\s]+|\[[0-9a-f:.]+\]):\d{1,5}", re.IGNORECASE)
_CONNECT_WITHIN = 15.0
"""Seconds."""
_WORKERS_WITHIN = 120.0
"""Seconds without any worker after which the cluster counts as lost: a busy machine needs many to start one."""
_ASK_AGAIN = 1.0
"""Seconds after which a result is asked for once more."""
_COUNT_EVERY = 5.0
"""Seconds between two counts of the workers, which may become more or fewer."""
_AHEAD = 3
"""Tasks under way for each thread of a worker."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """The cluster of a Dask scheduler."""

    address: str
    """``tcp://host:port``, or ``tls://`` as Dask's own configuration has the certificates."""

    def __post_init__(self) -> None:
        if not _ADDRESS.fullmatch(self.address):
            raise UsageError(
                f"{self.address!r} is no address of a Dask scheduler; one looks like tcp://scheduler.example:8786"
            )

    def require_usable(self) -> None:
        """Make sure that it answers and is of this release, before there is anything to do.

        Raises:
            UsageError, ClusterUnreachableError: as `results`.
        """
        with self._connected() as client:
            self._require_same_release(client)

    def results(self, job: Job[Tool, Task, Result], tasks: Iterable[Task]) -> Iterator[Result]:
        """What comes of each task, in their order. Tasks are taken as results are: a few ahead.

        Dask gives the tasks of a worker that dies to another one.

        Raises:
            UsageError: Dask is not installed here, or a worker is of another release than this process.
            ClusterUnreachableError: nobody answers, or there are no workers, also later.
            WorkerKilledError: a task has killed several workers; it is named.
            Exception: what the job raises.
        """
        with self._connected() as client:
            self._require_same_release(client)
            parcel = pack(job, uuid4().hex)
            under_way = _UnderWay(self, client, parcel)
            try:
                for task in tasks:
                    under_way.submit(task)
                    if under_way.is_full():
                        yield under_way.next_result(job)
                while under_way.pending:
                    yield under_way.next_result(job)
                client.run(clear, parcel.key, on_error="ignore")
            finally:
                under_way.cancel()

    @contextmanager
    def _connected(self) -> Iterator[Client]:
        distributed = _dask()
        # What goes wrong is told here, once, in words of this program. Dask sets some loggers' levels one by one.
        for name in list(logging.root.manager.loggerDict):
            if name.partition(".")[0] in ("distributed", "tornado"):
                logging.getLogger(name).setLevel(logging.CRITICAL)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", distributed.versions.VersionMismatchWarning)
            try:
                client: Client = distributed.Client(
                    self.address, timeout=_CONNECT_WITHIN, set_as_default=False
                )
            except (OSError, TimeoutError, ValueError) as error:
                raise ClusterUnreachableError(
                    f"cluster {self.address}: cannot be reached ({_first_line(error)}); is the scheduler running there?"
                ) from error
        try:
            yield client
        finally:
            client.close()

    def _require_same_release(self, client: Client) -> None:
        """Scheduler and workers: the one reads which function is called, the others call it."""
        self._require_workers(client)
        own = own_release()
        answers: dict[str, Release | BaseException] = {
            "its scheduler": _answer(client),
            **{
                f"its worker {address}": answer
                for address, answer in client.run(own_release, on_error="return").items()
            },
        }
        for who, answer in answers.items():
            if isinstance(answer, ImportError | AttributeError):
                raise UsageError(
                    f"cluster {self.address}: {who} has no gzcrawler {own['gzcrawler']} ({_first_line(answer)}); "
                    "install it there"
                )
            if isinstance(answer, BaseException):
                raise ClusterUnreachableError(
                    f"cluster {self.address}: {who} does not answer ({_first_line(answer)})"
                )
            for what, version in own.items():
                if answer.get(what) != version:
                    raise UsageError(
                        f"cluster {self.address}: {who} has another release of {what} ({answer.get(what, 'none')}) "
                        f"than this machine ({version}), and would read pages otherwise; install the same there"
                    )

    def _require_workers(self, client: Client) -> None:
        try:
            client.wait_for_workers(1, timeout=_WORKERS_WITHIN)
        except TimeoutError as error:
            raise self.without_workers() from error

    def lost(self, why: str) -> ClusterUnreachableError:
        """The error that says so, in the middle of the work."""
        return ClusterUnreachableError(
            f"cluster {self.address}: was lost ({why}); what is committed is safe, run again"
        )

    def without_workers(self) -> ClusterUnreachableError:
        """The error that says so."""
        return ClusterUnreachableError(
            f"cluster {self.address}: has had no worker for {_WORKERS_WITHIN:.0f} s; start some with "
            f"`dask worker {self.address} --nthreads 1` and run again, nothing is lost"
        )


class _UnderWay:
    """Tasks that a cluster is at, in their order."""

    def __init__(self, cluster: Cluster, client: Client, parcel: Parcel) -> None:
        self.pending: deque[tuple[Any, Future]] = deque()
        self._cluster = cluster
        self._client = client
        self._parcel = parcel
        self._most = 0
        self._counted_at = 0.0

    def submit(self, task: Any) -> None:
        if self._client.status == "closed":
            raise self._cluster.lost("its scheduler is gone")
        # As bytes, so that Dask neither looks into a task nor measures a result.
        future = self._client.submit(
            _perform,
            self._parcel,
            own_release(),
            pickle.dumps(task),
            key=f"gzcrawler-{uuid4().hex}",
            pure=False,
        )
        self.pending.append((task, future))

    def is_full(self) -> bool:
        """Is so much under way that no worker waits?"""
        if monotonic() - self._counted_at > _COUNT_EVERY:
            self._most = max(1, _AHEAD * sum(self._threads()))
            self._counted_at = monotonic()
        return len(self.pending) >= self._most

    def next_result(self, job: Job[Any, Any, Result]) -> Result:
        task, future = self.pending.popleft()
        try:
            result: Result = pickle.loads(self._result(future))
        except _dask().KilledWorker as error:
            raise WorkerKilledError(
                f"{job.name(task)}: {error.allowed_failures + 1} workers were killed while at it, perhaps for want "
                "of memory; what is committed is safe; give the workers more, or fewer threads"
            ) from error
        except CancelledError as error:
            raise self._cluster.lost(_first_line(error)) from error
        except ImportError as error:
            raise UsageError(
                f"cluster {self._cluster.address}: a worker lacks a module ({_first_line(error)}); "
                "install the same release and extras there"
            ) from error
        return result

    def cancel(self) -> None:
        """Ask for none of it any more."""
        if self.pending and self._client.status == "running":
            self._client.cancel([future for _, future in self.pending])

    def _result(self, future: Future) -> bytes:
        # Asked again and again: of a result that went down with its worker Dask's client may not hear when it is
        # there once more. Ever more patiently, since what is on its way is begun anew each time.
        patience = _ASK_AGAIN
        seen = monotonic()
        while True:
            try:
                result: bytes = future.result(timeout=patience)
            except TimeoutError:
                if future.status == "error":
                    raise
                if self._client.status != "running":
                    # Dask looks for its scheduler for a while; asked meanwhile, it would not answer.
                    if monotonic() - seen > _CONNECT_WITHIN:
                        raise self._cluster.lost("its scheduler is gone") from None
                elif self._threads():
                    seen = monotonic()
                elif monotonic() - seen > _WORKERS_WITHIN:
                    raise self._cluster.without_workers() from None
                patience = min(2 * patience, _WORKERS_WITHIN)
            else:
                return result

    def _threads(self) -> list[int]:
        """Of each worker; of none, where nobody answers."""
        try:
            return list(self._client.nthreads().values())
        except OSError:
            return []


def _dask() -> Any:
    try:
        return import_module("distributed")
    except ImportError as error:
        raise UsageError(
            "--cluster needs Dask, which is not installed: pip install 'gzcrawler[cluster]'"
        ) from error


def _answer(client: Client) -> Release | BaseException:
    try:
        answer: Release = client.run_on_scheduler(own_release)
    except (ImportError, AttributeError, OSError) as error:
        return error
    return answer


def _first_line(error: BaseException) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]


# -- in the workers ------------------------------------------------------------------------------------


def _perform(parcel: Parcel, release: Release, task: bytes) -> bytes:
    """Do a task in a worker, which may have joined since releases were compared."""
    address = _dask().get_worker().address
    if release != own_release():
        raise UsageError(
            f"worker {address}: is of another release than the one that asks; install the same there"
        )
    return pickle.dumps(perform(parcel, pickle.loads(task), where=f"worker {address}"))
