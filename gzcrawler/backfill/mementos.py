"""What a web archive hands out for a memento, made into a capture, or the reason why it is none.

Which payload is the one that was received years ago is told by the digest of the index: replay may have undone its
content encoding, or put one of its own around it.
"""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urljoin

from gzcrawler.backfill.web_archive import in_plain_words
from gzcrawler.errors import ReadingError
from gzcrawler.items import Capture
from gzcrawler.readers.decoding import undo_content_encoding

if TYPE_CHECKING:
    from datetime import datetime

    from gzcrawler.archive.mementos import Memento
    from gzcrawler.backfill.web_archive import WebArchive
    from gzcrawler.portals import Portal

__all__ = ["Answer", "Refusal", "Replayed", "as_capture", "leads_on", "read_answer"]

_ORIGINAL = "x-archive-orig-"
"""Before the names of the headers that the site itself had sent, at the Wayback Machine."""
_OF_REPLAY = frozenset(
    {
        "memento-datetime",
        "link",
        "content-location",
        "preference-applied",
        "vary",
        "connection",
        "keep-alive",
        "transfer-encoding",
        "server-timing",
    }
)
"""What replay adds, where it marks none: the site's own are not told from these."""
_UNMARKED = ("content-type", "content-language", "content-disposition")
"""What replay leaves unmarked among marked ones since browsers need it. So it does with cookies and lengths, but those
may be its own."""
_LINK_TO_ORIGINAL = re.compile(r"""<([^<>]+)>\s*;[^<>]*?\brel=["']?original\b""")
_FOLD = re.compile(r"\s*[\r\n]\s*")
"""Where a header went on on the next line."""
_PIECE = 1 << 16


@dataclass(frozen=True, slots=True)
class Answer:
    """What came for one memento."""

    status: int
    reason: str | None
    headers: tuple[tuple[str, str], ...]
    payload: bytes
    """As it came: content encoding kept."""
    cut: bool
    """It was longer than the map allows."""

    def header(self, name: str) -> str | None:
        """First value of a header, by its name in lower case."""
        return next((value for key, value in self.headers if key.lower() == name), None)


@dataclass(frozen=True, slots=True)
class Refusal:
    """The web archive does not have it, does not give it, or gives something else."""

    because: str


@dataclass(frozen=True, slots=True)
class Replayed:
    """The memento that was asked for."""

    capture: Capture
    doubt: str | None
    """What is odd about it: the payload is not the one that the index speaks of."""


def read_answer(response: Any, *, max_bytes: int) -> Answer:
    """Read an answer as it comes from the wire, up to so many bytes."""
    pieces, size = [], 0
    for piece in response.raw.stream(_PIECE, decode_content=False):
        pieces.append(piece)
        size += len(piece)
        if size > max_bytes:
            break
    return Answer(
        status=response.status_code,
        reason=response.reason or None,
        headers=tuple(
            (str(name), _FOLD.sub(" ", str(value))) for name, value in response.raw.headers.items()
        ),
        payload=b"".join(pieces)[:max_bytes],
        cut=size > max_bytes,
    )


def leads_on(
    answer: Answer, memento: Memento, asked: str, web_archive: WebArchive, portal: Portal
) -> str | None:
    """Where the same memento is, if replay spells its address another way; None where this is an answer."""
    if not 300 <= answer.status < 400 or answer.header("memento-datetime"):
        return None
    target = urljoin(asked, answer.header("location") or "")
    there = web_archive.memento_of(target)
    if there is None or there[1] != memento.captured_at or target == asked:
        return None
    address = portal.address(there[0])
    same_page = address is not None and address.canonical_url == memento.canonical_url
    return web_archive.memento_url(*there) if same_page else None


def as_capture(
    answer: Answer, memento: Memento, asked: str, web_archive: WebArchive, portal: Portal
) -> Replayed | Refusal:
    """The capture that the web archive made then, or why what came is not it.

    Args:
        answer: what came.
        memento: what was asked for.
        asked: address at which it was asked; the capture's `original_id`.
        web_archive: whom.
        portal: whose page it is.
    """
    refusal = _refusal(answer, memento, asked, web_archive, portal)
    if refusal is not None:
        return Refusal(refusal)
    payload, encoded, doubt = _payload(answer, memento)
    truncated: Literal["length"] | None = "length" if answer.cut else None
    return Replayed(
        Capture(
            url=memento.url,
            captured_at=memento.captured_at,
            status=answer.status,
            reason=answer.reason,
            payload=payload,
            response_headers=_headers(answer, encoded=encoded),
            truncated=truncated,
            via="wayback",
            original_id=asked,
        ),
        doubt,
    )


def _refusal(
    answer: Answer, memento: Memento, asked: str, web_archive: WebArchive, portal: Portal
) -> str | None:
    moment = _moment(answer.header("memento-datetime"))
    if moment is None:
        if 300 <= answer.status < 400:
            there = web_archive.memento_of(urljoin(asked, answer.header("location") or ""))
            if there is not None:
                return f"replay leads on to a memento of {there[1]:%Y-%m-%d %H:%M:%S}"
        text = answer.payload[:4_000].decode("utf-8", "replace")
        if "AccessControlException" in text or "has been excluded" in text:
            return "the web archive does not show this page"
        return f"no memento came (status {answer.status})"
    if moment != memento.captured_at:
        return f"the memento of {moment:%Y-%m-%d %H:%M:%S} came instead"
    original = _original(answer.header("link"))
    if original is not None:
        address = portal.address(original)
        if address is None or address.canonical_url != memento.canonical_url:
            return f"a memento of {in_plain_words(original)} came instead"
    if answer.status != HTTPStatus.OK:
        return f"shows no page (status {answer.status})"
    return None


def _payload(answer: Answer, memento: Memento) -> tuple[bytes, bool, str | None]:
    """The payload, whether it is encoded as the answer's header says, and what is odd about it."""
    encoding = answer.header("content-encoding")
    if not memento.digest or answer.cut or _sha1(answer.payload) == memento.digest:
        return answer.payload, True, None
    if encoding:
        try:
            plain = undo_content_encoding(answer.payload, encoding, url=memento.url)
        except ReadingError:
            plain = b""
        if _sha1(plain) == memento.digest:
            return plain, False, None
    return (
        answer.payload,
        True,
        f"the payload is sha1:{_sha1(answer.payload)}, not sha1:{memento.digest} as listed",
    )


def _headers(answer: Answer, *, encoded: bool) -> tuple[tuple[str, str], ...]:
    """The site's own headers; the content encoding is that of the payload which is kept."""
    marked = [
        (name[len(_ORIGINAL) :], value)
        for name, value in answer.headers
        if name.lower().startswith(_ORIGINAL)
    ]
    if marked:
        known = {name.lower() for name, _ in marked}
        found = marked + [
            (name, value)
            for name, value in answer.headers
            if name.lower() in _UNMARKED and name.lower() not in known
        ]
    else:
        found = [
            (name, value)
            for name, value in answer.headers
            if name.lower() not in _OF_REPLAY and not name.lower().startswith("x-archive-")
        ]
    found = [(name, value) for name, value in found if name.lower() != "content-encoding"]
    encoding = answer.header("content-encoding")
    if encoding and encoded:
        found.append(("Content-Encoding", encoding))
    return tuple(found)


def _moment(text: str | None) -> datetime | None:
    try:
        return parsedate_to_datetime(text) if text else None
    except ValueError:
        return None


def _original(link: str | None) -> str | None:
    """Address that a Link header calls the original."""
    found = _LINK_TO_ORIGINAL.search(link or "")
    return found[1] if found else None


def _sha1(data: bytes) -> str:
    # What the indexes of web archives compare; nothing of ours relies on it.
    return base64.b32encode(hashlib.sha1(data, usedforsecurity=False).digest()).decode()
