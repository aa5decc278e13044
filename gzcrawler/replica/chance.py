"""Seeded chance: integer hashing in place of a random generator.

Every fact of the replica is a function of (seed, number, purpose), so that pages can be made in any
order, one at a time, and are the same in every process. `random.Random` costs ten times as much to
seed as a whole page may take.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Draw", "bound", "mix"]

T = TypeVar("T")
_MASK = (1 << 64) - 1


def mix(seed: int, number: int, purpose: int) -> int:
    """A well-mixed 64-bit integer of the three (the finalizer of splitmix64)."""
    x = (seed * 0x9E3779B97F4A7C15 + number * 0xBF58476D1CE4E5B9 + purpose * 0x94D049BB133111EB + 1) & _MASK
    x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & _MASK
    return x ^ (x >> 31)


def bound(part: float) -> int:
    """The bound under which that part (0.0 to 1.0) of all 64-bit hashes lies."""
    return int(part * (1 << 64))


class Draw:
    """A stream of choices that starts at (seed, number, purpose)."""

    __slots__ = ("_state",)

    def __init__(self, seed: int, number: int, purpose: int) -> None:
        self._state = mix(seed, number, purpose)

    def below(self, bound: int) -> int:
        """The next integer from 0 to bound - 1."""
        self._state = state = (self._state * 6364136223846793005 + 1442695040888963407) & _MASK
        return (state >> 33) % bound

    def pick(self, choices: Sequence[T]) -> T:
        """The next choice of a sequence that is not empty."""
        self._state = state = (self._state * 6364136223846793005 + 1442695040888963407) & _MASK
        return choices[(state >> 33) % len(choices)]

    def word(self) -> int:
        """The next 48 bits, for callers that cut several choices out of one."""
        self._state = state = (self._state * 6364136223846793005 + 1442695040888963407) & _MASK
        return state >> 16

    def happens(self, part: float) -> bool:
        """Whether an event of this probability (0.0 to 1.0) happens next."""
        self._state = state = (self._state * 6364136223846793005 + 1442695040888963407) & _MASK
        return (state >> 33) < part * (1 << 31)
