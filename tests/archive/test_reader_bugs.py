"""A reader that breaks in a way nobody foresaw costs no page."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from gzcrawler.archive import Archive, Outcome, read_stored
from gzcrawler.errors import ReaderBugError
from gzcrawler.items import Capture
from gzcrawler.portals import load_portal

if TYPE_CHECKING:
    import pytest

URL = "https://www.eguangzhou.gov.cn/2017-06/27/c_97634.htm"


def test_a_page_on_which_the_reader_breaks_is_quarantined(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    portal = load_portal("guangzhou")
    capture = Capture(url=URL, captured_at=datetime(2026, 1, 15, tzinfo=UTC), status=200, payload=b"<p>x")

    def broken(*_: object) -> None:
        raise KeyError("nobody foresaw this")

    monkeypatch.setattr("gzcrawler.readers.read_page", broken)
    result = read_stored(capture, portal)

    assert isinstance(result, ReaderBugError)
    with Archive(tmp_path / "archive", portal, command="test") as archive:
        recorded = archive.record(capture, result)
    assert recorded.outcome is Outcome.QUARANTINED
    assert recorded.reason == f"{URL}: the reader broke (KeyError: 'nobody foresaw this')"
