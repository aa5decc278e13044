"""What an address means: one table a rule, over the built-in maps."""

import pytest

from gzcrawler.portals import Address, Portal, load_portal

HOME = "https://www.eguangzhou.gov.cn"
STORY = f"{HOME}/2017-06/27/c_97634.htm"


@pytest.fixture(scope="module")
def portal() -> Portal:
    return load_portal("guangzhou")


def known(portal: Portal, url: str, base: str | None = None) -> Address:
    address = portal.address(url, base)
    assert address is not None, url
    return address


@pytest.mark.parametrize(
    "url",
    [
        "https://www.eguangzhou.gov.cn/2017-06/27/c_97634.htm",
        "https://eguangzhou.gov.cn/2017-06/27/c_97634.htm",
        "https://guangzhou.chinadaily.com.cn/2017-06/27/c_97634.htm",
        "https://www.guangzhou.chinadaily.com.cn/2017-06/27/c_97634.htm",
        "https://subsites.chinadaily.com.cn/guangzhou/2017-06/27/c_97634.htm",
        "https://regional.chinadaily.com.cn/guangzhou/2017-06/27/c_97634.htm",
        "https://www.eguangzhou.gov.cn/guangzhou/2017-06/27/c_97634.htm",
    ],
)
def test_hosts_of_the_portal_show_one_page(portal: Portal, url: str) -> None:
    assert known(portal, url).canonical_url == STORY


@pytest.mark.parametrize(
    "url",
    [
        "http://www.eguangzhou.gov.cn/2017-06/27/c_97634.htm",
        "HTTP://WWW.EGUANGZHOU.GOV.CN/2017-06/27/c_97634.htm",
        "HttpS://www.eGuangzhou.gov.cn/2017-06/27/c_97634.htm",
        "http://www.eguangzhou.gov.cn:80/2017-06/27/c_97634.htm",
        "https://www.eguangzhou.gov.cn:443/2017-06/27/c_97634.htm",
        "https://www.eguangzhou.gov.cn:/2017-06/27/c_97634.htm",
        "https://www.eguangzhou.gov.cn./2017-06/27/c_97634.htm",
        "//www.eguangzhou.gov.cn/2017-06/27/c_97634.htm",
    ],
)
def test_scheme_case_and_default_port_name_no_other_page(portal: Portal, url: str) -> None:
    assert known(portal, url).canonical_url == STORY


@pytest.mark.parametrize(
    "tail",
    [
        "#top",
        "?",
        "?utm_source=x&utm_medium=y",
        "?from=singlemessage&isappinstalled=0",
        "?nsukey=abc%3D",
        "?spm=1.2.3#a?b",
        "?page=3",
        "?a=1?b=2",
        "?x=https://other.example/",
    ],
)
def test_a_story_takes_no_query_and_no_fragment(portal: Portal, tail: str) -> None:
    assert known(portal, STORY + tail).url == STORY


@pytest.mark.parametrize(
    "tail",
    [
        "&foo",
        "&from=timeline&isappinstalled=0",
        ",",
        ".",
        ";",
        "'",
        '"',
        ")",
        "]",
        ">",
        "%20",
        "%20%20",
        "%E3%80%82",
        "。",
        "”",
        "、",
        "\u00a0",
        "/",
        "//",
        "./",
        "/,",
        "%22%3E",
        "%3Ffrom=x",
        "%23top",
        "!,%20",
        "|",
        "*",
    ],
)
def test_what_sloppy_links_leave_at_the_end_is_dropped(portal: Portal, tail: str) -> None:
    assert known(portal, STORY + tail).url == STORY


@pytest.mark.parametrize(
    "path",
    [
        "//2017-06/27/c_97634.htm",
        "/2017-06//27///c_97634.htm",
        "/./2017-06/27/c_97634.htm",
        "/x/../2017-06/27/c_97634.htm",
        "/../../2017-06/27/c_97634.htm",
        "/2017-06/27/%2E/c_97634.htm",
        "/x/%2e%2E/2017-06/27/c_97634.htm",
        "/2017%2D06/27/c%5F97634.htm",
        "/2017-06/27/%63_97634.htm",
        "\\2017-06\\27\\c_97634.htm",
        "/2017-06/\n27/c_97634.htm",
        "/2017-\t06/27/c_97634.h\r\ntm",
        "/2017-06/27/c_97634.HTM",
        "/2017-06/27/c_97634.html",
        "/2017-06/27/c_97634",
        "/2017-06/27/c_97634_1.htm",
    ],
)
def test_one_path_has_one_spelling(portal: Portal, path: str) -> None:
    assert known(portal, HOME + path).canonical_url == STORY


@pytest.mark.parametrize(
    "url", [f"  {STORY}", f"{STORY}\n", f"\t{STORY}\u3000", f"\u200b{STORY}\ufeff", f"\x00{STORY} "]
)
def test_blanks_around_an_address_are_dropped(portal: Portal, url: str) -> None:
    assert known(portal, url).url == STORY


@pytest.mark.parametrize(
    ("path", "canonical"),
    [
        ("/x/%7Ename.pdf", "/x/~name.pdf"),
        ("/x/%e5%b9%bf.pdf", "/x/%E5%B9%BF.pdf"),
        ("/x/广.pdf", "/x/%E5%B9%BF.pdf"),
        ("/x/%257Ename.pdf", "/x/%257Ename.pdf"),
        ("/x/%25%37%45.pdf", "/x/%257E.pdf"),
        ("/x/100%.pdf", "/x/100%25.pdf"),
        ("/x/%zz.pdf", "/x/%25zz.pdf"),
        ("/x/a b.pdf", "/x/a%20b.pdf"),
        ("/x/\ud800.pdf", "/x/%ED%A0%80.pdf"),
    ],
)
def test_percent_encoding_is_made_normal_once_and_never_decoded_twice(
    portal: Portal, path: str, canonical: str
) -> None:
    assert known(portal, HOME + path).canonical_url == HOME + canonical


@pytest.mark.parametrize(
    ("link", "base", "canonical"),
    [
        ("c_2.htm", STORY, "/2017-06/27/c_2.htm"),
        ("./c_2.htm", STORY, "/2017-06/27/c_2.htm"),
        ("../28/c_2.htm", STORY, "/2017-06/28/c_2.htm"),
        ("/gzlatest.html", STORY, "/gzlatest.html"),
        ("../../../../gzlatest.html", STORY, "/gzlatest.html"),
        ("?x=1", STORY, "/2017-06/27/c_97634.htm"),
        ("#top", STORY, "/2017-06/27/c_97634.htm"),
        ("", STORY, "/2017-06/27/c_97634.htm"),
        ("c_2.htm", f"{HOME}/2017-06/27/c_1.htm?a=/b/c", "/2017-06/27/c_2.htm"),
        ("c_2.htm", f"{HOME}/2017-06/27/c_1.htm#/b/c", "/2017-06/27/c_2.htm"),
        ("gzlatest.html", HOME, "/gzlatest.html"),
        ("gzlatest.html", "http://subsites.chinadaily.com.cn/guangzhou/", "/gzlatest.html"),
        ("//eguangzhou.gov.cn/gzlatest.html", "http://foreign.example/", "/gzlatest.html"),
        ("\\gzlatest.html", STORY, "/gzlatest.html"),
        (f"{HOME}/gzlatest.html", "no address at all", "/gzlatest.html"),
    ],
)
def test_a_link_is_read_from_where_it_stands(portal: Portal, link: str, base: str, canonical: str) -> None:
    assert known(portal, link, base).canonical_url == HOME + canonical


@pytest.mark.parametrize(
    ("path", "canonical", "part"),
    [
        ("/2017-06/27/c_97634.htm", "/2017-06/27/c_97634.htm", 1),
        ("/2017-06/27/c_97634_1.htm", "/2017-06/27/c_97634.htm", 1),
        ("/2017-06/27/c_97634_2.htm", "/2017-06/27/c_97634_2.htm", 2),
        ("/2017-06/27/c_97634_02.htm", "/2017-06/27/c_97634_2.htm", 2),
        ("/2017-06/27/c_97634_32.htm,", "/2017-06/27/c_97634_32.htm", 32),
    ],
)
def test_a_continued_story_has_a_page_a_part_and_one_id(
    portal: Portal, path: str, canonical: str, part: int
) -> None:
    address = known(portal, HOME + path)
    assert (address.canonical_url, address.part, address.id) == (HOME + canonical, part, "guangzhou:c_97634")


@pytest.mark.parametrize("district", ["tianhe", "nansha", "gdd", "conghua", "gddjp"])
@pytest.mark.parametrize(
    "place",
    [
        "https://subsites.chinadaily.com.cn/guangzhou/",
        "http://regional.chinadaily.com.cn/guangzhou/",
        "https://www.eguangzhou.gov.cn/",
        "https://www.eguangzhou.gov.cn/guangzhou/",
    ],
)
def test_a_district_page_is_a_page_of_its_own_with_the_same_id(
    portal: Portal, place: str, district: str
) -> None:
    address = known(portal, f"{place}{district}/2017-06/27/c_97634.htm")
    assert (address.canonical_url, address.id) == (
        f"{HOME}/{district}/2017-06/27/c_97634.htm",
        "guangzhou:c_97634",
    )


@pytest.mark.parametrize(
    ("path", "edition"),
    [
        ("/gddjp/2017-06/27/c_1.htm", "ja"),
        ("/guangzhou/gddjp/2017-06/27/c_1.htm", "ja"),
        ("/gddjp", "ja"),
        ("/gddjp.html", "ja"),
        ("/gddjpn/2017-06/27/c_1.htm", "en"),
        ("/gdd/2017-06/27/c_1.htm", "en"),
        ("/2017-06/27/c_1.htm", "en"),
        ("/", "en"),
    ],
)
def test_the_path_tells_the_edition(portal: Portal, path: str, edition: str) -> None:
    assert known(portal, HOME + path).edition == edition


@pytest.mark.parametrize(
    ("path", "date", "raw"),
    [
        ("/2017-06/27/c_1.htm", "2017-06-27", "2017-06/27"),
        ("/2020-02/29/c_1.htm", "2020-02-29", "2020-02/29"),
        ("/2019-02/29/c_1.htm", None, "2019-02/29"),
        ("/2017-13/01/c_1.htm", None, "2017-13/01"),
        ("/2017-00/00/c_1.htm", None, "2017-00/00"),
        ("/0000-01/01/c_1.htm", None, "0000-01/01"),
        ("/gzlatest/content/post_43024.html", None, None),
        ("/att/20170627/1498553318042029000.jpeg", "2017-06-27", "20170627"),
    ],
)
def test_a_date_that_cannot_be_is_none_and_stays_readable(
    portal: Portal, path: str, date: str | None, raw: str | None
) -> None:
    address = known(portal, HOME + path)
    assert (address.date, address.date_raw) == (date, raw)


@pytest.mark.parametrize(
    ("path", "canonical", "section"),
    [
        ("/gzlatest/content/post_43024.html", "/gzlatest/content/post_43024.html", "gzlatest"),
        ("/gzlatest/content/mpost_43024.html", "/gzlatest/content/post_43024.html", "gzlatest"),
        ("/gzlatest/content/post_43024.html?from=x", "/gzlatest/content/post_43024.html", "gzlatest"),
        ("/gzlatest/content/post_43024", "/gzlatest/content/post_43024.html", "gzlatest"),
        ("/gzservice/visas/content/post_43024.html", "/gzservice/visas/content/post_43024.html", "gzservice"),
        ("/somewhere/content/post_43024.html", "/somewhere/content/post_43024.html", None),
        ("/content/post_43024.html", "/content/post_43024.html", None),
    ],
)
def test_a_post_keeps_its_section_path_and_its_id_is_the_number(
    portal: Portal, path: str, canonical: str, section: str | None
) -> None:
    address = known(portal, HOME + path)
    assert (address.kind, address.canonical_url, address.id, address.section, address.generation) == (
        "article",
        HOME + canonical,
        "guangzhou:post_43024",
        section,
        "G3",
    )


@pytest.mark.parametrize(
    ("url", "canonical", "part", "generation"),
    [
        (f"{HOME}/gzlatest.html", "/gzlatest.html", 1, "G2"),
        (f"{HOME}/gzlatest.htm", "/gzlatest.html", 1, "G2"),
        (f"{HOME}/gzlatest_1.html", "/gzlatest.html", 1, "G2"),
        (f"{HOME}/gzlatest_221.html", "/gzlatest_221.html", 221, "G2"),
        (f"{HOME}/gzlatest_221", "/gzlatest_221.html", 221, "G2"),
        (f"{HOME}/gzlatest.html?page=2", "/gzlatest.html", 1, "G2"),
        ("http://guangzhou.chinadaily.com.cn/gzlatest", "/gzlatest.html", 1, "G2"),
        ("http://subsites.chinadaily.com.cn/guangzhou/gzlatest", "/gzlatest.html", 1, "G2"),
        ("http://guangzhou.chinadaily.com.cn/gzlatest_221.html", "/gzlatest_221.html", 221, "G2"),
        (f"{HOME}/gzlatest", "/gzlatest/", 1, "G3"),
        (f"{HOME}/gzlatest/", "/gzlatest/", 1, "G3"),
        (f"{HOME}/gzlatest/index.html", "/gzlatest/", 1, "G3"),
        (f"{HOME}/gzlatest/mindex.html", "/gzlatest/", 1, "G3"),
        (f"{HOME}/gzlatest/index_1.html", "/gzlatest/", 1, "G3"),
        (f"{HOME}/gzlatest/index_2.html", "/gzlatest/index_2.html", 2, "G3"),
        (f"{HOME}/gzlatest/mindex_2.html", "/gzlatest/index_2.html", 2, "G3"),
        (f"{HOME}/gzlatest/%20", "/gzlatest/", 1, "G3"),
    ],
)
def test_lists_of_one_section_are_pages_of_their_own_in_each_generation(
    portal: Portal, url: str, canonical: str, part: int, generation: str
) -> None:
    address = known(portal, url)
    assert (address.canonical_url, address.section, address.part, address.generation) == (
        HOME + canonical,
        "gzlatest",
        part,
        generation,
    )


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "/index.html",
        "/index.htm",
        "/mindex.html",
        "/Index.HTML",
        "/index.html?from=x",
        "/.",
        "/guangzhou",
    ],
)
def test_the_home_page_has_one_address(portal: Portal, path: str) -> None:
    address = known(portal, HOME + path)
    assert (address.kind, address.canonical_url) == ("home", f"{HOME}/")


@pytest.mark.parametrize(
    ("path", "canonical"),
    [("/tianhe", "/tianhe/"), ("/tianhe/index.html", "/tianhe/"), ("/guangzhou/gddjp/", "/gddjp/")],
)
def test_a_district_has_a_home_page_of_its_own(portal: Portal, path: str, canonical: str) -> None:
    address = known(portal, HOME + path)
    assert (address.kind, address.canonical_url) == ("home", HOME + canonical)


@pytest.mark.parametrize(
    ("path", "kind", "template"),
    [
        ("/att/20170627/1498553318042029000.jpeg", "asset", False),
        ("/images/attachement/jpg/site1/20160905/0a1b2c3d4e5f.jpg", "asset", False),
        ("/img/0/43/43024/43024.png", "asset", False),
        ("/attachment/0/1/43024.docx", "asset", False),
        ("/files/report.zip", "asset", False),
        ("/att/12.files/i/logo.png", "asset", True),
        ("/css/base.css?v=2", "asset", True),
        ("/js/jquery.min.js", "asset", True),
        ("/favicon.ico", "asset", True),
        ("/robots.txt", "robots", False),
        ("/sitemap.xml", "sitemap", False),
        ("/sitemap_index.xml", "sitemap", False),
        ("/rss.xml", "feed", False),
        ("/news/feed.xml", "feed", False),
        ("/gzlatest.rss", "feed", False),
        ("/index.atom", "feed", False),
        ("/about.html", "unknown", False),
        ("/about/contact.shtml", "unknown", False),
        ("/about/", "unknown", False),
        ("/search.jsp?q=x", "unknown", False),
        ("/2017-06/27/about.htm", "unknown", False),
        ("/2017-06/27/content_97634.htm", "unknown", False),
    ],
)
def test_the_shape_of_an_address_promises_a_kind(
    portal: Portal, path: str, kind: str, template: bool
) -> None:
    address = known(portal, HOME + path)
    assert (address.kind, address.template) == (kind, template)


@pytest.mark.parametrize(
    ("path", "canonical"),
    [
        ("/search.jsp?q=a%7eb&utm_source=x&p=2", "/search.jsp?q=a~b&p=2"),
        ("/search.jsp?&&from=x&UTM_Campaign=y", "/search.jsp"),
        ("/about", "/about/"),
        ("/about/index.html", "/about/"),
    ],
)
def test_an_unknown_page_keeps_its_query_but_not_the_tracking(
    portal: Portal, path: str, canonical: str
) -> None:
    assert known(portal, HOME + path).canonical_url == HOME + canonical


@pytest.mark.parametrize(
    ("url", "asked"),
    [
        (
            "http://subsites.chinadaily.com.cn/guangzhou/2017-06/27/c_97634.htm?from=x#a",
            "http://subsites.chinadaily.com.cn/guangzhou/2017-06/27/c_97634.htm",
        ),
        (f"{HOME}/guangzhou/tianhe/2017-06/27/c_1.htm", f"{HOME}/guangzhou/tianhe/2017-06/27/c_1.htm"),
        (f"{HOME}/gzlatest/content/mpost_1.html", f"{HOME}/gzlatest/content/post_1.html"),
        ("http://guangzhou.chinadaily.com.cn/gzlatest", "http://guangzhou.chinadaily.com.cn/gzlatest"),
        ("http://www.regional.chinadaily.com.cn/guangzhou/", "http://regional.chinadaily.com.cn/guangzhou/"),
        ("https://subsites.chinadaily.com.cn/guangzhou", "https://subsites.chinadaily.com.cn/guangzhou/"),
    ],
)
def test_the_alias_that_was_linked_is_asked(portal: Portal, url: str, asked: str) -> None:
    address = known(portal, url)
    assert (address.url, address.host) == (asked, asked.split("/")[2])


@pytest.mark.parametrize("path", ["/robots.txt", "/sitemap.xml"])
def test_what_speaks_for_one_host_is_not_another_hosts(portal: Portal, path: str) -> None:
    found = {
        known(portal, f"https://{host}{path}").canonical_url
        for host in ("www.eguangzhou.gov.cn", "eguangzhou.gov.cn")
    }
    assert len(found) == 2


def test_robots_txt_of_a_shared_host_stands_at_its_root(portal: Portal) -> None:
    address = known(portal, "https://subsites.chinadaily.com.cn/robots.txt")
    assert (address.kind, address.canonical_url) == (
        "robots",
        "https://subsites.chinadaily.com.cn/robots.txt",
    )


def test_pictures_of_a_shared_host_may_stand_outside_the_tree(portal: Portal) -> None:
    address = known(portal, "http://subsites.chinadaily.com.cn/att/20170627/1498553318042029000.jpeg")
    assert (address.kind, address.canonical_url) == (
        "asset",
        "https://subsites.chinadaily.com.cn/att/20170627/1498553318042029000.jpeg",
    )


def test_art_of_the_template_is_known_on_a_shared_host_too(portal: Portal) -> None:
    art, picture = (
        known(portal, f"http://subsites.chinadaily.com.cn/att/{path}")
        for path in ("12.files/i/p.gif", "20170627/1498553318042029000.jpeg")
    )
    assert (art.template, picture.template) == (True, False)


def test_every_alias_of_a_page_is_listed_the_canonical_first(portal: Portal) -> None:
    assert portal.addresses_of(STORY) == (
        STORY,
        "https://eguangzhou.gov.cn/2017-06/27/c_97634.htm",
        "https://guangzhou.chinadaily.com.cn/2017-06/27/c_97634.htm",
        "https://subsites.chinadaily.com.cn/guangzhou/2017-06/27/c_97634.htm",
        "https://regional.chinadaily.com.cn/guangzhou/2017-06/27/c_97634.htm",
    )


def test_a_page_is_asked_only_where_its_generation_lives(portal: Portal) -> None:
    assert portal.addresses_of(f"{HOME}/gzlatest/content/post_1.html") == (
        f"{HOME}/gzlatest/content/post_1.html",
        "https://eguangzhou.gov.cn/gzlatest/content/post_1.html",
    )


def test_a_foreign_page_has_no_addresses(portal: Portal) -> None:
    assert portal.addresses_of("https://foreign.example/2017-06/27/c_1.htm") == ()


@pytest.mark.parametrize(
    ("url", "canonical", "id_"),
    [
        (
            "http://english.gz.gov.cn/gzgoven/s3709/201008/787554.shtml",
            "https://english.gz.gov.cn/gzgoven/s3709/201008/787554.shtml",
            "gzgov:787554",
        ),
        (
            "http://gz.gov.cn/guangzhouinternational/home/news/content/mpost_7.html",
            "https://www.gz.gov.cn/guangzhouinternational/home/news/content/post_7.html",
            "gzgov:post_7",
        ),
    ],
)
def test_the_municipal_portal_has_id_spaces_of_its_own(url: str, canonical: str, id_: str) -> None:
    address = known(load_portal("gzgov"), url)
    assert (address.kind, address.canonical_url, address.id) == ("article", canonical, id_)


@pytest.mark.parametrize(
    "url",
    [
        "http://ehangzhou.gov.cn/2020-01/02/c_5.htm",
        "http://subsites.chinadaily.com.cn/hangzhou/2020-01/02/c_5.htm?x",
        "https://regional.chinadaily.com.cn/hangzhou/2020-01/02/c_5.htm",
    ],
)
def test_a_sister_portal_works_by_data_alone(url: str) -> None:
    address = known(load_portal("hangzhou"), url)
    assert (address.canonical_url, address.id) == (
        "https://www.ehangzhou.gov.cn/2020-01/02/c_5.htm",
        "hangzhou:c_5",
    )
