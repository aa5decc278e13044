"""From landmarks to the record of one story."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from gzcrawler.errors import MissingBodyError, MissingTitleError
from gzcrawler.items import Article, Attachment, Breadcrumb, Edition, Image, InlineLink, RelatedLink, Video
from gzcrawler.readers.blocks import render_body
from gzcrawler.readers.captions import find_credit, is_upload_name, pair_captions
from gzcrawler.readers.dates import choose_published
from gzcrawler.readers.links import edition_language, is_file
from gzcrawler.readers.walking import Film, Line, Picture, squash

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gzcrawler.items import Capture
    from gzcrawler.portals import Address, Portal
    from gzcrawler.readers.captions import Captioned, Credit
    from gzcrawler.readers.dates import PublishedFrom
    from gzcrawler.readers.landmarks import Landmarks
    from gzcrawler.readers.links import Resolver
    from gzcrawler.readers.walking import Document

__all__ = ["read_article"]

_TRAIL_LABEL = re.compile(
    r"^(?:Location|Your (?:position|location)|You are here|Position|当前位置|您的位置|您现在的位置|你的位置|位置|現在位置|現在地)\s*[:\uff1a]?\s*",
    re.I,
)
_TRAIL_STEP = re.compile(r"\s*(?:[>›»→\uff1e]+|(?<=\s)/(?=\s))\s*")
_TRAIL_LAST = frozenset({"text", "content", "正文", "本文"})


def read_article(
    capture: Capture,
    portal: Portal,
    address: Address,
    document: Document,
    marks: Landmarks,
    resolver: Resolver,
) -> Article:
    """The record of a story.

    Raises:
        MissingTitleError: nothing stands over the head line.
        MissingBodyError: neither text, image nor film.
    """
    warnings: list[str] = []
    title = marks.title
    if not title:
        raise MissingTitleError(f"{capture.url}: no title over the head line")
    published, odd = choose_published(_dates(marks, document, address), capture.captured_at, url=capture.url)
    warnings += odd
    story = _Story(document, marks, portal, resolver)
    if not (story.body or story.images or story.films):
        raise MissingBodyError(f"{capture.url}: neither text, image nor film under the head line")
    edition = next((one for one in portal.editions if one.key == address.edition), None)
    assert address.id is not None
    return Article(
        id=address.id,
        portal=portal.name,
        edition=address.edition,
        language=edition.language if edition else "en",
        url=capture.url,
        canonical_url=address.canonical_url,
        title=title,
        published=published.value if published else None,
        published_precision=published.precision if published else None,
        published_raw=published.raw if published else None,
        published_from=published.origin if published else None,
        source=marks.head.source or document.metas.get("contentsource"),
        authors=marks.head.authors or tuple(filter(None, [document.metas.get("author")])),
        breadcrumbs=_breadcrumbs(document, marks, resolver),
        body=tuple(line.text for line in story.body),
        body_html=story.html(),
        images=tuple(story.image_records()),
        videos=tuple(story.video_records()),
        attachments=tuple(story.attachments),
        related_links=tuple(_related(document, marks, resolver)),
        inline_links=tuple(story.inline_links()),
        editions=tuple(_editions(document, marks, resolver)),
        continued_on=tuple(_continued(document, marks, portal, address, resolver)),
        warnings=tuple(warnings),
    )


def _dates(marks: Landmarks, document: Document, address: Address) -> Iterator[tuple[str, PublishedFrom]]:
    if marks.head.raw_date:
        yield marks.head.raw_date, "head line"
    printed = document.metas.get("pubdate")
    if printed:
        yield printed, "meta"
    if address.date_raw:
        yield address.date_raw, "address"


class _Story:
    """The part between head and end, sorted into text, pictures, captions, films and files."""

    def __init__(self, document: Document, marks: Landmarks, portal: Portal, resolver: Resolver) -> None:
        self._portal = portal
        self._absolute = resolver.absolute
        self.attachments: list[Attachment] = []
        self.films: list[Film] = []
        self.film_credits: list[str] = []
        aside = set(marks.dropped)
        for links in marks.lists:
            aside.update(range(links.start, links.end))
        kept: list[Line | Picture] = []
        for index in range(marks.head_end, marks.end):
            item = document.items[index]
            if index not in aside and not item.hidden:
                self._sort(item, kept)
        self._kept = kept
        self._captions = self._find_captions()
        self.images = pair_captions(kept, self._captions)
        self.body = [
            item
            for index, item in enumerate(kept)
            if isinstance(item, Line) and not (self.images and index in self._captions)
        ]

    def _sort(self, item: Line | Picture | Film, kept: list[Line | Picture]) -> None:
        if isinstance(item, Film):
            self.films.append(item)
        elif isinstance(item, Picture):
            src = self._absolute(item.src)
            address = self._portal.address(src) if src else None
            if src and not (address is not None and address.template):
                kept.append(item)
        elif not self._take_files(item) and not is_upload_name(item.text):
            credit = find_credit(item.text)
            if credit is not None and credit.of_film and not credit.rest:
                self.film_credits.append(credit.text)
            else:
                kept.append(item)

    def _take_files(self, line: Line) -> bool:
        """Take the files a line links to; whether it holds nothing else."""
        files = []
        for anchor in line.anchors:
            url = self._absolute(anchor.href)
            if url and is_file(url):
                name = squash("".join(text for text, _, link in line.pieces if link is anchor))
                files.append(Attachment(url=url, name=name or None))
        self.attachments += [one for one in files if one not in self.attachments]
        return bool(files) and line.linked

    def _find_captions(self) -> dict[int, Credit | None]:
        found: dict[int, Credit | None] = {}
        for index, item in enumerate(self._kept):
            if isinstance(item, Line):
                credit = find_credit(item.text)
                if credit is not None:
                    found[index] = credit
                elif item.role == "figcaption" or item.text[0] in "△▲":
                    found[index] = None
        return found

    def _ordered(self) -> Iterator[Line | Captioned]:
        images = {id(one.picture): one for one in self.images}
        for index, item in enumerate(self._kept):
            if isinstance(item, Picture):
                yield images[id(item)]
            elif not (self.images and index in self._captions):
                yield item

    def html(self) -> str | None:
        """The body as sanitized HTML."""
        blocks = [
            item if isinstance(item, Line) else (self._absolute(item.picture.src) or "", item.raw)
            for item in self._ordered()
        ]
        return render_body(blocks, self._absolute)

    def image_records(self) -> Iterator[Image]:
        """The pictures in order."""
        position = 0
        for item in self._ordered():
            if isinstance(item, Line):
                position += 1
            else:
                url = self._absolute(item.picture.src)
                if url:
                    yield Image(
                        url=url,
                        caption=item.caption,
                        credit=item.credit,
                        raw_caption=item.raw,
                        position=position,
                    )

    def video_records(self) -> Iterator[Video]:
        """The films in order."""
        credits = iter(self.film_credits)
        for film in self.films:
            url = self._absolute(film.src)
            if url:
                yield Video(url=url, credit=next(credits, None))

    def inline_links(self) -> Iterator[InlineLink]:
        """Links inside the text."""
        for line in self.body:
            for anchor in line.anchors:
                url = self._absolute(anchor.href)
                text = squash("".join(text for text, _, link in line.pieces if link is anchor))
                if url and text and not is_file(url):
                    yield InlineLink(url=url, text=text)


def _breadcrumbs(document: Document, marks: Landmarks, resolver: Resolver) -> tuple[Breadcrumb, ...]:
    if marks.trail_at is None:
        return ()
    line = document.items[marks.trail_at]
    assert isinstance(line, Line)
    steps: list[tuple[str, str | None]] = [("", None)]
    for text, _, anchor in line.pieces:
        parts = _TRAIL_STEP.split(text)
        for number, part in enumerate(parts):
            if number:
                steps.append(("", None))
            name, url = steps[-1]
            steps[-1] = (name + part, url or (resolver.absolute(anchor.href) if anchor else None))
    crumbs = []
    for number, (name, url) in enumerate(steps):
        name = squash(name)
        name = _TRAIL_LABEL.sub("", name) if number == 0 else name
        if name and name != marks.title:
            crumbs.append(Breadcrumb(name=name, url=url))
    if crumbs and crumbs[-1].name.lower() in _TRAIL_LAST:
        crumbs.pop()
    return tuple(crumbs)


def _related(document: Document, marks: Landmarks, resolver: Resolver) -> Iterator[RelatedLink]:
    for links in marks.lists:
        for item in document.items[links.start : links.end]:
            if isinstance(item, Line):
                url = resolver.absolute(item.anchors[0].href)
                if url:
                    yield RelatedLink(
                        url=url, title=item.text, scope="site" if links.scope == "site" else "article"
                    )


def _editions(document: Document, marks: Landmarks, resolver: Resolver) -> Iterator[Edition]:
    seen: set[str] = set()
    for item in document.items[: marks.title_at]:
        if isinstance(item, Line):
            for anchor in item.anchors:
                name = squash("".join(text for text, _, link in item.pieces if link is anchor))
                language = edition_language(name)
                url = resolver.absolute(anchor.href)
                if language and url and url not in seen:
                    seen.add(url)
                    yield Edition(url=url, language=language)


def _continued(
    document: Document, marks: Landmarks, portal: Portal, address: Address, resolver: Resolver
) -> list[str]:
    pages: dict[int, str] = {}
    for index in marks.pager:
        item = document.items[index]
        assert isinstance(item, Line)
        for anchor in item.anchors:
            url = resolver.absolute(anchor.href)
            other = portal.address(url) if url else None
            if url and other is not None and other.id == address.id and other.part > address.part:
                pages.setdefault(other.part, url)
    return [pages[part] for part in sorted(pages)]
