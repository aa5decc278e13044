"""The head line: what stands between title and text, and its source, byline and date."""

from __future__ import annotations

import re
from dataclasses import dataclass

from gzcrawler.readers.dates import DATE

__all__ = ["HeadLine", "has_date", "is_byline", "is_head_note", "read_head_line"]

_LABEL = (
    r"(?:"
    r"(?:Last\s+|Date\s+)?(?:Updated?|Published|Posted|Released?|Publish|Date|Time)(?:\s*(?:Date|Time|On|At))?\s*[:\uff1a]?"
    r"|(?:发布|發布|發佈|更新|发表|成文|公开)(?:时间|時間|日期|于)\s*[:\uff1a]?|(?:日期|时间|時間|日時)\s*[:\uff1a]?"
    r"|(?:更新|掲載|公開|発表|発行|掲示|配信)(?:日時|日)?\s*[:\uff1a]?"
    r")"
)
_DATED = re.compile(rf"(?P<label>(?<![A-Za-z]){_LABEL}\s*)?(?P<date>{DATE})", re.I)
_LABELLED_ONLY = re.compile(rf"(?<![A-Za-z]){_LABEL}(?<=[:\uff1a])\s*(?P<rest>[^|]{{0,40}})", re.I)
_TOOLS = re.compile(
    r"(?:^|(?<=[\s|\])\uff09】>]))(?:"
    r"Print(?:\s+this\s+page)?|L\s?M\s?S|A\s?A\s?A|A[-+\uff0b]\s?A?\s?A[-+\uff0b]|T[-+\uff0b]\s?T[-+\uff0b]"
    r"|(?:Text|Font)\s*(?:Size)?\s*[:\uff1a]?\s*(?:\[?[LMSA](?:arge|edium|mall)?\]?\s*){0,3}"
    r"|Large\s+Medium\s+Small|Share(?:\s+(?:to|on|this))?\s*[:\uff1a]?|Comments?|Close|E-?mail"
    r"|[\[【(\uff08]?(?:字体|字號|字号|文字)?\s*[:\uff1a]?\s*大\s*中\s*小\s*[\]】)\uff09]?|打印(?:本页)?|分享(?:到|至)?\s*[:\uff1a]?|关闭(?:窗口)?|収藏|收藏"
    r"|(?:浏览次数|浏览量|点击数|点击|阅读(?:次数|量)?|访问量|Views?|Hits?|Clicks?)\s*[:\uff1a]\s*(?:[-\d,]+)?\s*次?"
    r")(?=[\s|\[【(\uff08]|$)",
    re.I,
)
_SOURCE_LABEL = (
    r"(?:Source|From|Origin|信息来源|文章来源|内容来源|来源|來源|稿源|出典|出所|情報元)\s*[:\uff1a]\s*"
)
_SOURCE = re.compile(rf"(?<![A-Za-z]){_SOURCE_LABEL}(?P<name>[^|\uff5c]*)", re.I)
_STAFF = re.compile(
    r"(?<![A-Za-z])(?:Editor|Edited by|Responsible editor|责任编辑|責任編輯|编辑|編輯|編集|审核|校对)\s*[:\uff1a]\s*[^|\uff5c\s]*(?:\s+[A-Z][\w-]*)*",
    re.I,
)
_AUTHOR = re.compile(
    r"(?:^|(?<=[\s|]))(?:Author|Writer|Reporter|作者|记者|記者|撰稿|文)\s*[:\uff1a/\uff0f]\s*(?P<names>[^|\uff5c]*)",
    re.I,
)
_BYLINE = re.compile(r"^(?:By|BY|by)[\s:\uff1a]\s*(?P<names>\S.*)$")
_PLACE = re.compile(r"\s+(?:in|IN|from)\s+[A-Z][\w'’., -]*$")
_BETWEEN_NAMES = re.compile(r"\s*(?:,\s*and\s|,|、|\uff0c|;|\uff1b|&|\sand\s|\sAND\s)\s*")
_BRACKETED = re.compile(r"[(\uff08]\s*([^()\uff08\uff09]*?)\s*[)\uff09]")
_SEPARATORS = re.compile(r"[|\uff5c│┃丨•·]")


@dataclass(slots=True)
class HeadLine:
    """What a head line says; each part None or empty where it is not printed."""

    raw_date: str | None = None
    labelled: bool = False
    source: str | None = None
    authors: tuple[str, ...] = ()
    rest: str = ""
    """What is left and was understood as nothing."""


def has_date(text: str) -> re.Match[str] | None:
    """The date in a line, with its label where it has one."""
    return _DATED.search(text)


def is_byline(text: str) -> bool:
    """Whether a line is ``By NAME`` and no sentence."""
    return len(text) < 120 and _BYLINE.match(text) is not None and not text.endswith((".", "。"))


def is_head_note(text: str) -> bool:
    """Whether a line near the title is only source label, byline, print or size switch."""
    if len(text) > 160:
        return False
    if is_byline(text):
        return True
    left = _TOOLS.sub("|", _STAFF.sub("|", text))
    if _SOURCE.match(left.lstrip("|\uff5c ")):
        return True
    return not left.strip("|\uff5c[]【】()\uff08\uff09 :\uff1a-")


def read_head_line(text: str) -> HeadLine:
    """Source, authors and raw date of a head line; several lines of it come joined by ``|``."""
    head = HeadLine()
    found = _DATED.search(text)
    if found is not None:
        head.raw_date = found[0].strip().strip("|").strip()
        head.labelled = found["label"] is not None
        text = f"{text[: found.start()]}|{text[found.end() :]}"
    else:
        bare = _LABELLED_ONLY.search(text)
        if bare is not None:
            head.labelled = True
            head.raw_date = bare[0].strip() if re.search(r"\d", bare["rest"]) else None
            text = f"{text[: bare.start()]}|{text[bare.end() :] if head.raw_date else bare['rest']}"
    text = _TOOLS.sub("|", _STAFF.sub("|", text))
    source = _SOURCE.search(text)
    if source is not None:
        head.source = _name(source["name"])
        text = text[: source.start()] + "|" + text[source.end() :]
    author = _AUTHOR.search(text)
    if author is not None:
        head.authors = _names(author["names"])
        text = text[: author.start()] + "|" + text[author.end() :]
    _read_segments(text, head)
    return head


def _read_segments(text: str, head: HeadLine) -> None:
    rest = []
    for segment in _SEPARATORS.split(text):
        segment = segment.strip(" \t,\uff0c;\uff1b:\uff1a-")
        byline = _BYLINE.match(segment)
        if byline is not None and not head.authors:
            names = byline["names"]
            bracket = _BRACKETED.search(names)
            if bracket is not None:
                head.source = head.source or _name(bracket[1])
                names = names[: bracket.start()]
            head.authors = _names(names)
        elif segment.strip("()\uff08\uff09[]【】 "):
            rest.append(segment)
    for segment in rest:
        if head.source is None:
            bracket = _BRACKETED.search(segment)
            head.source = _name(bracket[1] if bracket else segment)
        else:
            head.rest += segment


def _name(text: str) -> str | None:
    text = text.strip(" \t,\uff0c;\uff1b:\uff1a|-")
    while text and text[0] in "([【\uff08" and text[-1] in ")]】\uff09":
        text = text[1:-1].strip()
    return text or None


def _names(text: str) -> tuple[str, ...]:
    parts = (_PLACE.sub("", part).strip(" .|") for part in _BETWEEN_NAMES.split(_PLACE.sub("", text.strip())))
    return tuple(part for part in parts if part)
