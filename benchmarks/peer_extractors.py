"""What other extractors make of pages; run by reading_quality.py with the interpreter that has them.

Reads JSON lines ``{"url", "file"}`` from stdin, writes a line ``{"peer", "text", "title", "published", "authors"}``
for each page and each peer that is installed, and imports nothing of gzcrawler. What a peer does not give is null.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import json
import logging
import re
import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Extractor = Callable[[bytes, str], dict[str, Any]]

_TAG = re.compile(r"<[^>]+>")


def _text(payload: bytes) -> str:
    """For peers that want text: the charset that the page declares, as a browser would."""
    declared = re.search(rb"charset=[\"']?([\w-]+)", payload[:2048])
    name = declared[1].decode().lower() if declared else "utf-8"
    try:
        return payload.decode("gb18030" if name.startswith("gb") else name, "replace")
    except LookupError:
        return payload.decode("utf-8", "replace")


def trafilatura() -> Extractor:
    """Text and metadata."""
    module = importlib.import_module("trafilatura")

    def extract(payload: bytes, url: str) -> dict[str, Any]:
        found = module.bare_extraction(payload, url=url, with_metadata=True, include_comments=False)
        if found is None:
            return {}
        authors = [name.strip() for name in (found.author or "").split(";") if name.strip()]
        return {"text": found.text, "title": found.title, "published": found.date, "authors": authors}

    return extract


def newspaper4k() -> Extractor:
    """Text and metadata; nothing is fetched."""
    module = importlib.import_module("newspaper")

    def extract(payload: bytes, url: str) -> dict[str, Any]:
        article = module.Article(url, fetch_images=False)
        article.download(input_html=_text(payload))
        article.parse()
        published = article.publish_date.date().isoformat() if article.publish_date else None
        return {
            "text": article.text,
            "title": article.title,
            "published": published,
            "authors": article.authors,
        }

    return extract


def news_please() -> Extractor:
    """Text and metadata."""
    please = importlib.import_module("newsplease").NewsPlease

    def extract(payload: bytes, url: str) -> dict[str, Any]:
        found = please.from_html(_text(payload), url=url, fetch_images=False)
        published = found.date_publish.date().isoformat() if found.date_publish else None
        return {
            "text": found.maintext,
            "title": found.title,
            "published": published,
            "authors": found.authors,
        }

    return extract


def readability() -> Extractor:
    """Title and text."""
    document = importlib.import_module("readability").Document

    def extract(payload: bytes, url: str) -> dict[str, Any]:
        page = document(_text(payload), url=url)
        return {"text": _TAG.sub(" ", page.summary(html_partial=True)), "title": page.short_title()}

    return extract


def goose() -> Extractor:
    """Text and metadata."""
    reader = importlib.import_module("goose3").Goose({"enable_image_fetching": False})

    def extract(payload: bytes, url: str) -> dict[str, Any]:
        found = reader.extract(raw_html=_text(payload), url=url)
        return {
            "text": found.cleaned_text,
            "title": found.title,
            "published": (found.publish_date or "")[:10] or None,
            "authors": list(found.authors),
        }

    return extract


def resiliparse() -> Extractor:
    """Text of the main content."""
    tree = importlib.import_module("resiliparse.parse.html").HTMLTree
    plain_text = importlib.import_module("resiliparse.extract.html2text").extract_plain_text

    def extract(payload: bytes, url: str) -> dict[str, Any]:
        page = tree.parse(_text(payload))
        return {"text": plain_text(page, main_content=True), "title": page.title}

    return extract


def htmldate() -> Extractor:
    """The date of publication."""
    module = importlib.import_module("htmldate")
    return lambda payload, url: {"published": module.find_date(_text(payload), url=url, original_date=True)}


PEERS: dict[str, Callable[[], Extractor]] = {
    "trafilatura": trafilatura,
    "newspaper4k": newspaper4k,
    "news-please": news_please,
    "readability-lxml": readability,
    "goose3": goose,
    "resiliparse": resiliparse,
    "htmldate": htmldate,
}


def installed() -> Iterator[tuple[str, Extractor]]:
    """Peers at hand, with their versions in their names."""
    for name, make in PEERS.items():
        try:
            yield f"{name} {importlib.metadata.version(name)}", make()
        except ImportError:
            print(f"{name}: is not installed, and left out", file=sys.stderr)


def main() -> None:
    """Answer for each page on stdin."""
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    peers = dict(installed())
    for line in sys.stdin:
        page = json.loads(line)
        payload = Path(page["file"]).read_bytes()
        for name, extract in peers.items():
            try:
                found = extract(payload, page["url"])
            except Exception as error:  # peers raise what they like; a page that breaks one is a miss of its
                found = {"error": type(error).__name__}
            print(json.dumps({"peer": name} | found), flush=False)


if __name__ == "__main__":
    main()
