"""Bodies that faults serve: a calendar without end, a decompression bomb, a challenge."""

from __future__ import annotations

import re
import zlib
from datetime import date, timedelta
from functools import lru_cache

__all__ = ["bomb", "calendar_page", "challenge_page", "with_calendar_link"]


def with_calendar_link(body: bytes) -> bytes:
    """The page with a link to the calendar at the end of its body."""
    return body.replace(b"</body>", b'<a href="/calendar/2026-01.html">Calendar</a></body>', 1)


def calendar_page(path: str) -> bytes:
    """A month of the calendar: links to its neighbours, and to a list for each week, for ever."""
    match = re.fullmatch(r"/calendar/(\d{4})-(\d\d)(?:_(\d{1,4}))?\.html", path.partition("?")[0])
    try:
        first = date(int(match[1]), int(match[2]), 1) if match else date(2026, 1, 1)
        after, before = first + timedelta(days=31), first - timedelta(days=1)
    except (ValueError, OverflowError):
        first, after, before = date(2026, 1, 1), date(2026, 2, 1), date(2025, 12, 1)
    page = int(match[3] or 1) if match else 1
    links = [f"/calendar/{day:%Y-%m}.html" for day in (before, after)]
    links += [f"/calendar/{first:%Y-%m}_{page + step}.html" for step in (1, 2, 3, 4)]
    items = "".join(f'<li><a href="{link}">{link}</a></li>' for link in links)
    return f"<html><head><title>Calendar</title></head><body><h1>{first:%B %Y}</h1><ul>{items}</ul></body></html>".encode()


@lru_cache(maxsize=4)
def bomb(size: int) -> bytes:
    """A gzip body that unpacks to so many bytes of HTML."""
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
