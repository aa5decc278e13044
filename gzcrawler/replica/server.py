"""The replica on a loopback port: HTTP, the moving clock, faults carried out, the log of requests."""

from __future__ import annotations

import asyncio
import gzip
import json
import math
import socket
import struct
import time
from dataclasses import asdict
from email.utils import formatdate
from typing import TYPE_CHECKING, Any, NamedTuple

from aiohttp import web

from gzcrawler.errors import UsageError
from gzcrawler.replica.config import moment
from gzcrawler.replica.faults import FaultDesk, FaultRule
from gzcrawler.replica.hazards import (
    CALENDAR,
    bomb,
    calendar_page,
    challenge_page,
    with_calendar_link,
    wrongly_labelled,
)
from gzcrawler.replica.pages import ReplicaResponse

if TYPE_CHECKING:
    from gzcrawler.replica.replica import Replica

__all__ = ["CONTROL", "ReplicaServer", "Request"]

CONTROL = "/__replica__/"
"""Path prefix of the control endpoint; it answers to ``127.0.0.1`` and ``localhost`` alone."""
_LOG_LIMIT = 1_000_000
"""Requests remembered, some 300 MB; older ones are counted and forgotten."""
_COMPRESS_FROM = 1024
_LOOP = "?again=1"


class Request(NamedTuple):
    """One request, as the log keeps it."""

    monotonic: float
    """Seconds on the server's monotonic clock when the request had been read."""
    wall: float
    """The same, seconds since the epoch."""
    host: str
    path: str
    status: int
    """What was answered; 0 where the connection was reset."""
    connection: int
    """Number of the connection, from 1."""
    length: int
    """Bytes of the body that was meant to be sent."""
    fault: str | None


class ReplicaServer:
    """Serves a replica on ``127.0.0.1``. Start, then stop; both are coroutines."""

    def __init__(self, replica: Replica, *, port: int = 0) -> None:
        self.replica = replica
        self.port = port
        """The port asked for; the real one once started."""
        self.at = replica.start
        """Virtual time, in seconds since the epoch."""
        self.log: list[tuple[Any, ...]] = []
        """Fields of `Request`; plain tuples, which the garbage collector need not visit."""
        self._virtual = float(replica.start)
        self._forgotten = 0
        self._served: dict[int, int] = {}
        self._faults = FaultDesk(replica.config.seed, replica.config.faults)
        self._connections: dict[int, int] = {}
        self._opened = 0
        self._server: web.Server | None = None
        self._listener: asyncio.Server | None = None

    async def start(self) -> None:
        """Listens.

        Raises:
            UsageError: the port is taken.
        """
        self._server = web.Server(self._handle, access_log=None, keepalive_timeout=30.0)
        loop = asyncio.get_running_loop()
        try:
            self._listener = await loop.create_server(self._open, "127.0.0.1", self.port, backlog=1024)
        except OSError as error:
            raise UsageError(
                f"the replica cannot listen on 127.0.0.1:{self.port}: {error.strerror}"
            ) from error
        self.port = self._listener.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Closes the port and all connections."""
        if self._listener is not None:
            self._listener.close()
        if self._server is not None:
            await self._server.shutdown(0.1)

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        path = request.path_qs
        host = request.headers.get("Host", "")
        if path.startswith(CONTROL) and host in (f"127.0.0.1:{self.port}", f"localhost:{self.port}"):
            return await self._control(request, path[len(CONTROL) :])
        if self.replica.config.request_seconds:
            self._virtual += self.replica.config.request_seconds
            self.at = int(self._virtual)
        fault = self._faults.meet(host, path)
        answer = self._answer(host, path, fault)
        answer = self._conditional(request, answer)
        connection = self._connections[id(request.protocol)]
        reset = fault is not None and fault.kind.startswith("reset")
        status = 0 if reset else answer.status
        if len(self.log) >= _LOG_LIMIT:
            del self.log[: _LOG_LIMIT // 10]
            self._forgotten += _LOG_LIMIT // 10
        self.log.append(
            (
                time.monotonic(),
                time.time(),
                host,
                path,
                status,
                connection,
                len(answer.body),
                fault and fault.kind,
            )
        )
        self._served[status] = self._served.get(status, 0) + 1
        if fault is not None and fault.kind in ("reset", "reset midway", "stall", "stall midway", "truncate"):
            return await self._disturbed(request, answer, fault)
        return _response(answer)

    def _answer(self, host: str, path: str, fault: FaultRule | None) -> ReplicaResponse:
        html = (("Content-Type", "text/html; charset=utf-8"),)
        if path.startswith(CALENDAR) and self._faults.has("trap"):
            return ReplicaResponse(200, html, calendar_page(path))
        kind = fault.kind if fault is not None else None
        if fault is None:
            return self.replica.page(host, path, self.at)
        if kind == "status":
            wait = (("Retry-After", _retry_after(fault)),) if fault.retry_after is not None else ()
            return ReplicaResponse(
                fault.status, (*html, *wait), b"<html><body>Service unavailable</body></html>\n"
            )
        if kind == "redirect loop":
            target = path[: -len(_LOOP)] if path.endswith(_LOOP) else path + _LOOP
            return ReplicaResponse(302, (*html, ("Location", target)), b"")
        if kind == "bomb":
            return ReplicaResponse(200, (*html, ("Content-Encoding", "gzip")), bomb(fault.size))
        if kind == "challenge":
            return ReplicaResponse(200, html, challenge_page())
        if kind == "empty":
            return ReplicaResponse(200, html, b"")
        answer = self.replica.page(host, path, self.at)
        if kind == "trap":
            return ReplicaResponse(answer.status, answer.headers, with_calendar_link(answer.body))
        if kind == "wrong charset":
            return wrongly_labelled(answer, path)
        return answer

    def _conditional(self, request: web.BaseRequest, answer: ReplicaResponse) -> ReplicaResponse:
        if answer.status != 200:
            return answer
        known = request.headers.get("If-None-Match")
        tag = answer.header("ETag")
        if known is not None:
            same = tag is not None and tag in [part.strip().removeprefix("W/") for part in known.split(",")]
        else:
            since = request.headers.get("If-Modified-Since")
            same = since is not None and since == answer.header("Last-Modified")
        if not same:
            if self.replica.config.compress and len(answer.body) >= _COMPRESS_FROM:
                accepted = request.headers.get("Accept-Encoding", "")
                if "gzip" in accepted and answer.header("Content-Encoding") is None:
                    headers = (*answer.headers, ("Content-Encoding", "gzip"), ("Vary", "Accept-Encoding"))
                    return ReplicaResponse(200, headers, gzip.compress(answer.body, 1, mtime=0))
            return answer
        headers = tuple((key, value) for key, value in answer.headers if key in ("ETag", "Last-Modified"))
        return ReplicaResponse(304, headers, b"")

    async def _disturbed(
        self, request: web.BaseRequest, answer: ReplicaResponse, fault: FaultRule
    ) -> web.StreamResponse:
        if fault.kind == "stall":
            await asyncio.sleep(fault.seconds)
            return _response(answer)
        if fault.kind == "reset":
            _reset(request)
            return web.Response(status=500)
        response = web.StreamResponse(status=answer.status, headers=dict(answer.headers))
        response.content_length = len(answer.body)
        await response.prepare(request)
        half = len(answer.body) // 2
        await response.write(answer.body[:half])
        if fault.kind == "stall midway":
            await asyncio.sleep(fault.seconds)
            await response.write(answer.body[half:])
            await response.write_eof()
        elif fault.kind == "reset midway":
            await asyncio.sleep(0.05)  # lets the first half leave before the reset discards it
            _reset(request)
        elif request.transport is not None:
            request.transport.close()
        return response

    def _open(self) -> asyncio.Protocol:
        """A protocol for a connection just accepted. Its id() is taken over when it is reused."""
        assert self._server is not None
        protocol = self._server()
        self._opened += 1
        self._connections[id(protocol)] = self._opened
        return protocol

    async def _control(self, request: web.BaseRequest, path: str) -> web.Response:
        name, _, query = path.partition("?")
        try:
            given = json.loads(await request.read() or b"{}")
            return web.json_response(self._controlled(name, query, given))
        except (UsageError, ValueError, TypeError, KeyError) as error:
            return web.json_response({"error": f"{type(error).__name__}: {error}"}, status=400)

    def _controlled(self, name: str, query: str, given: Any) -> Any:
        if name == "clock":
            if "at" in given:
                self._virtual = float(moment(given["at"]) if isinstance(given["at"], str) else given["at"])
            self._virtual += given.get("advance", 0)
            self.at = int(self._virtual)
            return {"at": self.at}
        if name == "faults":
            if "rules" in given:
                self._faults.set_rules(tuple(FaultRule(**rule) for rule in given["rules"]))
            return {"met": self._faults.total}
        if name == "log":
            since = int(given.get("since", 0))
            return {"requests": [list(entry) for entry in self.log[max(0, since - self._forgotten) :]]}
        if name == "counters":
            if given.get("clear"):
                self.log.clear()
                self._served.clear()
                self._forgotten = 0
            return {
                "requests": self._forgotten + len(self.log),
                "statuses": {str(status): count for status, count in sorted(self._served.items())},
                "connections": self._opened,
                "faults": self._faults.total,
                "at": self.at,
            }
        if name == "config":
            return asdict(self.replica.config)
        raise UsageError(f"no such control: {name!r} (clock, faults, log, counters, config)")


def _retry_after(fault: FaultRule) -> str:
    if not fault.as_date:
        return str(fault.retry_after)
    return formatdate(math.ceil(time.time() + (fault.retry_after or 0)), usegmt=True)


def _response(answer: ReplicaResponse) -> web.Response:
    return web.Response(status=answer.status, headers=dict(answer.headers), body=answer.body)


def _reset(request: web.BaseRequest) -> None:
    """Closes with RST: a linger of zero seconds discards what is unsent."""
    transport = request.transport
    if transport is None:
        return
    sock = transport.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()
