"""Our lines in a crontab: made and read by python-crontab, put in and taken out without touching any other byte.

python-crontab writes lines of others anew, in its own spelling; so only the line itself is its work, and the
rest of the table goes through here as the bytes that it was.
"""

from __future__ import annotations

import shlex
import subprocess
from dataclasses import dataclass
from pathlib import Path

from crontab import CronTab

from gzcrawler.errors import UsageError

__all__ = ["Entry", "entries", "read_table", "with_entry", "without_entry", "write_table"]

_MARK = "gzcrawler crawl of "
_SECONDS = 30


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """One crawl in a crontab, known again by its comment: portal and archive."""

    portal: str
    archive: Path
    """Absolute."""
    when: str
    """Five fields, or ``@daily`` and its like."""
    command: tuple[str, ...]
    """Program and arguments; empty where the entry was read and not made."""

    @property
    def mark(self) -> str:
        """The comment."""
        return f"{_MARK}{self.portal} into {self.archive}"

    def render(self) -> str:
        """The line, without its end.

        Raises:
            UsageError: cron would not take it.
        """
        text = shlex.join(self.command)
        if not (text + self.mark).isprintable():
            raise UsageError(f"{self.archive}: a crontab cannot hold a name with control characters")
        # To cron a bare % ends the command, and begins its standard input.
        item = CronTab(tab="").new(command=text.replace("%", r"\%"), comment=self.mark.replace("%", r"\%"))
        try:
            item.setall(self.when)
        except (KeyError, ValueError) as error:
            raise UsageError(f"{self.when!r} is no time for cron: {error}") from error
        if not item.is_valid():
            raise UsageError(f"{self.when!r} is no time for cron; write five fields: 17 3 * * *")
        return str(item.render())


def entries(table: str) -> list[Entry]:
    """All of our entries in a crontab, in order."""
    return [entry for line in table.splitlines() if (entry := _read(line)) is not None]


def with_entry(table: str, entry: Entry) -> str:
    """The crontab with this entry in the place of an earlier one of the same crawl, or at its end."""
    kept, place = _without(table, entry.mark)
    lines = kept.splitlines(keepends=True)
    if place is None and lines and not lines[-1].endswith("\n"):
        lines[-1] += "\n"
    lines.insert(len(lines) if place is None else place, entry.render() + "\n")
    return "".join(lines)


def without_entry(table: str, entry: Entry) -> str:
    """The crontab without this crawl's entries."""
    return _without(table, entry.mark)[0]


def _without(table: str, mark: str) -> tuple[str, int | None]:
    kept: list[str] = []
    place: int | None = None
    for line in table.splitlines(keepends=True):
        found = _read(line)
        if found is not None and found.mark == mark:
            place = len(kept) if place is None else place
        else:
            kept.append(line)
    return "".join(kept), place


def _read(line: str) -> Entry | None:
    """The entry that a line is; None for lines of others, whatever their shape."""
    _, mark, rest = line.rstrip("\r\n").partition(f"# {_MARK}")
    portal, into, archive = rest.replace(r"\%", "%").partition(" into ")
    if not (mark and into) or line.lstrip().startswith("#"):
        return None
    items = list(CronTab(tab=line if line.endswith("\n") else line + "\n"))
    when = str(items[0].slices) if items else ""
    return Entry(portal=portal, archive=Path(archive), when=when, command=())


def read_table() -> str:
    """This user's crontab; empty where there is none.

    Raises:
        UsageError: there is no ``crontab`` program, or it refuses.
    """
    done = _crontab("-l")
    if done.returncode == 0:
        return done.stdout.decode("utf-8", "surrogateescape")
    said = done.stderr.decode("utf-8", "replace").strip()
    if "no crontab for" in said:
        return ""
    raise UsageError(f"crontab -l: {said or f'ended with code {done.returncode}'}")


def write_table(table: str) -> None:
    """Put a whole crontab in the place of this user's.

    Raises:
        UsageError: cron does not take it; the old one stays.
    """
    done = _crontab("-", given=table.encode("utf-8", "surrogateescape"))
    if done.returncode != 0:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise UsageError(f"crontab: {said[-1] if said else f'ended with code {done.returncode}'}")


def _crontab(argument: str, given: bytes | None = None) -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(  # noqa: S603  the user's own crontab program
            ["crontab", argument],  # noqa: S607  wherever the system keeps it
            input=given,
            capture_output=True,
            timeout=_SECONDS,
            check=False,
        )
    except FileNotFoundError as error:
        raise UsageError(
            "there is no `crontab` program here; `gzcrawler schedule show --systemd` prints a timer instead"
        ) from error
    except subprocess.TimeoutExpired as error:
        raise UsageError(f"crontab: had not ended after {_SECONDS} s") from error
