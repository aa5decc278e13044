"""Readers fed with broken pages: no exception escapes but those of errors.py, and none takes long.

    python benchmarks/fuzz_reading.py [--minutes 60] [--seed 1] [--quick]

Each round takes one of the snapshot pages or of the replica's, and breaks it: spans cut, doubled, moved and
reversed, tags opened and never closed, bytes turned, other charsets and other pages' parts put in. What escaped is
named with the round's number: ``--seed`` and ``--round`` make the same page again, and print it.
"""

from __future__ import annotations

import argparse
import random
import re
import sys
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

sys.path.insert(0, str(Path(__file__).parent.parent))

from measuring import Bar, conclude

from gzcrawler.errors import ReadingError
from gzcrawler.items import Capture
from gzcrawler.portals import load_portal
from gzcrawler.readers import read_page
from gzcrawler.replica import Replica, ReplicaConfig
from tests.snapshot_cases import cases

if TYPE_CHECKING:
    from gzcrawler.portals import Portal

_SECONDS_A_MEGABYTE = 5.0
_SECONDS_AT_LEAST = 1.0
"""What reading may take: linear in the size, generous, since machines are shared."""
_TAG = re.compile(rb"<[^>]{0,400}>")
_SCRAPS = (
    b"<div>", b"</div>", b"<table><tr><td>", b"</table>", b"<p>", b"<br>", b"<a href='", b"<img src=x>", b"<!--", b"-->", b"<script>", b"</script>",
    b"<style>", b"<base href='http://elsewhere.example/'>", b"<meta charset=gbk>", b"<meta charset=utf-16>", b"<h1>", b"<h1></h1>", b"<iframe src=x>",
    b"<ul><li>", b"</ul>", b"<select><option>", b"<svg>", b"<math>", b"<textarea>", b"<noscript>", b"<title>", b"<plaintext>", b"<xmp>", b"\0", b"\xff\xfe",
    b"\xef\xbb\xbf", b"\xb9\xe3", b"\xe5\xb9", b"&#0;", b"&#x110000;", b"&nbsp;" * 50, b"Updated:2018-02-30", b"Updated:9999-99-99", b"2018-05-14",
    b"[Photo by ", b"(Photo/", "△".encode(), "（写真".encode(), "来源：".encode(), b"1 2 3 4 5", b"Copyright", b"Home > ", b"<a href='c_1_2.htm'>2</a>",
    b"<td colspan=99999999>", b"<p hidden>", b"<div style='display:none'>", b"]]>", b"<?xml version='1.0' encoding='utf-7'?>", b"<![CDATA[", b"<a href='javascript:", b"<a href='//[::1'>",
)  # fmt: skip


def pages() -> list[tuple[Portal, Capture]]:
    """What is broken: every snapshot page, and one article of the replica in each of its dresses."""
    found = []
    for case in cases():
        meta = case.meta
        capture = Capture(
            url=meta["url"],
            captured_at=datetime.fromisoformat(meta["captured_at"]),
            status=meta["status"],
            payload=(case.path / "page.html").read_bytes(),
            response_headers=tuple(meta["headers"].items()),
        )
        found.append((load_portal(case.name.partition("/")[0]), capture))
    replica = Replica(ReplicaConfig.mixed(seed=3, articles=100))
    for _, urls in replica.addresses():
        parts = urlsplit(urls[0])
        answer = replica.page(parts.netloc, parts.path)
        capture = Capture(
            url=urls[0],
            captured_at=datetime(2026, 2, 1, tzinfo=UTC),
            status=answer.status,
            payload=answer.body,
            response_headers=tuple(answer.headers),
        )
        found.append((replica.portal, capture))
    return found


def broken(payload: bytes, other: bytes, chance: random.Random) -> bytes:
    """A page after one to twelve breaks."""
    data = payload
    for _ in range(chance.randint(1, 12)):
        start = chance.randrange(len(data) + 1)
        end = min(len(data), start + int(chance.expovariate(1 / 300)))
        before, span, after = data[:start], data[start:end], data[end:]
        data = chance.choice(_BREAKS)(before, span, after, other, chance)
    return data[:4_000_000]


def _cut(before: bytes, span: bytes, after: bytes, other: bytes, chance: random.Random) -> bytes:
    return before + after if chance.random() < 0.8 else before


def _double(before: bytes, span: bytes, after: bytes, other: bytes, chance: random.Random) -> bytes:
    return before + span * chance.choice((2, 3, 50)) + after


def _reverse(before: bytes, span: bytes, after: bytes, other: bytes, chance: random.Random) -> bytes:
    return before + span[::-1] + after


def _turn_a_bit(before: bytes, span: bytes, after: bytes, other: bytes, chance: random.Random) -> bytes:
    return before + bytes([span[0] ^ 1 << chance.randrange(8)]) + span[1:] + after if span else before + after


def _put_scraps(before: bytes, span: bytes, after: bytes, other: bytes, chance: random.Random) -> bytes:
    return before + chance.choice(_SCRAPS) * chance.choice((1, 1, 1, 3, 200)) + span + after


def _swap_a_tag(before: bytes, span: bytes, after: bytes, other: bytes, chance: random.Random) -> bytes:
    scrap = chance.choice(_SCRAPS)
    return before + span + _TAG.sub(lambda _: scrap, after, count=1)


def _graft(before: bytes, span: bytes, after: bytes, other: bytes, chance: random.Random) -> bytes:
    cut = chance.randrange(len(other) + 1)
    return before + other[cut : cut + int(chance.expovariate(1 / 2000))] + after


def _recode(before: bytes, span: bytes, after: bytes, other: bytes, chance: random.Random) -> bytes:
    charset = chance.choice(("gb18030", "utf-16", "utf-8-sig", "shift_jis", "latin-1"))
    return (before + span + after).decode("utf-8", "replace").encode(charset, "replace")


def _move(before: bytes, span: bytes, after: bytes, other: bytes, chance: random.Random) -> bytes:
    rest = before + after
    place = chance.randrange(len(rest) + 1)
    return rest[:place] + span + rest[place:]


_BREAKS = (_cut, _double, _reverse, _turn_a_bit, _put_scraps, _swap_a_tag, _graft, _recode, _move)


def main() -> int:
    """Break and read until the time is over."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--round", type=int, help="make this round's page alone, and print it")
    parser.add_argument("--quick", action="store_true", help="half a minute")
    options = parser.parse_args()
    whole = pages()
    deadline = time.monotonic() + (0.5 if options.quick else options.minutes) * 60
    outcomes: Counter[str] = Counter()
    escaped: list[str] = []
    slow: list[str] = []
    round_number = options.round or 0
    while time.monotonic() < deadline:
        chance = random.Random(f"{options.seed}/{round_number}")
        portal, capture = chance.choice(whole)
        payload = broken(capture.payload, chance.choice(whole)[1].payload, chance)
        if options.round is not None:
            sys.stdout.buffer.write(payload)
            return 0
        page = Capture(
            url=capture.url,
            captured_at=capture.captured_at,
            status=capture.status,
            payload=payload,
            response_headers=capture.response_headers,
        )
        start = time.process_time()
        try:
            outcomes[read_page(page, portal).page.as_dict()["kind"]] += 1
        except ReadingError as error:
            outcomes[type(error).__name__] += 1
        except Exception as error:  # any other that escapes is what is looked for
            escaped.append(f"round {round_number} ({capture.url}): {type(error).__name__}: {error}")
        taken = time.process_time() - start
        if taken > _SECONDS_AT_LEAST + _SECONDS_A_MEGABYTE * len(payload) / 1e6:
            slow.append(f"round {round_number} ({capture.url}): {taken:.1f} s for {len(payload):,} bytes")
        round_number += 1
    print(f"{round_number:,} pages: " + ", ".join(f"{n:,} {what}" for what, n in outcomes.most_common()))
    for line in (escaped + slow)[:50]:
        print("  " + line)
    return conclude(
        [
            Bar("no exception escapes but those of errors.py", f"{len(escaped)} did", not escaped),
            Bar("none takes long", f"{len(slow)} did", not slow),
        ]
    )


if __name__ == "__main__":
    sys.exit(main())
