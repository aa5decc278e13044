"""`crawl`, `fetch` and `demo`: what each option does to what is asked."""

from __future__ import annotations

import json
import shlex
import socket
import sqlite3
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gzcrawler.replica import FaultRule, ReplicaConfig, running_replica

if TYPE_CHECKING:
    from collections.abc import Callable

    from click.testing import Result

    from gzcrawler.replica import RunningReplica

HOST = "www.eguangzhou.test"
CHECKOUT = Path(__file__).parents[2]


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    return tmp_path / "archive"


@pytest.fixture
def crawl(call: Callable[..., Result], replica: RunningReplica, archive: Path) -> Callable[..., Result]:
    """Crawls the replica into the archive."""

    def invoke(*options: object, command: str = "crawl", **environment: str) -> Result:
        return call(command, "--portal", replica.map_file, "--archive", archive, *options, **environment)

    return invoke


def _ask(archive: Path, sql: str) -> list[str]:
    connection = sqlite3.connect(archive / "gzcrawler.db")
    try:
        return [row[0] for row in connection.execute(sql)]
    finally:
        connection.close()


def _paths(replica: RunningReplica) -> list[str]:
    return [request.path for request in replica.log() if request.path != "/robots.txt"]


def test_sections_choose_lists_and_their_articles(
    crawl: Callable[..., Result], archive: Path, replica: RunningReplica
) -> None:
    result = crawl("--section", "gzlatest", "--section", "news", "--no-images")
    assert result.exit_code == 0
    assert set(_ask(archive, "SELECT section FROM pages WHERE state = 'listing'")) == {"gzlatest", "news"}
    placed = _ask(
        archive,
        """SELECT DISTINCT s.article_id FROM placements s JOIN pages l ON l.id = s.page_id
        WHERE s.article_id IS NOT NULL ORDER BY 1""",
    )
    assert _ask(archive, "SELECT id FROM latest ORDER BY id") == placed


def test_sections_choose_the_pictures_and_files_of_their_articles(
    crawl: Callable[..., Result], archive: Path
) -> None:
    crawl("--section", "gzlatest", "--no-images")
    chosen = _ask(
        archive,
        """SELECT canonical_url FROM images WHERE canonical_url IS NOT NULL
        UNION SELECT canonical_url FROM links WHERE scope = 'attachment' AND canonical_url IS NOT NULL""",
    )
    assert chosen
    crawl("--no-images")
    crawl("--section", "gzlatest")
    captured = _ask(
        archive, "SELECT canonical_url FROM pages WHERE kind = 'asset' AND last_verified IS NOT NULL"
    )
    assert sorted(captured) == sorted(chosen)


def test_an_unknown_section_is_answered_with_the_known_ones(crawl: Callable[..., Result]) -> None:
    result = crawl("--section", "weather")
    assert result.exit_code == 2
    assert "weather: is no section of portal 'replica' (known: conghua-latest, " in result.stderr


def test_max_pages_counts_pages_not_robots_txt(
    crawl: Callable[..., Result], archive: Path, replica: RunningReplica
) -> None:
    result = crawl("--max-pages", "7")
    assert (result.exit_code, len(_paths(replica))) == (0, 7)
    assert result.stdout.startswith("complete up to --max-pages, ")


def test_since_leaves_older_articles_for_later(
    crawl: Callable[..., Result], archive: Path, replica: RunningReplica
) -> None:
    days = sorted(article.published[:10] for article in replica.replica.articles() if article.published)
    middle = days[len(days) // 2]
    assert crawl("--since", middle, "--no-images").exit_code == 0
    kept = _ask(archive, "SELECT substr(published, 1, 10) FROM latest WHERE published IS NOT NULL")
    assert kept
    assert min(kept) >= middle
    assert len(kept) < len(days)


def test_no_images_asks_for_none(crawl: Callable[..., Result], archive: Path) -> None:
    crawl("--no-images", "--section", "gzlatest")
    assert _ask(archive, "SELECT count(*) FROM captures WHERE kind = 'asset'") == [0]
    crawl("--section", "gzlatest")
    assert _ask(archive, "SELECT count(*) > 0 FROM captures WHERE kind = 'asset'") == [1]


def test_max_bytes_cuts_and_marks(crawl: Callable[..., Result], archive: Path) -> None:
    crawl("--max-bytes", "1000", "--max-pages", "1")
    cut = "SELECT length || truncated FROM captures WHERE url NOT LIKE '%robots.txt'"
    assert _ask(archive, cut) == ["1000length"]


def test_dry_run_prints_what_would_be_asked_and_asks_nothing(
    crawl: Callable[..., Result], archive: Path, replica: RunningReplica
) -> None:
    result = crawl("--dry-run", "--section", "gzlatest")
    assert result.stdout.splitlines() == [f"http://{HOST}/gzlatest/", f"http://{HOST}/gzlatest.html"]
    assert replica.log() == []
    assert not archive.exists()
    crawl("--max-pages", "9")
    due = crawl("--dry-run", "--max-pages", "5").stdout.splitlines()
    assert len(due) == 5
    assert set(due) <= set(_ask(archive, "SELECT working_url FROM pages WHERE state = 'new'"))


def test_dry_run_with_recheck_prints_what_was_answered_too(
    crawl: Callable[..., Result], archive: Path
) -> None:
    crawl("--max-pages", "3")
    printed = json.loads(crawl("--dry-run", "--recheck", "--json").stdout)["addresses"]
    answered = _ask(
        archive, "SELECT working_url FROM pages WHERE kind != 'robots' AND last_verified IS NOT NULL"
    )
    assert len(answered) == 3
    assert set(answered) <= set(printed)
    assert len(printed) == len(set(printed))


def test_dry_run_into_a_folder_of_other_things_is_refused(
    call: Callable[..., Result], tmp_path: Path
) -> None:
    (tmp_path / "letters.txt").touch()
    result = call("crawl", "--dry-run", "--archive", tmp_path)
    assert result.exit_code == 2
    assert "is not an archive and not empty (found letters.txt)" in result.stderr


def test_json_is_the_verdict_as_the_archive_has_it(crawl: Callable[..., Result], archive: Path) -> None:
    verdict = json.loads(crawl("--json", "--max-pages", "3").stdout)
    assert verdict["exit_code"] == 0
    assert verdict["record"]["captures"] == 4
    assert [host["host"] for host in verdict["hosts"]] == [HOST]
    assert _ask(archive, "SELECT verdict FROM runs") == [verdict["verdict"]]


def test_quiet_says_nothing_when_all_is_well(crawl: Callable[..., Result], replica: RunningReplica) -> None:
    result = crawl("--quiet", "--max-pages", "3")
    assert (result.exit_code, result.output) == (0, "")
    replica.set_faults(FaultRule(kind="reset", times=None))
    assert crawl("--quiet").stdout.startswith("portal unreachable")


def test_recheck_verifies_what_is_not_due(crawl: Callable[..., Result], archive: Path) -> None:
    crawl("--section", "gzlatest", "--no-images")
    assert crawl("--section", "gzlatest", "--no-images").stdout.startswith("complete: nothing was due")
    again = json.loads(crawl("--section", "gzlatest", "--no-images", "--recheck", "--json").stdout)
    assert set(again["record"]["outcomes"]) <= {"revisit", "stored"}
    assert _ask(archive, "SELECT max(number) FROM revisions") == [1]


def test_delay_is_kept_between_requests(crawl: Callable[..., Result], archive: Path) -> None:
    crawl("--delay", "0.1", "--concurrency", "1", "--max-pages", "4")
    assert _ask(archive, "SELECT smallest_gap >= 0.1 FROM hosts") == [1]


def test_a_live_portal_is_not_asked_without_a_contact(call: Callable[..., Result], archive: Path) -> None:
    result = call("crawl", "--archive", archive, GZCRAWLER_CONTACT="")
    assert result.exit_code == 2
    assert result.stderr.startswith("gzcrawler: a live crawl says who crawls: set GZCRAWLER_CONTACT")
    assert not archive.exists()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('name = "x"\n', "map.toml: "),
        ("name = 3\n", "map.toml: name: must be text"),
        ("name = [\n", "map.toml: "),
        ("\x00", "map.toml: "),
    ],
)
def test_a_map_with_an_error_is_refused_in_one_line(
    call: Callable[..., Result], tmp_path: Path, archive: Path, text: str, told: str
) -> None:
    (tmp_path / "map.toml").write_text(text, "utf-8")
    result = call("crawl", "--portal", tmp_path / "map.toml", "--archive", archive)
    assert result.exit_code == 2
    assert told in result.stderr
    assert len(result.stderr.splitlines()) == 1


# -- fetch ------------------------------------------------------------------------------------------


def test_fetch_captures_an_article_with_all_its_pages(
    crawl: Callable[..., Result], archive: Path, replica: RunningReplica
) -> None:
    article = next(a for a in replica.replica.articles() if a.continued_on)
    assert crawl(article.canonical_url, "--no-images", command="fetch").exit_code == 0
    pages = [url.partition(HOST)[2] for url in (article.canonical_url, *article.continued_on)]
    assert _paths(replica) == pages
    assert _ask(archive, "SELECT id FROM latest") == [article.id]


def test_fetch_captures_an_article_with_its_pictures(
    crawl: Callable[..., Result], archive: Path, replica: RunningReplica
) -> None:
    article = next(a for a in replica.replica.articles() if a.images and not a.continued_on)
    crawl(article.canonical_url, command="fetch")
    captured = _ask(archive, "SELECT p.canonical_url FROM captures c JOIN pages p ON p.id = c.page_id")
    assert {image.url for image in article.images} <= set(captured)


def test_fetch_follows_a_page_that_moved_within_the_portal(
    call: Callable[..., Result], archive: Path
) -> None:
    config = ReplicaConfig(articles=20, move_at="2020-01-01T00:00:00+08:00")
    with running_replica(config, max_seconds=120) as moved:
        old = f"http://{HOST}/gzlatest.html"
        result = call("fetch", old, "--portal", moved.map_file, "--archive", archive)
    assert result.exit_code == 0, result.output
    assert _ask(archive, "SELECT status FROM captures WHERE kind != 'robots' ORDER BY id") == [301, 200]


def test_fetch_takes_any_alias_lists_and_files(
    crawl: Callable[..., Result], archive: Path, replica: RunningReplica
) -> None:
    picture = next(i.url for a in replica.replica.articles() for i in a.images)
    alias = "https://subsites.chinadaily.test/guangzhou/gzlatest.html?utm_source=mail#top"
    assert crawl(alias, f"http://{HOST}/gzlatest.html", picture, command="fetch").exit_code == 0
    assert len(_paths(replica)) == 2
    assert _ask(archive, "SELECT kind FROM captures WHERE kind != 'robots' ORDER BY kind") == [
        "asset",
        "listing",
    ]


def test_fetch_asks_again_what_was_captured(crawl: Callable[..., Result], archive: Path) -> None:
    for _ in range(2):
        crawl(f"http://{HOST}/gzlatest.html", command="fetch")
    assert _ask(archive, "SELECT count(*) FROM captures WHERE kind = 'listing'") == [2]


def test_fetch_refuses_a_foreign_address(crawl: Callable[..., Result], replica: RunningReplica) -> None:
    result = crawl(f"http://{HOST}/", "http://elsewhere.example/", command="fetch")
    assert result.exit_code == 2
    assert result.stderr == "gzcrawler: http://elsewhere.example/: is not an address of portal 'replica'\n"
    assert replica.log() == []


def test_fetch_of_a_page_that_robots_txt_forbids_says_so(
    crawl: Callable[..., Result], replica: RunningReplica
) -> None:
    result = crawl(f"http://{HOST}/search/", command="fetch")
    assert result.exit_code == 11
    assert f"robots.txt does not allow http://{HOST}/search" in result.stdout
    assert _paths(replica) == []


@pytest.mark.parametrize(
    "path",
    [
        "/att/20200101/%E5%9B%BE%20one.jpg",
        "/att/20200101/图 two.jpg",
        "/att/20200101/a%3Fb%23c.jpg",
        "/att/20200101/100%.jpg",
        "/att/20200101/a|b[c]^`{}.jpg",
        "/about us.html?q=a%20b+c&x=%zz",
        "/caf\u00e9/na\u00efve.html",
    ],
)
def test_odd_addresses_are_asked_once_and_the_run_ends(
    crawl: Callable[..., Result], replica: RunningReplica, path: str
) -> None:
    crawl(f"http://{HOST}{path}", command="fetch")
    asked = [request for request in replica.log() if request.host == HOST and request.path != "/robots.txt"]
    assert len(asked) == 1


# -- demo -------------------------------------------------------------------------------------------


def test_the_demo_runs_twice_and_its_commands_work_as_printed(
    call: Callable[..., Result], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(CHECKOUT))
    first = call("demo", "--archive", "my demo", "--articles", "50")
    assert first.exit_code == 0
    assert first.stdout.startswith("complete (")
    printed = first.stdout.partition("Try next:\n")[2].replace("\\\n", "").strip().splitlines()
    assert len(printed) == 3
    assert " serve " in printed[2]
    for command in printed[:2]:
        done = subprocess.run(shlex.split(command), capture_output=True, text=True, timeout=60, check=False)
        assert (command, done.returncode) == (command, 0)
        assert len(done.stdout.splitlines()) > 5
    shown = [word for word in shlex.split(printed[2]) if word != "--open"]
    with subprocess.Popen([*shown, "--port", "0"], stdout=subprocess.PIPE, text=True) as serving:
        assert serving.stdout is not None
        assert "my demo is shown at http://127.0.0.1:" in serving.stdout.readline()
        serving.terminate()
    assert serving.returncode == 0
    again = call("demo", "--archive", "my demo", "--articles", "50")
    assert again.exit_code == 0
    assert " new" not in again.stdout


def test_the_demo_refuses_a_port_that_is_taken(call: Callable[..., Result], tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        result = call("demo", "--port", taken.getsockname()[1], "--archive", tmp_path / "archive")
    assert result.exit_code == 2
    assert "the replica cannot listen there" in result.stderr
    assert len(result.stderr.splitlines()) == 1
