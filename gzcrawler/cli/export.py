"""`export` in all its formats: what was asked for, where it goes, and how far it is."""

from __future__ import annotations

import io
import sys
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from gzcrawler.archive.viewpoint import EVERY_ARTICLE, ArchiveView
from gzcrawler.cli.filter_options import article_filter_options
from gzcrawler.cli.moment_options import as_moment, moment_at_the_end_of
from gzcrawler.cli.options import archive_option
from gzcrawler.cli.worker_options import worker_options
from gzcrawler.errors import UsageError
from gzcrawler.exports.atom_feed import latest_news, write_feed
from gzcrawler.exports.csv_files import write_csv
from gzcrawler.exports.folders import folder_with_manifest
from gzcrawler.exports.identity import Identity
from gzcrawler.exports.increments import paired, write_increment
from gzcrawler.exports.linked_data import write_linked_data
from gzcrawler.exports.manifest import Document, document_with_manifest, manifest_path
from gzcrawler.exports.markdown_files import write_markdown
from gzcrawler.exports.parquet_files import require_parquet, write_parquet
from gzcrawler.exports.parquet_partitions import parse_partition, write_partitions
from gzcrawler.exports.since import base_entries
from gzcrawler.exports.snapshot import TELL_EVERY, Summary, entries_of, write_snapshot
from gzcrawler.exports.targets import target_of
from gzcrawler.exports.wacz import write_wacz
from gzcrawler.exports.whole_files import require_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gzcrawler.archive import ArticleFilter
    from gzcrawler.archive.viewpoint import StandingArticle
    from gzcrawler.workers import Workers

__all__ = ["export"]

_STDOUT = Path("-")
_COMPRESSED = {"none": "", "gz": ".gz", "zst": ".zst"}


@click.group()
def export() -> None:
    """Write articles to files that other programs read.

    Each export is written aside and takes its place when it is whole; made again from the same archive as
    of the same moments it is the same to the byte. Beside it lies a manifest with counts and SHA-256.
    """


def _viewpoint_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """From where the archive is looked at, and where the file goes."""
    for option in (
        click.option(
            "--known-at",
            metavar="TIME",
            callback=moment_at_the_end_of,
            help="Only what had been recorded by then; to make an earlier export again.",
        ),
        click.option(
            "--as-of",
            metavar="TIME",
            callback=moment_at_the_end_of,
            help="The archive as it stood then: a day (its end, +08:00), or a time with its offset.",
        ),
        click.option(
            "--out",
            type=click.Path(path_type=Path, allow_dash=True),
            help="File or folder to write; `snapshots/` in the archive, if not given.",
        ),
        archive_option,
    ):
        command = option(command)
    return article_filter_options(command)


@export.command()
@_viewpoint_options
@click.option(
    "--since",
    metavar="SNAPSHOT|TIME",
    help="Only what is new, changed or missing since that snapshot or moment: an increment.",
)
@click.option(
    "--compress",
    type=click.Choice(list(_COMPRESSED)),
    help="For the usual name; a name that is given says it by .gz or .zst.",
)
def snapshot(
    archive: Path,
    out: Path | None,
    as_of: str | None,
    known_at: str | None,
    article_filter: ArticleFilter,
    since: str | None,
    compress: str | None,
) -> None:
    """All articles as one JSON document, sorted by id, gone ones included.

    `gzcrawler snapshot` checks, compares and joins such documents.
    """
    if out == _STDOUT:
        raise UsageError("a snapshot belongs with its manifest and cannot go to stdout; jsonl can")
    with _viewed(archive, as_of, known_at, article_filter) as (view, wanted, identity):
        kind = "increment" if since else "snapshot"
        ending = _COMPRESSED[compress or "none"]
        endings = (".json", ".json.gz", ".json.zst")
        target = target_of(out, view.directory, f"{kind}-{identity.name}.json{ending}", endings)
        if compress and not target.name.endswith(f".json{ending}"):
            raise UsageError(f"{target}: its ending says another compression than --compress {compress}")
        require_folder(target)
        facts = identity.as_dict()
        with _progress(view.count()) as tell, document_with_manifest(target, kind, facts) as document:
            entries = entries_of(view.articles(wanted))
            if since is None:
                write_snapshot(document, facts, entries, tell)
            else:
                with base_entries(_file_or_moment(since), archive, facts, wanted) as base:
                    seen = write_increment(
                        document, facts, base.identity, paired(base.entries, entries), tell
                    )
                    base.require(seen)
        _tell_made(target, document.counts)


@export.command()
@_viewpoint_options
def jsonl(**asked: Any) -> None:
    """An article a line: record and envelope as JSON. `--out -` writes to stdout."""
    endings = (".jsonl", ".jsonl.gz", ".jsonl.zst")
    with _single_file("jsonl", endings, **asked) as exporting:
        for entry in entries_of(exporting.articles()):
            exporting.document.sink.write(entry.line + b"\n")


@export.command()
@_viewpoint_options
@click.option("--bom", is_flag=True, help="Begin each file with a byte order mark, as Excel wants it.")
def csv(bom: bool, **asked: Any) -> None:
    """A folder of tables: articles, authors, images, links, breadcrumbs.

    Cells that a spreadsheet would take for a formula begin with an apostrophe.
    """
    with _folder("csv", **asked) as exporting:
        write_csv(exporting.folder, exporting.entries(), byte_order_mark=bom)


@export.command()
@_viewpoint_options
@partial(worker_options, needs="partition")
@click.option(
    "--partition",
    metavar="portal,year",
    help="A folder a table, in it a folder a portal and year of publication with some files each.",
)
def parquet(partition: str | None, workers: Workers, **asked: Any) -> None:
    """The same tables as Parquet, for pandas, DuckDB, Arrow and Spark; needs gzcrawler[parquet]."""
    require_parquet()
    keys = parse_partition(partition) if partition else ()
    with _folder("parquet", **asked) as exporting:
        if keys:
            write_partitions(exporting.folder, exporting.articles, keys=keys, workers=workers)
        else:
            write_parquet(exporting.folder, exporting.entries())


@export.command()
@_viewpoint_options
def jsonld(**asked: Any) -> None:
    """schema.org NewsArticle as JSON-LD, one document."""
    with _single_file("jsonld", (".jsonld", ".jsonld.gz", ".jsonld.zst"), **asked) as exporting:
        write_linked_data(exporting.document.sink, exporting.counted())


@export.command()
@_viewpoint_options
@click.option(
    "--since",
    metavar="TIME",
    callback=moment_at_the_end_of,
    help="Only what happened after that moment; of a day, after its end.",
)
@click.option(
    "--limit", type=click.IntRange(1), default=100, show_default=True, help="Entries at most, the latest."
)
def atom(since: str | None, limit: int, **asked: Any) -> None:
    """A feed of the latest new, changed and removed articles (RFC 4287)."""
    with _single_file("atom", (".atom", ".xml"), **asked) as exporting:
        news = latest_news(exporting.articles(), since=since, most=limit)
        facts = exporting.identity.as_dict()
        write_feed(exporting.document.sink, news, facts, exporting.view.portals())


@export.command()
@_viewpoint_options
def wacz(**asked: Any) -> None:
    """The captures in one file that ReplayWeb.page and pywb open.

    Without filters all captures, lists and home pages too; with filters those of the articles and pictures.
    """
    with _single_file("wacz", (".wacz",), **asked) as exporting:
        facts = exporting.identity.as_dict()
        write_wacz(
            exporting.document.sink, exporting.articles(), exporting.view, facts, beside=exporting.beside
        )


@export.command()
@_viewpoint_options
def markdown(**asked: Any) -> None:
    """A folder with a Markdown file an article, with front matter and the pictures on file."""
    with _folder("markdown", **asked) as exporting:
        write_markdown(exporting.folder, exporting.entries(), exporting.view)


@dataclass(slots=True)
class _Exporting:
    """One single-file export under way."""

    view: ArchiveView
    wanted: ArticleFilter
    identity: Identity
    document: Document
    tell: Callable[[int], None]
    beside: Path | None = None
    """Folder that the file goes into."""
    summary: Summary = field(default_factory=Summary)

    def articles(self) -> Iterator[StandingArticle]:
        """The articles asked for, counted."""
        for article in _told(self.view.articles(self.wanted), self.tell):
            self.summary.count(article.id, article.envelope.state)
            yield article

    def counted(self) -> Iterator[dict[str, Any]]:
        """The same as record and envelope."""
        return (article.as_dict() for article in self.articles())


@contextmanager
def _single_file(
    kind: str,
    endings: tuple[str, ...],
    *,
    archive: Path,
    out: Path | None,
    as_of: str | None,
    known_at: str | None,
    article_filter: ArticleFilter,
) -> Iterator[_Exporting]:
    """The articles asked for, and the document that takes them."""
    with _viewed(archive, as_of, known_at, article_filter) as (view, wanted, identity):
        if out == _STDOUT:
            document = Document(sys.stdout.buffer, io.BytesIO())
            yield _Exporting(view, wanted, identity, document, lambda _: None)
            sys.stdout.buffer.flush()
            return
        target = target_of(out, view.directory, f"{kind}-{identity.name}{endings[0]}", endings)
        require_folder(target)
        with (
            _progress(view.count()) as tell,
            document_with_manifest(target, kind, identity.as_dict()) as document,
        ):
            exporting = _Exporting(view, wanted, identity, document, tell, target.parent)
            yield exporting
            document.counts = exporting.summary.counts()
        _tell_made(target, document.counts)


@dataclass(frozen=True, slots=True)
class _Filling:
    """One export of several files under way."""

    articles: Iterator[StandingArticle]
    """Those asked for, counted."""
    folder: Path
    """Takes their files."""
    view: ArchiveView

    def entries(self) -> Iterator[dict[str, Any]]:
        """The articles as record and envelope."""
        return (article.as_dict() for article in self.articles)


@contextmanager
def _folder(
    kind: str,
    *,
    archive: Path,
    out: Path | None,
    as_of: str | None,
    known_at: str | None,
    article_filter: ArticleFilter,
) -> Iterator[_Filling]:
    """The articles asked for, and the folder that takes their files."""
    if out == _STDOUT:
        raise UsageError(f"{kind} is a folder of files and cannot go to stdout")
    with _viewed(archive, as_of, known_at, article_filter) as (view, wanted, identity):
        target = target_of(out, view.directory, f"{kind}-{identity.name}", ())
        summary = Summary()

        def counted() -> Iterator[StandingArticle]:
            for article in _told(view.articles(wanted), tell):
                summary.count(article.id, article.envelope.state)
                yield article

        with (
            _progress(view.count()) as tell,
            folder_with_manifest(target, kind, identity.as_dict()) as (folder, counts),
        ):
            yield _Filling(counted(), folder, view)
            counts.update(summary.counts())
        _tell_made(target, counts)


def _told(articles: Iterator[StandingArticle], tell: Callable[[int], None]) -> Iterator[StandingArticle]:
    """The articles, and a word now and then on how many there were."""
    for number, article in enumerate(articles, start=1):
        yield article
        if number % TELL_EVERY == 0:
            tell(TELL_EVERY)


@contextmanager
def _viewed(
    archive: Path, as_of: str | None, known_at: str | None, article_filter: ArticleFilter
) -> Iterator[tuple[ArchiveView, ArticleFilter, Identity]]:
    with ArchiveView(archive, as_of, known_at) as view:
        wanted = view.resolved(article_filter)
        yield view, wanted, Identity(view.viewpoint, view.withdrawn_at(), _as_facts(wanted))


def _as_facts(article_filter: ArticleFilter) -> dict[str, Any] | None:
    """What a filter leaves in, for the identity; None where it is everything."""
    facts: dict[str, Any] = {}
    for name in article_filter.__slots__:
        value = getattr(article_filter, name)
        if value != getattr(EVERY_ARTICLE, name):
            facts[name] = list(value) if isinstance(value, tuple) else value if value is True else str(value)
    return facts or None


def _file_or_moment(text: str) -> Path | str:
    path = Path(text)
    if path.exists() or text.endswith((".json", ".gz", ".zst")):
        return path
    try:
        return as_moment(text)
    except ValueError as error:
        raise UsageError(f"--since: {error}; nor is there a file of that name") from error


@contextmanager
def _progress(total: int) -> Iterator[Callable[[int], None]]:
    """A bar on a terminal, nothing elsewhere."""
    console = Console(stderr=True)
    columns = (TextColumn("exporting"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("exporting", total=total)
        yield lambda number: progress.advance(task, number)


def _tell_made(target: Path, counts: dict[str, Any]) -> None:
    """What was written, on stdout the name alone, so that a script can take it."""
    changed = (
        f"{counts['changed']:,} changed and {counts['removed']:,} missing of " if "changed" in counts else ""
    )
    states = ", ".join(f"{number:,} {state}" for state, number in counts["states"].items())
    click.echo(
        f"{changed}{counts['articles']:,} articles"
        + (f" ({states})" if states else "")
        + ("" if target.is_dir() else f"; manifest: {manifest_path(target).name}"),
        err=True,
    )
    click.echo(str(target))
