"""robots.txt is obeyed in whatever bytes it comes."""

from __future__ import annotations

import gzip
import zlib
from datetime import UTC, datetime

import pytest

from gzcrawler.errors import ReadingError
from gzcrawler.items import Capture
from gzcrawler.spiders.portal import robots_text

RULES = b"User-agent: *\nDisallow: /\n"


def _capture(payload: bytes, encoding: str | None, **facts: object) -> Capture:
    headers = (("Content-Encoding", encoding),) if encoding else ()
    return Capture(
        url="https://www.eguangzhou.gov.cn/robots.txt",
        captured_at=datetime(2026, 1, 15, tzinfo=UTC),
        status=200,
        payload=payload,
        response_headers=headers,
        **facts,  # what each test is about
    )


@pytest.mark.parametrize(
    ("payload", "encoding"),
    [(RULES, None), (gzip.compress(RULES), "gzip"), (zlib.compress(RULES), "deflate")],
    ids=["plain", "gzip", "deflate"],
)
def test_robots_txt_is_decoded_before_it_is_obeyed(payload: bytes, encoding: str | None) -> None:
    assert robots_text(_capture(payload, encoding)) == RULES.decode()


def test_half_a_robots_txt_is_none() -> None:
    with pytest.raises(ReadingError, match="cut off"):
        robots_text(_capture(RULES[:10], None, truncated="disconnect"))
