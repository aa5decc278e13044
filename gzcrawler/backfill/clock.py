"""The one place where a backfill looks at clocks and waits; a signal ends any wait."""

from __future__ import annotations

import signal
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from gzcrawler.archive import utc_now

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from types import FrameType

__all__ = ["Clock", "Interruption"]


class Interruption(Exception):  # noqa: N818 - no error: somebody asked for it
    """A signal asked the run to end."""

    def __init__(self, signal_number: int) -> None:
        super().__init__(signal.Signals(signal_number).name)
        self.signal_number = signal_number


class Clock:
    """The real one."""

    def __init__(self) -> None:
        self._heard = threading.Event()
        self._number = 0

    def now(self) -> datetime:
        """The moment, UTC."""
        return utc_now()

    def monotonic(self) -> float:
        """Seconds, never set back."""
        return time.monotonic()

    def wait(self, seconds: float) -> None:
        """Let time pass.

        Raises:
            Interruption: a signal came, now or before.
        """
        if self._heard.wait(max(0.0, seconds)):
            raise Interruption(self._number)

    def interrupt(self, signal_number: int) -> None:
        """Let this wait, or the next one, end at once."""
        self._number = signal_number
        self._heard.set()

    @contextmanager
    def hearing_signals(self) -> Iterator[None]:
        """SIGINT and SIGTERM end the next wait; a second one ends the process, as it always would."""

        def hear(number: int, _frame: FrameType | None) -> None:
            self.interrupt(number)
            for each, handler in before.items():
                signal.signal(each, handler)

        before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
        for number in before:
            signal.signal(number, hear)
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
