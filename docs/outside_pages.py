"""mkdocs' hook: CHANGELOG and CONTRIBUTING, which lie beside README where people look for them, as pages of the site."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

ROOT = Path(__file__).parents[1]
PAGES = {"CHANGELOG.md": "changelog.md", "CONTRIBUTING.md": "contributing.md"}
"""File beside README -> page of the site."""


def on_files(files: Files, config: Any) -> Files:
    """Add them, their links turned to where they then lie."""
    for name, page in PAGES.items():
        text = (ROOT / name).read_text("utf-8").replace("](docs/", "](")
        files.append(File.generated(config, page, content=turned(text, "")))
    return files


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Turn links that lead to them from the other pages."""
    return turned(markdown, "../")


def turned(text: str, before: str) -> str:
    """Links to the files as links to the pages; to the README, as links to the first page."""
    targets = PAGES | {"README.md": "index.md"}
    return re.sub(
        rf"\]\({re.escape(before)}({'|'.join(map(re.escape, targets))})",
        lambda found: f"]({targets[found[1]]}",
        text,
    )
