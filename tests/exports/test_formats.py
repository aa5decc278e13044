"""Feeds, linked data, WACZ and Markdown: each as the readers of its kind expect it."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import re
import zipfile
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest
from archive_pages import OTHER_STORY, STORY, article_page, at, capture, gone, record
from lxml import etree
from warcio.archiveiterator import ArchiveIterator

from gzcrawler.exports.markdown_text import as_markdown

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gzcrawler.archive import Archive

    Export = Callable[..., Path]

ATOM = "{http://www.w3.org/2005/Atom}"


def articles(snapshot: Path) -> list[dict[str, Any]]:
    return json.loads(snapshot.read_bytes())["articles"]


@pytest.mark.parametrize("kind", ["atom", "jsonld", "wacz"])
def test_every_file_is_the_same_to_the_byte(kind: str, crawled: Path, export: Export) -> None:
    first, second = (export(crawled, "--as-of", "2026-01-25", kind=kind, to=f"out.{kind}") for _ in range(2))
    assert first.read_bytes() == second.read_bytes()
    assert first.with_name(f"{first.name}.manifest.json").exists()


def test_every_folder_is_the_same_to_the_byte(crawled: Path, export: Export) -> None:
    first, second = (export(crawled, kind="markdown", to="out") for _ in range(2))
    files = sorted(path.relative_to(first) for path in first.rglob("*") if path.is_file())
    assert files == sorted(path.relative_to(second) for path in second.rglob("*") if path.is_file())
    assert all((first / name).read_bytes() == (second / name).read_bytes() for name in files)


# -- Atom -------------------------------------------------------------------------------------------

_DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
_ONCE_AT_MOST = ("content", "generator", "icon", "logo", "published", "rights", "subtitle", "summary")


def atom_faults(feed: etree._Element) -> list[str]:
    """What RFC 4287 forbids of a feed, as far as this one could go wrong (sections 3.2, 3.3, 4.1, 4.2)."""
    faults = []
    ids = []
    for element in (feed, *feed.findall(f"{ATOM}entry")):
        name = element.findtext(f"{ATOM}id")
        ids.append(name)
        faults += [
            f"{name}: {tag} not once"
            for tag in ("id", "title", "updated")
            if len(element.findall(f"{ATOM}{tag}")) != 1
        ]
        faults += [
            f"{name}: {tag} twice" for tag in _ONCE_AT_MOST if len(element.findall(f"{ATOM}{tag}")) > 1
        ]
        for tag in ("updated", "published"):
            faults += [
                f"{name}: {tag}" for date in element.findall(f"{ATOM}{tag}") if not _DATE.fullmatch(date.text)
            ]
        faults += [
            f"{name}: an author without a name"
            for author in element.findall(f"{ATOM}author")
            if not author.findtext(f"{ATOM}name")
        ]
        if element is not feed and element.find(f"{ATOM}content") is None:
            alternates = [link for link in element.findall(f"{ATOM}link") if link.get("rel") == "alternate"]
            faults += [] if alternates else [f"{name}: neither content nor an alternate link"]
        faults += [
            f"{name}: a link without address"
            for link in element.findall(f"{ATOM}link")
            if not link.get("href")
        ]
        faults += [f"{name}: {c.tag}" for c in element.findall(f"{ATOM}category") if not c.get("term")]
    if not feed.findall(f"{ATOM}author"):
        faults.append("no author")
    faults += [f"{name}: is no IRI" for name in ids if not re.match(r"[a-z][a-z0-9+.-]*:\S+$", name or "")]
    if len(set(ids)) != len(ids):
        faults.append("an id twice")
    faults += [f"{e.tag}: not of Atom" for e in feed.iter() if not str(e.tag).startswith(ATOM)]
    return faults


def test_a_feed_keeps_the_rules_of_atom(crawled: Path, export: Export) -> None:
    feed = etree.fromstring(export(crawled, kind="atom", to="out.atom").read_bytes())
    assert atom_faults(feed) == []
    assert len(feed.findall(f"{ATOM}entry")) == 100


def test_a_feed_tells_new_from_changed_from_removed(
    write: Callable[..., Archive], export: Export, tmp_path: Path
) -> None:
    third = STORY.replace("c_321174", "c_321176")
    with write() as archive:
        record(
            archive,
            capture(STORY, article_page("A & <B>"), at(0)),
            capture(OTHER_STORY, article_page("B"), at(1)),
        )
        record(
            archive, capture(OTHER_STORY, article_page("C", title="Fish &amp; chips &lt;raw&gt;"), at(days=1))
        )
        record(archive, capture(third, article_page("D"), at(2)))
        record(archive, *(gone(third, at(days=days)) for days in (10, 14, 18)))
    out = export(tmp_path / "archive", kind="atom", to="out.atom")
    feed = etree.fromstring(out.read_bytes())
    assert atom_faults(feed) == []
    told = [
        (e.find(f"{ATOM}category").get("term"), e.findtext(f"{ATOM}title"), e.findtext(f"{ATOM}updated"))
        for e in feed.findall(f"{ATOM}entry")
    ]
    title = "Pump houses reopen by the river"
    assert told == [
        ("removed", f"[removed] {title}", "2026-01-25T01:00:00.000Z"),
        ("changed", "[changed] Fish & chips <raw>", "2026-01-16T01:00:00.000Z"),
        ("new", title, "2026-01-15T01:00:00.000Z"),
    ]
    assert feed.findtext(f"{ATOM}updated") == told[0][2]
    later = export(tmp_path / "archive", "--since", "2026-01-20", "--limit", "5", kind="atom", to="out.atom")
    assert len(etree.fromstring(later.read_bytes()).findall(f"{ATOM}entry")) == 1


def test_an_empty_feed_is_a_feed(crawled: Path, export: Export) -> None:
    feed = etree.fromstring(export(crawled, "--since", "2026-03-31", kind="atom", to="out.atom").read_bytes())
    assert (atom_faults(feed), feed.findall(f"{ATOM}entry")) == ([], [])


# -- JSON-LD ----------------------------------------------------------------------------------------


def test_linked_data_says_what_the_records_do(crawled: Path, export: Export) -> None:
    document = json.loads(export(crawled, kind="jsonld", to="out.jsonld").read_bytes())
    assert document["@context"] == "https://schema.org"
    for node, article in zip(document["@graph"], articles(export(crawled)), strict=True):
        assert node["@type"] == "NewsArticle"
        assert node["identifier"] == article["id"]
        assert node["headline"] == article["title"]
        assert node.get("articleBody", "") == "\n\n".join(article["body"])
        assert [author["name"] for author in node.get("author", [])] == article["authors"]
        assert [image["contentUrl"] for image in node.get("image", [])] == [
            i["url"] for i in article["images"]
        ]
        assert ("dateModified" in node) == (article["envelope"]["revision"] > 1)
        assert None not in node.values()
        if "datePublished" in node:
            datetime.fromisoformat(node["datePublished"])


# -- WACZ -------------------------------------------------------------------------------------------


def unpacked(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def test_a_wacz_is_packed_as_the_format_says(crawled: Path, export: Export) -> None:
    files = unpacked(export(crawled, kind="wacz", to="out.wacz"))
    package = json.loads(files["datapackage.json"])
    assert (package["profile"], package["wacz_version"]) == ("data-package", "1.1.1")
    for resource in package["resources"]:
        content = files[resource["path"]]
        assert resource["hash"] == f"sha256:{hashlib.sha256(content).hexdigest()}"
        assert resource["bytes"] == len(content)
    check = json.loads(files["datapackage-digest.json"])
    assert check["hash"] == f"sha256:{hashlib.sha256(files['datapackage.json']).hexdigest()}"
    assert {resource["path"] for resource in package["resources"]} == files.keys() - {
        "datapackage.json",
        "datapackage-digest.json",
    }
    pages = files["pages/pages.jsonl"].decode().splitlines()
    assert json.loads(pages[0])["format"] == "json-pages-1.0"
    assert [json.loads(line)["id"] for line in pages[1:]] == [a["id"] for a in articles(export(crawled))]


@pytest.mark.parametrize("options", [(), ("--state", "gone"), ("--as-of", "2026-01-20")], ids=str)
def test_a_wacz_index_leads_to_every_record(options: tuple[str, ...], crawled: Path, export: Export) -> None:
    files = unpacked(export(crawled, *options, kind="wacz", to="out.wacz"))
    data = files["archive/data.warc.gz"]
    lines = files["indexes/index.cdx"].decode().splitlines()
    assert lines == sorted(lines)
    stored, repeated = set(), set()
    for line in lines:
        _, timestamp, text = line.split(" ", 2)
        facts = json.loads(text)
        offset = int(facts["offset"])
        (found,) = ArchiveIterator(io.BytesIO(data[offset : offset + int(facts["length"])]))
        assert found.rec_headers.get_header("WARC-Target-URI") == facts["url"]
        assert re.sub(r"\D", "", found.rec_headers.get_header("WARC-Date"))[:14] == timestamp
        (repeated if facts["mime"] == "warc/revisit" else stored).add(facts["digest"])
    assert len(lines) == sum(1 for r in ArchiveIterator(io.BytesIO(data)) if r.rec_type != "warcinfo")
    assert repeated <= stored
    assert gzip.decompress(data).startswith(b"WARC/1.1\r\nWARC-Type: warcinfo")


def test_a_filtered_wacz_holds_the_captures_of_its_articles_alone(crawled: Path, export: Export) -> None:
    whole, part = (
        unpacked(export(crawled, *options, kind="wacz", to="out.wacz"))
        for options in ((), ("--state", "gone"))
    )
    assert len(part["archive/data.warc.gz"]) < len(whole["archive/data.warc.gz"]) / 10


# -- Markdown ---------------------------------------------------------------------------------------


def test_an_article_is_a_file_with_front_matter_and_its_pictures(crawled: Path, export: Export) -> None:
    folder = export(crawled, kind="markdown", to="out")
    found = articles(export(crawled))
    assert len(list(folder.rglob("*.md"))) == len(found)
    shown = 0
    for article in found:
        portal, _, name = article["id"].partition(":")
        text = (folder / portal / f"{name}.md").read_text("utf-8")
        _, front, body = text.split("---\n", 2)
        facts = {
            key: json.loads(value) for key, value in (line.split(": ", 1) for line in front.splitlines())
        }
        assert facts["id"] == article["id"]
        assert facts["title"] == article["title"]
        assert facts["state"] == article["envelope"]["state"]
        for picture in re.findall(r"!\[[^\]]*\]\(<(images/[^>]+)>\)", body):
            assert (folder / portal / picture).stat().st_size > 0
            shown += 1
    assert shown > 20


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>One <strong>two</strong> <em>three</em></p>\n<p>Four</p>", "One **two** *three*\n\nFour"),
        ("<h3>Head</h3><p>1. not a list</p>", "### Head\n\n1\\. not a list"),
        ("<p># 5 * 3 [a] _b_</p>", "\\# 5 \\* 3 \\[a\\] \\_b\\_"),
        ("<ul><li>a</li><li>b</li></ul>", "- a\n\n- b"),
        ("<ol><li>a</li><li>b</li></ol>", "1. a\n\n2. b"),
        ("<ol><li>a</li></ol>\n<p>b</p>", "1. a\n\nb"),
        ("<ul><li>a<ul><li>b</li></ul><p>c</p></li></ul><p>d</p>", "- a\n\n    - b\n\n    c\n\nd"),
        ('<p><a href="https://e.org/a b">x</a></p>', "[x](<https://e.org/a b>)"),
        ("<blockquote><p>q</p></blockquote><p>r</p>", "> q\n\nr"),
        ("<p>a<br>b</p>", "a  \nb"),
        ('<figure><img src="p.jpg" alt="x"><figcaption>c</figcaption></figure>', "![x](<images/p>)\n\nc"),
        (
            "<table><tr><th>a</th><th>b|c</th></tr><tr><td>1</td><td>2</td></tr></table><p>d</p>",
            "| a | b\\|c |\n| --- | --- |\n| 1 | 2 |\n\nd",
        ),
        ("", ""),
    ],
)
def test_html_becomes_markdown(html: str, text: str) -> None:
    assert as_markdown(html, {"p.jpg": "images/p"}) == text
