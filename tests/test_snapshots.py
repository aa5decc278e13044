"""The snapshot pages read exactly: one test for each field of each page's answer, so that a failure names it."""

from __future__ import annotations

import json
import shutil
from dataclasses import fields
from typing import TYPE_CHECKING

import pytest

from gzcrawler import errors
from gzcrawler.items import Article, Listing
from tests import review_snapshots, snapshot_cases
from tests.snapshot_cases import NOT_COMPARED, ROOT, Case, cases, read

if TYPE_CHECKING:
    from pathlib import Path

MAP_KNOWS = frozenset({"id", "canonical_url", "section"})
"""What a page's author may leave out, since the map says it of the address."""
PAGES = [case for case in cases() if "error" not in case.expected]
FAILURES = [case for case in cases() if "error" in case.expected]
ASKED = [case for case in cases() if case.meta.get("expect_warning")]
PLAIN = [case for case in PAGES if case.expected["kind"] == "article" and case not in ASKED]
FIELDS = [
    pytest.param(case, name, id=f"{case.name}-{name}")
    for case in PAGES
    for name in case.expected
    if name not in NOT_COMPARED
]


def _named(some: list[Case]) -> list[object]:
    return [pytest.param(case, id=case.name) for case in some]


@pytest.mark.parametrize(("case", "name"), FIELDS)
def test_a_field_reads_as_its_page_says(case: Case, name: str) -> None:
    actual = read(case)
    assert name in actual, f"{case.name}: no {name} was read, but {actual}"
    assert actual[name] == case.expected[name], f"{case.name}: {name} differs"


@pytest.mark.parametrize("case", _named(FAILURES))
def test_a_page_without_title_or_body_is_refused_by_that_name(case: Case) -> None:
    actual = read(case)
    assert actual.get("error") == case.expected["error"]
    assert issubclass(getattr(errors, actual["error"]), errors.ReadingError)
    assert case.meta["url"] in actual["message"]


@pytest.mark.parametrize("case", _named(ASKED))
def test_an_odd_field_is_warned_about(case: Case) -> None:
    field = case.meta["expect_warning"]
    assert [one for one in read(case)["warnings"] if one.startswith(f"{field}: ")]


@pytest.mark.parametrize("case", _named(ASKED))
def test_nothing_but_the_odd_field_is_warned_about(case: Case) -> None:
    field = case.meta["expect_warning"]
    assert [one for one in read(case)["warnings"] if not one.startswith(f"{field}: ")] == []


@pytest.mark.parametrize("case", _named(PLAIN))
def test_a_plain_page_is_read_without_a_warning(case: Case) -> None:
    assert list(read(case)["warnings"]) == []


@pytest.mark.parametrize("case", _named(PAGES))
def test_an_answer_gives_every_field_of_its_record(case: Case) -> None:
    kinds = {"article": fields(Article), "listing": fields(Listing)}
    names = {field.name for field in kinds.get(case.expected["kind"], ())}
    assert names - set(case.expected) <= NOT_COMPARED | MAP_KNOWS


def test_every_folder_holds_a_page_its_circumstances_and_one_answer() -> None:
    known = {"page.html", "meta.json", "expected.json", "error.json"}
    folders = {path.parent for path in ROOT.glob("*/*/*/*")}
    assert folders == {case.path for case in cases()}
    for folder in folders:
        names = {path.name for path in folder.iterdir()}
        assert names <= known, folder
        assert {"page.html", "meta.json"} <= names, folder
        assert len(names & {"expected.json", "error.json"}) == 1, folder


def test_the_pages_hold_failures_oddities_and_every_kind() -> None:
    assert FAILURES
    assert ASKED
    assert {case.expected["kind"] for case in PAGES} >= {"article", "listing", "home", "removed", "challenge"}


@pytest.fixture
def changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Case:
    """A page whose answer has another title than it reads."""
    case = Case(tmp_path / PLAIN[0].name)
    shutil.copytree(PLAIN[0].path, case.path)
    answer = case.expected | {"title": "Another title"}
    (case.path / "expected.json").write_text(json.dumps(answer), encoding="utf-8")
    snapshot_cases._load.cache_clear()
    monkeypatch.setattr(snapshot_cases, "ROOT", tmp_path)
    monkeypatch.setattr(review_snapshots, "cases", lambda: (case,))
    return case


def test_review_shows_a_change_and_writes_nothing(changed: Case, capsys: pytest.CaptureFixture[str]) -> None:
    before = (changed.path / "expected.json").read_bytes()
    assert review_snapshots.main([]) == 1
    assert '\n- "title": "Another title",' in capsys.readouterr().out
    assert (changed.path / "expected.json").read_bytes() == before


def test_review_writes_the_case_that_is_named(changed: Case) -> None:
    assert review_snapshots.main(["--write", changed.name]) == 0
    written = json.loads((changed.path / "expected.json").read_text("utf-8"))
    assert written == PLAIN[0].expected


def test_review_writes_no_case_by_the_beginning_of_its_name(changed: Case) -> None:
    before = (changed.path / "expected.json").read_bytes()
    with pytest.raises(SystemExit):
        review_snapshots.main(["--write", changed.dress])
    assert (changed.path / "expected.json").read_bytes() == before
