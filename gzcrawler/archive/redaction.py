"""Redactions: an article withdrawn from every reading door, on legal demand.

What stays are its addresses, its digests and the reason: rows of `redactions` and `redacted_pages`, the captures'
rows without their content, and a WARC ``metadata`` record by which `rebuild` withdraws it again. Triggers, made
with the first redaction, keep its pages from ever being due and lists from naming it; the committer stores no
further capture of it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gzcrawler.archive.moments import format_moment
from gzcrawler.archive.search_index import remove_from_index
from gzcrawler.errors import UnknownArticleError, UsageError

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from gzcrawler.portals import Address

__all__ = ["REDACTION_SUBJECT", "Redacted", "Redaction", "apply_redaction", "plan_redactions"]

REDACTION_SUBJECT = "urn:gzcrawler:redaction:"
"""Subject of the metadata record of a redaction, followed by the article's id."""

_NOT_ITS_OWN = "('removed', 'redirect', 'home', 'listing', 'challenge', 'robots')"
"""Kinds of captures that show no content of the article: the server's words, as many pages have them."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Redaction:
    """What is withdrawn, and why."""

    article_id: str
    reason: str
    redacted_at: datetime
    pages: tuple[str, ...]
    """Canonical URLs: the article's own, and pictures and files that no other article shows."""
    payloads: tuple[str, ...]
    """Digests of the bytes that go."""
    contents: tuple[str, ...]
    """Content digests of its revisions."""

    def as_dict(self) -> dict[str, Any]:
        """For its metadata record."""
        return {
            "redacted": self.article_id,
            "reason": self.reason,
            "pages": list(self.pages),
            "payloads": list(self.payloads),
            "contents": list(self.contents),
        }

    @classmethod
    def from_dict(cls, content: dict[str, Any], moment: datetime) -> Redaction:
        """The inverse."""
        return cls(
            article_id=content["redacted"],
            reason=content["reason"],
            redacted_at=moment,
            pages=tuple(content["pages"]),
            payloads=tuple(content["payloads"]),
            contents=tuple(content["contents"]),
        )


class Redacted:
    """Which addresses are withdrawn, as of the opening of the archive."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._articles = {row[0] for row in connection.execute("SELECT article_id FROM redactions")}
        self._pages = {row[0] for row in connection.execute("SELECT canonical_url FROM redacted_pages")}

    def __bool__(self) -> bool:
        """Is anything?"""
        return bool(self._articles)

    def covers(self, address: Address | None) -> bool:
        """Is what stands there withdrawn?"""
        if address is None:
            return False
        return address.id in self._articles or address.canonical_url in self._pages


# -- planning ---------------------------------------------------------------------------------------


def plan_redactions(
    connection: sqlite3.Connection, article_ids: Sequence[str], *, reason: str, now: datetime
) -> list[Redaction]:
    """What withdrawing these articles takes away; changes nothing.

    Raises:
        UnknownArticleError: one of them is not in the archive, or not any more.
        UsageError: another article's page holds the very same bytes, and is not withdrawn with them.
    """
    planned = []
    pages: dict[str, list[str]] = {}
    for article_id in article_ids:
        _require_known(connection, article_id)
        pages[article_id] = [
            url
            for (url,) in connection.execute(
                "SELECT canonical_url FROM pages WHERE article_id = ? ORDER BY canonical_url", (article_id,)
            )
        ]
    every = {url for urls in pages.values() for url in urls}
    for article_id in article_ids:
        own = pages[article_id] + _own_assets(connection, article_id, article_ids, every)
        payloads = _payloads(connection, own)
        _require_unshared(connection, article_id, payloads, every | set(own))
        planned.append(
            Redaction(
                article_id=article_id,
                reason=reason,
                redacted_at=now,
                pages=tuple(own),
                payloads=tuple(payloads),
                contents=tuple(
                    row[0]
                    for row in connection.execute(
                        """SELECT DISTINCT content_digest FROM revisions WHERE article_id = ?
                        ORDER BY content_digest""",
                        (article_id,),
                    )
                ),
            )
        )
    return planned


def _require_known(connection: sqlite3.Connection, article_id: str) -> None:
    row = connection.execute(
        "SELECT redacted_at FROM redactions WHERE article_id = ?", (article_id,)
    ).fetchone()
    if row is not None:
        raise UnknownArticleError(f"{article_id}: was redacted on {row[0][:10]} already")
    if not connection.execute("SELECT 1 FROM pages WHERE article_id = ? LIMIT 1", (article_id,)).fetchone():
        raise UnknownArticleError(f"{article_id}: no article by that id; `gzcrawler search` finds it")


def _own_assets(
    connection: sqlite3.Connection, article_id: str, with_ids: Sequence[str], pages: Collection[str]
) -> list[str]:
    """Pictures and files of its revisions that no other article shows, and whose bytes stand nowhere else."""
    urls: set[str] = set()
    for (text,) in connection.execute("SELECT record FROM revisions WHERE article_id = ?", (article_id,)):
        record = json.loads(text)
        urls |= {item["url"] for name in ("images", "attachments", "videos") for item in record[name]}
    canonical = {
        row[0]
        for table in ("images", "links")
        for row in connection.execute(
            f"SELECT canonical_url FROM {table} WHERE url IN (SELECT value FROM json_each(?))",
            (json.dumps(sorted(urls)),),
        )
    } | urls
    withdrawn = json.dumps(list(with_ids))
    own = []
    for url in sorted(url for url in canonical if url):
        page = connection.execute(
            "SELECT id FROM pages WHERE canonical_url = ? AND kind = 'asset'", (url,)
        ).fetchone()
        if page is None or url in pages:
            continue
        shown = connection.execute(
            """SELECT 1 FROM images WHERE canonical_url = ?1
                AND article_id NOT IN (SELECT value FROM json_each(?2))
            UNION ALL SELECT 1 FROM links l JOIN pages p ON p.id = l.page_id WHERE l.canonical_url = ?1
                AND p.article_id NOT IN (SELECT value FROM json_each(?2)) LIMIT 1""",
            (url, withdrawn),
        ).fetchone()
        elsewhere = connection.execute(
            """SELECT 1 FROM captures c JOIN captures o ON o.payload_digest = c.payload_digest
            WHERE c.page_id = ?1 AND o.page_id != ?1 LIMIT 1""",
            page,
        ).fetchone()
        if shown is None and elsewhere is None:
            own.append(url)
    return own


def _payloads(connection: sqlite3.Connection, urls: Sequence[str]) -> list[str]:
    rows = connection.execute(
        f"""SELECT DISTINCT c.payload_digest FROM pages p JOIN captures c ON c.page_id = p.id
        WHERE p.canonical_url IN (SELECT value FROM json_each(?)) AND c.kind NOT IN {_NOT_ITS_OWN}
        ORDER BY 1""",
        (json.dumps(urls),),
    )
    return [row[0] for row in rows]


def _require_unshared(
    connection: sqlite3.Connection, article_id: str, payloads: Sequence[str], pages: Collection[str]
) -> None:
    rows = connection.execute(
        """SELECT DISTINCT p.canonical_url, p.article_id FROM captures c JOIN pages p ON p.id = c.page_id
        WHERE c.payload_digest IN (SELECT value FROM json_each(?)) AND c.length > 0""",
        (json.dumps(payloads),),
    )
    for url, other in rows:
        if url not in pages:
            also = f"article {other}, which can be named in the same call" if other else "no article"
            raise UsageError(f"{article_id}: the very same bytes stand at {url} ({also})")


# -- applying ---------------------------------------------------------------------------------------


def apply_redaction(connection: sqlite3.Connection, redaction: Redaction, *, run_id: int) -> None:
    """Withdraw an article from the tables, inside the caller's transaction; twice does no harm.

    The bytes in the WARC files are another's work (`withdraw_payloads`), which begins when this is committed.
    """
    article_id = redaction.article_id
    connection.execute("PRAGMA secure_delete = ON")
    connection.execute(
        """INSERT OR IGNORE INTO redactions
            (article_id, reason, redacted_at, run_id, content_digests, payload_digests, finished)
        VALUES (?, ?, ?, ?, ?, ?, 0)""",
        (
            article_id,
            redaction.reason,
            format_moment(redaction.redacted_at),
            run_id,
            json.dumps(redaction.contents),
            json.dumps(redaction.payloads),
        ),
    )
    connection.executemany(
        "INSERT OR IGNORE INTO redacted_pages (canonical_url, article_id) VALUES (?, ?)",
        [(url, article_id) for url in redaction.pages],
    )
    remove_from_index(connection, article_id)
    for table in ("images", "authors", "revisions", "confirmations"):
        connection.execute(f"DELETE FROM {table} WHERE article_id = ?", (article_id,))
    connection.execute("DELETE FROM articles WHERE id = ?", (article_id,))
    pages = "SELECT id FROM pages WHERE canonical_url IN (SELECT canonical_url FROM redacted_pages)"
    for table in ("parts", "links", "quarantine"):
        connection.execute(f"DELETE FROM {table} WHERE page_id IN ({pages})")
    connection.execute(
        "DELETE FROM placements WHERE article_id = ? OR canonical_url IN (SELECT canonical_url FROM redacted_pages)",
        (article_id,),
    )
    connection.execute(
        "UPDATE links SET text = NULL WHERE canonical_url IN (SELECT canonical_url FROM redacted_pages)"
    )
    connection.execute(
        f"""UPDATE captures SET kind = 'redacted', because = NULL, content_digest = NULL, length = 0,
            truncated = NULL,
            media_type = CASE WHEN record_type = 'response' THEN NULL ELSE media_type END,
            record_type = CASE WHEN record_type = 'response' THEN 'redacted' ELSE record_type END
        WHERE page_id IN ({pages}) AND payload_digest IN (SELECT value FROM json_each(?))""",
        (json.dumps(redaction.payloads),),
    )
    connection.execute(
        f"""UPDATE pages SET state = 'redacted', due_at = NULL, failures = 0, etag = NULL, last_modified = NULL,
            validated_digest = NULL, links_digest = NULL WHERE id IN ({pages})"""
    )
    for statement in _TRIGGERS:
        connection.execute(statement)


_WITHDRAWN = """({0}.article_id IN (SELECT article_id FROM redactions)
    OR {0}.canonical_url IN (SELECT canonical_url FROM redacted_pages))"""
_NEW = _WITHDRAWN.format("NEW")

_TRIGGERS = (
    f"""CREATE TRIGGER IF NOT EXISTS redacted_is_never_due AFTER UPDATE OF due_at ON pages
        WHEN NEW.due_at IS NOT NULL AND {_NEW}
        BEGIN UPDATE pages SET due_at = NULL WHERE id = NEW.id; END""",
    f"""CREATE TRIGGER IF NOT EXISTS redacted_is_not_begun AFTER INSERT ON pages
        WHEN NEW.due_at IS NOT NULL AND {_NEW}
        BEGIN UPDATE pages SET due_at = NULL WHERE id = NEW.id; END""",
    f"""CREATE TRIGGER IF NOT EXISTS redacted_is_not_listed BEFORE INSERT ON placements WHEN {_NEW}
        BEGIN SELECT RAISE(IGNORE); END""",
    """CREATE TRIGGER IF NOT EXISTS redacted_is_not_named AFTER INSERT ON links
        WHEN NEW.text IS NOT NULL AND NEW.canonical_url IN (SELECT canonical_url FROM redacted_pages)
        BEGIN UPDATE links SET text = NULL WHERE page_id = NEW.page_id AND ordinal = NEW.ordinal; END""",
)
"""Made with the first redaction, so that archives without one do not pay for them."""
