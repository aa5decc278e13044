"""One whole real page, dressed in ways its rendition lost, read as its truth says.

The page's text is not part of the project: where the folder of shared material is not beside the
checkout, a page of our own in the same form takes its place.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import pytest
from page_builders import G1_DRESSES, SLIDER, TEXT, Sample, read_article

SEED = Path(__file__).parents[3] / "shared" / "seed"
OWN_TEXT = "\n\n".join(
    [
        "Search 简体 Wechat\nHome > Friendship Cities",
        "Second ferry pier opens on the south bank | Updated:2018-05-14",
        *TEXT,
        "People wait for the first boat of the day at the new pier. [Photo/]",
        "The old pier is seen from the flower market. [Photo/] ",
        *(f"  • {name}" for name, _ in SLIDER),
        "1 2 3 4 5",
        "Copyright © The City's Office,\nAnother Office All rights reserved.\nPresented by A Paper.",
    ]
)
OWN_TRUTH: dict[str, Any] = {
    "kind": "article",
    "id": "guangzhou:c_221133",
    "canonical_url": "https://www.eguangzhou.gov.cn/2018-05/14/c_221133.htm",
    "title": "Second ferry pier opens on the south bank",
    "published": "2018-05-14",
    "published_precision": "day",
    "published_raw": "Updated:2018-05-14",
    "published_from": "head line",
    "authors": [],
    "breadcrumbs": [{"name": "Home"}, {"name": "Friendship Cities"}],
    "body": list(TEXT),
    "images": [
        {"caption": "People wait for the first boat of the day at the new pier.", "credit": "Photo/"},
        {"caption": "The old pier is seen from the flower market.", "credit": "Photo/"},
    ],
    "related_links": [{"title": name, "scope": "site"} for name, _ in SLIDER],
    "editions": [{"language": "zh-Hans"}],
    "continued_on": [],
}


@dataclass(frozen=True)
class Page:
    """A page as a text extractor saw it, and what it says."""

    text: str
    truth: dict[str, Any]


def shared_pages() -> list[Page]:
    """The real page where it is at hand."""
    if not SEED.is_dir():
        return []
    return [
        Page(path.with_suffix(".txt").read_text(), json.loads(path.read_text()))
        for path in sorted(SEED.glob("article_*.json"))
    ]


PAGES = [Page(OWN_TEXT, OWN_TRUTH), *shared_pages()]


def sample(page: Page, *, pictures: str) -> Sample:
    """The text taken apart into what dresses are made of."""
    lines = [line.strip() for line in page.text.splitlines() if line.strip()]
    trail = lines[1].split(" > ")
    title, head = lines[2].rsplit(" | ", 1)
    bullets = [line[1:].strip() for line in lines if line.startswith("•")]
    texts = lines[3 : next(number for number, line in enumerate(lines) if line.startswith("•"))]
    captions = [text for text in texts if "[Photo" in text]
    images = [
        f'<p align="center"><img src="/att/20170627/14985{number}.jpeg"></p>'
        for number in range(len(captions))
    ]
    blocks = [f"<p>{escape(text, quote=False)}</p>" for text in texts if text not in captions]
    shown = [f"<p>{escape(text, quote=False)}</p>" for text in captions]
    if pictures == "each":
        blocks += [block for pair in zip(images, shown, strict=True) for block in pair]
    else:
        blocks = blocks[:2] + images + blocks[2:] + shown
    return Sample(
        title=title,
        head=f"eguangzhou.gov.cn | {head}",
        trail=((trail[0], "/"), *((name, "/gzlatest.html") for name in trail[1:])),
        body="\n".join(blocks),
        slider=tuple((name, f"/2025-01/01/c_{number}.htm") for number, name in enumerate(bullets, 1)),
    )


@pytest.mark.parametrize("dress", G1_DRESSES.values(), ids=G1_DRESSES.keys())
@pytest.mark.parametrize("pictures", ["each", "grouped"])
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.truth["id"])
def test_every_given_field(page, pictures, dress):
    record = read_article(dress(sample(page, pictures=pictures)), url=page.truth["canonical_url"]).as_dict()
    for name, expected in page.truth.items():
        if name.startswith("_"):
            continue
        given = record[name]
        if expected and isinstance(expected, list) and isinstance(expected[0], dict):
            given = [{key: one[key] for key in like} for one, like in zip(given, expected, strict=True)]
        assert (name, given) == (name, expected)
    assert record["source"] == "eguangzhou.gov.cn"
    assert record["warnings"] == []
