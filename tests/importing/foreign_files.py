"""WARC files as other tools write them, byte by byte, with whatever is wrong with them."""

from __future__ import annotations

import base64
import gzip
import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

STORY = "https://www.eguangzhou.gov.cn/2018-12/26/c_321174.htm"
OTHER_STORY = "https://www.eguangzhou.gov.cn/2018-12/27/c_321175.htm"
THIRD_STORY = "https://www.eguangzhou.gov.cn/2018-12/28/c_321176.htm"
HTML = (("Content-Type", "text/html; charset=utf-8"),)


def page(
    text: str = "The first pump house reopened as a reading room.", title: str = "Pump houses reopen"
) -> bytes:
    """An article page of the portal's old dress, in words made up for the tests."""
    return f"""<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{title}</title></head><body>
<div class="pos"><a href="/index.html">Home</a> &gt; <a href="/gzlatest.html">Latest</a></div>
<div class="art_box"><h1>{title}</h1><div class="xinf">eguangzhou.gov.cn | Updated:2018-12-26</div>
<div class="art_cont"><p>{text}</p><p>The brick walls were kept as they had been found.</p></div></div>
</body></html>""".encode()


def http(body: bytes, *, status: str = "200 OK", headers: tuple[tuple[str, str], ...] = HTML) -> bytes:
    """An HTTP answer as it lies in a record."""
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers)
    return f"HTTP/1.1 {status}\r\n{lines}\r\n".encode() + body


def record(
    url: str = STORY,
    block: bytes | None = None,
    *,
    number: int = 1,
    kind: str = "response",
    date: str = "2018-12-30T04:05:06Z",
    length: int | str | None = None,
    content_type: str = "application/http;msgtype=response",
    **fields: str,
) -> bytes:
    """One record, plain; `length` is what it says, not what it has."""
    content = http(page()) if block is None else block
    given: Mapping[str, object] = {
        "WARC-Type": kind,
        "WARC-Target-URI": url,
        "WARC-Date": date,
        "WARC-Record-ID": f"<urn:uuid:00000000-0000-4000-8000-{number:012}>",
        "Content-Type": content_type,
        **{name.replace("_", "-"): value for name, value in fields.items()},
        "Content-Length": len(content) if length is None else length,
    }
    lines = "".join(f"{name}: {value}\r\n" for name, value in given.items())
    return f"WARC/1.0\r\n{lines}\r\n".encode() + content + b"\r\n\r\n"


def three() -> list[bytes]:
    """Three stories, a record each."""
    return [
        record(url, http(page(f"Story number {number}.")), number=number)
        for number, url in enumerate((STORY, OTHER_STORY, THIRD_STORY), start=1)
    ]


def packed(*records: bytes) -> bytes:
    """Each in a gzip member of its own."""
    return b"".join(gzip.compress(one) for one in records)


def sha1(data: bytes) -> str:
    """As WARC files have it."""
    return "sha1:" + base64.b32encode(hashlib.sha1(data, usedforsecurity=False).digest()).decode()
