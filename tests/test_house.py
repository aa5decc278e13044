"""The house as a whole: who imports whom, what is public, what is said of it, and what may not stand in it."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path

import pytest

import gzcrawler
from gzcrawler import settings

ROOT = Path(__file__).parents[1]
FACTS = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


def _tracked() -> list[Path]:
    """Files that git keeps, whoever owns the folder."""
    listed = subprocess.run(
        ["git", "-c", "safe.directory=*", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True
    )
    paths = [ROOT / name for name in listed.stdout.decode().split("\0") if name]
    return [path for path in paths if path.is_file()]


MODULES = sorted((ROOT / "gzcrawler").rglob("*.py"))


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_imports_go_the_one_way_that_the_contracts_allow() -> None:
    ended = subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout


def test_every_room_has_its_place_in_the_layers_or_beside_them() -> None:
    layers = next(c["layers"] for c in FACTS["tool"]["importlinter"]["contracts"] if c["type"] == "layers")
    placed = {name.strip().removeprefix("gzcrawler.") for layer in layers for name in layer.split("|")}
    rooms = {path.stem for path in (ROOT / "gzcrawler").glob("*.py")}
    rooms |= {path.parent.name for path in (ROOT / "gzcrawler").glob("*/__init__.py")}
    assert rooms - {"__init__", "__main__", "_version", "replica"} == placed


def test_every_room_is_described_in_the_design() -> None:
    table = (ROOT / "docs" / "design.md").read_text("utf-8").partition("## The rooms")[2].partition("<!--")[0]
    described = {name.removesuffix(".py").rstrip("/") for name in re.findall(r"`([a-z_]+(?:\.py|/))`", table)}
    rooms = {path.stem for path in (ROOT / "gzcrawler").glob("*.py")}
    rooms |= {path.parent.name for path in (ROOT / "gzcrawler").glob("*/__init__.py")}
    assert rooms - {"__init__", "__main__", "_version"} <= described


def test_the_public_face_is_what_the_design_names() -> None:
    face = (
        (ROOT / "docs" / "design.md")
        .read_text("utf-8")
        .partition("The public face is")[2]
        .partition("\n\n")[0]
    )
    named = set(re.findall(r"`(\w+)`", face))
    assert named == set(gzcrawler.__all__)
    assert all(hasattr(gzcrawler, name) for name in gzcrawler.__all__)


def test_every_setting_has_its_reason_in_the_design() -> None:
    table = (ROOT / "docs" / "design.md").read_text("utf-8").partition("## Scrapy's settings")[2]
    explained = {
        name
        for row in re.findall(r"^\| (`.*?) \|", table, re.MULTILINE)
        for name in re.findall(r"`(\w+)`", row)
    }
    assert explained == {name for name in vars(settings) if name.isupper()}


def test_every_module_begins_with_what_it_is_for() -> None:
    silent = [_name(path) for path in MODULES if not ast.get_docstring(ast.parse(path.read_text("utf-8")))]
    assert silent == []


def test_no_room_is_called_by_what_it_is_not() -> None:
    vague = {"utils", "util", "helpers", "helper", "common", "manager", "misc"}
    assert [_name(path) for path in MODULES if vague & {path.stem, path.parent.name}] == []


def test_every_name_in_all_exists() -> None:
    for path in MODULES:
        if path.stem == "__main__":  # importing one would run it
            continue
        module = import_module(
            ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        )
        missing = [name for name in getattr(module, "__all__", ()) if not hasattr(module, name)]
        assert missing == [], _name(path)


def test_the_command_is_an_entry_point_that_loads() -> None:
    (script,) = entry_points(group="console_scripts", name="gzcrawler")
    assert script.value == FACTS["project"]["scripts"]["gzcrawler"]
    assert callable(script.load())


@pytest.mark.parametrize("command", ["status", "show", "parse", "verify"])
def test_commands_that_only_read_do_not_wait_for_scrapy(command: str) -> None:
    program = """import runpy, sys
sys.argv = ["gzcrawler", sys.argv[1], "--help"]
try:
    runpy.run_module("gzcrawler", run_name="__main__")
finally:
    print("scrapy" in sys.modules, file=sys.stderr)
"""
    ended = subprocess.run(
        [sys.executable, "-c", program, command], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert "Usage: " in ended.stdout
    assert ended.stderr.strip() == "False"


def test_scrapy_finds_the_spider() -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "scrapy", "list"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert ended.stdout.split() == ["portal"]


def _imported(folder: Path) -> set[str]:
    """Top names of all packages that the modules of a folder import."""
    names = set()
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                names |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                names.add(node.module.partition(".")[0])
    return names


def test_what_is_imported_is_declared_and_the_reverse() -> None:
    import_names = {
        "backports.zstd": "backports",
        "python-crontab": "crontab",
        "python-dateutil": "dateutil",
        "sqlite-utils": "sqlite_utils",
    }
    required = {re.split(r"[<>=;\[ ]", requirement)[0] for requirement in FACTS["project"]["dependencies"]}
    outside = _imported(ROOT / "gzcrawler") - set(sys.stdlib_module_names) - {"gzcrawler"}
    # The type of Scrapy's errors is Twisted's; it is named for the type checker alone. `compression` is
    # in the standard library from Python 3.14 on.
    assert outside - {"twisted", "compression"} == {import_names.get(name, name) for name in required}


def test_every_dependency_has_a_tested_version() -> None:
    project = FACTS["project"]
    extras = project["optional-dependencies"].values()
    wanted = [*project["dependencies"], *(requirement for extra in extras for requirement in extra)]
    tested = {
        line.partition("==")[0].lower()
        for line in (ROOT / "constraints.txt").read_text("utf-8").splitlines()
        if not line.startswith("#")
    }
    assert {re.split(r"[<>=;\[ ]", requirement)[0].lower() for requirement in wanted} <= tested


def test_constraints_are_names_and_versions_alone() -> None:
    for line in (ROOT / "constraints.txt").read_text("utf-8").splitlines():
        assert line.startswith("#") or re.fullmatch(r"[\w.-]+==[\w.+]+", line), line


def test_make_bench_runs_the_script_of_every_claim() -> None:
    line = re.search(r"^benchmarks := (.*)$", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    assert line is not None
    table = (ROOT / "benchmarks" / "README.md").read_text("utf-8")
    claims = set(re.findall(r"^\| `(\w+)\.py` \|", table, re.MULTILINE))
    assert claims <= set(line.group(1).split())
    assert all((ROOT / "benchmarks" / f"{name}.py").exists() for name in line.group(1).split())


# A letter in brackets keeps each pattern from matching itself.
FORBIDDEN = {
    "a path of one machine": r"(?<![\w.~-])/(?:h[o]me|r[o]ot|w[o]rk|U[s]ers)/[\w.]",
    "the host of a package registry": r"pyth[o]nhosted|pyp[i]\.org|anac[o]nda\.org|registry\.npm[j]s",
    "the download address of a package": r"https?://\S+\.(?:wh[l]|tar\.g[z]|tg[z])\b",
    "talk of who or what wrote it": r"(?i)\b(?:cl[a]ude|anthr[o]pic|ch[a]tgpt|s[u]b-?agents?|ai a[s]sistant|l[a]nguage model)\b",
}


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_tracked_file_holds(what: str) -> None:
    pattern = re.compile(FORBIDDEN[what])
    found = []
    for path in _tracked():
        try:
            text = path.read_text("utf-8")
        except UnicodeDecodeError:  # a page in another charset, or a picture
            text = path.read_bytes().decode("latin-1")
        found += [f"{_name(path)}: {match.group()}" for match in pattern.finditer(text)]
    assert found == []
