"""One article: as a reader wants it, with its evidence beside it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gzcrawler.errors import UnknownArticleError
from gzcrawler.exports.markdown_files import article_as_markdown
from gzcrawler.web.citations import Citation
from gzcrawler.web.evidence import (
    addresses_of,
    article_captures,
    articles_at,
    links_in,
    links_out,
    neighbours,
)
from gzcrawler.web.stored_files import canonical_urls, portal_of, stored_digests
from gzcrawler.web.story import Link, is_web_address, story_html
from gzcrawler.web.texts import text
from gzcrawler.web.visits import Answer, PageGone, PageNotFound

if TYPE_CHECKING:
    from gzcrawler.archive import StoredArticle, StoredRevision
    from gzcrawler.web.visits import Visit

__all__ = ["article", "article_of", "as_bibtex", "as_json", "as_markdown_file"]

_CAPTURES_SHOWN = 20
_CAPTURES_AT_MOST = 2_000


@dataclass(frozen=True, kw_only=True)
class Standing:
    """One revision of an article, as it is shown."""

    article: StoredArticle
    record: dict[str, Any]
    number: int
    captured_at: str
    """First capture that showed it so."""
    content_digest: str
    revisions: list[StoredRevision]
    record_id: str
    """WARC record of that capture."""
    payload_digest: str
    warc_file: str
    warc_offset: int
    via: str
    """How that capture came."""
    original_id: str | None

    @property
    def is_current(self) -> bool:
        """Is it the revision that stands?"""
        return bool(self.number == self.article["envelope"]["revision"])


def article(visit: Visit) -> Answer:
    """The article's page; ``?revision=1`` shows it as it was then, ``?captures=all`` all that were taken."""
    found = article_of(visit)
    if isinstance(found, Answer):
        return found
    standing = _standing(visit, found)
    connection = visit.archive.connection
    every = visit.query.one_of("captures", ("", "all")) == "all"
    captures, number = article_captures(
        connection, found.id, most=_CAPTURES_AT_MOST if every else _CAPTURES_SHOWN
    )
    inward, sliders = links_in(connection, found.id)
    outward = links_out(connection, found.id)
    record = standing.record
    portal = portal_of(connection, record["portal"])
    files = [item["url"] for name in ("attachments", "videos") for item in record[name]]
    canonical = canonical_urls(portal, files)
    stored = stored_digests(connection, canonical.values())
    return visit.render(
        "article.html",
        standing=standing,
        article=found,
        record=record,
        envelope=found["envelope"],
        gone_since=_gone_since(visit, found.id),
        confirmed_at=_confirmed_at(visit, found.id),
        story=_story(visit, record),
        captures=captures,
        captures_number=number,
        addresses=addresses_of(connection, found.id),
        neighbours=neighbours(
            connection, article_id=found.id, edition=record["edition"], published=record["published"]
        ),
        related=[link for link in outward if link.scope == "article"],
        outward=[link for link in outward if link.scope in ("inline", "site")],
        inward=inward,
        sliders=sliders,
        stored={url: stored[key] for url, key in canonical.items() if key in stored},
        citation=_citation(visit, standing),
        is_web_address=is_web_address,
        verified_at=found["envelope"]["last_verified"],
    )


def as_json(visit: Visit) -> Answer:
    """The record with its envelope, as ``gzcrawler show --json`` prints it."""
    found = article_of(visit, suffix=".json")
    if isinstance(found, Answer):
        return found
    standing = _standing(visit, found)
    return Answer.of_json(standing.record | {"envelope": _envelope(visit, standing)})


def as_markdown_file(visit: Visit) -> Answer:
    """The article as Markdown with its facts in front; pictures are linked to where they were."""
    found = article_of(visit, suffix=".md")
    if isinstance(found, Answer):
        return found
    standing = _standing(visit, found)
    record = standing.record | {"envelope": _envelope(visit, standing)}
    return Answer.of_text(article_as_markdown(record, {}), "text/markdown")


def as_bibtex(visit: Visit) -> Answer:
    """How it is cited."""
    found = article_of(visit, suffix=".bib")
    if isinstance(found, Answer):
        return found
    return Answer.of_text(_citation(visit, _standing(visit, found)).as_bibtex(), "text/x-bibtex")


def article_of(visit: Visit, suffix: str = "") -> StoredArticle | Answer:
    """The article that the path names by its id; by one of its addresses, a redirection to it.

    Raises:
        PageNotFound: there is none.
        PageGone: it was withdrawn.
    """
    key = visit.parts["id"]
    connection = visit.archive.connection
    if connection.execute("SELECT 1 FROM redactions WHERE article_id = ?", (key,)).fetchone():
        raise PageGone
    known = connection.execute("SELECT 1 FROM articles WHERE id = ?", (key,)).fetchone()
    if known is None and "://" not in key:
        raise PageNotFound
    try:
        found = visit.archive.article(key)
    except UnknownArticleError as error:
        raise PageNotFound from error
    if found.id != key:
        return Answer.redirect(visit.url("article", id=found.id) + suffix)
    return found


def _standing(visit: Visit, found: StoredArticle) -> Standing:
    revisions = found.revisions()
    current = found["envelope"]["revision"]
    number = visit.query.number("revision", current, most=len(revisions))
    chosen = revisions[number - 1]
    record = {name: value for name, value in found.items() if name != "envelope"}
    row = visit.archive.connection.execute(
        """SELECT c.record_id, c.payload_digest, w.name, c.warc_offset, c.via, c.original_id
        FROM revisions r JOIN captures c ON c.id = r.capture_id JOIN warc_files w ON w.id = c.warc_file_id
        WHERE r.article_id = ? AND r.number = ?""",
        (found.id, number),
    ).fetchone()
    return Standing(
        article=found,
        record=record if number == current else chosen.record,
        number=number,
        captured_at=chosen.first_seen,
        content_digest=chosen.content_digest,
        revisions=revisions,
        record_id=row[0],
        payload_digest=row[1],
        warc_file=row[2],
        warc_offset=row[3],
        via=row[4],
        original_id=row[5],
    )


def _envelope(visit: Visit, standing: Standing) -> dict[str, Any]:
    """Of the article as it is now, with the place of the revision that is shown."""
    envelope: dict[str, Any] = dict(standing.article["envelope"])
    return envelope | {
        "gone_since": _gone_since(visit, standing.article.id),
        "revision": standing.number,
        "captured_at": standing.captured_at,
        "content_digest": standing.content_digest,
        "payload_digest": standing.payload_digest,
        "warc": f"{standing.warc_file}:{standing.warc_offset}",
    }


def _gone_since(visit: Visit, article_id: str) -> str | None:
    row: tuple[str | None] = visit.archive.connection.execute(
        "SELECT gone_since FROM articles WHERE id = ?", (article_id,)
    ).fetchone()
    return row[0]


def _confirmed_at(visit: Visit, article_id: str) -> str | None:
    """Since when its being gone is confirmed."""
    row: tuple[str | None] = visit.archive.connection.execute(
        """SELECT min(c.confirmed_at) FROM articles a JOIN confirmations c ON c.article_id = a.id
        WHERE a.id = ? AND a.state = 'gone' AND c.confirmed_at >= a.gone_since""",
        (article_id,),
    ).fetchone()
    return row[0]


def _story(visit: Visit, record: dict[str, Any]) -> str:
    """The body; pictures and links lead into the archive where it has them."""
    connection = visit.archive.connection
    portal = portal_of(connection, record["portal"])
    links = [link["url"] for link in record["inline_links"]]
    canonical = canonical_urls(portal, [image["url"] for image in record["images"]] + links)
    digests = stored_digests(connection, canonical.values())
    articles = articles_at(connection, (canonical[url] for url in links))

    def picture(url: str) -> str | None:
        digest = digests.get(canonical.get(url, url))
        return visit.url("asset", digest=digest) if digest else None

    def link(url: str) -> Link | None:
        article_id = articles.get(canonical.get(url, url))
        if article_id is not None:
            return Link(visit.url("article", id=article_id), outside=False)
        return Link(url, outside=True) if is_web_address(url) else None

    missing = text("article.picture_missing", visit.language)
    return story_html(record["body_html"] or "", picture=picture, link=link, missing=missing)


def _citation(visit: Visit, standing: Standing) -> Citation:
    record = standing.record
    portal = portal_of(visit.archive.connection, record["portal"])
    return Citation(
        article_id=record["id"],
        title=record["title"],
        authors=tuple(record["authors"]),
        source=record["source"],
        published=record["published"],
        url=record["canonical_url"],
        portal=portal.title if portal is not None else record["portal"],
        captured_at=standing.captured_at,
        payload_digest=standing.payload_digest,
        content_digest=standing.content_digest,
        revision=standing.number,
        via=standing.via,
        original_id=standing.original_id,
    )
