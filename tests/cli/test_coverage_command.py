"""`coverage`: what it prints, and how it refuses."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result


def test_every_section_has_a_line_that_fits_a_narrow_screen(
    call: Callable[..., Result], crawled: Path
) -> None:
    lines = call("coverage", "--archive", crawled).stdout.splitlines()
    assert lines[0].split()[:2] == ["section", "articles"]
    assert any(line.startswith("gzlatest ") for line in lines)
    assert lines[-1] == "no day is missing"
    assert "to the end" in lines[1]


def test_one_section_is_shown_with_months_and_lists(call: Callable[..., Result], crawled: Path) -> None:
    told = call("coverage", "--archive", crawled, "--section", "gzlatest", "--from", "2025-01-01").stdout
    assert "days with articles" in told
    assert "\n2025-" in told
    assert "\n2024-" not in told
    assert "/gzlatest.html: 1 walks, deepest page " in told


def test_days_of_the_future_are_holes_of_nobody(call: Callable[..., Result], crawled: Path) -> None:
    told = json.loads(
        call("coverage", "--archive", crawled, "--from", "2030-01-01", "--to", "2030-02-01", "--json").stdout
    )
    assert [hole for section in told["sections"] for hole in section["holes"]] == []


def test_json_has_every_section_with_its_days(call: Callable[..., Result], crawled: Path) -> None:
    told = json.loads(call("coverage", "--archive", crawled, "--json").stdout)
    section = next(one for one in told["sections"] if one["section"] == "gzlatest")
    assert section["ids_seen"] == section["articles"] == sum(m["articles"] for m in section["months"])
    assert section["lists"][0]["last_to_end"] == section["lists"][0]["last_walk"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--section", "gardening"), "gardening: is no section"),
        (("--from", "2026-02-30"), "not a day that exists"),
        (("--from", "2026-02-02", "--to", "2026-02-01"), "is after --to"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    call: Callable[..., Result], crawled: Path, options: tuple[str, ...], said: str
) -> None:
    result = call("coverage", "--archive", crawled, *options)
    assert result.exit_code == 2
    assert said in result.stderr
    assert len(result.stderr.splitlines()) == 1
