"""What is counted for charts is what the tables hold, one row at a time."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from archive_pages import HOST, LIST, OTHER_STORY, STORY, article_page, at, capture, gone, list_page, record
from click.testing import CliRunner

from gzcrawler.archive import open_archive
from gzcrawler.archive.figures import MONTHS_SHOWN, NO_SECTION, Figures, figures
from gzcrawler.archive.run_history import count_runs, past_run, past_runs
from gzcrawler.cli import main

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator
    from pathlib import Path

    from conftest import OpenForWriting

    from gzcrawler.archive import Archive
    from gzcrawler.archive.figures import ByMonth
    from tests.conftest import VisitedPortal


@pytest.fixture(scope="module")
def connection(visited_portal: VisitedPortal) -> Iterator[sqlite3.Connection]:
    with open_archive(visited_portal.folder / "archive") as opened:
        yield opened.connection


@pytest.fixture(scope="module")
def counted(connection: sqlite3.Connection) -> Figures:
    return figures(connection)


def _by_name(data: ByMonth) -> dict[str, Counter[str]]:
    return {
        series.name: Counter(
            {month: value for month, value in zip(data.months, series.values, strict=True) if value}
        )
        for series in data.series
    }


def _portal_month(moment: str) -> str:
    return (datetime.fromisoformat(moment) + timedelta(hours=8)).strftime("%Y-%m")


def test_every_article_counts_once_by_month_of_publication(
    counted: Figures, connection: sqlite3.Connection
) -> None:
    dates = [
        row[0] for row in connection.execute("SELECT published FROM articles WHERE revision IS NOT NULL")
    ]
    data = counted.published
    assert data.undated == sum(day is None for day in dates)
    assert data.total + data.earlier + data.undated == len(dates)
    expected = Counter(day[:7] for day in dates if day is not None and day[:7] in data.months)
    assert sum(_by_name(data).values(), Counter()) == expected
    assert len(data.months) <= MONTHS_SHOWN
    assert list(data.months) == sorted(set(data.months))


def test_an_article_counts_in_the_list_that_has_the_fewest(archive: Archive, folder: Path) -> None:
    bay = f"{HOST}/gzbayareaupdates.html"
    record(
        archive,
        capture(LIST, list_page([(STORY, "A"), (OTHER_STORY, "B")]), at(0)),
        capture(bay, list_page([(STORY, "A")], name="Bay Area Updates"), at(1)),
        capture(STORY, article_page(), at(2)),
        capture(OTHER_STORY, article_page("Another text altogether.", title="Another title"), at(3)),
    )
    with open_archive(folder) as opened:
        found = _by_name(figures(opened.connection).published)
    assert found == {"Bay Area Updates": Counter({"2018-12": 1}), "Latest": Counter({"2018-12": 1})}


def test_an_article_that_no_list_shows_is_in_no_section(archive: Archive, folder: Path) -> None:
    record(archive, capture(STORY, article_page(), at(0)))
    with open_archive(folder) as opened:
        assert [series.name for series in figures(opened.connection).published.series] == [NO_SECTION]


def test_edits_and_removals_are_those_of_the_views(counted: Figures, connection: sqlite3.Connection) -> None:
    found = _by_name(counted.changes)
    edits = connection.execute("SELECT first_seen_new FROM edits").fetchall()
    removals = connection.execute("SELECT gone_since FROM removed WHERE state = 'gone'").fetchall()
    assert edits
    assert found.get("edited", Counter()) == Counter(_portal_month(moment) for (moment,) in edits)
    assert found.get("removed", Counter()) == Counter(_portal_month(moment) for (moment,) in removals)


def test_volume_is_all_captures_and_all_their_bytes(counted: Figures, connection: sqlite3.Connection) -> None:
    rows = connection.execute("SELECT captured_at, record_type, warc_length FROM captures").fetchall()
    found = _by_name(counted.captures)
    assert found["new_bodies"] == Counter(
        _portal_month(row[0]) for row in rows if row["record_type"] == "response"
    )
    assert found["repeated"] == Counter(
        _portal_month(row[0]) for row in rows if row["record_type"] != "response"
    )
    assert counted.stored.total == sum(row["warc_length"] for row in rows)


def test_delays_are_of_articles_published_since_the_first_run(archive: Archive, folder: Path) -> None:
    def story(number: int, day: str) -> str:
        return f"{HOST}/{day[:7]}/{day[8:]}/c_32200{number}.htm"

    published = {1: "2026-01-15", 2: "2026-01-14", 3: "2026-01-16", 4: "2026-01-17"}
    record(
        archive,
        *(
            capture(
                story(number, day),
                article_page(f"Text {number}.", title=f"Story {number}").replace(b"2018-12-26", day.encode()),
                at(days=3, minutes=number),
            )
            for number, day in published.items()
        ),
    )
    with open_archive(folder) as opened:
        found = _by_name(figures(opened.connection).delays)
    # The first run began on the 15th; captured on the 18th: three, two and one day later.
    assert found == {"next_day": Counter({"2026-01": 1}), "within_a_week": Counter({"2026-01": 2})}


def test_what_is_older_than_ten_years_is_counted_and_not_shown(archive: Archive, folder: Path) -> None:
    old = article_page("Text.", title="Story").replace(b"2018-12-26", b"2008-12-26")
    record(
        archive,
        capture(STORY, article_page(), at(0)),
        capture(f"{HOST}/2008-12/26/c_321175.htm", old, at(1)),
    )
    with open_archive(folder) as opened:
        data = figures(opened.connection).published
    assert len(data.months) == MONTHS_SHOWN
    assert data.months[-1] == "2018-12"
    assert (data.total, data.earlier) == (1, 1)


def test_links_count_by_the_articles_that_they_come_from(archive: Archive, folder: Path) -> None:
    others = [f"{HOST}/2018-12/28/c_32118{number}.htm" for number in range(3)]
    record(
        archive,
        capture(STORY, article_page(title="The one linked"), at(0)),
        *(
            capture(
                url,
                article_page(f"Text {place}.", title=f"Story {place}", related=[STORY, url]),
                at(place + 1),
            )
            for place, url in enumerate(others)
        ),
    )
    with open_archive(folder) as opened:
        (first, *rest) = figures(opened.connection).most_linked
    assert (first.label, first.count, first.article_id) == ("The one linked", 3, "guangzhou:c_321174")
    assert rest == []


def test_sources_and_authors_are_ranked(counted: Figures, connection: sqlite3.Connection) -> None:
    sources = Counter(
        row[0] for row in connection.execute("SELECT source FROM articles WHERE source IS NOT NULL")
    )
    authors = Counter(row[0] for row in connection.execute("SELECT name FROM authors"))
    for ranking, expected in ((counted.sources, sources), (counted.authors, authors)):
        assert [(one.label, one.count) for one in ranking] == sorted(
            expected.items(), key=lambda pair: (-pair[1], pair[0])
        )[: len(ranking)]
        assert len(ranking) == min(10, len(expected))


def test_nothing_of_a_redacted_article_is_counted_or_named(
    open_for_writing: OpenForWriting, folder: Path
) -> None:
    with open_for_writing() as archive:
        record(
            archive,
            capture(LIST, list_page([(STORY, "Quinquereme")]), at(0)),
            capture(STORY, article_page(title="Quinquereme by the river"), at(1)),
            capture(OTHER_STORY, article_page("A text.", title="Another", related=[STORY]), at(2)),
        )
    ended = CliRunner().invoke(
        main,
        [
            "redact",
            "guangzhou:c_321174",
            "--reason",
            "asked for by a court",
            "--archive",
            str(folder),
            "--yes",
        ],
    )
    assert ended.exit_code == 0, ended.output
    with open_archive(folder) as opened:
        found = figures(opened.connection)
    assert found.published.total == 1
    assert found.most_linked == ()
    assert "Quinquereme" not in str(found)


def test_an_empty_archive_has_empty_figures(archive: Archive, folder: Path) -> None:
    del archive
    with open_archive(folder) as opened:
        found = figures(opened.connection)
    assert found.last_capture is None
    assert {len(data.months) for data in (found.published, found.changes, found.captures, found.stored)} == {
        0
    }
    assert found.delays.total == 0
    assert found.most_linked == found.sources == found.authors == ()


@pytest.mark.parametrize(
    ("sql", "index"),
    [
        (
            "SELECT substr(captured_at, 1, 13), count(*), sum(warc_length) FROM captures GROUP BY 1",
            "captures_time",
        ),
        (
            "SELECT count(*) FROM revisions WHERE cause = 'source' AND number > 1 AND captured_at < '2026'",
            "revisions_changed",
        ),
        (
            """SELECT canonical_url, count(*) FROM links
            WHERE scope != 'site' AND canonical_url IS NOT NULL GROUP BY canonical_url""",
            "links_own",
        ),
    ],
)
def test_what_is_counted_is_read_off_an_index(connection: sqlite3.Connection, sql: str, index: str) -> None:
    plan = " ".join(row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}"))
    assert f"COVERING INDEX {index}" in plan


def test_runs_are_told_the_latest_first(connection: sqlite3.Connection) -> None:
    runs = past_runs(connection, limit=10)
    assert len(runs) == count_runs(connection) >= 2
    assert [run.started_at for run in runs] == sorted((run.started_at for run in runs), reverse=True)
    assert past_runs(connection, limit=1, offset=1) == runs[1:2]
    last = past_run(connection)
    assert last is not None
    assert last.uid == runs[0].uid
    assert past_run(connection, "0" * 32) is None


def test_a_run_says_what_it_did_and_how_close_its_requests_were(connection: sqlite3.Connection) -> None:
    crawl = next(run for run in past_runs(connection, limit=10) if run.command == "crawl")
    found = past_run(connection, crawl.uid)
    assert found is not None
    assert found.record["captures"] > 0
    assert found.requests == sum(host.requests for host in found.hosts) > 0
    assert found.seconds is not None
    assert found.closest is not None
    assert found.closest.smallest_gap == min(
        host.smallest_gap for host in found.hosts if host.smallest_gap is not None
    )


def test_a_confirmed_removal_counts_from_the_day_it_was_missed(archive: Archive, folder: Path) -> None:
    record(archive, capture(STORY, article_page(), at(0)))
    record(archive, *(gone(STORY, at(days=day)) for day in (10, 20, 40)))
    with open_archive(folder) as opened:
        state = opened.connection.execute("SELECT state FROM articles").fetchone()[0]
        found = _by_name(figures(opened.connection).changes)
    assert state == "gone"
    assert found == {"removed": Counter({"2026-01": 1})}
