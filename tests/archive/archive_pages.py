"""Pages of a made-up portal, as captures: small, dressed alike, and read by the real readers."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from gzcrawler.archive import Fetched, read_stored
from gzcrawler.archive.index_words import LATIN_TOKENIZER, IndexedText
from gzcrawler.items import Capture
from gzcrawler.portals import load_portal, parse_portal

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Sequence

    from gzcrawler.archive import Archive, Recorded
    from gzcrawler.portals import Portal

PORTAL = load_portal("guangzhou")
CUSTOM = parse_portal(dict(PORTAL.facts) | {"name": "riverside"}, origin="test")
"""The same addresses under a name that is not built in."""

START = datetime(2026, 1, 15, 1, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)

HOST = "https://www.eguangzhou.gov.cn"
STORY = f"{HOST}/2018-12/26/c_321174.htm"
OTHER_STORY = f"{HOST}/2018-12/27/c_321175.htm"
DISTRICT_STORY = f"{HOST}/tianhe/2018-12/26/c_321174.htm"
SECOND_PART = f"{HOST}/2018-12/26/c_321174_2.htm"
THIRD_PART = f"{HOST}/2018-12/26/c_321174_3.htm"
LIST = f"{HOST}/gzlatest.html"
ALIAS_HOST = "https://guangzhou.chinadaily.com.cn"


def at(minutes: float = 0, *, days: float = 0) -> datetime:
    """A moment after the start."""
    return START + timedelta(minutes=minutes, days=days)


def article_page(
    text: str = "The first pump house reopened as a reading room.",
    *,
    title: str = "Pump houses reopen by the river",
    chrome: str = "visitors: 1",
    picture: str = "1545785512004031177",
    further: Sequence[str] = (),
    related: Sequence[str] = (),
) -> bytes:
    """An article page; `further` are the other pages of the story, as the pager links them."""
    pager = "".join(f'<a href="{url}">{number}</a> ' for number, url in enumerate(further, start=2))
    links = "".join(f'<li><a href="{url}">A related story of the town</a></li>' for url in related)
    return f"""<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">
<title>{title} | Guangzhou International</title></head><body>
<div class="pos"><a href="/index.html">Home</a> &gt; <a href="/gzlatest.html">Latest</a></div>
<div class="art_box"><h1>{title}</h1><div class="xinf">eguangzhou.gov.cn | Updated:2018-12-26</div>
<div class="art_cont"><p>{text}</p><p>The brick walls were kept as they had been found.</p>
<p align="center"><img src="/att/20181226/{picture}.jpeg" alt=""></p>
<p style="text-align: center;">A reader at the window. [Photo/eguangzhou.gov.cn]</p></div>
{f'<div class="pg"><span class="cur">1</span> {pager}</div>' if further else ""}</div>
{f'<div class="rel"><h3>Related</h3><ul>{links}</ul></div>' if related else ""}
<div class="foot"><p>{chrome}</p></div></body></html>""".encode()


def list_page(entries: Iterable[tuple[str, str]], *, name: str = "Latest") -> bytes:
    """A list page with (address, title) entries."""
    items = "".join(f'<li><a href="{url}">{title}</a><span>2018-12-26</span></li>' for url, title in entries)
    return f"""<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{name}</title></head><body>
<div class="pos"><a href="/index.html">Home</a> &gt; {name}</div><h2>{name}</h2>
<ul class="list">{items}</ul></body></html>""".encode()


UNREADABLE_PAGE = article_page(title="")
NOT_FOUND_PAGE = b"<html><head><title>404</title></head><body><p>Not Found</p></body></html>"
CHALLENGE_PAGE = b"""<html><head><title>Just a moment...</title></head><body>
<h1>Checking your browser before accessing the site</h1><form id="challenge-form"></form></body></html>"""


def capture(
    url: str = STORY, payload: bytes | None = None, when: datetime = START, **changes: Any
) -> Capture:
    """A capture of a page, 200 and HTML if not told otherwise."""
    changes.setdefault("status", 200)
    changes.setdefault("response_headers", (("Content-Type", "text/html; charset=utf-8"), ("ETag", '"one"')))
    changes.setdefault("request_headers", (("Host", "www.eguangzhou.gov.cn"), ("User-Agent", "gzcrawler")))
    changes.setdefault("reason", "OK" if changes["status"] == 200 else "Other")
    return Capture(
        url=url, captured_at=when, payload=article_page() if payload is None else payload, **changes
    )


def gone(url: str = STORY, when: datetime = START) -> Capture:
    """A capture that finds the page removed."""
    return capture(url, NOT_FOUND_PAGE, when, status=404)


def not_modified(of: Capture, when: datetime) -> Capture:
    """A 304 that repeats an earlier capture."""
    return capture(of.url, b"", when, status=304, repeats=of.payload_digest, response_headers=())


def fetched(taken: Capture, portal: Portal = PORTAL) -> Fetched:
    """The capture with its reading, as a crawl hands it over."""
    return Fetched(taken, None if taken.repeats else read_stored(taken, portal))


def record(archive: Archive, *captures: Capture) -> list[Recorded]:
    """Record captures one by one, each in a commit of its own."""
    recorded = []
    for taken in captures:
        entry = fetched(taken, archive.portal)
        recorded.append(archive.record(entry.capture, entry.result))
    return recorded


def rows(connection: sqlite3.Connection, sql: str, *parameters: object) -> list[tuple[Any, ...]]:
    """All rows of a query, as plain tuples."""
    return [tuple(row) for row in connection.execute(sql, parameters)]


def one(connection: sqlite3.Connection, sql: str, *parameters: object) -> Any:
    """The single value of a query."""
    ((value,),) = rows(connection, sql, *parameters)
    return value


TABLES = {
    "articles": """SELECT id, portal, edition, language, canonical_url, title, published, source, state,
        revision, content_digest, first_seen, last_seen, last_verified, gone_since FROM articles""",
    "revisions": """SELECT r.article_id, r.number, r.cause, r.content_digest, r.reading_digest, r.captured_at,
        r.record, c.url FROM revisions r JOIN captures c ON c.id = r.capture_id""",
    "links": """SELECT p.canonical_url, l.ordinal, l.scope, l.url, l.canonical_url, l.text
        FROM links l JOIN pages p ON p.id = l.page_id""",
    "images": "SELECT * FROM images",
    "authors": "SELECT * FROM authors",
    "placements": """SELECT p.canonical_url, s.content_digest, s.position, s.url, s.article_id, s.title, s.date
        FROM placements s JOIN pages p ON p.id = s.page_id""",
    "list states": """SELECT p.canonical_url, s.content_digest, s.next_url
        FROM list_states s JOIN pages p ON p.id = s.page_id""",
    "sections": "SELECT * FROM sections",
    "parts": """SELECT p.canonical_url, t.content_digest, t.record
        FROM parts t JOIN pages p ON p.id = t.page_id""",
    "quarantine": """SELECT p.canonical_url, q.error, q.message, c.captured_at
        FROM quarantine q JOIN pages p ON p.id = q.page_id JOIN captures c ON c.id = q.capture_id""",
    "captures": """SELECT p.canonical_url, c.url, c.captured_at, c.status, c.kind, c.payload_digest,
        c.content_digest, c.truncated FROM captures c JOIN pages p ON p.id = c.page_id""",
    "pages": """SELECT canonical_url, article_id, edition, section, part, path_date, first_seen, last_seen,
        last_verified FROM pages""",
}
"""What the captures say, by natural keys: no row ids, no offsets, no times of recording."""

RECORDING = {
    "runs": """SELECT uid, portal, command, started_at, finished_at, verdict, exit_code, record FROM runs""",
    "hosts": """SELECT r.uid, h.host, h.requests, h.smallest_gap, h.demanded_gap, h.robots, h.stopped_because
        FROM hosts h JOIN runs r ON r.id = h.run_id""",
    "failures": """SELECT p.canonical_url, f.failed_at, r.uid, f.url, f.error, f.message
        FROM failures f JOIN pages p ON p.id = f.page_id JOIN runs r ON r.id = f.run_id""",
    "raw": """SELECT record_id, canonical_url, captured_at, recorded_at, via, original_id, status, kind, because,
        length, media_type, record_type, warc_file, warc_offset, warc_length FROM raw_captures""",
    "recorded revisions": "SELECT article_id, number, recorded_at FROM revisions",
    "files": "SELECT w.name, r.uid, w.committed_length FROM warc_files w JOIN runs r ON r.id = w.run_id",
    "states": """SELECT canonical_url, kind, state, priority, due_at, failures, host, working_url, etag, last_modified,
        validated_digest, links_digest FROM pages""",
    "portals": "SELECT * FROM portals",
}
"""How it was recorded; the same after recovery and after a rebuild."""


def assert_index_is_true(archive: Archive) -> None:
    """The index holds the words of the current revisions and no others: one made afresh is the same, word by word."""
    connection = archive.connection
    connection.execute("INSERT INTO search_index (search_index) VALUES ('integrity-check')")
    texts = {
        key: IndexedText.of(json.loads(text))
        for key, text in rows(
            connection,
            """SELECT a.key, r.record FROM articles a
            JOIN revisions r ON r.article_id = a.id AND r.number = a.revision""",
        )
    }
    for table, fresh in (
        ("search_index", {key: text.latin for key, text in texts.items()}),
        ("search_pairs", {key: text.paired for key, text in texts.items() if text.paired}),
        ("search_titles", {key: (text.title_words,) for key, text in texts.items()}),
    ):
        columns = [row[1] for row in rows(connection, f"PRAGMA table_info({table})")]
        tokenizer = "unicode61 remove_diacritics 0" if table == "search_pairs" else LATIN_TOKENIZER
        connection.executescript(
            f"""CREATE VIRTUAL TABLE temp.fresh USING fts5({", ".join(columns)}, tokenize='{tokenizer}');
            CREATE VIRTUAL TABLE temp.fresh_words USING fts5vocab(temp, fresh, instance);
            CREATE VIRTUAL TABLE temp.kept_words USING fts5vocab(main, {table}, instance);"""
        )
        connection.executemany(
            f"INSERT INTO fresh (rowid, {', '.join(columns)}) VALUES (?{', ?' * len(columns)})",
            [(key, *texts_of_columns) for key, texts_of_columns in fresh.items()],
        )
        words = "SELECT term, doc, col, offset FROM {} ORDER BY 1, 2, 3, 4"
        assert rows(connection, words.format("kept_words")) == rows(connection, words.format("fresh_words"))
        connection.executescript("DROP TABLE fresh_words; DROP TABLE kept_words; DROP TABLE fresh;")
    connection.executescript(
        """CREATE VIRTUAL TABLE temp.latin USING fts5vocab(main, search_index, row);
        CREATE VIRTUAL TABLE temp.pairs USING fts5vocab(main, search_pairs, row);"""
    )
    counted = rows(
        connection, "SELECT term, doc FROM latin UNION ALL SELECT term, doc FROM pairs ORDER BY 1, 2"
    )
    assert rows(connection, "SELECT term, articles FROM search_terms ORDER BY 1, 2") == counted
    connection.executescript("DROP TABLE latin; DROP TABLE pairs;")


def dump(connection: sqlite3.Connection, tables: dict[str, str] = TABLES) -> dict[str, list[tuple[Any, ...]]]:
    """The contents of tables, comparable between archives."""
    return {name: sorted(rows(connection, sql), key=repr) for name, sql in tables.items()}
