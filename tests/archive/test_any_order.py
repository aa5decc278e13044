"""The same captures make the same archive, however they came and in whatever order: crawled, copied out of WARC
files, or fetched from a web archive years later."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from archive_pages import (
    CHALLENGE_PAGE,
    DISTRICT_STORY,
    HOST,
    LIST,
    NOT_FOUND_PAGE,
    OTHER_STORY,
    PORTAL,
    SECOND_PART,
    START,
    STORY,
    TABLES,
    UNREADABLE_PAGE,
    article_page,
    at,
    capture,
    dump,
    fetched,
    list_page,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gzcrawler.archive import Archive, Verdict, coverage, open_archive

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gzcrawler.items import Capture

A = article_page("The text as it was first.")
B = article_page("The text as it was edited.", related=(OTHER_STORY,))
PARTED = article_page("First page.", further=(SECOND_PART,))

_PAGES = {
    STORY: (A, B, PARTED, UNREADABLE_PAGE, CHALLENGE_PAGE, NOT_FOUND_PAGE, NOT_FOUND_PAGE, NOT_FOUND_PAGE),
    DISTRICT_STORY: (A, NOT_FOUND_PAGE),
    SECOND_PART: (article_page("Second page."), article_page("Second page.", chrome="visitors: 2")),
    LIST: (
        list_page([(STORY, "Pump houses reopen")]),
        list_page([(OTHER_STORY, "Another story"), (STORY, "Pump houses reopen")], name="Updates"),
        NOT_FOUND_PAGE,
    ),
    f"{HOST}/gzlatest_2.html": (list_page([(OTHER_STORY, "Another story")]),),
}

_COMPARED = {name: sql for name, sql in TABLES.items() if name != "pages"} | {
    "confirmations": "SELECT article_id, confirmed_at FROM confirmations",
    "came": "SELECT url, captured_at, via, original_id FROM captures",
    "known": "SELECT canonical_url FROM pages",
}


@st.composite
def _captures(draw: st.DrawFn) -> list[Capture]:
    """Captures of years, some at one moment, as archives that keep whole seconds have them."""
    taken: dict[tuple[object, ...], Capture] = {}
    days = 0
    for number in range(draw(st.integers(2, 12))):
        days += draw(st.sampled_from([0, 1, 4, 4, 400]))
        when = at(days=days)
        url = draw(st.sampled_from(list(_PAGES)))
        page = draw(st.sampled_from(_PAGES[url]))
        via = draw(st.sampled_from(["live", "warc", "wayback"]))
        one = capture(url, page, when, status=404 if page == NOT_FOUND_PAGE else 200, via=via)
        if via != "live":
            one = replace(one, original_id=f"urn:number:{number}", request_headers=())
        # A crawl asks a page once at a moment.
        taken.setdefault((url, when, page if via != "live" else via), one)
    return list(taken.values())


def _contents(captures: Sequence[Capture]) -> dict[str, object]:
    with TemporaryDirectory() as parent:
        folder = Path(parent) / "archive"
        with Archive(folder, PORTAL, command="test", now=lambda: START) as archive:
            archive.connection.execute("PRAGMA synchronous = OFF")
            for taken in captures:
                entry = fetched(taken)
                archive.record(entry.capture, entry.result)
            archive.finish(Verdict(verdict="complete", exit_code=0, finished_at=START, record={}))
        with open_archive(folder) as opened:
            found: dict[str, object] = dict(dump(opened.connection, _COMPARED))
            days = coverage(opened, last_day=date(2036, 1, 1), now=at(days=6_000))
            found["coverage"] = days.as_dict()
    return found


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_captures_of_every_kind_make_the_same_archive_in_whatever_order(data: st.DataObject) -> None:
    captures = data.draw(_captures())
    assert _contents(data.draw(st.permutations(captures))) == _contents(captures)
