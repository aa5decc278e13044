"""`demo`: the replica portal on loopback, crawled into an archive, start to finish."""

from __future__ import annotations

import os
import shlex
import shutil
import socket
import sys
import time
from pathlib import Path

import click

from gzcrawler.archive import open_archive
from gzcrawler.cli.crawl import report_verdict
from gzcrawler.cli.progress import Watch
from gzcrawler.crawl_run import CrawlOptions
from gzcrawler.crawling import crawl
from gzcrawler.errors import UsageError
from gzcrawler.portals import parse_portal
from gzcrawler.replica import ReplicaConfig, running_replica

__all__ = ["demo"]

_SERVE_AT_MOST = 3600
"""Seconds after which a replica that was kept serving ends by itself."""


@click.command()
@click.option(
    "--archive",
    type=click.Path(file_okay=False, path_type=Path),
    default="archive/demo",
    show_default=True,
    help="Folder of the archive.",
)
@click.option(
    "--articles",
    type=click.IntRange(50, 100_000),
    default=500,
    show_default=True,
    help="Size of the replica portal.",
)
@click.option("--seed", type=int, default=1, show_default=True, help="Another number makes another portal.")
@click.option(
    "--keep-serving", is_flag=True, help="Leave the replica up for a look by browser (an hour at most)."
)
@click.option(
    "--port", type=click.IntRange(0, 65535), default=0, help="Port of the replica; a free one, if not given."
)
def demo(archive: Path, articles: int, seed: int, keep_serving: bool, port: int) -> None:
    """Crawl a made-up portal on this machine, without any network."""
    _require_free(port)
    # Absolute links name hosts that no browser finds.
    absolute_links = 0.0 if keep_serving else ReplicaConfig.absolute_links
    config = ReplicaConfig(seed=seed, articles=articles, absolute_links=absolute_links)
    with running_replica(config, port=port, max_seconds=_SERVE_AT_MOST) as replica:
        click.echo(
            f"A replica portal with {articles:,} articles answers on 127.0.0.1:{replica.port};\n"
            f"crawling it into {archive}/ without delays.",
            err=True,
        )
        options = CrawlOptions(
            archive=archive,
            portal=parse_portal(replica.map, origin="replica"),
            delay=0,
            concurrency=16,
            recheck=True,  # a second demo shows what an unchanged portal costs
            command="demo",
        )
        with Watch(quiet=False) as watch:
            verdict = crawl(options, watch=watch)
        report_verdict(verdict, as_json=False, quiet=False)
        if verdict.exit_code < 128:
            _print_next(archive)
            if keep_serving:
                _keep_serving(replica.port)
    sys.exit(verdict.exit_code)


def _require_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise UsageError(
                f"--port {port}: the replica cannot listen there ({error.strerror}); without --port it finds a free one"
            ) from error


def _print_next(archive: Path) -> None:
    """Three commands that work as printed, from where this one was called."""
    with open_archive(archive) as opened:
        row = opened.connection.execute(
            """SELECT a.id FROM latest a LEFT JOIN images i ON i.article_id = a.id
            WHERE a.language = 'en' GROUP BY a.id ORDER BY count(i.url) DESC, a.id LIMIT 1"""
        ).fetchone()
    folder = shlex.quote(str(archive))
    click.echo("\nTry next:")
    click.echo(f"  {_program('gzcrawler')} status --archive {folder}")
    if row is not None:
        click.echo(f"  {_program('gzcrawler')} show --archive {folder} {row[0]}")
    click.echo(f"  {_program('gzcrawler')} serve --archive {folder} --open")


def _program(name: str) -> str:
    """How a program of this environment is called from the current folder."""
    beside = Path(sys.executable).parent / name
    found = shutil.which(name)
    if found is not None and Path(found).resolve() == beside.resolve():
        return name
    path = str(beside)
    return shlex.quote(min(path, os.path.relpath(path), key=len))


def _keep_serving(port: int) -> None:
    click.echo(f"\nThe replica stays up at http://127.0.0.1:{port}/ until Ctrl-C, for an hour at most.")
    deadline = time.monotonic() + _SERVE_AT_MOST
    try:
        while time.monotonic() < deadline:
            time.sleep(0.5)
    except KeyboardInterrupt:
        click.echo("stopped", err=True)
