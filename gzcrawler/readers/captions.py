"""Captions and credits: which lines belong to a picture, and to which one."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from gzcrawler.readers.lines import HEADINGS, Line, Picture

__all__ = ["Captioned", "Credit", "find_credit", "is_upload_name", "pair_captions", "structural_captions"]

_OPENING, _CLOSING = r"[\[(\uff08【\uff3b〔]", r"[\])\uff09】\uff3d〕]"
_INSIDE = r"[^\[\]()\uff08\uff09【】\uff3b\uff3d〔〕]"
_BRACKETED = re.compile(
    rf"{_OPENING}\s*(?P<credit>(?:File\s+)?(?:Photos?|Pictures?|Pics?|Images?|Videos?|Graphics?|Illustrations?|"
    rf"Screenshots?|Posters?|Provided\s+(?:to|by)|Courtesy)(?![A-Za-z]){_INSIDE}{{0,160}}?"
    rf"|(?:写真|画像|撮影|図|资料|图|圖|摄影|攝影|供图|視頻|视频|動画|映像)(?:提供|来源|出典|片|像)?(?:来源|提供|by)?\s*[:\uff1a/\uff0f]{_INSIDE}{{0,160}}?"
    rf"|{_INSIDE}{{1,40}}(?:摄影|攝影|供图|撮影|提供|摄))\s*{_CLOSING}",
    re.I,
)
_WORD = r"(?:(?:Jr|Sr|Dr|St|Mrs?|Ms)\.|(?:[A-Z]\.-?)+|[A-Z][\w'’-]*)"
_NAME = rf"{_WORD}(?:\s+{_WORD}){{0,4}}"
"""A name; a period in it ends an initial or a title, any other ends the sentence before."""
_BARE = re.compile(
    rf"(?:^|(?<=[.!?\"”’')。]\s))(?P<credit>(?:{_NAME}(?:\s*(?:,|and|AND)\s*{_NAME})*\s*/\s*(?:FOR\s+)?[A-Z][A-Z .]+[A-Z])"
    rf"|(?:PHOTOS?\s+|Photos?\s+)?(?:PROVIDED|COURTESY)\s+(?:TO|BY|OF)\s+[A-Z][A-Z .]+[A-Z])\s*$"
)
_ALONE = re.compile(
    r"^(?P<credit>(?:Photos?|Pictures?|Videos?|Images?)\s*(?:[|\uff5c/:\uff1a]\s*\S.{0,80}|(?:by|provided (?:to|by)|courtesy of)\s.{1,60}[^.])"
    rf"|(?:写真|画像|动图|图|图片|摄影|撮影|供图|来源)(?:提供|来源)?\s*[:\uff1a|\uff5c/]\s*\S.{{0,40}}"
    rf"|{_NAME}\s*/\s*(?:FOR\s+)?(?:CHINA DAILY|XINHUA|China Daily|Xinhua))$"
)
_ENDINGS = frozenset({"jpg", "jpeg", "png", "gif", "bmp", "webp", "tif", "tiff"})
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
    return text[-5:].rpartition(".")[2].lower() in _ENDINGS and _UPLOAD_NAME.match(text) is not None


def find_credit(text: str) -> Credit | None:
    """The credit that ends a line, or is all of it."""
    tail = text[-3:]
    if not _CLOSERS.isdisjoint(tail):
        found = None
        for match in _BRACKETED.finditer(text, max(0, len(text) - _LONGEST_CREDIT)):
            found = match
        if found is not None and len(text) - found.end() <= _AFTER_CREDIT:
            rest = text[: found.start()] + text[found.end() :]
            return Credit(" ".join(found["credit"].split()), " ".join(rest.split()))
    if len(text) < _LONGEST_ALONE and tail[-1] not in ".。":
        alone = _ALONE.match(text)
        if alone is not None:
            return Credit(alone["credit"], "")
    if tail[-1:].isalpha() and _BARE_SIGN.search(text, max(0, len(text) - _LONGEST_CREDIT)):
        bare = _BARE.search(text, max(0, len(text) - _LONGEST_CREDIT))
        if bare is not None:
            return Credit(bare["credit"], text[: bare.start()].strip())
    return None


_CLOSERS = frozenset("])\uff09】\uff3d〕")
_LONGEST_CREDIT = 220
_LONGEST_ALONE = 120
_AFTER_CREDIT = 3
"""Characters that may follow a credit's bracket: a period, a quotation mark."""
_BARE_SIGN = re.compile(r"/|TO |BY |OF ")


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


def structural_captions(
    items: list[Line | Picture], credited: dict[int, Credit | None]
) -> dict[int, Credit | None]:
    """Captions without a credit, known by where they stand.

    A ``<figcaption>``; a line that begins with a triangle; a short centred line next to a picture, where
    text is not centred.
    """
    found: dict[int, Credit | None] = {}
    centred_text = 0
    near: list[int] = []
    for index, item in enumerate(items):
        if not isinstance(item, Line) or index in credited:
            continue
        if item.role == "figcaption" or item.text[0] in "△▲▼":
            found[index] = None
        elif item.role in HEADINGS:
            continue
        elif (index and isinstance(items[index - 1], Picture)) or _over_bare(items, index, credited):
            near.append(index)
        elif len(item.text) > _LONGEST_CAPTION and _is_centred(item):
            centred_text += 1
    for index in near:
        line = items[index]
        if (
            isinstance(line, Line)
            and not centred_text
            and len(line.text) <= _LONGEST_CAPTION
            and _is_centred(line)
        ):
            found[index] = None
    return found


def _over_bare(items: list[Line | Picture], index: int, credited: dict[int, Credit | None]) -> bool:
    """Whether a line stands over a picture that has no caption of its own under it: else it is a subhead."""
    if index + 1 >= len(items) or not isinstance(items[index + 1], Picture):
        return False
    under = items[index + 2] if index + 2 < len(items) else None
    return not (isinstance(under, Line) and (index + 2 in credited or under.text[0] in "△▲"))


_LONGEST_CAPTION = 500
_CENTRED = re.compile(r"text-align\s*:\s*center", re.I)


def _is_centred(line: Line) -> bool:
    """Whether a line is centred by its block, or by one directly around it that holds nothing else."""
    element = line.block
    for _ in range(3):
        if (element.get("align") or "").lower() == "center" or element.tag == "center":
            return True
        style = element.get("style")
        if style and "text-align" in style:
            return _CENTRED.search(style) is not None
        parent = element.getparent()
        if parent is None or len(parent) > 1:
            return False
        element = parent
    return False


def pair_captions(items: list[Line | Picture], captions: dict[int, Credit | None]) -> list[Captioned]:
    """Give each picture its lines.

    A run of captions belongs to the pictures before it that have none yet, in order, the last caption to
    the last picture; what finds none before it belongs to the next picture.

    Args:
        items: pictures and lines of the story in order.
        captions: credit (or None) of each line that is a caption, by its index in `items`.
    """
    pictures: list[Captioned] = []
    bare: list[Captioned] = []
    """Pictures without a caption so far."""
    early: list[tuple[Line, Credit | None]] = []
    """Captions that wait for a picture after them."""
    run: list[tuple[Line, Credit | None]] = []
    for index, item in enumerate(items):
        if isinstance(item, Line) and index in captions:
            if (
                item.text[0] in "△▲"
                and not run
                and not bare
                and pictures
                and items[index - 1] is pictures[-1].picture
            ):
                _give(pictures[-1], item, captions[index])  # it points at the picture over it
            elif item.text[0] in "▼▽" and index + 1 < len(items) and isinstance(items[index + 1], Picture):
                early.append((item, captions[index]))  # at the one under it
            else:
                run.append((item, captions[index]))
            continue
        early += _give_run(run, bare, pictures)
        run = []
        if isinstance(item, Picture):
            one = Captioned(item)
            pictures.append(one)
            if early:
                for line, credit in early:
                    _give(one, line, credit)
                early = []
            else:
                bare.append(one)
    early += _give_run(run, bare, pictures)
    for line, credit in early:
        if pictures:
            _give(pictures[-1], line, credit)
    return pictures


def _give_run(
    run: list[tuple[Line, Credit | None]], bare: list[Captioned], pictures: list[Captioned]
) -> list[tuple[Line, Credit | None]]:
    """Give a run of captions to the pictures before it; what finds none is given back."""
    if not run:
        return []
    groups = _join_credit_lines(run)
    if not bare:
        last = pictures[-1] if pictures else None
        if last is not None and last.credit is None and all(line_is_credit(line) for line, _ in run):
            for line, credit in run:
                _give(last, line, credit)
            return []
        return run
    if len(groups) <= len(bare):
        chosen = bare[len(bare) - len(groups) :]
        for one, group in zip(chosen, groups, strict=True):
            for line, credit in group:
                _give(one, line, credit)
    else:
        for number, group in enumerate(groups):
            for line, credit in group:
                _give(bare[min(number, len(bare) - 1)], line, credit)
    bare.clear()
    return []


def line_is_credit(line: Line) -> bool:
    """Whether a line is a credit and nothing else."""
    credit = find_credit(line.text)
    return credit is not None and not credit.rest


def _join_credit_lines(run: list[tuple[Line, Credit | None]]) -> list[list[tuple[Line, Credit | None]]]:
    """Captions of a run, each with the credit line after it where its own credit is missing."""
    groups: list[list[tuple[Line, Credit | None]]] = []
    for line, credit in run:
        if groups and line_is_credit(line) and all(one is None for _, one in groups[-1]):
            groups[-1].append((line, credit))
        else:
            groups.append([(line, credit)])
    return groups


def _give(target: Captioned, line: Line, credit: Credit | None) -> None:
    target.lines.append(line)
    if target.credit is None and credit is not None:
        target.credit = credit.text
