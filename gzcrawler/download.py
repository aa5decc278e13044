"""HTTP as an archive needs it: one try a request, headers as on the wire, partial bodies kept and marked.

Scrapy's own handlers send a GET again, unasked, when a kept-alive connection turns out to be dead, and
give headers in another case and order. This one does neither, and makes the `Capture` itself, so that
nothing stands between the wire and the archive.
"""

from __future__ import annotations

import asyncio
import ssl
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal

import aiohttp
from aiohttp.abc import AbstractResolver
from multidict import CIMultiDict
from scrapy.core.downloader.handlers.base import BaseDownloadHandler
from scrapy.http import Response
from yarl import URL

from gzcrawler.archive import utc_now
from gzcrawler.items import Capture
from gzcrawler.politeness import parse_retry_after

if TYPE_CHECKING:
    from aiohttp.abc import ResolveResult
    from aiohttp.connector import Connection
    from scrapy import Request
    from scrapy.crawler import Crawler

    from gzcrawler.politeness import HostPace

__all__ = ["ADDRESS_KEY", "CAPTURE_KEY", "PACE_KEY", "VALIDATED_KEY", "FetchError", "OneTryDownloadHandler"]

ADDRESS_KEY = "gzcrawler_address"
"""Where a request's meta carries the address to ask, as the archive spells it; `Request` may spell its own
URL in another way, and what was claimed under one name must come back under it."""
CAPTURE_KEY = "gzcrawler_capture"
"""Where a request's meta takes the `Capture` that its response is."""
PACE_KEY = "gzcrawler_pace"
"""Where a request's meta carries the `HostPace` that measures it."""
VALIDATED_KEY = "gzcrawler_validated_digest"
"""Payload digest that a request's validators belong to."""

_MAX_HEADER = 32_768
_CONNECT_SECONDS = 10.0
"""A host that does not take a connection within this is not there; slow answers may take longer."""


class FetchError(Exception):
    """No response came.

    Attributes:
        kind: ``timeout``, ``dns``, ``refused``, ``tls``, ``reset`` or ``protocol``.
    """

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


class _PeerResponse(aiohttp.ClientResponse):
    """Remembers who answered: a small answer has given its connection back before anybody can ask."""

    peer: str | None = None

    async def start(self, connection: Connection) -> aiohttp.ClientResponse:
        transport = connection.transport
        name = transport.get_extra_info("peername") if transport is not None else None
        self.peer = name[0] if name else None
        return await super().start(connection)


class _FixedResolver(AbstractResolver):
    """Finds every host at one address: a replica or a mirror on loopback."""

    def __init__(self, connect: str) -> None:
        host, _, port = connect.rpartition(":")
        self._host = host
        self._port = int(port)

    async def resolve(self, host: str, port: int = 0, family: Any = 0) -> list[ResolveResult]:
        return [
            {
                "hostname": host,
                "host": self._host,
                "port": self._port,
                "family": family,
                "proto": 0,
                "flags": 0,
            }
        ]

    async def close(self) -> None:
        """Nothing is held."""


@lru_cache(maxsize=1)
def _tls() -> ssl.SSLContext:
    """Reading the system's certificates takes 20 ms and a megabyte, for each portal that is crawled."""
    return ssl.create_default_context()


class OneTryDownloadHandler(BaseDownloadHandler):
    """Scrapy download handler for http and https over aiohttp."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        settings = crawler.settings
        connect = settings.get("GZCRAWLER_CONNECT")
        seconds = settings.getfloat("DOWNLOAD_TIMEOUT")
        self._timeout = aiohttp.ClientTimeout(total=seconds, sock_connect=min(seconds, _CONNECT_SECONDS))
        self._max_bytes = settings.getint("DOWNLOAD_MAXSIZE")
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                limit=settings.getint("CONCURRENT_REQUESTS"),
                resolver=_FixedResolver(connect) if connect else None,
                ssl=_tls(),
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            response_class=_PeerResponse,
            timeout=self._timeout,
            max_field_size=_MAX_HEADER,
            max_line_size=_MAX_HEADER,
            skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding", "Content-Type"),
        )
        # A GET on a connection that died is a second request to the server; politeness counts them, so
        # none may be sent in silence. aiohttp has no public switch for this; test_faults.py guards it.
        self._session._retry_connection = False  # noqa: SLF001

    async def download_request(self, request: Request) -> Response:
        """Ask once; the response's capture goes into the request's meta under `CAPTURE_KEY`.

        Raises:
            FetchError: no response came.
        """
        pace: HostPace = request.meta[PACE_KEY]
        loop = asyncio.get_running_loop()
        status: int | None = None
        retry_after: float | None = None
        pace.started(loop.time())
        try:
            capture = await self._capture(request)
            status = capture.status
            retry_after = parse_retry_after(
                capture.header("retry-after"),
                now=capture.captured_at.timestamp(),
                date=capture.header("date"),
            )
        except aiohttp.ClientConnectorDNSError as error:
            raise FetchError("dns", f"the name {error.host} is not known") from error
        except aiohttp.ClientSSLError as error:
            raise FetchError("tls", str(error)) from error
        except aiohttp.ClientConnectorError as error:
            raise FetchError("refused", f"{error.host}:{error.port} does not take connections") from error
        except TimeoutError as error:
            raise FetchError("timeout", f"no answer within {self._timeout.total:g} s") from error
        except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError) as error:
            raise FetchError("reset", "the connection was closed before an answer came") from error
        except (aiohttp.ClientError, ValueError) as error:
            raise FetchError("protocol", str(error) or type(error).__name__) from error
        finally:
            pace.ended(loop.time(), status=status, retry_after=retry_after)
        request.meta[CAPTURE_KEY] = capture
        return Response(
            url=request.url,
            status=capture.status,
            headers=list(capture.response_headers),
            body=capture.payload,
            request=request,
        )

    async def _capture(self, request: Request) -> Capture:
        headers: CIMultiDict[str] = CIMultiDict(request.headers.to_tuple_list())
        address: str = request.meta[ADDRESS_KEY]
        async with self._session.get(
            URL(address, encoded=True), headers=headers, allow_redirects=False
        ) as response:
            assert isinstance(response, _PeerResponse)
            payload, truncated = await self._read_body(response)
            return Capture(
                url=address,
                captured_at=utc_now(),
                status=response.status,
                reason=response.reason,
                payload=payload,
                request_headers=tuple(response.request_info.headers.items()),
                response_headers=tuple(
                    (name.decode("latin-1"), value.decode("utf-8", "surrogateescape"))
                    for name, value in response.raw_headers
                ),
                ip_address=response.peer,
                truncated=truncated,
                repeats=request.meta.get(VALIDATED_KEY) if response.status == 304 else None,
            )

    async def _read_body(
        self, response: aiohttp.ClientResponse
    ) -> tuple[bytes, Literal["length", "time", "disconnect"] | None]:
        pieces: list[bytes] = []
        size = 0
        try:
            async for piece in response.content.iter_any():
                pieces.append(piece)
                size += len(piece)
                if size > self._max_bytes:
                    response.close()
                    return b"".join(pieces)[: self._max_bytes], "length"
        except TimeoutError:
            return b"".join(pieces), "time"
        except (aiohttp.ClientPayloadError, aiohttp.ClientOSError, aiohttp.ServerDisconnectedError):
            return b"".join(pieces), "disconnect"
        return b"".join(pieces), None

    async def close(self) -> None:
        """Close all connections."""
        await self._session.close()
