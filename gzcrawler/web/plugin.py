"""Datasette's hooks: our routes before its own, our guard around it, our words where it would print a traceback.

The settings of an instance stand in its metadata, under ``plugins`` and the name `NAME`: ``archive`` (the folder), ``public`` and
``allow_sql``. An instance without them is not ours and is left alone.
"""

from __future__ import annotations

import logging
import sqlite3
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from datasette.utils.asgi import Base400, Response
from datasette.views.base import DatasetteError
from pluggy import HookimplMarker

from gzcrawler.errors import ArchiveError, UnknownArticleError, UsageError
from gzcrawler.web.guarding import LANGUAGE_COOKIE, Guard
from gzcrawler.web.reading import Readers
from gzcrawler.web.rendering import render, render_error
from gzcrawler.web.routes import ROUTES, decode_parts, url
from gzcrawler.web.texts import choose_language
from gzcrawler.web.visits import Answer, BadRequest, PageError, PageNotFound, Visit, parse_query_string

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from gzcrawler.archive import OpenArchive
    from gzcrawler.web.guarding import Application, Message
    from gzcrawler.web.routes import Route
    from gzcrawler.web.visits import Query

__all__ = ["NAME", "asgi_wrapper", "handle_exception", "register_routes"]

NAME = "gzcrawler"
DATABASE = "gzcrawler"
"""Datasette's name for the archive's database, and the first piece of the addresses of its tables."""

_OF_DATASETTE = (rf"^/{DATABASE}(?:[/.].*)?$", r"^/-/static/[\w.-]+$")
"""Its pages of tables and SQL. Its other pages tell of paths and settings of this machine."""
_YEAR = 365 * 24 * 3600

hookimpl = HookimplMarker("datasette")
_log = logging.getLogger("gzcrawler.web")
_readers: WeakKeyDictionary[Any, Readers] = WeakKeyDictionary()


@hookimpl
def register_routes(datasette: Any) -> list[tuple[str, Callable[..., Awaitable[Any]]]]:
    """Our pages; they come before Datasette's."""
    if _settings(datasette) is None:
        return []
    return [(route.pattern, _view(route)) for route in ROUTES]


@hookimpl
def asgi_wrapper(datasette: Any) -> Callable[[Application], Application]:
    """The guard."""
    settings = _settings(datasette)

    def wrapped(application: Application) -> Application:
        if settings is None:
            return application
        return Guard(
            application,
            open_paths=[
                *(route.pattern for route in ROUTES),
                *(_OF_DATASETTE if settings["allow_sql"] else ()),
            ],
            any_host=settings["public"],
            refuse=_refuse,
        )

    return wrapped


@hookimpl
def handle_exception(datasette: Any, request: Any, exception: Exception) -> Any:
    """A page that says what is wrong, in place of Datasette's, which prints all it knows."""
    del datasette
    return _response(_answer_to(exception, request), request)


def _settings(datasette: Any) -> dict[str, Any] | None:
    settings: dict[str, Any] | None = datasette.plugin_config(NAME)
    return settings


def readers_of(datasette: Any) -> Readers:
    """The threads that read for an instance."""
    settings = _settings(datasette)
    assert settings is not None
    return _readers.setdefault(datasette, Readers(Path(settings["archive"])))


def _view(route: Route) -> Callable[..., Awaitable[Any]]:
    async def view(request: Any, datasette: Any) -> Any:
        try:
            query = parse_query_string(request.scope["query_string"])
            parts = decode_parts(request.url_vars)
            language = _language(request, query)

            def answer(archive: OpenArchive) -> Answer:
                visit = Visit(
                    archive=archive,
                    parts=parts,
                    query=query,
                    language=language,
                    path=request.path,
                    origin=f"{request.scheme}://{request.host}",
                    tables=(_settings(datasette) or {})["allow_sql"],
                    renderer=render,
                    url=url,
                )
                return route.page(visit)

            found = await readers_of(datasette).read(answer)
        except (PageError, UsageError, UnknownArticleError, ArchiveError) as error:
            found = _answer_to(error, request)
        return _response(found, request)

    return view


def _response(answer: Answer, request: Any) -> Any:
    """As Datasette sends it: with its length, and with a tag by which a browser asks for it only where it differs."""
    # A page is asked for again each time, since what it shows may have been withdrawn since.
    headers = {"Vary": "Accept-Language", "Cache-Control": "private, no-cache", **answer.headers}
    status, body = answer.status, answer.body
    if status == 200:
        headers["ETag"] = f'"{sha256(body).hexdigest()[:32]}"'
        if _is_known(headers["ETag"], request.headers.get("if-none-match", "")):
            status, body = 304, b""
    if status != 304:
        headers["Content-Length"] = str(len(body))
    response = Response(body, status, headers, answer.media_type)
    try:
        asked = parse_query_string(request.scope["query_string"]).text("lang")
    except BadRequest:
        asked = ""
    if asked and asked == choose_language(asked, None, ""):
        response.set_cookie(LANGUAGE_COOKIE, asked, max_age=_YEAR, httponly=True)
    return response


def _is_known(tag: str, header: str) -> bool:
    """Does the browser hold this already (RFC 9110, If-None-Match)?"""
    held = {one.strip().removeprefix("W/") for one in header.split(",")}
    return tag in held or "*" in held


def _language(request: Any, query: Query) -> str:
    header = request.headers.get("accept-language", "")
    return choose_language(query.text("lang") or None, request.cookies.get(LANGUAGE_COOKIE), header)


def _answer_to(error: Exception, request: Any) -> Answer:
    """The page of an error; only what is our own fault is told to the log."""
    try:
        language = _language(request, parse_query_string(request.scope["query_string"]))
    except BadRequest:
        language = choose_language(None, None, request.headers.get("accept-language", ""))
    return render_error(language, request.path, _as_page_error(error, request.path))


def _as_page_error(error: Exception, path: str) -> PageError:
    if isinstance(error, PageError):
        return error
    if isinstance(error, UnknownArticleError):
        return PageNotFound(str(error))
    if isinstance(error, UsageError):
        return BadRequest(str(error))
    if isinstance(error, Base400 | DatasetteError):
        # Datasette says 500 of parameters that it cannot carry out.
        status = int(error.status) if error.status < 500 else 400
        return _of_status(status, None if status == 404 else str(error))
    if isinstance(error, sqlite3.Error) and path.startswith(f"/{DATABASE}"):
        # Datasette hands parameters on to SQLite and lets it complain.
        return BadRequest(str(error))
    if path.startswith(f"/{DATABASE}"):
        # Of a parameter that it did not expect, Datasette raises whatever comes of it.
        _log.warning("Datasette, %s: %r", path, error)
        return BadRequest()
    _log.error("%s", error, exc_info=None if isinstance(error, ArchiveError) else error)
    return PageError()


def _of_status(status: int, detail: str | None) -> PageError:
    error = PageNotFound(detail) if status == 404 else BadRequest(detail)
    error.status = status
    return error


def _refuse(status: int, word: str, scope: Message) -> tuple[bytes, str]:
    header = next((value for name, value in scope["headers"] if name == b"accept-language"), b"")
    error = PageError()
    error.status, error.key = status, word
    answer = render_error(choose_language(None, None, header.decode("latin-1")), "", error)
    return answer.body, answer.media_type
