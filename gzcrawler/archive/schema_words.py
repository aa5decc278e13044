"""What every table, view and column of the database means, in words: the data behind docs/schema.md."""

from __future__ import annotations

__all__ = ["COLUMNS", "COMMON", "TABLES"]

TABLES: dict[str, str] = {
    "portals": "Portals whose pages are in the archive, each with its map, so that the archive explains its own "
    "addresses.",
    "runs": "One row for each process that wrote: a crawl, a fetch, a demo.",
    "hosts": "How each host was treated in each run: the evidence of politeness.",
    "pages": "One row for each canonical URL: what it is, where it is asked, when it is due. The frontier is a "
    "query over this table.",
    "warc_files": "The files in `warc/`, and how far each belongs to the archive.",
    "captures": "One row for each response that was ever recorded, whatever it said. Nothing is ever deleted here.",
    "quarantine": "Pages whose last capture could not be read, with the reason. A page leaves when it reads again.",
    "failures": "Fetches that gave no response at all.",
    "confirmations": "When removals were confirmed: by an article's own captures, and while not too much else was "
    "missing.",
    "web_archives": "Web archives whose indexes were read (`gzcrawler backfill`), by the address of the index.",
    "memento_listings": "How far the index of a web archive was read for each host and path of the portal: an interrupted "
    "reading goes on there.",
    "mementos": "Captures that web archives hold of pages of the portal, as their indexes list them, and what became of "
    "each. Made again by asking them; not in the WARC files.",
    "unsettled": "Portals of which captures came out of their order: the end of the run judges their removals anew.",
    "redactions": "Articles withdrawn on legal demand, with the reason; nothing else is left of them.",
    "redacted_pages": "Addresses of redacted articles, and of pictures and files that only they showed: never "
    "asked, never stored again.",
    "articles": "One row for each content id, whatever the host or the address; title, date and source are those of "
    "the current revision.",
    "revisions": "Versions of an article's content, and the readings of each: what the portal published, in the order "
    "of captures, and under each version what better readers made of it. A capture in new bytes with the same content "
    "makes none.",
    "parts": "Readings of single pages of continued articles, from which the revisions are joined.",
    "images": "Pictures of the current revision of each article.",
    "authors": "Names of the byline of the current revision of each article.",
    "links": "Links that an article page offers, as of its last capture that showed the article.",
    "sections": "Sections by the map's key, with the name that a list printed last.",
    "placements": "What stood on which list page in which place. A list page that did not change adds no rows: join "
    "`captures` by page and content digest for the moments.",
    "list_states": "Where each state of a list page led on to: by this the end of a list is told from a walk that "
    "broke off.",
    "search_index": "Full text of the current revisions (SQLite FTS5, words of Latin script, stemmed): "
    "`SELECT rowid FROM search_index WHERE search_index MATCH 'harbour'`; `rowid` is `articles.key`, which rises "
    "with the day of publication: `ORDER BY rowid DESC` gives the newest first, at once.",
    "search_pairs": "Full text of Chinese and Japanese: each character with the one behind it is a word, the last "
    "of a run stands alone. To find 广州塔: `MATCH '\"广州 州塔\"'`; `gzcrawler search` does that by itself.",
    "search_terms": "Words of both indexes, and how many articles have them.",
    "latest": "Articles as they are now: the current revision of each, with its record.",
    "history": "All revisions of all articles.",
    "edits": "What each revision that the portal made changed, field by field, and between which two looks.",
    "removed": "Articles that are missing: suspected, and confirmed (`gone`).",
    "raw_captures": "Captures with their page and the place of their WARC record.",
    "placements_by_day": "What stood where on each list page, for each day on which that was seen.",
    "coverage": "Articles and visits by section and month. Which days no walk has covered, and why: "
    "`gzcrawler coverage`.",
    "links_resolved": "Links of articles with the article that each leads to, where it is one of the archive.",
    "crawl_health": "Runs with what they concluded, and how each host was treated in them.",
}
"""Table or view -> what a row is."""

COMMON: dict[str, str] = {
    "portal": "Name of the portal: `guangzhou`.",
    "edition": "Language version of the portal, by the map: `en`.",
    "language": "BCP 47 language of the text: `en`, `zh-Hans`.",
    "canonical_url": "The key of the page, by the map; where it is an address of the portal at all.",
    "article_id": "Id of the article: `guangzhou:c_97634`.",
    "section": "Key of the section, where the address names one.",
    "captured_at": "When the last byte arrived. UTC, milliseconds.",
    "recorded_at": "When it came into the archive. UTC, milliseconds.",
    "content_digest": "Would a reader see a change? SHA-256 over title, date, source, authors, body, captions and "
    "credits; of a list, over its entries.",
    "payload_digest": "Are these the same bytes? SHA-256 over the body as received; of a 304, of the body that it "
    "repeats.",
    "first_seen": "First capture that showed it.",
    "last_seen": "Last capture that showed it.",
    "last_verified": "Last capture that answered whether it is there.",
    "gone_since": "First capture without it, where it is missing.",
    "state": "`alive`, `suspect` (missing, not confirmed), `gone` (confirmed by at least three checks over at least "
    "seven days), `returned`.",
    "published": "Date or time as published, ISO 8601; a date alone means that day at +08:00.",
    "source": "The outlet that the page names.",
    "title": "Title of the article.",
    "record": "The article as JSON (docs/record.md).",
    "ordinal": "Place in order, from 0.",
    "run_id": "The run (`runs.id`).",
    "page_id": "The page (`pages.id`).",
    "host": "`host` or `host:port`.",
    "command": "What the run was: `crawl`, `fetch`, `demo`.",
    "started_at": "When the run began. UTC, milliseconds.",
    "finished_at": "When it ended; of a run that was killed, its last recording.",
    "verdict": "What the run concluded, in one line; `interrupted without a word` where it was killed.",
    "exit_code": "What the command ended with; empty for a run that was killed.",
    "requests": "Requests sent to the host in the run.",
    "smallest_gap": "Seconds between the end of one request and the start of the next, the least that was measured.",
    "demanded_gap": "Seconds that were to lie between two requests.",
    "stopped_because": "Why the run stopped asking the host, where it did.",
    "url": "The address that was asked, or linked.",
    "status": "HTTP status code.",
    "via": "How the capture came: `live`, `warc` (imported), `wayback`.",
    "original_id": "Of a capture that was not fetched live: the id of the WARC record it was copied from, or the "
    "address of the memento.",
    "kind": "What it is: `article`, `listing`, `home`, `asset`, `removed`, `redirect`, `challenge`, `unreadable`, "
    "`unknown`, `redacted` …",
    "because": "The evidence for the kind, where it is not plain: `status 404`.",
    "media_type": "Media type from the response header, without parameters.",
    "length": "Size of the body as received, in bytes.",
    "record_type": "`response` (the body is stored), `revisit` (the same bytes are), `server-not-modified` (a 304).",
    "record_id": "UUID of the WARC record.",
    "warc_offset": "Where the record's gzip member begins in its file, in bytes.",
    "warc_length": "Size of the gzip member on disk, in bytes.",
    "error": "Kind of failure: `timeout`, `refused`, `dns` …; in quarantine, the reader's error.",
    "message": "What went wrong, as a sentence.",
    "caption": "Caption without the credit.",
    "credit": "What stands in the credit's brackets, as printed.",
    "text": "The link's text.",
    "summary": "Summary that the list shows.",
    "date": "Date that the list prints, ISO 8601.",
    "name": "Its name.",
}
"""Column -> what it means wherever `COLUMNS` has nothing more exact."""

COLUMNS: dict[str, dict[str, str]] = {
    "portals": {
        "digest": "SHA-256 over the map's facts.",
        "map": "The map, as JSON.",
    },
    "runs": {
        "id": "Row number; `uid` is the run's name outside this database.",
        "uid": "The run's name, 32 hex digits; WARC files carry its first eight in their names.",
        "record": "Counts, alarms, holes, versions and configuration of the run, as JSON.",
    },
    "hosts": {"robots": "What robots.txt answered."},
    "pages": {
        "id": "Row number.",
        "kind": "What the page is held to be: what its address promises, until it shows to be something else.",
        "article_id": "The article that stands here, by the address.",
        "part": "Page number of a continued article or list, from 1.",
        "path_date": "Date that the address carries, ISO 8601.",
        "host": "Host of the working address.",
        "list_url": "Of a list page: canonical URL of the list's first page.",
        "missing_since": "First capture of a row that did not show what should stand here; empty while it stands.",
        "working_url": "The address that is asked: the alias that last worked.",
        "state": "What its last capture showed (as `captures.kind`), of our own crawls where one has asked it; `new` before "
        "the first.",
        "last_verified": "Last capture of our own crawls that answered what stands there; empty: known from elsewhere alone.",
        "priority": "Lower is asked first.",
        "due_at": "When it is to be asked next; empty: not of its own accord.",
        "failures": "Fetches in a row that failed.",
        "etag": "Validator of the body named by `validated_digest`.",
        "last_modified": "Validator of the body named by `validated_digest`.",
        "validated_digest": "Payload digest of the body that the validators came with.",
        "links_digest": "Which links are on file in `links`.",
    },
    "warc_files": {
        "id": "Row number.",
        "name": "File name in `warc/`; names sort by time of opening.",
        "committed_length": "Bytes that belong to the archive. What lies behind is recovered or cut off at the "
        "next opening.",
    },
    "captures": {
        "id": "Row number, in order of recording; times come from `captured_at`.",
        "content_digest": "Digest of the reading; of a page of a continued article also over what it continues on.",
        "truncated": "Why the body is not whole (`length`, `time`, `disconnect`); empty where it is.",
        "warc_file_id": "The file that holds the record (`warc_files.id`).",
    },
    "quarantine": {
        "capture_id": "The last capture that could not be read.",
        "run_id": "The run that first saw the page fail.",
    },
    "failures": {
        "failed_at": "When it failed. UTC, milliseconds.",
        "error": "Kind of failure: `timeout` …; `robots` where robots.txt does not allow it.",
    },
    "articles": {
        "key": "Row number in the search index; rises with the day of publication (of undated articles, with "
        "the day they were first seen).",
        "id": "`<portal>:<content id>`.",
        "canonical_url": "The least of the addresses that showed it.",
        "revision": "Number of the current revision; empty until all pages of a continued article are captured.",
        "indexed_revision": "The revision that the search index holds.",
    },
    "revisions": {
        "record": "The article as JSON (docs/record.md), but for what of `body_html` stands in `body`: there it is a list of "
        "pieces of markup and numbers of blocks. `latest` and `history` show it whole.",
        "id": "Row number; an article's revisions are named by `number`.",
        "number": "From 1, in the order of the portal's versions, and under each in the order of its readings.",
        "cause": "`source`: the portal changed, and this is the first reading of the version; `reader`: another reading "
        "of it (`gzcrawler reparse`), or of a capture that shows no change to today's readers.",
        "reading_digest": "Content digest as today's readers see this capture: what later captures are compared "
        "with; `none` where they see no whole article in it.",
        "capture_id": "The first capture that showed this content; of a continued article, of its first page.",
        "captured_at": "Moment of that capture.",
        "layout": "The layout by which the page was known; empty where none fits.",
        "filled": "Which fields the record fills, as bits (`gzcrawler doctor` counts them); empty where a later reading "
        "of the same version stands.",
    },
    "parts": {
        "content_digest": "Digest of the reading, as in `captures`.",
        "record": "The page's own record, as JSON; of equal readings the earliest.",
    },
    "images": {
        "url": "Address of the picture.",
        "position": "How many blocks of the body stand before it.",
        "ordinal": "Place among the article's pictures, from 0.",
    },
    "authors": {
        "name": "One name, as printed.",
        "ordinal": "Place in the byline, from 0.",
    },
    "links": {
        "scope": "`article` (related, this story's own), `site` (related, shown by the whole site), `inline`, "
        "`attachment`.",
        "url": "The address as linked, absolute.",
        "canonical_url": "The page it leads to, where that is one of the portal.",
    },
    "confirmations": {"confirmed_at": "The check that confirmed it. UTC, milliseconds."},
    "web_archives": {"id": "Row number.", "index_url": "Address of its CDX server."},
    "memento_listings": {
        "web_archive_id": "The web archive (`web_archives.id`).",
        "prefix": "What was asked for: a host, or a host and the beginning of a path.",
        "first_day": "Captures of no earlier day were asked for; empty: all.",
        "last_day": "Captures of no later day were asked for; empty: all.",
        "resume_key": "The server's own word for where to go on; empty at the beginning and at the end.",
        "foreign_lines": "Lines of pages that are not of the portal.",
        "finished_at": "When the last line was read. UTC, milliseconds; empty while it goes on.",
    },
    "mementos": {
        "id": "Row number.",
        "web_archive_id": "The web archive that lists it (`web_archives.id`).",
        "url": "The address that was captured, as the index has it.",
        "page_kind": "What the address promises, by the map: `article`, `listing`, `asset` …",
        "host": "Host of `url`.",
        "captured_at": "When it was captured there. UTC, to the second.",
        "status": "HTTP status as listed; empty for a repetition of an earlier capture.",
        "media_type": "Media type as listed; `warc/revisit` for a repetition.",
        "digest": "SHA-1 of the payload in base32, as listed; empty where the index has none.",
        "length": "Bytes that it takes on disk there, compressed, as listed.",
        "state": "`listed`, `fetched` (its capture is in this archive, however it came), `refused` (the web archive does "
        "not give it out, or gives out something else).",
        "tries": "Fetches that failed.",
        "because": "Why it was refused, or failed last; or what is odd about it.",
    },
    "unsettled": {"since": "Moment of the earliest of those captures. UTC, milliseconds."},
    "redactions": {
        "reason": "Why it was withdrawn, as it was given.",
        "redacted_at": "When. UTC, milliseconds.",
        "run_id": "The run that withdrew it (`runs.id`).",
        "content_digests": "Content digests of the revisions that there were, as JSON.",
        "payload_digests": "Digests of the bodies that were withdrawn, as JSON.",
        "finished": "Are the bodies out of the WARC files? Where not, the next opening takes them out.",
    },
    "sections": {
        "key": "Key of the section in the portal map; names change, keys do not.",
        "name": "Name as printed.",
        "named_at": "Last capture of a list that printed it.",
    },
    "placements": {
        "page_id": "The list page (`pages.id`).",
        "content_digest": "Which state of the list page.",
        "position": "Place on the list page, from 0.",
        "url": "The address as linked, absolute.",
        "title": "Title that the list shows.",
    },
    "search_pairs": {
        "title": "Pairs of the title.",
        "body": "Pairs of the body.",
        "captions": "Pairs of captions and credits.",
    },
    "search_terms": {
        "term": "Stem of the word, or the pair of characters.",
        "articles": "How many articles have it.",
        "floor": "Of common words: what an article must surpass to be listed among those that speak most of it.",
    },
    "search_index": {
        "title": "Words of the title.",
        "body": "Words of the body.",
        "captions": "Words of captions and credits.",
    },
    "latest": {
        "id": "Id of the article.",
        "revision": "Number of the current revision.",
        "same_content_as": "Id of another article with the same content, the least of them; both are kept.",
        "captured_at": "First capture that showed the current content.",
    },
    "history": {
        "id": "Id of the article.",
        "number": "Number of the revision, from 1.",
        "cause": "`source`: the portal changed; `reader`: the same read again.",
        "version": "Number of the portal's version that this is a reading of, from 1; 0 before the first. `reparse` "
        "and `rebuild` leave it as it is, unless readers see changes otherwise.",
        "captured_at": "First capture that showed this content.",
        "not_before": "The last capture before that showed the article: the change happened between the two. Empty for `reader`, since the "
        "portal changed nothing.",
        "title": "Title in this revision.",
    },
    "edits": {
        "id": "Id of the article.",
        "number": "Number of the revision that the edit led to.",
        "old_captured_at": "First capture that showed the content before.",
        "last_seen_old": "Last capture that still showed it: the edit happened after this …",
        "first_seen_new": "… and before this one, the first that showed the new content.",
        "title_changed": "1 where the title differs.",
        "body_changed": "1 where the text differs.",
        "caption_changed": "1 where a caption does.",
        "credit_changed": "1 where a credit does.",
        "date_changed": "1 where the date of publication does.",
        "source_changed": "1 where the source does.",
        "images_changed": "1 where the pictures themselves do, by the last pieces of their addresses.",
        "old_record": "The article before, as JSON (docs/record.md).",
        "new_record": "The article after.",
    },
    "removed": {"id": "Id of the article."},
    "raw_captures": {
        "id": "`captures.id`.",
        "url": "The address that was asked.",
        "warc_file": "Name of the file in `warc/`.",
    },
    "placements_by_day": {
        "list_page": "Number of the list page, from 1.",
        "day": "Day at +08:00.",
        "captured_at": "Last capture of the day.",
        "position": "Place on the list page, from 0.",
        "canonical_url": "The page that the entry leads to.",
        "title": "Title that the list shows.",
    },
    "list_states": {
        "page_id": "The list page (`pages.id`).",
        "content_digest": "Which state of the list page.",
        "next_url": "The next page of the list, by its canonical URL; empty where it led no further.",
    },
    "coverage": {
        "month": "`2026-01`: of publication, and of the visits.",
        "articles": "Articles of that month that stood on a list of the section.",
        "days_with_articles": "Days of the month with at least one.",
        "longest_wait": "Days from one article to the next, the most that ended in that month.",
        "days_visited": "Days of the month, at +08:00, on which a list page of the section was read.",
        "deepest_page": "Number of the last list page that was read in that month.",
    },
    "links_resolved": {
        "from_id": "Id of the article that has the link.",
        "from_url": "Canonical URL of its page.",
        "scope": "`article` (related, this story's own), `site` (related, shown by the whole site), `inline`, "
        "`attachment`.",
        "to_url": "The address as linked, absolute.",
        "to_id": "Id of the article that it leads to; empty for other pages and foreign addresses.",
        "to_kind": "Kind of the page that it leads to.",
        "to_title": "Title of that article.",
        "to_state": "State of that article.",
    },
    "crawl_health": {"run": "The run (`runs.uid`)."},
}
"""Table or view -> column -> what it means there."""
