"""Whether a map was ever proven on its live site, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gzcrawler.portals import Portal

__all__ = ["say_unverified", "verified_text"]


def verified_text(chosen: Portal) -> str:
    """Whether a map was proven on the live site, in a word or two."""
    if chosen.verified is None:
        return "not said"
    return str(chosen.verified) if chosen.verified else "never"


def say_unverified(portals: Iterable[Portal]) -> None:
    """Say on stderr which of these maps were never proven on the live site; nothing where all were."""
    names = [one.name for one in portals if one.verified is False]
    if names:
        whose = f"the map of {names[0]} was" if len(names) == 1 else f"the maps of {', '.join(names)} were"
        click.echo(
            f"{whose} never checked on the live site: `gzcrawler portal check {names[0]} --live` does",
            err=True,
        )
