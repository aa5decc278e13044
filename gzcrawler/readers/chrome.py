"""What stands around a story and is none of it: end marks, pagers, counters, headings of link lists, tools."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from gzcrawler.readers.bars import bar_of, runs_script
from gzcrawler.readers.dates import DATE, DATE_SIGN
from gzcrawler.readers.lines import Line, Picture
from gzcrawler.readers.links import is_file

if TYPE_CHECKING:
    from lxml.etree import _Element

    from gzcrawler.readers.lines import Item

__all__ = [
    "closes_page", "closes_story", "counter_end", "files_heading", "is_bullet", "is_counter", "is_furniture", "is_link_line", "is_links_line",
    "is_pager", "is_plainly_text", "labelled_links", "links_end", "related_heading",
]  # fmt: skip

_PAGE_END = re.compile(
    r"(?:©|Copyright\s*(?:©|\(c\)|&copy;|\d{4}|[:\uff1a]|by\b|reserved|all\b|$)|\(c\)\s?\d{4}|版权所有|著作権"
    r"|(?:Presented|Sponsor(?:ed|s)?|Hosted|Organi[sz]ed|Powered|Supported|Designed|Maintained)(?: by\b.{1,90}[^.]$|\s*[:\uff1a])"
    r"|主办(?:单位)?\s*[:\uff1a]|承办(?:单位)?\s*[:\uff1a]|网站(?:标识码|地图)|Site (?:ID |identification )?code\b"
    r"|(?:About us|Contact us|Site ?map)(?:\s*[|\uff5c]|$)|(?:Disclaimer|免责声明|版权声明)\s*(?:[:\uff1a]|$)"
    r"|.{0,20}\bICP\b.{0,3}[备证証\d]|.{0,4}ICP[备证証]|.{0,16}公网安备)",
    re.I,
)
_PAGE_END_STARTS = (
    "copyright", "©", "(c)", "presented", "sponsor", "hosted", "organi", "powered", "supported", "designed", "maintained", "site", "about us",
    "contact us", "disclaimer", "版权", "著作権", "主办", "承办", "网站", "免责声明",
)  # fmt: skip
"""What the pattern begins with, where it does not begin with `_SIGN_WITHIN` characters and a licence."""
_CLAIMS = ("ll rights reserved", "LL RIGHTS RESERVED", "opyright reserved")
_SIGN_WITHIN = 24
"""Characters within which the sign of a licence stands."""
_STORY_END = re.compile(
    r"^(?:Share(?:\s*(?:to|on|this|with)\b.{0,40})?\s*[:\uff1a]?(?:\s*(?:Facebook|Twitter|WeChat|Weibo|LinkedIn|X)\b\W*)*$|分享(?:到|至|给)?.{0,20}$|シェア(?:する)?\s*[:\uff1a]?$"
    r"|扫一扫|扫码|用?手机(?:浏览|查看|打开)|Scan (?:(?:the )?(?:QR )?code|to (?:read|view|see|open|share|follow|visit)\b)"
    r"|(?:Back to (?:the )?|Go to |Return to )?Top$|(?:返回|回到)(?:顶部|首页|列表|上级)|ページの?(?:先頭|トップ)"
    r"|[【\[(\uff08]?\s*(?:打印|关闭|返回|印刷|Print|Close|Back)(?:本页|窗口|此页|页面|this page|window)?\s*[】\])\uff09]?(?:[\s|\uff5c【\[]*(?:打印|关闭|返回|Print|Close|Back)(?:本页|窗口|此页|页面|this page|window)?[】\]]?)*+\s*$"
    r"|[<«‹]?\s*(?:Previous|Prev|Next)(?:\s+(?:article|story|page|post|one|news|item))?\s*(?:[:\uff1a>»›].*)?$"
    r"|(?:上一篇|下一篇|上一条|下一条|上篇|下篇|前の記事|次の記事)"
    r"|(?:浏览次数|浏览量|点击数|点击量|阅读(?:次数|量|数)?|访问量|Views?|Reads?|Hits|Page views|Visits?|Number of visits)\s*[:\uff1a].{0,12}$"
    r"|(?:Tags?|Keywords?|标签|关键词)\s*[:\uff1a].{0,120}$)",
    re.I,
)
_STORY_END_STARTS = frozenset("SsBbGgRrPpNnTtVvHhCcKk分シ扫用手返回ペ打关印上下前次浏点阅访标")
_TOOL = re.compile(
    r"^(?:-|[\[【(]?\s*(?:Print|Email|E-mail|Save|Close|Share|Large|Medium|Small|Font ?size|Text ?size|A-|A\+|A|L|M|S|T"
    r"|大|中|小|字体|字号|打印|分享|收藏|关闭|文字(?:サイズ)?|印刷)\s*[\]】)]?\s*[:\uff1a]?)(?:[\s|/\uff5c]+(?:[\[【(]\s*)?(?:Print|Email|E-mail|Save|Close|Share|Large|Medium|Small|A-|A\+|A|L|M|S|T|大|中|小|打印|分享|收藏|关闭)(?:\s*[\]】)])?)*+\s*$",
    re.I,
)
_TOOL_STARTS = frozenset("PpEeSsCcLlMmFfTtAa大中小字打分收关文印")
_RELATED = re.compile(
    r"^[\s■●▶>|]*(?P<name>Related(?:\s+\w+){0,2}|More(?:\s+(?:news|stories|articles|links|videos?|photos?|topics|information|on\s.{1,40}|from\s.{1,40}))?"
    r"|See\s+also|Read\s+(?:more|also)|Further\s+reading|Don't\s+miss|You\s+(?:may|might)\s+(?:also\s+)?like|Recommended(?:\s+\w+)?"
    r"|Videos?|Photos?|News\s+photos|Hot(?:\s+\w+){0,2}|Latest(?:\s+\w+){0,2}|Most\s+(?:viewed|read|popular)|Popular(?:\s+\w+)?|Top\s+(?:news|stories)|Headlines|Editor's\s+picks?|What's\s+(?:new|hot|on)|Highlights|Specials?"
    r"|相关(?:新闻|文章|链接|阅读|报道|稿件|信息|推荐|内容|资讯|解读|文件|专题)?|相關(?:新聞|文章|鏈接|連結)?|関連(?:記事|リンク|情報|ニュース)?"
    r"|推荐(?:阅读|新闻)?|延伸阅读|猜你喜欢|热点(?:新闻|推荐)?|最新(?:文章|新闻|动态)?|おすすめ(?:記事)?|新着(?:記事|情報)?)"
    r"\s*[:\uff1a>»›…+]*\s*(?:More\s*[>»+]*)?$",
    re.I,
)
_OWN = re.compile(r"^(?:Related|More|See|Read|Further|相关|相關|関連|延伸)", re.I)
_FILES = re.compile(
    r"^(?:Attach(?:ments?|ed files?)|Downloads?|Annex(?:es)?|附件(?:下载|列表)?|相关附件|添付(?:ファイル|資料)?|資料ダウンロード)\s*[:\uff1a]*$",
    re.I,
)
_COUNTER = re.compile(r"^\d{1,2}(?:[\s|•·]+\d{1,2})*$")
_PAGER = re.compile(
    r"^(?:\[?\d{1,4}\]?|[<>‹›«»|•·\uff1c\uff1e\s]|Prev(?:ious)?(?:\s+page)?|Next(?:\s+page)?|First|Last|上一页|下一页|上页|下页|首页|尾页|末页"
    r"|前へ|次へ|前のページ|次のページ|…|\.{2,}|共\s?\d+\s?页|Page\s+\d+\s+of\s+\d+)++$",
    re.I,
)
_PAGER_STARTS = frozenset("PpNnFfLl上下首尾末前次共")
_ARROW = re.compile(r"[>›»\uff1e]|Next|下一?页|次へ|次のページ", re.I)
_DATE_ONLY = re.compile(rf"^[\s\[(\uff08|·•-]*(?:{DATE}|\d{{1,2}}[-/]\d{{1,2}})?[\s\])\uff09|·•-]*$", re.I)
_LONGEST_MARK = 300
_REMEMBERED = 4096
"""Texts whose answer is kept: headings of lists and end marks come again on every page."""


def is_plainly_text(text: str) -> bool:
    """Whether an unlinked line is too long for chrome, or has none of its signs: most lines of a story."""
    if len(text) > _LONGEST_UNLINKED:
        return True
    return (
        len(text) > _LONGEST_HEADING
        and text.isascii()
        and ":" not in text[:20]
        and not text.startswith("Share")
    )


_LONGEST_UNLINKED = 160
_LONGEST_HEADING = 60


def closes_page(line: Line) -> bool:
    """Whether the footer of the page begins here."""
    text = line.text
    if line.role == "footer":
        return True
    if len(text) > _LONGEST_MARK:
        return False
    if ("eserved" in text or "RESERVED" in text) and any(claim in text for claim in _CLAIMS):
        return True
    start = text[:_SIGN_WITHIN].lower()
    if not (start.startswith(_PAGE_END_STARTS) or "icp" in start or "公网安备" in start):
        return False  # most lines: far cheaper than asking the pattern
    return _PAGE_END.match(text) is not None


def closes_story(line: Line) -> bool:
    """Whether a share bar, print switch, way to the neighbours … stands here, as after every story."""
    text = line.text
    if len(text) > 160:
        return False
    if not (text[0].isalpha() and text[0] not in _STORY_END_STARTS) and _STORY_END.match(line.seamed):
        return True
    return not (line.anchors and len(line.pieces) == 1) and bar_of(line) == "closing"


def _is_tool_line(line: Line) -> bool:
    """Whether a line is only switches and counters."""
    if line.text[0].isalpha() and line.text[0] not in _TOOL_STARTS:
        return False
    return len(line.text) <= 60 and _TOOL.match(line.seamed) is not None


def is_furniture(line: Line) -> bool:
    """Whether a line is switches, a share bar or an end mark: nowhere part of a story."""
    return _is_tool_line(line) or _is_end_mark(line) or bar_of(line) is not None


def _is_end_mark(line: Line) -> bool:
    """Whether a line only says that the text is over, in a word or by a square."""
    return len(line.text) <= _LONGEST_END and not line.anchors and _END.match(line.text) is not None


_END = re.compile(r"[\W_]*(?:(?:The\s+)?End|完|全文完|终|終|了)[\W_]*$|[■□◆◇●○▪◼#]+$", re.I)
_LONGEST_END = 16


def related_heading(line: Line) -> str | None:
    """Scope of the links under a heading such as ``Related``; None for any other line."""
    return None if len(line.text) > 60 else _related_scope(line.text)


@lru_cache(maxsize=_REMEMBERED)
def _related_scope(text: str) -> str | None:
    found = _RELATED.match(text)
    if found is None:
        return None
    return "article" if _OWN.match(found["name"]) else "site"


def files_heading(line: Line) -> bool:
    """Whether a line is only the heading of a list of files."""
    return len(line.text) <= 30 and _FILES.match(line.text) is not None


def is_pager(item: Item) -> bool:
    """Whether a line holds page numbers, arrows and their words alone."""
    return (
        isinstance(item, Line)
        and (item.role != "tr" or item.text.startswith("1\t2\t3"))
        and len(item.text) <= 200
        and not (item.text[0].isalpha() and item.text[0] not in _PAGER_STARTS)
        and _PAGER.match(item.text) is not None
    )


def is_counter(items: list[Item], index: int) -> bool:
    """Whether ``1 2 3 4 5`` stands here, in one line or several, counting from one and without an arrow."""
    count = 0
    for item in items[index : index + _LONGEST_COUNTER + 1]:
        if not isinstance(item, Line) or not is_pager(item):
            break
        text = item.seamed
        if not _COUNTER.match(text):
            return False
        for number in _NUMBER.findall(text):
            count += 1
            if int(number) != count:
                return False
    return 1 < count <= _LONGEST_COUNTER


_NUMBER = re.compile(r"\d+")
_LONGEST_COUNTER = 20
"""Slides of the longest slider that is one; looking no further keeps a page of numbers linear."""


def counter_end(items: list[Item], index: int) -> int:
    """Index after the run of pager lines that begins here."""
    while index < len(items) and is_pager(items[index]):
        index += 1
    return index


def is_link_line(item: Item) -> bool:
    """Whether a line is one link, with at most a bullet and a date beside it."""
    if not isinstance(item, Line) or len(item.anchors) != 1:
        return False
    if len(item.pieces) > 1:
        bare = "".join([text for text, _, anchor in item.pieces if anchor is None])
        if any(map(str.isalnum, bare)) and not _is_date(" ".join(bare.split())):
            return False
    return not (is_file(item.anchors[0].get("href") or "") or is_pager(item) or closes_story(item))


def _is_date(text: str) -> bool:
    """Whether a text is a date and nothing else."""
    return len(text) < 60 and DATE_SIGN.search(text) is not None and _DATE_ONLY.match(text) is not None


def is_links_line(item: Item) -> bool:
    """Whether a line is two or more links to pages side by side and nothing else."""
    return (
        isinstance(item, Line)
        and len(item.anchors) > 1
        and item.linked
        and all(_leads_to_page(anchor) for anchor in item.anchors)
        and not (is_pager(item) or closes_story(item) or is_furniture(item))
    )


def _leads_to_page(anchor: _Element) -> bool:
    href = anchor.get("href") or ""
    return not (href[:1] in ("", "#") or runs_script(anchor) or is_file(href))


def labelled_links(line: Line) -> bool:
    """Whether a line is a label such as ``Related:`` and the links that it promises."""
    if not line.anchors or line.pieces[0][2] is not None or len(line.pieces[0][0]) > _LONGEST_HEADING:
        return False
    bare = " ".join("".join([text for text, _, anchor in line.pieces if anchor is None]).split())
    label = bare.rstrip(_BETWEEN_LINKS)
    if not label or label == bare or _related_scope(label) != "article":
        return False
    return all(_leads_to_page(anchor) for anchor in line.anchors)


_BETWEEN_LINKS = " :\uff1a|\uff5c/,\uff0c、;\uff1b·•"


def is_bullet(items: list[Item], index: int) -> bool:
    """Whether a picture stands in the block of a link line, directly before or after it: an arrow, a dot."""
    item = items[index]
    return isinstance(item, Picture) and any(
        0 <= beside < len(items) and items[beside].number == item.number and is_link_line(items[beside])
        for beside in (index + 1, index - 1)
    )


def links_end(items: list[Item], index: int, *, side_by_side: bool = False) -> int:
    """Index after the run of link lines, their bullets, and pictures in links, that begins here.

    Args:
        items: of the page.
        index: of the first.
        side_by_side: whether a line may hold several links.
    """
    last = index
    while index < len(items):
        item = items[index]
        if is_link_line(item) or (side_by_side and is_links_line(item)):
            last = index + 1
        elif not (isinstance(item, Picture) and (item.anchor is not None or is_bullet(items, index))):
            break
        index += 1
    return last
