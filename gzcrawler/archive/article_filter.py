"""Which articles are meant: the one filter that search and every export take."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from gzcrawler.archive.stored_portals import stored_portal
from gzcrawler.errors import UsageError

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Sequence
    from datetime import date

    from gzcrawler.portals import Portal

__all__ = ["STATES", "ArticleFilter"]

STATES = ("alive", "suspect", "gone", "returned")
"""What an article can be in; see ``articles.state``."""

_NAMES_TOLD = 40
"""Names that an error lists: a screenful; portals have some dozens of sections."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ArticleFilter:
    """Articles that satisfy every field given; of several values in one field, any is enough.

    Make it from what a person wrote, then call `resolved`, which knows the archive's own names.
    """

    sections: tuple[str, ...] = ()
    """Keys of sections on whose lists an article stood, or in whose tree it lies; or their printed names."""
    editions: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    """Outlets as the pages name them, in any case."""
    authors: tuple[str, ...] = ()
    """Whole names of a byline, in any case."""
    published_from: date | None = None
    """First day, at +08:00. Articles without a date are left out by it."""
    published_to: date | None = None
    """Last day, at +08:00; that day counts."""
    states: tuple[str, ...] = ()
    """`STATES`."""
    with_images: bool = False

    def __bool__(self) -> bool:
        """Does it leave anything out?"""
        return self != _ALL

    def resolved(self, connection: sqlite3.Connection) -> ArticleFilter:
        """The same filter in the archive's own names: sections by key.

        Raises:
            UsageError: no section, edition, source, author or state goes by that name (the message lists
                those that there are), or the first day is after the last.
        """
        if self.published_from and self.published_to and self.published_from > self.published_to:
            raise UsageError(
                f"from {self.published_from} to {self.published_to}: the first day is after the last"
            )
        _require("state", self.states, STATES)
        if not (self.sections or self.editions or self.sources or self.authors):
            return self
        portals = [
            stored_portal(connection, name)
            for (name,) in connection.execute("SELECT name FROM portals ORDER BY name").fetchall()
        ]
        _require("edition", self.editions, {e.key for portal in portals for e in portal.editions})
        for field, table, column, names in (
            ("source", "articles", "source", self.sources),
            ("author", "authors", "name", self.authors),
        ):
            for name in names:
                _require_on_file(connection, field, table, column, name)
        sections = _section_keys(connection, portals, self.sections)
        return replace(self, sections=sections)

    def condition(self, alias: str = "a") -> tuple[str, tuple[object, ...]]:
        """An SQL condition on the table `articles`, and its parameters; ``1`` where all are meant.

        Args:
            alias: what the statement calls the table.
        """
        conditions: list[str] = []
        values: list[object] = []

        def add(sql: str, *parameters: object) -> None:
            conditions.append(sql)
            values.extend(parameters)

        if self.sections:
            keys = _places(self.sections)
            add(
                f"""(EXISTS (SELECT 1 FROM pages own WHERE own.article_id = {alias}.id AND own.section IN ({keys}))
                OR EXISTS (SELECT 1 FROM placements stood JOIN pages list ON list.id = stood.page_id
                    WHERE stood.article_id = {alias}.id AND list.section IN ({keys})))""",
                *self.sections,
                *self.sections,
            )
        if self.editions:
            add(f"{alias}.edition IN ({_places(self.editions)})", *self.editions)
        if self.sources:
            add(f"{alias}.source COLLATE NOCASE IN ({_places(self.sources)})", *self.sources)
        if self.authors:
            add(
                f"""EXISTS (SELECT 1 FROM authors wrote WHERE wrote.article_id = {alias}.id
                AND wrote.name COLLATE NOCASE IN ({_places(self.authors)}))""",
                *self.authors,
            )
        if self.published_from:
            add(f"{alias}.published >= ?", str(self.published_from))
        if self.published_to:
            # Times begin with their day, and no character of them sorts behind the tilde.
            add(f"{alias}.published < ?", f"{self.published_to}~")
        if self.states:
            add(f"{alias}.state IN ({_places(self.states)})", *self.states)
        if self.with_images:
            add(f"EXISTS (SELECT 1 FROM images shown WHERE shown.article_id = {alias}.id)")
        return " AND ".join(conditions) or "1", tuple(values)


_ALL = ArticleFilter()


def _places(values: Sequence[object]) -> str:
    return ", ".join("?" * len(values))


def _require(field: str, names: Iterable[str], known: Iterable[str]) -> None:
    listed = sorted(known)
    for name in names:
        if name not in listed:
            raise UsageError(f"{field} {name!r}: there is none; there are {', '.join(listed) or 'none'}")


def _require_on_file(connection: sqlite3.Connection, field: str, table: str, column: str, name: str) -> None:
    found = connection.execute(
        f"SELECT 1 FROM {table} WHERE {column} = ? COLLATE NOCASE LIMIT 1", (name,)
    ).fetchone()
    if found:
        return
    every = [
        row[0]
        for row in connection.execute(f"SELECT DISTINCT {column} FROM {table} WHERE {column} IS NOT NULL")
    ]
    folded = {value.casefold(): value for value in every}
    near = [folded[match] for match in difflib.get_close_matches(name.casefold(), folded, n=3, cutoff=0.5)]
    inside = [value for value in sorted(every) if name.casefold() in value.casefold()][:3]
    told = list(dict.fromkeys([*inside, *near]))
    raise UsageError(
        f"{field} {name!r}: no article names it" + (f"; did you mean {', '.join(told)}?" if told else "")
    )


def _section_keys(
    connection: sqlite3.Connection, portals: Sequence[Portal], wanted: Sequence[str]
) -> tuple[str, ...]:
    """Keys of the sections that go by these keys or printed names."""
    if not wanted:
        return ()
    names: dict[str, set[str]] = {}
    for portal in portals:
        for section in portal.sections:
            names.setdefault(section.key, set()).update(section.names)
    for key, name in connection.execute("SELECT key, name FROM sections").fetchall():
        names.setdefault(key, set()).add(name)
    keys: list[str] = []
    for word in wanted:
        found = [
            key
            for key, printed in names.items()
            if word == key or word.casefold() in {name.casefold() for name in printed}
        ]
        if not found:
            known = sorted(names)
            more = " …" if len(known) > _NAMES_TOLD else ""
            raise UsageError(
                f"section {word!r}: there is none; there are {', '.join(known[:_NAMES_TOLD])}{more}"
            )
        keys += found
    return tuple(dict.fromkeys(keys))
