"""What differs between two snapshots, article by article."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from gzcrawler.exports.increments import paired

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gzcrawler.exports.snapshot import Entry

__all__ = ["Difference", "differences"]


@dataclass(frozen=True, slots=True)
class Difference:
    """One article that is not the same in both."""

    id: str
    change: Literal["new", "changed", "gone", "returned", "verified", "missing"]
    """``verified``: only the archive's own knowledge moved, as when it was last seen; ``missing``: it is in
    the first one alone."""
    title: str
    fields: tuple[str, ...] = ()
    """Names of the fields that differ; those of the envelope as ``envelope.last_seen``."""

    def as_dict(self) -> dict[str, Any]:
        """In the shape of its JSON form."""
        return {"id": self.id, "change": self.change, "title": self.title, "fields": list(self.fields)}


def differences(before: Iterable[Entry], after: Iterable[Entry]) -> Iterator[Difference]:
    """The articles that differ, by id."""
    for old, new in paired(before, after):
        if old is None:
            assert new is not None
            yield Difference(new.id, "new", json.loads(new.line)["title"])
        elif new is None:
            yield Difference(old.id, "missing", json.loads(old.line)["title"])
        elif old.digest != new.digest:
            yield _changed(json.loads(old.line), json.loads(new.line))


def _changed(old: dict[str, Any], new: dict[str, Any]) -> Difference:
    before, after = old.pop("envelope"), new.pop("envelope")
    record = [name for name in sorted(old.keys() | new.keys()) if old.get(name) != new.get(name)]
    known = [name for name in sorted(before.keys() | after.keys()) if before.get(name) != after.get(name)]
    change: Literal["changed", "gone", "returned", "verified"] = "changed" if record else "verified"
    if before["state"] != after["state"] and after["state"] in ("gone", "returned"):
        change = after["state"]
    return Difference(new["id"], change, new["title"], (*record, *(f"envelope.{name}" for name in known)))
