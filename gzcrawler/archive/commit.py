"""The commit protocol: WARC first, then the database, then the word that it is done.

Append a batch's records, ``fsync``, commit SQLite (``synchronous=FULL``) with the file's new length in the
same transaction. Whatever lies in a file past that length was never acknowledged; `recover_tails` reads it
when the archive is next opened for writing.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from gzcrawler.archive.connections import transaction
from gzcrawler.archive.directory import Directory, as_archive_errors
from gzcrawler.archive.moments import format_moment, parse_moment
from gzcrawler.archive.outcomes import Deferral, Failure, Location, Outcome, Recorded, Result
from gzcrawler.archive.redaction import REDACTION_SUBJECT, Redacted, apply_redaction
from gzcrawler.archive.runs import RUN_SUBJECT, finish_run
from gzcrawler.archive.warc_records import Original, encode_capture, encode_metadata
from gzcrawler.errors import ArchiveError
from gzcrawler.items import Capture, digest_bytes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime

    from gzcrawler.archive.recording import Recorder
    from gzcrawler.archive.redaction import Redaction
    from gzcrawler.archive.runs import Run
    from gzcrawler.archive.warc_files import WarcFile, WarcFiles
    from gzcrawler.archive.warc_records import RecordType

__all__ = ["Committer", "Entry", "Fetched"]

_LEAST_STEP = timedelta(milliseconds=1)
"""Between two commits: what was known at a moment can be told only if no later commit carries that moment."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """A capture and what reading it gave."""

    capture: Capture
    result: Result
    follow: tuple[str, ...] = ()
    """Addresses to ask now, whatever their turn: what belongs to a page that was asked for by name."""


Entry = Fetched | Failure | Deferral


class Committer:
    """Commits batches of one run. Not safe for threads: it has one, which owns its connection."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        directory: Directory,
        recorder: Recorder,
        files: WarcFiles,
        *,
        run_id: int,
        now: Callable[[], datetime],
    ) -> None:
        self._connection = connection
        self._directory = directory
        self._recorder = recorder
        self._files = files
        self._run_id = run_id
        self._now = now
        (last,) = connection.execute("SELECT max(recorded_at) FROM captures").fetchone()
        self._last_commit = parse_moment(last) if last else None
        self._redacted = Redacted(connection)
        self._unsettled: WarcFile | None = None
        """File whose last records may be in the database or not: COMMIT itself has failed, or is under way."""

    def commit(self, entries: Sequence[Entry]) -> list[Recorded]:
        """Make a batch durable and true; returns what each entry did.

        Raises:
            ArchiveFullError, ArchiveReadOnlyError, ArchiveError: nothing of the batch is in the archive.
        """
        with self._whole_or_nothing():
            withdrawn = [self._is_withdrawn(entry) for entry in entries]
            recorded = iter(self._commit([e for e, w in zip(entries, withdrawn, strict=True) if not w]))
            return [
                _withheld(entry) if is_withdrawn else next(recorded)
                for entry, is_withdrawn in zip(entries, withdrawn, strict=True)
            ]

    def redact(self, redactions: Sequence[Redaction]) -> None:
        """Enter redactions, in the WARC file and in the database."""
        with self._whole_or_nothing():
            now = self._next_moment()
            file = self._files.current(now)
            for redaction in redactions:
                file.append(
                    encode_metadata(
                        REDACTION_SUBJECT + redaction.article_id,
                        moment=redaction.redacted_at,
                        information_id=file.information_id,
                        content=redaction.as_dict(),
                    )
                )
            file.sync()
            with self._transaction(file):
                self._store_length(file)
                for redaction in redactions:
                    apply_redaction(self._connection, redaction, run_id=self._run_id)
            self._redacted = Redacted(self._connection)

    def conclude(self, run: Run, verdict: Mapping[str, Any]) -> None:
        """Enter what the run concluded, in the WARC file and in the database."""
        with self._whole_or_nothing():
            now = self._now()
            file = self._files.current(now)
            file.append(
                encode_metadata(
                    RUN_SUBJECT + run.uid, moment=now, information_id=file.information_id, content=verdict
                )
            )
            file.sync()
            with self._transaction(file):
                self._store_length(file)
                finish_run(self._connection, run.id, verdict)

    def close(self) -> None:
        """Close the file under way."""
        self._files.close(keep=self._unsettled is not None)

    @contextlib.contextmanager
    def _whole_or_nothing(self) -> Iterator[None]:
        if self._unsettled is not None:
            raise ArchiveError(f"{self._directory.path}: the last commit failed; open the archive again")
        with as_archive_errors(self._directory.path):
            try:
                yield
            except BaseException as error:
                self._recorder.pages.forget()
                if _is_full(error):
                    self._unsettled = None
                # A COMMIT that failed on input or output may be found done after a crash: what it speaks of must
                # then be in the file. Left there, it is recorded at the next opening, if it was not.
                if self._unsettled is None:
                    self._files.rewind()
                raise

    @contextlib.contextmanager
    def _transaction(self, file: WarcFile) -> Iterator[None]:
        """One transaction, after which the database knows all of the file."""

        def committing() -> None:
            self._unsettled = file

        with transaction(self._connection, committing=committing):
            yield
        self._unsettled = None
        file.committed = file.length

    def _is_withdrawn(self, entry: Entry) -> bool:
        url = entry.capture.url if isinstance(entry, Fetched) else entry.url
        return bool(self._redacted) and self._redacted.covers(self._recorder.pages.address(url))

    def _commit(self, entries: Sequence[Entry]) -> list[Recorded]:
        if not entries:
            return []
        now = self._next_moment()
        file = self._files.current(now)
        places: list[Callable[[int], Location] | None] = []
        entries = [self._as_news(entry) for entry in entries]
        digests = [digest_bytes(e.capture.payload) if isinstance(e, Fetched) else "" for e in entries]
        stored = self._find_stored(entries, digests)
        for entry, digest in zip(entries, digests, strict=True):
            if isinstance(entry, Deferral):
                places.append(None)
            elif isinstance(entry, Failure):
                self._append_failure(file, entry)
                places.append(None)
            else:
                places.append(self._append(file, entry, digest, stored, now))
        file.sync()
        outcomes: list[Recorded] = []
        urls = [entry.capture.url for entry in entries if isinstance(entry, Fetched)]
        with self._transaction(file), self._recorder.expecting(urls):
            file_id = self._store_length(file)
            for entry, place in zip(entries, places, strict=True):
                if isinstance(entry, Deferral):
                    outcomes.append(self._recorder.defer(entry))
                elif isinstance(entry, Failure):
                    outcomes.append(self._recorder.record_failure(entry, run_id=self._run_id))
                else:
                    assert place is not None
                    self._recorder.pages.ask(entry.follow, entry.capture.captured_at)
                    outcomes.append(
                        self._recorder.record(
                            entry.capture,
                            entry.result,
                            location=place(file_id),
                            run_id=self._run_id,
                            recorded_at=now,
                        )
                    )
        self._last_commit = now
        return outcomes

    def _next_moment(self) -> datetime:
        """Now, or just after the last commit where the clock stands still or was set back."""
        now = self._now()
        return now if self._last_commit is None else max(now, self._last_commit + _LEAST_STEP)

    def _as_news(self, entry: Entry) -> Entry:
        """That robots.txt still forbids a page is on record; only its next turn is new."""
        if isinstance(entry, Failure) and self._recorder.is_repeated(entry):
            until = self._recorder.forbidden_until(entry)
            return Deferral(entry.url, until, Outcome.FORBIDDEN, f"{entry.error}: {entry.message}")
        return entry

    def _append(
        self, file: WarcFile, entry: Fetched, digest: str, stored: dict[str, Original], now: datetime
    ) -> Callable[[int], Location]:
        capture = entry.capture
        original = None
        if capture.repeats or (capture.payload and not capture.truncated):
            original = stored.get(capture.repeats or digest)
        if original is not None:
            digest = original.payload_digest
        records = encode_capture(
            capture,
            payload_digest=digest,
            original=original,
            information_id=file.information_id,
            recorded_at=now,
        )
        start = file.append(records.data)
        if original is None and not capture.truncated:
            stored[digest] = Original(
                records.record_id, capture.url, format_moment(capture.captured_at), digest
            )
        record_type: RecordType = "response"
        if original is not None:
            record_type = "server-not-modified" if capture.repeats else "revisit"

        def place(file_id: int) -> Location:
            return Location(
                warc_file_id=file_id,
                offset=start + records.response_offset,
                length=len(records.data) - records.response_offset,
                record_id=records.record_id,
                record_type=record_type,
                payload_digest=digest,
            )

        return place

    def _append_failure(self, file: WarcFile, failure: Failure) -> None:
        content = {"failed": failure.error, "message": failure.message}
        file.append(
            encode_metadata(
                failure.url, moment=failure.failed_at, information_id=file.information_id, content=content
            )
        )

    def _find_stored(self, entries: Sequence[Entry], digests: Sequence[str]) -> dict[str, Original]:
        """Digest -> the stored capture of those bytes, where they are on file."""
        repeated = (entry.capture.repeats for entry in entries if isinstance(entry, Fetched))
        rows = self._connection.execute(
            """SELECT record_id, url, captured_at, payload_digest FROM captures
            WHERE payload_digest IN (SELECT value FROM json_each(?))
                AND record_type = 'response' AND truncated IS NULL ORDER BY id DESC""",
            (json.dumps([digest for digest in {*digests, *repeated} if digest]),),
        )
        return {row[3]: Original(*row) for row in rows}

    def _store_length(self, file: WarcFile) -> int:
        (file_id,) = self._connection.execute(
            """INSERT INTO warc_files (name, run_id, committed_length) VALUES (?, ?, ?)
            ON CONFLICT (name) DO UPDATE SET committed_length = excluded.committed_length RETURNING id""",
            (file.path.name, self._run_id, file.length),
        ).fetchone()
        return int(file_id)


def _is_full(error: BaseException) -> bool:
    """Was there no room for the database's log? Then the transaction is not in it."""
    return (
        isinstance(error, sqlite3.Error) and getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL
    )


def _withheld(entry: Entry) -> Recorded:
    """What came of a capture that may not be stored."""
    url = entry.capture.url if isinstance(entry, Fetched) else entry.url
    return Recorded(
        outcome=Outcome.REDACTED, page_id=0, kind="redacted", url=url, reason="redacted: not stored again"
    )
