"""An archive open for reading: while a crawl writes, and without ever blocking it."""

from __future__ import annotations

import shlex
import sqlite3
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from gzcrawler.archive.article_filter import ArticleFilter
from gzcrawler.archive.connections import connect_to_read
from gzcrawler.archive.directory import Directory, as_archive_errors
from gzcrawler.archive.finding import find_article
from gzcrawler.archive.frontier import Frontier, Selection
from gzcrawler.archive.moments import utc_now
from gzcrawler.archive.schema_version import is_current, require_known_schema
from gzcrawler.archive.search import Answer, Searcher, Sort
from gzcrawler.archive.stored_article import StoredArticle, StoredCapture, captures_of
from gzcrawler.archive.stored_records import read_record
from gzcrawler.errors import ArchiveError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

    from gzcrawler.archive.facets import Facets

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
                require_known_schema(self.connection, self.directory.database)
                if not is_current(self.connection):
                    raise ArchiveError(
                        f"{self.directory.path}: was written by an older gzcrawler; `gzcrawler reparse "
                        f"--archive {shlex.quote(str(self.directory.path))}` upgrades it, without asking any portal"
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

    def facets(
        self, query: str = "", article_filter: ArticleFilter | None = None, *, most: int = 1_000
    ) -> Facets:
        """How many of what `search` would find are of which section, year, source, edition and state.

        Args:
            query: as `search` takes it.
            article_filter: likewise.
            most: matches to count; of more, the newest are counted.

        Raises:
            UsageError: the filter names what there is not.
        """
        resolved = (article_filter or ArticleFilter()).resolved(self.connection)
        return self._searcher.facets(query, resolved, most=most)

    def article(self, key: str) -> StoredArticle:
        """An article: its current record with its envelope, as a dict, and its history.

        Args:
            key: its id, any of its addresses, or a part of its title that no other article has.

        Raises:
            UnknownArticleError: nothing, or more than one article, goes by that.
        """
        return StoredArticle(self.connection, self.directory, find_article(self.connection, key))

    def articles(self, article_filter: ArticleFilter | None = None) -> Iterator[StoredArticle]:
        """All articles that have a revision, by id, one at a time.

        Raises:
            UsageError: the filter names what there is not.
        """
        condition, values = (article_filter or ArticleFilter()).resolved(self.connection).condition()
        last = ""
        while True:
            # A step at a time: a statement kept open over all of them would keep the log of a crawl from being
            # written back.
            ids = self.connection.execute(
                f"""SELECT a.id FROM articles a WHERE a.id > ? AND a.revision IS NOT NULL AND {condition}
                ORDER BY a.id LIMIT 500""",
                (last, *values),
            ).fetchall()
            for (article_id,) in ids:
                yield StoredArticle(self.connection, self.directory, article_id)
            if not ids:
                return
            last = ids[-1][0]

    def captures(self) -> Iterator[StoredCapture]:
        """Every capture of every page, in the order of recording."""
        last = 0
        while True:
            rows = self.connection.execute(
                """SELECT id, captured_at, url, status, kind, record_type, payload_digest, warc_file, warc_offset
                FROM raw_captures WHERE id > ? ORDER BY id LIMIT 1000""",
                (last,),
            ).fetchall()
            for row in map(dict, rows):
                last = row.pop("id")
                yield StoredCapture(**row)
            if not rows:
                return

    def captures_of(self, article_id: str) -> list[dict[str, Any]]:
        """All captures of an article's pages, oldest first."""
        return [capture.as_dict() for capture in captures_of(self.connection, article_id)]

    def raw(self, key: str) -> bytes:
        """The payload that the article's current revision was read from, as received.

        Raises:
            UnknownArticleError: there is none.
        """
        return self.article(key).raw()

    def records(self) -> Iterator[dict[str, Any]]:
        """Current records of all articles, by id."""
        for (text,) in self.connection.execute(
            """SELECT r.record FROM articles a JOIN revisions r ON r.article_id = a.id AND r.number = a.revision
            ORDER BY a.id"""
        ):
            yield read_record(text)

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
            "due_by_kind": self._due_by_kind(),
            "least_verified": self._least_verified(),
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

    def _due_by_kind(self) -> dict[str, int]:
        """What the due pages are: what a run begins with, finds that were never seen, and what is asked again."""
        now = utc_now()
        total: dict[str, int] = {}
        for (name,) in self.connection.execute("SELECT name FROM portals ORDER BY name").fetchall():
            for kind, number in Frontier(self.connection, name, Selection()).count_due_by_kind(now).items():
                total[kind] = total.get(kind, 0) + number
        return total

    def _least_verified(self) -> dict[str, Any] | None:
        """The article that has waited longest for a look, and when it was last seen."""
        row = self.connection.execute(
            """SELECT id, last_verified, last_seen FROM articles
            WHERE state != 'gone' ORDER BY last_verified LIMIT 1"""
        ).fetchone()
        return dict(row) if row else None

    def _single(self, sql: str) -> Any:
        return self.connection.execute(sql).fetchone()[0]
