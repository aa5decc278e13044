"""docs/schema.md is what the database is."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from gzcrawler.archive.schema_doc import describe_schema, undescribed

PAGE = Path(__file__).parents[2] / "docs" / "schema.md"


def test_every_table_view_and_column_is_described() -> None:
    assert undescribed() == []


def test_the_page_is_what_the_database_is() -> None:
    assert PAGE.read_text("utf-8") == describe_schema(), (
        "run python -m gzcrawler.archive.schema_doc > docs/schema.md"
    )


def test_the_page_is_written_by_the_command_that_it_names() -> None:
    command = [sys.executable, "-m", "gzcrawler.archive.schema_doc"]
    assert subprocess.run(command, capture_output=True, check=True, text=True).stdout == describe_schema()
