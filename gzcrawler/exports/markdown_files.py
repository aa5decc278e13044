"""A Markdown file an article, with front matter, and the pictures that the archive holds."""

from __future__ import annotations

import json
import re
from hashlib import sha256
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from gzcrawler.archive.stored_payloads import StoredPayloads
from gzcrawler.errors import ArchiveDamagedError
from gzcrawler.exports.markdown_text import as_markdown

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from gzcrawler.archive.viewpoint import ArchiveView

__all__ = ["article_as_markdown", "write_markdown"]

_FRONT = ("id", "title", "published", "source", "authors", "language", "edition", "canonical_url")
_ENVELOPE = ("state", "revision", "first_seen", "last_verified", "gone_since", "content_digest", "warc")
_PICTURE = """SELECT c.payload_digest FROM pages p JOIN captures c ON c.page_id = p.id
    WHERE p.canonical_url = ? AND c.kind = 'asset' AND c.length > 0 AND c.truncated IS NULL
        AND c.captured_at <= ? AND c.recorded_at <= ?
    ORDER BY c.captured_at DESC, c.payload_digest LIMIT 1"""


def write_markdown(folder: Path, articles: Iterable[dict[str, Any]], view: ArchiveView) -> None:
    """Write ``<portal>/<id>.md`` for each article, and its pictures into ``<portal>/images/``."""
    payloads = StoredPayloads(view.connection, view.directory)
    for article in articles:
        portal, _, name = article["id"].partition(":")
        place = folder / portal
        (place / "images").mkdir(parents=True, exist_ok=True)
        pictures = {}
        for image in article["images"]:
            stored = _picture(image["url"], view, payloads)
            if stored is not None:
                file = _picture_name(image["url"])
                (place / "images" / file).write_bytes(stored)
                pictures[image["url"]] = f"images/{file}"
        (place / f"{_safe(name)}.md").write_text(article_as_markdown(article, pictures), "utf-8")


def _picture(url: str, view: ArchiveView, payloads: StoredPayloads) -> bytes | None:
    """The bytes of a picture as last captured by then; None where it was not."""
    canonical = view.connection.execute(
        "SELECT canonical_url FROM images WHERE url = ? AND canonical_url IS NOT NULL LIMIT 1", (url,)
    ).fetchone()
    moments = (view.viewpoint.as_of, view.viewpoint.known_at)
    row = view.connection.execute(_PICTURE, (canonical[0] if canonical else url, *moments)).fetchone()
    if row is None:
        return None
    try:
        return payloads.read(row[0])
    except ArchiveDamagedError:
        return None  # `verify` tells of it; the article is still worth having


def _picture_name(url: str) -> str:
    """Unlike for unlike addresses, and still to be recognised."""
    return f"{sha256(url.encode()).hexdigest()[:12]}-{_safe(urlsplit(url).path.rpartition('/')[2])[-60:]}"


def _safe(name: str) -> str:
    return re.sub(r"[^\w.-]", "_", name) or "_"


def article_as_markdown(article: dict[str, Any], pictures: dict[str, str]) -> str:
    """An article with its facts in front.

    Args:
        article: record and envelope.
        pictures: address -> where the picture lies; others are linked to where they were.
    """
    # JSON is YAML, so that no title can break the front matter.
    facts = {name: article[name] for name in _FRONT} | {name: article["envelope"][name] for name in _ENVELOPE}
    facts["section"] = [step["name"] for step in article["breadcrumbs"]]
    front = "".join(f"{name}: {json.dumps(value, ensure_ascii=False)}\n" for name, value in facts.items())
    title = re.sub(r"([\\`*_\[\]<>])", r"\\\1", article["title"])
    body = as_markdown(article["body_html"] or "", pictures)
    return f"---\n{front}---\n\n# {title}\n\n{body}\n"
