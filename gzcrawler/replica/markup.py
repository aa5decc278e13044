"""From a view and a dress to HTML."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from gzcrawler.replica.chance import mix

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gzcrawler.replica.content import Block
    from gzcrawler.replica.dresses.dress import Dress
    from gzcrawler.replica.linking import Link
    from gzcrawler.replica.views import ArticleView, ListView

__all__ = ["article_slots", "list_slots", "text"]

_SITE_NAME = "Guangzhou International"
_HIDDEN = '<div style="display:none"><img src="/att/5.files/i/share.png"><h1>%s</h1></div>\n'
"""What Chinese pages hold for phones that share them: a picture and the title, before everything else."""


_SLIDERS: dict[tuple[int, str], tuple[tuple[Link, ...], str]] = {}
"""Sliders as HTML: all pages of a host share one for days. Kept with its links, so that no id() is reused."""
_SLIDERS_KEPT = 64


def text(plain: str) -> str:
    """Text as HTML."""
    if "&" in plain or "<" in plain or ">" in plain:
        return escape(plain, quote=False)
    return plain


def _attribute(plain: str) -> str:
    """Text as the value of an attribute in double quotes."""
    if "&" in plain or '"' in plain or "<" in plain:
        return escape(plain)
    return plain


def article_slots(view: ArticleView, dress: Dress) -> dict[str, str]:
    """What fills the slots of a dress's article template, but for the chrome."""
    content = view.content
    title = text(content.title)
    return {
        "title": title,
        "window": title + (f"-{_SITE_NAME}" if content.title else _SITE_NAME),
        "trail": _trail(view.trail, dress),
        "head": dress.head % text(content.head.printed).replace(" ", dress.head_blank),
        "body": _body(view, dress),
        "pager": _parts(view, dress),
        "related": _related(view, dress),
        "slider": _slider(view.slider, dress),
        "editions": _editions(view.editions, dress),
        "meta": _article_meta(view) if view.general else "",
        "share": _HIDDEN % title if view.edition == "zh" else "",
        "post": str(view.story.post),
        "type": "post",
    }


def list_slots(view: ListView, dress: Dress) -> dict[str, str]:
    """What fills the slots of a dress's list template, but for the chrome."""
    name = text(view.name)
    entries = []
    for entry in view.entries:
        whole = text(entry.title)
        cut = dress.title_length
        title = text(entry.title[:cut]) + "…" if cut and len(entry.title) > cut else whole
        entries.append(
            dress.entry.format(
                href=_attribute(entry.href),
                title=title,
                whole=whole.replace('"', "&quot;"),
                summary=text(entry.summary) if dress.summaries else "",
                date=printed_date(entry.day, dress),
            )
        )
    return {
        "name": name,
        "window": f"{name}-{_SITE_NAME}",
        "trail": _trail(view.trail, dress),
        "entries": "\n".join(entries),
        "pager": _list_pager(view, dress),
        "editions": _editions(view.editions, dress),
        "meta": _list_meta(name) if view.general else "",
        "share": "",
        "post": "0",
        "type": "cat",
    }


def printed_date(day: str, dress: Dress) -> str:
    """An ISO date as the dress's lists print it; empty where they print none."""
    if dress.date_form == "iso":
        return day
    if dress.date_form == "han":
        year, month, number = day.split("-")
        return f"{year}年{month}月{number}日"
    return day[5:] if dress.date_form == "short" else ""


def _trail(links: Sequence[Link], dress: Dress) -> str:
    steps = [
        dress.trail_link % (_attribute(link.href), text(link.name))
        if link.href
        else dress.trail_text % text(link.name)
        for link in links
    ]
    if dress.trail_end:
        steps.append(dress.trail_end)
    return dress.label + dress.separator.join(steps)


def _editions(links: Sequence[tuple[str, str, str]], dress: Dress) -> str:
    return " | ".join(dress.edition % (_attribute(href), label) for label, href, _ in links)


def _body(view: ArticleView, dress: Dress) -> str:
    pieces = []
    files: list[str] = []
    for block in view.blocks:
        if block.kind == "files":
            pairs = zip(block.items[::2], block.items[1::2], strict=True)
            files += [dress.file % (_attribute(href), text(name)) for href, name in pairs]
        else:
            pieces.append(_block(block, view, dress))
    if files:
        pieces.append(dress.files % "<br>".join(files))
    return dress.joint.join(pieces)


def _block(block: Block, view: ArticleView, dress: Dress) -> str:  # noqa: C901 - one line a kind
    kind = block.kind
    if kind == "text":
        return dress.paragraph % text(block.text)
    if kind == "picture":
        picture = view.content.pictures[block.picture]
        return dress.picture % (_attribute(view.sources[block.picture]), _attribute(picture.alt))
    if kind == "caption":
        return dress.caption % text(block.text)
    if kind == "credit":
        return dress.paragraph % text(block.text)
    if kind == "link":
        before, href, name, after = block.items
        return dress.paragraph % f'{text(before)}<a href="{_attribute(href)}">{text(name)}</a>{text(after)}'
    if kind == "lead":
        return (
            dress.paragraph
            % f"<{dress.strong}>{text(block.items[0])}</{dress.strong}> {text(block.items[1])}"
        )
    if kind == "stress":
        return (
            dress.paragraph % f"<{dress.stress}>{text(block.items[0])}</{dress.stress}>{text(block.items[1])}"
        )
    if kind == "subhead":
        return dress.subhead % text(block.text)
    if kind == "bold":
        return dress.paragraph % f"<{dress.strong}>{text(block.text)}</{dress.strong}>"
    if kind in ("points", "steps"):
        tag = "ul" if kind == "points" else "ol"
        return f"<{tag}>\n" + "\n".join(f"<li>{text(item)}</li>" for item in block.items) + f"\n</{tag}>"
    if kind == "table":
        return _table(block.rows, dress)
    if kind == "quote":
        return dress.quote % text(block.text)
    if kind == "film":
        return dress.film % _attribute(block.text)
    return dress.paragraph % f"[{text(block.text)}]"  # the credit of a film


def _table(rows: Sequence[Sequence[str]], dress: Dress) -> str:
    forms = [dress.head_cell] + [dress.cell] * (len(rows) - 1)
    return dress.table % "".join(
        "<tr>" + "".join(form % text(cell) for cell in row) + "</tr>\n"
        for form, row in zip(forms, rows, strict=True)
    )


def _related(view: ArticleView, dress: Dress) -> str:
    if not view.related:
        return ""
    return dress.related % "\n".join(
        dress.related_item % (_attribute(link.href or ""), text(link.name)) for link in view.related
    )


def _slider(links: tuple[Link, ...], dress: Dress) -> str:
    if not links or not dress.slider:
        return ""
    key = (id(links), dress.name)
    kept = _SLIDERS.get(key)
    if kept is not None and kept[0] is links:
        return kept[1]
    items = "\n".join(dress.slider_item % (_attribute(link.href or ""), text(link.name)) for link in links)
    slider = dress.slider % (items, "\n".join(dress.counter % number for number in range(1, len(links) + 1)))
    if len(_SLIDERS) >= _SLIDERS_KEPT:
        _SLIDERS.clear()
    _SLIDERS[key] = (links, slider)
    return slider


def _parts(view: ArticleView, dress: Dress) -> str:
    pages = view.pages
    if len(pages) == 1:
        return ""
    items = [
        dress.page_here % number if number == view.part else dress.page_link % (_attribute(href), number)
        for number, href in enumerate(pages, 1)
    ]
    if view.part < len(pages):
        items.append(dress.page_next % (_attribute(pages[view.part]), dress.next_text))
    return dress.pager % "\n".join(items)


def _list_pager(view: ListView, dress: Dress) -> str:
    items = [dress.page_here % view.page]
    if view.next:
        items.append(dress.page_link % (_attribute(view.next), view.page + 1))
        items.append(dress.page_next % (_attribute(view.next), dress.next_text))
        if dress.page_last:
            items.append(dress.page_last % _attribute(view.last))
    return dress.pager % "\n".join(items)


_SITE_META = (("SiteName", _SITE_NAME), ("SiteDomain", "www.eguangzhou.test"), ("SiteIDCode", "4401000001"))


def _list_meta(name: str) -> str:
    column = (
        ("ColumnName", name),
        ("ColumnDescription", name),
        ("ColumnKeywords", name),
        ("ColumnType", "News"),
    )
    return _tags((*_SITE_META, *column), 0)


def _article_meta(view: ArticleView) -> str:
    content, story = view.content, view.story
    column = text(view.trail[-1].name)
    tags = [
        *_SITE_META,
        ("ColumnName", column),
        ("ColumnType", column),
        ("ArticleTitle", text(content.title)),
    ]
    tags += [(name, text(value)) for name, value in content.head.meta]
    chance = mix(story.index, story.post, 40)
    if chance % 3 == 0:
        tags.append(("Description", "An open city on the Pearl River"))
    if chance % 5 == 0:
        tags.append(("Keywords", column))
    if content.pictures and chance % 7 < 3:
        tags.append(("Image", _attribute(view.sources[0])))
    tags.append(("Url", _attribute(view.pages[view.part - 1])))
    return _tags(tags, chance)


def _tags(tags: Sequence[tuple[str, str]], chance: int) -> str:
    """The government meta set, in one of the forms that occur in the wild."""
    form = chance >> 8 & 15
    pairs = [(name, value.replace('"', "&quot;")) for name, value in tags]
    if form == 1:
        lines = [f'<meta content="{value}" name="{name}">' for name, value in pairs]
    elif form == 2:
        lines = [f'<meta name="{name[0].lower()}{name[1:]}" content="{value}"/>' for name, value in pairs]
    elif form == 3:
        lines = [f'<meta name="{name.lower()}" content="{value}">' for name, value in pairs]
    elif form == 4:
        lines = [f'<meta name="{name}"content="{value}">' for name, value in pairs]
    else:
        lines = [f'<meta name="{name}" content="{value}">' for name, value in pairs]
    if form == 5:
        lines += lines
    return "\n".join(lines) + "\n"
