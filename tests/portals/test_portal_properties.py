"""What holds for every address, whatever it looks like."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gzcrawler.portals import Portal, load_portal

PORTALS = {name: load_portal(name) for name in ("guangzhou", "gzgov", "hangzhou")}
HOSTS = {name: {host.host for host in portal.hosts} for name, portal in PORTALS.items()}
TREES = [f"{host.host}{host.root}" for portal in PORTALS.values() for host in portal.hosts]

pieces = st.sampled_from(
    [
        *(
            "2017-06",
            "27",
            "c_97634.htm",
            "c_97634_2.htm",
            "gzlatest",
            "gzlatest_221.html",
            "index.html",
            "index_2.html",
        ),
        *(
            "mindex.html",
            "content",
            "post_43024.html",
            "mpost_43024.html",
            "guangzhou",
            "tianhe",
            "gddjp",
            "att",
        ),
        *(
            "20170627",
            "1.jpeg",
            "12.files",
            "robots.txt",
            "sitemap.xml",
            "rss",
            "s3709",
            "201008",
            "787554.shtml",
        ),
        *(
            ".",
            "..",
            "",
            "%2e",
            "%2E%2e",
            "%2F",
            "%5c",
            "%",
            "%7E",
            "%257E",
            "%41",
            "a.htm,",
            "a.htm/",
            "a.htm.",
            ".htm",
        ),
        *(
            "广",
            "\u00a0",
            " ",
            "\t",
            "\\",
            ",",
            ".,",
            "'",
            "?",
            "#",
            "&x=1",
            "=",
            ":",
            "@",
            "?utm_source=1&b=%3a",
            "\ud800",
        ),
    ]
)
paths = st.lists(pieces | st.text(max_size=5), max_size=8).flatmap(
    lambda steps: st.lists(st.sampled_from(["/", "", "//"]), min_size=len(steps), max_size=len(steps)).map(
        lambda seams: "".join(seam + step for seam, step in zip(seams, steps, strict=True))
    )
)
schemes = st.sampled_from(["http://", "https://", "HTTP:\\\\", "//", "https:/", ""])
hosts = st.sampled_from([*TREES, "foreign.example", "www.", "localhost:80"]) | st.text(max_size=8)
addresses = st.builds("{}{}{}".format, schemes, hosts, paths) | st.text(max_size=60)
portals = st.sampled_from(list(PORTALS.values()))
bases = st.none() | addresses


@given(portals, addresses, bases)
def test_any_text_is_answered(portal: Portal, url: str, base: str | None) -> None:
    address = portal.address(url, base)
    assert address is None or address.part >= 1


@given(portals, addresses, bases)
@settings(max_examples=400)
def test_a_canonical_address_is_its_own(portal: Portal, url: str, base: str | None) -> None:
    address = portal.address(url, base)
    if address is not None:
        again = portal.address(address.canonical_url)
        assert again is not None
        assert again.canonical_url == address.canonical_url


@given(portals, addresses, bases)
@settings(max_examples=400)
def test_the_address_to_ask_is_the_same_page(portal: Portal, url: str, base: str | None) -> None:
    address = portal.address(url, base)
    if address is not None:
        again = portal.address(address.url)
        assert again is not None
        assert (again.url, again.canonical_url) == (address.url, address.canonical_url)


@given(portals, addresses, bases)
@settings(max_examples=400)
def test_every_alias_leads_back(portal: Portal, url: str, base: str | None) -> None:
    address = portal.address(url, base)
    if address is not None:
        aliases = portal.addresses_of(address.canonical_url)
        found = {alias: portal.address(alias) for alias in aliases}
        assert aliases[0] == address.canonical_url
        assert {a and a.canonical_url for a in found.values()} == {address.canonical_url}


@given(portals, addresses, bases)
@settings(max_examples=400)
def test_nothing_outside_the_maps_hosts_is_asked(portal: Portal, url: str, base: str | None) -> None:
    address = portal.address(url, base)
    if address is not None:
        for asked in (address.url, address.canonical_url):
            found = re.fullmatch(r"https?://([a-z0-9.-]+)(/[\x21-\x7e]*)", asked)
            assert found is not None, asked
            assert found[1] in HOSTS[portal.name]
            assert "/../" not in f"{found[2]}/"


@given(
    st.text(alphabet="abc.@:[]%/\\#?0123456789。wgz-", max_size=30),
    st.sampled_from(["", "/2017-06/27/c_1.htm"]),
)
def test_a_host_is_the_maps_or_foreign(authority: str, path: str) -> None:
    url = f"https://{authority}{path}"
    address = PORTALS["guangzhou"].address(url)
    assert address is None or authority.lower().startswith(tuple(HOSTS["guangzhou"]))


@pytest.mark.parametrize(
    "root", ["subsites.chinadaily.com.cn/guangzhou", "regional.chinadaily.com.cn/guangzhou"]
)
@given(path=paths)
def test_two_aliases_of_a_story_meet(root: str, path: str) -> None:
    portal = PORTALS["guangzhou"]
    one = portal.address(f"http://{root}/{path}")
    two = portal.address(f"https://guangzhou.chinadaily.com.cn/{path}")
    if one is not None and two is not None and one.kind in ("article", "listing", "home"):
        assert one.canonical_url == two.canonical_url


@given(st.integers(0, 10**12), st.dates(), st.sampled_from(["", "/tianhe", "/gddjp"]), st.integers(1, 99))
def test_a_story_is_known_on_all_its_hosts(number: int, day: object, branch: str, part: int) -> None:
    path = f"{branch}/{str(day)[:7]}/{str(day)[8:]}/c_{number}" + (f"_{part}" if part > 1 else "") + ".htm"
    portal = PORTALS["guangzhou"]
    found = [portal.address(f"http://{host.host}{host.root}{path}") for host in portal.hosts]
    assert {(a.canonical_url, a.id, a.date, a.part) for a in found if a} == {
        (f"https://www.eguangzhou.gov.cn{path}", f"guangzhou:c_{number}", str(day), part)
    }


def test_an_index_behind_a_page_leads_to_one_address() -> None:
    portal = load_portal("gzgov")
    address = portal.address("http://english.gz.gov.cn/c_1.htm/index.html")
    assert address is not None
    again = portal.address(address.canonical_url)
    assert again is not None
    assert again.canonical_url == address.canonical_url
