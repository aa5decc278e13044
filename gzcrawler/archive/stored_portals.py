"""Portal maps in the archive: an archive explains its own addresses, without the map's file."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import TYPE_CHECKING

from gzcrawler.errors import ArchiveDamagedError
from gzcrawler.portals import builtin_portals, load_portal, parse_portal

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping
    from typing import Any

    from gzcrawler.portals import Portal

__all__ = ["portal_of_map", "store_portal", "stored_portal"]


def store_portal(connection: sqlite3.Connection, portal: Portal) -> None:
    """Keep a portal's map, in the place of an earlier one of that name."""
    connection.execute(
        """INSERT INTO portals (name, digest, map) VALUES (?, ?, ?)
        ON CONFLICT (name) DO UPDATE SET digest = excluded.digest, map = excluded.map""",
        (portal.name, portal.digest, json.dumps(portal.facts, ensure_ascii=False, default=str)),
    )


def stored_portal(connection: sqlite3.Connection, name: str) -> Portal:
    """The portal of that name: the built-in map, or else the one that the archive keeps.

    Raises:
        ArchiveDamagedError: neither is there.
    """
    row = connection.execute("SELECT map FROM portals WHERE name = ?", (name,)).fetchone()
    if row is None and name not in builtin_portals():
        raise ArchiveDamagedError(f"the map of portal {name!r} is missing from the archive")
    return _portal_of_text(name, row[0] if row else "{}")


@lru_cache(maxsize=32)
def _portal_of_text(name: str, facts: str) -> Portal:
    """Reading a map takes some 20 ms, and what serves pages asks for it with each."""
    return portal_of_map(name, json.loads(facts))


def portal_of_map(name: str, facts: Mapping[str, Any]) -> Portal:
    """The built-in portal of that name as it is today, or else the one that these facts make."""
    if name in builtin_portals():
        return load_portal(name)
    return parse_portal(dict(facts), origin=f"map of portal {name!r} in the archive")
