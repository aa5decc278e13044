"""WARC files as another crawler would have written them of a replica: for the benchmarks of `import`."""

from __future__ import annotations

import base64
import hashlib
import uuid
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from isal import isal_zlib

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gzcrawler.replica import Replica

__all__ = ["exchanges", "write_files"]

_BEGAN = datetime(2019, 3, 1, tzinfo=UTC)
_GZIP_WINDOW = 31


def exchanges(
    replica: Replica, captures: int
) -> Iterator[tuple[str, datetime, int, list[tuple[str, str]], bytes]]:
    """Address, moment, status, headers and body: articles, one each, then lists again and again, each time in new bytes."""
    pages = [urls[0] for _, urls in replica.addresses()]
    lists = [address.url for address in replica.portal.seeds()]
    for number in range(captures):
        url = pages[number] if number < len(pages) else lists[number % len(lists)]
        parts = urlsplit(url)
        answer = replica.page(parts.netloc, parts.path)
        moment = _BEGAN + timedelta(seconds=number)
        yield url, moment, answer.status, list(answer.headers), answer.body + b"<!-- %d -->" % number


def write_files(folder: Path, replica: Replica, captures: int, files: int, *, every: int = 0) -> list[Path]:
    """Write the files; returns their paths.

    Args:
        folder: takes them.
        replica: whose pages.
        captures: responses in all, each with its request.
        files: how many they are spread over.
        every: after so many responses, a revisit of the first one; 0 is none.
    """
    paths = [folder / f"foreign-{number:02}.warc.gz" for number in range(files)]
    opened = [path.open("wb") for path in paths]
    first = None
    for number, (url, moment, status, headers, body) in enumerate(exchanges(replica, captures)):
        file = opened[number * files // captures]
        first = first or (url, moment)
        head = "".join(f"{name}: {value}\r\n" for name, value in headers).encode()
        block = b"HTTP/1.1 %d OK\r\n%s\r\n%s" % (status, head, body)
        digest = {"WARC-Payload-Digest": _sha1(body), "WARC-Block-Digest": _sha1(block)}
        file.write(_member("request", url, moment, b"GET / HTTP/1.1\r\n\r\n", {}))
        file.write(_member("response", url, moment, block, digest))
        if every and number % every == every - 1:
            again = moment + timedelta(days=30)
            repeated = {
                "WARC-Profile": "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest",
                "WARC-Refers-To-Target-URI": first[0],
                "WARC-Refers-To-Date": _date(first[1]),
            }
            file.write(_member("revisit", first[0], again, b"HTTP/1.1 200 OK\r\n%s\r\n" % head, repeated))
    for file in opened:
        file.close()
    return paths


def _member(kind: str, url: str, moment: datetime, block: bytes, fields: dict[str, str]) -> bytes:
    name = uuid.uuid5(uuid.NAMESPACE_URL, f"{kind} {url} {moment}")
    lines = [
        f"WARC/1.1\r\nWARC-Type: {kind}\r\nWARC-Record-ID: <urn:uuid:{name}>\r\nWARC-Target-URI: {url}\r\n"
    ]
    lines += [f"WARC-Date: {_date(moment)}\r\nContent-Type: application/http;msgtype={kind}\r\n"]
    lines += [f"{field}: {value}\r\n" for field, value in fields.items()]
    record = f"{''.join(lines)}Content-Length: {len(block)}\r\n\r\n".encode() + block + b"\r\n\r\n"
    packed: bytes = isal_zlib.compress(record, 2, _GZIP_WINDOW)
    return packed


def _date(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def _sha1(data: bytes) -> str:
    return "sha1:" + base64.b32encode(hashlib.sha1(data, usedforsecurity=False).digest()).decode()
