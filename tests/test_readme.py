"""What README and documentation say: commands, queries, links and tables are run, or compared with what is."""

from __future__ import annotations

import importlib.util
import os
import re
import shlex
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click
import pytest

from gzcrawler import errors
from gzcrawler.archive.moments import format_moment, utc_now
from gzcrawler.cli import main
from gzcrawler.replica import Replica, ReplicaConfig, running_replica
from tests.backfill.web_archive_server import WebArchiveServer, kept_story, running_web_archive

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

    from gzcrawler.backfill import WebArchive
    from tests.conftest import VisitedPortal

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), ROOT / "archive" / "README.md"])
SHOWN = "replica:c_11547"
"""The article of the demo that the documentation shows."""
MOMENT = "2026-02-11T01:01:07.200Z"
"""As of when it shows a snapshot."""

_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"(?<!`)\[[^\]`]*\]\(([^)\s]+)\)")
_CALL = re.compile(r"(?:^|[\s(])(?:\S*/)?gzcrawler ([a-z]+)((?: +[^\n`&|#]*)?)", re.MULTILINE)
_CODE = re.compile(r"`([^`\n]+)`|^```\w*\n(.*?)^```$|^ {4}(gzcrawler .*)$", re.MULTILINE | re.DOTALL)


def _name(page: Path) -> str:
    return str(page.relative_to(ROOT))


def _blocks(*languages: str) -> list[pytest.param]:
    """All fenced blocks in one of these languages."""
    return [
        pytest.param(block, id=f"{_name(page)}-{number}")
        for page in PAGES
        for number, (language, block) in enumerate(_BLOCK.findall(page.read_text("utf-8")))
        if language in languages
    ]


def _generator() -> ModuleType:
    """``docs/generate.py`` as a module."""
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def shown_here(visited_portal: VisitedPortal) -> str:
    """An article of the small archive that has had everything happen to it, to stand for the one shown."""
    connection = sqlite3.connect(f"file:{visited_portal.folder}/archive/gzcrawler.db?mode=ro", uri=True)
    row = connection.execute(
        """SELECT h.id FROM history h WHERE h.number > 1
        AND EXISTS (SELECT 1 FROM placements s WHERE s.article_id = h.id)
        AND (SELECT count(*) FROM pages p WHERE p.article_id = h.id) = 1 ORDER BY h.id LIMIT 1"""
    ).fetchone()
    connection.close()
    return str(row[0])


@pytest.fixture(scope="session")
def small_portal() -> Iterator[Path]:
    """The map of a portal on this machine, for the crawls that the documentation shows."""
    with running_replica(ReplicaConfig(articles=50)) as replica:
        yield replica.map_file


@pytest.fixture(scope="session")
def small_web_archive() -> Iterator[WebArchive]:
    """A web archive on this machine, for the backfills that it shows."""
    with running_web_archive(WebArchiveServer(kept=[kept_story(1), kept_story(2)])) as running:
        yield running.web_archive


@pytest.fixture(scope="session")
def programs(tmp_path_factory: pytest.TempPathFactory, visited_portal: VisitedPortal) -> Path:
    """A folder of programs for the `sh` blocks: ours for real (`tests/documented.py`), others as stand-ins."""
    folder = tmp_path_factory.mktemp("programs")
    _program(
        folder / "gzcrawler",
        f"import os, sys\nos.execv({sys.executable!r}, [{sys.executable!r}, '-m', 'tests.documented', *sys.argv[1:]])\n",
    )
    _program(folder / "curl", "")
    _program(
        folder / "crontab",
        f"""import pathlib, sys
table = pathlib.Path({str(folder / "table")!r})
if sys.argv[1:] == ["-l"]:
    print(table.read_text(), end="")
else:
    table.write_text(sys.stdin.read())
""",
    )
    (folder / "table").touch()
    _program(
        folder / "sqlite3",
        """import sqlite3, sys
path, sql = [word for word in sys.argv[1:] if not word.startswith("-")]
connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
if sql.startswith(".backup "):
    connection.backup(sqlite3.connect(sql.removeprefix(".backup ")))
else:
    rows = connection.execute(sql).fetchall()
    print(*rows, sep="\\n")
    sys.exit(not rows)
""",
    )
    _program(folder / "git", "import os, sys\nos.makedirs(sys.argv[-1], exist_ok=True)\n")
    _program(
        folder / "make",
        f"""import re, sys
targets = re.findall(r"^([a-z-]+):", open({str(ROOT / "Makefile")!r}).read(), re.MULTILINE)
sys.exit(sys.argv[1] not in targets)
""",
    )
    (visited_portal.folder / ".venv" / "bin").mkdir(parents=True)
    (visited_portal.folder / ".venv" / "bin" / "activate").touch()
    page = ROOT / "tests" / "snapshots" / "guangzhou" / "g1-classic" / "plain-news" / "page.html"
    (visited_portal.folder / "page.html").write_bytes(page.read_bytes())
    (visited_portal.folder / "my-portal.toml").write_bytes(
        (ROOT / "gzcrawler" / "portals" / "hangzhou.toml").read_bytes()
    )
    return folder


def _program(path: Path, source: str) -> None:
    path.write_text(f"#!{sys.executable}\n{source}", "utf-8")
    path.chmod(0o755)


@pytest.mark.parametrize("block", _blocks("sql"))
def test_every_query_of_the_documentation_finds_something(
    block: str, visited_portal: VisitedPortal, shown_here: str
) -> None:
    connection = sqlite3.connect(f"file:{visited_portal.folder}/archive/gzcrawler.db?mode=ro", uri=True)
    rows = connection.execute(block.replace(SHOWN, shown_here)).fetchall()
    connection.close()
    assert rows


@pytest.mark.parametrize("block", _blocks("python"))
def test_every_python_example_runs(
    block: str,
    visited_portal: VisitedPortal,
    shown_here: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(visited_portal.folder)
    exec(compile(block.replace(SHOWN, shown_here), "example", "exec"), {})  # the documentation's own code
    assert capsys.readouterr().out


@pytest.mark.parametrize("block", _blocks("sh"))
def test_every_shell_example_runs(
    block: str,
    visited_portal: VisitedPortal,
    shown_here: str,
    programs: Path,
    small_portal: Path,
    small_web_archive: WebArchive,
) -> None:
    environment = {
        "GZCRAWLER_CONTACT": "archive@example.org",
        "DOCUMENTED_MAP": str(small_portal),
        "DOCUMENTED_INDEX": small_web_archive.index_url,
        "DOCUMENTED_MEMENTOS": small_web_archive.memento_pattern,
        "DOCUMENTED_ARTICLE": shown_here,
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(visited_portal.folder),
        "PYTHONPATH": str(ROOT),
    }
    ended = subprocess.run(
        ["bash", "-euc", block.replace(SHOWN, shown_here).replace(MOMENT, format_moment(utc_now()))],
        cwd=visited_portal.folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_every_command_in_a_block_of_its_own_is_one_that_is_run(page: Path) -> None:
    for language, block in _BLOCK.findall(page.read_text("utf-8")):
        commands = re.findall(r"^(?:\$ )?(?:gzcrawler|make|sqlite3) .*$", block, re.MULTILINE)
        # A cluster of other machines is not to be had here; benchmarks and tests start one of their own.
        here = [command for command in commands if " --cluster " not in command]
        assert language == "sh" or not here, here


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_every_command_named_exists_with_its_options(page: Path) -> None:
    context = click.Context(main)
    for code in ("".join(groups) for groups in _CODE.findall(page.read_text("utf-8"))):
        for name, rest in _CALL.findall(code):
            command = main.get_command(context, name)
            words = [word.partition("=")[0] for word in shlex.split(rest)]
            while isinstance(command, click.Group) and words and re.fullmatch("[a-z]+", words[0]):
                command = command.get_command(context, words.pop(0))
            assert command is not None, f"gzcrawler {name}{rest}"
            known = {
                option
                for parameter in command.params
                for option in (*parameter.opts, *parameter.secondary_opts)
            }
            assert {word for word in words if word.startswith("-")} <= known | {"--help", "-"}, (
                f"gzcrawler {name}{rest}"
            )


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_every_link_leads_somewhere(page: Path) -> None:
    for target in _LINK.findall(page.read_text("utf-8")):
        path, _, anchor = target.partition("#")
        linked = (page.parent / path).resolve() if path else page
        assert linked.exists(), target
        if anchor:
            headings = re.findall(r"^#+ (.*)$", linked.read_text("utf-8"), re.MULTILINE)
            anchors = {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
            assert anchor in anchors, target


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_every_file_named_exists(page: Path) -> None:
    named = re.findall(r"`((?:gzcrawler|tests|benchmarks|docs|\.ci)/[\w./-]+)`", page.read_text("utf-8"))
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_every_page_of_the_documentation_is_in_its_index() -> None:
    index = ROOT / "docs" / "index.md"
    linked = {
        (index.parent / target.partition("#")[0]).resolve()
        for target in _LINK.findall(index.read_text("utf-8"))
    }
    assert {page for page in PAGES if page.parent == index.parent} - {index} <= linked


def test_generated_parts_are_as_make_docs_would_write_them() -> None:
    for path, text in _generator().generated().items():
        assert path.read_text("utf-8") == text, f"{_name(path)}: run `make docs`"


def test_readme_begins_with_the_two_commands() -> None:
    first = next(block for language, block in _BLOCK.findall((ROOT / "README.md").read_text("utf-8")))
    assert first == "make demo\nmake test\n"


def test_readme_names_every_command() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    named = re.findall(r"^\| `gzcrawler ([a-z]+)", readme, re.MULTILINE)
    assert sorted(named) == sorted(_generator().command_names())


@pytest.mark.parametrize("page", ["README.md", "docs/operating.md"])
def test_every_exit_code_is_explained(page: str) -> None:
    rows = re.findall(r"^\| ([\d, ]+) \|", (ROOT / page).read_text("utf-8"), re.MULTILINE)
    explained = {int(code) for row in rows for code in row.split(", ")}
    raised = {error.exit_code for error in vars(errors).values() if isinstance(error, type)}
    assert explained == raised | {0, 10, 11, 12, 130, 143}


def test_the_article_that_the_documentation_shows_is_in_the_demo() -> None:
    assert SHOWN in {article.id for article in Replica(ReplicaConfig()).articles()}


def test_the_picture_asks_nobody_for_anything() -> None:
    picture = (ROOT / "docs" / "images" / "session.svg").read_text("utf-8")
    fetched = re.findall(r"""(?:href|src|url\()\s*=?\s*["']?(https?://[^"')\s]+)""", picture)
    assert fetched == []


def test_the_picture_shows_commands_that_exist() -> None:
    picture = (ROOT / "docs" / "images" / "session.svg").read_text("utf-8").replace("&#160;", " ")
    typed = re.findall(r">gzcrawler ([a-z]+)", picture)
    assert {"demo", "status", "show"} <= set(typed) <= set(_generator().command_names())
