"""The archive as it stood at one moment, as far as was known at another.

Two clocks bound what is seen: ``as_of`` the moment of capture, ``known_at`` the moment of recording. What
is captured, imported or re-read later changes nothing of it, so that an export can be made again. Articles
that nothing later touched are read off the tables; the others are folded again from the captures that the
two clocks leave.
"""

from __future__ import annotations

from contextlib import ExitStack
from datetime import timedelta
from typing import TYPE_CHECKING, Self

from gzcrawler.archive.article_filter import ArticleFilter
from gzcrawler.archive.moments import format_moment, utc_now
from gzcrawler.archive.open_archive import OpenArchive
from gzcrawler.archive.refolding import Refolding
from gzcrawler.archive.standing_article import Envelope, StandingArticle, Viewpoint
from gzcrawler.archive.standing_filter import StandingFilter
from gzcrawler.archive.stored_captures import StoredCaptures
from gzcrawler.archive.stored_records import whole_record
from gzcrawler.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path
    from types import TracebackType


__all__ = ["EVERY_ARTICLE", "ArchiveView", "Envelope", "StandingArticle", "Viewpoint"]

EVERY_ARTICLE = ArticleFilter()
"""The filter that leaves nothing out."""
_DAY = timedelta(days=1)


_ENVELOPE = """a.state, a.revision, a.first_seen, a.last_seen, a.last_verified, a.gone_since,
    r.captured_at, a.content_digest, c.payload_digest, w.name || ':' || c.warc_offset"""

_LATEST = f"""SELECT a.id, CAST(r.record AS BLOB), {_ENVELOPE}
    FROM articles a
    JOIN revisions r ON r.article_id = a.id AND r.number = a.revision
    JOIN captures c ON c.id = r.capture_id
    JOIN warc_files w ON w.id = c.warc_file_id"""

_TOUCHED = """SELECT 1 FROM pages p JOIN captures c ON c.page_id = p.id
    WHERE p.article_id = ?1 AND (c.captured_at > ?2 OR c.recorded_at > ?3)
    UNION ALL SELECT 1 FROM revisions WHERE article_id = ?1 AND recorded_at > ?3 LIMIT 1"""


class ArchiveView:
    """One unchanging view of an archive, whatever is written meanwhile; use as a context manager."""

    def __init__(self, path: Path | str, as_of: str | None = None, known_at: str | None = None) -> None:
        """Look at an archive from two moments.

        Args:
            path: the archive's folder.
            as_of: as the archive writes moments; None is its last capture.
            known_at: likewise; None is its last recording.

        Raises:
            NotAnArchiveError, NewerSchemaError: it cannot be opened.
            UsageError: nothing was captured, or known, until then.
        """
        with ExitStack() as undo:
            self._archive = undo.enter_context(OpenArchive(path))
            self.directory = self._archive.directory
            self.connection = self._archive.connection
            self.connection.row_factory = None
            self.connection.execute("BEGIN")
            last_captured, last_recorded, first_captured, first_recorded = self._bounds()
            self.viewpoint = Viewpoint(as_of or last_captured, known_at or last_recorded)
            if self.viewpoint.as_of < first_captured:
                raise UsageError(
                    f"--as-of {self.viewpoint.as_of}: the archive's first capture is of {first_captured}"
                )
            if self.viewpoint.known_at < first_recorded:
                raise UsageError(
                    f"--known-at {self.viewpoint.known_at}: the archive's first recording is of {first_recorded}"
                )
            still_to_come = max(last_captured, last_recorded, format_moment(utc_now() + _DAY))
            for option, moment in (("--as-of", as_of), ("--known-at", known_at)):
                if moment and moment > still_to_come:
                    raise UsageError(f"{option} {moment}: is still to come")
            self._whole = self.viewpoint.as_of >= last_captured and self.viewpoint.known_at >= last_recorded
            self._undo = undo.pop_all()
        self._refolding: Refolding | None = None

    def resolved(self, article_filter: ArticleFilter) -> ArticleFilter:
        """The filter in this archive's own names.

        Raises:
            UsageError: a name is not known here.
        """
        return article_filter.resolved(self.connection)

    def articles(self, article_filter: ArticleFilter = EVERY_ARTICLE) -> Iterator[StandingArticle]:
        """The articles as they stood, by id; gone ones with the record they last had.

        Args:
            article_filter: resolved; whom it leaves out is judged by what stood then.
        """
        standing = StandingFilter(article_filter, self.viewpoint)
        if self._whole:
            condition, values = standing.condition()
            for row in self.connection.execute(f"{_LATEST} WHERE {condition} ORDER BY a.id", values):
                yield StandingArticle(row[0], whole_record(row[1]), Envelope._make(row[2:]))
            return
        for article_id, portal in self.connection.execute("SELECT id, portal FROM articles ORDER BY id"):
            article = self._standing(article_id, portal)
            if article is not None and standing.keeps(article, self.connection):
                yield article

    def articles_named(self, ids: Iterable[str]) -> Iterator[StandingArticle]:
        """Those of these articles that had been seen whole, as they stood, in the order given."""
        for article_id in ids:
            row = self.connection.execute(
                "SELECT portal FROM articles WHERE id = ?", (article_id,)
            ).fetchone()
            article = self._standing(article_id, row[0]) if row else None
            if article is not None:
                yield article

    def withdrawn_at(self) -> str | None:
        """Last redaction since what is known here: it is missing, though it was known then."""
        row: tuple[str | None] = self.connection.execute(
            "SELECT max(redacted_at) FROM redactions WHERE redacted_at > ?", (self.viewpoint.known_at,)
        ).fetchone()
        return row[0]

    def count(self) -> int:
        """How many articles the archive has, at most as many as `articles` gives."""
        number: int = self.connection.execute(
            "SELECT count(*) FROM articles WHERE revision IS NOT NULL"
        ).fetchone()[0]
        return number

    def portals(self) -> list[str]:
        """Names of the portals in the archive."""
        return [name for (name,) in self.connection.execute("SELECT name FROM portals ORDER BY name")]

    def close(self) -> None:
        """Give the view up."""
        self._undo.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _bounds(self) -> tuple[str, str, str, str]:
        """(last capture, last recording, first capture, first recording)."""
        captured = self.connection.execute(
            "SELECT max(captured_at), min(captured_at) FROM captures"
        ).fetchone()
        if captured[0] is None:
            raise UsageError(f"{self.directory.path}: nothing is captured yet")
        last, first, reread = (
            self.connection.execute(f"SELECT {wanted}").fetchone()[0]
            for wanted in (
                "max(recorded_at) FROM captures",
                "min(recorded_at) FROM captures",
                "max(recorded_at) FROM revisions",
            )
        )
        return captured[0], max(last, reread or ""), captured[1], first

    def _standing(self, article_id: str, portal: str) -> StandingArticle | None:
        viewpoint = self.viewpoint
        touched = self.connection.execute(_TOUCHED, (article_id, viewpoint.as_of, viewpoint.known_at))
        if touched.fetchone() is not None:
            if self._refolding is None:
                self._refolding = Refolding(self.connection, StoredCaptures(self.connection, self.directory))
            return self._refolding.article(article_id, portal, viewpoint)
        row = self.connection.execute(f"{_LATEST} WHERE a.id = ?", (article_id,)).fetchone()
        return StandingArticle(row[0], whole_record(row[1]), Envelope._make(row[2:])) if row else None
