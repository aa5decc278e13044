"""Records as the table of revisions keeps them: text once, and whole wherever anybody reads."""

from __future__ import annotations

import json
import shutil
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from archive_pages import rows
from hypothesis import given
from hypothesis import strategies as st

from gzcrawler.archive import Archive, open_archive
from gzcrawler.archive.connections import connect_to_read, connect_to_write
from gzcrawler.archive.stored_portals import stored_portal
from gzcrawler.archive.stored_records import WHOLE_RECORD, read_record, stored_record, whole_record
from gzcrawler.items import Article, Image, Video, digest_bytes

if TYPE_CHECKING:
    from pathlib import Path

_BLOCKS = st.lists(st.text(alphabet=st.characters(blacklist_categories=["Cs"]), max_size=30), max_size=6)
_AWKWARD = '],"body_html":["<p>",0],"images":[] & \\" <b>'

_PLAIN: dict[str, Any] = {"ensure_ascii": False, "separators": (",", ":")}


def _dumped(record: dict[str, Any]) -> str:
    return json.dumps(record, **_PLAIN)


def _record(body: list[str], markup: str | None) -> dict[str, Any]:
    return {"id": _AWKWARD, "body": body, "body_html": markup, "images": [{"url": _AWKWARD}], "layout": None}


@given(_BLOCKS, _BLOCKS, st.booleans())
def test_a_stored_record_reads_as_it_was(body: list[str], between: list[str], shares: bool) -> None:
    texts = [block.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;") for block in body]
    markup = _AWKWARD.join(between) + ("</p><p>".join(texts) if shares else "")
    record = _record(body, markup)
    stored = stored_record(record)
    assert read_record(stored) == record
    assert whole_record(stored.encode()) == _dumped(record).encode()


@pytest.mark.parametrize(
    "record",
    [
        _record(
            ["A story of the river & its <banks>."], "<p>A story of the river &amp; its &lt;banks&gt;.</p>"
        ),
        _record([_AWKWARD, "second block"], f"<p>{_AWKWARD}</p><p>second block</p>"),
        _record(["a block that is not in the markup"], '<p>quite "another" text</p>'),
        _record(["twice the same"] * 2, "<p>twice the same</p><p>twice the same</p>"),
        _record(["no markup at all"], None),
        _record([], "<p></p>"),
    ],
)
def test_python_and_sql_make_the_same_whole_record(folder: Path, record: dict[str, Any]) -> None:
    folder.mkdir()
    stored = stored_record(record)
    with closing(connect_to_write(folder / "any.db")) as connection:
        (text,) = connection.execute(
            f"SELECT {WHOLE_RECORD.format('r.record')} FROM (SELECT ? AS record) r", (stored,)
        ).fetchone()
    assert json.loads(text) == record == json.loads(whole_record(stored.encode()))


def test_a_text_that_stands_in_the_body_is_not_kept_again() -> None:
    block = "The brick walls were kept as they had been found. " * 20
    whole = _record([block], f"<p>{block}</p>")
    assert len(stored_record(whole)) < len(_dumped(whole)) - 0.9 * len(block)


def test_views_show_records_whole(crawled: Path) -> None:
    with open_archive(crawled) as opened:
        kept = dict(rows(opened.connection, "SELECT article_id || number, record FROM revisions"))
        assert any(isinstance(json.loads(text)["body_html"], list) for text in kept.values())
        shown = dict(rows(opened.connection, "SELECT id || number, record FROM history"))
        assert {key: json.loads(text) for key, text in shown.items()} == {
            key: read_record(text) for key, text in kept.items()
        }
        latest = [
            json.loads(text) for (text,) in rows(opened.connection, "SELECT record FROM latest ORDER BY id")
        ]
        assert latest == list(opened.records())
        for record in latest:
            assert isinstance(record["body_html"], str)
        edits = rows(opened.connection, "SELECT id, number, old_record, new_record FROM edits")
        for article_id, number, old, new in edits:
            assert json.loads(old) == json.loads(shown[f"{article_id}{number - 1}"])
            assert json.loads(new) == json.loads(shown[f"{article_id}{number}"])


def test_an_archive_that_kept_texts_twice_is_upgraded_to_the_same(crawled: Path, folder: Path) -> None:
    shutil.copytree(crawled, folder)
    states = (
        "SELECT * FROM revisions ORDER BY id",
        "SELECT * FROM latest ORDER BY id",
        "SELECT * FROM edits ORDER BY 1, 2",
    )
    with closing(connect_to_write(folder / "gzcrawler.db")) as connection:
        before = [rows(connection, sql) for sql in states]
        connection.create_function("whole", 1, lambda text: whole_record(text.encode()).decode())
        connection.execute("UPDATE revisions SET record = whole(record)")
        assert rows(connection, states[0]) != before[0]
        connection.execute("DELETE FROM _sqlite_migrations WHERE name = 'text_kept_once'")
        portal = stored_portal(connection, "replica")
    Archive(folder, portal, command="crawl").close()
    with closing(connect_to_read(folder / "gzcrawler.db")) as connection:
        assert [rows(connection, sql) for sql in states] == before


_EVERY_CHARACTER = "".join(map(chr, [*range(0xD800), *range(0xE000, 0x10000), 0x10000, 0x1F600, 0x10FFFF]))


@given(st.text() | st.just(_EVERY_CHARACTER))
def test_records_and_digests_are_of_plain_json(text: str) -> None:
    """Whatever writes the JSON: a digest unlike the one on file would be a revision that never was."""
    place = {"id": "p:1", "portal": "p", "edition": "en", "language": "en", "url": "u", "canonical_url": "u"}
    image = Image(url="u", caption=text)
    article = Article(**place, title=text, body=(text, "a\tcell"), images=(image,), videos=(Video(url="v"),))
    contents = [text, None, None, [], [text, "a\tcell"], [[text, None]], [None]]
    assert article.content_digest == digest_bytes(json.dumps(contents, **_PLAIN).encode())
    assert stored_record(article.as_dict()) == json.dumps(article.as_dict(), **_PLAIN)
