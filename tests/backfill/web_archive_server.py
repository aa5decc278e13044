"""A web archive on loopback: a CDX server and raw replay, of the Wayback Machine's kind or of pywb's, that can misbehave."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import sys
import threading
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import cached_property
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import parse_qs, urlsplit

from archive_pages import HOST, article_page

from gzcrawler.backfill import Clock, WebArchive

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

START = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


class MovedClock(Clock):
    """A clock that moves when somebody waits, at once."""

    def __init__(self) -> None:
        super().__init__()
        self.passed = 0.0

    def now(self) -> datetime:
        return START + timedelta(seconds=self.passed)

    def monotonic(self) -> float:
        return self.passed

    def wait(self, seconds: float) -> None:
        super().wait(0)
        self.passed += max(0.0, seconds)


def sha1(payload: bytes) -> str:
    """As an index lists it."""
    return base64.b32encode(hashlib.sha1(payload, usedforsecurity=False).digest()).decode()


@dataclass(frozen=True, kw_only=True)
class Kept:
    """One capture that the web archive holds."""

    url: str
    timestamp: str
    payload: bytes
    status: int = 200
    headers: tuple[tuple[str, str], ...] = (("Content-Type", "text/html; charset=utf-8"), ("Server", "old"))
    digest: str | None = None
    """What the index says, where that is a lie."""
    is_revisit: bool = False
    listed: str | None = None
    """Its whole line in the index, where that is odd."""
    original: str | None = None
    """What replay calls it, where that is another address."""

    @cached_property
    def key(self) -> str:
        """As an index sorts it."""
        parts = urlsplit(self.url)
        host = ",".join(reversed((parts.hostname or "").removeprefix("www.").split(".")))
        return f"{host}){parts.path.lower()}{'?' + parts.query if parts.query else ''}"

    @cached_property
    def line(self) -> str:
        """Of the index."""
        if self.listed is not None:
            return self.listed
        said = self.digest or sha1(self.payload)
        media_type = "warc/revisit" if self.is_revisit else "text/html"
        status = "-" if self.is_revisit else self.status
        return f"{self.key} {self.timestamp} {self.url} {media_type} {status} {said} {len(self.payload) // 3 + 400}"


def _as_json(line: str) -> str:
    """The same line as pywb gives it."""
    key, timestamp, *values = line.split(" ")
    fields = dict(zip(("url", "mime", "status", "digest", "length"), values, strict=True))
    return f"{key} {timestamp} {json.dumps(fields)}"


def kept_story(number: int, year: int = 2018, text: str = "", **changes: Any) -> Kept:
    """A story as the web archive keeps it: one a day, of that number."""
    if "payload" not in changes:
        words = text or f"Story number {number} tells of a bridge over the river."
        changes["payload"] = article_page(words, title=f"A bridge of {number} arches")
    return Kept(
        **{
            "url": f"{HOST}/2017-06/27/c_{number}.htm",
            "timestamp": f"{year}0626{number % 24:02d}{number % 60:02d}15",
        }
        | changes
    )


@dataclass
class WebArchiveServer:
    """What it holds, how it behaves, and what it was asked."""

    clock: MovedClock = field(default_factory=MovedClock)
    kept: list[Kept] = field(default_factory=list)
    kind: Literal["wayback", "pywb", "plain"] = "wayback"
    """`plain` marks no header; it is asked at pywb's addresses, as all three are here."""
    page_size: int = 5_000
    """Lines that it gives at once, whatever it is asked for."""
    repeats: int = 0
    """How often each page of the index is given again before the next one."""
    circles: bool = False
    """The last page of the index leads to the first."""
    odd_lines: tuple[str, ...] = ()
    refuses_until: float = 0.0
    """Moment until which it answers `refusal`."""
    refusal: int = 429
    retry_after: str | None = None
    failing: Counter[str] = field(default_factory=Counter)
    """Timestamp of a memento (or ``cdx``) -> how often it is yet answered with 502."""
    cut: Counter[str] = field(default_factory=Counter)
    """The same: how often the connection is yet closed in the middle of the body."""
    moved: dict[str, str] = field(default_factory=dict)
    """Timestamp of a memento -> that of another one to which replay leads on."""
    instead: dict[str, str] = field(default_factory=dict)
    """The same, and it gives that one without a word."""
    gone: set[str] = field(default_factory=set)
    """Timestamps that it lists and does not have."""
    compresses: bool = False
    """Replay puts a content encoding of its own around what it gives."""
    on_request: Callable[[int], None] = lambda _: None
    asked: list[tuple[float, str]] = field(default_factory=list)
    """Moment and path of each request."""
    port: int = 0

    @property
    def web_archive(self) -> WebArchive:
        return WebArchive.at(f"http://127.0.0.1:{self.port}/kept/cdx", None)

    @property
    def mementos_asked(self) -> list[str]:
        """Timestamps, in the order of asking."""
        return [path.split("/")[2].removesuffix("id_") for _, path in self.asked if "id_/" in path]

    def index_answer(self, query: dict[str, str]) -> bytes:
        """Lines for a query; pywb knows no resume keys, and obeys a limit all the same."""
        host, _, path = query["url"].partition("/")
        wanted = Kept(url=f"http://{host}/{path}", timestamp="", payload=b"").key
        lines = [kept.line for kept in sorted(self.kept, key=lambda one: (one.key, one.timestamp))]
        lines = [line for line in lines if line.startswith(wanted)]
        lines = [
            line for line in lines if query.get("from", "0") <= line.split(" ")[1] <= query.get("to", "9")
        ]
        lines = [*self.odd_lines, *lines]
        size = min(self.page_size, int(query.get("limit", 10**9)))
        if self.kind == "pywb":
            return "".join(f"{_as_json(line)}\n" for line in lines[: int(query.get("limit", 10**9))]).encode()
        number = int(query.get("resumeKey", "page-0").removeprefix("page-"))
        page = number // (self.repeats + 1)
        text = "".join(f"{line}\n" for line in lines[page * size : (page + 1) * size])
        is_last = (page + 1) * size >= len(lines) and (number + 1) % (self.repeats + 1) == 0
        following = 0 if is_last else number + 1
        if self.circles or not is_last:
            text += f"\npage-{following}\n"
        return text.encode()

    def memento(self, timestamp: str, url: str) -> Kept | None:
        there = (kept for kept in self.kept if kept.timestamp == timestamp and kept.url == url)
        return None if timestamp in self.gone else next(there, None)


class _Handler(BaseHTTPRequestHandler):
    archive: WebArchiveServer
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        archive = self.archive
        archive.asked.append((archive.clock.monotonic(), self.path))
        archive.on_request(len(archive.asked))
        parts = urlsplit(self.path)
        piece = parts.path.split("/")[2].removesuffix("id_")
        if archive.clock.monotonic() < archive.refuses_until:
            later = (("Retry-After", archive.retry_after),) if archive.retry_after else ()
            self._answer(archive.refusal, later, b"slow down")
        elif archive.failing[piece] > 0:
            archive.failing[piece] -= 1
            self._answer(502, (), b"bad gateway")
        elif piece == "cdx":
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            self._answer(200, (("Content-Type", "text/plain"),), archive.index_answer(query))
        else:
            self._replay(piece, self.path.split("id_/", 1)[1])

    def _replay(self, timestamp: str, url: str) -> None:
        archive = self.archive
        if timestamp in archive.moved:
            self._answer(302, (("Location", f"/kept/{archive.moved[timestamp]}id_/{url}"),), b"")
            return
        kept = archive.memento(archive.instead.get(timestamp, timestamp), url)
        if kept is None:
            self._answer(404, (), b"not archived")
            return
        moment = datetime.strptime(kept.timestamp, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
        said: tuple[tuple[str, str], ...] = (
            ("Memento-Datetime", format_datetime(moment, usegmt=True)),
            ("Link", f'<{kept.original or kept.url}>; rel="original", <http://127.0.0.1/>; rel="timegate"'),
        )
        headers, payload = kept.headers, kept.payload
        if archive.kind != "plain":
            said += tuple((f"X-Archive-Orig-{name}", value) for name, value in headers)
            said += tuple((name, value) for name, value in headers if name.startswith("Content-"))
            said += (("Set-Cookie", "wb-p-SERVER=seven; path=/web"),)
        else:
            said += headers
        if archive.compresses:
            payload = gzip.compress(payload)
            said += (("Content-Encoding", "gzip"),)
        self._answer(kept.status, said, payload)

    def _answer(self, status: int, headers: tuple[tuple[str, str], ...], payload: bytes) -> None:
        archive = self.archive
        self.send_response_only(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(payload)))
        piece = urlsplit(self.path).path.split("/")[2].removesuffix("id_")
        self.end_headers()
        if archive.cut[piece] > 0:
            archive.cut[piece] -= 1
            self.wfile.write(payload[: len(payload) // 2])
            self.close_connection = True
            return
        self.wfile.write(payload)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that was killed closes its connection as it likes."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


@contextmanager
def running_web_archive(server: WebArchiveServer) -> Iterator[WebArchiveServer]:
    """Let it answer on a port of its own for as long as the block lasts."""

    class Handler(_Handler):
        archive = server

    http = _Server(("127.0.0.1", 0), Handler)
    server.port = http.server_port
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        http.shutdown()
        http.server_close()
        thread.join()
