"""A crawl that finds fields lost ends with its own exit code."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from sites import serve

from gzcrawler.archive.connections import connect_to_write

if TYPE_CHECKING:
    from pathlib import Path


def test_a_crawl_whose_articles_fill_a_field_no_more_names_field_layout_and_rate(tmp_path: Path) -> None:
    with serve(tmp_path / "archive", articles=90, growth_per_day=2.0) as site:
        assert site.crawl().exit_code == 0
        # As if the portal had named the authors of all its stories so far: some of the new ones name none.
        with closing(connect_to_write(site.archive / "gzcrawler.db")) as connection:
            connection.execute("UPDATE revisions SET filled = filled | 4")
        site.replica.advance(days=30)
        verdict = site.crawl(recheck=True)
        assert verdict.exit_code == 12
        assert "layout drift: " in verdict.verdict
        assert ": authors filled on " in verdict.verdict
        assert "on 100.0% before" in verdict.verdict
        assert verdict.record["alarms"] == verdict.verdict.split("; ")


def test_a_redesign_that_readers_can_read_is_no_drift_of_fields(tmp_path: Path) -> None:
    redesign = "2026-01-20T00:00:00+08:00"
    with serve(tmp_path / "archive", articles=60, growth_per_day=2.0, redesign_at=redesign) as site:
        assert site.crawl().exit_code == 0
        site.replica.advance(days=20)
        verdict = site.crawl(recheck=True)
        assert verdict.record["outcomes"]["first"] > 20
        assert verdict.exit_code == 0, verdict.verdict
