"""Changes of dress that change nothing: the record stays equal, whatever the names and wrappers."""

from __future__ import annotations

import random
import re
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from page_builders import G1_DRESSES, G1_URL, G3_URL, TEXT, Sample, dress_general, read_article

RICH = replace(
    Sample().with_blocks(
        f"<p>{TEXT[0]} See <a href='/2018-01/02/c_5.htm'>the plan</a>.</p>",
        '<p style="text-align:center"><img src="/att/20180514/1526263200000000001.jpeg" alt="1.jpg"></p>',
        '<p style="text-align:center">The first boat. [Photo by Ana Brook/A Paper]</p>',
        f"<p>{TEXT[1]}</p>",
        "<h3>What it costs</h3>",
        "<ul><li>Two yuan by day</li><li>Three yuan by night</li></ul>",
        "<table><tr><td>Line</td><td>Price</td></tr><tr><td>One</td><td>2</td></tr></table>",
        f"<p>{TEXT[2]}</p>",
        "<p>(Ana Brook)</p>",
    ),
    head="By Ana Brook in Foshan | A Paper | Updated:2018-05-14",
    related=(
        ("Pier plans shown to the public", "/2018-04/01/c_1.htm"),
        ("First pier turns ten", "/2018-04/02/c_2.htm"),
    ),
)
GENERAL = replace(
    RICH,
    metas=(("ArticleTitle", RICH.title), ("PubDate", "2018-05-14"), ("ContentSource", "A Paper")),
    slider=(),
)
PAGES = {name: (dress(RICH), G1_URL) for name, dress in G1_DRESSES.items()} | {
    "general": (dress_general(GENERAL), G3_URL)
}
pages = pytest.mark.parametrize("name", PAGES)
TAG = re.compile(r"<[^>]*>")


def rename(html: str, chance: random.Random) -> str:
    """Other classes and ids everywhere."""
    names: dict[str, str] = {}

    def other(found: re.Match[str]) -> str:
        return f'{found[1]}="{names.setdefault(found[2], f"n{chance.randrange(10**6)}")}"'

    return re.sub(r'\b(class|id)="([^"]*)"', other, html)


def wrap(html: str, chance: random.Random) -> str:
    """More boxes around paragraphs, headings and boxes."""

    def box(found: re.Match[str]) -> str:
        depth = chance.randrange(3)
        return "<div>" * depth + found[0] + "</div>" * depth

    return re.sub(r"<(p|h1|h3|ul|table)\b[^>]*>(?:(?!<(?:p|ul|table|div)\b).)*?</\1>", box, html, flags=re.S)


def breaks(html: str, chance: random.Random) -> str:
    """Paragraphs as boxes with line breaks."""
    return re.sub(
        r"<p>((?:(?!</?p>).)*)</p>",
        lambda p: f"<div>{p[1]}{'<br>' * chance.randrange(3)}</div>",
        html,
        flags=re.S,
    )


def blanks(html: str, chance: random.Random) -> str:
    """Odd blanks and comments between tags, and inside texts where blanks stand."""

    def between(found: re.Match[str]) -> str:
        return found[0] + chance.choice(["", "\n", " ", "<!-- x -->", "\t\n"])

    html = re.sub(r"</(?:p|div|h1|h3|ul|table|li|tr)>", between, html)
    return (
        re.sub(
            r"(?<=[a-z]) (?=[a-z]+ [a-z]+[ .])",
            lambda _: (
                chance.choice([" ", "&nbsp;", "\n", " \t ", "&#12288;"]) if chance.random() < 0.2 else " "
            ),
            html,
        )
        if "<title>" not in html
        else _text_blanks(html, chance)
    )


def _text_blanks(html: str, chance: random.Random) -> str:
    head, mark, rest = html.partition("</head>")
    parts = re.split(r"(<[^>]*>)", rest)
    for index in range(0, len(parts), 2):
        parts[index] = re.sub(
            " ",
            lambda _: (
                chance.choice(["&nbsp;", "\n", " \t ", "&#12288;", "  "]) if chance.random() < 0.2 else " "
            ),
            parts[index],
        )
    return head + mark + "".join(parts)


def attributes(html: str, chance: random.Random) -> str:
    """Attributes the other way round, and in other quotes."""

    def turn(found: re.Match[str]) -> str:
        pairs = re.findall(r'\s([\w-]+)="([^"]*)"', found[2])
        chance.shuffle(pairs)
        quote = chance.choice("\"'") if "'" not in found[2] else '"'
        return f"<{found[1]}" + "".join(f" {name}={quote}{value}{quote}" for name, value in pairs) + ">"

    return re.sub(r'<([a-z0-9]+)((?:\s[\w-]+="[^"]*")+)>', turn, html)


def upper_tags(html: str, chance: random.Random) -> str:
    """Tags in capitals."""
    return re.sub(r"<(/?)([a-z0-9]+)", lambda tag: f"<{tag[1]}{tag[2].upper()}", html)


def meta_case(html: str, chance: random.Random) -> str:
    """Names of meta tags in another case, twice, content first."""
    form = chance.choice(
        [
            '<meta name="{}"content="{}">',
            '<meta content="{1}" name="{0}">',
            '<meta name="{0}" content="{1}"><meta name="{0}" content="{1}">',
        ]
    )
    case = chance.choice([str.lower, str.upper, lambda name: name[0].lower() + name[1:]])
    return re.sub(
        r'<meta name="(\w+)" content="([^"]*)">', lambda meta: form.format(case(meta[1]), meta[2]), html
    )


def sticky(html: str, chance: random.Random) -> str:
    """A bar that repeats the title over everything."""
    return html.replace("<body>", f'<body><div style="position:fixed"><div>{RICH.title}</div></div>', 1)


def hidden_heading(html: str, chance: random.Random) -> str:
    """A hidden share box with the title as the page's first h1."""
    box = f'<div style="display:none"><img src="/images/share.jpg"><h1>{RICH.title}</h1></div>'
    return html.replace("<body>", f"<body>{box}", 1)


def slider_first(html: str, chance: random.Random) -> str:
    """The slider over the text, as some dresses have it."""
    found = re.search(r'<div class="sl">.*?</ol></div>', html, re.S)
    if found is None:
        return html
    target = chance.choice(["<h1>", '<div class="art_cont">'])
    return html.replace(found[0], "", 1).replace(target, found[0] + target, 1)


def inline(html: str, chance: random.Random) -> str:
    """Spans and fonts around texts of paragraphs."""
    return re.sub(
        r"<p>([^<]+)</p>",
        lambda p: f'<p><span style="font-size:16px"><font color="#333">{p[1]}</font></span></p>',
        html,
    )


CHANGES = [
    rename,
    wrap,
    breaks,
    blanks,
    attributes,
    upper_tags,
    meta_case,
    sticky,
    hidden_heading,
    slider_first,
    inline,
]


def record(html: str | bytes, url: str) -> dict[str, object]:
    """The record, without what a change of classes must change: the layout's name."""
    page = read_article(html, url=url).as_dict()
    del page["layout"]
    page["related_links"] = sorted(page["related_links"], key=lambda link: (link["scope"], link["url"]))
    return page


@pages
@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_one_change_changes_nothing(name, change):
    html, url = PAGES[name]
    for seed in range(5):
        assert record(change(html, random.Random(seed)), url) == record(html, url)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.sampled_from(sorted(PAGES)),
    st.lists(st.sampled_from(CHANGES), min_size=2, max_size=5, unique=True),
    st.integers(0, 10**6),
)
def test_changes_together_change_nothing(name, changes, seed):
    html, url = PAGES[name]
    chance = random.Random(seed)
    changed = html
    for change in sorted(
        changes, key=lambda change: CHANGES.index(change) if change not in (upper_tags, attributes) else 99
    ):
        changed = change(changed, chance)
    assert record(changed, url) == record(html, url)


@pages
@pytest.mark.parametrize("codec", ["utf-8", "gb18030", "utf-16", "utf-8-sig"])
@pytest.mark.parametrize("declared", ["utf-8", "gb2312", "GBK", ""])
def test_charset_changes_nothing(name, codec, declared):
    html, url = PAGES[name]
    html = html.replace("eguangzhou", "eguangzhou").replace("Copyright ©", "版权所有 广州市政府外事办公室 ©")
    data = html.replace('charset="utf-8"', f'charset="{declared}"').encode(codec)
    assert record(data, url) == record(html, url)


@pages
def test_hidden_parts_stay_hidden(name):
    html, url = PAGES[name]
    changed = html.replace("<p>", "<p style='DISPLAY: none'>Hidden words of nobody.</p><p>", 1).replace(
        "<p>", "<p hidden>More of them.</p><p>", 1
    )
    assert record(changed, url) == record(html, url)
