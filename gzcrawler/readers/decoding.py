"""From the bytes of a capture to its markup in UTF-8: content encoding undone, charset found by what the bytes are."""

from __future__ import annotations

import codecs
import re
import sys
import zlib
from typing import TYPE_CHECKING

import brotli  # type: ignore[import-untyped]  # ships no types

from gzcrawler.errors import PageTooLargeError, UndecodableError

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

if TYPE_CHECKING:
    from collections.abc import Callable

    from gzcrawler.items import Capture

    Feed = Callable[[bytes, int], bytes]
    """Takes the next input and the room left, in bytes; gives what it decodes to."""

__all__ = ["MAX_BYTES", "decode_capture", "decode_text", "undo_content_encoding"]

MAX_BYTES = 20_000_000
"""Largest decoded payload that is read. The largest pages seen are below 1 MB; a bomb is far above."""

_SALVAGE_STEP = 512
"""Bytes fed at a time to a stream known to be broken: what is lost before the fault is less."""

_MAX_ENCODINGS = 4
"""Encodings applied one over another; servers use one, proxies sometimes add a second."""

_TOLERATED = 0.2
"""Share of unreadable characters among those beyond ASCII above which bytes are no text in a charset.
A page cut off within a character, or with one pasted line of another charset, is far below."""

_DECLARED = re.compile(
    rb"""<(?:meta|\?xml)[^>]{0,200}?(?:charset|encoding)\s*=\s*["']?\s*([\w:.-]{2,40})""", re.I
)
_HEADER_CHARSET = re.compile(r"""charset\s*=\s*["']?\s*([\w:.-]{2,40})""", re.I)
_GB = frozenset({"gb2312", "gbk", "gb18030"})
_LATIN = frozenset({"iso8859-1", "cp1252", "iso8859-15"})
_LONG_SEQUENCE = re.compile(rb"[\xe0-\xf4][\x80-\xbf]{2}")
_GB_COMMON = re.compile(rb"(?:[\xa1-\xa3\xb0-\xd7][\xa1-\xfe]){2,}")
_GB_PAIRS = re.compile(rb"(?:[\xa1-\xa9\xb0-\xf7][\xa1-\xfe])+")
"""A lone dash or quotation mark of an English page in GBK is one pair; Latin letters mostly come singly."""
_HIGH = re.compile(rb"[\x80-\xff]+")
_BINARY = re.compile(rb"[\x00-\x08\x0e-\x1a]")
_BAD = re.compile("[\ufffd\ue000-\uf8ff]")
_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]")
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


def decode_capture(capture: Capture) -> bytes:
    """The page's markup in UTF-8.

    Raises:
        PageTooLargeError: more than `MAX_BYTES`, before or after decoding.
        UndecodableError: a broken content encoding, or bytes that are text in no charset.
    """
    data = undo_content_encoding(capture.payload, capture.header("content-encoding"), url=capture.url)
    return decode_text(data, content_type=capture.header("content-type"), url=capture.url)


def undo_content_encoding(payload: bytes, encodings: str | None, *, url: str) -> bytes:
    """Payload without its content encodings (gzip, deflate, br, zstd), as far as its bytes reach.

    A stream that breaks off gives what came before; gzip that does not begin as gzip is taken as
    already decoded (caches keep the header over such bodies).

    Raises:
        PageTooLargeError: the result would exceed `MAX_BYTES`.
        UndecodableError: not one byte could be decoded, or the encoding is not known.
    """
    names = [name.strip().lower() for name in (encodings or "").split(",")]
    names = [name for name in names if name and name != "identity"]
    if len(names) > _MAX_ENCODINGS:
        raise UndecodableError(f"{url}: {len(names)} content encodings, one over another")
    for name in reversed(names):
        payload = _undo_one(payload, name, url)
    if len(payload) > MAX_BYTES:
        raise PageTooLargeError(f"{url}: {len(payload)} bytes; pages are read up to {MAX_BYTES}")
    return payload


def _undo_one(payload: bytes, name: str, url: str) -> bytes:
    opener = _opener(payload, name)
    if opener is None:
        raise UndecodableError(f"{url}: content encoding {name!r} is not known")
    if not payload or (name.endswith("gzip") and not payload.startswith(b"\x1f\x8b")):
        return payload
    try:
        decoded = opener()(payload, MAX_BYTES + 1)
    except (zlib.error, brotli.error, zstd.ZstdError) as fault:
        decoded = _salvage(payload, opener())
        if not decoded:
            raise UndecodableError(f"{url}: broken {name} encoding: {fault}") from fault
    if len(decoded) > MAX_BYTES:
        raise PageTooLargeError(f"{url}: decodes from {len(payload)} to more than {MAX_BYTES} bytes")
    return decoded


def _opener(payload: bytes, name: str) -> Callable[[], Feed] | None:
    if name in {"gzip", "x-gzip"}:
        return _gzip
    if name == "deflate":
        # Servers send both what the standard says (zlib) and bare deflate.
        zlib_header = len(payload) > 1 and payload[0] & 15 == 8 and int.from_bytes(payload[:2]) % 31 == 0
        return lambda: zlib.decompressobj(15 if zlib_header else -15).decompress
    if name == "br":
        return _brotli
    if name == "zstd":
        return lambda: zstd.ZstdDecompressor().decompress
    return None


def _brotli() -> Feed:
    stream = brotli.Decompressor()
    return lambda data, room: bytes(stream.process(data, output_buffer_limit=room))


def _gzip() -> Feed:
    """Decoder of one gzip member after another."""
    stream = zlib.decompressobj(31)

    def feed(data: bytes, room: int) -> bytes:
        nonlocal stream
        whole = stream.decompress(data, room)
        while stream.unused_data.startswith(b"\x1f\x8b") and len(whole) < room:
            rest = stream.unused_data
            stream = zlib.decompressobj(31)
            whole += stream.decompress(rest, room - len(whole))
        return whole

    return feed


def _salvage(payload: bytes, feed: Feed) -> bytes:
    """What a broken stream gives before its fault."""
    whole = b""
    try:
        for start in range(0, len(payload), _SALVAGE_STEP):
            whole += feed(payload[start : start + _SALVAGE_STEP], MAX_BYTES + 1 - len(whole))
            if len(whole) > MAX_BYTES:
                break
    except (zlib.error, brotli.error, zstd.ZstdError):
        return whole
    return whole


def decode_text(data: bytes, *, content_type: str | None = None, url: str) -> bytes:
    """The page in UTF-8, by what its bytes are; what header and meta declare only breaks ties.

    NULs are dropped; bytes that fit nowhere (a character cut in half) become U+FFFD.

    Raises:
        UndecodableError: bytes that are text in no charset of the portals.
    """
    if data.isascii() and b"\x1b" not in data:
        return data.replace(b"\0", b"") if b"\0" in data else data
    codec = None
    for mark, marked in _BOMS:
        if data.startswith(mark):
            data, codec = data[len(mark) :], marked
            break
    else:
        if (b"\x1b" in data and b"\x1b$" in data) or (
            _may_be_chinese(data, content_type) and not _LONG_SEQUENCE.search(data)
        ):
            # Short GBK texts can be valid UTF-8, always as two-byte sequences; ISO 2022 is all ASCII.
            declared = next((name for name in _declared_codecs(data, content_type) if name != "utf-8"), "")
            codec = declared if declared == "gb18030" or declared.startswith("iso2022") else None
    if codec is not None:
        text = data.decode(codec, "replace")
    else:
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError:
            text = _best_reading(data, _declared_codecs(data, content_type), url)
        else:
            return data.replace(b"\0", b"") if b"\0" in data else data
    return text.replace("\0", "").encode("utf-8", "replace")


def _may_be_chinese(data: bytes, content_type: str | None) -> bool:
    """Whether header or head speak of GB charsets; asked first, since it is far cheaper than the text."""
    return "gb" in (content_type or "").lower() or b"gb" in data[:4096].lower()


def _declared_codecs(data: bytes, content_type: str | None) -> list[str]:
    names = _HEADER_CHARSET.findall(content_type or "")
    names += [name.decode("ascii", "replace") for name in _DECLARED.findall(data[:8192])]
    codecs_found = []
    for name in names:
        try:
            codec = codecs.lookup(name).name
        except (LookupError, ValueError):
            continue
        codecs_found.append("gb18030" if codec in _GB else codec)
    return [codec for codec in dict.fromkeys(codecs_found) if codec not in {"ascii", "utf-7"}]


def _best_reading(data: bytes, declared: list[str], url: str) -> str:
    """The reading with the fewest unreadable characters; the declared charsets win ties."""
    if len(_BINARY.findall(data[:65536])) > len(data[:65536]) // 20:
        raise UndecodableError(f"{url}: binary data, not a page")
    high = _HIGH.findall(data)
    half = sum(map(len, high)) // 2
    chinese = (
        sum(map(len, _GB_COMMON.findall(data))) > half
        or sum(len(run) for run in high if _GB_PAIRS.fullmatch(run)) > half
    )
    candidates = [codec for codec in declared if not (codec in _LATIN and chinese)]
    candidates += [codec for codec in ("utf-8", "gb18030") if codec not in candidates]
    if not chinese:
        candidates += [codec for codec in ("cp1252",) if codec not in candidates]
    readings = []
    for rank, codec in enumerate(candidates):
        try:
            text = data.decode(codec, "replace")
        except (LookupError, ValueError, TypeError, AssertionError):
            continue  # codecs that are not for text (base64, rot13, punycode) can be declared too
        beyond = len(_BEYOND_ASCII.findall(text)) or 1
        bad = len(_BAD.findall(text)) / beyond
        if codec == "gb18030" and not chinese:
            bad += _TOLERATED / 2
        readings.append((bad, rank, text))
    bad, _, text = min(readings)
    if bad > _TOLERATED:
        raise UndecodableError(f"{url}: text in none of {', '.join(candidates)}")
    return text
