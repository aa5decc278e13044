"""Links to the portal's other languages."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from gzcrawler.items import Edition
from gzcrawler.readers.lines import Line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gzcrawler.readers.landmarks import Landmarks
    from gzcrawler.readers.lines import Document
    from gzcrawler.readers.links import Resolver

__all__ = ["read_editions"]

_LANGUAGES = {
    "zh-Hans": (
        "简体",
        "简体中文",
        "简体版",
        "中文",
        "中文版",
        "中文简体",
        "汉语",
        "简",
        "chinese",
        "simplified chinese",
        "中文网",
    ),
    "zh-Hant": ("繁體", "繁体", "繁體中文", "繁体中文", "繁體版", "繁体版", "繁", "traditional chinese"),
    "en": ("english", "en", "english version", "eng", "英文", "英文版"),
    "ja": ("日本語", "日本语", "japanese", "日文", "日文版"),
    "ko": ("한국어", "korean", "韩文"),
    "fr": ("français", "francais", "french"),
    "de": ("deutsch", "german"),
    "ru": ("русский", "russian"),
    "es": ("español", "espanol", "spanish"),
    "pt": ("português", "portugues", "portuguese"),
    "ar": ("العربية", "arabic"),
    "it": ("italiano",),
    "vi": ("tiếng việt",),
    "th": ("ไทย", "ภาษาไทย"),
    "id": ("bahasa indonesia",),
    "ms": ("bahasa melayu",),
}
_LONGEST_NAME = 30
_BY_NAME = {name: language for language, names in _LANGUAGES.items() for name in names}


@lru_cache(maxsize=4096)  # names in menus come again on every page
def _language(name: str) -> str | None:
    """BCP 47 language that a link's text promises."""
    if len(name) > _LONGEST_NAME:
        return None
    return _BY_NAME.get(name.lower()) or _BY_NAME.get(name.strip(" []()|·•").lower())


def read_editions(document: Document, marks: Landmarks, resolver: Resolver) -> Iterator[Edition]:
    """Links to other languages over the title."""
    seen: set[str] = set()
    for item in document.items[: marks.title_at]:
        if not isinstance(item, Line) or not item.anchors:
            continue
        if len(item.pieces) == 1:
            if _language(item.text) is None:
                continue  # most lines of a menu
        elif len(item.anchors) == 1 and len(item.text) > _LONGEST_NAME and item.linked:
            continue
        for anchor in item.anchors:
            language = _language(item.text_of(anchor))
            url = resolver.absolute(anchor.get("href")) if language else None
            if language and url and url not in seen:
                seen.add(url)
                yield Edition(url=url, language=language)
