"""Searching: what a query means, what it finds, in which order, and that no query breaks it."""

from __future__ import annotations

import re
from contextlib import closing
from datetime import date
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from archive_pages import (
    HOST,
    OTHER_STORY,
    STORY,
    article_page,
    assert_index_is_true,
    at,
    capture,
    fetched,
    one,
    record,
    rows,
)
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlite_utils import Database

from gzcrawler.archive import MARKS, Archive, ArticleFilter, connect_to_read, open_archive
from gzcrawler.archive.connections import connect_to_write, transaction
from gzcrawler.archive.index_words import Stems
from gzcrawler.archive.migrations import migrations
from gzcrawler.archive.relevance import BM25
from gzcrawler.archive.search import Searcher
from gzcrawler.archive.search_index import KEYS_A_DAY, SearchIndexer, first_key, forget, free_key
from gzcrawler.archive.search_query import parse_query
from gzcrawler.archive.stored_portals import stored_portal

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator
    from pathlib import Path

    from conftest import OpenForWriting

    from gzcrawler.archive import OpenArchive
    from gzcrawler.portals import Portal

TEXTS = {
    "c_1": (
        "Ferries return to the harbour",
        "Two ferries run between the old port and the island every hour.",
    ),
    "c_2": ("A port for small boats", "The harbour master counted nine boats. Running costs fell."),
    "c_3": ("Night market opens", "Cooks from the harbour street sell noodles; the old port is near."),
    "c_4": ("Opera by the river", "Singers of the Cantonese opera (粤剧) performed on a boat."),
    "c_5": ("广州塔灯光秀", "广州塔每晚举行灯光秀,CBD地区的游客可以观看。"),
    "c_6": ("博物馆开放", "博物馆在州市开放,展出陶器。"),
}


@pytest.fixture
def small(open_for_writing: OpenForWriting, folder: Path) -> Iterator[OpenArchive]:
    with open_for_writing() as archive:
        for number, (name, (title, text)) in enumerate(TEXTS.items()):
            url = f"{HOST}/2018-12/2{number}/{name}.htm"
            page = article_page(text, title=title, picture=str(number)).replace(
                b"Updated:2018-12-26", b"Updated:2018-12-2%d" % number
            )
            record(archive, capture(url, page, at(number)))
        archive.index_all()
    with open_archive(folder) as opened:
        yield opened


def found(opened: OpenArchive, query: str, **options: object) -> list[str]:
    return [hit.id.partition(":")[2] for hit in opened.search(query, **options).hits]


# -- what a query means -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("harbour", {"c_1", "c_2", "c_3"}),
        ("HARBOUR port", {"c_1", "c_2", "c_3"}),
        ("ferry", {"c_1"}),
        ("runs", {"c_1", "c_2"}),
        ('"old port"', {"c_1", "c_3"}),
        ('"port old"', set()),
        ("noodl*", {"c_3"}),
        ('"harbour mast"*', {"c_2"}),
        ("boats OR noodles", {"c_2", "c_3", "c_4"}),
        ("harbour NOT noodles", {"c_1", "c_2"}),
        ("harbour AND (noodles OR nine)", {"c_2", "c_3"}),
        ("harbour AND NOT (noodles OR nine)", {"c_1"}),
        ("title:harbour", {"c_1"}),
        ("title:(harbour OR opera)", {"c_1", "c_4"}),
        ('title:"small boats"', {"c_2"}),
        ("captions:window", set(TEXTS)),
        ("body:window", set()),
        ("広", set()),
        ("灯光", {"c_5"}),
        ("灯光秀", {"c_5"}),
        ("州市", {"c_6"}),
        ("广州市", set()),
        ("粤剧 opera", {"c_4"}),
        ("粤剧 OR 博物馆", {"c_4", "c_6"}),
        ("(粤剧 OR 博物馆) NOT opera", {"c_6"}),
        ("秀", {"c_5"}),
        ("cbd", {"c_5"}),
        ("CBD地区", {"c_5"}),
        ("title:博物馆", {"c_6"}),
        ("harbour, master!", {"c_2"}),
    ],
)
def test_a_query_means(small: OpenArchive, query: str, expected: set[str]) -> None:
    assert set(found(small, query)) == expected
    assert set(found(small, query, sort="newest")) == expected
    assert small.count(query) == len(expected)
    assert small.search(query).note is None


@pytest.mark.parametrize(
    ("query", "why", "expected"),
    [
        ('"old port', "a quotation is not closed", {"c_1", "c_3"}),
        ("(old port", "a bracket is not closed", {"c_1", "c_3"}),
        ("old port)", "a bracket is closed that was not opened", {"c_1", "c_3"}),
        ("old AND", "a word is missing at the end", {"c_1", "c_3"}),
        ("AND old", "there is nothing before AND", {"c_1", "c_3"}),
        ("NOT noodles", "there is nothing before NOT", {"c_3"}),
        ("(" * 21 + "noodles", "too many brackets", {"c_3"}),
        ("noodles " * 41, "more than 40 words", {"c_3"}),
    ],
)
def test_what_is_not_valid_is_read_as_words_and_says_so(
    small: OpenArchive, query: str, why: str, expected: set[str]
) -> None:
    answer = small.search(query)
    assert {hit.id.partition(":")[2] for hit in answer.hits} == expected
    assert answer.note is not None
    assert answer.note.startswith(why)
    assert "read as the words" in answer.note


@pytest.mark.parametrize("query", ["***", "()", "!?", "\0", "\udcff", '""'])
def test_a_query_without_a_word_finds_nothing_and_says_so(small: OpenArchive, query: str) -> None:
    answer = small.search(query)
    assert (answer.hits, answer.total, answer.note) == ((), 0, "there is no word in the query")


def test_no_query_at_all_means_every_article_newest_first(small: OpenArchive) -> None:
    assert found(small, "") == ["c_6", "c_5", "c_4", "c_3", "c_2", "c_1"]
    assert small.count() == len(TEXTS)


_PIECES = st.one_of(
    st.text(max_size=12),
    st.text(st.characters(categories=["Cs", "Cc", "Co", "Sk", "Mn"]), max_size=4),
    st.sampled_from(
        ["AND", "OR", "NOT", "NEAR", "(", ")", '"', "*", "^", "title:", "captions:", "-", "'", "harbour"]
    ),
    st.sampled_from(
        ["广州", "灯", "カ", "ー", "{title}", "rowid", "--", ";", "\\", "%", "_", "ß", "İ", "ǆ", "́"]
    ),
)


@given(query=st.lists(_PIECES, max_size=12).map(" ".join) | st.lists(_PIECES, max_size=8).map("".join))
@example("a" * 100_000)
@example("word " * 5_000)
@example("广" * 3_000)
@example('title:"*')
@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_query_raises(crawled: Path, query: str) -> None:
    with open_archive(crawled) as opened:
        relevant, newest = opened.search(query), opened.search(query, sort="newest")
        assert {hit.id for hit in relevant.hits} == {hit.id for hit in newest.hits} or relevant.total > 20
        if relevant.total_is_exact:
            assert opened.count(query) == relevant.total


# -- in which order ------------------------------------------------------------------------------------


def test_a_word_in_the_title_comes_first(small: OpenArchive) -> None:
    assert found(small, "port")[0] == "c_2"


def test_newest_is_by_day_of_publication(small: OpenArchive) -> None:
    assert found(small, "harbour", sort="newest") == ["c_3", "c_2", "c_1"]


def test_pages_follow_each_other(small: OpenArchive) -> None:
    for sort in ("relevance", "newest"):
        whole = found(small, "the", sort=sort)
        paged = [hit for page in range(4) for hit in found(small, "the", sort=sort, limit=2, offset=2 * page)]
        assert paged == whole


def exact(connection: sqlite3.Connection, expression: str, number: int = 10) -> list[int]:
    order = BM25.format("search_index")
    statement = (
        f"SELECT rowid FROM search_index WHERE search_index MATCH ? ORDER BY {order}, rowid DESC LIMIT ?"
    )
    return [key for (key,) in rows(connection, statement, expression, number)]


def test_ranking_here_is_ranking_in_sqlite(crawled: Path) -> None:
    """The way of common words, which counts words in articles itself, ends as bm25 over all matches does."""
    with closing(connect_to_read(crawled / "gzcrawler.db")) as connection:
        whole, counting = Searcher(connection), Searcher(connection, common=1)
        words = [
            term
            for (term,) in rows(
                connection, "SELECT term FROM search_terms WHERE length(term) > 3 ORDER BY articles DESC"
            )
            if parse_query(term, Stems()).tree.words == (term,) and term.isascii()
        ][:40:4]
        queries = [*words, *(f"{a} {b}" for a, b in pairwise(words))]
        queries += [f"{a} OR {b}" for a, b in zip(words, words[2:], strict=False)] + [f"{words[0][:3]}*"]
        assert len(queries) > 20
        for query in queries:
            options = {"sort": "relevance", "limit": 10, "offset": 0}
            by_sqlite = [hit.id for hit in whole.search(query, ArticleFilter(), **options).hits]
            by_counting = [hit.id for hit in counting.search(query, ArticleFilter(), **options).hits]
            assert by_counting == by_sqlite, query
        whole.close()
        counting.close()


def test_lists_of_common_words_hold_the_best(open_for_writing: OpenForWriting) -> None:
    """However articles come, go and change, the first of a list are the first of all."""
    with open_for_writing() as archive:
        connection = archive.connection
        with closing(SearchIndexer(connection, common=10, listed=12)) as indexer:
            for number in range(60):
                text = "harbour " * (1 + number * 7 % 13) + "quay " * (number * 11 % 17)
                title = "Harbour news" if number % 9 == 0 else "News"
                url = f"{HOST}/2018-12/26/c_{number}.htm"
                record(
                    archive, capture(url, article_page(text, title=title, picture=str(number)), at(number))
                )
                if number % 10 == 3:
                    changed = f"{HOST}/2018-12/26/c_{number - 2}.htm"
                    record(
                        archive,
                        capture(changed, article_page("harbour " * 9, title="Harbour"), at(90 + number)),
                    )
                with transaction(connection):
                    indexer.catch_up(50)
            assert_index_is_true(archive)
            assert one(connection, "SELECT count(*) FROM search_best WHERE term = 'harbour'") >= 12
            with closing(Searcher(connection, common=10)) as searcher:
                answer = searcher.search("harbour", ArticleFilter(), sort="relevance", limit=10, offset=0)
                phrase = searcher.search(
                    '"harbour news"', ArticleFilter(), sort="relevance", limit=10, offset=0
                )
            assert {hit.id for hit in phrase.hits} == {
                name
                for (name,) in rows(
                    connection,
                    """SELECT a.id FROM search_index JOIN articles a ON a.key = search_index.rowid
                    WHERE search_index MATCH '"harbour news"'""",
                )
            }
            assert answer.ranked is None
            keys = [one(connection, "SELECT key FROM articles WHERE id = ?", hit.id) for hit in answer.hits]
            assert keys == exact(connection, "harbour")


def test_where_not_all_matches_are_ranked_the_answer_says_so_and_the_best_title_comes_first(
    open_for_writing: OpenForWriting,
) -> None:
    with open_for_writing() as archive:
        entries = [
            capture(
                f"{HOST}/2018-12/26/c_{n}.htm",
                article_page(
                    f"The quay {n} of a harbour.",
                    title=f"Quays of {n} boats" if n else "Quay, quays and quayside",
                    picture=str(n),
                ),
                at(n),
            )
            for n in range(510)
        ]
        for start in range(0, len(entries), 100):
            archive.record_all([fetched(taken) for taken in entries[start : start + 100]])
        archive.index_all()
        with closing(Searcher(archive.connection, common=5)) as searcher:
            options = {"limit": 5, "offset": 0}
            answer = searcher.search("quay harbour", ArticleFilter(), sort="relevance", **options)
            assert (answer.total, answer.total_is_exact) == (500, False)
            assert answer.ranked is not None
            assert 100 <= answer.ranked < 500
            assert searcher.search("quay harbour", ArticleFilter(), sort="newest", **options).ranked is None
            assert searcher.count("quay harbour", ArticleFilter())[0] == 510
            beginning = searcher.search("quay*", ArticleFilter(), sort="relevance", **options)
            assert beginning.ranked is not None
            # The oldest of all, and far from the newest titles.
            assert beginning.hits[0].id == "guangzhou:c_0"
            filtered = ArticleFilter(sources=("eguangzhou.gov.cn",))
            again = searcher.search("quay*", filtered, sort="relevance", **options)
            assert again.hits[0].id == "guangzhou:c_0"


# -- filters -------------------------------------------------------------------------------------------


def test_filters_narrow_a_search_by_relevance_and_newest(crawled: Path) -> None:
    with open_archive(crawled) as opened:
        (state,) = rows(opened.connection, "SELECT state FROM articles GROUP BY 1 ORDER BY count(*)")[-1]
        day = date.fromisoformat(
            one(
                opened.connection,
                "SELECT substr(published, 1, 10) FROM articles ORDER BY published LIMIT 1 OFFSET 20",
            )
        )
        (word,) = rows(opened.connection, "SELECT term FROM search_terms ORDER BY articles DESC LIMIT 1")[0]
        for article_filter in (
            ArticleFilter(states=(state,)),
            ArticleFilter(published_from=day),
            ArticleFilter(published_to=day, with_images=True),
            ArticleFilter(sections=("gzlatest",)),
        ):
            condition, values = article_filter.condition()
            meant = {
                row[0]
                for row in rows(
                    opened.connection,
                    f"""SELECT a.id FROM search_index JOIN articles a ON a.key = search_index.rowid
                    WHERE search_index MATCH ? AND {condition}""",
                    word,
                    *values,
                )
            }
            assert meant
            for sort in ("relevance", "newest"):
                hits = opened.search(word, article_filter, sort=sort, limit=500).hits
                assert {hit.id for hit in hits} == meant
            assert opened.count(word, article_filter) == len(meant)


# -- snippets ------------------------------------------------------------------------------------------


def plain(text: str) -> str:
    return text.replace(MARKS[0], "[").replace(MARKS[1], "]")


def test_snippets_show_the_found_words_marked(small: OpenArchive) -> None:
    (hit,) = small.search('ferry "old port"').hits
    assert plain(hit.title) == "[Ferries] return to the harbour"
    assert plain(hit.snippet) == "Two [ferries] run between the [old port] and the island every hour."


def test_snippets_mark_chinese_inside_its_sentence(small: OpenArchive) -> None:
    (hit,) = small.search("灯光 cbd").hits
    assert plain(hit.title) == "广州塔[灯光]秀"
    assert plain(hit.snippet) == "广州塔每晚举行[灯光]秀,[CBD]地区的游客可以观看。"


def test_a_long_block_is_cut_round_the_words(open_for_writing: OpenForWriting, folder: Path) -> None:
    text = "Nothing of note. " * 60 + "A lantern hangs here. " + "Nothing more. " * 60
    with open_for_writing() as archive:
        record(archive, capture(payload=article_page(text)))
        archive.index_all()
    with open_archive(folder) as opened:
        shown = plain(opened.search("lantern").hits[0].snippet)
    assert "A [lantern] hangs here." in shown
    assert shown.startswith("… ")
    assert shown.endswith(" …")
    assert len(shown) < 200


# -- the index follows ------------------------------------------------------------------------------------


def test_a_forgotten_article_is_in_no_index(crawled_copy: Path) -> None:
    connection = connect_to_write(crawled_copy / "gzcrawler.db")
    with closing(connection):
        key, article, text = rows(
            connection, "SELECT key, id, title FROM articles WHERE revision IS NOT NULL LIMIT 1"
        )[0]
        with transaction(connection):
            forget(connection, key)
            connection.execute("UPDATE articles SET revision = NULL WHERE key = ?", (key,))
        for table in ("search_index", "search_pairs", "search_titles"):
            connection.execute(
                f"CREATE VIRTUAL TABLE temp.{table}_left USING fts5vocab(main, {table}, instance)"
            )
            assert one(connection, f"SELECT count(*) FROM {table}_left WHERE doc = ?", key) == 0
        assert rows(connection, "SELECT * FROM search_best WHERE key = ?", key) == []
    with open_archive(crawled_copy) as opened:
        assert article not in {hit.id for hit in opened.search(text, limit=100).hits}


def test_a_new_date_moves_an_article_among_the_days(archive: Archive) -> None:
    record(
        archive,
        capture(),
        capture(OTHER_STORY, article_page("Another.").replace(b"12-26<", b"12-27<"), at(1)),
    )
    archive.index_all()
    before = one(archive.connection, "SELECT key FROM articles WHERE id LIKE '%321174'")
    record(archive, capture(STORY, article_page().replace(b"12-26<", b"12-28<"), at(9)))
    archive.index_all()
    assert_index_is_true(archive)
    after = one(archive.connection, "SELECT key FROM articles WHERE id LIKE '%321174'")
    assert (before // KEYS_A_DAY, after // KEYS_A_DAY) == (
        first_key("2018-12-26") // KEYS_A_DAY,
        first_key("2018-12-28") // KEYS_A_DAY,
    )


def test_a_day_that_is_full_goes_on_into_the_next(archive: Archive) -> None:
    day = first_key("2018-12-26")
    connection = archive.connection
    columns = "key, id, portal, edition, canonical_url, state, first_seen, last_seen, last_verified"
    for name, key in (("a", day + KEYS_A_DAY - 1), ("b", day + KEYS_A_DAY)):
        connection.execute(
            f"INSERT INTO articles ({columns}) VALUES (?, ?, '', '', '', '', '', '', '')", (key, name)
        )
    assert free_key(connection, "2018-12-26") == day + KEYS_A_DAY + 1
    assert free_key(connection, "2018-12-25") == first_key("2018-12-25")


def test_an_archive_of_the_first_release_is_indexed_anew(crawled: Path, folder: Path) -> None:
    folder.mkdir()
    with closing(connect_to_write(folder / "gzcrawler.db")) as connection:
        migrations.apply(Database(connection), stop_before="authors_of_articles")
        connection.execute("ATTACH ? AS made", (str(crawled / "gzcrawler.db"),))
        with transaction(connection):
            tables = ("portals", "runs", "pages", "warc_files", "captures", "revisions")
            connection.execute("PRAGMA defer_foreign_keys = ON")
            names = """id, portal, edition, language, canonical_url, title, published, source, state, revision,
                content_digest, first_seen, last_seen, last_verified, gone_since"""
            connection.execute(
                f"""INSERT INTO articles (key, {names})
                SELECT row_number() OVER (ORDER BY id), {names} FROM made.articles"""
            )
            for table in tables:
                columns = ", ".join(row[1] for row in rows(connection, f"PRAGMA main.table_info({table})"))
                connection.execute(f"INSERT INTO {table} ({columns}) SELECT {columns} FROM made.{table}")
            connection.execute("DELETE FROM warc_files")
        connection.execute("DETACH made")
    with Archive(folder, _portal_of(crawled), command="test") as archive:
        assert_index_is_true(archive)
        assert rows(archive.connection, "SELECT 1 FROM articles WHERE indexed_revision IS NOT revision") == []
        days = rows(
            archive.connection,
            "SELECT substr(coalesce(published, first_seen), 1, 10) FROM articles ORDER BY key",
        )
        assert days == sorted(days)
        upgraded = rows(archive.connection, "SELECT * FROM authors ORDER BY 1, 2")
    with closing(connect_to_read(crawled / "gzcrawler.db")) as connection:
        assert upgraded == rows(connection, "SELECT * FROM authors ORDER BY 1, 2")


def _portal_of(folder: Path) -> Portal:
    with closing(connect_to_read(folder / "gzcrawler.db")) as connection:
        return stored_portal(connection, "replica")


def test_a_search_sees_one_state_of_the_archive(archive: Archive, folder: Path) -> None:
    record(archive, capture(payload=article_page("A lantern.")))
    archive.index_all()
    with open_archive(folder) as opened:
        opened.connection.execute("BEGIN")
        assert [hit.id for hit in opened.search("lantern").hits] == ["guangzhou:c_321174"]
        record(archive, capture(payload=article_page("A turbine."), when=at(1)))
        archive.index_all()
        assert [hit.id for hit in opened.search("lantern").hits] == ["guangzhou:c_321174"]
        opened.connection.execute("ROLLBACK")
        assert opened.search("lantern").hits == ()
        assert re.sub("[\2\3]", "", opened.search("turbine").hits[0].snippet).startswith("A turbine.")


def test_a_step_that_was_rolled_back_is_counted_once(archive: Archive) -> None:
    record(archive, capture(), capture(OTHER_STORY, article_page("Another harbour."), at(1)))
    archive.connection.execute("BEGIN IMMEDIATE")
    with closing(SearchIndexer(archive.connection)) as indexer:
        indexer.catch_up(10)
        archive.connection.execute("ROLLBACK")
        with transaction(archive.connection):
            indexer.catch_up(10)
    assert_index_is_true(archive)
