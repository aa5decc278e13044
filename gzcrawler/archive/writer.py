"""The writer thread: takes what has queued, commits it in groups, says what is done."""

from __future__ import annotations

import threading
from collections import deque
from time import monotonic
from typing import TYPE_CHECKING

from gzcrawler.archive.commit import Fetched

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gzcrawler.archive.commit import Committer, Entry
    from gzcrawler.archive.outcomes import Recorded

__all__ = ["Writer"]

GROUP_SIZE = 100
"""Captures a commit at most: groups of 25 cost twice as much a page, larger ones no less."""
QUEUE_AT_MOST = 400
"""Entries that may wait before no more requests are sent …"""
QUEUE_BYTES = 32_000_000
"""… and bytes of their payloads: a queue of large files must not fill the memory either."""
GROUP_SECONDS = 0.25
"""How long the first entry of a group waits for company."""
_INDEX_BACKLOG = 400
"""Articles that may wait for the search index while captures queue; merging is cheaper in large steps."""


class Writer(threading.Thread):
    """Owns the writing connection and the open WARC file from `start` until `close`."""

    def __init__(
        self,
        committer: Committer,
        *,
        index: Callable[[], int],
        on_committed: Callable[[Sequence[tuple[Entry, Recorded]]], None],
        on_error: Callable[[BaseException], None],
    ) -> None:
        """Prepare a writer.

        Args:
            committer: what commits a group.
            index: brings a step of the search index up to date; returns how many articles it did.
            on_committed: told of each group after it is durable; called in the writer's thread.
            on_error: told once why the writer ended before `close`; called in the writer's thread.
        """
        super().__init__(name="archive-writer", daemon=True)
        self._committer = committer
        self._index = index
        self._on_committed = on_committed
        self._on_error = on_error
        self._queue: deque[Entry] = deque()
        self._bytes = 0
        self._condition = threading.Condition()
        self._closing = False
        self._hurried = False
        self._unindexed = 0
        self.error: BaseException | None = None

    @property
    def depth(self) -> int:
        """Entries that wait, not counting the group under way."""
        return len(self._queue)

    @property
    def full(self) -> bool:
        """Does as much wait as may: no more should be asked for."""
        return len(self._queue) > QUEUE_AT_MOST or self._bytes > QUEUE_BYTES

    def submit(self, entry: Entry) -> None:
        """Hand an entry over without waiting. What comes after an error is never stored."""
        with self._condition:
            self._queue.append(entry)
            self._bytes += _size(entry)
            if len(self._queue) == 1 or len(self._queue) >= GROUP_SIZE:
                self._condition.notify()

    def hurry(self) -> None:
        """Commit what waits now: the frontier has nothing to hand out until it is known."""
        with self._condition:
            if self._queue:
                self._hurried = True
                self._condition.notify()

    def close(self) -> None:
        """Commit all that waits, bring the index up to date, end the thread.

        Raises:
            BaseException: what ended the writer early.
        """
        with self._condition:
            self._closing = True
            self._condition.notify()
        self.join()
        if self.error is not None:
            raise self.error

    def run(self) -> None:
        """The thread: see `close` for its end."""
        try:
            while group := self._next_group():
                outcomes = self._committer.commit(group)
                self._on_committed(list(zip(group, outcomes, strict=True)))
                self._unindexed += len(group)
                if not self._queue or self._unindexed >= _INDEX_BACKLOG:
                    self._index()
                    self._unindexed = 0
            while self._index():
                pass
        except BaseException as error:
            # Whatever it is, `close` raises it again and the crawl hears of it at once: a writer that
            # died silently would look like a stall.
            self.error = error
            with self._condition:
                self._queue.clear()
                self._bytes = 0
            self._on_error(error)

    def _next_group(self) -> list[Entry]:
        """The next group; empty when closing and nothing is left."""
        with self._condition:
            while not self._queue and not self._closing:
                self._condition.wait()
            deadline = monotonic() + GROUP_SECONDS
            while len(self._queue) < GROUP_SIZE and not self._closing and not self._hurried:
                remaining = deadline - monotonic()
                if remaining <= 0:
                    break
                self._condition.wait(remaining)
            self._hurried = False
            group: list[Entry] = []
            size = 0
            while self._queue and len(group) < GROUP_SIZE and size < QUEUE_BYTES:
                group.append(self._queue.popleft())
                size += _size(group[-1])
            self._bytes -= size
            return group


def _size(entry: Entry) -> int:
    return len(entry.capture.payload) if isinstance(entry, Fetched) else 0
