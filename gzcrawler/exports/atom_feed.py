"""What is new, changed and removed, as an Atom feed (RFC 4287)."""

from __future__ import annotations

import heapq
import json
import re
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape, quoteattr

from gzcrawler._version import __version__

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from gzcrawler.archive.viewpoint import StandingArticle
    from gzcrawler.exports.compression import Sink

__all__ = ["latest_news", "write_feed"]

_SUMMARY = 400
"""Characters of the text that an entry shows."""
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that no XML document may hold."""


@dataclass(frozen=True, order=True, slots=True)
class News:
    """The last thing that happened to an article."""

    moment: str
    article_id: str
    change: str
    """``new``, ``changed`` or ``removed``."""
    article: StandingArticle


def latest_news(articles: Iterable[StandingArticle], *, since: str | None, most: int) -> list[News]:
    """The latest news, the last first; at most so many, after a moment where one is given."""
    found = (news for article in articles if (news := _news(article)).moment > (since or ""))
    return heapq.nlargest(most, found, key=lambda news: (news.moment, news.article_id))


def _news(article: StandingArticle) -> News:
    envelope = article.envelope
    if envelope.state == "gone" and envelope.gone_since:
        return News(envelope.gone_since, article.id, "removed", article)
    if envelope.revision > 1:
        return News(envelope.captured_at, article.id, "changed", article)
    return News(envelope.first_seen, article.id, "new", article)


def write_feed(sink: Sink, news: Iterable[News], identity: Mapping[str, Any], portals: Iterable[str]) -> None:
    """Write the feed; its own moment is that of its last entry, or what it is as of."""
    entries = list(news)
    names = ", ".join(portals)
    updated = entries[0].moment if entries else identity["as_of"]
    feed_id = _urn(json.dumps([names, identity["filters"]]))
    sink.write(
        f"""<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom">
<id>{feed_id}</id>
<title>{_text(names)}: new, changed and removed articles</title>
<updated>{updated}</updated>
<author><name>{_text(names)}</name></author>
<generator version="{__version__}">gzcrawler</generator>
""".encode()
    )
    for item in entries:
        sink.write(_entry(item).encode())
    sink.write(b"</feed>\n")


def _entry(news: News) -> str:
    record = json.loads(news.article.record)
    title = f"[{news.change}] {record['title']}" if news.change != "new" else record["title"]
    summary = " ".join(record["body"])
    if len(summary) > _SUMMARY:
        summary = summary[:_SUMMARY].rsplit(" ", 1)[0] + " …"
    lines = [
        "<entry>",
        f"<id>{_urn(news.article_id)}</id>",
        f"<title>{_text(title)}</title>",
        f'<link rel="alternate" href={_attribute(record["canonical_url"])}/>',
        f"<published>{news.article.envelope.first_seen}</published>",
        f"<updated>{news.moment}</updated>",
        f'<category term="{news.change}"/>',
        *(f"<author><name>{_text(name)}</name></author>" for name in record["authors"]),
        f"<summary>{_text(summary or record['title'])}</summary>",
        "</entry>",
    ]
    return "\n".join(lines) + "\n"


def _urn(name: str) -> str:
    """An id that stays the same wherever the article moves."""
    return f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, f'urn:gzcrawler:{name}')}"


def _text(text: str) -> str:
    return escape(_NO_XML.sub("\ufffd", text))


def _attribute(text: str) -> str:
    return quoteattr(_NO_XML.sub("\ufffd", text))
