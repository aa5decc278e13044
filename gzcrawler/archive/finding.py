"""Which article a person means: by id, by any of its addresses, or by words of its title."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from gzcrawler.archive.stored_portals import stored_portal
from gzcrawler.errors import UnknownArticleError

if TYPE_CHECKING:
    import sqlite3

__all__ = ["find_article"]

_CANDIDATES_TOLD = 5
_CANDIDATES_READ = 50


def find_article(connection: sqlite3.Connection, key: str) -> str:
    """The id of the article that goes by a key.

    Args:
        connection: a reading connection.
        key: its id, any of its addresses, or a part of its title that no other article has.

    Raises:
        UnknownArticleError: nothing goes by that (the message suggests what is near), or more than one
            article does (it lists them), or it was redacted.
    """
    article_id = _find(connection, key)
    row = connection.execute(
        "SELECT redacted_at, reason FROM redactions WHERE article_id = ?", (article_id,)
    ).fetchone()
    if row is not None:
        raise UnknownArticleError(f"{article_id}: was redacted on {row[0][:10]}: {row[1]}")
    return article_id


def _find(connection: sqlite3.Connection, key: str) -> str:
    text = key.encode("utf-8", "replace").decode().replace("\0", " ").strip()
    for sql, value in (
        ("SELECT id FROM articles WHERE id = ?", text),
        ("SELECT article_id FROM redactions WHERE article_id = ?", text),
        *(
            ("SELECT article_id FROM pages WHERE canonical_url = ?", url)
            for url in _canonical(connection, text)
        ),
    ):
        row = connection.execute(sql, (value,)).fetchone()
        if row is not None and row[0] is not None:
            return str(row[0])
    matches = _by_title(connection, text) if text else []
    if len(matches) == 1:
        return matches[0][0]
    if matches:
        told = "; ".join(f"{article} ({title})" for article, title in matches[:_CANDIDATES_TOLD])
        more = " …" if len(matches) > _CANDIDATES_TOLD else ""
        raise UnknownArticleError(f"{text!r}: more than one article: {told}{more}")
    raise UnknownArticleError(
        f"{text!r}: no article by that id, address or title{_suggest(connection, text)}"
    )


def _by_title(connection: sqlite3.Connection, text: str) -> list[tuple[str, str]]:
    """(id, title) of articles with these words in their title; of one alone where that is its whole title."""
    quoted = '"' + text.replace('"', " ") + '"*'
    rows = connection.execute(
        """SELECT a.id, a.title FROM search_titles t CROSS JOIN articles a ON a.key = t.rowid
        WHERE search_titles MATCH ? AND instr(lower(a.title), lower(?)) LIMIT ?""",
        (quoted, text, _CANDIDATES_READ),
    ).fetchall()
    if not rows:
        # Inside words, or in Chinese; and articles that the index has not caught up with.
        rows = connection.execute(
            "SELECT id, title FROM articles WHERE instr(lower(title), lower(?)) ORDER BY id LIMIT ?",
            (text, _CANDIDATES_READ),
        ).fetchall()
    found = sorted((str(article), str(title)) for article, title in rows)
    whole = [pair for pair in found if pair[1].casefold() == text.casefold()]
    return whole if len(whole) == 1 else found


def _canonical(connection: sqlite3.Connection, url: str) -> list[str]:
    """What an address means on each portal of the archive."""
    if "://" not in url:
        return []
    names = [row[0] for row in connection.execute("SELECT name FROM portals ORDER BY name").fetchall()]
    addresses = [stored_portal(connection, name).address(url) for name in names]
    return [address.canonical_url for address in addresses if address is not None]


def _suggest(connection: sqlite3.Connection, key: str) -> str:
    """Ids or titles that look like the key."""
    pattern = key.partition(":")[2] or key
    ids = [
        row[0]
        for row in connection.execute(
            "SELECT id FROM articles WHERE id LIKE ? LIMIT 200", (f"%{pattern[:5]}%",)
        )
    ]
    near = difflib.get_close_matches(key, ids, n=3, cutoff=0.5)
    return f"; did you mean {', '.join(near)}?" if near else ""
