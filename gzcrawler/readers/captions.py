"""Captions and credits: which lines belong to a picture, and to which one."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from gzcrawler.readers.walking import Line, Picture

__all__ = ["Captioned", "Credit", "find_credit", "is_upload_name", "pair_captions"]

_OPENING, _CLOSING = r"[\[(\uff08【\uff3b〔]", r"[\])\uff09】\uff3d〕]"
_INSIDE = r"[^\[\]()\uff08\uff09【】\uff3b\uff3d〔〕]"
_BRACKETED = re.compile(
    rf"{_OPENING}\s*(?P<credit>(?:File\s+)?(?:Photos?|Pictures?|Pics?|Images?|Videos?|Graphics?|Illustrations?|"
    rf"Screenshots?|Posters?|Provided\s+(?:to|by)|Courtesy)(?![A-Za-z]){_INSIDE}{{0,160}}?"
    rf"|(?:写真|画像|撮影|図|资料|图|圖|摄影|攝影|供图|視頻|视频|動画|映像)(?:提供|来源|出典|片|像)?(?:来源|提供|by)?\s*[:\uff1a/\uff0f]{_INSIDE}{{0,160}}?"
    rf"|{_INSIDE}{{1,40}}(?:摄影|攝影|供图|撮影|提供|摄))\s*{_CLOSING}",
    re.I,
)
_NAME = r"[A-Z][\w.'’-]*(?:\s+[A-Z][\w.'’-]*){0,4}"
_BARE = re.compile(
    rf"(?:^|(?<=[.!?\"”’')。]\s))(?P<credit>(?:{_NAME}(?:\s*(?:,|and|AND)\s*{_NAME})*\s*/\s*(?:FOR\s+)?[A-Z][A-Z .]+[A-Z])"
    rf"|(?:PHOTOS?\s+|Photos?\s+)?(?:PROVIDED|COURTESY)\s+(?:TO|BY|OF)\s+[A-Z][A-Z .]+[A-Z])\s*$"
)
_ALONE = re.compile(
    r"^(?P<credit>(?:Photos?|Pictures?|Videos?|Images?)\s*(?:[|\uff5c/:\uff1a]\s*\S.{0,80}|(?:by|provided (?:to|by)|courtesy of)\s.{1,60}[^.])"
    rf"|(?:写真|画像|动图|图|图片|摄影|撮影|供图|来源)(?:提供|来源)?\s*[:\uff1a|\uff5c/]\s*\S.{{0,40}}"
    rf"|{_NAME}\s*/\s*(?:FOR\s+)?(?:CHINA DAILY|XINHUA|China Daily|Xinhua))$"
)
_UPLOAD_NAME = re.compile(r"^\S.{0,200}\.(?:jpe?g|png|gif|bmp|webp|tiff?)$", re.I)
_LEADING_MARK = re.compile(r"^[△▲▼▽]\s*")


@dataclass(slots=True)
class Credit:
    """A credit found in a line."""

    text: str
    rest: str
    """The line without it and its brackets."""

    @property
    def of_film(self) -> bool:
        """Whether it names who made a film."""
        return self.text[:5].lower() == "video" or self.text[:2] in {"视频", "視頻", "動画", "映像"}


def is_upload_name(text: str) -> bool:
    """Whether a line is a file name that was left over from an image's alternative text."""
    return _UPLOAD_NAME.match(text) is not None


def find_credit(text: str) -> Credit | None:
    """The credit that ends a line, or is all of it."""
    tail = text[-200:]
    if tail[-1:] in "])\uff09】\uff3d〕." or "]" in tail:
        found = None
        for found in _BRACKETED.finditer(text):
            pass
        if found is not None and len(text) - found.end() <= 3:
            rest = (text[: found.start()] + text[found.end() :]).strip()
            return Credit(" ".join(found["credit"].split()), " ".join(rest.split()))
    alone = _ALONE.match(text) if len(text) < 120 else None
    if alone is not None:
        return Credit(alone["credit"], "")
    bare = _BARE.search(text)
    if bare is not None:
        return Credit(bare["credit"], text[: bare.start()].strip())
    return None


@dataclass(slots=True)
class Captioned:
    """A picture with the lines that were found to be its own."""

    picture: Picture
    lines: list[Line] = field(default_factory=list)
    credit: str | None = None

    @property
    def raw(self) -> str | None:
        """Caption and credit as printed."""
        return " ".join(line.text for line in self.lines) or None

    @property
    def caption(self) -> str | None:
        """Caption without credit and mark."""
        parts = []
        for line in self.lines:
            credit = find_credit(line.text)
            parts.append(_LEADING_MARK.sub("", credit.rest if credit else line.text))
        return " ".join(part for part in parts if part) or None


def pair_captions(items: list[Line | Picture], captions: dict[int, Credit | None]) -> list[Captioned]:
    """Give each picture its lines.

    Args:
        items: pictures and lines of the story in order.
        captions: credit (or None) of each line that is a caption, by its index in `items`.
    """
    pictures = {index: Captioned(item) for index, item in enumerate(items) if isinstance(item, Picture)}
    if not pictures:
        return []
    waiting: list[tuple[int, Line]] = []
    run: list[tuple[int, Line]] = []
    for index, item in [*enumerate(items), (len(items), None)]:
        if isinstance(item, Line) and index in captions:
            run.append((index, item))
            continue
        if run and not isinstance(item, Line):
            pass
        if run:
            waiting += _place_run(run, pictures, captions)
            run = []
        if isinstance(item, Picture) and waiting:
            # Captions before their picture: the last one is the nearest.
            _give(pictures[index], waiting.pop()[1], captions[index - 1] if index - 1 in captions else None)
    for index, line in waiting:
        free = [one for one in pictures.values() if not one.lines]
        target = free[0] if free else pictures[max((i for i in pictures if i < index), default=min(pictures))]
        _give(target, line, captions[index])
    return list(pictures.values())


def _place_run(
    run: list[tuple[int, Line]], pictures: dict[int, Captioned], captions: dict[int, Credit | None]
) -> list[tuple[int, Line]]:
    """Give a run of caption lines to the pictures before it; what finds none is given back."""
    first = run[0][0]
    free = [one for index, one in pictures.items() if index < first and not one.lines and one.credit is None]
    if not free:
        return run
    if len(run) == 1:
        _give(free[-1], run[0][1], captions[run[0][0]])
    elif len(free) >= len(run):
        for one, (index, line) in zip(free[-len(run) :], run, strict=True):
            _give(one, line, captions[index])
    else:
        for one, (index, line) in zip(free, run, strict=False):
            _give(one, line, captions[index])
        for index, line in run[len(free) :]:
            _give(free[-1], line, captions[index])
    return []


def _give(target: Captioned, line: Line, credit: Credit | None) -> None:
    target.lines.append(line)
    if target.credit is None and credit is not None:
        target.credit = credit.text
