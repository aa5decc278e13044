"""Deduplication, level by level: what is stored once, and what is kept though it looks alike."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

from archive_pages import (
    ALIAS_HOST,
    DISTRICT_STORY,
    HOST,
    OTHER_STORY,
    STORY,
    article_page,
    at,
    capture,
    dump,
    fetched,
    not_modified,
    one,
    record,
    rows,
)

from gzcrawler.archive import Archive, Outcome, open_archive, rebuild

if TYPE_CHECKING:
    from pathlib import Path


def outcomes(archive: Archive, *captures: object) -> list[Outcome]:
    return [recorded.outcome for recorded in record(archive, *captures)]


def test_level_one_same_address_is_one_page(archive: Archive) -> None:
    spellings = (STORY, STORY.replace("https:", "http:"), STORY + "#top", STORY + "?utm_source=mail")
    record(archive, *(capture(url, when=at(n)) for n, url in enumerate(spellings)))
    assert rows(archive.connection, "SELECT canonical_url FROM pages WHERE kind = 'article'") == [(STORY,)]


def test_level_two_alias_hosts_are_one_page(archive: Archive) -> None:
    alias = STORY.replace(HOST, ALIAS_HOST)
    record(archive, capture(alias), capture(STORY, when=at(1)))
    assert rows(archive.connection, "SELECT canonical_url FROM pages WHERE kind = 'article'") == [(STORY,)]
    assert rows(archive.connection, "SELECT url FROM captures ORDER BY captured_at") == [(alias,), (STORY,)]


def test_level_three_same_bytes_are_stored_once(archive: Archive) -> None:
    assert outcomes(archive, capture(), capture(when=at(1))) == [Outcome.FIRST, Outcome.REVISIT]
    assert rows(archive.connection, "SELECT record_type FROM captures ORDER BY id") == [
        ("response",),
        ("revisit",),
    ]
    assert one(archive.connection, "SELECT count(*) FROM revisions") == 1


def test_level_three_same_bytes_at_another_address_are_stored_once(archive: Archive) -> None:
    picture = bytes(range(256)) * 40
    urls = (f"{HOST}/att/20181226/1.jpeg", f"{HOST}/att/20181226/2.jpeg")
    record(
        archive,
        *(
            capture(url, picture, at(n), response_headers=(("Content-Type", "image/jpeg"),))
            for n, url in enumerate(urls)
        ),
    )
    assert rows(archive.connection, "SELECT url, record_type FROM captures ORDER BY id") == [
        (urls[0], "response"),
        (urls[1], "revisit"),
    ]


def test_level_three_same_bytes_within_one_commit_are_stored_once(archive: Archive) -> None:
    archive.record_all([fetched(capture()), fetched(capture(when=at(1)))])
    assert rows(archive.connection, "SELECT record_type FROM captures ORDER BY id") == [
        ("response",),
        ("revisit",),
    ]


def test_level_three_bytes_that_were_cut_off_are_never_repeated(archive: Archive) -> None:
    record(
        archive,
        capture(truncated="disconnect"),
        capture(truncated="disconnect", when=at(1)),
        capture(when=at(2)),
    )
    assert rows(archive.connection, "SELECT DISTINCT record_type FROM captures") == [("response",)]


def test_level_four_same_content_in_new_bytes_makes_no_revision(archive: Archive) -> None:
    plain = article_page(chrome="visitors: 1")
    dressed = article_page(chrome="visitors: 2,417", picture="moved", related=(OTHER_STORY,))
    assert outcomes(archive, capture(payload=plain), capture(payload=dressed, when=at(1))) == [
        Outcome.FIRST,
        Outcome.UNCHANGED,
    ]
    assert one(archive.connection, "SELECT count(*) FROM revisions") == 1
    assert one(archive.connection, "SELECT count(*) FROM captures WHERE record_type = 'response'") == 2


def test_level_four_another_content_encoding_makes_no_revision(archive: Archive) -> None:
    packed = capture(
        payload=gzip.compress(article_page(), mtime=0),
        when=at(1),
        response_headers=(("Content-Type", "text/html; charset=utf-8"), ("Content-Encoding", "gzip")),
    )
    assert outcomes(archive, capture(), packed) == [Outcome.FIRST, Outcome.UNCHANGED]


def test_level_five_same_id_at_two_addresses_is_one_article(archive: Archive) -> None:
    assert outcomes(archive, capture(), capture(DISTRICT_STORY, when=at(1))) == [
        Outcome.FIRST,
        Outcome.REVISIT,
    ]
    assert rows(archive.connection, "SELECT id, canonical_url, revision FROM articles") == [
        ("guangzhou:c_321174", STORY, 1)
    ]
    assert one(archive.connection, "SELECT count(*) FROM pages WHERE article_id = 'guangzhou:c_321174'") == 2


def test_same_content_under_another_id_keeps_both_and_links_them(archive: Archive) -> None:
    record(archive, capture(OTHER_STORY), capture(STORY, when=at(1)))
    assert rows(archive.connection, "SELECT id, same_content_as FROM latest ORDER BY id") == [
        ("guangzhou:c_321174", None),
        ("guangzhou:c_321175", "guangzhou:c_321174"),
    ]
    with open_archive(archive.directory.path) as opened:
        assert opened.article(OTHER_STORY)["envelope"]["same_content_as"] == "guangzhou:c_321174"


def test_other_content_under_another_id_is_not_linked(archive: Archive) -> None:
    record(archive, capture(OTHER_STORY, article_page("A text of its own.")), capture(STORY, when=at(1)))
    assert rows(archive.connection, "SELECT DISTINCT same_content_as FROM latest") == [(None,)]


def test_not_modified_stores_no_body_and_moves_the_verification(archive: Archive) -> None:
    first = capture()
    assert outcomes(archive, first, not_modified(first, at(5))) == [Outcome.FIRST, Outcome.REVISIT]
    assert rows(archive.connection, "SELECT record_type, payload_digest FROM captures ORDER BY id") == [
        ("response", first.payload_digest),
        ("server-not-modified", first.payload_digest),
    ]
    assert one(archive.connection, "SELECT last_verified FROM articles") == "2026-01-15T01:05:00.000Z"


def test_not_modified_since_a_capture_that_is_not_on_file_stands_for_nothing(
    archive: Archive, folder: Path
) -> None:
    record(archive, not_modified(capture(), at(5)))
    assert rows(archive.connection, "SELECT kind, record_type, length FROM captures") == [
        ("unknown", "response", 0)
    ]
    before = dump(archive.connection)
    archive.close()
    rebuild(folder)
    with open_archive(folder) as opened:
        assert dump(opened.connection) == before


def test_raw_bytes_come_back_as_they_were_received(archive: Archive) -> None:
    body = article_page()
    record(archive, capture(payload=body), capture(DISTRICT_STORY, body, at(1)))
    with open_archive(archive.directory.path) as opened:
        assert opened.raw("guangzhou:c_321174") == body
