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
    from collections.abc import Callable, Iterable, Mapping

    from gzcrawler.archive.viewpoint import StandingArticle
    from gzcrawler.exports.compression import Sink

__all__ = ["News", "Served", "latest_news", "write_feed"]

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


@dataclass(frozen=True, kw_only=True, slots=True)
class Served:
    """Where a feed is asked for again, where its archive is shown; absolute addresses."""

    feed: str
    home: str
    article: Callable[[str], str]
    """Of an article's page, by its id."""


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


def write_feed(
    sink: Sink,
    news: Iterable[News],
    identity: Mapping[str, Any],
    portals: Iterable[str],
    served: Served | None = None,
) -> None:
    """Write the feed; its own moment is that of its last entry, or what it is as of.

    Args:
        sink: where to.
        news: the last first.
        identity: what it is as of, and what was left out.
        portals: by their names.
        served: entries lead to the archive's own pages there, and name the portal's beside them; else to the portal's.
    """
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
{_feed_links(served)}<generator version="{__version__}">gzcrawler</generator>
""".encode()
    )
    for item in entries:
        sink.write(_entry(item, served).encode())
    sink.write(b"</feed>\n")


def _feed_links(served: Served | None) -> str:
    if served is None:
        return ""
    return (
        f'<link rel="self" type="application/atom+xml" href={_attribute(served.feed)}/>\n'
        f'<link rel="alternate" type="text/html" href={_attribute(served.home)}/>\n'
    )


def _entry_links(record: Mapping[str, Any], article_id: str, served: Served | None) -> list[str]:
    portal = _attribute(record["canonical_url"])
    if served is None:
        return [f'<link rel="alternate" href={portal}/>']
    shown = _attribute(served.article(article_id))
    return [
        f'<link rel="alternate" type="text/html" href={shown}/>',
        f'<link rel="via" href={portal}/>',
    ]


def _entry(news: News, served: Served | None) -> str:
    record = json.loads(news.article.record)
    title = f"[{news.change}] {record['title']}" if news.change != "new" else record["title"]
    summary = " ".join(record["body"])
    if len(summary) > _SUMMARY:
        summary = summary[:_SUMMARY].rsplit(" ", 1)[0] + " …"
    lines = [
        f"<entry xml:lang={_attribute(record['language'])}>" if record["language"] else "<entry>",
        f"<id>{_urn(news.article_id)}</id>",
        f"<title>{_text(title)}</title>",
        *_entry_links(record, news.article_id, served),
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
