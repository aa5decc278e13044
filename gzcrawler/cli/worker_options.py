"""`--workers` and `--cluster`: who does the work, the same in every command that has some to share out."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any

import click

from gzcrawler.errors import UsageError
from gzcrawler.workers import Cluster, Processes

if TYPE_CHECKING:
    from collections.abc import Callable

    from gzcrawler.workers import Workers

__all__ = ["files_at_option", "worker_options"]

_MOST = 256

files_at_option = click.option(
    "--files-at",
    metavar="PATH|ADDRESS",
    help="With --cluster: where its workers find the archive's folder, as a path or an address for fsspec "
    "(`s3://bucket/archive`); where it is here, if not given.",
)


def worker_options(command: Callable[..., Any], *, needs: str | None = None) -> Callable[..., Any]:
    """Gives a command `workers`, who are there and of this release.

    Args:
        command: the function.
        needs: option without which there is nothing to share out.
    """

    @wraps(command)
    def with_workers(*, workers: int | None, cluster: str | None, **options: Any) -> Any:
        if needs and not options.get(needs) and (workers or cluster):
            raise UsageError(f"--workers and --cluster share out what --{needs} makes; give it as well")
        if options.get("files_at") and not cluster:
            raise UsageError(
                "--files-at is for the workers of a --cluster; processes read the archive where it is"
            )
        return command(workers=_workers(workers, cluster), **options)

    for option in (
        click.option(
            "--cluster",
            metavar="tcp://HOST:PORT",
            help="Instead of processes, the workers of the Dask scheduler there; needs gzcrawler[cluster].",
        ),
        click.option(
            "--workers",
            type=click.IntRange(min=1, max=_MOST),
            help="Processes that work; all cores, if not given.",
        ),
    ):
        with_workers = option(with_workers)
    return with_workers


def _workers(number: int | None, address: str | None) -> Workers:
    if address is None:
        return Processes.of_this_machine() if number is None else Processes(number)
    if number is not None:
        raise UsageError("--workers and --cluster are two answers to one question; give one of them")
    cluster = Cluster(address)
    cluster.require_usable()
    return cluster
