"""Faults on demand: which request meets which fault, decided by seed and by count.

A rule names a kind of fault and the requests it is for. `FaultDesk.meet` says what befalls a request;
the server carries it out.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from gzcrawler.errors import UsageError
from gzcrawler.replica.chance import bound, mix

__all__ = ["FaultDesk", "FaultKind", "FaultRule"]

FaultKind = Literal[
    "status",  # answer `status`, with Retry-After where `retry_after` is set
    "reset",  # RST instead of an answer
    "reset midway",  # RST after half of the body
    "stall",  # nothing for `seconds`, then the answer
    "stall midway",  # half of the body, then nothing for `seconds`, then the rest
    "truncate",  # Content-Length of the whole, half of the body, connection closed
    "wrong charset",  # GBK under a header that says UTF-8, or the reverse, by address
    "redirect loop",  # two addresses that lead to each other
    "trap",  # the page gains a link to a calendar without end
    "bomb",  # a small gzip body that unpacks to `size` bytes
    "challenge",  # 200 and a page that wants a script to run
    "empty",  # 200 and no body
]

_PURPOSE = 900


@dataclass(frozen=True, kw_only=True)
class FaultRule:
    """One kind of fault, for chosen requests."""

    kind: FaultKind
    path: str = ""
    """Regular expression that is searched in ``host/path``; empty for every request."""
    share: float = 1.0
    """Part of the addresses that meet it, chosen by the seed."""
    times: int | None = 1
    """How many requests of one address meet it before it passes; None: all."""
    status: int = 503
    retry_after: int | None = None
    """Seconds of the Retry-After header."""
    as_date: bool = False
    """Say it as the date that is so far away, of the real clock."""
    seconds: float = 5.0
    size: int = 50_000_000
    """What a bomb unpacks to, in bytes."""

    def __post_init__(self) -> None:
        try:
            re.compile(self.path)
        except re.error as error:
            raise UsageError(f"path of a fault is no regular expression: {self.path!r} ({error})") from error


class FaultDesk:
    """Counts requests by rule and address, and says which fault each one meets."""

    def __init__(self, seed: int, rules: tuple[FaultRule, ...]) -> None:
        self._seed = seed
        self.set_rules(rules)

    def set_rules(self, rules: tuple[FaultRule, ...]) -> None:
        """Replaces the rules and forgets all counts."""
        self._rules = tuple((rule, re.compile(rule.path)) for rule in rules)
        self._met: dict[tuple[int, str], int] = {}
        self.total: dict[str, int] = {}

    def has(self, kind: FaultKind) -> bool:
        """Whether a rule of that kind is set, spent or not."""
        return any(rule.kind == kind for rule, _ in self._rules)

    def meet(self, host: str, path: str) -> FaultRule | None:
        """The first rule that befalls this request, counted; None where it is answered as usual."""
        if not self._rules:
            return None
        address = host + path
        for index, (rule, pattern) in enumerate(self._rules):
            if not pattern.search(address):
                continue
            if rule.share < 1.0 and _place(self._seed, address, index) >= bound(rule.share):
                continue
            met = self._met.get((index, address), 0)
            if rule.times is not None and met >= rule.times:
                continue
            self._met[index, address] = met + 1
            self.total[rule.kind] = self.total.get(rule.kind, 0) + 1
            return rule
        return None


def _place(seed: int, address: str, index: int) -> int:
    # hash() of str differs between processes, so the bytes are folded here
    return mix(seed, int.from_bytes(address.encode(), "big"), _PURPOSE + index)
