"""Nothing outside the map's hosts is in scope, however it is dressed."""

import pytest

from gzcrawler.portals import load_portal

GUANGZHOU = load_portal("guangzhou")
STORY = "2017-06/27/c_97634.htm"


@pytest.mark.parametrize(
    "url",
    [
        # look-alike hosts
        f"https://www.eguangzhou.gov.cn.foreign.example/{STORY}",
        f"https://foreign-www.eguangzhou.gov.cn/{STORY}",
        f"https://xeguangzhou.gov.cn/{STORY}",
        f"https://sub.eguangzhou.gov.cn/{STORY}",
        f"https://www.www.eguangzhou.gov.cn/{STORY}",
        f"https://eguangzhou.gov.cn.cn/{STORY}",
        f"https://eguangzhou.gov/{STORY}",
        f"https://chinadaily.com.cn/guangzhou/{STORY}",
        f"https://www.eguangzhоu.gov.cn/{STORY}",  # a Cyrillic o
        f"https://www.eguang\u212ahou.gov.cn/{STORY}",  # the Kelvin sign
        f"https://xn--eguangzhu-z9g.gov.cn/{STORY}",
        f"https://www。eguangzhou。gov。cn/{STORY}",
        f"https://www.eguangzhou.gov.cn/{STORY}".replace("e", "\uff45", 1),  # a full-width e
        f"https://www\uff0eeguangzhou\uff0egov\uff0ecn/{STORY}",
        f"https://%77ww.eguangzhou.gov.cn/{STORY}",
        f"https://www.eguangzhou.gov.cn%2eforeign.example/{STORY}",
        f"https://www.eguangzhou.gov.cn%00.foreign.example/{STORY}",
        f"https://www.eguangzhou.gov.cn../{STORY}",
        f"https://www..eguangzhou.gov.cn/{STORY}",
        f"https://.www.eguangzhou.gov.cn/{STORY}",
        f"https://www.eguangzhou.gov.cn foreign.example/{STORY}",
        # userinfo
        f"https://www.eguangzhou.gov.cn@foreign.example/{STORY}",
        f"https://reader@www.eguangzhou.gov.cn/{STORY}",
        f"https://reader:word@www.eguangzhou.gov.cn/{STORY}",
        f"https://@www.eguangzhou.gov.cn/{STORY}",
        f"https://foreign.example\\@www.eguangzhou.gov.cn/{STORY}",
        f"https://foreign.example#@www.eguangzhou.gov.cn/{STORY}",
        # addresses by number
        f"http://127.0.0.1/{STORY}",
        f"http://2130706433/{STORY}",
        f"http://0x7f000001/{STORY}",
        f"http://0177.0.0.1/{STORY}",
        f"http://[::1]/{STORY}",
        f"http://[::ffff:127.0.0.1]/{STORY}",
        f"http://localhost/{STORY}",
        # other ports
        f"https://www.eguangzhou.gov.cn:8443/{STORY}",
        f"https://www.eguangzhou.gov.cn:80/{STORY}",
        f"http://www.eguangzhou.gov.cn:443/{STORY}",
        f"http://www.eguangzhou.gov.cn:0/{STORY}",
        f"http://www.eguangzhou.gov.cn:99999999/{STORY}",
        f"http://www.eguangzhou.gov.cn:x/{STORY}",
        f"http://www.eguangzhou.gov.cn:80:80/{STORY}",
        # other schemes
        "javascript:void(0)",
        "JavaScript://www.eguangzhou.gov.cn/%0Aalert(1)",
        "java\nscript:alert(1)",
        "data:text/html,x",
        "mailto:someone@eguangzhou.gov.cn",
        "tel:12345",
        "about:blank",
        f"ftp://www.eguangzhou.gov.cn/{STORY}",
        f"file:///www.eguangzhou.gov.cn/{STORY}",
        f"ws://www.eguangzhou.gov.cn/{STORY}",
        f"view-source:https://www.eguangzhou.gov.cn/{STORY}",
        f"https:www.eguangzhou.gov.cn/{STORY}",
        f"https:/www.eguangzhou.gov.cn/{STORY}",
        f"https:///www.eguangzhou.gov.cn/{STORY}",
        # hosts that are shared, outside the portal's tree
        "https://subsites.chinadaily.com.cn/",
        f"https://subsites.chinadaily.com.cn/beijing/{STORY}",
        f"https://subsites.chinadaily.com.cn/guangzhou2/{STORY}",
        f"https://subsites.chinadaily.com.cn/guangzhou.html/{STORY}",
        f"https://subsites.chinadaily.com.cn/guangzhou/../beijing/{STORY}",
        f"https://subsites.chinadaily.com.cn/guangzhou/%2e%2e/beijing/{STORY}",
        f"https://subsites.chinadaily.com.cn/guangzhou%2f..%2fbeijing/{STORY}",
        f"https://subsites.chinadaily.com.cn/guangzhou/..%5Cbeijing/{STORY}",
        f"https://subsites.chinadaily.com.cn/guangzhou/x\\..\\..\\beijing\\{STORY}",
        f"https://subsites.chinadaily.com.cn/Guangzhou/{STORY}",
        "https://subsites.chinadaily.com.cn/guangzhou/..,",
        "https://subsites.chinadaily.com.cn/att/20170627/",
        "https://subsites.chinadaily.com.cn/att/../beijing/a.jpeg",
        "https://subsites.chinadaily.com.cn/sitemap.xml",
        # mirrors by path
        "https://foreign.example/guangzhouinternational/a/content/post_1.html",
        f"https://foreign.example/https://www.eguangzhou.gov.cn/{STORY}",
        f"https://foreign.example/?url=https://www.eguangzhou.gov.cn/{STORY}",
        # no address
        "",
        "#",
        "?",
        STORY,
        f"/{STORY}",
        f"www.eguangzhou.gov.cn/{STORY}",
        "http://",
        "https://?",
        "http:\\\\",
        "\x00",
        "https://www.eguangzhou.gov.cn/" + "a" * 5000,
    ],
)
def test_it_is_not_an_address_of_the_portal(url: str) -> None:
    assert GUANGZHOU.address(url) is None


@pytest.mark.parametrize(
    "link",
    [
        "//foreign.example/2017-06/27/c_1.htm",
        "\\\\foreign.example/2017-06/27/c_1.htm",
        "/\\foreign.example/2017-06/27/c_1.htm",
        "///foreign.example/2017-06/27/c_1.htm",
        "/\t/foreign.example/2017-06/27/c_1.htm",
        "javascript:history.back()",
        " javascript:history.back()",
        "https://foreign.example/",
    ],
)
def test_a_link_on_a_page_of_the_portal_may_lead_out(link: str) -> None:
    assert GUANGZHOU.address(link, f"https://www.eguangzhou.gov.cn/{STORY}") is None


@pytest.mark.parametrize(
    "link", ["c_2.htm", "/2017-06/27/c_2.htm", "?x", "", "#a", "guangzhouinternational/"]
)
@pytest.mark.parametrize(
    "base", ["https://foreign.example/2017-06/27/c_1.htm", "javascript:void(0)", "", "/x/"]
)
def test_a_relative_link_of_a_foreign_page_is_foreign(link: str, base: str) -> None:
    assert GUANGZHOU.address(link, base) is None


@pytest.mark.parametrize(
    "url",
    [
        "https://www.gz.gov.cn/",
        "https://www.gz.gov.cn/zwgk/content/post_1.html",
        "https://www.gz.gov.cn/guangzhouinternationals/content/post_1.html",
        "https://www.gz.gov.cn/guangzhouinternational/../zwgk/content/post_1.html",
        "https://www.eguangzhou.gov.cn/gzlatest/content/post_1.html",
    ],
)
def test_of_the_citys_portal_only_the_international_tree_is_in_scope(url: str) -> None:
    assert load_portal("gzgov").address(url) is None
