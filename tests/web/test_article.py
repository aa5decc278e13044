"""The page of an article: as a reader wants it, with its evidence, its revisions, and what can be taken along."""

from __future__ import annotations

import json
import re
from html import unescape
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from lxml import html

from gzcrawler.archive import open_archive

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gzcrawler.archive import OpenArchive
    from tests.conftest import VisitedPortal
    from tests.web.conftest import Get


@pytest.fixture(scope="module")
def archive(visited_portal: VisitedPortal) -> Iterator[OpenArchive]:
    with open_archive(visited_portal.folder / "archive") as opened:
        yield opened


def _one(archive: OpenArchive, sql: str) -> str:
    row = archive.connection.execute(sql).fetchone()
    assert row is not None
    return str(row[0])


@pytest.fixture(scope="module")
def changed(archive: OpenArchive) -> str:
    return _one(
        archive,
        """SELECT id FROM edits WHERE body_changed AND number = (SELECT revision FROM articles a WHERE a.id = edits.id)
        ORDER BY id""",
    )


def test_the_story_stands_on_its_page_in_order(get: Get, archive: OpenArchive) -> None:
    article_id = _one(archive, "SELECT article_id FROM images GROUP BY 1 ORDER BY count(*) DESC, 1")
    page = get(f"/article/{article_id}")
    record = archive.article(article_id)
    words = re.sub(r"<[^>]+>", "", page.text)
    places = [unescape(words).find(block.partition("\t")[0]) for block in record["body"]]
    assert -1 not in places
    assert places == sorted(places)
    assert record["title"] in unescape(page.text)
    assert page.text.count("<figure>") == len(record["images"])


def test_pictures_come_out_of_the_archive(get: Get, archive: OpenArchive) -> None:
    article_id = _one(archive, "SELECT article_id FROM images GROUP BY 1 ORDER BY count(*) DESC, 1")
    found = re.findall(r'<img src="([^"]+)"', get(f"/article/{article_id}").text)
    assert found
    for address in found:
        picture = get(address)
        assert picture.headers["content-type"] in {"image/png", "image/jpeg"}
        assert "sandbox" in picture.headers["content-security-policy"]


def test_the_evidence_names_captures_digests_and_places(get: Get, archive: OpenArchive, changed: str) -> None:
    page = get(f"/article/{changed}").text
    envelope = archive.article(changed)["envelope"]
    file, _, offset = envelope["warc"].partition(":")
    assert envelope["content_digest"] in page
    assert envelope["payload_digest"] in page
    assert f"<code>{file}</code>, byte {int(offset):,}" in page
    for capture in archive.captures_of(changed):
        assert capture["payload_digest"] in page
        assert f"<code>{capture['url']}</code>" in page


def test_a_removed_article_says_so_and_stays_readable(get: Get, archive: OpenArchive) -> None:
    article_id = _one(archive, "SELECT id FROM articles WHERE state IN ('gone', 'suspect') ORDER BY id")
    page = get(f"/article/{article_id}").text
    assert re.search(r'<p class="banner (gone|suspect)" role="status">', page)
    assert archive.article(article_id)["title"] in unescape(page)


def test_a_digest_stands_whole_on_the_page_and_can_be_copied(
    get: Get, archive: OpenArchive, changed: str
) -> None:
    words = html.fromstring(get(f"/article/{changed}").text).text_content()
    envelope = archive.article(changed)["envelope"]
    for name in ("content_digest", "payload_digest"):
        assert envelope[name] in words


def test_an_earlier_revision_is_shown_as_it_was(get: Get, archive: OpenArchive, changed: str) -> None:
    first, *_, last = archive.article(changed).revisions()
    then = get(f"/article/{changed}?revision=1").text
    now = get(f"/article/{changed}").text
    for block in set(first.record["body"]) - set(last.record["body"]):
        assert block.partition("\t")[0] in unescape(then)
        assert block.partition("\t")[0] not in unescape(now)
    assert "This is revision 1" in then


def test_the_difference_is_told_word_by_word(get: Get, archive: OpenArchive, changed: str) -> None:
    revisions = archive.article(changed).revisions()
    page = get(f"/article/{changed}/changes?old={len(revisions) - 1}&new={len(revisions)}").text
    shown = re.search(r"<h2>Text</h2>\s*<div class=\"difference\"[^>]*>(.*?)</div>", page, re.DOTALL)
    assert shown is not None
    assert shown[1].count("<p") >= len(revisions[-1].record["body"])
    for element, record in (("del", revisions[-1].record), ("ins", revisions[-2].record)):
        kept = re.sub(rf"<{element}>.*?</{element}>", "", shown[1], flags=re.DOTALL)
        assert unescape(re.sub(r"<[^>]+>", "", kept)).split() == " ".join(record["body"]).split()


def test_an_article_with_one_revision_has_no_difference(get: Get, archive: OpenArchive) -> None:
    article_id = _one(archive, "SELECT id FROM articles WHERE revision = 1 ORDER BY id")
    assert "There is one revision" in get(f"/article/{article_id}/changes").text


def test_the_record_can_be_taken_along(get: Get, archive: OpenArchive, changed: str) -> None:
    taken = json.loads(get(f"/article/{changed}.json").text)
    gone_since = taken["envelope"].pop("gone_since")
    assert gone_since is None
    assert taken == dict(archive.article(changed))
    assert get(f"/article/{changed}.md").text.startswith("---\nid: ")
    citation = get(f"/article/{changed}.bib").text
    assert citation.startswith("@online{replica:c_")
    assert archive.article(changed)["envelope"]["payload_digest"] in citation


def test_an_address_leads_to_its_article(get: Get, archive: OpenArchive, changed: str) -> None:
    address = archive.article(changed)["canonical_url"]
    answer = get("/article/" + quote(address, safe=""))
    assert answer.status_code == 302
    assert answer.headers["location"] == f"/article/{changed}"


@pytest.mark.parametrize("number", ["0", "99999", "-1", "1e3", "１", "9" * 30, "x"])
def test_a_revision_that_there_is_not_is_refused(get: Get, changed: str, number: str) -> None:
    assert get(f"/article/{changed}?revision={quote(number)}").status_code == 400


def test_a_raw_page_is_framed_with_its_banner(get: Get, archive: OpenArchive, changed: str) -> None:
    records = re.findall(r'href="(/raw/[^"]+)"', get(f"/article/{changed}").text)
    page = get(records[0]).text
    frame = re.search(
        r'<iframe class="replay" src="([^"]+)" sandbox="allow-top-navigation-by-user-activation"', page
    )
    assert frame is not None
    replayed = get(frame[1])
    assert replayed.headers["content-security-policy"].startswith(
        "sandbox allow-top-navigation-by-user-activation;"
    )
    assert "script" not in replayed.headers["content-security-policy"]
    assert "<script" not in replayed.text
    assert not re.search(r'(?:src|href|action)="https?:', replayed.text)
    article = archive.article(changed)
    assert article["title"] in unescape(replayed.text)


def test_the_bytes_of_a_capture_are_those_received(get: Get, archive: OpenArchive, changed: str) -> None:
    record = re.findall(r'href="(/raw/[^"]+)"', get(f"/article/{changed}").text)[0]
    answer = get(f"{record}/payload")
    assert answer.content == archive.article(changed).raw()
    assert answer.headers["content-disposition"].startswith("attachment;")


@pytest.mark.parametrize(
    "address",
    [
        "/raw/x",
        "/raw/" + "0" * 36,
        "/raw/../../etc/passwd",
        "/asset/x",
        "/asset/" + "0" * 64,
        "/article/replica:c_0",
    ],
)
def test_what_is_not_there_is_not_found(get: Get, address: str) -> None:
    assert get(address).status_code == 404
