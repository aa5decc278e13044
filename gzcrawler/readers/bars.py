"""Bars of switches around a story: print, text size, share, like, back and top, in any order and between any separators."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

from gzcrawler.readers.lines import HEADINGS, SEAM

if TYPE_CHECKING:
    from lxml.etree import _Element

    from gzcrawler.readers.lines import Line

__all__ = ["bar_of", "runs_script"]

_SIZES = (
    "大", "中", "小", "特大", "超大", "默认", "默認", "标准", "標準", "放大", "缩小", "拡大", "縮小", "文字サイズ", "文字の大きさ", "文字", "字体", "字體", "字号", "字號",
    "字体大小", "字号大小", "字体显示", "text size", "font size", "large", "medium", "small", "larger", "smaller", "normal", "a", "aa", "a+", "a-", "a++", "a--", "a\uff0b",
    "a\uff0d", "l", "m", "s", "t", "t+", "t-", "+", "-",
)  # fmt: skip
_ACTIONS = (
    "打印", "打印本页", "打印此页", "打印文章", "打印全文", "我要打印", "关闭", "关闭窗口", "关闭本页", "关闭页面", "返回", "返回列表", "返回上一页", "返回顶部", "回到顶部", "顶部",
    "收藏", "收藏本页", "纠错", "我要纠错", "列印", "關閉", "印刷", "印刷する", "閉じる", "戻る", "トップへ", "print", "print this page", "print this article", "print page",
    "close", "close window", "close this window", "back", "go back", "return", "top", "back to top", "to top", "save", "bookmark", "copy link", "copy", "email",
    "e-mail", "email this", "mail",
)  # fmt: skip
_SHARES = (
    "分享", "分享到", "分享至", "分享给朋友", "分享本文", "推荐", "推荐给朋友", "转发", "复制链接", "微信", "微博", "新浪微博", "朋友圈", "qq", "qq空间", "qq好友", "シェア",
    "シェアする", "ツイート", "share", "share to", "share on", "share with", "share via", "share this", "share it", "share this article", "share this story",
    "share this page", "tell a friend", "send to a friend", "tweet", "wechat", "weibo", "sina weibo", "facebook", "twitter", "x", "linkedin", "whatsapp", "telegram",
    "qzone", "more",
)  # fmt: skip
_COUNTED = (
    "like", "likes", "comment", "comments", "helpful", "点赞", "點讚", "赞", "讚", "评论", "喜欢", "いいね", "♥", "❤", "♡", "👍", "☆", "★",
)  # fmt: skip
"""What a number may stand beside in a bar; beside ``Top`` it would be a subhead (``Top 10``)."""
_GAP = r"[\x1f\s|/\uff5c【】\[\]()\uff08\uff09·•:\uff1a,\uff0c、<>«»‹›…–—\ufe0f]"
_WORDS = "|".join(map(re.escape, sorted((*_SIZES, *_ACTIONS, *_SHARES, *_COUNTED), key=len, reverse=True)))
_WORD = re.compile(rf"(?P<word>{_WORDS}|\d{{1,7}})(?:{_GAP}++|$)")
_LEADING = re.compile(rf"{_GAP}*+")
_STARTS = frozenset(word[0] for word in (*_SIZES, *_ACTIONS, *_SHARES, *_COUNTED))
_LONGEST_BAR = 120
_LONGEST_UNKNOWN = 80
"""Characters of a line of links to scripts whose names nobody knows."""


def bar_of(line: Line) -> Literal["closing", "plain"] | None:
    """What bar a line is: ``closing`` stands under a story, ``plain`` (text sizes, unknown switches) anywhere.

    Links to scripts may have any name; every other word must be one that bars have.
    """
    text = line.text
    if len(line.pieces) == 1:
        if line.anchors or not _may_begin(text):
            return None  # most lines: one link, or a text that no bar begins with
        words = _words(text) if line.role not in _TEXT_ROLES and len(text) <= _LONGEST_BAR else None
        return _kind(words) if words and _many(words) else None
    if len(text) > _LONGEST_BAR or line.role in HEADINGS:
        return None
    switches = {anchor for anchor in line.anchors if runs_script(anchor)}
    if not switches:
        words = _words(line.seamed) if line.role != "tr" and _may_begin(text) else None
        return _kind(words) if words and _many(words) else None
    rest = SEAM.join([piece for piece, _, anchor in line.pieces if anchor not in switches])
    words = _words(rest) if any(map(str.isalnum, rest)) else []
    if words is None or len(switches) + len(words) < _FEWEST or (not words and len(text) > _LONGEST_UNKNOWN):
        return None
    for anchor in switches:
        named = _words(line.text_of(anchor))
        if not named:
            return "plain"
        words += named
    return _kind(words)


def _may_begin(text: str) -> bool:
    """Whether a bar can begin as a text does: with one of its words, a number or a sign."""
    first = text[0]
    return not first.isalpha() or first.lower() in _STARTS


_TEXT_ROLES = HEADINGS | {"tr"}
_FEWEST = 2
"""Words of a bar; one alone is known by the patterns of tools."""


def runs_script(anchor: _Element) -> bool:
    """Whether a link runs a script and leads nowhere."""
    href = (anchor.get("href") or "").strip().lower()
    return href.startswith("javascript:") or (href[:1] in ("", "#") and anchor.get("onclick") is not None)


def _words(text: str) -> list[str] | None:
    """The words of a bar, in lower case; None where a word is another's."""
    text = text.lower()
    found = []
    start = _LEADING.match(text).end()  # type: ignore[union-attr]  # it matches nothing, too
    while start < len(text):
        word = _WORD.match(text, start)
        if word is None:
            return None
        found.append(word["word"])
        start = word.end()
    return found


def _many(words: list[str]) -> bool:
    """Whether words without a link are a bar: two or more, and a number only beside what is counted."""
    numbers = sum(word.isdigit() for word in words)
    if numbers and _COUNTABLE.isdisjoint(words):
        return False
    return len(words) >= _FEWEST


_COUNTABLE = frozenset(_COUNTED)


def _kind(words: list[str]) -> Literal["closing", "plain"]:
    named = _CLOSING.intersection(words)
    return "closing" if named and _RESIZING.isdisjoint(words) else "plain"


_CLOSING = frozenset((*_ACTIONS, *_SHARES, *_COUNTED))
_RESIZING = frozenset(_SIZES)
