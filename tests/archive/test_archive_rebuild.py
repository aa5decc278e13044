"""Two copies: the database made again from the WARC files alone says what the old one said."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from archive_pages import (
    CUSTOM,
    DAY,
    HOST,
    OTHER_STORY,
    PORTAL,
    RECORDING,
    STORY,
    TABLES,
    article_page,
    at,
    capture,
    dump,
    fetched,
    one,
    record,
    rows,
)

from gzcrawler.archive import Archive, Failure, open_archive, rebuild, verify
from gzcrawler.archive.directory import Directory
from gzcrawler.archive.warc_reading import read_members
from gzcrawler.errors import ArchiveLockedError, NewerSchemaError, NotAnArchiveError
from gzcrawler.portals import parse_portal

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Clock, OpenForWriting


def contents(folder: Path, tables: dict[str, str]) -> dict[str, list[object]]:
    with open_archive(folder) as opened:
        return dump(opened.connection, tables)


def remove_database(folder: Path) -> None:
    for path in folder.glob("gzcrawler.db*"):
        path.unlink()


@pytest.fixture(scope="module")
def rebuilt(crawled: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same WARC files with a database of their own."""
    folder = tmp_path_factory.mktemp("rebuilt") / "archive"
    (folder / "warc").mkdir(parents=True)
    for path in Directory(crawled).warc_files():
        shutil.copy(path, folder / "warc")
    assert rebuild(folder).torn == ()
    return folder


@pytest.fixture(scope="module")
def before_and_after(crawled: Path, rebuilt: Path) -> tuple[dict[str, list[object]], dict[str, list[object]]]:
    tables = TABLES | RECORDING
    return contents(crawled, tables), contents(rebuilt, tables)


@pytest.mark.parametrize("table", (TABLES | RECORDING).keys())
def test_a_rebuilt_archive_has_equal(
    before_and_after: tuple[dict[str, list[object]], dict[str, list[object]]], table: str
) -> None:
    before, after = before_and_after
    assert before[table], "a comparison of nothing proves nothing"
    assert after[table] == before[table]


def test_a_rebuilt_archive_is_whole(rebuilt: Path) -> None:
    assert verify(rebuilt).damage == []
    with open_archive(rebuilt) as opened:
        assert (
            one(opened.connection, "SELECT count(*) FROM articles WHERE indexed_revision IS NOT revision")
            == 0
        )


def test_a_crawl_after_a_rebuild_finds_nothing_new(open_for_writing: OpenForWriting, folder: Path) -> None:
    with open_for_writing() as archive:
        record(archive, capture())
    rebuild(folder)
    with open_for_writing() as archive:
        assert archive.recovered == 0
        record(archive, capture(when=at(5)))
        assert rows(archive.connection, "SELECT record_type FROM captures ORDER BY captured_at") == [
            ("response",),
            ("revisit",),
        ]


def test_opening_to_write_without_a_database_reads_all_files_in(crawled_copy: Path) -> None:
    before = contents(crawled_copy, TABLES)
    remove_database(crawled_copy)
    with Archive(crawled_copy, PORTAL, command="test") as archive:
        assert archive.recovered == len(before["captures"])
        assert dump(archive.connection) == before


def test_files_are_read_in_the_order_they_were_written_though_the_clock_was_set_back(
    open_for_writing: OpenForWriting, clock: Clock, folder: Path
) -> None:
    with open_for_writing() as archive:
        record(archive, capture())
    clock.advance(-30 * DAY)
    with open_for_writing() as archive:
        record(archive, capture(OTHER_STORY, when=at(days=-30)))
        before = dump(archive.connection)
    rebuild(folder)
    assert contents(folder, TABLES) == before


def test_a_portal_that_is_not_built_in_is_rebuilt_by_the_maps_in_the_files(
    open_for_writing: OpenForWriting, folder: Path
) -> None:
    grown = parse_portal(
        dict(CUSTOM.facts) | {"hosts": [*CUSTOM.facts["hosts"], {"address": "new.example"}]}, origin="test"
    )
    with open_for_writing(CUSTOM) as archive:
        record(archive, capture())
    with open_for_writing(grown) as archive:
        record(archive, capture("https://new.example/2018-12/27/c_5.htm", when=at(1)))
        before = dump(archive.connection)
    remove_database(folder)
    rebuild(folder)
    assert contents(folder, TABLES) == before
    assert contents(folder, {"portals": "SELECT name, digest FROM portals"})["portals"] == [
        (grown.name, grown.digest)
    ]


def damaged(folder: Path, spoil: Callable[[bytearray, list[int]], None]) -> None:
    """Spoil the archive's file, given the offsets of its records."""
    (path,) = Directory(folder).warc_files()
    offsets = [member.offset for member in read_members(path)]
    content = bytearray(path.read_bytes())
    spoil(content, offsets)
    path.write_bytes(content)


def flip_in_third_response(content: bytearray, offsets: list[int]) -> None:
    # warcinfo, map, then request and response of each capture
    content[offsets[7] + 200] ^= 0x55


def test_rebuild_goes_on_behind_damage_and_names_it(open_for_writing: OpenForWriting, folder: Path) -> None:
    urls = [f"{HOST}/2018-12/26/c_{n}.htm" for n in range(1, 7)]
    with open_for_writing() as archive:
        archive.record_all(
            [fetched(capture(url, article_page(f"Story {url}."), at(n))) for n, url in enumerate(urls)]
        )
    damaged(folder, flip_in_third_response)
    size = Directory(folder).warc_files()[0].stat().st_size
    made = rebuild(folder)
    assert made.captures == 5
    assert len(made.torn) >= 1
    assert "damaged from byte" in made.torn[0]
    with open_for_writing() as archive:
        assert {url for (url,) in rows(archive.connection, "SELECT url FROM captures")} == {*urls} - {urls[2]}
    assert Directory(folder).warc_files()[0].stat().st_size == size, "nothing behind the damage is cut off"


def test_rebuild_names_a_repeated_body_that_is_lost(open_for_writing: OpenForWriting, folder: Path) -> None:
    urls = [f"{HOST}/2018-12/26/c_{n}.htm" for n in range(1, 4)]
    with open_for_writing() as archive:
        archive.record_all([fetched(capture(url, article_page(f"Story {url}."))) for url in urls])
        record(
            archive,
            capture(urls[2], article_page(f"Story {urls[2]}."), at(5)),
            capture(OTHER_STORY, when=at(6)),
        )
    damaged(folder, flip_in_third_response)
    made = rebuild(folder)
    assert made.captures == 3
    assert any("no capture holds the payload" in sentence for sentence in made.torn)


def test_a_page_that_todays_map_knows_no_more_is_rebuilt_by_the_files_map(
    open_for_writing: OpenForWriting, folder: Path
) -> None:
    former = parse_portal(
        dict(PORTAL.facts) | {"hosts": [*PORTAL.facts["hosts"], {"address": "former.example"}]}, origin="test"
    )
    with open_for_writing(former) as archive:
        record(archive, capture("https://former.example/2018-12/27/c_5.htm"), capture(when=at(1)))
        archive.record_all([Failure("https://former.example/2018-12/27/c_6.htm", at(2), "timeout", "none")])
        before = dump(archive.connection)
    rebuild(folder)
    assert contents(folder, TABLES) == before


def test_a_database_of_a_newer_release_is_not_replaced(
    open_for_writing: OpenForWriting, folder: Path
) -> None:
    with open_for_writing() as archive:
        record(archive, capture())
        archive.connection.execute(
            "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES ('gzcrawler', 'holograms', '')"
        )
    before = (folder / "gzcrawler.db").read_bytes()
    with pytest.raises(NewerSchemaError, match="holograms"):
        rebuild(folder)
    assert (folder / "gzcrawler.db").read_bytes() == before


@pytest.mark.parametrize("content", [b"", b"This is not a database. " * 400])
def test_a_database_that_is_damaged_is_replaced(
    open_for_writing: OpenForWriting, folder: Path, content: bytes
) -> None:
    with open_for_writing() as archive:
        record(archive, capture())
        before = dump(archive.connection)
    (folder / "gzcrawler.db").write_bytes(content)
    rebuild(folder)
    assert contents(folder, TABLES) == before


def test_rebuild_names_a_file_whose_beginning_is_lost(open_for_writing: OpenForWriting, folder: Path) -> None:
    with open_for_writing() as archive:
        record(archive, capture())
    damaged(folder, lambda content, offsets: content.__setitem__(slice(0, 30), bytes(30)))
    made = rebuild(folder)
    assert made.captures == 0
    assert any("warcinfo" in sentence for sentence in made.torn)


def test_a_rebuild_that_fails_leaves_the_old_database(open_for_writing: OpenForWriting, folder: Path) -> None:
    with open_for_writing() as archive:
        record(archive, capture())
    before = (folder / "gzcrawler.db").read_bytes()

    def interrupt(_: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rebuild(folder, tell=interrupt)
    assert (folder / "gzcrawler.db").read_bytes() == before
    assert list(folder.glob("*rebuilding*")) == []


def test_rebuild_waits_for_nobody(archive: Archive, folder: Path) -> None:
    record(archive, capture(STORY))
    with pytest.raises(ArchiveLockedError, match="gzcrawler test"):
        rebuild(folder)


def test_a_folder_without_warc_files_cannot_be_rebuilt(tmp_path: Path) -> None:
    with pytest.raises(NotAnArchiveError, match="has no WARC files"):
        rebuild(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_captures_from_elsewhere_are_rebuilt_with_their_names(
    open_for_writing: OpenForWriting, folder: Path
) -> None:
    page = article_page("The first pump house is a ruin.")
    with open_for_writing() as archive:
        record(
            archive,
            capture(),
            capture(
                payload=page, when=at(days=-2000), via="warc", original_id="urn:uuid:1", request_headers=()
            ),
            capture(payload=page, when=at(days=-1000), via="wayback", original_id="a:2", request_headers=()),
        )
        assert rows(
            archive.connection, "SELECT via, original_id, record_type FROM captures ORDER BY captured_at"
        ) == [("warc", "urn:uuid:1", "response"), ("wayback", "a:2", "revisit"), ("live", None, "response")]
        before = dump(archive.connection, TABLES | {"raw": RECORDING["raw"]})
    rebuild(folder)
    assert contents(folder, TABLES | {"raw": RECORDING["raw"]}) == before
    assert verify(folder).damage == []
