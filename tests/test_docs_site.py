"""The documentation's site: all pages in its menu, pictures that ask nobody, and a strict build."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from lxml import etree, html

ROOT = Path(__file__).parents[1]
SITE: dict[str, Any] = yaml.safe_load((ROOT / "mkdocs.yml").read_text("utf-8"))
FROM_OUTSIDE = {"changelog.md", "contributing.md"}
"""Pages that a hook takes from beside the README."""


def _named(entry: object) -> list[str]:
    """The pages that a piece of the menu names."""
    if isinstance(entry, str):
        return [entry]
    values = entry.values() if isinstance(entry, dict) else entry
    assert not isinstance(values, str)
    return [page for value in values for page in _named(value)]  # type: ignore[attr-defined]


def test_the_menu_names_every_page_once() -> None:
    named = _named(SITE["nav"])
    assert sorted(named) == sorted({path.name for path in (ROOT / "docs").glob("*.md")} | FROM_OUTSIDE)


def test_it_is_built_strictly_and_without_fonts_of_others() -> None:
    assert SITE["strict"] is True
    assert SITE["theme"]["font"] is False
    assert set(SITE["validation"].values()) == {"warn"}
    assert "repo_url" not in SITE
    assert not [name for name in SITE["plugins"] if name != "search"]


@pytest.mark.parametrize(
    "picture", sorted((ROOT / "docs" / "images").glob("*.svg")), ids=lambda path: path.name
)
def test_a_picture_loads_nothing_and_runs_nothing(picture: Path) -> None:
    tree = etree.parse(picture)
    assert not tree.xpath(
        "//*[local-name()='script' or local-name()='image' or local-name()='foreignObject']"
    )
    text = picture.read_text("utf-8")
    assert re.findall(r"""(?:href|src)\s*=\s*["'](?!#)|url\(\s*["']?(?!#)|@import""", text) == []


def test_the_path_of_a_page_names_rooms_that_there_are() -> None:
    words = " ".join(etree.parse(ROOT / "docs" / "images" / "path.svg").getroot().itertext())
    for room in (
        "archive/frontier",
        "spiders/portal",
        "archive/writer",
        "dispatch",
        "politeness",
        "scheduler",
        "pipelines",
    ):
        assert room in words
        assert list((ROOT / "gzcrawler").glob(f"{room}*")), room
    for reader in ("decoding", "kinds", "layouts", "story", "dates", "captions"):
        assert reader in words
        assert (ROOT / "gzcrawler" / "readers" / f"{reader}.py").exists(), reader


@pytest.mark.system
def test_make_docs_builds_a_site_that_asks_nobody_for_anything() -> None:
    ended = subprocess.run(["make", "docs"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    pages = sorted((ROOT / "site").rglob("*.html"))
    assert {page.stem for page in pages} >= {page.removesuffix(".md") for page in _named(SITE["nav"])}
    for page in pages:
        tree = html.parse(page)
        loaded = tree.xpath("//script/@src | //img/@src | //link[@rel != 'canonical']/@href | //iframe/@src")
        assert [address for address in loaded if "//" in address] == [], page.name
