"""`demo`: the replica portal on loopback, crawled into an archive, start to finish."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import click

from gzcrawler.cli.crawl import report_verdict
from gzcrawler.cli.progress import Watch
from gzcrawler.crawl_run import CrawlOptions
from gzcrawler.crawling import crawl
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
    config = ReplicaConfig(seed=seed, articles=articles)
    with running_replica(config, port=port, max_seconds=_SERVE_AT_MOST) as replica:
        click.echo(
            f"A replica portal with {articles:,} articles answers on 127.0.0.1:{replica.port}; "
            f"crawling it into {archive}/ without delays.",
            err=True,
        )
        options = CrawlOptions(
            archive=archive,
            portal=parse_portal(replica.map, origin="replica"),
            delay=0,
            concurrency=16,
            command="demo",
        )
        with Watch(quiet=False) as watch:
            verdict = crawl(options, watch=watch)
        report_verdict(verdict, as_json=False, quiet=False)
        _print_next(archive)
        if keep_serving:
            click.echo(
                f"\nThe replica stays up at http://127.0.0.1:{replica.port}/ until Ctrl-C, for an hour at most."
            )
            _wait()
    sys.exit(verdict.exit_code)


def _print_next(archive: Path) -> None:
    click.echo("\nTry next:")
    for command in (
        f"gzcrawler status --archive {archive}",
        f"gzcrawler show --archive {archive} 'replica:c_'  # says which ids there are",
        f"gzcrawler verify --archive {archive}",
    ):
        click.echo(f"  {command}")


def _wait() -> None:
    deadline = time.monotonic() + _SERVE_AT_MOST
    try:
        while time.monotonic() < deadline:
            time.sleep(0.5)
    except KeyboardInterrupt:
        click.echo("stopped", err=True)
