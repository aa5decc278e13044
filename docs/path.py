"""Draws the path of a page through the house, as an SVG; ``make docs`` writes ``docs/images/path.svg``."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT = 960, 640
_BOX = 168, 54


@dataclass(frozen=True)
class Box:
    """One room, with what it hands on."""

    x: int
    y: int
    name: str
    about: str
    width: int = _BOX[0]
    kind: str = "room"

    @property
    def middle(self) -> int:
        """Of its height."""
        return self.y + _BOX[1] // 2

    @property
    def centre(self) -> int:
        """Of its width."""
        return self.x + self.width // 2


FRONTIER = Box(20, 40, "archive/frontier", "pages that are due")
DISPATCH = Box(252, 40, "dispatch, politeness", "robots.txt, pace, turn")
ENGINE = Box(484, 40, "scheduler, Scrapy", "one claim, one request")
DOWNLOAD = Box(716, 40, "download", "one try, on the wire", 224)
CAPTURE = Box(716, 150, "Capture", "status, headers, bytes as received", 224, "thing")
SPIDER = Box(484, 150, "spiders/portal", "response to reading")
DECODING = Box(20, 275, "decoding", "bytes to text, its charset", kind="reader")
KIND = Box(204, 275, "kinds", "article, list, removed …", kind="reader")
LAYOUT = Box(388, 275, "layouts", "which dress: a hint only", kind="reader")
PIECES = Box(572, 275, "story, dates, captions", "what is the page's own", kind="reader")
RECORD = Box(772, 275, "Reading", "Article | Listing | …, links", kind="thing")
PIPELINE = Box(716, 400, "pipelines", "handed over, not awaited", 224)
WRITER = Box(484, 400, "archive/writer", "one thread, all at once")
WARC = Box(252, 400, "WARC, fsync", "raw first", kind="store")
SQLITE = Box(20, 400, "SQLite, commit", "all of it, or nothing", kind="store")
LOOK = [
    Box(20, 545, "cli", "status, show, search …"),
    Box(252, 545, "web", "serve, report"),
    Box(484, 545, "exports", "snapshots, WACZ, CSV …"),
    Box(716, 545, "SQL, Python", "the database itself", 224),
]
BOXES = [
    FRONTIER,
    DISPATCH,
    ENGINE,
    DOWNLOAD,
    CAPTURE,
    SPIDER,
    DECODING,
    KIND,
    LAYOUT,
    PIECES,
    RECORD,
    PIPELINE,
    WRITER,
    WARC,
    SQLITE,
    *LOOK,
]

_STYLE = """
  text { font: 14px system-ui, sans-serif; fill: #1d1b19; }
  .about { font-size: 12px; fill: #5c5752; }
  .label { font-size: 12px; fill: #5c5752; font-style: italic; }
  rect { fill: #fdfcfa; stroke: #5c5752; rx: 6px; }
  .reader { fill: #e8f0f8; stroke: #1f4e8c; }
  .thing { fill: #fbf3e2; stroke: #b98315; }
  .store { fill: #e9f3e4; stroke: #4f8a35; }
  .band { fill: none; stroke: #1f4e8c; stroke-dasharray: 5 4; }
  path { fill: none; stroke: #5c5752; stroke-width: 1.5; }
  .head { fill: #5c5752; stroke: none; }
  @media (prefers-color-scheme: dark) {
    text { fill: #ece8e2; } .about, .label { fill: #aaa39a; }
    rect { fill: #22211f; stroke: #aaa39a; } .reader { fill: #1d2b3b; stroke: #8fb8ee; }
    .thing { fill: #35301f; stroke: #e4bd5f; } .store { fill: #21301b; stroke: #9bcb7b; }
    .band { stroke: #8fb8ee; } path { stroke: #aaa39a; } .head { fill: #aaa39a; }
  }
"""


def path_picture() -> str:
    """The whole picture."""
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-labelledby="t d">',
        '<title id="t">The path of a page through gzcrawler</title>',
        (
            '<desc id="d">Due pages leave the frontier, are dispatched politely, downloaded and captured as received; '
            "readers turn the bytes into a record; one writer puts capture and record into WARC and SQLite in one "
            "transaction, and what it finds goes back into the frontier. Commands, web pages, exports and SQL read the "
            "archive.</desc>"
        ),
        f"<style>{_STYLE}</style>",
        (
            '<defs><marker id="a" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" '
            'orient="auto-start-reverse"><path class="head" d="M0 0 8 4 0 8z"/></marker></defs>'
        ),
        '<rect class="band" x="8" y="232" width="944" height="110"/>',
        '<text class="label" x="120" y="256">readers: pure; the same for a live page and for one out of WARC</text>',
    ]
    for box in BOXES:
        css = f' class="{box.kind}"' if box.kind != "room" else ""
        lines += [
            f'<rect{css} x="{box.x}" y="{box.y}" width="{box.width}" height="{_BOX[1]}"/>',
            f'<text x="{box.centre}" y="{box.y + 23}" text-anchor="middle">{escape(box.name)}</text>',
            f'<text class="about" x="{box.centre}" y="{box.y + 41}" text-anchor="middle">{escape(box.about)}</text>',
        ]
    for row in (
        (FRONTIER, DISPATCH, ENGINE, DOWNLOAD),
        (DECODING, KIND, LAYOUT, PIECES, RECORD),
    ):
        for left, right in itertools.pairwise(row):
            lines.append(_arrow(f"M{left.x + left.width} {left.middle}H{right.x}"))
    for right, left in ((CAPTURE, SPIDER), (PIPELINE, WRITER), (WRITER, WARC), (WARC, SQLITE)):
        lines.append(_arrow(f"M{right.x} {right.middle}H{left.x + left.width}"))
    lines += [
        _arrow(f"M{DOWNLOAD.centre} {DOWNLOAD.y + _BOX[1]}V{CAPTURE.y}"),
        _arrow(f"M{SPIDER.x} {SPIDER.middle}H{DECODING.centre}V{DECODING.y}"),
        _arrow(f"M{RECORD.centre} {RECORD.y + _BOX[1]}V{PIPELINE.y}"),
        _arrow(
            f"M12 {SQLITE.middle}H4V{FRONTIER.middle}H{FRONTIER.x}", start=f"M{SQLITE.x} {SQLITE.middle}H12"
        ),
        '<text class="label" x="12" y="130">new pages, due dates</text>',
    ]
    lines.append(f'<path d="M{SQLITE.centre} {SQLITE.y + _BOX[1]}V500H{LOOK[-1].centre}"/>')
    lines += [_arrow(f"M{box.centre} 500V{box.y}") for box in LOOK]
    lines.append('<text class="label" x="560" y="492">read while a crawl writes</text>')
    return "\n".join([*lines, "</svg>"]) + "\n"


def _arrow(path: str, start: str = "") -> str:
    return f'<path d="{start or ""}{path if not start else path.replace("M", "L", 1)}" marker-end="url(#a)"/>'


if __name__ == "__main__":
    from pathlib import Path

    (Path(__file__).parent / "images" / "path.svg").write_text(path_picture(), "utf-8")
