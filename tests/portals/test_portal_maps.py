"""Loading maps: what a map says arrives in the portal, and every mistake is one clear line."""

import copy
import datetime
import json
import pickle
from pathlib import Path
from typing import Any

import pytest

from gzcrawler.errors import MapError, UnknownPortalError
from gzcrawler.portals import builtin_portals, load_portal, parse_portal


def small() -> dict[str, Any]:
    """The facts of a small map, as TOML would give them."""
    return {
        "name": "small",
        "title": "A small portal",
        "timezone": "+08:00",
        "scheme": "http",
        "connect": "127.0.0.1:8642",
        "politeness": {"delay": 0.5, "concurrency": 2},
        "hosts": [
            {"address": "www.small.test", "generations": ["A"]},
            {"address": "shared.test/small", "assets": ["/files/"]},
        ],
        "editions": [
            {"key": "en", "language": "en", "home": ["/"]},
            {"key": "ja", "language": "ja", "home": ["/ja/"], "paths": ["/ja"]},
        ],
        "sections": [{"key": "news", "names": ["News", "Latest"], "slugs": ["news", "latest"]}],
        "shapes": [
            {
                "kind": "article",
                "generation": "A",
                "pattern": r"/s(?P<number>\d+)(?:-(?P<part>\d+))?\.html",
                "canonical": "/s{number}.html",
                "continued": "/s{number}-{part}.html",
                "id": "s_{number}",
                "examples": ["/s1.html", "/s1-2.html"],
            },
            {"kind": "listing", "pattern": "/(?P<section>[a-z]+)/", "canonical": "/{section}/"},
        ],
        "layouts": [
            {
                "name": "plain",
                "generation": "A",
                "marks": ["div.story", "text:STORY"],
                "valid_from": datetime.date(2020, 1, 1),
            }
        ],
    }


def test_the_maps_that_come_with_the_package_are_valid() -> None:
    names = [load_portal(name).name for name in builtin_portals()]
    assert names == list(builtin_portals())
    assert {"guangzhou", "gzgov", "hangzhou"} < set(names)


SISTERS = {
    "nmpa": "https://english.nmpa.gov.cn/2025-06/11/c_1102172.htm",
    "spp": "https://en.spp.gov.cn/2021-12/29/c_948419.htm",
    "court": "https://english.court.gov.cn/2019-12/31/c_761907.htm",
    "gdfao": "https://en.gdfao.gov.cn/2026-02/11/c_1015837.htm",
    "nantong": "https://regional.chinadaily.com.cn/nantong/yangkouport/2023-12/20/c_949174.htm",
    "hohhot": "https://regional.chinadaily.com.cn/hohhot/2023-10/11/c_930029.htm",
    "fujian": "https://subsites.chinadaily.com.cn/fujian/2024-11/20/c_1046485.htm",
    "jiading": "https://subsites.chinadaily.com.cn/jiading/2013-07/05/c_709373.htm",
    "shenzhen": "https://www.sz.gov.cn/en_szgov/news/latest/content/post_11202141.html",
}


@pytest.mark.parametrize(("name", "url"), SISTERS.items())
def test_an_address_that_was_seen_on_a_sister_is_an_article_of_its_map_alone(name: str, url: str) -> None:
    owners = {}
    for other in builtin_portals():
        address = load_portal(other).address(url)
        if address is not None:
            owners[other] = (address.kind, address.canonical_url)
    assert owners == {name: ("article", url)}


@pytest.mark.parametrize("name", SISTERS)
def test_the_map_of_a_sister_was_never_proven_on_its_site(name: str) -> None:
    assert load_portal(name).verified is False


@pytest.mark.parametrize(
    ("given", "verified"),
    [({}, None), ({"verified": False}, False), ({"verified": "2026-11-23"}, datetime.date(2026, 11, 23))],
)
def test_a_map_says_when_it_was_proven(given: dict[str, Any], verified: object) -> None:
    portal = parse_portal(small() | given)
    assert portal.verified == verified
    kept = json.loads(json.dumps(portal.facts, default=str))
    assert parse_portal(kept).verified == verified, "as it comes back from an archive"


@pytest.mark.parametrize("wrong", [True, "soon", 2026, "2026-11-31"])
def test_what_says_no_day_is_no_proof(wrong: object) -> None:
    with pytest.raises(MapError, match=r"small.toml: verified: must be a date such as"):
        parse_portal(small() | {"verified": wrong}, origin="small.toml")


def test_nothing_is_tied_to_real_hosts() -> None:
    address = parse_portal(small()).address("http://shared.test/small/s7-2.html?x")
    assert address is not None
    assert (address.url, address.canonical_url, address.id, address.part) == (
        "http://shared.test/small/s7-2.html",
        "http://www.small.test/s7-2.html",
        "small:s_7",
        2,
    )


def test_a_map_may_name_hosts_with_ports() -> None:
    facts = small()
    facts["hosts"][0]["address"] = "localhost:8642"
    address = parse_portal(facts).address("http://LOCALHOST:08642/s7.html")
    assert address is not None
    assert (address.host, address.canonical_url) == ("localhost:8642", "http://localhost:8642/s7.html")


@pytest.mark.parametrize("path", ["/99999999999999999999-1-1/", "/-1-1/", "/0-0-0/"])
def test_a_map_with_loose_dates_raises_at_no_address(path: str) -> None:
    facts = small()
    facts["shapes"][1] = {"kind": "unknown", "pattern": r"/(?P<year>\d*)-(?P<month>\d*)-(?P<day>\d*)/"}
    del facts["sections"]
    address = parse_portal(facts).address(f"http://www.small.test{path}")
    assert address is not None
    assert address.date is None


def test_politeness_and_the_place_to_connect_come_from_the_map() -> None:
    portal = parse_portal(small())
    politeness = portal.politeness
    assert (
        portal.connect,
        politeness.delay,
        politeness.concurrency,
        politeness.timeout,
        politeness.max_bytes,
    ) == (
        "127.0.0.1:8642",
        0.5,
        2,
        30.0,
        10_000_000,
    )


def test_a_real_portal_is_asked_once_a_second_by_default() -> None:
    politeness = load_portal("hangzhou").politeness
    assert (politeness.delay, politeness.concurrency) == (1.0, 1)


def test_seeds_are_home_pages_then_lists_of_every_slug() -> None:
    assert [(seed.kind, seed.canonical_url) for seed in parse_portal(small()).seeds()] == [
        ("home", "http://www.small.test/"),
        ("home", "http://www.small.test/ja/"),
        ("listing", "http://www.small.test/news/"),
        ("listing", "http://www.small.test/latest/"),
    ]


def test_seeds_of_guangzhou_have_both_generations_of_each_section() -> None:
    seeds = load_portal("guangzhou").seeds()
    lists = {(seed.section, seed.generation) for seed in seeds if seed.kind == "listing"}
    sections = {section.key for section in load_portal("guangzhou").sections}
    assert lists == {(key, generation) for key in sections for generation in ("G2", "G3")}


def test_a_section_keeps_its_key_under_all_its_slugs() -> None:
    portal = parse_portal(small())
    found = [portal.address(f"http://www.small.test/{slug}/") for slug in ("news", "latest")]
    assert [address and address.section for address in found] == ["news", "news"]


def test_a_section_is_found_by_its_key() -> None:
    section = parse_portal(small()).section("news")
    assert section is not None
    assert section.names == ("News", "Latest")


def test_no_section_goes_by_a_name_that_is_no_key() -> None:
    assert parse_portal(small()).section("News") is None


def test_a_layout_carries_its_dates_and_marks() -> None:
    layout = parse_portal(small()).layouts[0]
    assert (layout.valid_from, layout.valid_until, layout.marks) == (
        datetime.date(2020, 1, 1),
        None,
        ("div.story", "text:STORY"),
    )


def test_shapes_and_layouts_may_come_from_another_map() -> None:
    portal = load_portal("hangzhou")
    assert {shape.generation for shape in portal.shapes} == {"G1", "G2"}


def test_own_layouts_come_before_those_of_the_other_map() -> None:
    facts = small() | {"like": {"map": "guangzhou", "generations": ["G1"]}}
    facts["layouts"][0]["name"] = "subsite"
    assert [layout.name for layout in parse_portal(facts).layouts][:2] == ["subsite", "subsite-plain"]


def test_the_digest_is_over_the_facts() -> None:
    changed = small()
    changed["sections"][0]["names"].append("Updates")
    same, other = parse_portal(small(), origin="elsewhere"), parse_portal(changed)
    assert (same.digest == parse_portal(small()).digest, other.digest == same.digest) == (True, False)


def test_facts_that_change_afterwards_change_no_portal() -> None:
    facts = small()
    portal = parse_portal(facts)
    facts["sections"].clear()
    assert pickle.loads(pickle.dumps(portal)).section("news") is not None


@pytest.mark.parametrize("name", builtin_portals())
def test_a_map_kept_as_json_is_the_same_portal(name: str) -> None:
    portal = load_portal(name)
    kept = parse_portal(json.loads(json.dumps(portal.facts, default=str)), origin="archive")
    assert (kept.digest, kept.layouts, kept.seeds()) == (portal.digest, portal.layouts, portal.seeds())


def test_a_portal_travels_to_another_process() -> None:
    portal = load_portal("guangzhou")
    twin = pickle.loads(pickle.dumps(portal))
    url = "http://subsites.chinadaily.com.cn/guangzhou/2017-06/27/c_1.htm"
    assert (twin == portal, twin.address(url)) == (True, portal.address(url))


def test_a_map_is_loaded_by_path(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(
        'name = "mine"\ntitle = "Mine"\ntimezone = "+00:00"\n[like]\nmap = "guangzhou"\ngenerations = ["G1"]\n'
        '[[hosts]]\naddress = "mine.test"\n[[editions]]\nkey = "en"\nlanguage = "en"\nhome = ["/"]\n',
        encoding="utf-8",
    )
    assert load_portal(path).name == "mine"


def test_a_name_that_is_neither_map_nor_file_is_said_so() -> None:
    with pytest.raises(
        UnknownPortalError, match=r"guangzhuo: no portal .*guangzhou, gzgov, hangzhou.* no such file"
    ):
        load_portal("guangzhuo")


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        (b"name = =", "not TOML: .*line 1"),
        (b'name = "a"\nname = "b"\n', "not TOML: "),
        (b'name = "\xff"', "not UTF-8 at byte 8"),
        (b"", "name: is missing"),
    ],
)
def test_a_file_that_is_no_map_is_named(tmp_path: Path, source: bytes, reason: str) -> None:
    path = tmp_path / "broken.toml"
    path.write_bytes(source)
    with pytest.raises(MapError, match=rf"broken\.toml: {reason}"):
        load_portal(path)


def test_a_folder_is_no_map(tmp_path: Path) -> None:
    with pytest.raises(UnknownPortalError, match="no such file"):
        load_portal(tmp_path)


GONE = object()

MISTAKES: list[tuple[str, object, str]] = [
    ("name", GONE, "name: is missing"),
    ("title", GONE, "title: is missing"),
    ("hosts", GONE, "hosts: is missing"),
    ("hosts", [], "hosts: must not be empty"),
    ("editions", GONE, "editions: is missing"),
    ("shapes", GONE, "shapes: is missing"),
    ("hots", [], "hots: no such key (did you mean 'hosts'?)"),
    ("hosts.0.adress", "x", "hosts[0].adress: no such key (did you mean 'address'?)"),
    ("politeness.dealy", 1, "politeness.dealy: no such key (did you mean 'delay'?)"),
    ("shapes.1.patern", "x", "shapes[1].patern: no such key (did you mean 'pattern'?)"),
    ("layouts.0.autor", ["x"], "layouts[0].autor: no such key"),
    ("name", 7, "name: must be text, not a number"),
    ("name", "Not A Key", "name: must be lower-case letters"),
    ("name", "", "name: must not be empty"),
    ("timezone", "Asia/Shanghai", "timezone: must be an offset such as +08:00"),
    ("scheme", "ftp", "scheme: must be one of https, http, not 'ftp'"),
    ("connect", "localhost", "connect: must be host:port"),
    (
        "unknown_pages",
        "crwl",
        "unknown_pages: must be one of crawl, skip, not 'crwl' (did you mean 'crawl'?)",
    ),
    ("politeness", [], "politeness: must be a table, not a list"),
    ("politeness.delay", "1", "politeness.delay: must be a number, not text"),
    ("politeness.delay", True, "politeness.delay: must be a number, not true or false"),
    ("politeness.delay", -1, "politeness.delay: must be 0 or more, not -1"),
    ("politeness.delay", float("nan"), "politeness.delay: must be 0 or more, not nan"),
    ("politeness.delay", float("inf"), "politeness.delay: must be"),
    ("politeness.concurrency", 0, "politeness.concurrency: must be 1 or more, not 0"),
    ("politeness.concurrency", 1.5, "politeness.concurrency: must be a whole number, not a number"),
    ("hosts", "www.small.test", "hosts: must be a list of tables ([[…]]), not text"),
    ("hosts", ["www.small.test"], "hosts[0]: must be a table, not text"),
    ("hosts.1.address", "www.small.test", "hosts[1].address: 'www.small.test' is already hosts[0]"),
    ("hosts.1.address", "WWW.small.test/", "hosts[1].address: 'WWW.small.test/' is already hosts[0]"),
    ("hosts.0.address", "https://www.small.test", "hosts[0].address: must be host, host:port or host/path"),
    ("hosts.0.address", "a@www.small.test", "hosts[0].address: must be host"),
    ("hosts.0.address", "www.small.test/../x", "hosts[0].address: must be host"),
    ("hosts.0.address", "www.small.test:443", "hosts[0].address: 'www.small.test:443': leave out the ports"),
    ("hosts.0.generations", ["a"], "hosts[0].generations: no shape is of generation 'a'"),
    ("hosts.1.assets", ["files"], "hosts[1].assets[0]: must be a path prefix"),
    ("editions.1.key", "en", "editions[1].key: 'en' is already editions[0]"),
    ("editions.0.language", "English", "editions[0].language: must be a BCP 47 tag"),
    ("editions.0.home", [], "editions[0].home: must not be empty"),
    ("editions.0.home", ["home"], "editions[0].home[0]: must be a path such as"),
    ("editions.0.home", ["//else.test/"], "editions[0].home[0]: http://else.test/ is on no host of the map"),
    (
        "editions.0.home",
        ["/index.html"],
        "editions[0].home[0]: http://www.small.test/index.html is no canonical folder",
    ),
    ("editions.1.paths", ["/ja/"], "editions[1].paths[0]: must be a path prefix"),
    ("sections.1", {"key": "news", "slugs": ["x"]}, "sections[1].key: 'news' is already sections[0]"),
    (
        "sections.1",
        {"key": "x", "slugs": ["news"]},
        "sections[1].slugs: 'news' is already a slug of sections[0]",
    ),
    ("sections.0.slugs", [], "sections[0].slugs: must not be empty"),
    ("sections.0.slugs", ["news", "news"], "sections[0].slugs[1]: 'news' is listed twice"),
    ("sections.0.slugs", ["/news/"], "sections[0].slugs[0]: must be a piece of a path"),
    ("sections.0.names", [7], "sections[0].names[0]: must be text, not a number"),
    ("sections.0.edition", "fr", "sections[0].edition: no edition 'fr'"),
    ("sections.0.lists", ["/s1.html"], "sections[0].lists[0]: http://www.small.test/s1.html is article"),
    (
        "sections.0.lists",
        ["//else.test/"],
        "sections[0].lists[0]: http://else.test/ is on no host of the map",
    ),
    ("shapes.0.kind", "artikle", "shapes[0].kind: must be one of"),
    ("shapes.0.pattern", "/(", "shapes[0].pattern: no regular expression: "),
    (
        "shapes.0.pattern",
        "/(?P<numbr>x)",
        "shapes[0].pattern: no such group: 'numbr' (did you mean 'number'?)",
    ),
    (
        "shapes.1.pattern",
        "/(?P<section>x)(?P<day>x)/",
        "shapes[1].pattern: a day needs year and month before it",
    ),
    ("shapes.0.id", GONE, "shapes[0].id: is missing: an article needs one"),
    ("shapes.1.id", "x", "shapes[1].id: only an article has one, not listing"),
    ("shapes.0.id", "s_{nr}", "shapes[0].id: the pattern has no group 'nr'"),
    ("shapes.0.canonical", "/s{number", "shapes[0].canonical: unbalanced braces"),
    ("shapes.0.canonical", "/s{number.real}", "shapes[0].canonical: the pattern has no group 'number.real'"),
    ("shapes.0.canonical", "/s{}", "shapes[0].canonical: the pattern has no group ''"),
    (
        "shapes.0.canonical",
        "/s{number:>9}",
        "shapes[0].canonical: a group fills in as it is: {number}, without format",
    ),
    (
        "shapes.0.continued",
        GONE,
        "shapes[0].continued: a canonical form for further parts goes with a group 'part'",
    ),
    (
        "shapes.0.continued",
        "/s{number}.html",
        "shapes[0].continued: needs canonical beside it, and {part} in it",
    ),
    ("shapes.0.any_section", True, "shapes[0].any_section: only a listing can have it, not article"),
    ("shapes.0.any_section", "yes", "shapes[0].any_section: must be true or false, not text"),
    ("shapes.0.template", True, "shapes[0].template: only an asset can have it, not article"),
    ("shapes.0.examples", ["/x.html"], "shapes[0].examples[0]: /x.html does not match the shape's pattern"),
    ("shapes.1.examples", ["/ja/"], "shapes[1].examples[0]: /ja/ is taken for home"),
    (
        "shapes.0.canonical",
        "/t{number}.html",
        "shapes[0].examples[0]: /s1.html is article http://www.small.test/t1.html, but that",
    ),
    ("layouts.1", {"name": "plain", "marks": ["a"]}, "layouts[1].name: 'plain' is already layouts[0]"),
    ("layouts.0.marks", GONE, "layouts[0].marks: is missing"),
    ("layouts.0.marks", ["div >"], "layouts[0].marks[0]: no CSS selector: 'div >'"),
    ("layouts.0.body", ["a:nonsense"], "layouts[0].body[0]: no CSS selector: 'a:nonsense'"),
    ("layouts.0.generation", "B", "layouts[0].generation: no shape is of generation 'B'"),
    (
        "layouts.0.valid_from",
        "spring 2020",
        "layouts[0].valid_from: must be a date such as 2017-06-27, not 'spring",
    ),
    (
        "layouts.0.valid_from",
        "20200101",
        "layouts[0].valid_from: must be a date such as 2017-06-27, not '20200101'",
    ),
    ("layouts.0.valid_from", 2020, "layouts[0].valid_from: must be a date such as 2017-06-27, not a number"),
    (
        "layouts.0.valid_from",
        datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC),
        "layouts[0].valid_from: must be a date",
    ),
    (
        "layouts.0.valid_until",
        datetime.date(2019, 1, 1),
        "layouts[0].valid_until: 2019-01-01 is before valid_from",
    ),
    ("tracking", ["a b"], "tracking[0]: must be the name of a query parameter"),
    ("folded", ["small"], "folded[0]: must be a path prefix"),
    ("like", "guangzhou", "like: must be a table, not text"),
    (
        "like",
        {"map": "guangzhuo", "generations": ["G1"]},
        "like.map: no built-in map 'guangzhuo' (did you mean 'guangzhou'?)",
    ),
    ("like", {"map": "guangzhou"}, "like.generations: is missing"),
    (
        "like",
        {"map": "guangzhou", "generations": ["G9"]},
        "like.generations[0]: guangzhou has no generation 'G9'",
    ),
]


@pytest.mark.parametrize(("key", "value", "message"), MISTAKES, ids=[f"{m[2][:50]}" for m in MISTAKES])
def test_a_mistake_is_one_line_with_file_key_and_reason(key: str, value: object, message: str) -> None:
    facts = small()
    *steps, last = key.split(".")
    table: Any = facts
    for step in steps:
        table = table[int(step)] if step.isdigit() else table[step]
    if value is GONE:
        del table[last]
    elif last.isdigit():
        table.append(copy.deepcopy(value))
    else:
        table[last] = value
    with pytest.raises(MapError) as caught:
        parse_portal(facts, origin="small.toml")
    said = str(caught.value)
    assert (said.startswith(f"small.toml: {message}"), said.count("\n")) == (True, 0), said
