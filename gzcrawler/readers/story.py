"""A story's items sorted: text, pictures with their captions, films, files."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from gzcrawler.items import Attachment, Image, InlineLink, Video
from gzcrawler.readers.blocks import render_body
from gzcrawler.readers.captions import (
    Captioned,
    find_credit,
    is_upload_name,
    pair_captions,
    structural_captions,
)
from gzcrawler.readers.lines import Film, Line, Picture
from gzcrawler.readers.links import is_file

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gzcrawler.portals import Portal
    from gzcrawler.readers.captions import Credit
    from gzcrawler.readers.lines import Item
    from gzcrawler.readers.links import Resolver
    from gzcrawler.readers.region import Region

__all__ = ["Story"]

_ART = re.compile(
    r"(?:^|[/_.-])(?:qr|qrcode|ewm|erweima|share|icon|ico|logo|btn|button|arrow|spacer|blank|pixel|print|close|weixin|wechat|wx|weibo"
    r"|twitter|facebook|linkedin|dot|line|bullet|top|bg|banner_ad|loading|counter|stat|word|excel|pdf|doc|xls|ppt|zip|rar|file|attach)\d{0,3}(?:[_.-][\w-]{0,20})?\.(?:png|gif|jpe?g|svg|webp|ico)(?:\?|$)",
    re.I,
)
_FILES_LABEL = re.compile(
    r"\W*(?:Attach(?:ments?|ed files?)|Downloads?|Annex(?:es)?|Appendix|相?关?附件(?:下载|列表)?|添付(?:ファイル|資料)?|下载)?[\W\d]*",
    re.I,
)
"""What may stand beside links to files in a line that only offers them."""
_SWITCH = re.compile(r"\s*javascript:.{0,40}(?:print|close|share|back|favor|favour|mail)", re.I)
"""A link around the sign of a switch; one around a story's picture makes it larger."""
_SMALL = 40
"""Pixels. Story pictures are never that narrow or flat; icons and spacers are."""
_PIXELS = re.compile(r"^\s*(\d+)\s*(?:px)?\s*$")


class Story:
    """What a region holds, in the shape of the record's fields."""

    def __init__(self, region: Region, portal: Portal, resolver: Resolver) -> None:
        self._portal = portal
        self._absolute = resolver.absolute
        self._files: dict[Attachment, None] = {}
        self._film_credits: list[str] = []
        self._credits: dict[int, Credit] = {}
        """By the index of their line in what is kept."""
        self.films: list[Film] = []
        kept: list[Line | Picture] = []
        for item in region.story:
            self._sort(item, kept)
        for line in region.after:
            self._take_files(line)
        self._captions = self._find_captions(kept)
        self._order: list[Line | Captioned] = []
        self._arrange(kept)
        self.body = [item for item in self._order if isinstance(item, Line)]
        """Its text, line by line."""

    @property
    def is_empty(self) -> bool:
        """Whether there is neither text, picture nor film."""
        return not (self._order or self.films)

    def html(self) -> str | None:
        """The body as sanitized HTML."""
        absolute = self._absolute
        return render_body(
            [
                item if isinstance(item, Line) else (absolute(item.picture.src) or "", item.raw)
                for item in self._order
            ],
            absolute,
        )

    def images(self) -> Iterator[Image]:
        """Its pictures in order."""
        position = 0
        for item in self._order:
            if isinstance(item, Line):
                position += 1
                continue
            url = self._absolute(item.picture.src)
            if url is not None:
                yield Image(
                    url=url, caption=item.caption, credit=item.credit, raw_caption=item.raw, position=position
                )

    def videos(self) -> Iterator[Video]:
        """Its films in order."""
        spare = iter(self._film_credits)
        for url in dict.fromkeys(self._absolute(film.src) for film in self.films):
            if url is not None:
                yield Video(url=url, credit=next(spare, None))

    def attachments(self) -> tuple[Attachment, ...]:
        """Files offered with it."""
        return tuple(self._files)

    def inline_links(self) -> Iterator[InlineLink]:
        """Links inside its text."""
        for line in self.body:
            for anchor in line.anchors:
                url = self._absolute(anchor.get("href"))
                text = line.text_of(anchor)
                if url and text and not is_file(url):
                    yield InlineLink(url=url, text=text)

    def _sort(self, item: Item, kept: list[Line | Picture]) -> None:
        if isinstance(item, Film):
            self.films.append(item)
        elif isinstance(item, Picture):
            if self._is_story_picture(item):
                kept.append(item)
        elif not self._take_files(item) and not is_upload_name(item.text):
            credit = find_credit(item.text)
            if credit is not None and credit.of_film and not credit.rest:
                self._film_credits.append(credit.text)
                return
            if credit is not None and credit.of_film:
                self._film_credits.append(credit.text)
                item = replace(item, text=credit.rest, pieces=[(credit.rest, 0, None)], anchors=[])
            elif credit is not None and item.role != "tr":
                self._credits[len(kept)] = credit
            kept.append(item)

    def _is_story_picture(self, picture: Picture) -> bool:
        src = self._absolute(picture.src)
        if src is None:
            return False
        for side in ("width", "height"):
            size = _PIXELS.match(picture.element.get(side) or "")
            if size and int(size[1]) <= _SMALL:
                return False
        address = self._portal.address(src)
        if address is not None and (address.template or address.date is not None):
            return not address.template  # content pictures carry their day
        if picture.anchor is not None and _SWITCH.match(picture.anchor.get("href") or ""):
            return False
        return _ART.search(src) is None

    def _take_files(self, line: Line) -> bool:
        """Take the files a line links to; whether it holds nothing else."""
        if not line.anchors:
            return False
        found = False
        for anchor in line.anchors:
            url = self._absolute(anchor.get("href"))
            if url is not None and is_file(url):
                found = True
                self._files[Attachment(url=url, name=line.text_of(anchor) or None)] = None
        if not found:
            return False
        bare = "".join([text for text, _, anchor in line.pieces if anchor is None])
        return line.linked or _FILES_LABEL.fullmatch(" ".join(bare.split())) is not None

    def _find_captions(self, kept: list[Line | Picture]) -> dict[int, Credit | None]:
        """Lines that are captions or credits, with their credit."""
        if not any(isinstance(item, Picture) for item in kept):
            return {}
        found: dict[int, Credit | None] = dict(self._credits)
        return found | structural_captions(kept, found)

    def _arrange(self, kept: list[Line | Picture]) -> None:
        pairs = {id(one.picture): one for one in pair_captions(kept, self._captions)}
        for index, item in enumerate(kept):
            if isinstance(item, Picture):
                self._order.append(pairs[id(item)])
            elif index not in self._captions:
                self._order.append(item)
