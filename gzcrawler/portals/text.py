"""Address text: resolving a link and bringing its pieces to one spelling, whatever the portal."""

from __future__ import annotations

import re
from typing import NamedTuple

__all__ = ["Pieces", "normal_path", "normal_query", "resolve", "split_address", "without_junk"]

_EDGES = (
    "".join(map(chr, range(0x21))) + "\x7f\u00a0\u2000\u2001\u2002\u2003\u200b\u200c\u200d\u2060\u3000\ufeff"
)
_INSIDE = re.compile(r"[\t\n\r]")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.\-]*):")
_HTTP = re.compile(r"(https?):[/\\]{2}([^/\\?#]*)([^?#]*)(\?[^#]*)?", re.IGNORECASE | re.DOTALL)
_AUTHORITY = re.compile(r"([a-z0-9._\-]+?)\.?(?::([0-9]{0,5}))?", re.IGNORECASE)
_PLAIN_PATH = re.compile(r"(?:/(?!\.{1,2}(?:/|\Z))[A-Za-z0-9._~\-]+)*/?")
_PATH_ODD = re.compile(r"%([0-9A-Fa-f]{2})|([^A-Za-z0-9\-._~!$&'()*+,;=:@/])")
_QUERY_ODD = re.compile(r"%([0-9A-Fa-f]{2})|([^A-Za-z0-9\-._~!$&()*+,;=:@/?])")
_SLASHES = re.compile(r"/{2,}")
_UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_HIDDEN_STEP = re.compile(r"%(?:2F|5C|00)")
_AFTER_PAGE = re.compile(r"(\.s?html?)(?:/*[^A-Za-z0-9/._~\-].*|[./]+)\Z", re.IGNORECASE)
# Punctuation, blanks, quotes and brackets of prose that a link swallowed, plain and encoded
# (%C2%A0, %E3%80%xx and %EF%BC/BD/BB%xx are NBSP, CJK and full-width marks; %E2%80%xx curly quotes and dashes).
_AT_END = re.compile(
    r"(?:[,;:!'()*&$=]|%(?:0[0-9A-D]|20|22|3[C-F]|5B|5D|60|7[BCD]|23|2[1-9A-C]|C2%A0)"
    r"|%E2%80%[0-9A-F]{2}|%E3%80%[0-9A-F]{2}|%EF%B[BCD]%[0-9A-F]{2})+\Z"
)


class Pieces(NamedTuple):
    """An http address in pieces; the path and query as written."""

    scheme: str
    host: str
    """Lower case; with the port where it is not the scheme's own."""
    path: str
    query: str
    """Without the question mark."""


def resolve(url: str, base: str | None) -> str | None:
    """The absolute http address that a link means, or None where it means none.

    Fragments are dropped; dot segments and spelling stay as they are for `normal_path`.
    """
    url = url.strip(_EDGES)
    if "\n" in url or "\t" in url or "\r" in url:
        url = _INSIDE.sub("", url)
    if url[:8] == "https://" or url[:7] == "http://":
        return url
    scheme = _SCHEME.match(url)
    if scheme:
        return url if scheme[1].lower() in ("http", "https") else None
    if base is None:
        return None
    found = _HTTP.match(base.strip(_EDGES))
    if found is None:
        return None
    origin = f"{found[1]}://{found[2]}"
    first = url[:1]
    if first in ("/", "\\"):
        return f"{found[1]}:{url}" if url[1:2] in ("/", "\\") else origin + url
    path = found[3].replace("\\", "/") or "/"
    if first == "?":
        return origin + path + url
    if first in ("", "#"):
        return origin + path + (found[4] or "")
    return origin + path[: path.rfind("/") + 1] + url


def split_address(url: str) -> Pieces | None:
    """Pieces of an absolute http address; None where its authority is not a plain host name."""
    found = _HTTP.match(url)
    if found is None:
        return None
    scheme, authority, path, query = found.groups()
    scheme = scheme.lower()
    plain = _AUTHORITY.fullmatch(authority)
    if plain is None:
        return None
    host, port = plain.groups()
    host = host.lower()
    if port and int(port) != (443 if scheme == "https" else 80):
        host = f"{host}:{int(port)}"
    return Pieces(scheme, host, path, query[1:] if query else "")


def normal_path(path: str) -> str | None:
    """A path in its one spelling; None where an encoded slash hides a step.

    Percent-encoding is brought to RFC 3986's normal form in one pass (never decoded twice), slashes
    to one each, dot segments away.
    """
    if _PLAIN_PATH.fullmatch(path):
        return path or "/"
    path = _PATH_ODD.sub(_respell, path.replace("\\", "/"))
    if "%" in path and _HIDDEN_STEP.search(path):
        return None
    path = _SLASHES.sub("/", path)
    steps: list[str] = []
    pieces = path.split("/")
    for piece in pieces[1:] if path.startswith("/") else pieces:
        if piece == "..":
            if steps:
                steps.pop()
        elif piece != ".":
            steps.append(piece)
    if pieces[-1] in (".", "..") and steps and steps[-1] != "":
        steps.append("")
    return "/" + "/".join(steps)


def normal_query(query: str, tracking: re.Pattern[str]) -> str:
    """A query without its tracking parameters and empty pieces, in one spelling, its order kept."""
    kept = (_QUERY_ODD.sub(_respell, piece) for piece in query.split("&"))
    return "&".join(p for p in kept if p and not tracking.fullmatch(p.partition("=")[0]))


def without_junk(path: str) -> str:
    """A normal path without what sloppy links leave at its end: ``.htm&foo``, ``.htm/``, ``%20``, ``,``."""
    path = _AFTER_PAGE.sub(r"\1", path)
    end = _AT_END.search(path)
    return path[: end.start()] if end else path


def _respell(match: re.Match[str]) -> str:
    code, odd = match.groups()
    if code is not None:
        byte = int(code, 16)
        return chr(byte) if byte in _UNRESERVED else f"%{byte:02X}"
    return "".join(f"%{byte:02X}" for byte in odd.encode("utf-8", "surrogatepass"))
