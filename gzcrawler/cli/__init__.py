"""The command line: thin commands over the package. Results on stdout, talk on stderr."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

import click

from gzcrawler._version import __version__
from gzcrawler.errors import GzcrawlerError

if TYPE_CHECKING:
    from types import TracebackType

__all__ = ["main"]

_BUG = 70

_COMMANDS = {
    "crawl": "crawl",
    "fetch": "crawl",
    "backfill": "backfill",
    "demo": "demo",
    "status": "look",
    "coverage": "coverage",
    "schedule": "schedule",
    "search": "search",
    "show": "look",
    "serve": "serve",
    "report": "report",
    "history": "history",
    "diff": "history",
    "parse": "look",
    "export": "export",
    "import": "importing",
    "snapshot": "snapshot",
    "backup": "backup",
    "redact": "redact",
    "verify": "upkeep",
    "rebuild": "upkeep",
    "reparse": "reparse",
    "doctor": "doctor",
    "portal": "portal",
}
"""Command -> module that has it; loaded when asked for, so that `status` does not import Scrapy."""


class _Commands(click.Group):
    """Loads each command's module when it is called, and turns errors into one line and an exit code."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        name = "import_" if cmd_name == "import" else cmd_name  # a word that Python keeps for itself
        command: click.Command = getattr(import_module(f"gzcrawler.cli.{_COMMANDS[cmd_name]}"), name)
        return command

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except GzcrawlerError as error:
            click.echo(f"gzcrawler: {error}", err=True)
            ctx.exit(error.exit_code)
        except click.UsageError as error:
            where = error.ctx.command_path if error.ctx else "gzcrawler"
            click.echo(f"gzcrawler: {error.format_message()} (see `{where} --help`)", err=True)
            ctx.exit(error.exit_code)
        except KeyboardInterrupt:
            click.echo("gzcrawler: interrupted", err=True)
            ctx.exit(130)
        except BrokenPipeError:
            # Whoever read the output has seen enough; Python would complain again when closing stdout.
            sys.stdout = None
            ctx.exit(0)


def _report_bug(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """What no command foresaw: the whole story, and an exit code that no other end has."""
    sys.__excepthook__(kind, error, trace)
    click.echo("gzcrawler: this is a bug of gzcrawler; the archive is as after its last commit", err=True)
    sys.stderr.flush()
    os._exit(_BUG)


@click.group(name="gzcrawler", cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="gzcrawler")
def main() -> None:
    """An archiving crawler for government news portals.

    Pages are kept as received (WARC) and as records (SQLite); killed at any moment, the next run
    continues and nothing is lost.

    \b
    Exit codes: 0 complete, 2 usage, 10 finished with alarms, 11 portal unreachable or
    refusing, 12 layout drift, 13 another process writes, 14 archive damaged or disk full,
    70 a bug, 130/143 interrupted and resumable. `parse` alone uses 1 for a page that
    cannot be read.
    """
    sys.excepthook = _report_bug
