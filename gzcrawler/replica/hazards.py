"""Bodies that faults serve: a calendar without end, a decompression bomb, a challenge, a wrong charset."""

from __future__ import annotations

import re
import zlib
from datetime import date, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gzcrawler.replica.pages import ReplicaResponse

__all__ = ["CALENDAR", "bomb", "calendar_page", "challenge_page", "with_calendar_link", "wrongly_labelled"]

CALENDAR = "/calendar/"
"""Path prefix of the trap."""
_MONTH = re.compile(r"/calendar/m(\d{4})-(\d\d)(?:_(\d{1,4}))?\.html")


def with_calendar_link(body: bytes) -> bytes:
    """The page with a link to the calendar at the end of its body."""
    return body.replace(b"</body>", b'<a href="/calendar/m2026-01.html">Calendar</a></body>', 1)


def calendar_page(path: str) -> bytes:
    """A month of the calendar, shaped like a list: links to its neighbours, and pages for ever."""
    match = _MONTH.fullmatch(path.partition("?")[0])
    try:
        first = date(int(match[1]), int(match[2]), 1) if match else date(2026, 1, 1)
        after, before = first + timedelta(days=31), first - timedelta(days=1)
    except (ValueError, OverflowError):
        first, after, before = date(2026, 1, 1), date(2026, 2, 1), date(2025, 12, 1)
    page = int(match[3] or 1) if match else 1
    months = (before, after, *(first + timedelta(days=400 * step) for step in (1, 2, 3)))
    items = "\n".join(
        f'<div class="lis_box"><h3><a href="/calendar/m{day:%Y-%m}.html">{day:%B %Y}</a></h3><p>No events.</p></div>'
        for day in months
    )
    return (
        f"<html><head><title>Calendar</title></head><body><h2>{first:%B %Y}</h2>\n{items}\n"
        f'<div class="page_num"><span>{page}</span><a href="/calendar/m{first:%Y-%m}_{page + 1}.html">&gt;</a></div>'
        "</body></html>\n"
    ).encode()


@lru_cache(maxsize=4)
def bomb(size: int) -> bytes:
    """A gzip body that unpacks to about so many bytes of HTML."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    block = b"<p>" + b" " * 65_530 + b"</p>"
    pieces = [packer.compress(b"<html><body>")]
    pieces += [packer.compress(block) for _ in range(size // len(block))]
    return b"".join([*pieces, packer.flush()])


def challenge_page() -> bytes:
    """A page that has no content until a script has run."""
    return (
        b'<!DOCTYPE html><html><head><title>Just a moment...</title><meta charset="utf-8"></head><body>'
        b'<noscript>Please enable JavaScript and cookies to continue.</noscript><div id="challenge-form"></div>'
        b'<script>document.cookie="acw_sc__v2="+(function(a){return a.split("").reverse().join("")})("f00d");'
        b"location.reload();</script></body></html>\n"
    )


def wrongly_labelled(answer: ReplicaResponse, path: str) -> ReplicaResponse:
    """Text in GBK that is said to be UTF-8, or the reverse: which of the two, the address decides."""
    if zlib.crc32(path.encode()) & 1:
        body = answer.body.decode("utf-8").encode("gbk", "xmlcharrefreplace")
        return answer._replace(body=body)
    headers = tuple(
        (key, value.replace("utf-8", "gbk") if key == "Content-Type" else value)
        for key, value in answer.headers
    )
    return answer._replace(headers=headers, body=answer.body.replace(b'charset="utf-8"', b'charset="gbk"'))
