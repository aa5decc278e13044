"""What a disk may hold after its power was cut: a model fed with the system calls of a recorded process.

Before the cut: what a file held at its last fsync is safe. Each later write or truncation of it survives or
does not, in pieces of 4,096 bytes and in any combination; the file may also have its new length without the
bytes, as zeros. A name (created, renamed, removed) is safe after an fsync of its directory, and is as it was
or as it became until then. SQLite's shared memory is never on disk. A write does not harm bytes beside it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator

__all__ = ["TRACED", "Disk", "Event", "read_events"]

SECTOR = 4096

_HANDLED = (
    "openat",
    "write",
    "pwrite64",
    "lseek",
    "ftruncate",
    "fsync",
    "fdatasync",
    "unlink",
    "rename",
    "mkdir",
)
_REFUSED = (
    "open",
    "creat",
    "writev",
    "pwritev",
    "pwritev2",
    "truncate",
    "fallocate",
    "unlinkat",
    "renameat",
    "renameat2",
    "mkdirat",
    "rmdir",
    "link",
    "linkat",
    "symlink",
    "symlinkat",
    "copy_file_range",
    "sync_file_range",
)
"""Not used by a crawl; one of them on the archive would make the model wrong, so it is an error."""
TRACED = ",".join(_HANDLED + _REFUSED)
"""For ``strace -e trace=``."""

_CALL = re.compile(r"(\d+) +(\w+)\((.*)\)\s+= (-?\d+)(?:<.*>)?(?: \w+ \(.*\))?$", re.DOTALL)
_UNFINISHED = " <unfinished ...>"
_RESUMED = re.compile(r"(\d+) +<\.\.\. \w+ resumed>(.*)$", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Event:
    """One system call that changed or synced something."""

    call: str
    path: str
    descriptor: int = -1
    offset: int = -1
    """Of a write or truncation; -1 at the descriptor's own position."""
    data: bytes = b""
    target: str = ""
    """Of a rename."""
    flags: str = ""

    @property
    def label(self) -> str:
        """Which kind of thing happened to which kind of file."""
        name = PurePosixPath(self.path).name
        kind = "warc" if name.endswith(".warc.gz") else name.rpartition("-")[2] if "-" in name else name
        return f"{self.call} {kind}"


def read_events(log: Path, *, under: tuple[Path, ...]) -> list[Event]:
    """Read a log of ``strace -f -y -xx``: what happened to files under these paths, in order.

    Raises:
        ValueError: a line, or a call on one of these files, that the model does not know.
    """
    prefixes = tuple(f"{path}" for path in under)
    events = []
    for name, arguments, result in _calls(log):
        if result < 0:
            continue
        event = _event(name, arguments, result)
        concerned = any(
            path == prefix or path.startswith(prefix + "/")
            for prefix in prefixes
            for path in (event.path, event.target)
        )
        if not concerned or event.path.endswith("-shm"):
            continue
        if name in _REFUSED:
            raise ValueError(f"the model does not know {name} on {event.path}")
        events.append(event)
    return events


def _calls(log: Path) -> Iterator[tuple[str, list[str], int]]:
    begun: dict[str, str] = {}
    with log.open(encoding="ascii") as lines:
        for text in lines:
            line = text.rstrip("\n")
            if line.endswith(_UNFINISHED):
                begun[line.partition(" ")[0]] = line[: -len(_UNFINISHED)]
                continue
            if resumed := _RESUMED.match(line):
                line = begun.pop(resumed[1]) + resumed[2]
            if "+++ " in line[:20] or "--- " in line[:20] or line.endswith("= ?"):
                continue
            call = _CALL.match(line)
            if call is None:
                raise ValueError(f"not a system call: {line[:200]}")
            yield call[2], call[3].split(", "), int(call[4])


def _event(name: str, arguments: list[str], result: int) -> Event:
    if name in ("write", "pwrite64"):
        offset = int(arguments[3]) if name == "pwrite64" else -1
        descriptor, path = _descriptor(arguments[0])
        return Event("write", path, descriptor, offset, _text(arguments[1])[:result])
    if name == "openat":
        return Event("open", _text(arguments[1]).decode(), result, flags=arguments[2])
    if name in ("ftruncate", "lseek"):
        descriptor, path = _descriptor(arguments[0])
        offset = int(arguments[1]) if name == "ftruncate" else result
        return Event("truncate" if name == "ftruncate" else "seek", path, descriptor, offset)
    if name in ("fsync", "fdatasync"):
        descriptor, path = _descriptor(arguments[0])
        return Event("sync", path, descriptor)
    paths = [_text(argument).decode() for argument in arguments if argument.startswith('"')]
    return Event(name, paths[0] if paths else "", target=paths[1] if len(paths) > 1 else "")


def _text(argument: str) -> bytes:
    return bytes.fromhex(argument.strip('"').replace("\\x", ""))


def _descriptor(argument: str) -> tuple[int, str]:
    number, _, path = argument.partition("<")
    path = path.partition(">")[0]
    return int(number), _text(path).decode() if path.startswith("\\x") else path


@dataclass(slots=True, eq=False)
class _File:
    safe: bytearray = field(default_factory=bytearray)
    pending: list[tuple[int, bytes | None]] = field(default_factory=list)
    """(offset, data), or (length, None) for a truncation."""

    def sync(self) -> None:
        self.safe = _apply(self.safe, self.pending)
        self.pending.clear()

    def after_power_loss(self, chance: random.Random) -> bytes:
        """What is found: nothing of what is pending, all, a beginning, or any pieces of it."""
        mode = chance.choice(("none", "all", "beginning", "pieces", "pieces"))
        pieces = [piece for operation in self.pending for piece in _pieces(*operation)]
        if mode == "none":
            pieces = []
        elif mode == "beginning":
            pieces = pieces[: chance.randint(0, len(pieces))]
        elif mode == "pieces":
            pieces = [piece for piece in pieces if chance.random() < 0.5]
        content = _apply(bytearray(self.safe), pieces)
        longest = max((at + len(data) for at, data in self.pending if data), default=0)
        if mode != "none" and longest > len(content) and chance.random() < 0.5:
            content.extend(bytes(longest - len(content)))
        return bytes(content)


def _pieces(offset: int, data: bytes | None) -> Iterator[tuple[int, bytes | None]]:
    if data is None:
        yield offset, None
        return
    start = 0
    while start < len(data):
        end = min(len(data), start + SECTOR - (offset + start) % SECTOR)
        yield offset + start, data[start:end]
        start = end


def _apply(content: bytearray, operations: list[tuple[int, bytes | None]]) -> bytearray:
    for offset, data in operations:
        if len(content) < offset:
            content.extend(bytes(offset - len(content)))
        if data is None:
            del content[offset:]
        else:
            content[offset : offset + len(data)] = data
    return content


class Disk:
    """Files and folders under a root that is safe itself; fed with events, asked for what a power cut leaves."""

    def __init__(self, root: Path) -> None:
        self._root = str(root)
        self._names: dict[str, _File | None] = {self._root: None}
        """What processes see; None is a folder."""
        self._safe_names: dict[str, _File | None] = {self._root: None}
        self._pending_names: defaultdict[str, list[dict[str, _File | str | None]]] = defaultdict(list)
        """Folder -> changes of its names: path -> file, folder (None) or ``gone``; one change whole or not."""
        self._open: dict[int, tuple[str, _File]] = {}
        self._positions: dict[int, int] = {}

    def take(self, event: Event) -> None:
        """One more thing happened."""
        getattr(self, f"_take_{event.call}")(event)

    def image(self, chance: random.Random) -> dict[str, bytes | None]:
        """What may be found after a power cut now: path under the root -> content, None for a folder."""
        names = dict(self._safe_names)
        for changes in self._pending_names.values():
            for change in changes:
                if chance.random() < 0.5:
                    _change(names, change)
        contents: dict[_File, bytes] = {}
        found: dict[str, bytes | None] = {}
        for path, file in sorted(names.items()):
            folder = path.rpartition("/")[0]
            if path == self._root or (folder != self._root and folder[len(self._root) + 1 :] not in found):
                continue
            if file is not None and file not in contents:
                contents[file] = file.after_power_loss(chance)
            found[path[len(self._root) + 1 :]] = None if file is None else contents[file]
        return found

    # -- system calls -----------------------------------------------------------------------------

    def _take_open(self, event: Event) -> None:
        file = self._names.get(event.path)
        if event.path not in self._names and "O_CREAT" in event.flags:
            file = _File()
            self._rename_all(event.path, {event.path: file})
        if file is None:
            self._open.pop(event.descriptor, None)
            return
        if "O_APPEND" in event.flags:
            raise ValueError(f"the model does not know O_APPEND ({event.path})")
        self._open[event.descriptor] = event.path, file
        self._positions[event.descriptor] = 0
        if "O_TRUNC" in event.flags:
            file.pending.append((0, None))

    def _file(self, event: Event) -> _File:
        path, file = self._open[event.descriptor]
        if path != event.path:
            raise ValueError(f"descriptor {event.descriptor} is {path}, not {event.path}")
        return file

    def _take_write(self, event: Event) -> None:
        offset = event.offset
        if offset < 0:
            offset = self._positions[event.descriptor]
            self._positions[event.descriptor] += len(event.data)
        self._file(event).pending.append((offset, event.data))

    def _take_seek(self, event: Event) -> None:
        self._positions[event.descriptor] = event.offset

    def _take_truncate(self, event: Event) -> None:
        self._file(event).pending.append((event.offset, None))

    def _take_sync(self, event: Event) -> None:
        if event.path in self._names and self._names[event.path] is None:
            for change in self._pending_names.pop(event.path, ()):
                _change(self._safe_names, change)
        else:
            self._file(event).sync()

    def _take_unlink(self, event: Event) -> None:
        self._rename_all(event.path, {event.path: "gone"})

    def _take_rename(self, event: Event) -> None:
        self._rename_all(event.path, {event.path: "gone", event.target: self._names[event.path]})

    def _take_mkdir(self, event: Event) -> None:
        self._rename_all(event.path, {event.path: None})

    def _rename_all(self, path: str, change: dict[str, _File | str | None]) -> None:
        _change(self._names, change)
        self._pending_names[path.rpartition("/")[0]].append(change)


def _change(names: dict[str, _File | None], change: dict[str, _File | str | None]) -> None:
    for path, file in change.items():
        if isinstance(file, str):
            names.pop(path, None)
        else:
            names[path] = file
