"""Files of other archives that are odd, broken or hostile: named, bounded, and all the rest of them comes in."""

from __future__ import annotations

import gzip
import io
import json
import os
import subprocess
import sys
import zipfile
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import fsspec
import pytest
from backports import zstd
from foreign_files import (
    HTML,
    OTHER_STORY,
    STORY,
    THIRD_STORY,
    http,
    packed,
    page,
    record,
    sha1,
    three,
)

from gzcrawler.archive import Archive
from gzcrawler.archive.redaction import plan_redactions
from gzcrawler.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Importer

URLS = "SELECT url FROM captures ORDER BY url"


def write(tmp_path: Path, content: bytes, name: str = "foreign.warc.gz") -> Path:
    path = tmp_path / name
    path.write_bytes(content)
    return path


# -- packings -----------------------------------------------------------------------------------


def dictionary_frame(content: bytes) -> bytes:
    return b"\x5d\x2a\x4d\x18" + len(content).to_bytes(4, "little") + content


def with_dictionary(records: list[bytes], *, packed_too: bool) -> bytes:
    trained = zstd.train_dict([record(block=http(page(f"Story {n}."))) for n in range(300)], 4_000)
    frames = b"".join(zstd.compress(one, zstd_dict=trained) for one in records)
    content = trained.dict_content
    return dictionary_frame(zstd.compress(content) if packed_too else content) + frames


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"".join(three()), id="plain"),
        pytest.param(packed(*three()), id="gzip, a member each"),
        pytest.param(gzip.compress(b"".join(three())), id="gzip, one member"),
        pytest.param(
            b"".join(gzip.compress(b"".join(three())[n : n + 100]) for n in range(0, 5_000, 100)),
            id="gzip, members that know nothing of records",
        ),
        pytest.param(b"".join(map(zstd.compress, three())), id="zstd, a frame each"),
        pytest.param(zstd.compress(b"".join(three())), id="zstd, one frame"),
        pytest.param(with_dictionary(three(), packed_too=False), id="zstd with a dictionary"),
        pytest.param(with_dictionary(three(), packed_too=True), id="zstd with a packed dictionary"),
    ],
)
def test_a_file_is_read_however_it_is_packed(guangzhou: Importer, tmp_path: Path, content: bytes) -> None:
    report, code = guangzhou.ended(write(tmp_path, content, "named-anyhow"))
    assert (code, report.new, report.faults) == (0, 3, 0)
    assert guangzhou.rows(URLS) == [STORY, OTHER_STORY, THIRD_STORY]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\x04\x22\x4d\x18" + bytes(50), "packed with lz4"),
        (b"This is a text and no archive of anything. " * 20, "is no WARC file"),
        (b"", "is empty"),
        (os.urandom(5_000), "is no WARC file"),
        (with_dictionary(three(), packed_too=False)[4_008:], "cannot be unpacked"),
        (dictionary_frame(b"no dictionary") + zstd.compress(three()[0]), "broken zstd dictionary"),
    ],
)
def test_what_is_no_warc_file_is_named(
    guangzhou: Importer, tmp_path: Path, content: bytes, said: str
) -> None:
    good = write(tmp_path, packed(*three()), "good.warc.gz")
    report, code = guangzhou.ended(write(tmp_path, content, "bad.warc.gz"), good)
    assert (code, report.new, report.faults) == (10, 3, 1)
    assert said in report.named[0]
    assert "bad.warc.gz" in report.named[0]


# -- damage: the record is named, its neighbours come in ------------------------------------------

A, B, C = three()


def lying(length: int) -> bytes:
    return record(OTHER_STORY, http(page()), number=2, length=length)


def flipped(member: bytes) -> bytes:
    middle = len(member) // 2
    return member[:middle] + bytes(3) + member[middle + 3 :]


@pytest.mark.parametrize(
    ("content", "left"),
    [
        pytest.param(A + lying(20) + C, [STORY, THIRD_STORY], id="plain, too short"),
        pytest.param(A + lying(50_000) + C, [STORY, THIRD_STORY], id="plain, beyond the end"),
        pytest.param(A + lying(len(http(page())) + 90) + C, [STORY, THIRD_STORY], id="plain, too long"),
        pytest.param(packed(A, lying(20), C), [STORY, THIRD_STORY], id="gzip, too short"),
        pytest.param(packed(A, lying(50_000), C), [STORY, THIRD_STORY], id="gzip, too long"),
        pytest.param(packed(A, lying(-5), C), [STORY, THIRD_STORY], id="less than nothing"),
        pytest.param(packed(A, lying(10**19), C), [STORY, THIRD_STORY], id="more than there is"),
        pytest.param(packed(A, B) + packed(C)[:-60], [STORY, OTHER_STORY], id="gzip, torn end"),
        pytest.param(A + B + C[:-60], [STORY, OTHER_STORY], id="plain, torn end"),
        pytest.param(
            packed(A) + flipped(packed(B)) + packed(C), [STORY, THIRD_STORY], id="gzip, bytes changed"
        ),
        pytest.param(
            packed(A) + b"rubbish" * 9 + packed(B, C), [STORY, OTHER_STORY, THIRD_STORY], id="rubbish"
        ),
        pytest.param(flipped(packed(A)) + packed(B, C), [OTHER_STORY, THIRD_STORY], id="the first one"),
        pytest.param(b"".join(map(zstd.compress, (A, B)))[:-9], [STORY], id="zstd, torn end"),
    ],
)
def test_damage_is_named_and_its_neighbours_come_in(
    guangzhou: Importer, tmp_path: Path, content: bytes, left: list[str]
) -> None:
    report, code = guangzhou.ended(write(tmp_path, content))
    assert guangzhou.rows(URLS) == left
    assert (code, report.faults) == (10, 1)
    (verdict,) = guangzhou.rows("SELECT verdict FROM runs")
    assert "1 fault in the files" in verdict


def test_a_record_that_is_not_what_its_digest_says_comes_in_and_is_told(
    guangzhou: Importer, tmp_path: Path
) -> None:
    block = http(page())
    path = write(tmp_path, packed(record(block=block, WARC_Block_Digest=sha1(block[:-1]))))
    report, code = guangzhou.ended(path)
    assert (code, report.new) == (10, 1)
    assert report.alarms() == ["1 captures whose record has another digest than it says"]


# -- bounds ---------------------------------------------------------------------------------------


def test_a_record_of_two_gigabytes_is_cut_in_flat_memory(tmp_path: Path) -> None:
    """In a process of its own, whose memory is its own."""
    path = tmp_path / "huge.warc"
    block = http(page(), headers=(("Content-Type", "video/mp4"),))
    size = 2_000_000_000
    url = "https://www.eguangzhou.gov.cn/att/20181226/1545785512004031177.mp4"
    head, _, rest = record(url, block, length=len(block) + size).partition(block)
    with path.open("wb") as file:
        file.write(head + block)
        file.seek(size, os.SEEK_CUR)  # a hole: nothing of it lies on disk
        file.write(rest + three()[1])
    script = (
        "import json, sys\n"
        "from gzcrawler.importing import find_files, import_files\n"
        "from gzcrawler.portals import load_portal\n"
        "report, _ = import_files(sys.argv[1], load_portal('guangzhou'), find_files(sys.argv[2:]))\n"
        "status = dict(line.split(':', 1) for line in open('/proc/self/status'))\n"
        "peak = int(status['VmHWM'].split()[0]) // 1024\n"
        "print(json.dumps([report.new, report.cut, report.faults, peak]))\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "archive"), str(path)],
        capture_output=True,
        check=True,
        text=True,
    )
    new, cut, faults, peak = json.loads(ended.stdout)
    assert (new, cut, faults) == (2, 1, 0)
    assert peak < 300


def bomb(member: str = "archive/data.warc") -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as package, package.open(member, "w") as file:
        for _ in range(80):
            file.write(bytes(1_000_000))
    return held.getvalue()


def package(**members: bytes) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as opened:
        for name, content in members.items():
            opened.writestr(name, content)
    return held.getvalue()


WARC = packed(*three())


@pytest.mark.parametrize(
    ("make", "said"),
    [
        pytest.param(
            lambda: package(**{"../archive/data.warc.gz": WARC}), "names a file outside", id="upwards"
        ),
        pytest.param(lambda: package(**{"/etc/data.warc.gz": WARC}), "names a file outside", id="absolute"),
        pytest.param(
            lambda: package(**{"archive\\..\\..\\data.warc.gz": WARC}), "names a file outside", id="backwards"
        ),
        pytest.param(lambda: package(**{"C:/data.warc.gz": WARC}), "names a file outside", id="a drive"),
        pytest.param(lambda: bomb(), "is a decompression bomb", id="bomb in the zip"),
        pytest.param(
            lambda: package(**{"archive/data.warc.gz": gzip.compress(bytes(50_000_000), 1)}),
            "is no WARC file",
            id="bomb of gzip in the zip",
        ),
        pytest.param(
            lambda: gzip.compress(record(block=http(bytes(200_000_000)))),
            "is a decompression bomb",
            id="bomb of gzip",
        ),
        pytest.param(
            lambda: package(**{"pages/pages.jsonl": b""}), "without a WARC file", id="nothing in it"
        ),
        pytest.param(
            lambda: package(**{"archive/data.warc.gz": WARC})[:-30], "is no whole zip file", id="torn"
        ),
        pytest.param(
            lambda: package(**{"archive/data.warc.gz": WARC}).replace(WARC, WARC[:-9] + b"scrambled"),
            "is no whole zip file",
            id="bytes changed",
        ),
    ],
)
def test_a_package_that_does_harm_is_refused_by_name(
    guangzhou: Importer, tmp_path: Path, make: Callable[[], bytes], said: str
) -> None:
    good = write(tmp_path, WARC, "good.warc.gz")
    report, code = guangzhou.ended(write(tmp_path, make(), "bad.wacz"), good)
    assert code == 10
    assert report.faults >= 1
    assert said in " ".join(report.named)
    assert guangzhou.rows(URLS) == [STORY, OTHER_STORY, THIRD_STORY]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["archive", "bad.wacz", "good.warc.gz"]


# -- what records say ---------------------------------------------------------------------------------


def test_captures_keep_their_time_and_the_name_that_they_have_there(
    guangzhou: Importer, tmp_path: Path
) -> None:
    guangzhou(write(tmp_path, packed(record(date="2018-12-30T04:05:06.789123Z", number=7))))
    assert guangzhou.rows("SELECT captured_at, via, original_id, status FROM captures") == [
        ("2018-12-30T04:05:06.789Z", "warc", "urn:uuid:00000000-0000-4000-8000-000000000007", 200)
    ]


def test_chunks_are_undone_and_content_encoding_is_kept(guangzhou: Importer, tmp_path: Path) -> None:
    body = gzip.compress(page())
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in (body[:100], body[100:]))
    headers = (*HTML, ("Transfer-Encoding", "chunked"), ("Content-Encoding", "gzip"))
    block = http(chunks + b"0\r\n\r\n", headers=headers)
    undone = http(body, headers=headers)
    guangzhou(write(tmp_path, packed(record(block=block), record(OTHER_STORY, undone, number=2))))
    assert guangzhou.rows("SELECT kind, length FROM captures") == [("article", len(body))] * 2
    assert guangzhou.rows("SELECT title FROM latest ORDER BY id") == ["Pump houses reopen"] * 2


def test_other_hosts_are_counted_and_left_out(guangzhou: Importer, tmp_path: Path) -> None:
    elsewhere = [record(f"https://news.example/{n}.htm", number=n) for n in range(5)]
    report, code = guangzhou.ended(write(tmp_path, packed(*elsewhere, record())))
    assert (code, report.new, dict(report.hosts)) == (0, 1, {"news.example": 5})


def test_what_is_no_page_of_http_is_passed_over(guangzhou: Importer, tmp_path: Path) -> None:
    records = [
        record(kind="request", block=b"GET / HTTP/1.1\r\n\r\n"),
        record(kind="metadata", block=b"via: something"),
        record("dns:www.eguangzhou.gov.cn", b"20181230 192.0.2.1", content_type="text/dns"),
        record(kind="warcinfo", block=b"software: something"),
    ]
    report, code = guangzhou.ended(write(tmp_path, packed(*records)))
    assert (code, report.new, report.left_out.total()) == (0, 0, 4)


def test_a_resource_is_a_capture_of_what_it_holds(guangzhou: Importer, tmp_path: Path) -> None:
    guangzhou(write(tmp_path, packed(record(kind="resource", block=page(), content_type="text/html"))))
    assert guangzhou.rows("SELECT kind, status, media_type FROM captures") == [("article", 200, "text/html")]


def test_a_payload_that_is_no_html_is_an_asset(guangzhou: Importer, tmp_path: Path) -> None:
    url = "https://www.eguangzhou.gov.cn/att/20181226/1545785512004031177.jpeg"
    block = http(b"\xff\xd8\xff\xe0 a picture", headers=(("Content-Type", "image/jpeg"),))
    guangzhou(write(tmp_path, packed(record(url, block), record(block=block, number=2))))
    assert guangzhou.rows("SELECT url, kind FROM captures WHERE kind != 'unreadable' ORDER BY url DESC") == [
        (url, "asset"),
        (STORY, "asset"),
    ]


@pytest.mark.parametrize(
    ("odd", "reason"),
    [
        (record(date="2099-01-01T00:00:00Z"), "records dated in the future left out"),
        (record(date="2018"), "records without a time that can be read left out"),
        (record(block=b"no HTTP at all"), "responses without an HTTP status left out"),
        (record(WARC_Segment_Number="1"), "records in segments left out"),
    ],
)
def test_what_cannot_be_believed_is_counted_by_its_reason(
    guangzhou: Importer, tmp_path: Path, odd: bytes, reason: str
) -> None:
    report, code = guangzhou.ended(write(tmp_path, packed(odd, record(OTHER_STORY, number=2))))
    assert (code, report.new, dict(report.doubtful)) == (10, 1, {reason: 1})


def test_a_capture_that_the_other_archive_has_withdrawn_stays_withdrawn(
    guangzhou: Importer, tmp_path: Path
) -> None:
    redacted = record(block=http(b""), Gzcrawler_Redacted="2026-01-15T01:00:00.000Z")
    assert guangzhou(write(tmp_path, packed(redacted))).new == 0


def test_what_was_withdrawn_here_does_not_come_in_again(guangzhou: Importer, tmp_path: Path) -> None:
    guangzhou(write(tmp_path, packed(record(), record(OTHER_STORY, http(page("Another.")), number=2))))
    with Archive(guangzhou.archive, guangzhou.portal, command="redact") as archive:
        moment = datetime(2026, 1, 15, tzinfo=UTC)
        ids = ["guangzhou:c_321174"]
        archive.redact(plan_redactions(archive.connection, ids, reason="a court's order", now=moment))
    later = write(tmp_path, packed(record(date="2019-05-05T00:00:00Z", number=3)), "later.warc.gz")
    report = guangzhou(later)
    assert (report.new, dict(report.left_out)) == (0, {"withdrawn here": 1})


# -- repetitions ----------------------------------------------------------------------------------------

PROFILE = "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest"


def revisit(
    number: int = 9, date: str = "2019-06-01T00:00:00Z", block: bytes = http(b""), **fields: str
) -> bytes:
    return record(block=block, number=number, kind="revisit", date=date, WARC_Profile=PROFILE, **fields)


BY_DATE = {"WARC_Refers_To_Target_URI": STORY, "WARC_Refers_To_Date": "2018-12-30T04:05:06Z"}


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param(BY_DATE, id="address and date"),
        pytest.param({"WARC_Payload_Digest": sha1(page())}, id="payload digest"),
        pytest.param({"WARC_Refers_To": "<urn:uuid:00000000-0000-4000-8000-000000000001>"}, id="record id"),
    ],
)
@pytest.mark.parametrize("behind", [True, False])
def test_a_revisit_is_completed_by_what_it_repeats_in_another_file(
    guangzhou: Importer, tmp_path: Path, fields: dict[str, str], behind: bool
) -> None:
    original = write(tmp_path, packed(record(WARC_Payload_Digest=sha1(page()))), "one.warc.gz")
    repeated = write(tmp_path, packed(revisit(**fields)), "two.warc.gz")
    report = guangzhou(*((original, repeated) if behind else (repeated, original)))
    assert (report.new, report.repeats, report.unresolved) == (2, 1, 0)
    assert guangzhou.rows("SELECT captured_at, kind, record_type FROM captures ORDER BY 1") == [
        ("2018-12-30T04:05:06.000Z", "article", "response"),
        ("2019-06-01T00:00:00.000Z", "article", "revisit"),
    ]


def test_a_revisit_is_completed_by_what_an_earlier_import_brought(
    guangzhou: Importer, tmp_path: Path
) -> None:
    guangzhou(write(tmp_path, packed(record()), "one.warc.gz"))
    assert guangzhou(write(tmp_path, packed(revisit(**BY_DATE)), "two.warc.gz")).new == 1


def test_a_revisit_without_headers_takes_those_of_what_it_repeats(
    guangzhou: Importer, tmp_path: Path
) -> None:
    headers = (*HTML, ("Content-Encoding", "gzip"))
    original = record(block=http(gzip.compress(page()), headers=headers))
    guangzhou(write(tmp_path, packed(original, revisit(block=b"", **BY_DATE))))
    assert guangzhou.rows("SELECT kind, status FROM captures") == [("article", 200)] * 2


def test_a_304_says_that_what_it_repeats_still_stood(guangzhou: Importer, tmp_path: Path) -> None:
    unmodified = record(
        block=http(b"", status="304 Not Modified"),
        number=3,
        kind="revisit",
        date="2019-06-01T00:00:00Z",
        WARC_Profile=PROFILE.replace("identical-payload-digest", "server-not-modified"),
        **BY_DATE,
    )
    guangzhou(write(tmp_path, packed(record(), unmodified)))
    assert guangzhou.rows("SELECT status, kind, record_type FROM captures ORDER BY captured_at") == [
        (200, "article", "response"),
        (304, "article", "server-not-modified"),
    ]
    assert guangzhou.rows("SELECT last_seen FROM articles") == ["2019-06-01T00:00:00.000Z"]


def test_what_repeats_something_unknown_is_named_and_comes_in_with_it_later(
    guangzhou: Importer, tmp_path: Path
) -> None:
    repeated = write(tmp_path, packed(revisit(**BY_DATE)), "two.warc.gz")
    report, code = guangzhou.ended(repeated)
    assert (code, report.new, report.unresolved_urls) == (10, 0, [STORY])
    original = write(tmp_path, packed(record()), "one.warc.gz")
    assert guangzhou.ended(original, repeated)[1] == 0
    assert guangzhou.rows("SELECT count(*) FROM captures") == [2]


# -- where files are ----------------------------------------------------------------------------------


def test_folders_are_read_with_what_is_in_them(guangzhou: Importer, tmp_path: Path) -> None:
    deep = tmp_path / "foreign" / "deep"
    deep.mkdir(parents=True)
    write(deep, packed(A))
    write(tmp_path / "foreign", package(**{"archive/data.warc.gz": packed(B)}), "more.wacz")
    write(tmp_path / "foreign", b"of no interest", "notes.txt")
    assert guangzhou(tmp_path / "foreign").files == 2


def test_addresses_are_opened_by_fsspec(guangzhou: Importer) -> None:
    with fsspec.open("memory://shelf/one.warc.gz", "wb") as file:
        file.write(packed(A, B))
    assert guangzhou("memory://shelf/one.warc.gz").new == 2
    with fsspec.open("memory://shelf/two.wacz", "wb") as file:
        file.write(package(**{"archive/data.warc.gz": packed(A, B, C)}))
    report = guangzhou("memory://shelf")
    assert (report.files, report.new) == (2, 1)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("nowhere.warc.gz", "there is no such file or folder"),
        ("memory://nowhere/at-all.warc.gz", "there is no such file"),
        ("gopher://shelf/one.warc", "is no address that fsspec knows"),
        ("s3://shelf/one.warc", "s3fs"),
    ],
)
def test_a_place_without_files_is_a_usage_error(guangzhou: Importer, given: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        guangzhou(given)
    assert not guangzhou.archive.exists()


def test_a_password_in_an_address_is_not_told(guangzhou: Importer) -> None:
    with pytest.raises(UsageError) as raised:
        guangzhou("gopher://user:secret@shelf/one.warc")
    assert "secret" not in str(raised.value)
