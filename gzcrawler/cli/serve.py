"""`serve`: the archive in a browser."""

from __future__ import annotations

import ipaddress
import os
import signal
import socket
import sys
import webbrowser
from contextlib import suppress
from typing import TYPE_CHECKING

import click

from gzcrawler.cli.options import archive_option
from gzcrawler.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["serve"]

_NICE = 5
"""A third of the weight of a process that is not nice."""


@click.command()
@archive_option
@click.option(
    "--host", default="127.0.0.1", show_default=True, metavar="ADDRESS", help="Address to listen at."
)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8001,
    show_default=True,
    help="Port to listen at; 0 takes a free one.",
)
@click.option("--open", "open_browser", is_flag=True, help="Show it in a browser at once.")
@click.option(
    "--public",
    is_flag=True,
    help="Let others in: listen at an address that is not of this machine alone, and answer under any host name. "
    "Whoever reaches the port reads the whole archive; nothing is encrypted and nobody is asked for a password.",
)
@click.option(
    "--allow-sql",
    is_flag=True,
    help="Let visitors look at the tables, with Datasette, and run SQL of their own: it can only read, for at most a second "
    "a statement.",
)
def serve(archive: Path, host: str, port: int, open_browser: bool, public: bool, allow_sql: bool) -> None:
    """Show the archive in a browser, read-only, also while a crawl writes.

    Ctrl-C ends it, with exit code 0.
    """
    from gzcrawler.web import archive_site

    if not public and not _is_loopback(host):
        raise UsageError(
            f"--host {host}: is not of this machine alone; with --public, whoever reaches it reads the whole archive"
        )
    site = archive_site(archive, allow_sql=allow_sql, public=public)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with _listening(host, port) as listening, suppress(KeyboardInterrupt):
        address = _address(host, listening.getsockname()[1])
        click.echo(f"{archive} is shown at {address} until Ctrl-C")
        sys.stdout.flush()
        if public:
            click.echo("gzcrawler: --public: whoever reaches this port reads the whole archive", err=True)
        if open_browser:
            webbrowser.open(address)
        _run(site, listening)
    click.echo("gzcrawler: stopped", err=True)


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _listening(host: str, port: int) -> socket.socket:
    """A socket that listens; bound here, so that an address in use is told in a line."""
    try:
        family, kind, protocol, _, place = socket.getaddrinfo(
            host.strip("[]"), port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listening = socket.socket(family, kind, protocol)
    except OSError as error:
        raise UsageError(f"--host {host}: no such address ({error.strerror})") from error
    try:
        if os.name == "posix":
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(place)
        listening.listen(128)
    except OSError as error:
        listening.close()
        raise UsageError(
            f"--port {port}: cannot listen there ({error.strerror}); --port 0 takes a free one"
        ) from error
    return listening


def _address(host: str, port: int) -> str:
    name = host.strip("[]")
    if name in ("0.0.0.0", "::"):  # noqa: S104  # listened at on demand; a browser here reaches it by this name
        name = "127.0.0.1"
    return f"http://[{name}]:{port}/" if ":" in name else f"http://{name}:{port}/"


def _run(site: object, listening: socket.socket) -> None:
    """Serve until SIGINT or SIGTERM: uvicorn closes all connections, and raises the signal again."""
    import uvicorn

    config = uvicorn.Config(
        site.app(),  # type: ignore[attr-defined]  # Datasette has no types
        log_level="error",  # as a warning it tells of whatever strangers send that is no HTTP
        access_log=False,
        server_header=False,
        lifespan="on",
        timeout_graceful_shutdown=3,
    )
    server = uvicorn.Server(config)
    # Where processors are short, a crawl comes before those who look on.
    os.nice(_NICE)
    server.run(sockets=[listening])
