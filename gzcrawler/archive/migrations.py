"""The schema, as named migrations: each in one transaction, applied when an archive is opened to write.

A migration that has shipped is never edited; what changes comes as a new one, with its name in `schema_version`.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from sqlite_utils import Database, Migrations

from gzcrawler.archive.edits import EDITS_VIEW
from gzcrawler.archive.filled_fields import filled_fields
from gzcrawler.archive.schema_version import APPLICATION_ID, MIGRATION_SET
from gzcrawler.archive.stored_portals import stored_portal
from gzcrawler.archive.stored_records import WHOLE_RECORD, read_record, stored_record

if TYPE_CHECKING:
    import sqlite3

__all__ = ["migrate", "migrations"]

migrations = Migrations(MIGRATION_SET)


@migrations()
def archive_of_captures(db: Database) -> None:
    """Runs, hosts, pages, captures, WARC files, quarantine and failed fetches."""
    for statement in (
        f"PRAGMA application_id = {APPLICATION_ID}",
        """CREATE TABLE portals (
            name TEXT PRIMARY KEY,
            digest TEXT NOT NULL,
            map TEXT NOT NULL
        ) WITHOUT ROWID""",
        """CREATE TABLE runs (
            id INTEGER PRIMARY KEY,
            uid TEXT NOT NULL UNIQUE,
            portal TEXT NOT NULL,
            command TEXT NOT NULL,
            started_at TEXT NOT NULL,
            finished_at TEXT,
            verdict TEXT,
            exit_code INTEGER,
            record TEXT
        )""",
        """CREATE TABLE hosts (
            run_id INTEGER NOT NULL REFERENCES runs(id),
            host TEXT NOT NULL,
            requests INTEGER NOT NULL,
            smallest_gap REAL,
            demanded_gap REAL NOT NULL,
            robots TEXT,
            stopped_because TEXT,
            PRIMARY KEY (run_id, host)
        ) WITHOUT ROWID""",
        """CREATE TABLE pages (
            id INTEGER PRIMARY KEY,
            portal TEXT NOT NULL,
            canonical_url TEXT NOT NULL UNIQUE,
            kind TEXT NOT NULL,
            article_id TEXT,
            edition TEXT,
            section TEXT,
            part INTEGER NOT NULL DEFAULT 1,
            path_date TEXT,
            host TEXT NOT NULL,
            working_url TEXT NOT NULL,
            state TEXT NOT NULL DEFAULT 'new',
            priority INTEGER NOT NULL,
            due_at TEXT,
            failures INTEGER NOT NULL DEFAULT 0,
            etag TEXT,
            last_modified TEXT,
            validated_digest TEXT,
            links_digest TEXT,
            first_seen TEXT,
            last_seen TEXT,
            last_verified TEXT
        )""",
        "CREATE INDEX pages_due ON pages (portal, host, priority, due_at) WHERE due_at IS NOT NULL",
        "CREATE INDEX pages_failing ON pages (id) WHERE failures > 0",
        "CREATE INDEX pages_article ON pages (article_id) WHERE article_id IS NOT NULL",
        "CREATE INDEX pages_kind ON pages (kind, state)",
        """CREATE TABLE warc_files (
            id INTEGER PRIMARY KEY,
            name TEXT NOT NULL UNIQUE,
            run_id INTEGER NOT NULL REFERENCES runs(id),
            committed_length INTEGER NOT NULL
        )""",
        """CREATE TABLE captures (
            id INTEGER PRIMARY KEY,
            page_id INTEGER NOT NULL REFERENCES pages(id),
            run_id INTEGER NOT NULL REFERENCES runs(id),
            url TEXT NOT NULL,
            captured_at TEXT NOT NULL,
            recorded_at TEXT NOT NULL,
            via TEXT NOT NULL,
            status INTEGER NOT NULL,
            kind TEXT NOT NULL,
            because TEXT,
            media_type TEXT,
            length INTEGER NOT NULL,
            payload_digest TEXT NOT NULL,
            content_digest TEXT,
            truncated TEXT,
            record_type TEXT NOT NULL,
            record_id TEXT NOT NULL UNIQUE,
            warc_file_id INTEGER NOT NULL REFERENCES warc_files(id),
            warc_offset INTEGER NOT NULL,
            warc_length INTEGER NOT NULL
        )""",
        "CREATE INDEX captures_page ON captures (page_id, captured_at)",
        "CREATE INDEX captures_stored ON captures (payload_digest) WHERE record_type = 'response'",
        "CREATE UNIQUE INDEX captures_place ON captures (warc_file_id, warc_offset)",
        "CREATE INDEX warc_files_run ON warc_files (run_id)",
        """CREATE TABLE quarantine (
            page_id INTEGER PRIMARY KEY REFERENCES pages(id),
            capture_id INTEGER NOT NULL REFERENCES captures(id),
            error TEXT NOT NULL,
            message TEXT NOT NULL,
            run_id INTEGER NOT NULL REFERENCES runs(id)
        )""",
        """CREATE TABLE failures (
            page_id INTEGER NOT NULL REFERENCES pages(id),
            failed_at TEXT NOT NULL,
            run_id INTEGER NOT NULL REFERENCES runs(id),
            url TEXT NOT NULL,
            error TEXT NOT NULL,
            message TEXT NOT NULL,
            PRIMARY KEY (page_id, failed_at, url)
        ) WITHOUT ROWID""",
    ):
        db.conn.execute(statement)


@migrations()
def articles_and_lists(db: Database) -> None:
    """What the captures say: articles and their revisions, images, links; sections and placements."""
    for statement in (
        """CREATE TABLE articles (
            key INTEGER PRIMARY KEY,
            id TEXT NOT NULL UNIQUE,
            portal TEXT NOT NULL,
            edition TEXT NOT NULL,
            language TEXT,
            canonical_url TEXT NOT NULL,
            title TEXT,
            published TEXT,
            source TEXT,
            state TEXT NOT NULL,
            revision INTEGER,
            content_digest TEXT,
            first_seen TEXT NOT NULL,
            last_seen TEXT NOT NULL,
            last_verified TEXT NOT NULL,
            gone_since TEXT,
            indexed_revision INTEGER
        )""",
        "CREATE INDEX articles_published ON articles (published)",
        "CREATE INDEX articles_content ON articles (content_digest, id)",
        "CREATE INDEX articles_state ON articles (state)",
        "CREATE INDEX articles_incomplete ON articles (id) WHERE revision IS NULL",
        "CREATE INDEX articles_unverified ON articles (last_verified)",
        """CREATE TABLE revisions (
            id INTEGER PRIMARY KEY,
            article_id TEXT NOT NULL REFERENCES articles(id),
            number INTEGER NOT NULL,
            cause TEXT NOT NULL CHECK (cause IN ('source', 'reader')),
            content_digest TEXT NOT NULL,
            reading_digest TEXT NOT NULL,
            capture_id INTEGER NOT NULL REFERENCES captures(id),
            captured_at TEXT NOT NULL,
            recorded_at TEXT NOT NULL,
            record TEXT NOT NULL,
            UNIQUE (article_id, number)
        )""",
        "CREATE INDEX revisions_captured ON revisions (captured_at)",
        "CREATE INDEX revisions_capture ON revisions (capture_id)",
        """CREATE TABLE parts (
            page_id INTEGER NOT NULL REFERENCES pages(id),
            content_digest TEXT NOT NULL,
            record TEXT NOT NULL,
            PRIMARY KEY (page_id, content_digest)
        ) WITHOUT ROWID""",
        """CREATE TABLE images (
            article_id TEXT NOT NULL REFERENCES articles(id),
            ordinal INTEGER NOT NULL,
            url TEXT NOT NULL,
            canonical_url TEXT,
            caption TEXT,
            credit TEXT,
            position INTEGER NOT NULL,
            PRIMARY KEY (article_id, ordinal)
        ) WITHOUT ROWID""",
        "CREATE INDEX images_canonical ON images (canonical_url)",
        """CREATE TABLE links (
            page_id INTEGER NOT NULL REFERENCES pages(id),
            ordinal INTEGER NOT NULL,
            scope TEXT NOT NULL,
            url TEXT NOT NULL,
            canonical_url TEXT,
            text TEXT,
            PRIMARY KEY (page_id, ordinal)
        ) WITHOUT ROWID""",
        "CREATE INDEX links_target ON links (canonical_url)",
        """CREATE TABLE sections (
            portal TEXT NOT NULL,
            key TEXT NOT NULL,
            edition TEXT NOT NULL,
            name TEXT NOT NULL,
            named_at TEXT NOT NULL,
            PRIMARY KEY (portal, key, edition)
        ) WITHOUT ROWID""",
        """CREATE TABLE placements (
            page_id INTEGER NOT NULL REFERENCES pages(id),
            content_digest TEXT NOT NULL,
            position INTEGER NOT NULL,
            url TEXT NOT NULL,
            canonical_url TEXT,
            article_id TEXT,
            title TEXT NOT NULL,
            summary TEXT,
            date TEXT,
            PRIMARY KEY (page_id, content_digest, position)
        ) WITHOUT ROWID""",
        "CREATE INDEX placements_article ON placements (article_id)",
        "CREATE INDEX placements_target ON placements (canonical_url)",
    ):
        db.conn.execute(statement)


@migrations()
def search_index(db: Database) -> None:
    """Full text in Latin script; derived, caught up by the watermark ``articles.indexed_revision``."""
    for statement in (
        """CREATE VIEW search_text AS
            SELECT a.key AS key, json_extract(r.record, '$.title') AS title,
                (SELECT group_concat(value, char(10)) FROM json_each(r.record, '$.body')) AS body,
                (SELECT group_concat(json_extract(value, '$.raw_caption'), char(10))
                   FROM json_each(r.record, '$.images')) AS captions
            FROM articles a JOIN revisions r ON r.article_id = a.id AND r.number = a.indexed_revision""",
        """CREATE VIRTUAL TABLE search_index USING fts5(
            title, body, captions, content='search_text', content_rowid='key',
            tokenize='porter unicode61 remove_diacritics 2')""",
        "CREATE INDEX articles_unindexed ON articles (key) WHERE indexed_revision IS NOT revision",
    ):
        db.conn.execute(statement)


@migrations()
def views_for_people(db: Database) -> None:
    """What readers of plain SQL ask first."""
    for statement in (
        """CREATE VIEW latest AS
            SELECT a.id, a.title, a.published, a.source, a.state, a.portal, a.edition, a.language, a.canonical_url,
                a.revision, a.first_seen, a.last_seen, a.last_verified, a.content_digest,
                (SELECT min(b.id) FROM articles b
                  WHERE b.content_digest = a.content_digest AND b.id < a.id) AS same_content_as,
                r.captured_at, r.record
            FROM articles a JOIN revisions r ON r.article_id = a.id AND r.number = a.revision""",
        """CREATE VIEW history AS
            SELECT r.article_id AS id, r.number, r.cause, r.captured_at,
                (SELECT max(c.captured_at) FROM captures c JOIN pages p ON p.id = c.page_id
                  WHERE p.article_id = r.article_id AND c.captured_at < r.captured_at) AS not_before,
                json_extract(r.record, '$.title') AS title, r.content_digest, r.record
            FROM revisions r""",
        """CREATE VIEW removed AS
            SELECT id, title, published, canonical_url, state, gone_since, last_seen
            FROM articles WHERE state IN ('suspect', 'gone')""",
        """CREATE VIEW raw_captures AS
            SELECT c.id, p.canonical_url, c.url, c.captured_at, c.recorded_at, c.via, c.status, c.kind, c.because,
                c.length, c.media_type, c.payload_digest, c.content_digest, c.record_type, c.record_id,
                w.name AS warc_file, c.warc_offset, c.warc_length
            FROM captures c JOIN pages p ON p.id = c.page_id JOIN warc_files w ON w.id = c.warc_file_id""",
        """CREATE VIEW placements_by_day AS
            SELECT l.portal, l.edition, l.section, l.part AS list_page, date(c.captured_at, '+8 hours') AS day,
                max(c.captured_at) AS captured_at, s.position, s.article_id, s.title, s.date, s.canonical_url
            FROM placements s
            JOIN pages l ON l.id = s.page_id
            JOIN captures c ON c.page_id = s.page_id AND c.content_digest = s.content_digest
            GROUP BY s.page_id, s.content_digest, s.position, day""",
        """CREATE VIEW crawl_health AS
            SELECT r.uid AS run, r.portal, r.command, r.started_at, r.finished_at, r.verdict, r.exit_code,
                h.host, h.requests, h.smallest_gap, h.demanded_gap, h.stopped_because
            FROM runs r LEFT JOIN hosts h ON h.run_id = r.id""",
    ):
        db.conn.execute(statement)


@migrations()
def authors_of_articles(db: Database) -> None:
    """Names of bylines as rows, so that articles of one author are found by index; and articles of one source."""
    for statement in (
        """CREATE TABLE authors (
            article_id TEXT NOT NULL REFERENCES articles(id),
            ordinal INTEGER NOT NULL,
            name TEXT NOT NULL,
            PRIMARY KEY (article_id, ordinal)
        ) WITHOUT ROWID""",
        "CREATE INDEX authors_name ON authors (name COLLATE NOCASE)",
        "CREATE INDEX articles_source ON articles (source COLLATE NOCASE)",
        """INSERT INTO authors (article_id, ordinal, name)
            SELECT a.id, author.key, author.value
            FROM articles a JOIN revisions r ON r.article_id = a.id AND r.number = a.revision,
                json_each(r.record, '$.authors') AS author""",
    ):
        db.conn.execute(statement)


@migrations()
def ends_of_lists(db: Database) -> None:
    """Where list pages led on to, by which a walk's end is told from a walk that broke off; coverage for people."""
    for statement in (
        """CREATE TABLE list_states (
            page_id INTEGER NOT NULL REFERENCES pages(id),
            content_digest TEXT NOT NULL,
            next_url TEXT NOT NULL,
            PRIMARY KEY (page_id, content_digest, next_url)
        ) WITHOUT ROWID""",
        """CREATE VIEW coverage AS
            WITH listed AS (
                SELECT DISTINCT l.portal, l.section, s.article_id
                FROM placements s JOIN pages l ON l.id = s.page_id
                WHERE l.section IS NOT NULL AND s.article_id IS NOT NULL),
            dated AS (
                SELECT l.portal, l.section, substr(a.published, 1, 7) AS month,
                    julianday(substr(a.published, 1, 10)) AS day, l.article_id
                FROM listed l JOIN articles a ON a.id = l.article_id WHERE a.published IS NOT NULL),
            gaps AS (
                SELECT portal, section, month, day,
                    day - lag(day) OVER (PARTITION BY portal, section ORDER BY day) AS since FROM dated),
            counted AS (
                SELECT portal, section, month, count(*) AS articles, count(DISTINCT day) AS days_with_articles,
                    CAST(max(since) AS INTEGER) AS longest_wait, 0 AS days_visited, NULL AS deepest_page
                FROM gaps GROUP BY portal, section, month
                UNION ALL
                SELECT p.portal, p.section, substr(date(c.captured_at, '+8 hours'), 1, 7) AS month, 0, 0, NULL,
                    count(DISTINCT date(c.captured_at, '+8 hours')), max(p.part)
                FROM captures c JOIN pages p ON p.id = c.page_id
                WHERE p.kind = 'listing' AND p.section IS NOT NULL AND c.kind = 'listing'
                GROUP BY p.portal, p.section, month)
            SELECT portal, section, month, sum(articles) AS articles, sum(days_with_articles) AS days_with_articles,
                max(longest_wait) AS longest_wait, sum(days_visited) AS days_visited,
                max(deepest_page) AS deepest_page
            FROM counted GROUP BY portal, section, month""",
    ):
        db.conn.execute(statement)


@migrations()
def fields_filled(db: Database) -> None:
    """Which fields each standing reading fills, as bits beside it: rates are read off an index, not off records."""
    db.conn.create_function("gzcrawler_filled", 1, lambda text: filled_fields(json.loads(text)))
    for statement in (
        "ALTER TABLE revisions ADD COLUMN layout TEXT",
        "ALTER TABLE revisions ADD COLUMN filled INTEGER",
        """UPDATE revisions SET layout = json_extract(record, '$.layout'), filled = gzcrawler_filled(record)""",
        """CREATE INDEX revisions_filled ON revisions (captured_at, layout, filled, article_id)
            WHERE filled IS NOT NULL""",
        "DROP VIEW history",
        """CREATE VIEW history AS
            SELECT r.article_id AS id, r.number, r.cause,
                (SELECT count(*) FROM revisions v WHERE v.article_id = r.article_id AND v.number <= r.number
                    AND v.cause = 'source') AS version,
                r.captured_at,
                CASE WHEN r.cause = 'source' THEN (SELECT max(c.captured_at)
                    FROM captures c JOIN pages p ON p.id = c.page_id
                    WHERE p.article_id = r.article_id AND c.captured_at < r.captured_at) END AS not_before,
                json_extract(r.record, '$.title') AS title, r.content_digest, r.recorded_at, r.record
            FROM revisions r""",
    ):
        db.conn.execute(statement)


@migrations()
def search_by_day_and_words(db: Database) -> None:
    """Rows of the index in the order of days, pairs of Chinese characters, and what ranking needs to know of words.

    All articles get new keys and are indexed again by the catching up that follows.
    """
    for statement in (
        "DROP TABLE search_index",
        "DROP INDEX articles_unindexed",
        """UPDATE articles SET indexed_revision = NULL, key = n.key FROM (
            SELECT key AS old, day * 262144 + row_number() OVER (PARTITION BY day ORDER BY key) - 1 AS key
            FROM (SELECT key, CAST(julianday(substr(coalesce(published, first_seen), 1, 10)) - 1721424.5 AS INTEGER)
                AS day FROM articles)) AS n
            WHERE articles.key = n.old""",
        "CREATE INDEX articles_unindexed ON articles (key) WHERE indexed_revision IS NOT revision",
        """CREATE VIRTUAL TABLE search_index USING fts5(
            title, body, captions, content='search_text', content_rowid='key',
            tokenize='porter unicode61 remove_diacritics 2')""",
        """CREATE VIRTUAL TABLE search_pairs USING fts5(
            title, body, captions, content='', tokenize='unicode61 remove_diacritics 0')""",
        """CREATE VIRTUAL TABLE search_titles USING fts5(
            title, content='', columnsize=0, tokenize='porter unicode61 remove_diacritics 2')""",
        """CREATE TABLE search_terms (
            term TEXT PRIMARY KEY,
            articles INTEGER NOT NULL,
            floor REAL
        ) WITHOUT ROWID""",
        "CREATE INDEX search_terms_listed ON search_terms (term, floor) WHERE floor IS NOT NULL",
        "CREATE INDEX search_terms_common ON search_terms (term) WHERE articles >= 20000 AND floor IS NULL",
        """CREATE TABLE search_best (
            term TEXT NOT NULL,
            key INTEGER NOT NULL,
            weight INTEGER NOT NULL,
            words INTEGER NOT NULL,
            PRIMARY KEY (term, key)
        ) WITHOUT ROWID""",
    ):
        db.conn.execute(statement)


@migrations()
def recordings_in_order(db: Database) -> None:
    """What was recorded after a moment, by index: exports are made again as of what was known then."""
    for statement in (
        "CREATE INDEX captures_recorded ON captures (recorded_at)",
        "CREATE INDEX revisions_recorded ON revisions (recorded_at)",
    ):
        db.conn.execute(statement)


@migrations()
def redacted_articles(db: Database) -> None:
    """Articles withdrawn on demand, and the pages that are never asked again."""
    for statement in (
        """CREATE TABLE redactions (
            article_id TEXT PRIMARY KEY,
            reason TEXT NOT NULL,
            redacted_at TEXT NOT NULL,
            run_id INTEGER NOT NULL REFERENCES runs(id),
            content_digests TEXT NOT NULL,
            payload_digests TEXT NOT NULL,
            finished INTEGER NOT NULL
        ) WITHOUT ROWID""",
        """CREATE TABLE redacted_pages (
            canonical_url TEXT PRIMARY KEY,
            article_id TEXT NOT NULL REFERENCES redactions(article_id)
        ) WITHOUT ROWID""",
    ):
        db.conn.execute(statement)


@migrations()
def windows_and_links(db: Database) -> None:
    """A change's window begins with the last capture that showed the article; links with where they lead."""
    for statement in (
        "DROP VIEW history",
        """CREATE VIEW history AS
            SELECT r.article_id AS id, r.number, r.cause,
                (SELECT count(*) FROM revisions v WHERE v.article_id = r.article_id AND v.number <= r.number
                    AND v.cause = 'source') AS version,
                r.captured_at,
                CASE WHEN r.cause = 'source' THEN (SELECT max(c.captured_at)
                    FROM captures c JOIN pages p ON p.id = c.page_id
                    WHERE p.article_id = r.article_id AND c.kind = 'article'
                        AND c.captured_at < r.captured_at) END AS not_before,
                json_extract(r.record, '$.title') AS title, r.content_digest, r.recorded_at, r.record
            FROM revisions r""",
        """CREATE VIEW links_resolved AS
            SELECT p.article_id AS from_id, p.canonical_url AS from_url, k.scope, k.ordinal, k.text,
                k.url AS to_url, t.article_id AS to_id, t.kind AS to_kind, a.title AS to_title, a.state AS to_state
            FROM links k JOIN pages p ON p.id = k.page_id
            LEFT JOIN pages t ON t.canonical_url = k.canonical_url
            LEFT JOIN articles a ON a.id = t.article_id""",
    ):
        db.conn.execute(statement)


@migrations()
def crawl_for_years(db: Database) -> None:
    """Which list a page is of, since when a page is missing; what each revision changed, and when."""
    for statement in (
        "ALTER TABLE pages ADD COLUMN list_url TEXT",
        "ALTER TABLE pages ADD COLUMN missing_since TEXT",
        "CREATE INDEX pages_list ON pages (list_url, part) WHERE list_url IS NOT NULL",
        "CREATE INDEX captures_time ON captures (captured_at)",
        "CREATE INDEX articles_missing ON articles (gone_since) WHERE gone_since IS NOT NULL",
        "CREATE INDEX articles_waiting ON articles (last_verified) WHERE state != 'gone'",
        EDITS_VIEW,
    ):
        db.conn.execute(statement)
    listings = db.conn.execute(
        "SELECT id, portal, canonical_url FROM pages WHERE kind = 'listing'"
    ).fetchall()
    portals = {name: stored_portal(db.conn, name) for name in {portal for _, portal, _ in listings}}
    for page_id, portal, url in listings:
        address = portals[portal].address(url)
        if address is not None:
            db.conn.execute(
                "UPDATE pages SET list_url = ? WHERE id = ?",
                (address.first_url or address.canonical_url, page_id),
            )


@migrations()
def confirmed_removals(db: Database) -> None:
    """When removals were confirmed, which does not follow from the article's own captures alone."""
    for statement in (
        """CREATE TABLE confirmations (
            article_id TEXT NOT NULL REFERENCES articles(id),
            confirmed_at TEXT NOT NULL,
            recorded_at TEXT NOT NULL,
            PRIMARY KEY (article_id, confirmed_at)
        ) WITHOUT ROWID""",
        """INSERT INTO confirmations (article_id, confirmed_at, recorded_at)
            SELECT id, gone_since, gone_since FROM articles WHERE state = 'gone'""",
    ):
        db.conn.execute(statement)


@migrations()
def text_kept_once(db: Database) -> None:
    """What of a record's `body_html` stands in its `body` is not kept again; the views show records whole.

    The file does not shrink by it: the room is used for what is captured next, and ``VACUUM`` gives it back.
    """
    db.conn.create_function("gzcrawler_stored", 1, lambda text: stored_record(read_record(text)))
    record = WHOLE_RECORD.format("r.record")
    for statement in (
        "UPDATE revisions SET record = gzcrawler_stored(record)",
        "DROP VIEW latest",
        f"""CREATE VIEW latest AS
            SELECT a.id, a.title, a.published, a.source, a.state, a.portal, a.edition, a.language, a.canonical_url,
                a.revision, a.first_seen, a.last_seen, a.last_verified, a.content_digest,
                (SELECT min(b.id) FROM articles b
                  WHERE b.content_digest = a.content_digest AND b.id < a.id) AS same_content_as,
                r.captured_at, {record} AS record
            FROM articles a JOIN revisions r ON r.article_id = a.id AND r.number = a.revision""",
        "DROP VIEW history",
        f"""CREATE VIEW history AS
            SELECT r.article_id AS id, r.number, r.cause,
                (SELECT count(*) FROM revisions v WHERE v.article_id = r.article_id AND v.number <= r.number
                    AND v.cause = 'source') AS version,
                r.captured_at,
                CASE WHEN r.cause = 'source' THEN (SELECT max(c.captured_at)
                    FROM captures c JOIN pages p ON p.id = c.page_id
                    WHERE p.article_id = r.article_id AND c.kind = 'article'
                        AND c.captured_at < r.captured_at) END AS not_before,
                json_extract(r.record, '$.title') AS title, r.content_digest, r.recorded_at, {record} AS record
            FROM revisions r""",
        "DROP VIEW edits",
        EDITS_VIEW,
    ):
        db.conn.execute(statement)


@migrations()
def larger_pieces_of_the_index(db: Database) -> None:
    """FTS5 collects 16 MB of entries before it writes them out, not 1 MB: half of its work was merging small pieces."""
    for table in ("search_index", "search_pairs", "search_titles"):
        db.conn.execute(f"INSERT INTO {table} ({table}, rank) VALUES ('hashsize', {16 << 20})")


@migrations()
def figures_by_index(db: Database) -> None:
    """What charts and timelines count, read off indexes alone."""
    for statement in (
        "DROP INDEX captures_time",
        "CREATE INDEX captures_time ON captures (captured_at, record_type, warc_length)",
        """CREATE INDEX revisions_changed ON revisions (captured_at, article_id, number, cause)
            WHERE cause = 'source' AND number > 1""",
        """CREATE INDEX links_own ON links (canonical_url, scope)
            WHERE scope != 'site' AND canonical_url IS NOT NULL""",
    ):
        db.conn.execute(statement)


@migrations()
def removals_in_any_order(db: Database) -> None:
    """Since when captures came out of their order, until the removals that hang on it were judged anew."""
    db.conn.execute("CREATE TABLE unsettled (portal TEXT PRIMARY KEY, since TEXT NOT NULL) WITHOUT ROWID")


@migrations()
def captures_from_elsewhere(db: Database) -> None:
    """What an imported capture is called where it came from."""
    for statement in (
        "ALTER TABLE captures ADD COLUMN original_id TEXT",
        "CREATE INDEX captures_original ON captures (original_id) WHERE original_id IS NOT NULL",
        "DROP VIEW raw_captures",
        """CREATE VIEW raw_captures AS
            SELECT c.id, p.canonical_url, c.url, c.captured_at, c.recorded_at, c.via, c.original_id, c.status, c.kind,
                c.because, c.length, c.media_type, c.payload_digest, c.content_digest, c.record_type, c.record_id,
                w.name AS warc_file, c.warc_offset, c.warc_length
            FROM captures c JOIN pages p ON p.id = c.page_id JOIN warc_files w ON w.id = c.warc_file_id""",
    ):
        db.conn.execute(statement)


@migrations()
def known_mementos(db: Database) -> None:
    """What web archives say that they hold of a portal, and how far their indexes were read."""
    for statement in (
        """CREATE TABLE web_archives (
            id INTEGER PRIMARY KEY,
            portal TEXT NOT NULL,
            index_url TEXT NOT NULL,
            UNIQUE (portal, index_url)
        )""",
        """CREATE TABLE memento_listings (
            web_archive_id INTEGER NOT NULL REFERENCES web_archives(id),
            prefix TEXT NOT NULL,
            first_day TEXT NOT NULL,
            last_day TEXT NOT NULL,
            resume_key TEXT,
            foreign_lines INTEGER NOT NULL DEFAULT 0,
            finished_at TEXT,
            PRIMARY KEY (web_archive_id, prefix, first_day, last_day)
        ) WITHOUT ROWID""",
        """CREATE TABLE mementos (
            id INTEGER PRIMARY KEY,
            web_archive_id INTEGER NOT NULL REFERENCES web_archives(id),
            url TEXT NOT NULL,
            canonical_url TEXT NOT NULL,
            page_kind TEXT NOT NULL,
            host TEXT NOT NULL,
            captured_at TEXT NOT NULL,
            status INTEGER,
            media_type TEXT,
            digest TEXT NOT NULL,
            length INTEGER,
            state TEXT NOT NULL DEFAULT 'listed' CHECK (state IN ('listed', 'fetched', 'refused')),
            tries INTEGER NOT NULL DEFAULT 0,
            because TEXT,
            UNIQUE (web_archive_id, url, captured_at)
        )""",
        """CREATE INDEX mementos_of_pages
            ON mementos (web_archive_id, canonical_url, digest, captured_at)""",
        "CREATE INDEX mementos_listed ON mementos (web_archive_id) WHERE state = 'listed'",
    ):
        db.conn.execute(statement)


def migrate(connection: sqlite3.Connection) -> None:
    """Apply what is missing; the connection writes, and has no transaction open."""
    migrations.apply(Database(connection))
