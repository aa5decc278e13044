"""Addresses that a site lists for machines: sitemaps, feeds, and the sitemaps that robots.txt names."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from lxml import etree

from gzcrawler.errors import PageTooLargeError, UndecodableError
from gzcrawler.readers.decoding import undo_content_encoding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gzcrawler.items import Capture
    from gzcrawler.portals.model import AddressKind

__all__ = ["listed_addresses"]

_MOST = 50_000
"""Addresses that are taken of one file: as many as the sitemap protocol allows."""
_SITEMAP_LINE = re.compile(r"^[ \t]*sitemap[ \t]*:[ \t]*(\S+)", re.IGNORECASE | re.MULTILINE)
_GZIP = b"\x1f\x8b"


def listed_addresses(capture: Capture, kind: AddressKind) -> tuple[str, ...]:
    """Absolute addresses that a robots.txt, sitemap or feed lists, each once; none where it cannot be read.

    Args:
        capture: what came; a sitemap may be gzip of its own (``sitemap.xml.gz``).
        kind: ``robots``, ``sitemap`` or ``feed``, by the address.
    """
    try:
        payload = undo_content_encoding(capture.payload, capture.header("content-encoding"), url=capture.url)
        if payload.startswith(_GZIP):
            payload = undo_content_encoding(payload, "gzip", url=capture.url)
    except (UndecodableError, PageTooLargeError):
        return ()
    found = dict.fromkeys(
        absolute for link in _links(payload, kind) if (absolute := _absolute(capture.url, link)) is not None
    )
    return tuple(found)[:_MOST]


def _links(payload: bytes, kind: AddressKind) -> Iterator[str]:
    if kind == "robots":
        yield from _SITEMAP_LINE.findall(payload.decode("utf-8", "replace"))
    elif payload.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        yield from _xml_links(payload)
    elif kind == "sitemap":
        yield from payload.decode("utf-8", "replace").split()


def _xml_links(payload: bytes) -> Iterator[str]:
    """``loc`` of sitemaps, ``link`` of RSS, and of Atom that of the entry itself."""
    parser = etree.XMLParser(recover=True, resolve_entities=False, no_network=True)
    root = etree.fromstring(payload, parser)
    if root is None:
        return
    for element in root.iter(etree.Element):
        name = etree.QName(element).localname
        if name == "loc" or (name == "link" and element.text and element.text.strip()):
            yield (element.text or "").strip()
        elif name == "link" and element.get("rel", "alternate") == "alternate":
            yield element.get("href", "")


def _absolute(base: str, link: str) -> str | None:
    try:
        return urljoin(base, link) if link else None
    except ValueError:
        return None
