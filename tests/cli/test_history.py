"""`history`, `diff`, `show --at`: what became of an article, and how wrong calls are refused."""

from __future__ import annotations

import json
import sqlite3
from typing import TYPE_CHECKING, Any

import pytest

from gzcrawler.archive import open_archive

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result

    from tests.conftest import VisitedPortal


@pytest.fixture
def archive(visited_portal: VisitedPortal) -> Path:
    return visited_portal.folder / "archive"


@pytest.fixture
def edited(archive: Path) -> str:
    """Id of an article with an edit of its text."""
    connection = sqlite3.connect(f"{(archive / 'gzcrawler.db').as_uri()}?mode=ro", uri=True)
    (found,) = connection.execute(
        """SELECT n.id FROM history n JOIN history o ON o.id = n.id AND o.number = n.number - 1
        WHERE json_extract(n.record, '$.body') <> json_extract(o.record, '$.body') ORDER BY n.id LIMIT 1"""
    ).fetchone()
    connection.close()
    return str(found)


def test_history_tells_the_window_of_each_change(
    call: Callable[..., Result], archive: Path, edited: str
) -> None:
    rows = json.loads(call("history", "--archive", archive, edited, "--json").stdout)
    with open_archive(archive) as opened:
        captures = [c.captured_at for c in opened.article(edited).captures() if c.kind == "article"]
    assert [row["number"] for row in rows] == list(range(1, len(rows) + 1))
    assert rows[0]["last_seen_before"] is None
    for row in rows[1:]:
        assert row["cause"] == "source"
        assert row["changed"]
        assert captures.index(row["first_seen"]) == captures.index(row["last_seen_before"]) + 1
    shown = call("history", "--archive", archive, edited).stdout
    assert f"changed between {rows[1]['last_seen_before']} and {rows[1]['first_seen']}" in shown


def test_diff_shows_the_words(call: Callable[..., Result], archive: Path, edited: str) -> None:
    found = json.loads(call("diff", "--archive", archive, edited, "--json", "--from", 1, "--to", 2).stdout)
    with open_archive(archive) as opened:
        old, new = (opened.article(edited).revision(number).record["body"] for number in (1, 2))
    (body,) = [one["pieces"] for one in found["differences"] if one["field"] == "body"]
    for kept, blocks in (("removed", old), ("added", new)):
        text = "".join(piece["text"] for piece in body if piece["kind"] in ("same", kept))
        assert text.removesuffix("\n") == "\n".join(blocks)
    shown = call("diff", "--archive", archive, edited, "--from", 1).stdout
    assert any(mark in shown for mark in ("[-", "{+"))


def test_diff_writes_a_page(call: Callable[..., Result], archive: Path, edited: str, tmp_path: Path) -> None:
    page = tmp_path / "diff.html"
    assert call("diff", "--archive", archive, edited, "--html", page).exit_code == 0
    text = page.read_text("utf-8")
    assert "<ins>" in text or "<del>" in text
    assert text.endswith("</html>\n")
    assert [path.name for path in tmp_path.iterdir()] == ["diff.html"]


def test_diff_of_what_never_changed_says_so(call: Callable[..., Result], archive: Path) -> None:
    with open_archive(archive) as opened:
        article = next(a.id for a in opened.articles() if len(a.revisions()) == 1)
    result = call("diff", "--archive", archive, article)
    assert (result.exit_code, result.stdout) == (0, "")
    assert "has one revision; nothing was seen to change" in result.stderr


def test_show_at_is_the_article_as_it_stood(call: Callable[..., Result], archive: Path, edited: str) -> None:
    with open_archive(archive) as opened:
        first, second = opened.article(edited).revisions()[:2]
    for revision in (first, second):
        shown = json.loads(
            call("show", "--archive", archive, edited, "--json", "--at", revision.first_seen).stdout
        )
        envelope = shown.pop("envelope")
        assert shown == revision.record
        assert (envelope["revision"], envelope["state"]) == (revision.number, "alive")
    raw = call("show", "--archive", archive, edited, "--raw", "--at", first.first_seen).stdout_bytes
    assert raw != call("show", "--archive", archive, edited, "--raw").stdout_bytes


def test_a_bare_day_means_its_end_at_the_portal(
    call: Callable[..., Result], archive: Path, edited: str
) -> None:
    with open_archive(archive) as opened:
        seen = opened.article(edited)["envelope"]["first_seen"]
    (day,) = sqlite3.connect(":memory:").execute("SELECT date(?, '+8 hours')", (seen,)).fetchone()
    shown = json.loads(call("show", "--archive", archive, edited, "--json", "--at", day).stdout)
    assert shown["envelope"]["as_of"] == f"{day}T15:59:59.999Z"


@pytest.mark.parametrize("command", ["show", "history", "diff"])
@pytest.mark.parametrize(
    ("key", "told"),
    [
        ("no such title at all", "no article by that id, address or title"),
        ("https://elsewhere.example/1.htm", "no article by that id"),
        ("e", "more than one article: replica:"),
        ("", "no article by that id"),
        ("\udcff", "no article by that id"),
        ('"*', "no article by that id"),
    ],
)
def test_an_article_that_is_not_told_by_its_key_is_refused(
    call: Callable[..., Result], archive: Path, command: str, key: str, told: str
) -> None:
    result = call(command, "--archive", archive, "--", key)
    assert (result.exit_code, len(result.stderr.splitlines())) == (2, 1)
    assert told in result.stderr


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("show", "--at", "2024-02-30"), "'2024-02-30' is not a day that exists"),
        (("show", "--at", "soon"), "'soon' is neither a day, YYYY-MM-DD, nor an ISO 8601 time"),
        (("show", "--at", "2024-05-01T10:00"), "has no offset"),
        (("show", "--at", "1999-12-31"), "was first captured at "),
        (("show", "--at", "0001-01-01T00:00:00+08:00"), "beyond the calendar"),
        (("diff", "--from", "99"), "has no revision 99; there are 1 to "),
        (("diff", "--to", "1"), "has no revision 0; there are 1 to "),
        (("diff", "--html", "/nowhere/at/all/diff.html"), "cannot be written"),
    ],
)
def test_times_and_revisions_that_cannot_be_are_refused_in_one_line(
    call: Callable[..., Result], archive: Path, edited: str, arguments: tuple[Any, ...], told: str
) -> None:
    command, *options = arguments
    result = call(command, "--archive", archive, edited, *options)
    assert (result.exit_code, len(result.stderr.splitlines())) == (2, 1)
    assert told in result.stderr
