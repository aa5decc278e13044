"""Which release does the work: another one, or another parser, would read the same pages otherwise."""

from __future__ import annotations

import platform
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

from lxml import etree

from gzcrawler._version import __version__

__all__ = ["Release", "own_release"]

Release = dict[str, str]
"""What it is of -> version; equal where the same pages read the same."""


@lru_cache
def own_release() -> Release:
    """Of this process."""
    libxml = ".".join(map(str, etree.LIBXML_VERSION))
    return {
        "gzcrawler": __version__,
        "Python": ".".join(platform.python_version_tuple()[:2]),
        "lxml": f"{etree.__version__} with libxml2 {libxml}",
        "gzcrawler's code": _digest_of_code(),
    }


def _digest_of_code() -> str:
    """Two states of the source may bear one version: of a checkout, or with a patch in it."""
    package = Path(__file__).parents[1]
    digest = sha256()
    for path in sorted([*package.rglob("*.py"), *package.rglob("*.toml")]):
        digest.update(f"{path.relative_to(package)}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]
