"""An archive open for reading: while a crawl writes, and without ever blocking it."""

from __future__ import annotations

import difflib
import json
import sqlite3
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from sqlite_utils import Database

from gzcrawler.archive.article_filter import ArticleFilter
from gzcrawler.archive.connections import connect_to_read
from gzcrawler.archive.directory import Directory, as_archive_errors
from gzcrawler.archive.frontier import Frontier, Selection
from gzcrawler.archive.migrations import is_current, require_known_schema
from gzcrawler.archive.moments import utc_now
from gzcrawler.archive.search import Answer, Searcher, Sort
from gzcrawler.archive.stored_payloads import StoredPayloads
from gzcrawler.archive.stored_portals import stored_portal
from gzcrawler.errors import ArchiveError, UnknownArticleError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

__all__ = ["OpenArchive", "open_archive"]


def open_archive(path: Path | str) -> OpenArchive:
    """Open an archive for reading.

    Raises:
        NotAnArchiveError: no archive lies there.
        NewerSchemaError: a newer release made it.
    """
    return OpenArchive(path)


class OpenArchive:
    """Answers questions about an archive; use as a context manager."""

    def __init__(self, path: Path | str) -> None:
        self.directory = Directory(Path(path))
        self.directory.require_archive()
        with ExitStack() as undo:
            with as_archive_errors(self.directory.path):
                self.connection = connect_to_read(self.directory.database)
                undo.callback(self.connection.close)
                self.connection.row_factory = sqlite3.Row
                database = Database(self.connection)
                require_known_schema(database, self.directory.database)
                if not is_current(database):
                    raise ArchiveError(
                        f"{self.directory.path}: was written by an older gzcrawler; "
                        "the next `gzcrawler crawl` upgrades it"
                    )
            self._searcher = Searcher(self.connection)
            undo.callback(self._searcher.close)
            self._undo = undo.pop_all()

    def search(
        self,
        query: str = "",
        article_filter: ArticleFilter | None = None,
        *,
        sort: Sort = "relevance",
        limit: int = 20,
        offset: int = 0,
    ) -> Answer:
        """Full text over titles, bodies and captions of all articles as they are now.

        Args:
            query: words (all must be there, in any form), ``"a phrase"``, ``begin*``, ``AND OR NOT``, brackets,
                ``title: body: captions:``; whatever it is, it never raises. Without a word, all articles match.
            article_filter: which articles, not yet resolved.
            sort: the best first, or the last day of publication.
            limit: hits to give.
            offset: hits to pass over.

        Raises:
            UsageError: the filter names what there is not.
        """
        resolved = (article_filter or ArticleFilter()).resolved(self.connection)
        return self._searcher.search(query, resolved, sort=sort, limit=limit, offset=offset)

    def count(self, query: str = "", article_filter: ArticleFilter | None = None) -> int:
        """How many articles `search` would find, all of them counted."""
        resolved = (article_filter or ArticleFilter()).resolved(self.connection)
        return self._searcher.count(query, resolved)[0]

    def article(self, key: str) -> dict[str, Any]:
        """The current record of an article, with its envelope.

        Args:
            key: its id, any of its addresses, or a part of its title that no other article has.

        Raises:
            UnknownArticleError: nothing, or more than one article, goes by that.
        """
        article_id = self._find(key)
        row = self.connection.execute(
            """SELECT a.*, r.record, r.captured_at, r.capture_id FROM articles a
            JOIN revisions r ON r.article_id = a.id AND r.number = a.revision WHERE a.id = ?""",
            (article_id,),
        ).fetchone()
        if row is None:
            raise UnknownArticleError(
                f"{article_id}: is not captured yet, or not with all its pages; the next crawl goes on"
            )
        record: dict[str, Any] = json.loads(row["record"])
        record["envelope"] = self._envelope(row)
        return record

    def captures_of(self, article_id: str) -> list[dict[str, Any]]:
        """All captures of an article's pages, oldest first."""
        rows = self.connection.execute(
            """SELECT v.captured_at, v.url, v.status, v.kind, v.record_type, v.payload_digest, v.warc_file,
                v.warc_offset
            FROM raw_captures v JOIN captures c ON c.id = v.id JOIN pages p ON p.id = c.page_id
            WHERE p.article_id = ? ORDER BY v.captured_at""",
            (article_id,),
        )
        return [dict(row) for row in rows]

    def raw(self, article_id: str) -> bytes:
        """The payload that the article's current revision was read from, as received.

        Raises:
            UnknownArticleError: there is none.
        """
        row = self.connection.execute(
            """SELECT c.payload_digest FROM articles a JOIN revisions r
                ON r.article_id = a.id AND r.number = a.revision
            JOIN captures c ON c.id = r.capture_id WHERE a.id = ?""",
            (self._find(article_id),),
        ).fetchone()
        if row is None:
            raise UnknownArticleError(f"{article_id}: has no capture yet")
        return StoredPayloads(self.connection, self.directory).read(row[0])

    def records(self) -> Iterator[dict[str, Any]]:
        """Current records of all articles, by id."""
        for (text,) in self.connection.execute("SELECT record FROM latest ORDER BY id"):
            yield json.loads(text)

    def status(self) -> dict[str, Any]:
        """Counts, dates and the last run, as one JSON-ready dict."""
        single = self._single
        last_run = self.connection.execute(
            """SELECT uid, portal, command, started_at, finished_at, verdict, exit_code
            FROM runs ORDER BY started_at DESC, id DESC LIMIT 1"""
        ).fetchone()
        due = self._due_by_portal()
        return {
            "archive": str(self.directory.path),
            "articles": dict(
                self.connection.execute("SELECT state, count(*) FROM articles GROUP BY state").fetchall()
            ),
            "incomplete_articles": single("SELECT count(*) FROM articles WHERE revision IS NULL"),
            "revisions": single("SELECT count(*) FROM revisions"),
            "pages": dict(
                self.connection.execute("SELECT kind, count(*) FROM pages GROUP BY kind").fetchall()
            ),
            "captures": single("SELECT count(*) FROM captures"),
            "bodies_stored": single(
                "SELECT count(*) FROM captures INDEXED BY captures_stored WHERE record_type = 'response'"
            ),
            "quarantined": single("SELECT count(*) FROM quarantine"),
            "failing": single("SELECT count(*) FROM pages WHERE failures > 0"),
            "due": sum(due.values()),
            "due_by_portal": due,
            "oldest_verification": single("SELECT min(last_verified) FROM articles WHERE state != 'gone'"),
            "first_capture": single("SELECT min(captured_at) FROM captures"),
            "last_capture": single("SELECT max(captured_at) FROM captures"),
            "warc_bytes": single("SELECT coalesce(sum(committed_length), 0) FROM warc_files"),
            "database_bytes": self.directory.database.stat().st_size,
            "last_run": dict(last_run) if last_run else None,
        }

    def close(self) -> None:
        """Close the connection."""
        self._undo.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _due_by_portal(self) -> dict[str, int]:
        """How many pages of each portal are due now: a crawl of one portal asks for its own alone."""
        now = utc_now()
        portals = self.connection.execute("SELECT name FROM portals ORDER BY name").fetchall()
        return {name: Frontier(self.connection, name, Selection()).count_due(now) for (name,) in portals}

    def _single(self, sql: str) -> Any:
        return self.connection.execute(sql).fetchone()[0]

    def _find(self, key: str) -> str:
        article_id = self._find_id(key)
        row = self.connection.execute(
            "SELECT redacted_at, reason FROM redactions WHERE article_id = ?", (article_id,)
        ).fetchone()
        if row is not None:
            raise UnknownArticleError(f"{article_id}: was redacted on {row[0][:10]}: {row[1]}")
        return article_id

    def _find_id(self, key: str) -> str:
        for sql, value in (
            ("SELECT id FROM articles WHERE id = ?", key),
            ("SELECT article_id FROM redactions WHERE article_id = ?", key),
            *(("SELECT article_id FROM pages WHERE canonical_url = ?", url) for url in self._canonical(key)),
        ):
            row = self.connection.execute(sql, (value,)).fetchone()
            if row is not None and row[0] is not None:
                return str(row[0])
        matches = self.connection.execute(
            "SELECT id, title FROM articles WHERE instr(lower(title), lower(?)) ORDER BY id LIMIT 6", (key,)
        ).fetchall()
        if len(matches) == 1:
            return str(matches[0]["id"])
        if matches:
            found = "; ".join(f"{row['id']} ({row['title']})" for row in matches[:5])
            raise UnknownArticleError(
                f"{key!r}: more than one article: {found}{' …' if len(matches) > 5 else ''}"
            )
        raise UnknownArticleError(f"{key!r}: no article by that id, address or title{self._suggest(key)}")

    def _canonical(self, url: str) -> list[str]:
        """What an address means on each portal of the archive."""
        if "://" not in url:
            return []
        names = [name for (name,) in self.connection.execute("SELECT name FROM portals ORDER BY name")]
        addresses = [stored_portal(self.connection, name).address(url) for name in names]
        return [address.canonical_url for address in addresses if address is not None]

    def _suggest(self, key: str) -> str:
        pattern = key.partition(":")[2] or key
        ids = [
            row[0]
            for row in self.connection.execute(
                "SELECT id FROM articles WHERE id LIKE ? LIMIT 200", (f"%{pattern[:5]}%",)
            )
        ]
        near = difflib.get_close_matches(key, ids, n=3, cutoff=0.5)
        return f"; did you mean {', '.join(near)}?" if near else ""

    def _envelope(self, row: sqlite3.Row) -> dict[str, Any]:
        capture = self.connection.execute(
            "SELECT payload_digest, warc_file, warc_offset FROM raw_captures WHERE id = ?",
            (row["capture_id"],),
        ).fetchone()
        return {
            "state": row["state"],
            "revision": row["revision"],
            "first_seen": row["first_seen"],
            "last_seen": row["last_seen"],
            "last_verified": row["last_verified"],
            "captured_at": row["captured_at"],
            "content_digest": row["content_digest"],
            "payload_digest": capture["payload_digest"],
            "warc": f"{capture['warc_file']}:{capture['warc_offset']}",
            "same_content_as": self._single_or_none(
                "SELECT same_content_as FROM latest WHERE id = ?", row["id"]
            ),
        }

    def _single_or_none(self, sql: str, parameter: object) -> Any:
        row = self.connection.execute(sql, (parameter,)).fetchone()
        return row[0] if row else None
