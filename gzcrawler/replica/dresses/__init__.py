"""The dresses of the replica: how pages look, one module each."""

from gzcrawler.replica.dresses import (
    general_bureau,
    general_portal,
    general_slim,
    subsite_art,
    subsite_cells,
    subsite_main,
)
from gzcrawler.replica.dresses.dress import Dress, Form

__all__ = ["GENERAL", "SUBSITE", "Dress", "Form"]

SUBSITE: tuple[Dress, ...] = (subsite_cells.DRESS, subsite_art.DRESS, subsite_main.DRESS)
"""Dresses of the sub-site (G1 articles, G2 lists), oldest first."""
GENERAL: tuple[Dress, ...] = (general_portal.DRESS, general_bureau.DRESS, general_slim.DRESS)
"""Dresses of the newer platform (G3 articles and lists)."""
