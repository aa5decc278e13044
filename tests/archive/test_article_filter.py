"""Which articles a filter means, and how it refuses names that nothing goes by."""

from __future__ import annotations

from contextlib import closing
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from archive_pages import rows
from test_archive_queries import scans

from gzcrawler.archive import ArticleFilter, connect_to_read
from gzcrawler.errors import UsageError

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def connection(crawled: Path) -> Iterator[sqlite3.Connection]:
    with closing(connect_to_read(crawled / "gzcrawler.db")) as opened:
        yield opened


def ids(connection: sqlite3.Connection, **fields: Any) -> set[str]:
    condition, values = ArticleFilter(**fields).resolved(connection).condition("x")
    statement = f"SELECT x.id FROM articles x WHERE {condition}"
    return {row[0] for row in rows(connection, statement, *values)}


def by_hand(connection: sqlite3.Connection, sql: str) -> set[str]:
    found = {row[0] for row in rows(connection, sql)}
    assert found
    return found


def test_a_filter_without_fields_means_all(connection: sqlite3.Connection) -> None:
    assert not ArticleFilter()
    assert ids(connection) == by_hand(connection, "SELECT id FROM articles")


def test_a_section_means_the_articles_on_its_lists(connection: sqlite3.Connection) -> None:
    (key,) = rows(
        connection, "SELECT section FROM pages WHERE section IS NOT NULL GROUP BY 1 ORDER BY count(*)"
    )[-1]
    on_lists = by_hand(
        connection,
        f"""SELECT s.article_id FROM placements s JOIN pages l ON l.id = s.page_id
        JOIN articles a ON a.id = s.article_id WHERE l.section = '{key}'
        UNION SELECT article_id FROM pages JOIN articles a ON a.id = article_id WHERE section = '{key}'""",
    )
    assert ids(connection, sections=(key,)) == on_lists


def test_a_section_goes_by_its_printed_name_too(connection: sqlite3.Connection) -> None:
    key, name = rows(connection, "SELECT key, name FROM sections ORDER BY key LIMIT 1")[0]
    assert ids(connection, sections=(name.upper(),)) >= ids(connection, sections=(key,))


def test_source_and_author_are_told_in_any_case(connection: sqlite3.Connection) -> None:
    (source,) = rows(connection, "SELECT source FROM articles WHERE source IS NOT NULL LIMIT 1")[0]
    (author,) = rows(connection, "SELECT name FROM authors ORDER BY name LIMIT 1")[0]
    assert ids(connection, sources=(source.upper(),)) == by_hand(
        connection, f"SELECT id FROM articles WHERE source = '{source}'"
    )
    assert ids(connection, authors=(author.lower(),)) == by_hand(
        connection,
        f"""SELECT l.id FROM latest l, json_each(l.record, '$.authors') n WHERE n.value = '{author}'""",
    )


def test_both_days_of_a_span_count(connection: sqlite3.Connection) -> None:
    (day,) = rows(
        connection, "SELECT substr(published, 1, 10) FROM articles WHERE published LIKE '%T%' LIMIT 1"
    )[0]
    span = {"published_from": date.fromisoformat(day), "published_to": date.fromisoformat(day)}
    assert ids(connection, **span) == by_hand(
        connection, f"SELECT id FROM articles WHERE substr(published, 1, 10) = '{day}'"
    )


def test_the_last_day_of_the_calendar_is_a_day(connection: sqlite3.Connection) -> None:
    assert ids(connection, published_to=date.max) == by_hand(
        connection, "SELECT id FROM articles WHERE published IS NOT NULL"
    )


def test_fields_are_all_to_be_satisfied_and_values_any(connection: sqlite3.Connection) -> None:
    editions = [key for (key,) in rows(connection, "SELECT DISTINCT edition FROM articles")]
    assert len(editions) > 1
    all_with_images = ids(connection, editions=tuple(editions), with_images=True)
    assert all_with_images == by_hand(connection, "SELECT article_id FROM images")
    assert ids(connection, states=("gone", "suspect")) == by_hand(connection, "SELECT id FROM removed")


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"sections": ("nosuch",)}, "section 'nosuch': there is none; there are .*gzlatest"),
        ({"editions": ("xx",)}, "edition 'xx': there is none; there are en"),
        ({"sources": ("nobody at all",)}, "source 'nobody at all': no article names it"),
        ({"authors": ("nobody at all",)}, "author 'nobody at all': no article names it"),
        ({"states": ("lost",)}, "state 'lost': there is none; there are alive"),
        (
            {"published_from": date(2024, 5, 2), "published_to": date(2024, 5, 1)},
            "from 2024-05-02 to 2024-05-01: the first day is after the last",
        ),
    ],
)
def test_what_nothing_goes_by_is_refused_with_what_there_is(
    connection: sqlite3.Connection, fields: dict[str, Any], told: str
) -> None:
    with pytest.raises(UsageError, match=told):
        ArticleFilter(**fields).resolved(connection)


def test_a_source_that_is_nearly_right_is_suggested(connection: sqlite3.Connection) -> None:
    (source,) = rows(connection, "SELECT source FROM articles WHERE source IS NOT NULL LIMIT 1")[0]
    with pytest.raises(UsageError, match="did you mean"):
        ArticleFilter(sources=(source[:-1],)).resolved(connection)


def test_each_condition_is_answered_by_index(connection: sqlite3.Connection) -> None:
    condition, values = ArticleFilter(
        sections=("gzlatest",), authors=("Nobody",), with_images=True, states=("alive",)
    ).condition()
    statements: list[str] = []
    connection.set_trace_callback(statements.append)
    rows(connection, f"SELECT 1 FROM articles a WHERE a.key = 1 AND {condition}", *values)
    connection.set_trace_callback(None)
    assert [scans(connection, statement) for statement in statements] == [[]]
