"""Captures that hypothesis draws, and readers of earlier releases by whom they were recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING

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
    at,
    capture,
    gone,
    list_page,
    not_modified,
)
from hypothesis import strategies as st
from older_readers import blind, half_a_list, record_as_then, single_pages, trusting, with_clock, without

from gzcrawler.archive import Archive

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from older_readers import OlderReader

    from gzcrawler.items import Capture

_PAGES = {
    STORY: (
        article_page("The text as it was first."),
        article_page("The text as it was edited.", related=(OTHER_STORY,)),
        article_page("The text as it was first.", chrome="visitors: 2", picture="other"),
        article_page("First page.", further=("c_321174_2.htm",)),
        article_page("First page.", further=("c_321174_2.htm", "c_321174_3.htm")),
        UNREADABLE_PAGE,
        CHALLENGE_PAGE,
    ),
    DISTRICT_STORY: (article_page("The text as it was first."), article_page("The text as it was edited.")),
    SECOND_PART: (article_page("Second page."), article_page("Second, edited.")),
    THIRD_PART: (article_page("Third page."),),
    LIST: (
        list_page([(STORY, "Pump houses reopen")]),
        list_page([(OTHER_STORY, "Another story"), (STORY, "Pump houses reopen")], name="Updates"),
    ),
}
OLDER_READERS = (
    without(),
    without(source=None),
    without(breadcrumbs=(), related_links=()),
    without(body=("One paragraph.",)),
    with_clock,
    blind,
    half_a_list,
    trusting,
    single_pages,
)


@st.composite
def drawn_captures(draw: st.DrawFn) -> list[Capture]:
    """A few captures at moments of their own; some repeat bytes, some are 304s, some find the page gone."""
    taken: list[Capture] = []
    for step in range(draw(st.integers(1, 7))):
        when = at(step, days=3 * step)
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


def record_all(folder: Path, captures: Sequence[Capture], readers: Sequence[OlderReader]) -> None:
    """Record captures, each as one reader would have read it."""
    with Archive(folder, PORTAL, command="test") as archive:
        archive.connection.execute("PRAGMA synchronous = OFF")
        for taken, reader in zip(captures, readers, strict=True):
            record_as_then(archive, reader, taken)
