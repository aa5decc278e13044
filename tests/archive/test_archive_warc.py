"""The WARC files: rolled by size and day, explained by themselves, and read by others."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

import pytest
from archive_pages import (
    HOST,
    MINUTE,
    PORTAL,
    STORY,
    article_page,
    at,
    capture,
    fetched,
    not_modified,
    record,
    rows,
)
from warcio.archiveiterator import ArchiveIterator

from gzcrawler.archive import Failure, Run, open_archive, verify
from gzcrawler.archive.directory import Directory
from gzcrawler.archive.stored_payloads import StoredPayloads
from gzcrawler.archive.warc_files import WarcFiles
from gzcrawler.archive.warc_reading import CaptureGroup, FileInformation, Metadata, read_groups

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Clock, OpenForWriting

    from gzcrawler.archive import Archive

RUN = Run(1, "0123abcd" * 4, "guangzhou", "crawl", datetime(2026, 1, 15, tzinfo=UTC))


@pytest.fixture
def files(tmp_path: Path) -> WarcFiles:
    directory = Directory(tmp_path)
    directory.make()
    return WarcFiles(directory, run=RUN, map_facts=PORTAL.facts, contact="crawler@example.org", roll_at=5_000)


def read_by_warcio(path: Path) -> list[dict[str, Any]]:
    with path.open("rb") as file:
        return [
            {
                "type": record.rec_type,
                "headers": dict(record.rec_headers.headers),
                "status": record.http_headers.get_statuscode() if record.http_headers else None,
                "http": record.http_headers.headers if record.http_headers else None,
                "payload": record.raw_stream.read(),
            }
            for record in ArchiveIterator(file)
        ]


# -- rolling ------------------------------------------------------------------------------------


def test_a_file_is_rolled_by_size(files: WarcFiles) -> None:
    first = files.current(at())
    assert files.current(at(1)) is first
    first.append(bytes(5_000))
    first.committed = first.length
    second = files.current(at(2))
    assert first.path.name.endswith("-00001.warc.gz")
    assert second.path.name.endswith("-00002.warc.gz")
    files.close()


def test_a_file_is_rolled_on_a_new_day(open_for_writing: OpenForWriting, clock: Clock, folder: Path) -> None:
    clock.moment = datetime(2026, 1, 15, 23, 59, 59, tzinfo=UTC)
    with open_for_writing() as archive:
        record(archive, capture(when=clock.moment))
        clock.advance(MINUTE)
        record(archive, capture(when=clock.moment))
    first, second = Directory(folder).warc_files()
    assert first.name.startswith("gzcrawler-guangzhou-20260115235959000-")
    assert second.name.startswith("gzcrawler-guangzhou-20260116000059000-")
    assert verify(folder).damage == []


def test_each_file_says_who_wrote_it_and_carries_the_portals_map(
    open_for_writing: OpenForWriting, clock: Clock, folder: Path
) -> None:
    with open_for_writing() as archive:
        for _ in range(2):
            record(archive, capture(when=clock.moment))
            clock.advance()
        uid = archive.run.uid
    for path in Directory(folder).warc_files():
        information, portal_map, *_ = read_groups(path)
        assert isinstance(information, FileInformation)
        assert isinstance(portal_map, Metadata)
        assert information.fields["gzcrawler-run"] == uid
        assert information.fields["format"] == "WARC File Format 1.1"
        assert portal_map.content == json.loads(json.dumps(PORTAL.facts, default=str))


def test_a_file_in_which_nothing_was_committed_goes_away(files: WarcFiles, tmp_path: Path) -> None:
    files.current(at()).append(b"half")
    files.close()
    assert Directory(tmp_path).warc_files() == []


def test_after_a_rewind_a_file_begins_with_its_information_again(files: WarcFiles) -> None:
    files.current(at())
    files.rewind()
    again = files.current(at(1))
    assert isinstance(next(read_groups(again.path)), FileInformation)
    files.close()


# -- what a record says -----------------------------------------------------------------------------


def test_a_capture_comes_back_as_it_was_given(archive: Archive) -> None:
    given = capture(
        f"{HOST}/2018-12/26/c_7.htm",
        article_page(),
        ip_address="192.0.2.7",
        reason="Fine, thanks",
        response_headers=(("content-TYPE", "text/html; charset=utf-8"), ("X-Twice", "1"), ("X-Twice", "2")),
    )
    record(archive, given)
    (path,) = archive.directory.warc_files()
    (group,) = [group for group in read_groups(path) if isinstance(group, CaptureGroup)]
    assert group.capture == given


def test_headers_beyond_ascii_come_back_as_they_were(archive: Archive) -> None:
    given = capture(response_headers=(("Content-Type", "text/html"), ("X-Title", "caf\u00e9 \u65b0\u95fb")))
    record(archive, given)
    (path,) = archive.directory.warc_files()
    (group,) = [group for group in read_groups(path) if isinstance(group, CaptureGroup)]
    assert group.capture.response_headers == given.response_headers


def test_the_transfer_encoding_goes_with_the_chunks_it_described(archive: Archive) -> None:
    record(
        archive, capture(response_headers=(("Transfer-Encoding", "chunked"), ("Content-Type", "text/html")))
    )
    (path,) = archive.directory.warc_files()
    (response,) = [found for found in read_by_warcio(path) if found["type"] == "response"]
    assert response["http"] == [("Content-Type", "text/html")]


def test_a_body_that_was_cut_says_why(archive: Archive) -> None:
    record(archive, capture(truncated="disconnect"))
    (path,) = archive.directory.warc_files()
    (response,) = [found for found in read_by_warcio(path) if found["type"] == "response"]
    assert response["headers"]["WARC-Truncated"] == "disconnect"


def test_revisits_name_what_they_repeat(archive: Archive) -> None:
    first = capture()
    record(
        archive,
        first,
        capture(STORY.replace("/2018", "/tianhe/2018"), when=at(1)),
        not_modified(first, at(2)),
    )
    (path,) = archive.directory.warc_files()
    found = read_by_warcio(path)
    (response,) = [one for one in found if one["type"] == "response"]
    repeated, unmodified = (one["headers"] for one in found if one["type"] == "revisit")
    for headers in (repeated, unmodified):
        assert headers["WARC-Refers-To"] == response["headers"]["WARC-Record-ID"]
        assert headers["WARC-Refers-To-Target-URI"] == STORY
        assert headers["WARC-Refers-To-Date"] == response["headers"]["WARC-Date"]
    assert repeated["WARC-Profile"].endswith("/1.1/revisit/identical-payload-digest")
    assert repeated["WARC-Payload-Digest"] == response["headers"]["WARC-Payload-Digest"]
    assert unmodified["WARC-Profile"].endswith("/1.1/revisit/server-not-modified")


def test_a_failed_fetch_is_kept_as_metadata(archive: Archive) -> None:
    archive.record_all([Failure(STORY, at(1), "timeout", "no answer in 30 s")])
    (path,) = archive.directory.warc_files()
    *_, note = read_groups(path)
    assert isinstance(note, Metadata)
    assert (note.subject, note.content) == (STORY, {"failed": "timeout", "message": "no answer in 30 s"})


# -- other readers ----------------------------------------------------------------------------------


def test_warcio_finds_nothing_wrong_with_a_month_of_runs(crawled: Path) -> None:
    files = [str(path) for path in Directory(crawled).warc_files()]
    checked = subprocess.run(
        [sys.executable, "-m", "warcio.cli", "check", "-v", *files],
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout
    assert "digest pass" in checked.stdout
    assert "fail" not in checked.stdout.lower()


def test_warcio_reads_the_payloads_that_the_archive_gives(crawled: Path) -> None:
    with open_archive(crawled) as opened:
        stored = dict(
            rows(
                opened.connection,
                "SELECT record_id, payload_digest FROM captures WHERE record_type = 'response'",
            )
        )
        payloads = StoredPayloads(opened.connection, opened.directory)
        seen = 0
        for path in opened.directory.warc_files():
            for found in read_by_warcio(path):
                if found["type"] != "response":
                    continue
                digest = stored[found["headers"]["WARC-Record-ID"][10:-1]]
                assert digest == "sha256:" + hashlib.sha256(found["payload"]).hexdigest()
                assert payloads.read(digest) == found["payload"]
                seen += 1
        assert seen == len(stored) > 300


def test_every_capture_of_a_month_is_a_record_that_warcio_sees(crawled: Path) -> None:
    with open_archive(crawled) as opened:
        expected = sorted(rows(opened.connection, "SELECT url, status, captured_at FROM captures"))
        found = sorted(
            (record["headers"]["WARC-Target-URI"], int(record["status"]), record["headers"]["WARC-Date"])
            for path in opened.directory.warc_files()
            for record in read_by_warcio(path)
            if record["type"] in ("response", "revisit")
        )
    assert found == expected


def test_a_group_is_a_request_and_its_response(archive: Archive) -> None:
    archive.record_all([fetched(capture()), fetched(capture(when=at(1)))])
    (path,) = archive.directory.warc_files()
    request, response, *_ = read_by_warcio(path)[2:]
    assert (request["type"], response["type"]) == ("request", "response")
    assert request["headers"]["WARC-Concurrent-To"] == response["headers"]["WARC-Record-ID"]
    assert response["headers"]["WARC-Concurrent-To"] == request["headers"]["WARC-Record-ID"]


@pytest.mark.parametrize(
    ("via", "original_id"),
    [
        ("warc", "urn:uuid:6f0dbfd1-2f6b-4d44-8f2c-6d9f6a0f8a11"),
        ("wayback", f"https://archive.example/web/20180102030405id_/{STORY}"),
    ],
)
def test_a_capture_from_elsewhere_comes_back_with_its_own_name_and_without_a_request(
    archive: Archive, via: Literal["warc", "wayback"], original_id: str
) -> None:
    given = capture(when=at(days=-2000), via=via, original_id=original_id, request_headers=())
    record(archive, given)
    (path,) = archive.directory.warc_files()
    (group,) = [group for group in read_groups(path) if isinstance(group, CaptureGroup)]
    assert group.capture == given
    assert "request" not in {record["type"] for record in read_by_warcio(path)}
