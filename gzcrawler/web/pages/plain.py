"""What is no page: static files, robots.txt."""

from __future__ import annotations

from hashlib import sha256
from importlib.resources import files
from typing import TYPE_CHECKING

from gzcrawler.web.visits import Answer, PageNotFound

if TYPE_CHECKING:
    from gzcrawler.web.visits import Visit

__all__ = ["STATIC", "robots", "static_file", "static_version"]

_MEDIA_TYPES = {
    "css": "text/css; charset=utf-8",
    "svg": "image/svg+xml",
    "png": "image/png",
    "ico": "image/x-icon",
}

STATIC = {
    file.name: file.read_bytes()
    for file in files("gzcrawler.web").joinpath("static").iterdir()
    if file.name.rpartition(".")[2] in _MEDIA_TYPES
}
"""Name -> content; read once, since they come with the package."""


def static_version(name: str) -> str:
    """What tells one content of a file from another, for its address."""
    return sha256(STATIC[name]).hexdigest()[:10]


def static_file(visit: Visit) -> Answer:
    """A file of the interface."""
    name = visit.parts["name"]
    if name not in STATIC:
        raise PageNotFound
    lasting = visit.query.text("v") == static_version(name)
    return Answer(
        body=STATIC[name],
        media_type=_MEDIA_TYPES[name.rpartition(".")[2]],
        headers={"Cache-Control": "public, max-age=31536000, immutable" if lasting else "max-age=300"},
    )


def robots(visit: Visit) -> Answer:
    """An archive competes with no portal for readers: it asks not to be indexed."""
    del visit
    return Answer.of_text("User-agent: *\nDisallow: /\n")
