"""What a page must have, and where it is: title, head line, trail, text, end marks. Classes are not asked."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gzcrawler.readers.headline import HeadLine, has_date, is_byline, is_head_note, read_head_line
from gzcrawler.readers.walking import Film, Line, Picture

if TYPE_CHECKING:
    from gzcrawler.readers.walking import Document, Item

__all__ = ["Landmarks", "find_landmarks"]

_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_END = re.compile(
    r"^(?:©|Copyright\b|\(c\)\s|All rights reserved|Presented by\b|Sponsored by\b|Powered by\b|Hosted by\b"
    r"|版权所有|著作権|主办[::\uff1a]|主办单位|承办|网站标识码|粤ICP|.{0,20}ICP[备証证]|.{0,12}公网安备"
    r"|Share\s*(?:to|on|this|with)?\s*[:\uff1a]?$|分享(?:到|至)?\s*[:\uff1a]?$|扫一扫|扫码"
    r"|(?:Back to )?(?:the )?top\s*$|返回(?:顶部|首页)|打印本页|关闭(?:窗口|本页)|【(?:打印|关闭|返回)"
    r"|(?:Previous|Next|Prev)(?:\s+(?:article|story|page|post|one|Article|Story))?\s*[:\uff1a]"
    r"|(?:上一篇|下一篇|上一条|下一条|前の記事|次の記事)"
    r")|All rights reserved\.?",
    re.I,
)
_RELATED = re.compile(
    r"^[\s■●▶>]*(?P<name>Related(?:\s+(?:stories|story|news|articles?|links?|reading|reports?|content|information|topics?))?"
    r"|More(?:\s+(?:news|stories|on\s+this.*|from.*|videos|photos))?|Videos?|Read\s+more|See\s+also|You\s+may\s+also\s+like"
    r"|Recommended|Hot(?:\s+\w+)?|Latest(?:\s+news)?|Most\s+(?:viewed|read|popular)|Top\s+(?:news|stories)|News\s+photos|Photos?"
    r"|相关(?:新闻|文章|链接|阅读|报道|稿件|信息|推荐|内容|资讯|解读|文件)?|相關(?:新聞|文章|鏈接|連結)?|関連(?:記事|リンク|情報|ニュース)?|推荐(?:阅读)?|延伸阅读|猜你喜欢)"
    r"\s*[:\uff1a>»…]*$",
    re.I,
)
_OWN = re.compile(r"related|more|see\s+also|相关|相關|関連|延伸", re.I)
_FILES = re.compile(
    r"^(?:Attachments?|Downloads?|Annex|附件(?:下载)?|相关附件|添付ファイル|附件列表)\s*[:\uff1a]*$", re.I
)
_COUNTER = re.compile(r"^(?:\d{1,3}[\s|]*)+$")
_PAGER = re.compile(
    r"^(?:\[?\d{1,3}\]?|[<>‹›«»|\s]|Prev(?:ious)?|Next|First|Last|Pages?|Home|上一页|下一页|首页|尾页|末页|前へ|次へ|前のページ|次のページ|…|\.{2,})+$",
    re.I,
)
_ARROW = re.compile(r"[>›»]|Next|下一页|次へ|次のページ", re.I)
_TRAIL_ROOT = re.compile(r"^(?:Home|首页|首頁|ホーム|トップ(?:ページ)?|홈|Accueil|Startseite)$", re.I)
_TRAIL = re.compile(r"[>›»→\uff1e]|/")
_ENDS_LIKE_PROSE = (
    ".",
    "。",
    "!",
    "?",
    "\uff01",
    "\uff1f",
    '"',
    "”",
    "’",
    ":",
    "\uff1a",
    ";",
    "\uff1b",
    ")",
    "\uff09",
)


@dataclass(slots=True)
class LinkList:
    """A list of links that is no text: a slider, a related list."""

    start: int
    end: int
    scope: str


@dataclass(slots=True)
class Landmarks:
    """Places in a page's items, by index."""

    title: str | None = None
    title_at: int | None = None
    head: HeadLine = field(default_factory=HeadLine)
    head_end: int = 0
    """Index after the last line of the head."""
    trail_at: int | None = None
    end: int = 0
    """Index of the first end mark."""
    lists: list[LinkList] = field(default_factory=list)
    pager: list[int] = field(default_factory=list)
    dropped: set[int] = field(default_factory=set)
    """Lines after the head that are neither text nor links: counters, headings of lists, tools."""


def is_trail(line: Line) -> bool:
    """Whether a line is the trail of breadcrumbs."""
    if len(line.text) > 250:
        return False
    anchors = line.anchors
    if not anchors or line.linked:
        return bool(anchors) and _TRAIL.search(line.text) is not None and len(anchors) > 1
    first = next(text for text, _, anchor in line.pieces if anchor is not None)
    return _TRAIL.search(line.text) is not None or _TRAIL_ROOT.match(first.strip()) is not None


def find_landmarks(document: Document) -> Landmarks:
    """Find the landmarks of a page that may be an article."""
    items = document.items
    marks = Landmarks()
    date_at = _find_head(items)
    marks.title_at = _find_title(document, date_at)
    start = marks.title_at
    if marks.title_at is not None:
        title = items[marks.title_at]
        assert isinstance(title, Line)
        marks.title = _whole_title(items, marks.title_at)
    after = _after_title(items, marks)
    _read_head(items, marks, after, date_at)
    marks.trail_at = _find_trail(items, marks.title_at if start is not None else date_at)
    _find_end(items, marks)
    return marks


def _find_head(items: list[Item]) -> int | None:
    """Index of the line with the date: a short line after a heading, best with a label."""
    best: tuple[int, int] | None = None
    since_heading = 99
    for index, item in enumerate(items):
        if not isinstance(item, Line) or item.hidden:
            continue
        if item.role in _HEADINGS:
            since_heading = 0
        text = item.text
        if len(text) < 200 and any(map(str.isdigit, text)):
            found = has_date(text)
            if found is not None and not (item.linked and item.anchors):
                other = len(text) - len(found[0])
                score = (
                    4 * (found["label"] is not None)
                    + 3 * (since_heading <= 4)
                    - (item.role == "li") * 4
                    - other // 30
                )
                if score > 0 and (best is None or score > best[0]):
                    best = (score, index)
        since_heading += 1
    return best[1] if best else None


def _find_title(document: Document, date_at: int | None) -> int | None:
    items = document.items
    wanted = _squeeze(document.metas.get("articletitle", ""))
    window = _squeeze(document.window_title)
    headings = [
        index
        for index, item in enumerate(items)
        if isinstance(item, Line)
        and not item.hidden
        and item.role in _HEADINGS
        and (date_at is None or index <= date_at)
    ]
    if date_at is not None:
        near = [index for index in headings if date_at - index <= 8]
        if near:
            return _first_of_heading(items, near[-1])
        for index in range(date_at - 1, max(-1, date_at - 6), -1):
            item = items[index]
            if isinstance(item, Line) and not item.hidden:
                if is_head_note(item.text):
                    continue
                if is_trail(item) or (item.linked and item.anchors):
                    return None
                return _first_of_heading(items, index)
        return None
    for index in reversed(headings):
        text = _squeeze(_text(items, index))
        if (wanted and text == wanted) or (window and window.startswith(text)):
            return _first_of_heading(items, index)
    firsts = [index for index in headings if _role(items, index) == "h1"]
    return _first_of_heading(items, (firsts or headings)[0]) if headings else None


def _role(items: list[Item], index: int) -> str:
    item = items[index]
    return item.role if isinstance(item, Line) else ""


def _text(items: list[Item], index: int) -> str:
    item = items[index]
    return item.text if isinstance(item, Line) else ""


def _squeeze(text: str) -> str:
    return "".join(text.split()).lower()


def _first_of_heading(items: list[Item], index: int) -> int:
    """First line of the same heading: a title may be broken by ``<br>``."""
    block = items[index].block
    while (
        index
        and isinstance(items[index - 1], Line)
        and items[index - 1].block is block
        and _role(items, index) in _HEADINGS
    ):
        index -= 1
    return index


def _whole_title(items: list[Item], at: int) -> str:
    block = items[at].block
    parts = [_text(items, at)]
    if _role(items, at) in _HEADINGS:
        for item in items[at + 1 :]:
            if not isinstance(item, Line) or item.block is not block or has_date(item.text):
                break
            parts.append(item.text)
    return " ".join(parts)


def _after_title(items: list[Item], marks: Landmarks) -> int:
    if marks.title_at is None:
        return 0
    index = marks.title_at + 1
    block = items[marks.title_at].block
    if _role(items, marks.title_at) in _HEADINGS:
        while (
            index < len(items)
            and isinstance(items[index], Line)
            and items[index].block is block
            and not has_date(_text(items, index))
        ):
            index += 1
    return index


def _read_head(items: list[Item], marks: Landmarks, after: int, date_at: int | None) -> None:
    """Join the lines of the head, and read them."""
    parts: list[str] = []
    end = after if date_at is None else max(after, date_at + 1)
    for index in range(after, end):
        item = items[index]
        if isinstance(item, Line) and not item.hidden:
            parts.append(item.text)
    while end < len(items):
        item = items[end]
        if not isinstance(item, Line) or not (item.hidden or is_head_note(item.text)):
            break
        if not item.hidden:
            parts.append(item.text)
        end += 1
    marks.head = read_head_line("|".join(parts)) if parts else HeadLine()
    if date_at is None:
        byline = [part for part in parts if is_byline(part)]
        marks.head = read_head_line("|".join(parts)) if byline or parts else HeadLine()
    marks.head_end = end


def _find_trail(items: list[Item], before: int | None) -> int | None:
    for index in range((before if before is not None else len(items)) - 1, -1, -1):
        item = items[index]
        if isinstance(item, Line) and not item.hidden and is_trail(item):
            return index
    return None


def _find_end(items: list[Item], marks: Landmarks) -> None:
    """Walk from the head to the first end mark, setting aside the lists of links."""
    index, count = marks.head_end, len(items)
    while index < count:
        item = items[index]
        if not isinstance(item, Line):
            index += 1
            continue
        if len(item.text) < 300 and _END.search(item.text):
            break
        if _FILES.match(item.text):
            marks.dropped.add(index)
        elif _RELATED.match(item.text):
            end = _links_end(items, index + 1)
            if end > index + 1 or _role(items, index) in _HEADINGS:
                marks.dropped.add(index)
                index = _add_list(
                    items, marks, index + 1, end, "article" if _OWN.search(item.text) else "site"
                )
                continue
        elif item.linked and item.anchors:
            end = _links_end(items, index)
            if end - index >= 3 or (end - index >= 2 and _is_counter(items, end)):
                index = _add_list(items, marks, index, end, "site")
                continue
        elif item.role != "tr" and _PAGER.match(item.text) and (item.anchors or _is_counter(items, index)):
            end = _counter_end(items, index)
            marks.pager.extend(range(index, end))
            marks.dropped.update(range(index, end))
            index = end
            continue
        index += 1
    marks.end = index


def _links_end(items: list[Item], index: int) -> int:
    """Index after the lines that are all link, or pictures of such links."""
    last = index
    while index < len(items):
        item = items[index]
        if (
            isinstance(item, Line)
            and item.anchors
            and item.linked
            and not _PAGER.match(item.text)
            and not _END.search(item.text)
        ):
            last = index + 1
        elif not (isinstance(item, Picture) and item.anchor is not None):
            break
        index += 1
    return last


def _add_list(items: list[Item], marks: Landmarks, start: int, end: int, scope: str) -> int:
    if _is_counter(items, end):
        scope = "site"
        stop = _counter_end(items, end)
        marks.dropped.update(range(end, stop))
    else:
        stop = end
    marks.lists.append(LinkList(start, end, scope))
    return stop


def _is_counter(items: list[Item], index: int) -> bool:
    return (
        index < len(items)
        and isinstance(items[index], Line)
        and _COUNTER.match(_text(items, index)) is not None
        and not _ARROW.search(_text(items, _counter_end(items, index) - 1))
    )


def _counter_end(items: list[Item], index: int) -> int:
    while index < len(items) and isinstance(items[index], Line) and _PAGER.match(_text(items, index)):
        index += 1
    return index


def is_film(item: Item) -> bool:
    """Whether an item is a film."""
    return isinstance(item, Film)
