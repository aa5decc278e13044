"""Reading the archive again: what today's readers say becomes true, and what was read before stays on file."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import pytest
from archive_pages import (
    CHALLENGE_PAGE,
    CUSTOM,
    LIST,
    OTHER_STORY,
    PORTAL,
    SECOND_PART,
    STORY,
    TABLES,
    UNREADABLE_PAGE,
    article_page,
    at,
    capture,
    dump,
    list_page,
    not_modified,
    one,
    record,
    rows,
)
from click.testing import CliRunner
from drawn_captures import OLDER_READERS, drawn_captures, record_all
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from older_readers import (
    blind,
    half_a_list,
    portal_with,
    record_as_then,
    single_pages,
    trusting,
    with_clock,
    without,
)

from gzcrawler.archive import Archive, open_archive, read_stored, rebuild, reparse, verify
from gzcrawler.archive.directory import Directory
from gzcrawler.cli import main
from gzcrawler.errors import ArchiveLockedError, NotAnArchiveError, UsageError
from gzcrawler.items import Article, Reading
from gzcrawler.portals import load_portal

if TYPE_CHECKING:
    from conftest import Clock, OpenForWriting

    from gzcrawler.archive import Reparsed


def read_again(folder: Path, clock: Clock, **options: Any) -> Reparsed:
    clock.advance()
    return reparse(folder, PORTAL, workers=1, now=clock, **options)[0]


def contents(folder: Path, tables: dict[str, str] = TABLES) -> dict[str, list[tuple[Any, ...]]]:
    with open_archive(folder) as opened:
        return dump(opened.connection, tables)


def query(folder: Path, sql: str, *parameters: object) -> list[tuple[Any, ...]]:
    with open_archive(folder) as opened:
        return rows(opened.connection, sql, *parameters)


REVISIONS = """SELECT number, cause, version, json_extract(record, '$.source'), substr(captured_at, 1, 16)
    FROM history ORDER BY id, number"""


# -- revisions ----------------------------------------------------------------------------------------


def test_what_reads_otherwise_is_a_revision_of_the_reader_and_is_shown(
    open_for_writing: OpenForWriting, folder: Path, clock: Clock
) -> None:
    with open_for_writing() as archive:
        record_as_then(archive, without(source=None), capture())
    report = read_again(folder, clock)
    assert query(folder, REVISIONS) == [
        (1, "source", 1, None, "2026-01-15T01:00"),
        (2, "reader", 1, "eguangzhou.gov.cn", "2026-01-15T01:00"),
    ]
    with open_archive(folder) as opened:
        assert opened.article(STORY)["source"] == "eguangzhou.gov.cn"
        assert opened.article(STORY)["envelope"]["revision"] == 2
    assert report.fields == {("subsite", "source"): 1}
    assert report.revisions == 1


def test_a_second_time_changes_nothing_and_says_so(
    open_for_writing: OpenForWriting, folder: Path, clock: Clock
) -> None:
    with open_for_writing() as archive:
        record_as_then(archive, with_clock, *(capture(when=at(n)) for n in range(3)))
    read_again(folder, clock)
    before = contents(folder)
    report = read_again(folder, clock)
    assert (report.changed, report.said) == (0, "3 captures read again: all read as before")
    assert contents(folder) == before
    assert query(folder, "SELECT verdict, exit_code FROM runs ORDER BY id DESC LIMIT 1") == [
        ("complete: 3 captures read again: all read as before", 0)
    ]


def test_revisions_that_a_reader_had_invented_are_the_portals_no_more(
    open_for_writing: OpenForWriting, folder: Path, clock: Clock
) -> None:
    with open_for_writing() as archive:
        record_as_then(
            archive,
            with_clock,
            *(capture(payload=article_page(chrome=str(n)), when=at(n)) for n in range(3)),
        )
        assert one(archive.connection, "SELECT count(*) FROM revisions WHERE cause = 'source'") == 3
    read_again(folder, clock)
    assert query(folder, "SELECT number, cause, version FROM history") == [
        (1, "source", 1),
        (2, "reader", 1),
        (3, "reader", 1),
        (4, "reader", 1),
    ]
    assert not any("It is now" in line for line in article(folder)["body"])


def article(folder: Path, key: str = STORY) -> dict[str, Any]:
    with open_archive(folder) as opened:
        return opened.article(key)


def test_an_edit_that_a_reader_had_missed_is_a_change_of_the_portal_when_it_was_made(
    open_for_writing: OpenForWriting, folder: Path, clock: Clock
) -> None:
    pages = [article_page("As it was first."), article_page("As it was edited.")]
    with open_for_writing() as archive:
        captures = [capture(payload=page, when=at(n)) for n, page in enumerate(pages)]
        record_as_then(archive, without(body=("One paragraph.",)), *captures)
    read_again(folder, clock)
    assert query(folder, "SELECT number, cause, version, not_before FROM history") == [
        (1, "source", 1, None),
        (2, "reader", 1, None),
        (3, "source", 2, "2026-01-15T01:00:00.000Z"),
    ]


def test_each_version_of_the_portal_is_read_again(
    open_for_writing: OpenForWriting, folder: Path, clock: Clock
) -> None:
    pages = [article_page("As it was first."), article_page("As it was edited.")]
    with open_for_writing() as archive:
        captures = [capture(payload=page, when=at(n)) for n, page in enumerate(pages)]
        record_as_then(archive, without(source=None), *captures)
    read_again(folder, clock)
    assert query(folder, "SELECT number, cause, version, captured_at FROM history") == [
        (1, "source", 1, "2026-01-15T01:00:00.000Z"),
        (2, "reader", 1, "2026-01-15T01:00:00.000Z"),
        (3, "source", 2, "2026-01-15T01:01:00.000Z"),
        (4, "reader", 2, "2026-01-15T01:01:00.000Z"),
    ]


def test_a_field_beside_the_content_is_a_revision_of_the_reader_too(
    open_for_writing: OpenForWriting, folder: Path, clock: Clock
) -> None:
    with open_for_writing() as archive:
        record_as_then(archive, without(breadcrumbs=()), capture())
    report = read_again(folder, clock)
    digests = query(folder, "SELECT cause, content_digest FROM revisions ORDER BY number")
    assert [cause for cause, _ in digests] == ["source", "reader"]
    assert digests[0][1] == digests[1][1]
    assert [field for _, field in report.fields] == ["breadcrumbs"]
    assert read_again(folder, clock).changed == 0


def test_the_next_crawl_compares_with_todays_reading(
    open_for_writing: OpenForWriting, folder: Path, clock: Clock
) -> None:
    with open_for_writing() as archive:
        record_as_then(archive, without(source=None), capture())
    read_again(folder, clock)
    with open_for_writing() as archive:
        record(archive, capture(payload=article_page(chrome="visitors: 2"), when=at(5)))
        assert one(archive.connection, "SELECT count(*) FROM revisions") == 2
        record(archive, capture(payload=article_page("Edited since."), when=at(9)))
    assert query(folder, "SELECT number, cause, version FROM history") == [
        (1, "source", 1),
        (2, "reader", 1),
        (3, "source", 2),
    ]


def test_a_crawl_with_new_readers_before_the_reparse_leaves_no_false_change(
    open_for_writing: OpenForWriting, folder: Path, clock: Clock
) -> None:
    with open_for_writing() as archive:
        record_as_then(archive, without(source=None), capture())
        record(archive, capture(payload=article_page(chrome="visitors: 2"), when=at(5)))
    read_again(folder, clock)
    assert query(folder, "SELECT number, cause, version, captured_at FROM history") == [
        (1, "source", 1, "2026-01-15T01:00:00.000Z"),
        (2, "reader", 1, "2026-01-15T01:00:00.000Z"),
    ]


def test_readings_of_three_releases_stand_in_their_order(
    open_for_writing: OpenForWriting, folder: Path, clock: Clock
) -> None:
    with open_for_writing() as archive:
        record_as_then(archive, without(source=None), capture())
    read_again(folder, clock)
    with open_for_writing() as archive:
        # As if the release after that had read the source otherwise again.
        archive.connection.execute(
            "UPDATE revisions SET record = replace(record, 'eguangzhou.gov.cn\",\"authors', 'GZ\",\"authors') WHERE number = 2"
        )
        assert one(archive.connection, "SELECT changes()") == 1
        (text,) = rows(archive.connection, "SELECT record FROM revisions WHERE number = 2")[0]
        digest = Article.from_dict(json.loads(text)).content_digest
        archive.connection.execute("UPDATE revisions SET content_digest = ? WHERE number = 2", (digest,))
        archive.connection.execute("UPDATE revisions SET reading_digest = ?", (digest,))
        archive.connection.execute("UPDATE captures SET content_digest = ?", (digest,))
    read_again(folder, clock)
    assert [(n, cause, source) for n, cause, _, source, _ in query(folder, REVISIONS)] == [
        (1, "source", None),
        (2, "reader", "GZ"),
        (3, "reader", "eguangzhou.gov.cn"),
    ]
    assert verify(folder).damage == []


# -- what else a page shows ---------------------------------------------------------------------------


def test_entries_of_a_list_that_were_missed_are_placed_and_their_pages_due(
    open_for_writing: OpenForWriting, folder: Path, clock: Clock
) -> None:
    page = list_page([(STORY, "Pump houses reopen"), (OTHER_STORY, "Another story")])
    with open_for_writing() as archive:
        record_as_then(archive, half_a_list, capture(LIST, page))
    report = read_again(folder, clock)
    assert query(folder, "SELECT position, url FROM placements ORDER BY position") == [
        (0, STORY),
        (1, OTHER_STORY),
    ]
    assert report.new_pages == 1
    assert query(folder, "SELECT due_at FROM pages WHERE canonical_url = ?", STORY) == [
        ("2026-01-15T01:00:00.000Z",)
    ]


def test_links_and_images_are_those_that_todays_readers_see(
    open_for_writing: OpenForWriting, folder: Path, clock: Clock
) -> None:
    with open_for_writing() as archive:
        page = article_page(related=(OTHER_STORY,))
        record_as_then(archive, without(related_links=(), images=()), capture(payload=page))
        assert rows(archive.connection, "SELECT * FROM links") == []
    read_again(folder, clock)
    assert query(folder, "SELECT canonical_url FROM links") == [(OTHER_STORY,)]
    assert query(folder, "SELECT caption FROM images") == [("A reader at the window.",)]


def test_pages_of_a_continued_article_are_joined_when_readers_learn_of_them(
    open_for_writing: OpenForWriting, folder: Path, clock: Clock
) -> None:
    first = capture(STORY, article_page("First page.", further=("c_321174_2.htm",)))
    with open_for_writing() as archive:
        record_as_then(archive, single_pages, first)
    read_again(folder, clock)
    assert "First page." in article(folder)["body"][0], (
        "until the rest is captured the last good reading stands"
    )
    with open_for_writing() as archive:
        record(archive, capture(SECOND_PART, article_page("Second page."), at(days=2)))
    assert [text for text in article(folder)["body"] if "page" in text] == ["First page.", "Second page."]
    assert query(folder, "SELECT number, cause FROM history") == [(1, "source"), (2, "reader")]


def test_a_challenge_that_was_taken_for_an_article_is_one_no_more(
    open_for_writing: OpenForWriting, folder: Path, clock: Clock
) -> None:
    with open_for_writing() as archive:
        record_as_then(archive, trusting, capture(), capture(payload=CHALLENGE_PAGE, when=at(5)))
        assert one(archive.connection, "SELECT title FROM articles") == "Checking your browser"
    report = read_again(folder, clock)
    assert article(folder)["title"] == "Pump houses reopen by the river"
    assert report.kinds == {("article", "challenge"): 1}
    assert query(folder, "SELECT cause, version FROM history ORDER BY number") == [
        ("source", 1),
        ("reader", 1),
        ("reader", 1),
    ]
    assert query(folder, "SELECT state, due_at FROM pages WHERE canonical_url = ?", STORY) == [
        ("challenge", "2026-01-16T01:00:00.000Z")
    ]


def test_an_article_that_never_was_one_is_shown_no_more_and_its_readings_stay(
    open_for_writing: OpenForWriting, folder: Path, clock: Clock
) -> None:
    with open_for_writing() as archive:
        record_as_then(archive, trusting, capture(payload=CHALLENGE_PAGE))
    read_again(folder, clock)
    assert query(folder, "SELECT id FROM latest") == []
    assert query(folder, "SELECT cause, title FROM history") == [("reader", "Checking your browser")]
    assert read_again(folder, clock).changed == 0


# -- quarantine ---------------------------------------------------------------------------------------


def test_pages_leave_quarantine_when_they_can_be_read(
    open_for_writing: OpenForWriting, folder: Path, clock: Clock
) -> None:
    with open_for_writing() as archive:
        record_as_then(archive, blind, capture())
        assert one(archive.connection, "SELECT count(*) FROM quarantine") == 1
    report = read_again(folder, clock)
    assert query(folder, "SELECT * FROM quarantine") == []
    assert query(folder, "SELECT number, cause FROM history") == [(1, "source")]
    assert (report.left_quarantine, report.left) == (1, [STORY])


def test_a_page_that_cannot_be_read_any_more_keeps_its_last_good_reading(
    open_for_writing: OpenForWriting, folder: Path, clock: Clock
) -> None:
    taken = capture(payload=UNREADABLE_PAGE)
    good = read_stored(capture(), PORTAL)
    assert isinstance(good, Reading)
    with open_for_writing() as archive:
        archive.record(taken, good)
    clock.advance()
    report, exit_code = reparse(folder, PORTAL, workers=1, now=clock)
    assert query(folder, "SELECT error FROM quarantine") == [("MissingTitleError",)]
    assert article(folder)["title"] == "Pump houses reopen by the river"
    assert (exit_code, report.entered_quarantine) == (10, 1)
    assert (read_again(folder, clock).changed, len(query(folder, "SELECT * FROM revisions"))) == (0, 1)
    with open_for_writing() as archive:
        record(archive, not_modified(taken, at(days=3)))
        assert one(archive.connection, "SELECT count(*) FROM quarantine") == 1, "nobody read it"
        record(archive, capture(when=at(days=4)))
        assert one(archive.connection, "SELECT count(*) FROM quarantine") == 0


def test_an_alarm_of_a_run_that_was_killed_is_not_swallowed(
    open_for_writing: OpenForWriting, folder: Path, clock: Clock
) -> None:
    with open_for_writing() as archive:
        record(archive, capture(payload=UNREADABLE_PAGE))
    assert reparse(folder, PORTAL, workers=1, now=clock)[1] == 10
    assert reparse(folder, PORTAL, workers=1, now=clock)[1] == 0


# -- the run ------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def read_by_older_readers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive of seventy articles, read twice by readers who missed things. To be copied."""
    folder = tmp_path_factory.mktemp("older") / "archive"
    readers = (without(source=None), with_clock, blind, without(breadcrumbs=()))
    for run in range(2):
        with Archive(folder, PORTAL, command="test") as archive:
            archive.connection.execute("PRAGMA synchronous = OFF")
            for number in range(70):
                url = f"{STORY.rpartition('/')[0]}/c_4{number:03d}.htm"
                page = article_page(f"Story {number}, told for time {run * (number % 3)}.", chrome=str(run))
                record_as_then(archive, readers[number % 4], capture(url, page, at(number, days=run)))
    return folder


@pytest.fixture(scope="module")
def undisturbed(read_by_older_readers: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("undisturbed") / "archive"
    shutil.copytree(read_by_older_readers, folder)
    report, _ = reparse(folder, PORTAL, workers=1)
    assert report.revisions > 70, "a comparison of nothing proves nothing"
    return contents(folder)


@pytest.fixture
def older(read_by_older_readers: Path, folder: Path) -> Path:
    shutil.copytree(read_by_older_readers, folder)
    return folder


def test_processes_read_as_this_one_does(older: Path, undisturbed: Any) -> None:
    reparse(older, PORTAL, workers=2)
    assert contents(older) == undisturbed


_KILLED = """
import os, signal, sys
from gzcrawler.archive import reparse, utc_now
from gzcrawler.portals import load_portal

left = int(sys.argv[2])

def count(*_):
    global left
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return utc_now()

if __name__ == "__main__":
    counted = {"tell": count} if sys.argv[3] == "reading" else {"now": count}
    reparse(sys.argv[1], load_portal("guangzhou"), workers=int(sys.argv[4]), **counted)
"""


@pytest.mark.parametrize(
    ("moment", "phase", "workers"),
    [
        (1, "reading", 1),
        (1, "reading", 2),
        (1, "writing", 1),
        (20, "writing", 1),
        (60, "writing", 1),
        (72, "writing", 1),
    ],
)
def test_killed_at_any_moment_the_next_run_completes_it(
    older: Path, undisturbed: Any, tmp_path: Path, moment: int, phase: str, workers: int
) -> None:
    script = tmp_path / "killed.py"
    script.write_text(_KILLED, "utf-8")
    ended = subprocess.run(
        [sys.executable, script, older, str(moment), phase, str(workers)],
        timeout=60,
        check=False,
        capture_output=True,
    )
    assert ended.returncode == -signal.SIGKILL, ended.stderr
    assert verify(older).damage == []
    reparse(older, PORTAL, workers=1)
    assert contents(older) == undisturbed
    assert list(older.glob("*reparse*")) == []


def test_a_dry_run_reports_the_same_and_writes_nothing(older: Path) -> None:
    before = {path.name: path.read_bytes() for path in older.rglob("*") if path.is_file()}
    told = reparse(older, PORTAL, workers=1, dry_run=True)[0]
    after = {path.name: path.read_bytes() for path in older.rglob("*") if path.is_file()}
    assert {name: after[name] for name in before} == before
    assert after.keys() - before.keys() <= {"gzcrawler.db-wal", "gzcrawler.db-shm"}
    done = reparse(older, PORTAL, workers=1)[0]
    assert (told.captures, told.changed) == (140, done.changed)
    assert (told.fields, told.kinds, told.left) == (done.fields, done.kinds, done.left)


def test_rebuild_makes_the_portals_versions_and_todays_readings_of_them(older: Path) -> None:
    versions = """SELECT h.id, h.version, h.captured_at, r.reading_digest FROM history h
        JOIN revisions r ON r.article_id = h.id AND r.number = h.number WHERE h.cause = 'source'"""
    tables = _SHOWN | {"by number": versions}
    reparse(older, PORTAL, workers=1)
    before = contents(older, tables)
    assert query(older, "SELECT count(*) FROM revisions WHERE cause = 'reader'") != [(0,)]
    rebuild(older)
    assert contents(older, tables) == before
    assert query(older, "SELECT count(*) FROM revisions WHERE cause = 'reader'") == [(0,)]


def test_search_finds_the_words_of_todays_reading(older: Path) -> None:
    asked = "SELECT count(*) FROM search_index WHERE search_index MATCH 'clock OR \"it is now\"'"
    assert query(older, asked) != [(0,)]
    reparse(older, PORTAL, workers=1)
    assert query(older, asked) == [(0,)]


def test_a_changed_map_reads_the_archive_otherwise(
    open_for_writing: OpenForWriting, folder: Path, clock: Clock
) -> None:
    layout = {"name": "town", "marks": [".art_box"], "kind": "article"}
    mended = portal_with(CUSTOM, layouts=[layout, *CUSTOM.facts["layouts"]])
    with open_for_writing(CUSTOM) as archive:
        record(archive, capture())
    clock.advance()
    report, _ = reparse(folder, mended, workers=1, now=clock)
    assert query(folder, "SELECT cause, layout FROM revisions ORDER BY number") == [
        ("source", "subsite"),
        ("reader", "town"),
    ]
    assert report.fields == {("town", "layout"): 1}
    assert reparse(folder, mended, workers=1, now=clock)[0].changed == 0


def test_captures_that_the_map_gives_to_other_pages_are_left_for_a_rebuild(
    open_for_writing: OpenForWriting, folder: Path
) -> None:
    former = portal_with(CUSTOM, hosts=[*CUSTOM.facts["hosts"], {"address": "former.example"}])
    with open_for_writing(former) as archive:
        record_as_then(archive, without(source=None), capture("https://former.example/2018-12/27/c_5.htm"))
    assert reparse(folder, former, workers=1, dry_run=True)[0].changed == 1
    known = reparse(folder, CUSTOM, workers=1, dry_run=True)[0]
    assert (known.changed, known.elsewhere) == (1, 0), (
        "an address that today's map lost is read by the file's"
    )
    moved = portal_with(former, hosts=[*former.facts["hosts"][::-1]])
    assert reparse(folder, moved, workers=1, dry_run=True)[0].elsewhere == 1


def test_what_was_withdrawn_stays_withdrawn(older: Path, tmp_path: Path) -> None:
    (entries,) = [
        [(url, "A story") for (url,) in query(older, "SELECT url FROM captures ORDER BY id LIMIT 3")]
    ]
    with Archive(older, PORTAL, command="test") as archive:
        record(archive, capture(LIST, list_page(entries), at(days=5)))
    CliRunner().invoke(
        main, ["redact", "guangzhou:c_4000", "--archive", str(older), "--reason", "a test", "--yes"]
    )
    reparse(older, PORTAL, workers=1)
    assert query(older, "SELECT * FROM articles WHERE id = 'guangzhou:c_4000'") == []
    assert query(older, "SELECT count(*) FROM placements") == [(2,)]
    assert query(older, "SELECT DISTINCT kind FROM captures WHERE url LIKE '%c_4000.htm'") == [("redacted",)]
    assert reparse(older, PORTAL, workers=1)[0].changed == 0
    assert verify(older).damage == []


def test_it_waits_for_nobody(archive: Archive, folder: Path) -> None:
    record(archive, capture())
    with pytest.raises(ArchiveLockedError, match="gzcrawler test"):
        reparse(folder, PORTAL, workers=1)
    assert reparse(folder, PORTAL, workers=1, dry_run=True)[0].captures == 1


def test_a_folder_without_an_archive_stays_as_it_is(tmp_path: Path) -> None:
    with pytest.raises(NotAnArchiveError):
        reparse(tmp_path / "nothing", PORTAL)
    assert list(tmp_path.iterdir()) == []


def test_a_portal_that_the_archive_does_not_have_is_named(older: Path) -> None:
    with pytest.raises(UsageError, match="it has: guangzhou"):
        reparse(older, load_portal("hangzhou"), workers=1)
    assert query(older, "SELECT count(*) FROM runs WHERE command = 'reparse'") == [(0,)]


def test_damage_is_named_and_the_rest_is_read(older: Path) -> None:
    path = Directory(older).warc_files()[0]
    ((offset, length),) = query(older, "SELECT warc_offset, warc_length FROM captures ORDER BY id LIMIT 1")
    content = bytearray(path.read_bytes())
    content[offset + length // 2] ^= 0x55
    path.write_bytes(content)
    report, exit_code = reparse(older, PORTAL, workers=1)
    assert exit_code == 14
    assert f"byte {offset}" in report.damage[0]
    assert report.revisions > 60


# -- as today's readers would have made it --------------------------------------------------------------

_SHOWN = {name: sql for name, sql in TABLES.items() if name not in ("articles", "revisions", "pages")} | {
    "articles": """SELECT id, edition, language, canonical_url, title, published, source, state,
        content_digest, first_seen, last_seen, last_verified, gone_since FROM articles
        WHERE content_digest IS NOT NULL""",
    "latest": "SELECT id, title, captured_at, record FROM latest",
    "versions": "SELECT article_id, captured_at, reading_digest FROM revisions WHERE cause = 'source'",
    "lists": """SELECT p.canonical_url, l.content_digest, l.next_url
        FROM list_states l JOIN pages p ON p.id = l.page_id""",
    "authors": "SELECT * FROM authors",
    "known": "SELECT canonical_url, article_id, section, part FROM pages",
}


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_a_reparsed_archive_shows_what_todays_readers_would_have_made_of_it(data: st.DataObject) -> None:
    captures = data.draw(drawn_captures())
    readers = [data.draw(st.sampled_from(OLDER_READERS)) for _ in captures]
    with TemporaryDirectory() as scratch:
        folder = Path(scratch) / "then"
        record_all(folder, captures, readers)
        reparse(folder, PORTAL, workers=1)
        record_all(Path(scratch) / "today", captures, [without()] * len(captures))
        assert contents(folder, _SHOWN) == _without_continued(
            contents(Path(scratch) / "today", _SHOWN), contents(folder, _SHOWN)
        )
        before = contents(folder)
        assert reparse(folder, PORTAL, workers=1)[0].changed == 0
        assert contents(folder) == before
        assert verify(folder).damage == []


def _without_continued(today: dict[str, Any], then: dict[str, Any]) -> dict[str, Any]:
    """Where today's readers wait for further pages, the last good reading of the others stands."""
    if today["versions"]:
        return today
    return today | {name: then[name] for name in ("articles", "latest", "images", "authors")}


def test_an_archive_of_an_earlier_release_is_upgraded_and_learns_what_its_records_fill(
    open_for_writing: OpenForWriting, folder: Path
) -> None:
    filled = "SELECT layout, filled FROM revisions"
    with open_for_writing() as archive:
        record(archive, capture())
        before = rows(archive.connection, filled)
        for statement in (
            "DROP INDEX revisions_filled",
            "ALTER TABLE revisions DROP COLUMN filled",
            "ALTER TABLE revisions DROP COLUMN layout",
            "DELETE FROM _sqlite_migrations WHERE name = 'fields_filled'",
        ):
            archive.connection.execute(statement)
    assert reparse(folder, PORTAL, workers=1)[0].changed == 0
    assert query(folder, filled) == before
    assert before[0][1] is not None
