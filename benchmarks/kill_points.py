"""Moments at which a crawl kills itself: exact points of the commit protocol, reached by wrapping its methods.

The package knows nothing of this: what is wrapped here is wrapped in the child that is about to die.
"""

from __future__ import annotations

import os
import signal
import sqlite3
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

from gzcrawler.archive.archive import Archive
from gzcrawler.archive.commit import Committer
from gzcrawler.archive.warc_files import WarcFile

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

__all__ = ["PROTOCOL_KINDS", "KillPoint", "arm", "choose"]

PROTOCOL_KINDS = ("append", "torn append", "sync", "transaction", "commit")
"""Points that lie between a WARC append and its commit."""

_OTHER_KINDS = ("clock", "acknowledgement", "opening", "closing")


@dataclass(frozen=True, slots=True)
class KillPoint:
    """Where a process ends."""

    kind: str
    """``append`` after the n-th record was written; ``torn append`` in the middle of it; ``sync`` after
    the n-th fsync of a WARC file; ``transaction`` some statements into the n-th transaction after that;
    ``commit`` just before its COMMIT; ``acknowledgement`` just after it; ``opening`` and ``closing`` at
    the n-th SQL statement of opening or of entering the verdict; ``clock`` from outside, at any time."""
    count: int
    step: int
    """Statements into the transaction, or bytes of the record in thousandths of its length."""
    seconds: float
    """For ``clock``: after so long."""


def choose(chance: random.Random) -> KillPoint:
    """A random point: two thirds of them between a WARC append and its commit."""
    kind = chance.choice(PROTOCOL_KINDS) if chance.random() < 0.66 else _other(chance)
    count = {
        "append": chance.randint(1, 130),
        "torn append": chance.randint(1, 130),
        "opening": chance.randint(1, 90),
        "closing": chance.randint(1, 12),
    }.get(kind, chance.randint(1, 4))
    step = chance.randint(1, 80) if kind == "transaction" else chance.randint(1, 1000)
    return KillPoint(kind, count, step, chance.uniform(0.01, 2.5))


def _other(chance: random.Random) -> str:
    return chance.choices(_OTHER_KINDS, weights=(6, 3, 3, 1))[0]


def arm(point: KillPoint) -> None:
    """Let this process kill itself at a point; ``clock`` is left to whoever watches it."""
    if point.kind in ("append", "torn append"):
        _arm_append(point)
    elif point.kind == "sync":
        _after(WarcFile, "sync", point.count, _die)
    elif point.kind in ("transaction", "commit"):
        _arm_transaction(point)
    elif point.kind == "acknowledgement":
        _after(Committer, "_commit", point.count, _die)
    elif point.kind == "opening":
        _arm_statements(point.count, lambda _: True)
    elif point.kind == "closing":
        finishing = _Flag()
        _before(Archive, "finish", finishing.raise_it)
        _arm_statements(point.count, lambda _: finishing.raised)


def _die(*_: object) -> NoReturn:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("still alive")


class _Flag:
    raised = False

    def raise_it(self) -> None:
        self.raised = True


def _arm_append(point: KillPoint) -> None:
    append = WarcFile.append
    left = [point.count]

    def wrapped(file: WarcFile, data: bytes) -> int:
        left[0] -= 1
        if left[0] == 0 and point.kind == "torn append":
            append(file, data[: len(data) * point.step // 1001])
            _die()
        offset = append(file, data)
        if left[0] == 0:
            _die()
        return offset

    WarcFile.append = wrapped  # this process exists to die here


def _arm_transaction(point: KillPoint) -> None:
    """Counted from the n-th sync: to its COMMIT, or to a statement before it."""
    syncing = _Flag()
    _after(WarcFile, "sync", point.count, syncing.raise_it)
    left = [point.step if point.kind == "transaction" else -1]

    def is_it(statement: str) -> bool:
        if not syncing.raised:
            return False
        left[0] -= 1
        return left[0] == 0 or statement == "COMMIT"

    _arm_statements(1, is_it)


def _arm_statements(count: int, counts: Callable[[str], bool]) -> None:
    """Die when the n-th statement that counts is about to run on a connection opened from now on."""
    connect = sqlite3.connect
    left = [count]

    def see(statement: str) -> None:
        if counts(statement):
            left[0] -= 1
            if left[0] == 0:
                _die()

    def wrapped(*arguments: Any, **options: Any) -> sqlite3.Connection:
        connection: sqlite3.Connection = connect(*arguments, **options)
        if not options.get("uri"):  # the reading connection goes by a URI
            connection.set_trace_callback(see)
        return connection

    sqlite3.connect = wrapped  # this process exists to die here


def _after(owner: type, name: str, count: int, then: Callable[[], None]) -> None:
    method = getattr(owner, name)
    left = [count]

    def wrapped(*arguments: Any) -> Any:
        result = method(*arguments)
        left[0] -= 1
        if left[0] == 0:
            then()
        return result

    setattr(owner, name, wrapped)


def _before(owner: type, name: str, then: Callable[[], None]) -> None:
    method = getattr(owner, name)

    def wrapped(*arguments: Any) -> Any:
        then()
        return method(*arguments)

    setattr(owner, name, wrapped)
