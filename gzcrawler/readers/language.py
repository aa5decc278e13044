"""Which language a text is in, told by its script where it is not its edition's."""

from __future__ import annotations

import re

__all__ = ["language_of"]

_KANA = re.compile("[\u3041-\u30fa\uff66-\uff9d]")
_HAN = re.compile("[\u4e00-\u9fff]")
_LATIN = re.compile("[A-Za-z]")
_ASIAN = re.compile("[\u3041-\u30fa\u4e00-\u9fff]")
_SAMPLE = 12
"""Blocks whose script tells the language of all."""
_FEWEST = 4
"""Traditional characters from which a text is in them: a quoted title or a name has fewer."""
_PLAINLY = 4
"""Times as many traditional as simplified characters; one slip is no other script."""


def language_of(expected: str, title: str, body: tuple[str, ...]) -> str:
    """BCP 47 language of a text: the expected one, unless its script is plainly another's.

    Args:
        expected: the edition's language.
        title: of the story.
        body: its blocks; the first of them are looked at.
    """
    asian = expected.startswith(("zh", "ja"))
    texts = (title, *body[:_SAMPLE])
    if not asian and not any(_ASIAN.search(text) for text in texts if not text.isascii()):
        return expected
    text = " ".join(texts)
    kana, han, latin = (len(pattern.findall(text)) for pattern in (_KANA, _HAN, _LATIN))
    if kana + han <= latin // 2:
        return "en" if asian and latin > 10 * (kana + han) else expected
    if kana * 20 > han:
        return "ja"
    if not han:
        return expected
    return _chinese("".join(_HAN.findall(text)), expected if expected.startswith("zh") else "zh-Hans")


def _chinese(han: str, expected: str) -> str:
    """``zh-Hant`` or ``zh-Hans`` where the characters plainly are, else the expected one.

    The older codes know: GB 2312 has no traditional form of a simplified character, Big5 no simplified one.
    """
    traditional = len(han) - len(han.encode("gb2312", "ignore")) // 2
    simplified = len(han) - len(han.encode("big5", "ignore")) // 2
    if traditional >= _FEWEST and traditional > _PLAINLY * simplified:
        return "zh-Hant"
    if simplified >= _FEWEST and simplified > _PLAINLY * traditional:
        return "zh-Hans"
    return expected
