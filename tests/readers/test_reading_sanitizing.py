"""The body as HTML: what is rebuilt from allowed elements cannot carry anything else."""

from __future__ import annotations

import html
import re

import nh3
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from page_builders import TEXT, Sample, dress_columns, read_article

from tests.attacks import ATTACKS

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
