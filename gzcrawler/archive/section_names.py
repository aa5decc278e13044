"""What sections are called: the name that a list printed last, else the map's, else the key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gzcrawler.archive.stored_portals import stored_portal

if TYPE_CHECKING:
    import sqlite3

__all__ = ["SectionKey", "section_labels"]

SectionKey = tuple[str, str]
"""Portal, and the section's key in its map."""


def section_labels(connection: sqlite3.Connection) -> dict[SectionKey, str]:
    """A label for each section of each portal, no two alike.

    Args:
        connection: reads the archive.

    Returns:
        The sections in the order of their portals' maps, then those that only addresses name.
    """
    portals = [name for (name,) in connection.execute("SELECT name FROM portals ORDER BY name").fetchall()]
    labels: dict[SectionKey, str] = {}
    for portal in portals:
        for section in stored_portal(connection, portal).sections:
            labels[portal, section.key] = section.names[0] if section.names else section.key
    for portal, key, name in connection.execute(
        "SELECT portal, key, name FROM sections ORDER BY portal, key, named_at"
    ).fetchall():
        labels[portal, key] = name
    several = len(portals) > 1
    taken: set[str] = set()
    for (portal, key), name in labels.items():
        label = f"{portal}: {name}" if several else name
        # Two districts both call a section `Latest`.
        labels[portal, key] = label if label not in taken else f"{label} ({key})"
        taken.add(labels[portal, key])
    return labels
