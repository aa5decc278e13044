"""Lines of a CDX server's answer: what each says of a capture. Pure.

Two forms are in use where none is asked for: seven fields between blanks (Wayback Machine, OpenWayback), and a key, a
timestamp and JSON (pywb). Asked for fields by name, pywb gives those that it calls by that name, and drops the others.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from gzcrawler.archive.mementos import Listed
from gzcrawler.archive.pages import is_wanted
from gzcrawler.backfill.web_archive import parse_timestamp

if TYPE_CHECKING:
    from gzcrawler.portals import Portal

__all__ = ["read_line"]

_FIELDS = ("urlkey", "timestamp", "original", "mimetype", "statuscode", "digest", "length")

_DEFAULT_PORT = re.compile(r"(?<=^http://)([^/:]+):80(?=/|$)|(?<=^https://)([^/:]+):443(?=/|$)")
_DIGEST = re.compile(r"[A-Z2-7]{32}")


def read_line(line: str, portal: Portal) -> Listed | None:
    """What a line says of a page of the portal; None where it is about another page.

    Raises:
        ValueError: it is no line of an index.
    """
    fields = _fields(line)
    timestamp, url = fields.get("timestamp", ""), fields.get("original") or fields.get("url") or ""
    captured_at = parse_timestamp(timestamp)
    if captured_at is None or "://" not in url:
        raise ValueError(f"no line of an index: {line[:200]!r}")
    url = _DEFAULT_PORT.sub(lambda match: match[1] or match[2], url)
    address = portal.address(url)
    if address is None or not is_wanted(portal, address):
        return None
    if not (url.isascii() and url.isprintable()):
        url = address.url  # an address goes into requests and into headers of WARC records
    media_type = fields.get("mimetype") or fields.get("mime") or "-"
    digest = (fields.get("digest") or "").removeprefix("sha1:").upper()
    return Listed(
        url=url,
        canonical_url=address.canonical_url,
        page_kind=address.kind,
        host=address.host,
        captured_at=captured_at,
        status=_number(fields.get("statuscode") or fields.get("status")),
        media_type=None if media_type == "-" else media_type,
        digest=digest if _DIGEST.fullmatch(digest) else "",
        length=_number(fields.get("length")),
    )


def _fields(line: str) -> dict[str, str]:
    pieces = line.split(" ", 2)
    if len(pieces) == 3 and pieces[2].startswith("{"):
        found = json.loads(pieces[2])
        return {"timestamp": pieces[1]} | {name: str(value) for name, value in found.items()}
    return dict(zip(_FIELDS, line.split(" "), strict=False))


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 16 else None
