"""Strangers: which requests are looked at at all, and what every answer forbids the browser."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_to_bytes

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, MutableMapping

    Message = MutableMapping[str, Any]
    Send = Callable[[Message], Awaitable[None]]
    Application = Callable[[Message, Callable[[], Awaitable[Message]], Send], Awaitable[None]]
    Refuse = Callable[[int, str, Message], tuple[bytes, str]]

__all__ = ["CONTENT_SECURITY_POLICY", "LANGUAGE_COOKIE", "Guard"]

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; img-src 'self'; style-src 'self'; frame-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
"""Of every answer that brings none of its own: no script, no inline style, nothing from elsewhere."""

_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=(), payment=()"),
)
LANGUAGE_COOKIE = "gzcrawler-language"
_COOKIE = re.compile(rb"(?:^|; ?)(" + LANGUAGE_COOKIE.encode() + rb"=[a-z]{2,8})(?:;|$)")
_PATH_AT_MOST = 4_000
_QUERY_AT_MOST = 8_000
_LOOPBACK = re.compile(r"(?:localhost|127(?:\.[0-9]{1,3}){3}|\[::1\])(?::[0-9]{1,5})?", re.IGNORECASE)


class Guard:
    """Wraps an ASGI application."""

    def __init__(
        self,
        application: Application,
        *,
        open_paths: Iterable[str],
        any_host: bool,
        refuse: Refuse,
    ) -> None:
        """Guard an application.

        Args:
            application: what answers the rest.
            open_paths: regular expressions; what none of them fits is not there.
            any_host: may it be asked under any name? If not, only under a loopback one, so that no page of another site
                can read the archive through a name that it turns to this machine.
            refuse: (status, word of the texts, scope) -> (body, media type).
        """
        self._application = application
        self._open = [re.compile(path) for path in open_paths]
        self._any_host = any_host
        self._refuse = refuse

    async def __call__(self, scope: Message, receive: Callable[[], Awaitable[Message]], send: Send) -> None:
        """As ASGI has it."""
        if scope["type"] != "http":
            await self._application(scope, receive, send)
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = dict(message, headers=_with_headers(message.get("headers", ())))
            await send(message)

        refusal = self._refusal(scope)
        if refusal is None:
            await self._application(
                dict(scope, headers=_with_our_cookie(scope["headers"])), receive, send_guarded
            )
            return
        status, word = refusal
        body, media_type = self._refuse(status, word, scope)
        headers = [(b"content-type", media_type.encode()), (b"content-length", str(len(body)).encode())]
        if status == 405:
            headers.append((b"allow", b"GET, HEAD"))
        await send_guarded({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})

    def _refusal(self, scope: Message) -> tuple[int, str] | None:
        if scope["method"] not in ("GET", "HEAD"):
            return 405, "method"
        if not self._any_host and not _LOOPBACK.fullmatch(_host(scope)):
            return 421, "host"
        raw: bytes = scope.get("raw_path") or scope["path"].encode()
        raw = raw.partition(b"?")[0]
        if len(raw) > _PATH_AT_MOST or len(scope["query_string"]) > _QUERY_AT_MOST:
            return 414, "address_too_long"
        try:
            path = raw.decode("ascii")
            unquote_to_bytes(path).decode()
            scope["query_string"].decode("ascii")
        except UnicodeDecodeError:
            return 400, "bad_request"
        if not any(pattern.match(path) for pattern in self._open):
            return 404, "not_found"
        return None


def _host(scope: Message) -> str:
    hosts = [value for name, value in scope["headers"] if name == b"host"]
    return bytes(hosts[0]).decode("latin-1") if len(hosts) == 1 else ""


def _with_our_cookie(headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """Headers with the one cookie that this site sets; others are nobody's here, and what reads them may break over them."""
    kept = [(name, value) for name, value in headers if name != b"cookie"]
    ours = [_COOKIE.search(value) for name, value in headers if name == b"cookie"]
    return kept + [(b"cookie", found[1]) for found in ours if found]


def _with_headers(headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    kept = [(bytes(name).lower(), bytes(value)) for name, value in headers]
    names = {name for name, _ in kept}
    added = (*_HEADERS, (b"content-security-policy", CONTENT_SECURITY_POLICY.encode()))
    return kept + [(name, value) for name, value in added if name not in names]
