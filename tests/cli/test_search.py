"""`search`: what it prints, and how it refuses."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result

    from gzcrawler.replica import RunningReplica


def word_of(replica: RunningReplica) -> tuple[str, str]:
    """A long word of some English title, and the article's id."""
    article = next(a for a in replica.replica.articles() if a.language == "en")
    return max(article.title.replace("-", " ").replace("'", " ").split(), key=len), article.id


def test_search_prints_titles_snippets_and_how_many(
    call: Callable[..., Result], crawled: Path, replica: RunningReplica
) -> None:
    word, article = word_of(replica)
    result = call("search", "--archive", crawled, word)
    assert result.exit_code == 0
    assert article in result.stdout
    assert result.stderr.splitlines()[-1].startswith("1 to ")


def test_search_json_is_the_answer(
    call: Callable[..., Result], crawled: Path, replica: RunningReplica
) -> None:
    word, article = word_of(replica)
    answer = json.loads(
        call("search", "--archive", crawled, f"title:{word}", "--json", "--sort", "newest").stdout
    )
    assert article in {hit["id"] for hit in answer["hits"]}
    assert (answer["sort"], answer["total_is_exact"], answer["note"]) == ("newest", True, None)
    assert answer["total"] == len(answer["hits"])


def test_count_is_a_number(call: Callable[..., Result], crawled: Path, replica: RunningReplica) -> None:
    everything = len(list(replica.replica.articles()))
    assert call("search", "--archive", crawled, "--count").stdout == f"{everything}\n"
    counted = json.loads(call("search", "--archive", crawled, "--count", "--json", "nosuchword").stdout)
    assert counted == {"query": "nosuchword", "total": 0}


def test_words_may_come_unquoted_and_pages_follow(call: Callable[..., Result], crawled: Path) -> None:
    pages = [
        json.loads(call("search", "--archive", crawled, "--json", "--limit", 20, "--page", page).stdout)[
            "hits"
        ]
        for page in (1, 2, 3, 4)
    ]
    ids = [hit["id"] for hits in pages for hit in hits]
    assert (len(ids), len(set(ids)), [len(hits) for hits in pages]) == (50, 50, [20, 20, 10, 0])
    assert "none so far back" in call("search", "--archive", crawled, "--page", 9).stderr


def test_a_query_that_is_not_valid_is_said_to_be_read_as_words(
    call: Callable[..., Result], crawled: Path
) -> None:
    result = call("search", "--archive", crawled, '"the')
    assert result.exit_code == 0
    assert "a quotation is not closed: read as the words 'the'" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--section", "nosuch"), "section 'nosuch': there is none; there are "),
        (("--edition", "xx"), "edition 'xx': there is none; there are "),
        (("--source", "Nobody Daily"), "source 'Nobody Daily': no article names it"),
        (("--from", "2024-02-30"), "'2024-02-30' is not a day that exists"),
        (("--to", "yesterday"), "'yesterday' is not a day; write YYYY-MM-DD"),
        (("--from", "2024-05-02", "--to", "2024-05-01"), "the first day is after the last"),
        (("--state", "lost"), "'lost' is not one of 'alive'"),
        (("--limit", "0"), "0 is not in the range"),
        (("--has", "wings"), "'wings' is not"),
    ],
)
def test_what_there_is_not_is_refused_in_one_line(
    call: Callable[..., Result], crawled: Path, arguments: tuple[str, ...], told: str
) -> None:
    result = call("search", "--archive", crawled, "word", *arguments)
    assert (result.exit_code, len(result.stderr.splitlines())) == (2, 1)
    assert told in result.stderr
