"""Small pages for the readers' tests: one story in several dresses, none of them the portal's own."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from html import escape

from gzcrawler.items import Article, Capture, Listing, OtherPage, Reading
from gzcrawler.portals import load_portal
from gzcrawler.readers import read_page

PORTAL = load_portal("guangzhou")
G1_URL = "https://www.eguangzhou.gov.cn/2018-05/14/c_221133.htm"
G3_URL = "https://www.eguangzhou.gov.cn/gzlatest/content/post_556677.html"
LIST_URL = "https://www.eguangzhou.gov.cn/gzlatest.html"
CAPTURED = datetime(2026, 1, 15, 1, 0, tzinfo=UTC)

TEXT = (
    "The ferry company opened a second pier on the south bank on Monday, and boats now leave every ten minutes.",
    "Passengers said that the trip to the old town takes half the time it used to take by bus.",
    '"We had planned for 3, 000 people a day," said the pier\'s manager, "and more than twice as many came.”',
    "A third pier is being built near the flower market and is to open before the end of the year.",
)
SLIDER = (
    ("Kite makers keep an old craft alive", "/2025-01/02/c_900001.htm"),
    ("Video: a morning at the fish market", "/2025-01/03/c_900002.htm"),
    ("Night bus lines to run until two", "/2025-01/04/c_900003.htm"),
    ("Library lends out bicycles", "/2025-01/05/c_900004.htm"),
    ("New trees for the river walk", "/2025-01/06/c_900005.htm"),
)


@dataclass(frozen=True, kw_only=True)
class Sample:
    """A story before it is dressed."""

    title: str = "Second ferry pier opens on the south bank"
    head: str = "eguangzhou.gov.cn | Updated:2018-05-14"
    trail: tuple[tuple[str, str | None], ...] = (("Home", "/"), ("Latest", "/gzlatest.html"))
    body: str = "\n".join(f"<p>{escape(text, quote=False)}</p>" for text in TEXT)
    slider: tuple[tuple[str, str], ...] = SLIDER
    related: tuple[tuple[str, str], ...] = ()
    under: str = ""
    """Markup directly under the body: a pager, a share bar."""
    metas: tuple[tuple[str, str], ...] = ()
    window: str | None = None
    extra: dict[str, str] = field(default_factory=dict)

    def with_blocks(self, *blocks: str) -> Sample:
        """The story with this body."""
        return replace(self, body="\n".join(blocks))


def _trail(sample: Sample, mark: str) -> str:
    return mark.join(f'<a href="{href}">{name}</a>' if href else name for name, href in sample.trail)


def _items(links: tuple[tuple[str, str], ...], form: str = '<li><a href="{1}">{0}</a></li>') -> str:
    return "\n".join(form.format(escape(name, quote=False), href) for name, href in links)


def _head(sample: Sample) -> str:
    window = sample.window if sample.window is not None else f"{sample.title} - A City Portal"
    metas = "\n".join(f'<meta name="{name}" content="{escape(value)}">' for name, value in sample.metas)
    return f'<head><meta charset="utf-8"><title>{escape(window)}</title>\n{metas}</head>'


def dress_columns(sample: Sample) -> str:
    """Headings, paragraphs, a slider with its counter."""
    slider = f'<div class="sl"><ul>{_items(sample.slider)}</ul><ol><li>1</li><li>2</li><li>3</li><li>4</li><li>5</li></ol></div>'
    related = (
        f'<div class="rl"><h4>Related</h4><ul>{_items(sample.related)}</ul></div>' if sample.related else ""
    )
    return f"""<!DOCTYPE html><html>{_head(sample)}<body>
<div class="top">Search | <a href="/zh/">简体</a> | <a href="javascript:;">Wechat</a></div>
<ul class="menu"><li><a href="/gzlatest.html">Latest</a></li><li><a href="/gzbusiness.html">Business</a></li></ul>
<div class="wrap"><div class="crumbs">{_trail(sample, " &gt; ")}</div>
<h1>{escape(sample.title, quote=False)}</h1>
<div class="info">{sample.head}</div>
<div class="art_cont">{sample.body}</div>
{sample.under}{related}{slider if sample.slider else ""}
</div>
<div class="foot"><p>Copyright © The City's Office,<br>All rights reserved.<br>Presented by A Paper.</p></div>
</body></html>"""


def dress_cells(sample: Sample) -> str:
    """An old page: laid out by tables, the counter in one line, bullets outside the links."""
    slider = (
        _items(sample.slider, '<p>• <a href="{1}">{0}</a></p>') + "<p>1 2 3 4 5</p>" if sample.slider else ""
    )
    related = f"<b>Related stories</b><ul>{_items(sample.related)}</ul>" if sample.related else ""
    return f"""<html>{_head(sample)}<body><table><tr><td>Search | <a href="/zh/">简体</a> | Wechat</td></tr></table>
<table><tr><td><table><tr><td>{_trail(sample, "&gt;")}</td></tr></table>
<h1>{escape(sample.title, quote=False)}</h1><center>{sample.head}</center>
<div>{sample.body}</div>{sample.under}{related}{slider}</td></tr></table>
<table><tr><td>Copyright &copy; The City's Office. All rights reserved.</td></tr></table></body></html>"""


def dress_flat(sample: Sample) -> str:
    """No containers at all: everything stands side by side in the page's body."""
    slider = f"<ul>{_items(sample.slider)}</ul><div><a>1</a> <a>2</a> <a>3</a> <a>4</a> <a>5</a></div>"
    related = f"<p>Related:</p><ul>{_items(sample.related)}</ul>" if sample.related else ""
    return f"""<html>{_head(sample)}<body><p><a href="/zh/">简体</a></p><p>{_trail(sample, " / ")}</p>
<h2>{escape(sample.title, quote=False)}</h2><p>{sample.head}</p>{sample.body}{sample.under}{related}
{slider if sample.slider else ""}<p>Copyright © 2018 The City's Office</p></body></html>"""


def dress_general(sample: Sample) -> str:
    """The newer platform: meta set, share bar, neighbours."""
    related = f"<div><h3>Related</h3><ul>{_items(sample.related)}</ul></div>" if sample.related else ""
    return f"""<!DOCTYPE html><html lang="en">{_head(sample)}<body>
<script>window.NFCMS_PUB_TYPE = 'post'; window.NFCMS_POST_ID = '556677';</script>
<div id="a1"><a href="/zh/">简体</a></div><div id="a2"><ul><li><a href="/gzlatest/">Latest</a></li></ul></div>
<div id="a3">Your position: {_trail(sample, " &gt; ")} &gt; Text</div>
<div id="a4"><h3>{escape(sample.title, quote=False)}</h3><div>{sample.head}</div>
<div id="a5"><div>{sample.body}</div></div>{sample.under}
<div>Share: <a href="javascript:;">WeChat</a></div><div>Previous: <a href="/gzlatest/content/post_1.html">Older</a></div>{related}</div>
<div id="a6">Sponsored by: The City's Office<br>ICP 05000001-0</div></body></html>"""


G1_DRESSES = {"columns": dress_columns, "cells": dress_cells, "flat": dress_flat}


def capture(
    html: str | bytes, *, url: str = G1_URL, status: int = 200, headers: tuple[tuple[str, str], ...] = ()
) -> Capture:
    """A fetch of a page."""
    payload = html if isinstance(html, bytes) else html.encode()
    return Capture(url=url, captured_at=CAPTURED, status=status, payload=payload, response_headers=headers)


def read(html: str | bytes, **fetch: object) -> Reading:
    """The reading of a page on the built-in portal."""
    return read_page(capture(html, **fetch), PORTAL)


def read_article(html: str | bytes, **fetch: object) -> Article:
    """The reading of a page that must be a story."""
    page = read(html, **fetch).page
    assert isinstance(page, Article), page
    return page


def read_list(html: str, **fetch: object) -> Listing:
    """The reading of a page that must be a list."""
    page = read(html, **({"url": LIST_URL} | fetch)).page
    assert isinstance(page, Listing), page
    return page


def read_other(html: str | bytes, **fetch: object) -> OtherPage:
    """The reading of a page that must be neither."""
    page = read(html, **fetch).page
    assert isinstance(page, OtherPage), page
    return page
