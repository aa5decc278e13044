"""The records: what a page says, and what one fetch of it was.

Frozen, keyword-only; each field names its unit and its source. `docs/record.md` explains every
field for those who fill it. Absent is ``None`` or ``()``, never ``""``.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

import orjson

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

__all__ = [
    "Article",
    "Attachment",
    "Breadcrumb",
    "Capture",
    "Edition",
    "Image",
    "InlineLink",
    "Listing",
    "ListingEntry",
    "OtherPage",
    "Page",
    "Reading",
    "RelatedLink",
    "Video",
    "digest_bytes",
    "join_parts",
]

SCHEMA = 1
"""Version of the record's shape. Raised when a field changes its meaning, never for new fields."""

OtherKind = Literal["home", "removed", "challenge", "redirect", "robots", "asset", "unknown"]


def digest_bytes(data: bytes) -> str:
    """Digest of bytes, labelled: ``sha256:<64 hex digits>``."""
    return "sha256:" + hashlib.sha256(data).hexdigest()


@dataclass(frozen=True, kw_only=True, slots=True)
class Breadcrumb:
    """One step of the trail over the title. Source: the page's own trail, root first."""

    name: str
    url: str | None = None
    """Absolute address of the step, or None where it is plain text."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Image:
    """A picture of the story, not of the template."""

    url: str
    caption: str | None = None
    """The sentence(s) that belong to the picture, without the credit."""
    credit: str | None = None
    """What stands in the credit's brackets, as printed: ``Photo by NAME/Agency``."""
    raw_caption: str | None = None
    """Caption and credit as printed, blanks squashed."""
    position: int = 0
    """How many body blocks stand before the picture."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Video:
    """A film of the story."""

    url: str
    credit: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Attachment:
    """A file offered for download with the story."""

    url: str
    name: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class RelatedLink:
    """A link that the page offers under or beside the story."""

    url: str
    title: str
    scope: Literal["article", "site"]
    """``article``: this story's own; ``site``: shown by the whole site (the slider)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class InlineLink:
    """A link inside the body's text."""

    url: str
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Edition:
    """The same page or portal in another language."""

    url: str
    language: str
    """BCP 47: ``en``, ``zh-Hans``, ``zh-Hant``, ``ja`` …"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Article:
    """One story, as a page tells it at one moment. Source: the captured bytes alone."""

    id: str
    """``<portal>:<content id>``, one id space a CMS instance."""
    portal: str
    edition: str
    language: str
    """BCP 47 language of the text."""
    url: str
    """The address that was asked."""
    canonical_url: str
    title: str
    published: str | None = None
    """ISO 8601: a date (that day at +08:00), or a time with offset."""
    published_precision: Literal["day", "minute", "second"] | None = None
    published_raw: str | None = None
    """As printed, blanks squashed, with its label."""
    published_from: Literal["head line", "meta", "address"] | None = None
    source: str | None = None
    authors: tuple[str, ...] = ()
    breadcrumbs: tuple[Breadcrumb, ...] = ()
    body: tuple[str, ...] = ()
    """One string a block: paragraph, subhead, list item, table row (cells joined by a tab)."""
    body_html: str | None = None
    """The body, sanitized, blocks on lines of their own."""
    images: tuple[Image, ...] = ()
    videos: tuple[Video, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    related_links: tuple[RelatedLink, ...] = ()
    inline_links: tuple[InlineLink, ...] = ()
    editions: tuple[Edition, ...] = ()
    continued_on: tuple[str, ...] = ()
    """Address of each further page of the story, in order."""
    layout: str | None = None
    """Name of the layout (portal map) by which the page was recognised."""
    warnings: tuple[str, ...] = ()
    """``field: what is odd``, one each."""

    kind: Literal["article"] = field(default="article", init=False)

    def as_dict(self) -> dict[str, Any]:
        """The record in the shape of its JSON form, keys in the documented order."""
        return {
            "kind": "article",
            "schema": SCHEMA,
            "id": self.id,
            "portal": self.portal,
            "edition": self.edition,
            "language": self.language,
            "url": self.url,
            "canonical_url": self.canonical_url,
            "title": self.title,
            "published": self.published,
            "published_precision": self.published_precision,
            "published_raw": self.published_raw,
            "published_from": self.published_from,
            "source": self.source,
            "authors": list(self.authors),
            "breadcrumbs": [{"name": b.name, "url": b.url} for b in self.breadcrumbs],
            "body": list(self.body),
            "body_html": self.body_html,
            "images": [
                {
                    "url": i.url,
                    "caption": i.caption,
                    "credit": i.credit,
                    "raw_caption": i.raw_caption,
                    "position": i.position,
                }
                for i in self.images
            ],
            "videos": [{"url": v.url, "credit": v.credit} for v in self.videos],
            "attachments": [{"url": a.url, "name": a.name} for a in self.attachments],
            "related_links": [{"url": r.url, "title": r.title, "scope": r.scope} for r in self.related_links],
            "inline_links": [{"url": n.url, "text": n.text} for n in self.inline_links],
            "editions": [{"url": e.url, "language": e.language} for e in self.editions],
            "continued_on": list(self.continued_on),
            "layout": self.layout,
            "warnings": list(self.warnings),
        }

    @classmethod
    def from_dict(cls, record: dict[str, Any]) -> Article:
        """The inverse of `as_dict`; unknown keys (the envelope) are ignored."""
        return cls(
            **{name: record[name] for name in _SCALARS},
            authors=tuple(record["authors"]),
            breadcrumbs=tuple(Breadcrumb(**b) for b in record["breadcrumbs"]),
            body=tuple(record["body"]),
            images=tuple(Image(**i) for i in record["images"]),
            videos=tuple(Video(**v) for v in record["videos"]),
            attachments=tuple(Attachment(**a) for a in record["attachments"]),
            related_links=tuple(RelatedLink(**r) for r in record["related_links"]),
            inline_links=tuple(InlineLink(**n) for n in record["inline_links"]),
            editions=tuple(Edition(**e) for e in record["editions"]),
            continued_on=tuple(record["continued_on"]),
            warnings=tuple(record["warnings"]),
        )

    @property
    def content_digest(self) -> str:
        """Would a reader see a change? Over title, date, source, authors, body, captions and credits."""
        return _digest_json(
            [
                self.title,
                self.published,
                self.source,
                self.authors,
                self.body,
                [(image.caption, image.credit) for image in self.images],
                [video.credit for video in self.videos],
            ]
        )


_SCALARS = (
    "id",
    "portal",
    "edition",
    "language",
    "url",
    "canonical_url",
    "title",
    "published",
    "published_precision",
    "published_raw",
    "published_from",
    "source",
    "body_html",
    "layout",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class ListingEntry:
    """One item of a list, as the list shows it."""

    url: str
    """Absolute address, as linked."""
    title: str
    summary: str | None = None
    date: str | None = None
    """ISO 8601 date, where the list prints a whole one."""
    position: int
    """0 for the first item of this list page."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Listing:
    """One page of a list of articles."""

    section: str | None
    """Key of the section in the portal map, from the address."""
    entries: tuple[ListingEntry, ...] = ()
    next: str | None = None
    """Absolute address of the next (older) page of the list."""
    title: str | None = None
    """Name of the section as the page prints it; sections get renamed, so it is never a key."""

    kind: Literal["listing"] = field(default="listing", init=False)

    def as_dict(self) -> dict[str, Any]:
        """The record in the shape of its JSON form."""
        return {
            "kind": "listing",
            "section": self.section,
            "title": self.title,
            "entries": [
                {"url": e.url, "title": e.title, "summary": e.summary, "date": e.date, "position": e.position}
                for e in self.entries
            ],
            "next": self.next,
        }

    @property
    def content_digest(self) -> str:
        """Over the entries in their order: what stood where."""
        return _digest_json([(e.url, e.title, e.date) for e in self.entries])


@dataclass(frozen=True, kw_only=True, slots=True)
class OtherPage:
    """A page that is neither article nor list."""

    kind: OtherKind
    because: str
    """The evidence, as a sentence part: ``status 404``, ``redirect to the home page``."""
    target: str | None = None
    """Absolute address that a redirect leads to."""

    def as_dict(self) -> dict[str, Any]:
        """The record in the shape of its JSON form."""
        return {"kind": self.kind, "because": self.because} | ({"target": self.target} if self.target else {})


Page = Article | Listing | OtherPage


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """All that one capture says: the record, and the addresses found on the page."""

    page: Page
    discovered: tuple[str, ...] = ()
    """Absolute addresses of the page's links (anchors, and a story's images and files), as linked, in
    order, each once, not yet judged against the map."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Capture:
    """One fetch of one address. Source: the HTTP exchange, before any reading."""

    url: str
    """The address that was asked."""
    captured_at: datetime
    """When the last byte arrived. Aware, UTC."""
    status: int
    """HTTP status code."""
    payload: bytes = b""
    """The body as received: content encoding kept, transfer encoding undone."""
    request_headers: tuple[tuple[str, str], ...] = ()
    response_headers: tuple[tuple[str, str], ...] = ()
    """In the case and order of the wire."""
    reason: str | None = None
    """Reason phrase of the status line."""
    ip_address: str | None = None
    truncated: Literal["length", "time", "disconnect"] | None = None
    """Why the payload is not whole, in the words of ``WARC-Truncated``."""
    via: Literal["live", "warc", "wayback"] = "live"
    """How it came."""
    original_id: str | None = None
    """Of one that was not fetched live: what it is called where it came from. Of ``warc`` the
    ``WARC-Record-ID`` without its brackets, ``urn:uuid:…``; of ``wayback`` the address of the memento."""
    repeats: str | None = None
    """Of a 304: digest of the payload that the validators sent with the request belong to."""

    def header(self, name: str) -> str | None:
        """First value of a response header, by name in any case; None where it was not sent."""
        wanted = name.lower()
        for key, value in self.response_headers:
            if key.lower() == wanted:
                return value
        return None

    @property
    def payload_digest(self) -> str:
        """Are these the same bytes? Over the payload as received."""
        return digest_bytes(self.payload)


def join_parts(parts: Sequence[Article]) -> Article:
    """One record of a continued article.

    Args:
        parts: the readings of its pages in order, the first page first.

    Returns:
        The first page's record with the bodies, pictures, films, files and links of all; picture
        positions count over the joined body; `continued_on` as the pages together name it.
    """
    head = parts[0]
    body: list[str] = []
    images: list[Image] = []
    for part in parts:
        images.extend(replace(image, position=image.position + len(body)) for image in part.images)
        body.extend(part.body)
    return replace(
        head,
        body=tuple(body),
        body_html="\n".join(part.body_html for part in parts if part.body_html) or None,
        images=tuple(images),
        videos=tuple(video for part in parts for video in part.videos),
        attachments=tuple(dict.fromkeys(a for part in parts for a in part.attachments)),
        related_links=tuple(dict.fromkeys(r for part in parts for r in part.related_links)),
        inline_links=tuple(n for part in parts for n in part.inline_links),
        warnings=tuple(dict.fromkeys(w for part in parts for w in part.warnings)),
    )


def _digest_json(value: object) -> str:
    return digest_bytes(orjson.dumps(value))
