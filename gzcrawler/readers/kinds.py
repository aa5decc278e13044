"""What a capture is when it is neither story nor list, and by which evidence."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from gzcrawler.items import OtherPage
from gzcrawler.readers.lines import HEADINGS, Line

if TYPE_CHECKING:
    from gzcrawler.items import Capture
    from gzcrawler.portals import Address, Portal
    from gzcrawler.readers.lines import Document

__all__ = ["judge_content", "judge_response"]

_GONE = re.compile(
    r"(?:^|[-–—|:!.\uff1a\uff01(\[【]\s+|[|\uff1a\uff01(\[【]|\b(?:error|http(?:/\d(?:\.\d)?)?|status|code)\W{0,3}|[\u4e00-\u9fff\u3041-\u30ff]\s?)4(?:04|10)(?!\d)"
    r"(?!\s?(?![\u9519\u932f\u9875\u9801\u4e86\u30a8])[\u4e00-\u9fff\u3041-\u30ff])(?!\s+(?!(?:not|error|page|file|gone|found|resource)\b)(?-i:[a-z]))|\bgone\b"
    r"|(?:page|article|file|content|document|news|story|information|resource|you\b.{0,20})\b.{0,60}"
    r"(?:not (?:be )?found|no longer (?:exists?|available|here)|(?:does|do|did)(?: not|n['’]t) exist|(?:has|have) been (?:removed|deleted|moved|withdrawn)"
    r"|(?:is|are) (?:not available|unavailable|missing|deleted|removed)|expired)"
    r"|\bnot found\b|page (?:unavailable|missing)"
    r"|(?:页面|网页|文章|内容|信息|文件|頁面|您(?:要|所)?(?:访问|查看|浏览|查找)).{0,20}(?:不存在|找不到|未找到|无法找到|已?被?删除|已下线|已失效|已?过期|無法找到)|无法找到|找不到(?:页面|网页|您)"
    r"|(?:ページ|記事).{0,20}(?:見つかりません|存在しません|削除され|ありません)",
    re.I,
)
_CHALLENGE = re.compile(
    r"just a moment|checking (?:your browser|if the site connection)|verify(?:ing)? (?:that )?you are (?:a )?human|are you (?:a )?(?:robot|human)|captcha"
    r"|enable javascript and cookies|access denied|request (?:was |has been )?blocked|unusual traffic|security (?:check|verification)|ddos protection"
    r"|human verification|please wait while we|slide to verify|complete the (?:check|verification)"
    r"|安全(?:验证|检查|检测)|人机(?:验证|识别)|访问验证|完成验证|滑动(?:验证|滑块)|拖动滑块|访问(?:被拒绝|过于频繁|受限)|浏览器(?:安全)?检查|请稍候|正在(?:验证|检查)|认証|ロボットではありません",
    re.I,
)
_CHALLENGE_SCRIPTS = (
    "/cdn-cgi/challenge-platform", "_Incapsula_Resource", "__jsl_clearance", "acw_sc__v2", "cf-challenge",
    "cf_chl_opt", "_cf_chl", "g-recaptcha", "h-captcha", "aliyun_waf", "safeline", "yunsuo_session", "sucuri_cloudproxy", "datadome", "window['$_ts']",
)  # fmt: skip
_REFRESH = re.compile(r"""^\s*\d+(?:\.\d+)?\s*[;,]\s*url\s*=\s*['"]?([^'"]+)""", re.I)
_SCRIPTED = re.compile(
    r"""(?:window\.|document\.|top\.|self\.)?location(?:\.href)?\s*=\s*['"]([^'"]{1,300})['"]|location\.replace\(\s*['"]([^'"]{1,300})['"]""",
    re.I,
)
_LITTLE = 600
"""Characters outside links. A page that says it is gone, or asks for patience, says little else."""
_SENTENCE = 200
"""Characters of the longest line that says a page is gone."""
_TYPES = re.compile(r"html|xml|text/plain|octet-stream|unknown|^$")
_MAGIC = (
    (b"%PDF-", "PDF"), (b"\x89PNG\r\n", "PNG"), (b"\xff\xd8\xff", "JPEG"), (b"GIF8", "GIF"), (b"PK\x03\x04", "ZIP"),
    (b"RIFF", "RIFF"), (b"\xd0\xcf\x11\xe0", "OLE"), (b"Rar!\x1a", "RAR"), (b"\x00\x00\x00\x18ftyp", "MP4"),
    (b"\x00\x00\x00\x20ftyp", "MP4"), (b"\x00\x00\x01\x00", "ICO"), (b"wOF", "WOFF"),
)  # fmt: skip
_MAGIC_BYTES = tuple(magic for magic, _ in _MAGIC)


def judge_response(capture: Capture, portal: Portal, address: Address | None) -> OtherPage | None:
    """What status, headers and first bytes alone say; None where the content must be asked."""
    status = capture.status
    if status in (404, 410):
        return OtherPage(kind="removed", because=f"status {status}")
    if 300 <= status < 400:
        return _judge_redirect(capture, portal, address)
    content_type = (capture.header("content-type") or "").partition(";")[0].strip().lower()
    if (
        status < 200
        or status == 204
        or (status >= 400 and not (capture.payload and _TYPES.search(content_type)))
    ):
        return OtherPage(kind="unknown", because=f"status {status}")
    if status >= 400:
        return None  # a challenge may come with any of these
    if address is not None and address.kind in ("robots", "sitemap", "feed"):
        if address.kind == "robots":
            return OtherPage(kind="robots", because="address of robots.txt")
        return OtherPage(kind="unknown", because=f"address of a {address.kind}")
    if "html" not in content_type and not _TYPES.search(content_type):
        return OtherPage(kind="asset", because=f"content type {content_type}")
    if capture.payload.startswith(_MAGIC_BYTES):
        name = next(name for magic, name in _MAGIC if capture.payload.startswith(magic))
        return OtherPage(kind="asset", because=f"content is {name}")
    if address is not None and address.kind == "asset" and "html" not in content_type:
        return OtherPage(kind="asset", because="address of a file")
    return None


def _judge_redirect(capture: Capture, portal: Portal, address: Address | None) -> OtherPage:
    location = capture.header("location")
    if not location or capture.status == 304:
        return OtherPage(kind="unknown", because=f"status {capture.status}")
    return _led_to(capture, portal, address, location, f"status {capture.status}")


def _led_to(
    capture: Capture, portal: Portal, address: Address | None, location: str, because: str
) -> OtherPage:
    try:
        target = urljoin(capture.url, location.strip())
    except ValueError:
        return OtherPage(kind="unknown", because=f"{because} to no address")
    to = portal.address(target)
    if to is not None and to.kind == "home" and (address is None or address.kind != "home"):
        return OtherPage(kind="removed", because="redirect to the home page", target=target)
    return OtherPage(kind="redirect", because=because, target=target)


def judge_content(
    capture: Capture, portal: Portal, address: Address | None, document: Document
) -> OtherPage | None:
    """Whether a page without a head line is a challenge, a way elsewhere, or says that it is gone."""
    lines = [item for item in document.items if isinstance(item, Line) and not item.hidden]
    own = [line.text for line in lines if not line.anchors]
    little = sum(map(len, own)) < _LITTLE
    said = [document.window_title, *(text for text in own if len(text) <= _SENTENCE)]
    if little or capture.status >= 400:
        challenge = _challenge(document, said)
        if challenge is not None:
            return challenge
    if capture.status >= 400:
        return OtherPage(kind="unknown", because=f"status {capture.status}")
    named = [
        document.window_title,
        *(line.text for line in lines if line.role in HEADINGS and not line.anchors),
    ]
    for text in said if little else named:
        found = _GONE.search(text)
        if found is not None:
            return OtherPage(kind="removed", because=f"the page says: {found[0].strip()}")
    return _refresh(capture, portal, address, document) if little and len(lines) < _FEW_LINES else None


_FEW_LINES = 10
"""Lines of a page that only leads elsewhere."""


def _challenge(document: Document, said: list[str]) -> OtherPage | None:
    for script in _CHALLENGE_SCRIPTS:
        if script.encode() in document.source:
            return OtherPage(kind="challenge", because=f"challenge script: {script}")
    for text in said:
        found = _CHALLENGE.search(text)
        if found is not None:
            return OtherPage(kind="challenge", because=f"challenge text: {found[0]}")
    return None


def _refresh(
    capture: Capture, portal: Portal, address: Address | None, document: Document
) -> OtherPage | None:
    """A page that a browser leaves at once."""
    for meta in document.root.iter("meta"):
        if (meta.get("http-equiv") or "").strip().lower() == "refresh":
            found = _REFRESH.match(meta.get("content") or "")
            if found is not None:
                return _led_to(capture, portal, address, found[1], "meta refresh")
    if any(isinstance(item, Line) for item in document.items):
        return None
    found = _SCRIPTED.search(document.source.decode("utf-8", "replace"))
    if found is None:
        return None
    return _led_to(capture, portal, address, found[1] or found[2], "script that leads elsewhere")
