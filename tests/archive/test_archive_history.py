"""The history of an article: edits, continued articles, removals; in whatever order captures came."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest
from archive_pages import (
    CHALLENGE_PAGE,
    DISTRICT_STORY,
    LIST,
    OTHER_STORY,
    PORTAL,
    SECOND_PART,
    STORY,
    THIRD_PART,
    UNREADABLE_PAGE,
    article_page,
    assert_index_is_true,
    at,
    capture,
    dump,
    fetched,
    gone,
    list_page,
    not_modified,
    one,
    record,
    rows,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gzcrawler.archive import Archive, Outcome
from gzcrawler.archive.history import Sighting, fold

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gzcrawler.items import Capture

A = article_page("The text as it was first.")
B = article_page("The text as it was edited.")


def revisions(archive: Archive) -> list[tuple[int, str]]:
    return rows(
        archive.connection,
        "SELECT number, json_extract(record, '$.body[0]') FROM revisions ORDER BY article_id, number",
    )


def state(archive: Archive) -> str:
    return str(one(archive.connection, "SELECT state FROM articles"))


# -- edits --------------------------------------------------------------------------------------


def test_an_edit_and_its_reversal_are_three_revisions(archive: Archive) -> None:
    record(archive, *(capture(payload=page, when=at(n)) for n, page in enumerate((A, B, A))))
    assert revisions(archive) == [
        (1, "The text as it was first."),
        (2, "The text as it was edited."),
        (3, "The text as it was first."),
    ]


def test_a_capture_out_of_order_renumbers_revisions(archive: Archive) -> None:
    record(archive, capture(payload=B, when=at(2)), capture(payload=A, when=at(1)))
    assert revisions(archive) == [(1, "The text as it was first."), (2, "The text as it was edited.")]
    assert rows(archive.connection, "SELECT revision, title FROM articles") == [
        (2, "Pump houses reopen by the river")
    ]


def test_an_earlier_capture_of_the_same_content_dates_the_revision_back(archive: Archive) -> None:
    record(archive, capture(when=at(2)), capture(when=at(1)))
    assert rows(archive.connection, "SELECT number, captured_at FROM revisions") == [
        (1, "2026-01-15T01:01:00.000Z")
    ]


def test_two_addresses_that_differ_for_good_make_two_revisions_once(archive: Archive) -> None:
    for minute in range(0, 8, 2):
        record(archive, capture(STORY, A, at(minute)), capture(DISTRICT_STORY, B, at(minute + 1)))
    assert len(revisions(archive)) == 2


def test_a_304_after_an_edit_confirms_the_edit(archive: Archive) -> None:
    edited = capture(payload=B, when=at(1))
    record(archive, capture(payload=A), edited, not_modified(edited, at(2)))
    assert len(revisions(archive)) == 2
    assert one(archive.connection, "SELECT last_seen FROM articles") == "2026-01-15T01:02:00.000Z"


# -- continued articles ---------------------------------------------------------------------------

FIRST = article_page("First page.", further=("c_321174_2.htm",))
FIRST_OF_THREE = article_page("First page.", further=("c_321174_2.htm", "c_321174_3.htm"))
SECOND = article_page("Second page.")
THIRD = article_page("Third page.")


def test_a_continued_article_is_one_record_of_all_its_pages(archive: Archive) -> None:
    first, second = record(archive, capture(STORY, FIRST), capture(SECOND_PART, SECOND, at(1)))
    assert (first.outcome, second.outcome) == (Outcome.PART, Outcome.FIRST)
    body = one(archive.connection, "SELECT json_extract(record, '$.body') FROM revisions")
    assert "First page." in body
    assert "Second page." in body


def test_the_pages_of_a_continued_article_stand_in_their_own_order(archive: Archive) -> None:
    record(
        archive,
        capture(STORY, FIRST_OF_THREE),
        capture(THIRD_PART, THIRD, at(1)),
        capture(SECOND_PART, SECOND, at(2)),
    )
    body = one(archive.connection, "SELECT json_extract(record, '$.body') FROM revisions")
    assert body.index("First page.") < body.index("Second page.") < body.index("Third page.")


def test_pages_of_a_continued_article_are_joined_by_their_numbers(archive: Archive) -> None:
    record(archive, capture(STORY, FIRST_OF_THREE), capture(THIRD_PART, THIRD, at(1)))
    record(archive, capture(SECOND_PART, SECOND, at(2)))
    blocks = json.loads(one(archive.connection, "SELECT json_extract(record, '$.body') FROM revisions"))
    assert [block for block in blocks if "page" in block] == ["First page.", "Second page.", "Third page."]


def test_a_continued_article_has_no_revision_until_all_its_pages_are_seen(archive: Archive) -> None:
    record(archive, capture(STORY, FIRST_OF_THREE), capture(SECOND_PART, SECOND, at(1)))
    assert revisions(archive) == []
    assert rows(archive.connection, "SELECT revision, title FROM articles") == [(None, None)]


def test_a_further_page_that_comes_first_waits_for_its_first_page(archive: Archive) -> None:
    record(archive, capture(SECOND_PART, SECOND))
    assert revisions(archive) == []
    record(archive, capture(STORY, FIRST, at(1)), capture(SECOND_PART, SECOND, at(2)))
    assert len(revisions(archive)) == 1
    assert one(archive.connection, "SELECT canonical_url FROM articles") == STORY


def test_half_of_an_edit_is_never_a_revision(archive: Archive) -> None:
    edited_first = article_page("First page, edited.", further=("c_321174_2.htm",))
    record(archive, capture(STORY, FIRST), capture(SECOND_PART, SECOND, at(1)))
    record(archive, capture(STORY, edited_first, at(10)))
    assert len(revisions(archive)) == 1
    record(archive, capture(SECOND_PART, article_page("Second page, edited."), at(11)))
    assert len(revisions(archive)) == 2


def test_an_edit_between_two_pages_of_a_sitting_is_found_by_the_next(archive: Archive) -> None:
    record(archive, capture(STORY, FIRST), capture(SECOND_PART, article_page("Second, edited."), at(1)))
    record(
        archive, capture(STORY, FIRST, at(10)), capture(SECOND_PART, article_page("Second, edited."), at(11))
    )
    assert len(revisions(archive)) == 1


def test_a_further_page_that_was_removed_is_no_part_any_more(archive: Archive) -> None:
    record(archive, capture(STORY, FIRST), capture(SECOND_PART, SECOND, at(1)))
    record(archive, capture(STORY, FIRST, at(10)), gone(SECOND_PART, at(11)))
    assert len(revisions(archive)) == 2
    assert "Second page." not in one(archive.connection, "SELECT record FROM revisions WHERE number = 2")


@pytest.mark.parametrize("page", [UNREADABLE_PAGE, CHALLENGE_PAGE])
def test_a_further_page_that_cannot_be_read_makes_no_revision(archive: Archive, page: bytes) -> None:
    record(archive, capture(STORY, FIRST), capture(SECOND_PART, SECOND, at(1)))
    record(archive, capture(STORY, FIRST, at(10)), capture(SECOND_PART, page, at(11)))
    assert len(revisions(archive)) == 1


def test_an_article_that_grows_a_page_is_revised_when_that_is_seen(archive: Archive) -> None:
    record(archive, capture(STORY, FIRST), capture(SECOND_PART, SECOND, at(1)))
    record(
        archive,
        capture(STORY, FIRST_OF_THREE, at(10)),
        capture(SECOND_PART, SECOND, at(11)),
        capture(THIRD_PART, THIRD, at(12)),
    )
    assert len(revisions(archive)) == 2


def test_a_late_first_page_that_breaks_a_sitting_takes_its_revision_back(archive: Archive) -> None:
    record(archive, capture(STORY, FIRST), capture(SECOND_PART, SECOND, at(5)))
    record(archive, capture(STORY, FIRST_OF_THREE, at(3)))
    assert revisions(archive) == []
    assert rows(archive.connection, "SELECT revision, title FROM articles") == [(None, None)]


def test_further_pages_are_asked_after_their_first_page(archive: Archive) -> None:
    record(archive, capture(STORY, FIRST))
    due = "SELECT due_at FROM pages WHERE canonical_url = ?"
    assert one(archive.connection, due, SECOND_PART) == "2026-01-15T01:00:00.000Z"
    record(archive, capture(SECOND_PART, SECOND, at(1)))
    assert one(archive.connection, due, SECOND_PART) == "2026-02-10T01:01:00.000Z"
    record(archive, not_modified(capture(STORY, FIRST), at(10)))
    assert one(archive.connection, due, SECOND_PART) == "2026-01-15T01:10:00.000Z"


# -- removals -------------------------------------------------------------------------------------


def test_one_removal_is_a_suspicion(archive: Archive) -> None:
    record(archive, capture(), gone(when=at(days=1)))
    assert state(archive) == "suspect"


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        ((1, 8), "suspect"),  # too few checks
        ((1, 2, 3), "suspect"),  # too short a time
        ((1, 4, 8), "gone"),
        ((1, 1.01, 1.02, 8), "suspect"),  # aliases asked in one round are one check
    ],
)
def test_a_removal_is_confirmed_by_three_checks_over_seven_days(
    archive: Archive, days: Sequence[float], expected: str
) -> None:
    record(archive, capture(), *(gone(when=at(days=day)) for day in days))
    assert state(archive) == expected


def test_a_confirmed_removal_is_a_tombstone_and_keeps_the_history(archive: Archive) -> None:
    *_, last = record(archive, capture(), *(gone(when=at(days=day)) for day in (1, 4, 8)))
    assert last.outcome == Outcome.TOMBSTONE
    assert len(revisions(archive)) == 1
    assert rows(archive.connection, "SELECT id, gone_since FROM removed") == [
        ("guangzhou:c_321174", "2026-01-16T01:00:00.000Z")
    ]


def test_an_article_that_comes_back_is_returned(archive: Archive) -> None:
    record(archive, capture(), *(gone(when=at(days=day)) for day in (1, 4, 8)), capture(when=at(days=12)))
    assert state(archive) == "returned"
    assert one(archive.connection, "SELECT gone_since FROM articles") is None


def test_a_suspicion_that_proves_false_leaves_the_article_alive(archive: Archive) -> None:
    record(archive, capture(), gone(when=at(days=1)), capture(when=at(days=2)))
    assert state(archive) == "alive"


def test_an_article_is_gone_only_from_all_its_addresses(archive: Archive) -> None:
    record(archive, capture(), capture(DISTRICT_STORY, when=at(1)))
    record(archive, *(gone(STORY, at(days=day)) for day in (1, 4, 8)))
    assert state(archive) == "alive"
    record(archive, *(gone(DISTRICT_STORY, at(days=day)) for day in (9, 12, 17)))
    assert state(archive) == "gone"


def test_a_server_error_never_counts_as_a_removal(archive: Archive) -> None:
    record(
        archive, capture(), *(capture(payload=b"", when=at(days=day), status=503) for day in (1, 4, 8, 12))
    )
    assert state(archive) == "alive"
    assert one(archive.connection, "SELECT last_verified FROM articles") == "2026-01-15T01:00:00.000Z"


def test_a_challenge_casts_doubt_and_confirms_nothing(archive: Archive) -> None:
    record(archive, capture(), *(capture(payload=CHALLENGE_PAGE, when=at(days=day)) for day in (1, 4, 8, 12)))
    assert state(archive) == "suspect"
    assert one(archive.connection, "SELECT last_verified FROM articles") == "2026-01-15T01:00:00.000Z"


def test_a_removed_page_is_asked_at_every_alias_and_from_the_first_again(archive: Archive) -> None:
    aliases = PORTAL.addresses_of(STORY)
    record(archive, capture())
    for day in (1, 4):
        asked = []
        for minute in range(len(aliases)):
            url = one(archive.connection, "SELECT working_url FROM pages WHERE canonical_url = ?", STORY)
            asked.append(url)
            record(archive, gone(url, at(minute, days=day)))
        assert tuple(asked) == aliases


def test_a_page_that_keeps_failing_is_tried_at_every_alias_and_from_the_first_again(archive: Archive) -> None:
    asked = []
    for minute in range(3 * len(PORTAL.addresses_of(STORY)) + 1):
        record(archive, capture(payload=b"", when=at(minute), status=503))
        asked.append(one(archive.connection, "SELECT working_url FROM pages WHERE canonical_url = ?", STORY))
    assert set(asked) == set(PORTAL.addresses_of(STORY))
    assert asked[-1] == STORY


# -- quarantine -----------------------------------------------------------------------------------


def test_an_unreadable_page_is_quarantined_until_it_reads(archive: Archive) -> None:
    recorded = record(archive, capture(payload=UNREADABLE_PAGE))
    assert recorded[0].outcome == Outcome.QUARANTINED
    assert one(archive.connection, "SELECT error FROM quarantine") == "MissingTitleError"
    record(archive, capture(when=at(1)))
    assert rows(archive.connection, "SELECT * FROM quarantine") == []


def test_a_304_of_an_unreadable_page_leaves_it_in_quarantine(archive: Archive) -> None:
    unreadable = capture(payload=UNREADABLE_PAGE)
    record(archive, unreadable, not_modified(unreadable, at(1)))
    assert one(archive.connection, "SELECT count(*) FROM quarantine") == 1


def test_an_unreadable_capture_of_long_ago_is_no_quarantine(archive: Archive) -> None:
    record(archive, capture(when=at(5)), capture(payload=UNREADABLE_PAGE, when=at(1)))
    assert rows(archive.connection, "SELECT * FROM quarantine") == []
    assert one(archive.connection, "SELECT count(*) FROM captures") == 2


# -- the search index ---------------------------------------------------------------------------


def found(archive: Archive, word: str) -> int:
    archive.index_all()
    assert_index_is_true(archive)
    return int(one(archive.connection, "SELECT count(*) FROM search_index WHERE search_index MATCH ?", word))


def test_search_finds_the_edited_text_and_title_and_not_the_old(archive: Archive) -> None:
    record(archive, capture(payload=article_page("A text about turbines.", title="Turbines at the river")))
    assert (found(archive, "turbines"), found(archive, "lanterns")) == (1, 0)
    record(
        archive,
        capture(payload=article_page("A text about lanterns.", title="Lanterns at the river"), when=at(1)),
    )
    assert (found(archive, "turbines"), found(archive, "lanterns")) == (0, 1)


def test_search_stays_right_when_revisions_are_renumbered(archive: Archive) -> None:
    old, new = (
        article_page("About turbines.", title="Turbines"),
        article_page("About lanterns.", title="Lanterns"),
    )
    record(archive, capture(payload=new, when=at(5)))
    assert found(archive, "lanterns") == 1
    record(archive, capture(payload=old, when=at(1)))
    assert (found(archive, "turbines"), found(archive, "lanterns")) == (0, 1)


def test_search_forgets_an_article_whose_sitting_was_broken(archive: Archive) -> None:
    record(archive, capture(STORY, FIRST), capture(SECOND_PART, SECOND, at(5)))
    assert found(archive, "second") == 1
    record(archive, capture(STORY, FIRST_OF_THREE, at(3)))
    assert found(archive, "second") == 0


# -- any order ------------------------------------------------------------------------------------

_PAGES = {
    STORY: (
        A,
        B,
        article_page(
            "The text as it was first.", chrome="visitors: 2", picture="other", related=(OTHER_STORY,)
        ),
        FIRST,
        FIRST_OF_THREE,
        UNREADABLE_PAGE,
        CHALLENGE_PAGE,
    ),
    DISTRICT_STORY: (A, B),
    SECOND_PART: (SECOND, article_page("Second page.", picture="other"), article_page("Second, edited.")),
    THIRD_PART: (THIRD,),
    LIST: (
        list_page([(STORY, "Pump houses reopen")]),
        list_page([(OTHER_STORY, "Another story"), (STORY, "Pump houses reopen")], name="Updates"),
    ),
}


@st.composite
def _captures(draw: st.DrawFn) -> list[Capture]:
    """A few captures at moments of their own, some days apart."""
    taken: list[Capture] = []
    for step in range(draw(st.integers(2, 7))):
        when = at(step, days=draw(st.integers(0, 4)) + 3 * step)
        url = draw(st.sampled_from(list(_PAGES)))
        kind = draw(st.sampled_from(["page"] * 4 + ["gone", "fault", "304"]))
        before = [c for c in taken if c.url == url and c.status == 200]
        if kind == "gone":
            taken.append(gone(url, when))
        elif kind == "fault":
            taken.append(capture(url, b"", when, status=503))
        elif kind == "304" and before:
            taken.append(not_modified(before[-1], when))
        else:
            taken.append(capture(url, draw(st.sampled_from(_PAGES[url])), when))
    return taken


def _state_after(captures: Sequence[Capture], *, group: int = 1) -> dict[str, object]:
    with TemporaryDirectory() as folder, Archive(Path(folder) / "a", PORTAL, command="test") as archive:
        archive.connection.execute("PRAGMA synchronous = OFF")
        for start in range(0, len(captures), group):
            archive.record_all([fetched(taken) for taken in captures[start : start + group]])
        contents = dump(archive.connection)
    del contents["pages"]  # an unknown page is made by whichever capture links it first
    return dict(contents)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_the_same_captures_make_the_same_tables_in_whatever_order_and_groups(data: st.DataObject) -> None:
    captures = data.draw(_captures())
    order = data.draw(st.permutations(captures))
    repeats = {taken.repeats for taken in captures if taken.repeats}
    # A 304 can only come after the body that it repeats: validators are sent where that is stored.
    bodies = [taken for taken in order if taken.payload_digest in repeats]
    others = [taken for taken in order if taken.payload_digest not in repeats]
    group = data.draw(st.integers(1, 7))
    assert _state_after([*bodies, *others], group=group) == _state_after(captures)


def test_one_capture_tells_what_it_tells_among_others() -> None:
    moment = "2026-01-15T01:00:00.000Z"
    shown = Sighting(1, STORY, 1, moment, "sha256:a", "article", "sha256:b", live=True)
    nothing = Sighting(2, STORY, 1, "2026-01-14T01:00:00.000Z", "sha256:c", "unknown", None, live=True)
    alone = fold([shown], {}, str)
    assert alone is not None
    assert alone == fold([nothing, shown], {}, str)
    assert (alone.state, alone.first_seen) == ("alive", moment)
