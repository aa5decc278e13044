"""The site of one archive: a Datasette that knows our plugin and no other."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from datasette.app import Datasette
from datasette.database import QueryInterrupted
from datasette.plugins import pm

from gzcrawler.archive import open_archive
from gzcrawler.web import plugin

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["archive_site"]

_SQL_TIME_LIMIT_MS = 1_000
"""A statement that lasts keeps the log of a crawl from being written back."""


def archive_site(folder: Path, *, allow_sql: bool = False, public: bool = False) -> Any:
    """A Datasette over an archive; its ``app()`` is the ASGI application.

    Args:
        folder: of the archive.
        allow_sql: may visitors look at tables and run SQL of their own, reading, for a second at most? If not, Datasette's
            pages are not there.
        public: is it asked under other names than loopback ones?

    Raises:
        NotAnArchiveError, NewerSchemaError, ArchiveError: the archive cannot be opened.
    """
    with open_archive(folder) as archive:
        database = archive.directory.database.resolve()
    _use_our_plugin_alone()
    site = Datasette(
        [str(database)],
        metadata={
            "title": "gzcrawler",
            "plugins": {
                plugin.NAME: {"archive": str(folder.resolve()), "public": public, "allow_sql": allow_sql}
            },
        },
        settings={
            "allow_download": False,
            "allow_csv_stream": False,
            "default_allow_sql": allow_sql,
            "num_sql_threads": 2,
            "sql_time_limit_ms": _SQL_TIME_LIMIT_MS,
            "suggest_facets": False,
        },
    )
    _count_quickly(site.databases[plugin.DATABASE])
    return site


def _count_quickly(database: Any) -> None:
    """Datasette counts the rows of all tables for its page of them, and complains of one that cannot be counted."""
    counted = database.execute

    async def table_counts(limit: int = 10) -> dict[str, int | None]:
        counts: dict[str, int | None] = {}
        for table in await database.table_names():
            counts[table] = None
            if not table.startswith("search_"):
                with contextlib.suppress(QueryInterrupted):
                    found = await counted(
                        f"SELECT count(*) FROM [{table}]", custom_time_limit=limit, log_sql_errors=False
                    )
                    counts[table] = found.rows[0][0]
        return counts

    database.table_counts = table_counts


def _use_our_plugin_alone() -> None:
    """Other plugins that happen to be installed may open other doors; Datasette's own page of an error prints
    all local variables."""
    for other, _ in pm.list_plugin_distinfo():
        if pm.is_registered(other):
            pm.unregister(other)
    if pm.get_plugin("datasette.handle_exception") is not None:
        pm.unregister(name="datasette.handle_exception")
    if not pm.is_registered(plugin):
        pm.register(plugin)
