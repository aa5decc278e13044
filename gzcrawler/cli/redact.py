"""`redact`: withdraw an article, on legal demand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from gzcrawler.archive import Archive, Verdict, open_archive, utc_now
from gzcrawler.archive.redaction import plan_redactions
from gzcrawler.archive.stored_portals import stored_portal
from gzcrawler.cli.options import archive_option
from gzcrawler.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["redact"]


@click.command()
@click.argument("ids", metavar="ID…", nargs=-1, required=True)
@archive_option
@click.option("--reason", required=True, metavar="TEXT", help="Why; kept for as long as the archive is.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def redact(ids: tuple[str, ...], archive: Path, reason: str, yes: bool) -> None:
    """Withdraw articles on legal demand: from every table, search, export, and from the WARC files.

    What stays is their addresses, their digests and the reason. It cannot be undone; `rebuild` and
    later crawls respect it. Copies made before keep the article: redact there too.
    """
    if not reason.strip():
        raise UsageError("--reason: say why; it is all that stays")
    ids = tuple(dict.fromkeys(ids))
    portals = {article_id.partition(":")[0] for article_id in ids}
    with open_archive(archive) as opened:
        planned = plan_redactions(opened.connection, ids, reason=reason.strip(), now=utc_now())
        if len(portals) > 1:
            raise UsageError(f"articles of {', '.join(sorted(portals))}: one portal a call")
        for redaction in planned:
            row = opened.connection.execute(
                "SELECT title FROM articles WHERE id = ?", (redaction.article_id,)
            ).fetchone()
            click.echo(
                f"{redaction.article_id}: {row[0] if row and row[0] else 'without a title'}\n"
                f"  {len(redaction.contents):,} contents, {len(redaction.payloads):,} bodies of "
                f"{len(redaction.pages):,} pages and files: {', '.join(redaction.pages)}",
                err=True,
            )
        portal = stored_portal(opened.connection, portals.pop())
    if not yes and not click.confirm("Withdraw this for good?", err=True):
        raise UsageError("nothing was withdrawn")
    with Archive(archive, portal, command="redact") as writing:
        # What came in since it was looked at goes too.
        now = utc_now()
        planned = plan_redactions(writing.connection, ids, reason=reason.strip(), now=now)
        writing.redact(planned)
        writing.finish(
            Verdict(
                verdict=f"redacted {', '.join(ids)}",
                exit_code=0,
                finished_at=utc_now(),
                record={"redacted": list(ids)},
                hosts=(),
            )
        )
    for redaction in planned:
        click.echo(f"redacted {redaction.article_id}")
