"""Captures that only say what they repeat: laid aside until all files are read, then found in the archive.

What they repeat may lie in another file, before or behind them. Laid aside on disk, so that memory stays flat.
"""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import asdict, replace
from datetime import datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from gzcrawler.archive.moments import format_moment, parse_moment
from gzcrawler.archive.stored_captures import StoredCaptures
from gzcrawler.importing.exchanges import Repetition
from gzcrawler.items import Capture

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gzcrawler.archive.directory import Directory
    from gzcrawler.portals import Portal

__all__ = ["Originals", "Repetitions"]


class Repetitions:
    """Those of one import, and the digests by which others name what they repeat."""

    def __init__(self, *, moments: bool) -> None:
        """Begin with none, in a database of their own that goes away with them.

        Args:
            moments: know payloads by address and moment, too: where no archive will have them to ask.
        """
        self._moments = moments
        self._connection = sqlite3.connect("", isolation_level=None)
        self._connection.execute("PRAGMA journal_mode = OFF")
        self._connection.execute("CREATE TABLE repetitions (content TEXT NOT NULL)")
        self._connection.execute(
            "CREATE TABLE payloads (told TEXT PRIMARY KEY, digest TEXT NOT NULL) WITHOUT ROWID"
        )

    def close(self) -> None:
        """Let go of the database."""
        self._connection.close()

    def __len__(self) -> int:
        """How many were laid aside."""
        return int(self._connection.execute("SELECT count(*) FROM repetitions").fetchone()[0])

    def lay_aside(self, repetition: Repetition) -> None:
        """Keep one for later."""
        content = asdict(repetition)
        del content["capture"]["payload"]
        self._connection.execute("INSERT INTO repetitions VALUES (?)", (json.dumps(content, default=_dump),))

    def note(self, digest: str, told: str | None, url: str, moment: str) -> None:
        """A payload was seen: our digest of it, the one that its record has, where and when it was captured."""
        names = [told] if told else []
        names += [f"{moment} {url}"] if self._moments else []
        self._connection.executemany(
            "INSERT OR IGNORE INTO payloads VALUES (?, ?)", [(name, digest) for name in names]
        )

    def payload_digest(self, repetition: Repetition) -> str | None:
        """Our digest of a payload that was seen and is repeated; None of any other."""
        names = [repetition.digest]
        if repetition.of_date is not None:
            names.append(f"{format_moment(repetition.of_date)} {repetition.of_url}")
        row = self._connection.execute(
            "SELECT digest FROM payloads WHERE told = ? OR told = ?", (names[0], names[-1])
        ).fetchone()
        return row[0] if row else None

    def __iter__(self) -> Iterator[Repetition]:
        """All of them, in the order in which they came."""
        with closing(self._connection.execute("SELECT content FROM repetitions ORDER BY rowid")) as rows:
            for (content,) in rows:
                yield _load(json.loads(content))


class Originals:
    """Finds in an archive what captures repeat."""

    def __init__(
        self, connection: sqlite3.Connection, directory: Directory, portal: Portal, seen: Repetitions
    ) -> None:
        self._connection = connection
        self._captures = StoredCaptures(connection, directory)
        self._portal = portal
        self._seen = seen

    def complete(self, repetition: Repetition) -> Capture | None:
        """The capture with what it repeats; None where that is not on file."""
        found = self._find(repetition)
        if found is None:
            return None
        capture_id, digest, status = found
        if repetition.not_modified:
            return replace(repetition.capture, repeats=digest)
        original = self._captures.read(capture_id)
        capture = replace(repetition.capture, payload=original.payload, truncated=original.truncated)
        if not repetition.has_head:
            capture = replace(capture, status=status, response_headers=original.response_headers)
        return capture

    def digest(self, repetition: Repetition) -> str | None:
        """Our digest of the payload that it repeats, where that is on file."""
        found = self._find(repetition)
        return found[1] if found else None

    def _find(self, repetition: Repetition) -> tuple[int, str, int] | None:
        """Row number, digest and status of a capture that has the payload."""
        if repetition.of_url and repetition.of_date:
            address = self._portal.address(repetition.of_url)
            moment = format_moment(repetition.of_date)
            if address is not None and (
                found := self._one(_AT, address.canonical_url, moment, repetition.of_url)
            ):
                return found
        if repetition.of_id and (found := self._one(_CALLED, repetition.of_id)):
            return found
        digest = self._seen.payload_digest(repetition)
        return self._one(_WITH_PAYLOAD, digest) if digest else None

    def _one(self, sql: str, *parameters: str) -> tuple[int, str, int] | None:
        row: tuple[int, str, int] | None = self._connection.execute(sql, parameters).fetchone()
        return row


_HELD = """FROM captures o WHERE o.payload_digest = c.payload_digest AND o.record_type = 'response'"""
"""A body is stored once; what was redacted is not stored any more."""

_AT = f"""SELECT (SELECT o.id {_HELD} LIMIT 1), c.payload_digest, c.status
    FROM pages p JOIN captures c ON c.page_id = p.id
    WHERE p.canonical_url = ? AND c.captured_at = ? AND c.url = ? AND c.status != {int(HTTPStatus.NOT_MODIFIED)}
        AND EXISTS (SELECT 1 {_HELD})"""

_CALLED = f"""SELECT (SELECT o.id {_HELD} LIMIT 1), c.payload_digest, c.status FROM captures c
    WHERE c.original_id = ? AND c.status != {int(HTTPStatus.NOT_MODIFIED)} AND EXISTS (SELECT 1 {_HELD})"""

_WITH_PAYLOAD = """SELECT c.id, c.payload_digest, c.status FROM captures c
    WHERE c.payload_digest = ? AND c.record_type = 'response' LIMIT 1"""


def _dump(value: object) -> str:
    """Moments are the one thing in it that JSON does not know."""
    if not isinstance(value, datetime):
        raise TypeError(f"{value!r} is no part of a capture")
    return format_moment(value)


def _load(content: dict[str, Any]) -> Repetition:
    fields = content.pop("capture")
    fields["captured_at"] = parse_moment(fields["captured_at"])
    for name in ("request_headers", "response_headers"):
        fields[name] = tuple((key, value) for key, value in fields[name])
    of_date = content.pop("of_date")
    return Repetition(capture=Capture(**fields), of_date=of_date and parse_moment(of_date), **content)
