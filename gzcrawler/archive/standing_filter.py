"""The article filter, applied to articles as they stood: what the page said then decides, not what it says now."""

from __future__ import annotations

import json
from dataclasses import replace
from string import ascii_lowercase, ascii_uppercase
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import sqlite3

    from gzcrawler.archive.article_filter import ArticleFilter
    from gzcrawler.archive.standing_article import StandingArticle, Viewpoint

__all__ = ["StandingFilter"]

_LOWER = str.maketrans(ascii_uppercase, ascii_lowercase)
"""As SQLite's NOCASE compares: letters of ASCII alone."""

_IN_SECTIONS = """(EXISTS (SELECT 1 FROM pages own JOIN captures seen ON seen.page_id = own.id
        WHERE own.article_id = a.id AND own.section IN ({keys})
        AND seen.captured_at <= ? AND seen.recorded_at <= ?)
    OR EXISTS (SELECT 1 FROM placements stood JOIN pages list ON list.id = stood.page_id
        JOIN captures shown ON shown.page_id = stood.page_id AND shown.content_digest = stood.content_digest
        WHERE stood.article_id = a.id AND list.section IN ({keys})
        AND shown.captured_at <= ? AND shown.recorded_at <= ?))"""


class StandingFilter:
    """One resolved filter at one viewpoint."""

    def __init__(self, article_filter: ArticleFilter, viewpoint: Viewpoint) -> None:
        self._filter = article_filter
        self._viewpoint = viewpoint
        self._sources = {name.translate(_LOWER) for name in article_filter.sources}
        self._authors = {name.translate(_LOWER) for name in article_filter.authors}

    def condition(self) -> tuple[str, tuple[object, ...]]:
        """For articles that stand as the tables have them: a condition on ``articles a``, and its parameters."""
        sql, values = replace(self._filter, sections=()).condition()
        if self._filter.sections:
            inside, more = self._in_sections()
            return f"{sql} AND {inside}", (*values, *more)
        return sql, values

    def keeps(self, article: StandingArticle, connection: sqlite3.Connection) -> bool:
        """The same for one article as it stood."""
        if not self._filter:
            return True
        record: dict[str, Any] = json.loads(article.record)
        return self._keeps_record(record, article.envelope.state) and self._stood_in_section(
            article.id, connection
        )

    def _keeps_record(self, record: dict[str, Any], state: str) -> bool:
        wanted = self._filter
        published = record["published"] or ""
        return all(
            (
                not wanted.editions or record["edition"] in wanted.editions,
                not wanted.sources or (record["source"] or "").translate(_LOWER) in self._sources,
                not wanted.authors
                or any(name.translate(_LOWER) in self._authors for name in record["authors"]),
                not wanted.published_from or published >= str(wanted.published_from),
                not wanted.published_to or "" < published < f"{wanted.published_to}~",
                not wanted.states or state in wanted.states,
                not wanted.with_images or record["images"],
            )
        )

    def _stood_in_section(self, article_id: str, connection: sqlite3.Connection) -> bool:
        if not self._filter.sections:
            return True
        sql, values = self._in_sections()
        found = connection.execute(
            f"SELECT 1 FROM articles a WHERE a.id = ? AND {sql}", (article_id, *values)
        )
        return found.fetchone() is not None

    def _in_sections(self) -> tuple[str, tuple[object, ...]]:
        # By captures, not by pages that are only known: when one was first heard of is not on file.
        keys = self._filter.sections
        bounds = (self._viewpoint.as_of, self._viewpoint.known_at)
        places = ", ".join("?" * len(keys))
        return _IN_SECTIONS.format(keys=places), (*keys, *bounds, *keys, *bounds)
