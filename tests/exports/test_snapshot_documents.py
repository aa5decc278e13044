"""What a snapshot holds, how it is written, and how it is checked."""

from __future__ import annotations

import gzip
import hashlib
import json
import sys
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import pytest
from archive_pages import STORY, at, capture, record
from jsonschema import Draft202012Validator

from gzcrawler import open_archive

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result

    from gzcrawler.archive import Archive

    Call = Callable[..., Result]
    Export = Callable[..., Path]

VALIDATOR = Draft202012Validator(
    json.loads((files("gzcrawler") / "exports" / "schema" / "snapshot.schema.json").read_text("utf-8"))
)


def read(path: Path) -> Any:
    content = path.read_bytes()
    if path.suffix == ".gz":
        content = gzip.decompress(content)
    if path.suffix == ".zst":
        content = zstd.decompress(content)
    return json.loads(content)


def manifest(path: Path) -> dict[str, Any]:
    return json.loads(path.with_name(path.name + ".manifest.json").read_bytes())


def change(path: Path, before: bytes, after: bytes) -> None:
    content = path.read_bytes()
    assert before in content
    path.write_bytes(content.replace(before, after, 1))


@pytest.mark.parametrize(
    "options", [(), ("--as-of", "2026-01-20"), ("--state", "gone"), ("--since", "2026-01-25")], ids=str
)
def test_every_snapshot_satisfies_the_schema_that_ships(
    options: tuple[str, ...], crawled: Path, export: Export
) -> None:
    document = read(export(crawled, *options))
    assert [error.message for error in VALIDATOR.iter_errors(document)] == []
    assert document["articles"]


def test_the_schema_refuses_what_is_none(crawled: Path, export: Export) -> None:
    document = read(export(crawled))
    document["articles"][3]["envelope"]["state"] = "lost"
    (error,) = VALIDATOR.iter_errors(document)
    assert list(error.path) == ["articles", 3, "envelope", "state"]


def test_articles_are_those_that_show_prints(crawled: Path, export: Export) -> None:
    articles = read(export(crawled))["articles"]
    with open_archive(crawled) as archive:
        for article in articles:
            shown = archive.article(article["id"])
            envelope = article.pop("envelope")
            assert article == {name: value for name, value in shown.items() if name != "envelope"}
            assert {name: shown["envelope"][name] for name in envelope if name != "gone_since"} == {
                name: value for name, value in envelope.items() if name != "gone_since"
            }
    assert [article["id"] for article in articles] == sorted({article["id"] for article in articles})


def test_gone_articles_are_there_with_their_last_record(crawled: Path, export: Export) -> None:
    gone = [a for a in read(export(crawled))["articles"] if a["envelope"]["state"] == "gone"]
    assert gone
    assert all(article["title"] and article["envelope"]["gone_since"] for article in gone)


def test_the_manifest_counts_and_digests(crawled: Path, export: Export) -> None:
    path = export(crawled)
    document, facts = read(path), manifest(path)
    assert facts["sha256"] == f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}"
    assert facts["bytes"] == path.stat().st_size
    assert facts["identity"] == document["identity"]
    assert facts["counts"] == document["counts"]
    assert facts["counts"]["articles"] == len(document["articles"])
    assert list(facts["articles"]) == [article["id"] for article in document["articles"]]


@pytest.mark.parametrize("ending", [".json.gz", ".json.zst"])
def test_a_compressed_snapshot_is_the_same_document(ending: str, crawled: Path, export: Export) -> None:
    plain, packed = export(crawled), export(crawled, to=f"snapshot{ending}")
    assert read(packed) == read(plain)
    assert manifest(packed)["document_sha256"] == manifest(plain)["sha256"]
    assert packed.stat().st_size < plain.stat().st_size / 4


@pytest.mark.parametrize("ending", [".json", ".json.gz", ".json.zst"])
def test_a_snapshot_is_the_same_to_the_byte(ending: str, crawled: Path, export: Export) -> None:
    first, second = (export(crawled, to=f"snapshot{ending}") for _ in range(2))
    assert first.read_bytes() == second.read_bytes()
    assert manifest(first) == manifest(second)


def test_the_usual_place_is_in_the_archive(call: Call, tmp_path: Path, write: Callable[..., Archive]) -> None:
    with write() as archive:
        record(archive, capture(STORY, when=at(0)))
    ended = call("export", "snapshot", "--archive", tmp_path / "archive", "--compress", "zst")
    (written,) = (tmp_path / "archive" / "snapshots").glob("snapshot-*.json.zst")
    assert ended.stdout == f"{written}\n"
    assert ended.stderr.startswith("1 articles (1 alive)")
    with write():
        pass  # a folder of snapshots does not keep the archive from being opened


# -- verify -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("ending", [".json", ".json.gz", ".json.zst"])
def test_what_was_not_touched_verifies(ending: str, crawled: Path, export: Export, call: Call) -> None:
    ended = call("snapshot", "verify", export(crawled, to=f"snapshot{ending}"))
    assert (ended.exit_code, ended.stderr) == (0, "")
    assert "articles verified: all as written" in ended.stdout


def test_verify_names_the_article_that_was_tampered_with(crawled: Path, export: Export, call: Call) -> None:
    path = export(crawled)
    victim = read(path)["articles"][7]
    change(path, json.dumps(victim["title"], ensure_ascii=False).encode(), b'"Something else"')
    ended = call("snapshot", "verify", path)
    assert ended.exit_code == 14
    assert f"{path}: article {victim['id']} is not as it was written\n" in ended.stdout


def test_verify_names_what_was_taken_out_and_put_in(crawled: Path, export: Export, call: Call) -> None:
    path = export(crawled)
    lines = path.read_bytes().split(b"\n")
    taken, kept = (json.loads(line.removesuffix(b",")) for line in lines[4:6])
    put_in = lines[5].replace(kept["id"].encode(), kept["id"].encode() + b"0", 1)
    path.write_bytes(b"\n".join([*lines[:4], lines[5], put_in, *lines[6:]]))
    printed = call("snapshot", "verify", path).stdout
    assert f"article {taken['id']} is missing\n" in printed
    assert f"article {kept['id']}0 was not in it when it was written\n" in printed


def test_verify_tells_a_changed_head_from_changed_articles(crawled: Path, export: Export, call: Call) -> None:
    path = export(crawled)
    change(path, b'"schema":1,"identity"', b'"schema": 1,"identity"')
    ended = call("snapshot", "verify", path)
    assert ended.exit_code == 14
    assert "every article is as it was written, but its head or its end is not" in ended.stdout


@pytest.mark.parametrize("ending", [".json", ".json.gz", ".json.zst"])
def test_verify_tells_of_a_document_that_is_cut_off(
    ending: str, crawled: Path, export: Export, call: Call
) -> None:
    path = export(crawled, to=f"snapshot{ending}")
    path.write_bytes(path.read_bytes()[:-200])
    ended = call("snapshot", "verify", path)
    assert ended.exit_code == 14
    assert str(path) in ended.stdout


def test_without_its_manifest_a_snapshot_is_checked_by_what_it_says_of_itself(
    crawled: Path, export: Export, call: Call
) -> None:
    path = export(crawled)
    path.with_name("snapshot.json.manifest.json").unlink()
    assert call("snapshot", "verify", path).exit_code == 0
    change(path, b'"title":"', b'"title":"X')
    ended = call("snapshot", "verify", path)
    assert ended.exit_code == 14
    assert "its articles are not those that were written" in ended.stdout


def test_verify_checks_an_increment_too(crawled: Path, export: Export, call: Call) -> None:
    path = export(crawled, "--since", "2026-01-25")
    assert call("snapshot", "verify", path).exit_code == 0
    path.with_name("snapshot.json.manifest.json").unlink()
    assert call("snapshot", "verify", path).exit_code == 0
    change(path, b'"title":"', b'"title":"X')
    assert call("snapshot", "verify", path).exit_code == 14


@pytest.mark.parametrize("content", [b"", b"{}", b"no JSON", b'{"kind":"article"}\n'])
def test_verify_refuses_what_is_no_snapshot(content: bytes, tmp_path: Path, call: Call) -> None:
    (tmp_path / "file.json").write_bytes(content)
    ended = call("snapshot", "verify", tmp_path / "file.json")
    assert ended.exit_code in (2, 14)
    assert ended.stderr.startswith(f"gzcrawler: {tmp_path / 'file.json'}: ")


# -- increments -------------------------------------------------------------------------------------


def test_increments_applied_in_order_give_the_full_snapshot_again(
    crawled: Path, export: Export, call: Call, tmp_path: Path
) -> None:
    days = ("2026-01-16", "2026-01-21", "2026-01-26", "2026-02-11")
    full = [export(crawled, "--as-of", day) for day in days]
    increments = [
        export(crawled, "--as-of", day, "--since", before)
        for day, before in zip(days[1:], full, strict=False)
    ]
    assert call("snapshot", "apply", full[0], *increments, "--out", tmp_path / "joined.json").exit_code == 0
    assert (tmp_path / "joined.json").read_bytes() == full[-1].read_bytes()
    assert manifest(tmp_path / "joined.json")["articles"] == manifest(full[-1])["articles"]


def test_increments_can_follow_increments_alone(
    crawled: Path, export: Export, call: Call, tmp_path: Path
) -> None:
    base = export(crawled, "--as-of", "2026-01-16")
    first = export(crawled, "--as-of", "2026-01-21", "--since", base)
    second = export(crawled, "--since", first, to="increment.json.gz")
    assert call("snapshot", "apply", base, first, second, "--out", tmp_path / "joined.json").exit_code == 0
    assert (tmp_path / "joined.json").read_bytes() == export(crawled).read_bytes()


def test_an_increment_since_a_moment_leads_on_from_the_snapshot_of_then(
    crawled: Path, export: Export, call: Call, tmp_path: Path
) -> None:
    moment = "2026-01-25T00:00:00Z"
    base = export(crawled, "--as-of", moment, "--known-at", moment)
    increment = export(crawled, "--since", moment)
    assert call("snapshot", "apply", base, increment, "--out", tmp_path / "joined.json").exit_code == 0
    assert (tmp_path / "joined.json").read_bytes() == export(crawled).read_bytes()


def test_an_increment_is_smaller_than_what_it_leads_to(crawled: Path, export: Export) -> None:
    full = export(crawled)
    assert read(export(crawled, "--since", full))["articles"] == []
    before = export(crawled, "--as-of", "2026-02-20")
    assert export(crawled, "--since", before).stat().st_size < full.stat().st_size


def test_an_increment_fits_no_other_base(crawled: Path, export: Export, call: Call, tmp_path: Path) -> None:
    base = export(crawled, "--as-of", "2026-01-16")
    other = export(crawled, "--as-of", "2026-01-21")
    increment = export(crawled, "--since", base)
    out = tmp_path / "joined.json"
    ended = call("snapshot", "apply", other, increment, "--out", out)
    assert ended.exit_code == 2
    assert f"{increment}: was made since another snapshot" in ended.stderr
    assert not out.exists()


def test_a_tampered_increment_is_not_applied(
    crawled: Path, export: Export, call: Call, tmp_path: Path
) -> None:
    base = export(crawled, "--as-of", "2026-01-16")
    increment = export(crawled, "--since", base)
    change(increment, b'"title":"', b'"title":"X')
    ended = call("snapshot", "apply", base, increment, "--out", tmp_path / "joined.json")
    assert ended.exit_code == 14
    assert not (tmp_path / "joined.json").exists()


@pytest.mark.parametrize("which", ["increment as base", "snapshot as increment"])
def test_apply_tells_snapshots_from_increments(
    which: str, crawled: Path, export: Export, call: Call, tmp_path: Path
) -> None:
    full = export(crawled, "--as-of", "2026-01-16")
    increment = export(crawled, "--since", full)
    pair = (increment, increment) if which == "increment as base" else (full, full)
    ended = call("snapshot", "apply", *pair, "--out", tmp_path / "joined.json")
    assert ended.exit_code == 2
    assert not (tmp_path / "joined.json").exists()


# -- diff -------------------------------------------------------------------------------------------


def test_diff_tells_what_happened_to_each_article(crawled: Path, export: Export, call: Call) -> None:
    before, after = export(crawled, "--as-of", "2026-01-21"), export(crawled)
    found = json.loads(call("snapshot", "diff", before, after, "--json").stdout)
    by_hand = {a["id"]: a for a in read(before)["articles"]}
    changes = {difference["id"]: difference["change"] for difference in found}
    for article in read(after)["articles"]:
        old = by_hand.pop(article["id"], None)
        if old == article:
            assert article["id"] not in changes
        elif old is None:
            assert changes[article["id"]] == "new"
        elif old["envelope"]["revision"] == article["envelope"]["revision"]:
            assert changes[article["id"]] in ("verified", "gone", "returned")
    assert {"new", "changed", "gone", "verified"} <= set(changes.values())
    assert not by_hand


def test_diff_of_the_same_finds_nothing(crawled: Path, export: Export, call: Call) -> None:
    path = export(crawled)
    ended = call("snapshot", "diff", path, path)
    assert (ended.exit_code, ended.stdout) == (0, "")
