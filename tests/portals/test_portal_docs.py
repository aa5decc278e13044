"""The manual of maps: its examples load, and it explains every key."""

import re
import tomllib
from importlib import resources
from pathlib import Path

import pytest

from gzcrawler.errors import MapError
from gzcrawler.portals import Portal, parse_portal
from gzcrawler.portals.schema import Key
from gzcrawler.portals.tables import GROUPS, LIKE, TOP

MANUAL = (Path(__file__).parents[2] / "docs" / "portal-map.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```toml\n(.*?)```", MANUAL, re.DOTALL)


@pytest.fixture(scope="module")
def harbour() -> Portal:
    return parse_portal(tomllib.loads(EXAMPLES[0]))


def test_the_minimal_map_reads_an_alias_of_an_article(harbour: Portal) -> None:
    address = harbour.address("http://shared.example/harbour/news/2024-05-06/17.html?from=mail#top")
    assert address is not None
    assert (address.id, address.date, address.section, address.canonical_url) == (
        "harbour:17",
        "2024-05-06",
        "news",
        "https://www.harbour.example/news/2024-05-06/17.html",
    )


def test_the_minimal_map_leaves_the_rest_of_a_shared_host_alone(harbour: Portal) -> None:
    assert harbour.address("https://shared.example/other/") is None


def test_the_sister_portal_is_the_built_in_map() -> None:
    assert (
        resources.files("gzcrawler.portals").joinpath("hangzhou.toml").read_text(encoding="utf-8")
        == EXAMPLES[1]
    )


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ('address = "shared.example/harbour"', 'adress = "shared.example/harbour"'),
        ('id = "{number}"', 'id = "{nr}"'),
    ],
)
def test_the_messages_shown_are_those_given(right: str, wrong: str) -> None:
    with pytest.raises(MapError) as caught:
        parse_portal(tomllib.loads(EXAMPLES[0].replace(right, wrong)), origin="my-portal.toml")
    assert f"    {caught.value}\n" in MANUAL


def keys_of(table: dict[str, Key]) -> set[str]:
    return set(table) | {name for key in table.values() for name in key.keys}


@pytest.mark.parametrize("key", sorted(keys_of(TOP) | keys_of({"like": LIKE}) | set(GROUPS)))
def test_every_key_is_explained(key: str) -> None:
    assert f"`{key}`" in MANUAL
