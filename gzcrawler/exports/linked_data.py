"""Articles as schema.org NewsArticle in JSON-LD: one document with a graph, an article a line."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gzcrawler.exports.compression import Sink

__all__ = ["as_news_article", "write_linked_data"]


def write_linked_data(sink: Sink, articles: Iterable[dict[str, Any]]) -> None:
    """Write the document; `articles` are record and envelope of each."""
    sink.write(b'{"@context":"https://schema.org","@graph":[')
    separator = b"\n"
    for article in articles:
        line = json.dumps(as_news_article(article), ensure_ascii=False, separators=(",", ":"))
        sink.write(separator + line.encode())
        separator = b",\n"
    sink.write(b"\n]}\n")


def as_news_article(article: dict[str, Any]) -> dict[str, Any]:
    """One article in schema.org's words; what is not known is left out."""
    envelope = article["envelope"]
    node: dict[str, Any] = {
        "@type": "NewsArticle",
        "@id": article["canonical_url"],
        "identifier": article["id"],
        "url": article["canonical_url"],
        "headline": article["title"],
        "inLanguage": article["language"],
        "datePublished": article["published"],
        "dateModified": envelope["captured_at"] if envelope["revision"] > 1 else None,
        "articleSection": [step["name"] for step in article["breadcrumbs"][1:]],
        "author": [{"@type": "Person", "name": name} for name in article["authors"]],
        "sourceOrganization": article["source"] and {"@type": "Organization", "name": article["source"]},
        "image": [_image(image) for image in article["images"]],
        "video": [{"@type": "VideoObject", "contentUrl": video["url"]} for video in article["videos"]],
        "associatedMedia": [
            {"@type": "MediaObject", "contentUrl": file["url"]}
            | ({"name": file["name"]} if file["name"] else {})
            for file in article["attachments"]
        ],
        "articleBody": "\n\n".join(article["body"]),
        "creativeWorkStatus": "Removed" if envelope["state"] == "gone" else None,
        "archivedAt": f"urn:gzcrawler:warc:{envelope['warc']}",
        "sha256": envelope["payload_digest"].removeprefix("sha256:"),
    }
    return {name: value for name, value in node.items() if value not in (None, "", [])}


def _image(image: dict[str, Any]) -> dict[str, Any]:
    node = {
        "@type": "ImageObject",
        "contentUrl": image["url"],
        "caption": image["caption"],
        "creditText": image["credit"],
    }
    return {name: value for name, value in node.items() if value}
