"""Signs in what was read that it may be wrong: said as warnings, since a wrong record that says nothing is the worst."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from gzcrawler.readers.bars import runs_script
from gzcrawler.readers.lines import SENTENCE_ENDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gzcrawler.items import Image
    from gzcrawler.readers.landmarks import Landmarks
    from gzcrawler.readers.lines import Document, Line
    from gzcrawler.readers.region import Region

__all__ = ["doubts"]

_PARAGRAPH = 80
"""Characters from which a sentence is text and no note under a story."""
_STRAY = re.compile(r"[\[\]【】:\uff1a]")
"""What no outlet's name has: a bracket or a label that was not read."""
_LONGEST_SOURCE = 80
_TWO_SENTENCES = re.compile(r"[a-z]{3,}[.!?] [A-Z]|。.")
_LONGEST_SWITCH = 60
_NAMED_TRAIL = re.compile(rb"""aria-label\s*=\s*["']?breadcrumb|BreadcrumbList""", re.I)


def doubts(
    document: Document,
    marks: Landmarks,
    region: Region,
    body: list[Line],
    images: Iterable[Image],
    source: str | None,
) -> Iterator[str]:
    """One warning for each sign; none on a page that is as expected."""
    if marks.title_at is None and marks.head_at is None:
        yield "body: neither heading nor head line over it"
    if any(_is_switch(line) for line in body):
        yield "body: a line of it holds links to scripts"
    if any(len(line.anchors) > 1 and line.linked for line in body):
        yield "body: a line of it is links side by side alone"
    if (
        len(body) > 1
        and any(_is_sentence(line) for line in region.after)
        and _goes_on(document, region, body)
    ):
        yield "body: text follows after its end"
    if source is not None and (len(source) > _LONGEST_SOURCE or _STRAY.search(source)):
        yield "source: holds more than a name"
    if any(image.credit and _TWO_SENTENCES.search(image.credit) for image in images):
        yield "images: a credit holds a sentence"
    if not marks.trail and b"readcrumb" in document.markup and _NAMED_TRAIL.search(document.markup):
        yield "breadcrumbs: the page names a trail that was not read"


def _is_switch(line: Line) -> bool:
    return (
        bool(line.anchors)
        and len(line.text) <= _LONGEST_SWITCH
        and line.text[-1] not in SENTENCE_ENDS
        and any(map(runs_script, line.anchors))
    )


def _goes_on(document: Document, region: Region, body: list[Line]) -> bool:
    """Whether sentences stand after the end in the block that holds the body's own."""
    held = document.nesting.within(document.nesting.common([line.number for line in body]))
    return any(_is_sentence(line) and line.number in held for line in region.after)


def _is_sentence(line: Line) -> bool:
    return len(line.text) >= _PARAGRAPH and not line.anchors and line.text[-1] in SENTENCE_ENDS
