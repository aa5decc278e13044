"""The model of docs/scaling.md: its arithmetic, with constants that can be followed by hand."""

from __future__ import annotations

import runpy
import subprocess
import sys
from pathlib import Path

MODEL = Path(__file__).parents[1] / "docs" / "scaling_model.py"


def rows(**constants: float) -> dict[str, list[str]]:
    """First cell of each row -> the others."""
    model = runpy.run_path(str(MODEL))
    lines = model["tables"](model["Constants"](**constants)).splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("| ")]
    return {row[0]: row[1:] for row in cells}


def test_a_portals_past_takes_its_pages_at_its_hosts_pace() -> None:
    row = rows(
        years=1,
        articles_a_day=1,
        articles_a_list=1,
        pictures_an_article=1,
        picture_kb=100,
        warc_kb=10,
        database_kb=20,
        delay_s=36,
        recording_ms=36_000,
    )["1 portal, 1 years back"]
    # 365 articles, lists and pictures each; 365 * (10 + 10 + 100) KB; 730 pages in the database; 36 s each.
    assert row == ["1,095", "0.04", "0.01", "11", "11", "1"]


def test_portals_side_by_side_take_as_long_as_one() -> None:
    found = rows(portals=300)
    one, many = found["1 portal, 20 years back"], found["300 portals × 20 years"]
    assert many[3] == one[3]
    assert float(many[0].replace(",", "")) == 300 * float(one[0].replace(",", ""))


def test_reading_again_is_bounded_by_who_compares() -> None:
    found = rows(captures=3_600_000, reading_ms=8, comparing_ms=1, cores=8, portals=1)
    # Eight hours of reading on eight cores; one of comparing, which one archive's process does alone.
    assert found["1 × 8 cores"] == ["1.1", "1.0", "1.0", "8.0"]
    assert found["64 × 8 cores"][1] == "1.0"


def test_constants_of_ones_own_are_given_by_name() -> None:
    call = [sys.executable, MODEL]
    own = subprocess.run([*call, "portals=7", "years=2"], capture_output=True, text=True, check=True)
    assert "| 7 portals × 2 years |" in own.stdout
    wrong = subprocess.run([*call, "speed=1"], capture_output=True, text=True, check=False)
    assert (wrong.returncode, wrong.stderr.startswith("no constant speed; there are recording_ms")) == (
        1,
        True,
    )
