"""`snapshot`: documents of `export snapshot`, checked, compared and joined."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from gzcrawler.cli.options import as_json_option, echo_json
from gzcrawler.errors import UsageError
from gzcrawler.exports.comparison import differences
from gzcrawler.exports.increments import applied, identity_after
from gzcrawler.exports.manifest import document_with_manifest
from gzcrawler.exports.snapshot import write_snapshot
from gzcrawler.exports.snapshot_reading import opened_snapshot, verify_snapshot
from gzcrawler.exports.whole_files import require_folder

__all__ = ["snapshot"]

_DAMAGED = 14

_file = click.Path(path_type=Path)


@click.group()
def snapshot() -> None:
    """Check, compare and join what `export snapshot` wrote; no archive is needed."""


@snapshot.command()
@click.argument("file", type=_file)
@as_json_option
def verify(file: Path, as_json: bool) -> None:
    """Is it as it was written? Names the articles that are not (exit 14)."""
    found = verify_snapshot(file)
    if as_json:
        echo_json(
            {
                "articles": found.articles,
                "damage": found.damage,
                "manifest": found.manifest.name if found.manifest else None,
            }
        )
    else:
        for sentence in found.damage:
            click.echo(sentence)
        if found.manifest is None:
            click.echo("no manifest lies beside it: checked by what it says of itself", err=True)
        click.echo(
            f"{found.articles:,} articles verified: "
            + (f"{len(found.damage):,} damaged" if found.damage else "all as written")
        )
    sys.exit(_DAMAGED if found.damage else 0)


@snapshot.command()
@click.argument("before", type=_file)
@click.argument("after", type=_file)
@as_json_option
def diff(before: Path, after: Path, as_json: bool) -> None:
    """Which articles differ between two full snapshots, and in what."""
    with opened_snapshot(before) as old, opened_snapshot(after) as new:
        for document in (old, new):
            if document.kind != "snapshot":
                raise UsageError(
                    f"{document.path}: is an increment; `gzcrawler snapshot apply` makes the full one"
                )
        found = differences(old.entries(), new.entries())
        if as_json:
            echo_json([difference.as_dict() for difference in found])
            return
        total = 0
        for difference in found:
            total += 1
            fields = f"  [{', '.join(difference.fields)}]" if difference.fields else ""
            click.echo(f"{difference.change:>9}  {difference.id}  {difference.title}{fields}")
        click.echo(f"{total:,} articles differ", err=True)


@snapshot.command()
@click.argument("base", type=_file)
@click.argument("increments", type=_file, nargs=-1, required=True)
@click.option("--out", type=_file, required=True, help="File to write: .json, .json.gz or .json.zst.")
def apply(base: Path, increments: tuple[Path, ...], out: Path) -> None:
    """Join a full snapshot with the increments since, in their order: the later full one, to the byte."""
    if not out.name.endswith((".json", ".json.gz", ".json.zst")):
        raise UsageError(f"{out}: a snapshot ends in .json, .json.gz or .json.zst")
    require_folder(out)
    identity = [identity_after(increment) for increment in increments][-1]
    with opened_snapshot(base) as document, document_with_manifest(out, "snapshot", identity) as made:
        if document.kind != "snapshot":
            raise UsageError(f"{base}: is an increment; name the full snapshot that it was made since")
        entries = document.entries()
        for increment in increments:
            entries = applied(entries, increment)
        write_snapshot(made, identity, entries)
    click.echo(f"{made.counts['articles']:,} articles", err=True)
    click.echo(str(out))
