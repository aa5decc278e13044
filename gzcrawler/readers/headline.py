"""The head line: what stands between title and text, and its source, byline and date."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from gzcrawler.readers.dates import DATE
from gzcrawler.readers.lines import SEAM

__all__ = [
    "FoundDate",
    "HeadLine",
    "find_date",
    "is_byline",
    "is_head_note",
    "is_source_name",
    "read_head_line",
    "split_names",
]

_SEAM_IN_NUMBER = re.compile(rf"(?<=\d){SEAM}(?=\d)")

_STRONG = (
    r"(?:"
    r"(?:Last\s+|Date\s+)?(?:Updated?|Published|Posted|Released|(?:Publish|Release)(?=\s*(?:Date|Time|On|[:\uff1a])))(?:\s*(?:Date|Time|On|At))?\s*[:\uff1a]?"
    r"|(?:Date|Time)\s*(?:of\s+)?(?:Publication|Release|Issue)\s*[:\uff1a]?"
    r"|(?:发布|發布|發佈|更新|发表|成文|公开|公布|发稿|录入|刊登)(?:时间|時間|日期|于)\s*[:\uff1a]?"
    r"|(?:更新|掲載|公開|発表|発行|掲示|配信|登録|投稿)(?:日時|日)\s*[:\uff1a]?"
    r")"
)
_WEAK = r"(?:(?:Date|Time)\s*[:\uff1a]|(?:日期|时间|時間|日時|日付)\s*[:\uff1a])"
_DATED = re.compile(
    rf"(?:(?P<strong>(?<![A-Za-z]){_STRONG})\s*|(?P<weak>(?<![A-Za-z]){_WEAK})\s*)?(?P<date>{DATE})", re.I
)
_UPDATED = re.compile(
    r"(?:[^\d\u25cb\u3007-\uffff]*[^A-Za-z\d\u25cb\u3007-\uffff])?(Updated?\s?:\s?\d{4}-\d\d-\d\d)"
)
"""The commonest head line by far, where nothing before the label can be a date; read without asking for all others."""
_LABELLED_ONLY = re.compile(
    rf"(?<![A-Za-z])(?:{_STRONG}(?<=[:\uff1a])|{_WEAK})\s*(?P<rest>[^|]{{0,40}})", re.I
)
_TOOL = (
    r"(?:Print(?:\s+this\s+page)?|L\s*M\s*S|A\s*A\s*A|A[-+\uff0b]\s*A?\s*A[-+\uff0b]|T[-+\uff0b]\s*T[-+\uff0b]"
    r"|(?:Text|Font)\s*(?:Size)?\s*[:\uff1a]?\s*(?:\[?[LMSA](?:arge|edium|mall)?\]?\s*){0,3}"
    r"|Large\s+Medium\s+Small|Share(?:\s+(?:to|on|this))?\s*[:\uff1a]?|Comments?|Close|E-?mail"
    r"|(?:字体|字號|字号)(?:大小)?\s*[:\uff1a](?=\s*A)"
    r"|[\[【(\uff08]?(?:(?:字体|字體|字號|字号|文字)(?:大小)?\s*[:\uff1a]?\s*[\[【(\uff08]?)?\s*大\s*中\s*小\s*[\]】)\uff09]?|打印(?:本页)?|分享(?:到|至)?\s*[:\uff1a]?|关闭(?:窗口)?|収藏|收藏"
    r"|(?:浏览次数|浏览量|点击数|点击|阅读(?:次数|量)?|访问量|Views?|Hits?|Clicks?)\s*[:\uff1a]\s*(?:[-\d,]+)?\s*次?)"
)
_TOOLS = re.compile(rf"(?:^|(?<=[\s|\])\uff09】>])){_TOOL}(?=[\s|\[【(\uff08]|$)", re.I)
_SOURCE_LABEL = (
    r"(?:Source|From|Origin|信息来源|文章来源|内容来源|来源|來源|稿源|出典|出所|情報元)\s*[:\uff1a]\s*"
)
_LABEL_WORD = r"(?:[\u4e00-\u9fff]{1,6}|Author|Writer|Reporter|Editor|Edited by|Source|From|Date|Time|Photo(?:s|grapher)?|Views?|Hits?|Clicks?)"
_TO_NEXT_LABEL = (
    rf"(?:(?!{SEAM}\s*[^\s|\uff5c:\uff1a]{{1,12}}\s*[:\uff1a]|\s{_LABEL_WORD}\s?[:\uff1a])[^|\uff5c])*"
)
"""What a label is followed by, up to a separator, to an element that begins with a label of its own, or to a word that
is a label in a head line: one in Chinese is told by its colon."""
_SOURCE = re.compile(rf"(?<![A-Za-z]){_SOURCE_LABEL}(?P<name>{_TO_NEXT_LABEL})", re.I)
_STAFF_LABEL = (
    r"(?:Editor|Edited by|Responsible editor|责任编辑|責任編輯|编辑|編輯|編集|审核|校对)\s*[:\uff1a]"
)
_STAFF = re.compile(rf"(?<![A-Za-z]){_STAFF_LABEL}\s*[^|\uff5c\s]*(?:\s+[A-Z][\w-]*)*", re.I)
_AUTHOR = re.compile(
    r"(?:^|(?<=[\s|]))(?:Author|Writer|Reporter|作者|记者|記者|撰稿|文)\s*[:\uff1a/\uff0f]\s*"
    rf"(?P<names>{_TO_NEXT_LABEL})",
    re.I,
)
_AUTHOR_LABEL = r"(?:Author|Writer|Written by|作者|撰稿)\s*[:\uff1a]"
"""Of a line of its own near the title; a reporter's label there begins an interview as well."""
_AUTHOR_ALONE = re.compile(rf"{_AUTHOR_LABEL}[^.。!?\uff01\uff1f:\uff1a|\uff5c]{{1,60}}$", re.I)
_NOTE = re.compile(rf"\W*+(?:$|{_TOOL}|{_STAFF_LABEL}|{_SOURCE_LABEL}|{_AUTHOR_LABEL})", re.I)
_OUTLET = re.compile(
    r"(?:[a-z0-9-]+\.){1,3}(?:cn|com|net|org|gov)(?:\.cn)?$|(?:China Daily|Xinhua(?: News Agency)?|GD Today|Newsgd(?:\.com)?"
    r"|Guangzhou Daily|Nanfang Daily|Southern Metropolis Daily|People's Daily(?: Online)?|CGTN|CNS|China News Service|新华社|新华网|广州日报"
    r"|南方日报|人民日报|中国日报|本网|本站)$"
    r"|[\u4e00-\u9fff]{2,10}(?:网|網|社|报|報|电视台|新聞)(?:日本語版|中文版|英文版)?$",
    re.I,
)
_BYLINE = re.compile(r"^(?:By|BY|by)[\s:\uff1a]\s*(?P<names>\S.*)$")
_NAMED = re.compile(
    r"^(?:By|BY)[\s:\uff1a]+(?:[A-Z\u00c0-\u017f\u4e00-\u9fff][^\s|]*[\s,&|(]*(?:and\s+)?)+(?:(?:in|IN|from)\s.*|[|(\uff5c\uff08].*|$)"
)
"""A byline that stands alone: every word a name, up to the place, outlet or end."""
_PLACE = re.compile(r"\s+(?:in|IN|from)\s+[A-Z][\w'’., -]*$")
_BETWEEN_NAMES = re.compile(r"\s*(?:,\s*and\s|,|、|\uff0c|;|\uff1b|&|\sand\s|\sAND\s)\s*")
_ALL_BRACKETED = re.compile(r"^[(\uff08]\s?[^()\uff08\uff09]+[)\uff09]$")
_BRACKETED = re.compile(r"[(\uff08]\s*([^()\uff08\uff09]*?)\s*[)\uff09]")
_SEPARATORS = re.compile(r"[|\uff5c│┃丨•·]")


Label = Literal["strong", "weak"]


@dataclass(slots=True)
class FoundDate:
    """A date in a line, with its label."""

    raw: str
    """Label and date as printed."""
    start: int
    end: int
    label: Label | None
    """``strong``: says that this is when the page was published; ``weak``: could label an event too."""


@dataclass(slots=True)
class HeadLine:
    """What a head line says; each part None or empty where it is not printed."""

    raw_date: str | None = None
    source: str | None = None
    authors: tuple[str, ...] = ()
    loose: int = 0
    """Characters that no label or bracket explains: a source, or that this is no head line."""
    label: Label | None = None
    """The date's."""


def find_date(text: str) -> FoundDate | None:
    """The first labelled date in a line, else its first date."""
    plain = _UPDATED.fullmatch(text)
    if plain is not None and not text[: plain.start(1)].rstrip().endswith(("Last", "Date", "last", "date")):
        return FoundDate(plain[1].replace(SEAM, ""), plain.start(1), len(text), "strong")
    best = None
    for found in _DATED.finditer(text):
        if best is None or (found["strong"] and not best["strong"]):
            best = found
    if best is None:
        return None
    raw = _SEAM_IN_NUMBER.sub(" ", best[0]).replace(SEAM, "").strip(" |")
    label: Label | None = "strong" if best["strong"] else "weak" if best["weak"] else None
    return FoundDate(raw, best.start(), best.end(), label)


def is_source_name(text: str) -> bool:
    """Whether a line near the title is an outlet's name and nothing else."""
    return len(text) <= 40 and (_OUTLET.match(text) or _ALL_BRACKETED.match(text)) is not None


def is_byline(text: str) -> bool:
    """Whether a line is ``By NAME`` and no sentence."""
    return len(text) < 120 and _NAMED.match(text) is not None and not text.endswith((".", "。"))


def is_head_note(text: str) -> bool:
    """Whether a line near the title is only source label, byline, print or size switch, or an outlet beside one."""
    if len(text) > 160:
        return False
    if is_byline(text):
        return True
    if not _NOTE.match(text) and text[:1] not in _OPENING:
        return False  # what it begins with is neither tool nor label, and stays: most lines of a story
    left = _TOOLS.sub("|", _STAFF.sub("|", text))
    left_over = left.lstrip("|\uff5c ")
    if _SOURCE.match(left_over) or _AUTHOR_ALONE.match(left_over):
        return True
    if left != text and is_source_name(left.strip(SEAM + "|\uff5c ")):
        return True
    return not left.strip(SEAM + "|\uff5c[]【】()\uff08\uff09 :\uff1a-")


def read_head_line(text: str, found: FoundDate | None = None) -> HeadLine:
    """Source, authors and raw date of a head line; several lines of it come joined by ``|``.

    Args:
        text: the line.
        found: its date, where it was looked for before.
    """
    head = HeadLine()
    found = found or find_date(text)
    if found is not None:
        head.raw_date, head.label = found.raw, found.label
        text = f"{text[: found.start]}|{text[found.end :]}"
    else:
        bare = _LABELLED_ONLY.search(text)
        if bare is not None:
            unreadable = any(map(str.isdigit, bare["rest"]))
            head.raw_date = bare[0].strip() if unreadable else None
            text = f"{text[: bare.start()]}|{text[bare.end() :] if unreadable else bare['rest'] + text[bare.end() :]}"
    left = text.strip(SEAM + " |\uff5c")
    if not left or is_source_name(left):
        head.source, head.loose = _name(left), len(left)
        return head  # the commonest head line by far
    labelled = ":" in text or "\uff1a" in text
    text = _TOOLS.sub("|", _STAFF.sub("|", text) if labelled else text)
    source = _SOURCE.search(text) if labelled else None
    if source is not None:
        head.source = _name(source["name"])
        text = text[: source.start()] + "|" + text[source.end() :]
    author = _AUTHOR.search(text) if labelled or "/" in text or "\uff0f" in text else None
    if author is not None:
        head.authors = split_names(author["names"])
        text = text[: author.start()] + "|" + text[author.end() :]
    _read_segments(text, head)
    return head


def _read_segments(text: str, head: HeadLine) -> None:
    for segment in _SEPARATORS.split(text):
        segment = segment.strip(SEAM + " \t,\uff0c;\uff1b:\uff1a-")
        byline = _BYLINE.match(segment)
        if byline is not None and not head.authors:
            names = byline["names"]
            bracket = _BRACKETED.search(names)
            if bracket is not None:
                head.source = head.source or _name(bracket[1])
                names = names[: bracket.start()]
            elif SEAM in names:
                names, outlet = _outlet_after(names)
                head.source = head.source or _name(outlet)
            head.authors = split_names(names)
        elif segment.strip("()\uff08\uff09[]【】 "):
            bracket = _BRACKETED.search(segment)
            head.loose += len(segment) if bracket is None else len(segment) - len(bracket[0])
            if head.source is None:
                head.source = _name(bracket[1] if bracket else segment)


def _outlet_after(names: str) -> tuple[str, str]:
    """Names of a byline, and the outlet that stands after them in an element of its own."""
    before, _, after = names.rpartition(SEAM)
    before, after = before.strip(SEAM + " "), after.strip()
    own = is_source_name(after) or (" " in after and " " in before and _NAME_ENDS.search(before) is not None)
    if own and not _JOINS.match(after):
        return before, after
    return names, ""


_NAME_ENDS = re.compile(r"(?<!\band)(?<![&,])$", re.I)
_JOINS = re.compile(r"(?:and|in|from)\b|[,&]", re.I)


def _name(text: str) -> str | None:
    text = " ".join(text.replace(SEAM, "").split()).strip(" \t,\uff0c;\uff1b:\uff1a|-")
    while text and text[0] in _OPENING and text[-1] in _CLOSING:
        text = text[1:-1].strip()
    return _without_stray_bracket(text) or None


_OPENING, _CLOSING = "([【\uff08", ")]】\uff09"


def _without_stray_bracket(text: str) -> str:
    """A text without the bracket at its end that belongs to what stands around it: ``【Source: NAME】``."""
    if text[-1:] and text[-1] in _CLOSING and not any(sign in text for sign in _OPENING):
        return text[:-1].strip()
    if text[:1] and text[0] in _OPENING and not any(sign in text for sign in _CLOSING):
        return text[1:].strip()
    return text


def split_names(text: str) -> tuple[str, ...]:
    text = text.replace(SEAM, "")
    parts = (
        _without_stray_bracket(_PLACE.sub("", part).strip(" .|"))
        for part in _BETWEEN_NAMES.split(_PLACE.sub("", text.strip()))
    )
    return tuple(part for part in parts if part)
