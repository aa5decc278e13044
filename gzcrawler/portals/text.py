"""Address text: resolving a link and bringing its pieces to one spelling, whatever the portal."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

__all__ = ["normal_origin", "normal_path", "normal_query", "resolve", "split_address"]

# What links carry around them: C0 controls, blanks of all widths, zero-width marks, DEL.
_EDGES = (
    "".join(map(chr, range(0x21))) + "\x7f\u00a0\u2000\u2001\u2002\u2003\u200b\u200c\u200d\u2060\u3000\ufeff"
)
_INSIDE = re.compile(r"[\t\n\r]")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.\-]*):")
_HTTP = re.compile(r"([Hh][Tt][Tt][Pp][Ss]?:[/\\]{2}[^/\\?#]*)([^?#]*)(?:\?([^#]*))?")
_ORIGIN = re.compile(r"(https?):[/\\]{2}([a-z0-9._\-]*[a-z0-9_\-])\.?(?::([0-9]{0,5}))?")
_PLAIN = re.compile(r"(?:/[A-Za-z0-9._~\-]+)*/?")
_PATH_ODD = re.compile(r"%([0-9A-Fa-f]{2})|([^A-Za-z0-9\-._~!$&'()*+,;=:@/])")
_QUERY_ODD = re.compile(r"%([0-9A-Fa-f]{2})|([^A-Za-z0-9\-._~!$&()*+,;=:@/?])")
_SLASHES = re.compile(r"/{2,}")
_UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_HIDDEN_STEP = re.compile(r"%(?:2F|5C|00)")
_AFTER_PAGE = re.compile(r"(\.s?html?)(?:[/.]*[^A-Za-z0-9/._~\-].*|\.*/*)\Z", re.IGNORECASE)
_AFTER_ALL = ",;:!'()*&$="
# Blanks, quotes, brackets, the delimiters of an address, NBSP, curly quotes, CJK and full-width marks.
_CODE_AT_END = re.compile(
    r"(?:%(?:0[0-9A-D]|2[0-9A-C]|3[A-F]|5B|5D|60|7[BCD]|C2%A0)"
    r"|%E2%80%[0-9A-F]{2}|%E3%80%[0-9A-F]{2}|%EF%B[BCD]%[0-9A-F]{2})\Z"
)


def resolve(url: str, base: str | None, scheme: str = "https") -> str | None:
    """The absolute http address that a link means, or None where it means none.

    Its spelling and dot segments stay as they are. `scheme` is that of ``//host`` without a base.
    """
    url = url.strip(_EDGES)
    if "\n" in url or "\t" in url or "\r" in url:
        url = _INSIDE.sub("", url)
    if url.startswith(("https://", "http://")):
        return url
    named = _SCHEME.match(url)
    if named:
        return url if named[1].lower() in ("http", "https") else None
    from_root, from_scheme = url[:1] in ("/", "\\"), url[1:2] in ("/", "\\")
    if base is None:
        return f"{scheme}:{url}" if from_root and from_scheme else None
    place = _place(base)
    if place is None:
        return None
    if from_root:
        return place.scheme + url if from_scheme else place.origin + url
    if url[:1] == "?":
        return place.page + url
    return place.address if url[:1] in ("", "#") else place.folder + url


class _Place(NamedTuple):
    """What links of one page start from."""

    scheme: str
    """With its colon."""
    origin: str
    folder: str
    """Up to the last slash of the path."""
    page: str
    """Without query."""
    address: str


@lru_cache(maxsize=256)  # links of one page are asked for together, and a crawl reads few pages at once
def _place(base: str) -> _Place | None:
    found = _HTTP.match(base.strip(_EDGES))
    if found is None:
        return None
    origin, path, query = found.groups()
    page = origin + (path.replace("\\", "/") or "/")
    address = page + (f"?{query}" if query else "")
    return _Place(origin[: origin.index(":") + 1], origin, page[: page.rfind("/") + 1], page, address)


def split_address(url: str) -> tuple[str, str, str] | None:
    """Origin, path and query of an absolute http address, as written; the fragment is dropped."""
    found = _HTTP.match(url)
    return None if found is None else (found[1], found[2], found[3] or "")


def normal_origin(origin: str) -> tuple[str, str] | None:
    """Scheme and host of an origin; None where it is not a plain name (userinfo, IPv6, other alphabets).

    The host is in lower case, without a dot at its end, with the port where it is not the scheme's own.
    """
    if not origin.isascii():  # lower() would turn the Kelvin sign into a k
        return None
    plain = _ORIGIN.fullmatch(origin.lower())
    if plain is None:
        return None
    scheme, host, port = plain.groups()
    if port and int(port) != (443 if scheme == "https" else 80):
        host = f"{host}:{int(port)}"
    return scheme, host


def normal_path(path: str) -> str | None:
    """A path in its one spelling; None where an encoded slash hides a step.

    Percent-encoding is brought to RFC 3986's normal form in one pass (never decoded twice), slashes
    to one each, dot segments away, and with them what sloppy links leave at the end: ``.htm&foo``,
    ``.htm/``, ``%20``, a comma, a quote, a bracket.
    """
    if _PLAIN.fullmatch(path) and not (path.endswith(("/", ".")) and ".htm" in path.lower()):
        return _without_dots(path) or "/"
    path = _PATH_ODD.sub(_respell, path.replace("\\", "/"))
    if "%" in path and _HIDDEN_STEP.search(path):
        return None
    if not path.startswith("/"):
        path = f"/{path}"
    while True:  # a cut can bare a dot segment, and a dot segment a place to cut
        shorter = _without_dots(_without_junk(_SLASHES.sub("/", path)))
        if shorter == path:
            return path
        path = shorter


def normal_query(query: str, tracking: re.Pattern[str]) -> str:
    """A query without its tracking parameters and empty pieces, in one spelling, its order kept."""
    kept = (_QUERY_ODD.sub(_respell, piece) for piece in query.split("&"))
    return "&".join(piece for piece in kept if piece and not tracking.fullmatch(piece.partition("=")[0]))


def _without_dots(path: str) -> str:
    if "/." not in path:
        return path
    steps: list[str] = []
    pieces = path.split("/")[1:]
    for piece in pieces:
        if piece == "..":
            del steps[-1:]
        elif piece != ".":
            steps.append(piece)
    if pieces[-1] in (".", ".."):
        steps.append("")
    return "/" + "/".join(steps)


def _without_junk(path: str) -> str:
    path = _AFTER_PAGE.sub(r"\1", path)
    while True:
        shorter = path.rstrip(_AFTER_ALL)
        code = _CODE_AT_END.search(shorter[-9:])
        if code:
            shorter = shorter[: -len(code[0])]
        if shorter == path:
            return path or "/"
        path = shorter


def _respell(match: re.Match[str]) -> str:
    code, odd = match.groups()
    if code is not None:
        byte = int(code, 16)
        return chr(byte) if byte in _UNRESERVED else f"%{byte:02X}"
    return "".join(f"%{byte:02X}" for byte in odd.encode("utf-8", "surrogatepass"))
