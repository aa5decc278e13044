"""What stands beside an article: its captures, its addresses, its neighbours in time, links in and out."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

__all__ = [
    "CaptureShown",
    "LinkShown",
    "Neighbours",
    "addresses_of",
    "article_captures",
    "articles_at",
    "links_in",
    "links_out",
    "neighbours",
]

_LINKS_AT_MOST = 100


class CaptureShown(NamedTuple):
    """One capture, with what a reader needs to find it again."""

    record_id: str
    """Of its WARC record; lasts when the database is made again."""
    captured_at: str
    url: str
    status: int
    kind: str
    because: str | None
    record_type: str
    payload_digest: str
    length: int
    warc_file: str
    warc_offset: int
    via: str
    """How it came: ``live``, ``warc``, ``wayback``."""
    original_id: str | None
    """What it is called where it was copied from; a stranger's text."""


class LinkShown(NamedTuple):
    """A link between articles, or out of the archive."""

    scope: str
    text: str | None
    url: str
    article_id: str | None
    """The article at its other end, where the archive has it."""
    title: str | None
    state: str | None
    language: str | None


class Neighbours(NamedTuple):
    """(id, title) of the articles of the same edition published next before and after; None where there is none."""

    before: tuple[str, str] | None
    after: tuple[str, str] | None


def article_captures(
    connection: sqlite3.Connection, article_id: str, *, most: int
) -> tuple[list[CaptureShown], int]:
    """The last captures of an article's pages, the newest first, and how many there are in all."""
    rows = connection.execute(
        """SELECT c.record_id, c.captured_at, c.url, c.status, c.kind, c.because, c.record_type, c.payload_digest,
            c.length, w.name, c.warc_offset, c.via, c.original_id
        FROM pages p JOIN captures c ON c.page_id = p.id JOIN warc_files w ON w.id = c.warc_file_id
        WHERE p.article_id = ? ORDER BY c.captured_at DESC, c.id DESC LIMIT ?""",
        (article_id, most),
    ).fetchall()
    (number,) = connection.execute(
        "SELECT count(*) FROM pages p JOIN captures c ON c.page_id = p.id WHERE p.article_id = ?",
        (article_id,),
    ).fetchone()
    return [CaptureShown(*row) for row in rows], number


def addresses_of(connection: sqlite3.Connection, article_id: str) -> list[tuple[str, str, str, int]]:
    """(address, first, last, captures) of each address under which the article answered."""
    return [
        tuple(row)
        for row in connection.execute(
            """SELECT c.url, min(c.captured_at), max(c.captured_at), count(*)
            FROM pages p JOIN captures c ON c.page_id = p.id
            WHERE p.article_id = ? AND c.kind = 'article' GROUP BY c.url ORDER BY 2, 1""",
            (article_id,),
        )
    ]


def neighbours(
    connection: sqlite3.Connection, *, article_id: str, edition: str, published: str | None
) -> Neighbours:
    """The articles of the same edition before and after, by date of publication and id."""
    if published is None:
        return Neighbours(None, None)
    found = []
    for comparison, order in (("<", "DESC"), (">", "ASC")):
        row = connection.execute(
            f"""SELECT id, title FROM articles
            WHERE published {comparison}= ?1 AND (published {comparison} ?1 OR id {comparison} ?2)
                AND edition = ?3 AND revision IS NOT NULL
            ORDER BY published {order}, id {order} LIMIT 1""",
            (published, article_id, edition),
        ).fetchone()
        found.append((row[0], row[1]) if row else None)
    return Neighbours(*found)


def links_out(connection: sqlite3.Connection, article_id: str) -> list[LinkShown]:
    """The links of the article's pages, in order, each address once; none to what was withdrawn."""
    rows = connection.execute(
        """SELECT k.scope, k.text, k.url, a.id, a.title, a.state, a.language
        FROM pages p JOIN links k ON k.page_id = p.id
        LEFT JOIN pages t ON t.canonical_url = k.canonical_url
        LEFT JOIN articles a ON a.id = t.article_id AND a.revision IS NOT NULL
        WHERE p.article_id = ?
            AND NOT EXISTS (SELECT 1 FROM redacted_pages r WHERE r.canonical_url = k.canonical_url)
        ORDER BY p.part, p.id, k.ordinal LIMIT ?""",
        (article_id, _LINKS_AT_MOST),
    )
    found: dict[tuple[str, str], LinkShown] = {}
    for row in rows:
        link = LinkShown(*row)
        found.setdefault((link.scope, link.article_id or link.url), link)
    return list(found.values())


def links_in(connection: sqlite3.Connection, article_id: str) -> tuple[list[LinkShown], int]:
    """Articles whose own text or related list leads here, and how many sliders of the whole site do."""
    rows = connection.execute(
        """SELECT DISTINCT k.scope, NULL, p.canonical_url, a.id, a.title, a.state, a.language
        FROM pages own JOIN links k ON k.canonical_url = own.canonical_url
        JOIN pages p ON p.id = k.page_id JOIN articles a ON a.id = p.article_id
        WHERE own.article_id = ?1 AND a.id != ?1 AND k.scope IN ('article', 'inline') AND a.revision IS NOT NULL
        ORDER BY a.published DESC, a.id LIMIT ?2""",
        (article_id, _LINKS_AT_MOST),
    ).fetchall()
    (sliders,) = connection.execute(
        """SELECT count(*) FROM (SELECT 1 FROM pages own JOIN links k ON k.canonical_url = own.canonical_url
            WHERE own.article_id = ? AND k.scope = 'site' LIMIT 1000)""",
        (article_id,),
    ).fetchone()
    return [LinkShown(*row) for row in rows], sliders


def articles_at(connection: sqlite3.Connection, canonical_urls: Iterable[str]) -> dict[str, str]:
    """Canonical address -> id, of those at which an article of the archive stands."""
    return dict(
        connection.execute(
            """SELECT p.canonical_url, a.id FROM json_each(?) wanted
            CROSS JOIN pages p ON p.canonical_url = wanted.value
            CROSS JOIN articles a ON a.id = p.article_id WHERE a.revision IS NOT NULL""",
            (json.dumps(sorted(set(canonical_urls))),),
        ).fetchall()
    )
