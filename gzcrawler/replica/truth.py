"""The truth about the replica's pages, as the records that a perfect reader would make of them.

Made from the same views as the pages, and from no HTML.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Literal
from urllib.parse import urljoin, urlsplit

from gzcrawler.errors import MissingTitleError
from gzcrawler.items import (
    Article,
    Attachment,
    Breadcrumb,
    Edition,
    Image,
    InlineLink,
    Listing,
    ListingEntry,
    OtherPage,
    RelatedLink,
    Video,
)
from gzcrawler.replica.articles import iso_day

if TYPE_CHECKING:
    from gzcrawler.items import Page
    from gzcrawler.portals import Address, Portal
    from gzcrawler.replica.content import Block
    from gzcrawler.replica.dresses import Dress
    from gzcrawler.replica.linking import Link
    from gzcrawler.replica.pages import Pages
    from gzcrawler.replica.views import ArticleView, Viewer

__all__ = ["Truth"]

_Precision = Literal["day", "minute", "second"]
_Origin = Literal["head line", "meta", "address"]
_SINGLE = ("text", "link", "lead", "stress", "subhead", "bold", "quote")


class Truth:
    """Records of pages, by the address that is asked and the virtual time."""

    def __init__(self, portal: Portal, pages: Pages, viewer: Viewer) -> None:
        self._portal = portal
        self._pages = pages
        self._viewer = viewer

    def page(self, url: str, at: int) -> Page:
        """The record of the page that answers at an address; further pages of a story by themselves.

        Raises:
            MissingTitleError: the page is one that no reader can read, for want of a title.
        """
        address = self._portal.address(url)
        if address is None:
            return OtherPage(kind="unknown", because="address outside the map")
        parts = urlsplit(address.url)
        answer = self._pages.answer(parts.netloc, parts.path, at)
        if answer.status in (404, 410):
            return OtherPage(kind="removed", because=f"status {answer.status}")
        if answer.status in (301, 302):
            target = answer.header("Location")
            to = self._portal.address(target or "")
            if to is not None and to.kind == "home":
                return OtherPage(kind="removed", because="redirect to the home page", target=target)
            return OtherPage(kind="redirect", because=f"status {answer.status}", target=target)
        if address.kind == "robots":
            return OtherPage(kind="robots", because="address of robots.txt")
        if not (answer.header("Content-Type") or "").startswith("text/html"):
            return OtherPage(kind="asset", because="address of a file")
        return self._html(url, address, answer.body, at)

    def _html(self, url: str, address: Address, body: bytes, at: int) -> Page:
        parts = urlsplit(address.url)
        place = self._pages.router.place(parts.netloc, parts.path)
        target = self._pages.router.target(place, at) if place is not None else None
        if place is None or target is None:
            return OtherPage(kind="home", because="home address of the map")
        if target.section is not None:
            listing = self._viewer.listing(
                target.section, target.part, place.host, at, general=target.general
            )
            if listing is not None:
                dress = self._pages.dress(target.section, at, general=listing.general)
                dated = dress.date_form in ("iso", "han")
                return Listing(
                    section=address.section,
                    title=listing.name,
                    entries=tuple(
                        ListingEntry(
                            url=urljoin(url, entry.href),
                            title=entry.title,
                            summary=entry.summary if dress.summaries else None,
                            date=entry.day if dated else None,
                            position=position,
                        )
                        for position, entry in enumerate(listing.entries)
                    ),
                    next=urljoin(url, listing.next) if listing.next else None,
                )
        story = target.story
        if story is None or not story.alive(at):
            return OtherPage(kind="removed", because="the page says that it does not exist")
        view = self._viewer.article(story, target.part, place.host, at, branch=target.branch)
        if view is None or not view.content.title:
            raise MissingTitleError(f"{url}: the page has no title")
        dress = self._pages.dress(story.section, at, general=view.general, day=story.day)
        return _article(url, address, view, dress, self._layout(address, dress, body))

    def _layout(self, address: Address, dress: Dress, body: bytes) -> str | None:
        source = body.decode()
        for layout in self._portal.layouts:
            if layout.kind != "article" or layout.generation != address.generation:
                continue
            for mark in layout.marks:
                told = mark[5:] in source if mark.startswith("text:") else mark in dress.marks
                if told:
                    return layout.name
        return None


def _article(url: str, address: Address, view: ArticleView, dress: Dress, layout: str | None) -> Article:
    content = view.content
    head = content.head
    published, precision, raw, origin, warnings = _published(view)
    author = head.meta_value("Author")
    body, body_html, images = _body(url, view, dress)
    return Article(
        id=address.id or "",
        portal=(address.id or "").partition(":")[0],
        edition=address.edition,
        language=view.language,
        url=url,
        canonical_url=address.canonical_url,
        title=content.title,
        published=published,
        published_precision=precision,
        published_raw=raw,
        published_from=origin,
        source=head.source or head.meta_value("ContentSource"),
        authors=head.authors or ((author,) if author else ()),
        breadcrumbs=tuple(
            Breadcrumb(name=step.name, url=urljoin(url, step.href) if step.href else None)
            for step in view.trail
        ),
        body=body,
        body_html=body_html,
        images=images,
        videos=tuple(
            Video(url=urljoin(url, block.text), credit=_film_credit(view))
            for block in view.blocks
            if block.kind == "film"
        ),
        attachments=tuple(
            Attachment(url=urljoin(url, href), name=name)
            for block in view.blocks
            if block.kind == "files"
            for href, name in zip(block.items[::2], block.items[1::2], strict=True)
        ),
        related_links=(*_related(url, view.related, "article"), *_related(url, view.slider, "site")),
        inline_links=tuple(
            InlineLink(url=urljoin(url, block.items[1]), text=block.items[2])
            for block in view.blocks
            if block.kind == "link"
        ),
        editions=tuple(
            Edition(url=urljoin(url, href), language=language) for _, href, language in view.editions
        ),
        continued_on=tuple(urljoin(url, href) for href in view.pages[view.part :]),
        layout=layout,
        warnings=warnings,
    )


def _published(
    view: ArticleView,
) -> tuple[str | None, _Precision | None, str | None, _Origin | None, tuple[str, ...]]:
    head, story = view.content.head, view.story
    candidates: list[tuple[_Origin, str, _Precision, str]] = []
    if head.published and head.raw:
        candidates.append(("head line", head.published, head.precision, head.raw))
    if view.general and head.meta_published:
        candidates.append(
            (
                "meta",
                head.meta_published,
                head.meta_precision,
                head.meta_value("PubDate") or head.meta_published,
            )
        )
    if not view.general:
        day = iso_day(story.path_day)
        candidates.append(("address", day, "day", f"{day[:7]}/{day[8:]}"))
    if not candidates:
        return None, None, None, None, ()
    origin, published, precision, raw = candidates[0]
    # the clock of every candidate is the story's own, so that only days can disagree
    others = next((other for other, value, _, _ in candidates[1:] if value[:10] != published[:10]), None)
    warnings = (f"published: {origin} and {others} disagree",) if others else ()
    return published, precision, raw, origin, warnings


def _body(url: str, view: ArticleView, dress: Dress) -> tuple[tuple[str, ...], str | None, tuple[Image, ...]]:
    body: list[str] = []
    lines: list[str] = []
    images: list[Image] = []
    for block in view.blocks:
        if block.kind == "picture":
            picture = view.content.pictures[block.picture]
            source = urljoin(url, view.sources[block.picture])
            images.append(
                Image(
                    url=source,
                    caption=picture.caption,
                    credit=picture.credit,
                    raw_caption=picture.raw_caption,
                    position=len(body),
                )
            )
            caption = f"<figcaption>{_text(picture.raw_caption)}</figcaption>" if picture.raw_caption else ""
            lines.append(f'<figure><img src="{escape(source)}">{caption}</figure>')
        elif block.kind in _SINGLE:
            body.append(_plain(block))
            lines.append(_html_line(block, url, dress))
        elif block.kind in ("points", "steps"):
            body.extend(block.items)
            tag = "ul" if block.kind == "points" else "ol"
            lines.append(
                f"<{tag}>" + "".join(f"<li>{_text(item)}</li>" for item in block.items) + f"</{tag}>"
            )
        elif block.kind == "table":
            body.extend("\t".join(row) for row in block.rows)
            lines.append(_table(block, dress))
    return tuple(body), "\n".join(lines) or None, tuple(images)


def _plain(block: Block) -> str:
    if block.kind == "link":
        before, _, name, after = block.items
        return before + name + after
    if block.kind == "lead":
        return " ".join(block.items)
    return block.text if block.text else "".join(block.items)


def _html_line(block: Block, url: str, dress: Dress) -> str:
    if block.kind == "link":
        before, href, name, after = block.items
        return f'<p>{_text(before)}<a href="{escape(urljoin(url, href))}">{_text(name)}</a>{_text(after)}</p>'
    if block.kind == "lead":
        return f"<p><strong>{_text(block.items[0])}</strong> {_text(block.items[1])}</p>"
    if block.kind == "stress":
        return f"<p><em>{_text(block.items[0])}</em>{_text(block.items[1])}</p>"
    if block.kind == "quote":
        return f"<blockquote>{_text(block.text)}</blockquote>"
    if block.kind == "bold" or (block.kind == "subhead" and dress.subhead_tag == "p"):
        return f"<p><strong>{_text(block.text)}</strong></p>"
    if block.kind == "subhead":
        return f"<{dress.subhead_tag}>{_text(block.text)}</{dress.subhead_tag}>"
    return f"<p>{_text(block.text)}</p>"


def _table(block: Block, dress: Dress) -> str:
    rows = []
    for number, row in enumerate(block.rows):
        tag = "th" if number == 0 and dress.header_cells else "td"
        bold = number == 0 and dress.bold_cells
        cells = [f"<strong>{_text(cell)}</strong>" if bold else _text(cell) for cell in row]
        rows.append("<tr>" + "".join(f"<{tag}>{cell}</{tag}>" for cell in cells) + "</tr>")
    return "<table>" + "".join(rows) + "</table>"


def _film_credit(view: ArticleView) -> str | None:
    return next((block.text for block in view.blocks if block.kind == "film credit"), None)


def _related(url: str, links: tuple[Link, ...], scope: Literal["article", "site"]) -> list[RelatedLink]:
    return [RelatedLink(url=urljoin(url, link.href or ""), title=link.name, scope=scope) for link in links]


def _text(plain: str) -> str:
    return escape(plain, quote=False)
