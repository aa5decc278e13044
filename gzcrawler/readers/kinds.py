"""What a capture is, and by which evidence."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from gzcrawler.items import OtherPage

if TYPE_CHECKING:
    from gzcrawler.items import Capture
    from gzcrawler.portals import Address, Portal
    from gzcrawler.readers.landmarks import Landmarks
    from gzcrawler.readers.lines import Document

__all__ = ["judge_content", "judge_response"]

_GONE = re.compile(
    r"\b404\b|\b410\b|(?:page|article|file|content|document)\b.{0,40}(?:not (?:be )?found|no longer|does ?n[o']t exist|(?:been )?(?:removed|deleted))"
    r"|not found|页面不存在|页面未找到|找不到|不存在|已被?删除|已下线|無法找到|見つかりません|存在しません|削除され",
    re.I,
)
_CHALLENGE = re.compile(
    r"just a moment|checking your browser|verify(?:ing)? (?:that )?you are (?:a )?human|are you a robot|captcha|enable javascript and cookies"
    r"|access denied|request blocked|unusual traffic|security check|ddos protection|安全验证|人机验证|访问验证|请完成验证|滑动验证|访问被拒绝|浏览器安全检查",
    re.I,
)
_CHALLENGE_SOURCE = re.compile(
    r"/cdn-cgi/challenge|_Incapsula_|__jsl_clearance|acw_sc__v2|document\.cookie\s*=[^;]{0,300};[\s\S]{0,300}location\.reload",
    re.I,
)
_SMALL = 1_500
"""Characters. A page that says it is gone, or asks for patience, says little else."""


def judge_response(capture: Capture, portal: Portal, address: Address | None) -> OtherPage | None:
    """What status and headers alone say; None where the content must be asked."""
    status = capture.status
    if status in (404, 410):
        return OtherPage(kind="removed", because=f"status {status}")
    if 300 <= status < 400 and status != 304:
        return _judge_redirect(capture, portal, address)
    if address is not None and address.kind == "robots":
        return OtherPage(kind="robots", because="address of robots.txt")
    content_type = (capture.header("content-type") or "").partition(";")[0].strip().lower()
    if address is not None and address.kind == "asset" and content_type != "text/html":
        return OtherPage(kind="asset", because="address of a file")
    if content_type and not re.search(r"html|xml|text/plain|octet-stream|unknown", content_type):
        return OtherPage(kind="asset", because=f"content type {content_type}")
    return None


def _judge_redirect(capture: Capture, portal: Portal, address: Address | None) -> OtherPage:
    location = capture.header("location")
    if not location:
        return OtherPage(kind="unknown", because=f"status {capture.status} without a location")
    try:
        target = urljoin(capture.url, location.strip())
    except ValueError:
        return OtherPage(kind="unknown", because=f"status {capture.status} to no address")
    to = portal.address(target)
    if to is not None and to.kind == "home" and (address is None or address.kind != "home"):
        return OtherPage(kind="removed", because="redirect to the home page", target=target)
    return OtherPage(kind="redirect", because=f"status {capture.status}", target=target)


def judge_content(capture: Capture, document: Document, marks: Landmarks, text: str) -> OtherPage | None:
    """Whether a page is a challenge, or says that what was asked is gone; None for any other."""
    shown = " ".join(item.text for item in document.items[:80] if hasattr(item, "text"))
    whole = f"{document.window_title} {shown}"
    small = len(whole) < _SMALL and not marks.head.raw_date
    found = _CHALLENGE_SOURCE.search(text[:50_000])
    if small and found:
        return OtherPage(kind="challenge", because=f"challenge script: {' '.join(found[0].split())[:60]}")
    found = _CHALLENGE.search(whole)
    if small and found:
        return OtherPage(kind="challenge", because=f"challenge text: {found[0]}")
    if capture.status >= 400:
        return OtherPage(kind="unknown", because=f"status {capture.status}")
    found = _GONE.search(whole)
    if small and found:
        return OtherPage(kind="removed", because=f"the page says: {found[0]}")
    return None
