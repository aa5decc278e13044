"""A redacted article is in no table, file, search or export; only its addresses, digests and the reason stay."""

from __future__ import annotations

import gzip
import io
import json
import os
import shutil
import signal
import sqlite3
import sys
import zipfile
import zlib
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pyarrow.parquet
import pytest
from archive_pages import (
    DISTRICT_STORY,
    LIST,
    NOT_FOUND_PAGE,
    OTHER_STORY,
    PORTAL,
    SECOND_PART,
    STORY,
    TABLES,
    article_page,
    at,
    capture,
    dump,
    gone,
    list_page,
    not_modified,
    one,
    record,
    rows,
)
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st
from warcio.archiveiterator import ArchiveIterator
from warcio.checker import Checker

from gzcrawler.archive import Archive, Outcome, connect_to_read, rebuild, reparse, verify
from gzcrawler.archive.warc_records import encode_capture
from gzcrawler.archive.withdrawal import RedactedRecord, redacted_member
from gzcrawler.cli import main

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import OpenForWriting

VICTIM = "guangzhou:c_321174"
WORD = "Quinquereme"
PICTURE = "https://www.eguangzhou.gov.cn/att/20181226/1545785512004031177.jpeg"
OTHER_PICTURE = "https://www.eguangzhou.gov.cn/att/20181226/1545785512004031178.jpeg"
SECRET = article_page(f"A {WORD} was seen.", title=f"{WORD} by the river", further=[SECOND_PART])


@pytest.fixture
def filled(open_for_writing: OpenForWriting, folder: Path) -> Path:
    """An archive in which an article has two addresses, two pages, revisions, a 304, a list and a picture."""
    with open_for_writing() as archive:
        first = capture(STORY, SECRET, at(0))
        record(
            archive,
            first,
            capture(SECOND_PART, article_page(f"More of the {WORD}."), at(1)),
            not_modified(first, at(2)),
            capture(DISTRICT_STORY, SECRET, at(3)),
            capture(STORY, article_page(f"The {WORD} sailed.", title=WORD), at(4)),
            capture(PICTURE, WORD.encode() * 100, at(5), response_headers=(("Content-Type", "image/jpeg"),)),
            capture(LIST, list_page([(STORY, f"{WORD} seen"), (OTHER_STORY, "Another")]), at(6)),
            capture(OTHER_STORY, article_page("Another.", picture="1545785512004031178"), at(7)),
            capture(
                OTHER_PICTURE, b"other picture", at(8), response_headers=(("Content-Type", "image/jpeg"),)
            ),
            gone(STORY, at(9)),
        )
        archive.index_all()
    return folder


def redact(folder: Path, *ids: str) -> Result:
    return CliRunner().invoke(
        main, ["redact", *(ids or (VICTIM,)), "--archive", str(folder), "--reason", "court order 7", "--yes"]
    )


def everything(folder: Path) -> bytes:
    """All bytes of an archive, WARC records unpacked."""
    found = b""
    for path in sorted(folder.rglob("*")):
        if path.name.endswith(".warc.gz"):
            found += gzip.decompress(path.read_bytes())
        elif path.is_file():
            found += path.read_bytes()
    return found


def ask(folder: Path, sql: str) -> list[tuple[Any, ...]]:
    with closing(connect_to_read(folder / "gzcrawler.db")) as connection:
        return rows(connection, sql)


def tables(folder: Path) -> dict[str, list[tuple[Any, ...]]]:
    with closing(connect_to_read(folder / "gzcrawler.db")) as connection:
        return dump(connection, TABLES | {"redacted": "SELECT article_id, reason FROM redactions"})


def test_no_byte_of_it_is_left(filled: Path) -> None:
    assert WORD.encode() in everything(filled)
    assert redact(filled).exit_code == 0
    left = everything(filled)
    # The list was captured as another page's words; only the article's own are withdrawn.
    listed = list_page([(STORY, f"{WORD} seen"), (OTHER_STORY, "Another")])
    assert left.count(WORD.encode()) == listed.count(WORD.encode())
    assert left.lower().count(WORD[:9].lower().encode()) == listed.count(WORD.encode())


def test_addresses_digests_and_the_reason_stay(filled: Path) -> None:
    before = ask(
        filled,
        f"SELECT url, payload_digest FROM raw_captures WHERE canonical_url = '{STORY}' AND kind != 'removed' ORDER BY id",
    )
    contents = ask(
        filled, "SELECT DISTINCT content_digest FROM revisions WHERE article_id = 'guangzhou:c_321174'"
    )
    assert redact(filled).exit_code == 0
    ((article_id, reason, digests),) = ask(
        filled, "SELECT article_id, reason, content_digests FROM redactions"
    )
    assert (article_id, reason) == (VICTIM, "court order 7")
    assert sorted(json.loads(digests)) == sorted(digest for (digest,) in contents)
    assert before == ask(
        filled,
        f"SELECT url, payload_digest FROM raw_captures WHERE canonical_url = '{STORY}' AND kind = 'redacted' ORDER BY id",
    )
    assert {row[0] for row in ask(filled, "SELECT canonical_url FROM redacted_pages")} == {
        STORY,
        DISTRICT_STORY,
        SECOND_PART,
        PICTURE,
    }


def test_it_is_in_no_table_and_no_search(filled: Path) -> None:
    assert redact(filled).exit_code == 0
    for table in ("articles", "revisions", "images", "authors", "placements", "latest", "history", "removed"):
        column = "id" if table in ("articles", "latest", "history", "removed") else "article_id"
        assert ask(filled, f"SELECT * FROM {table} WHERE {column} = '{VICTIM}'") == [], table
    assert ask(filled, f"SELECT * FROM search_index WHERE search_index MATCH '{WORD}'") == []
    assert ask(filled, "SELECT * FROM parts") == []
    assert ask(filled, "SELECT id FROM articles") == [("guangzhou:c_321175",)]


def test_it_is_in_no_snapshot_not_even_of_the_time_before(filled: Path, tmp_path: Path) -> None:
    def export(name: str, *options: str) -> dict[str, Any]:
        out = tmp_path / name
        ended = CliRunner().invoke(
            main, ["export", "snapshot", "--archive", str(filled), "--out", str(out), *options]
        )
        assert ended.exit_code == 0, ended.output
        return json.loads(out.read_bytes())

    before = export("before.json")
    assert redact(filled).exit_code == 0
    identity = before["identity"]
    again = export("again.json", "--as-of", identity["as_of"], "--known-at", identity["known_at"])
    assert [article["id"] for article in again["articles"]] == ["guangzhou:c_321175"]
    assert again["identity"]["withdrawn_at"] is not None
    assert before["identity"]["withdrawn_at"] is None
    since = export("since.json", "--since", str(tmp_path / "before.json"))
    assert since["removed"] == [VICTIM]


def _all_text(place: Path) -> bytes:
    """Every byte of a file or folder, unpacked."""
    if place.is_dir():
        return b"".join(map(_all_text, sorted(place.iterdir())))
    data = place.read_bytes()
    if zipfile.is_zipfile(place):
        with zipfile.ZipFile(place) as packed:
            data = b"".join(map(packed.read, packed.namelist()))
    if place.suffix == ".parquet":
        return str(pyarrow.parquet.read_table(place).to_pylist()).encode()
    starts = [start for start in range(len(data)) if data.startswith(b"\x1f\x8b\x08", start)]
    return b"".join([data, *(zlib.decompressobj(31).decompress(data[start:]) for start in starts)])


@pytest.mark.parametrize(
    "kind", ["snapshot", "jsonl", "csv", "parquet", "atom", "jsonld", "wacz", "markdown"]
)
def test_it_is_in_no_export_of_any_kind(filled: Path, tmp_path: Path, kind: str) -> None:
    ending = {"snapshot": ".json", "csv": "", "parquet": "", "markdown": ""}.get(kind, f".{kind}")

    def export(name: str) -> bytes:
        out = tmp_path / f"{name}{ending}"
        ended = CliRunner().invoke(main, ["export", kind, "--archive", str(filled), "--out", str(out)])
        assert ended.exit_code == 0, ended.output
        return _all_text(out)

    assert WORD.encode() in export("before")
    assert redact(filled).exit_code == 0
    after = export("after")
    # A WACZ holds the list too, as it was captured; only the article's own words are withdrawn.
    listed = list_page([(STORY, f"{WORD} seen"), (OTHER_STORY, "Another")])
    assert WORD.encode() not in after.replace(listed, b"")
    assert b"c_321175" in after


def test_show_says_that_it_was_withdrawn_and_why(filled: Path) -> None:
    assert redact(filled).exit_code == 0
    for key in (VICTIM, STORY, DISTRICT_STORY):
        for options in ((), ("--raw",)):
            ended = CliRunner().invoke(main, ["show", key, "--archive", str(filled), *options])
            assert ended.exit_code == 2
            assert ended.stderr.endswith(": court order 7\n")
            assert f"gzcrawler: {VICTIM}: was redacted on " in ended.stderr


def test_the_archive_verifies(filled: Path) -> None:
    assert redact(filled).exit_code == 0
    assert verify(filled).damage == []


def test_other_programs_can_read_the_files(filled: Path) -> None:
    assert redact(filled).exit_code == 0
    files = sorted((filled / "warc").iterdir())
    for path in files:
        with path.open("rb") as file:
            assert sum(1 for _ in ArchiveIterator(file)) > 2
    checker = Checker(type("Options", (), {"verbose": False, "inputs": [str(path) for path in files]})())
    assert checker.process_all() == 0


def test_rebuild_keeps_it_withdrawn(filled: Path) -> None:
    assert redact(filled).exit_code == 0
    before = tables(filled)
    rebuild(filled)
    for name, left in tables(filled).items():
        assert left == before[name], name
    assert verify(filled).damage == []
    with Archive(filled, PORTAL, command="test"):
        assert tables(filled) == before


def test_reading_again_leaves_it_withdrawn(filled: Path) -> None:
    assert redact(filled).exit_code == 0
    before = tables(filled)
    reparse(filled, PORTAL, workers=1)
    assert tables(filled) == before


def test_later_captures_of_it_are_not_stored(filled: Path, open_for_writing: OpenForWriting) -> None:
    assert redact(filled).exit_code == 0
    elsewhere = "https://www.eguangzhou.gov.cn/huangpu/2018-12/26/c_321174.htm"
    with open_for_writing() as archive:
        length = sum(path.stat().st_size for path in (filled / "warc").iterdir())
        captures = one(archive.connection, "SELECT count(*) FROM captures")
        for url, payload in ((STORY, SECRET), (elsewhere, SECRET), (PICTURE, b"picture")):
            (recorded,) = record(archive, capture(url, payload, at(days=2)))
            assert recorded.outcome is Outcome.REDACTED
        assert one(archive.connection, "SELECT count(*) FROM captures") == captures
        assert sum(path.stat().st_size for path in (filled / "warc").iterdir()) == length


def test_its_pages_are_never_due_again(filled: Path, open_for_writing: OpenForWriting) -> None:
    assert redact(filled).exit_code == 0
    elsewhere = "https://www.eguangzhou.gov.cn/huangpu/2018-12/26/c_321174.htm"
    with open_for_writing() as archive:
        archive.ask([STORY, elsewhere])
        archive.ask_all_again()
        record(
            archive, capture(LIST, list_page([(STORY, WORD), (elsewhere, WORD), (OTHER_STORY, "B")]), at(99))
        )
        due = {
            row[0]
            for row in rows(archive.connection, "SELECT canonical_url FROM pages WHERE due_at IS NOT NULL")
        }
        assert LIST in due
        assert due.isdisjoint({STORY, elsewhere, DISTRICT_STORY, PICTURE, SECOND_PART})
        assert rows(archive.connection, "SELECT title FROM placements ORDER BY title") == [
            ("Another",),
            ("B",),
        ]
        related = article_page("Yet another.", related=[STORY])
        record(archive, capture(OTHER_STORY, related, at(100)))
        assert rows(archive.connection, f"SELECT text FROM links WHERE canonical_url = '{STORY}'") == [
            (None,)
        ]


def test_what_other_pages_share_with_it_stays(filled: Path, open_for_writing: OpenForWriting) -> None:
    with open_for_writing() as archive:
        record(archive, gone(OTHER_STORY, at(50)))
    assert redact(filled).exit_code == 0
    assert NOT_FOUND_PAGE in everything(filled)
    assert b"other picture" in everything(filled)


def test_bytes_that_another_article_holds_too_are_withdrawn_from_both_or_from_none(
    filled: Path, open_for_writing: OpenForWriting
) -> None:
    with open_for_writing() as archive:
        record(archive, capture(OTHER_STORY, SECRET, at(50)))
    before = tables(filled)
    ended = redact(filled)
    assert ended.exit_code == 2
    assert f"{VICTIM}: the very same bytes stand at {OTHER_STORY} (article guangzhou:c_321175" in ended.stderr
    assert tables(filled) == before
    assert redact(filled, VICTIM, "guangzhou:c_321175").exit_code == 0
    assert ask(filled, "SELECT count(*) FROM articles") == [(0,)]
    assert verify(filled).damage == []


def test_it_is_asked_before_anything_is_withdrawn(filled: Path) -> None:
    before = tables(filled)
    arguments = ["redact", VICTIM, "--archive", str(filled), "--reason", "x"]
    ended = CliRunner().invoke(main, arguments, input="n\n")
    assert ended.exit_code == 2
    assert f"{VICTIM}: {WORD}" in ended.stderr
    assert "nothing was withdrawn" in ended.stderr
    assert tables(filled) == before
    assert CliRunner().invoke(main, arguments, input="y\n").exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("guangzhou:c_1", "--reason", "x", "--yes"), "guangzhou:c_1: no article by that id"),
        ((VICTIM, "--reason", "  ", "--yes"), "--reason: say why"),
        ((VICTIM, "--yes"), "Missing option '--reason'"),
    ],
)
def test_what_cannot_be_redacted_is_refused(arguments: tuple[str, ...], said: str, filled: Path) -> None:
    ended = CliRunner().invoke(main, ["redact", *arguments, "--archive", str(filled)])
    assert ended.exit_code == 2
    assert said in ended.stderr


def test_an_archive_that_is_written_to_is_left_alone(filled: Path, open_for_writing: OpenForWriting) -> None:
    with open_for_writing():
        ended = redact(filled)
    assert ended.exit_code == 13


def test_twice_is_once(filled: Path) -> None:
    assert redact(filled).exit_code == 0
    before = tables(filled)
    ended = redact(filled)
    assert (ended.exit_code, tables(filled)) == (2, before)
    assert f"{VICTIM}: was redacted on" in ended.stderr


def _touches(folder: Path, number: int) -> int:
    """Redact in a child that is killed when it touches the archive for the n-th time; how that ended."""
    child = os.fork()
    if child == 0:
        touched = 0

        def count(event: str, arguments: tuple[object, ...]) -> None:
            nonlocal touched
            if event in ("open", "os.rename", "os.remove", "os.truncate", "sqlite3.connect"):
                touched += str(folder) in str(arguments[0])
                if touched == number:
                    os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(count)
        redact(folder)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def test_killed_anywhere_it_is_done_or_not_begun_at_the_next_opening(filled: Path, tmp_path: Path) -> None:
    before = tables(filled)
    whole = tmp_path / "whole"
    shutil.copytree(filled, whole)
    assert redact(whole).exit_code == 0
    after = tables(whole)
    number = done = 0
    ended = -signal.SIGKILL
    while ended:
        number += 1
        folder = tmp_path / f"killed-{number}"
        shutil.copytree(filled, folder)
        ended = _touches(folder, number)
        with Archive(folder, PORTAL, command="test"):
            pass
        left = tables(folder)
        assert left in (before, after)
        if left == after:
            done += 1
            assert b"Quinquereme sailed" not in everything(folder)
        assert verify(folder).damage == []
        shutil.rmtree(folder)
    assert number > done > 1


def test_a_redaction_that_reached_the_files_alone_is_done_at_the_next_opening(
    filled: Path, tmp_path: Path
) -> None:
    whole = tmp_path / "whole"
    shutil.copytree(filled, whole)
    assert redact(whole).exit_code == 0
    (note,) = {path.name for path in (whole / "warc").iterdir()} - {
        path.name for path in (filled / "warc").iterdir()
    }
    shutil.copy(whole / "warc" / note, filled / "warc" / note)
    with Archive(filled, PORTAL, command="test"):
        pass
    assert tables(filled) == tables(whole)
    assert b"Quinquereme sailed" not in everything(filled)
    assert verify(filled).damage == []


def test_what_a_crash_left_half_written_is_written_again(filled: Path, tmp_path: Path) -> None:
    assert redact(filled).exit_code == 0
    whole = everything(filled)
    (name, offset, length) = ask(
        filled,
        "SELECT warc_file, warc_offset, warc_length FROM raw_captures WHERE record_type = 'redacted' LIMIT 1",
    )[0]
    with (filled / "warc" / name).open("r+b") as file:
        file.seek(offset + length // 2)
        file.write(bytes(length // 3))
    with closing(sqlite3.connect(filled / "gzcrawler.db")) as connection:
        connection.execute("UPDATE redactions SET finished = 0")
        connection.commit()
    assert verify(filled).damage
    with Archive(filled, PORTAL, command="test"):
        pass
    assert verify(filled).damage == []
    assert gzip.decompress((filled / "warc" / name).read_bytes()) in whole


# -- the record that stands in for a response ---------------------------------------------------------


@settings(max_examples=150, deadline=None)
@given(
    payload=st.binary(min_size=1, max_size=3000),
    path=st.text("abcdefghij/_-0123456789", max_size=300),
    status=st.integers(100, 599),
)
def test_what_is_left_takes_the_place_to_the_byte(payload: bytes, path: str, status: int) -> None:
    taken = capture(f"https://example.org/{path}", payload, at(0), status=status, response_headers=())
    records = encode_capture(
        taken, payload_digest=taken.payload_digest, original=None, information_id="0" * 36, recorded_at=at(1)
    )
    whole = records.data[records.response_offset :]
    left = RedactedRecord(
        record_id=records.record_id,
        url=taken.url,
        captured_at="2026-01-15T01:00:00.000Z",
        recorded_at="2026-01-15T01:01:00.000Z",
        status=status,
        payload_digest=taken.payload_digest,
        redacted_at="2026-01-15T01:02:00.000Z",
        length=len(whole),
    )
    member = redacted_member(left, whole[:10])
    assert len(member) == len(whole)
    (read,) = ArchiveIterator(io.BytesIO(member))
    assert read.rec_headers.get_header("WARC-Target-URI") == taken.url
    assert gzip.decompress(member).startswith(b"WARC/1.1\r\nWARC-Type: response\r\n")
