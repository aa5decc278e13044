"""Writes the generated parts of the documentation; ``make docs`` calls it, and a test compares.

- ``docs/commands.md``: the help text of every command;
- ``docs/schema.md``: tables, columns and views, from the database;
- ``docs/images/path.svg``: the path of a page, drawn by ``docs/path.py``;
- in ``docs/design.md``, between the marks: the layers, as import-linter holds them.
"""

from __future__ import annotations

import runpy
import tomllib
from pathlib import Path

import click
from click.testing import CliRunner

from gzcrawler.archive.schema_doc import describe_schema
from gzcrawler.cli import main

ROOT = Path(__file__).parents[1]
COMMANDS = ROOT / "docs" / "commands.md"
SCHEMA = ROOT / "docs" / "schema.md"
DESIGN = ROOT / "docs" / "design.md"
SCALING = ROOT / "docs" / "scaling.md"
PATH = ROOT / "docs" / "images" / "path.svg"
_WIDTH = 100


def generated() -> dict[Path, str]:
    """Path -> what it should hold."""
    return {
        COMMANDS: commands_page(),
        SCHEMA: describe_schema(),
        PATH: _path_picture(),
        DESIGN: with_layers(DESIGN.read_text("utf-8")),
        SCALING: with_scaling(SCALING.read_text("utf-8")),
    }


def _path_picture() -> str:
    """What ``docs/path.py`` draws."""
    return str(runpy.run_path(str(ROOT / "docs" / "path.py"))["path_picture"]())


def help_text(*words: str) -> str:
    """What ``gzcrawler … --help`` prints, on a terminal of fixed width."""
    arguments = [*words, "--help"]
    result = CliRunner().invoke(
        main, arguments, prog_name="gzcrawler", terminal_width=_WIDTH, max_content_width=_WIDTH
    )
    if result.exit_code != 0:
        raise SystemExit(f"{' '.join(arguments)}: {result.output}")
    return "\n".join(line.rstrip() for line in result.output.splitlines()) + "\n"


def commands_page() -> str:
    """All help texts, one section a command."""
    pieces = [
        "# Commands\n",
        "Written by `make docs`. What each exit code asks you to do: [operating.md](operating.md#exit-codes).\n",
        f"```text\n{help_text()}```\n",
    ]
    for name in command_names():
        pieces.append(f"## {name}\n\n```text\n{help_text(name)}```\n")
        pieces += [
            f"### {name} {inner}\n\n```text\n{help_text(name, inner)}```\n" for inner in command_names(name)
        ]
    return "\n".join(pieces)


def command_names(of: str | None = None) -> list[str]:
    """Names of all commands, in the order of the help text; of those inside a command, where it has any."""
    context = click.Context(main)
    group = main if of is None else main.get_command(context, of)
    return list(group.list_commands(context)) if isinstance(group, click.Group) else []


def with_layers(page: str) -> str:
    """The page with today's layers between the marks."""
    listed = "\n".join(", ".join(layer) for layer in layers())
    return _between(page, "layers", f"\n```text\n{listed}\n```\n\n")


def with_scaling(page: str) -> str:
    """The page with the model's tables between the marks."""
    model = runpy.run_path(str(ROOT / "docs" / "scaling_model.py"))
    return _between(page, "scaling", f"\n{model['tables'](model['Constants']())}\n")


def _between(page: str, name: str, text: str) -> str:
    marks = (f"<!-- {name} -->\n", f"<!-- end of {name} -->\n")
    before, mark, rest = page.partition(marks[0])
    _, end, after = rest.partition(marks[1])
    if not (mark and end):
        raise SystemExit(f"the marks {marks} are missing")
    return f"{before}{mark}{text}{end}{after}"


def layers() -> list[list[str]]:
    """Rooms of each layer, the top first: each may import what stands below it."""
    facts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    contracts = facts["tool"]["importlinter"]["contracts"]
    found = next(contract["layers"] for contract in contracts if contract["type"] == "layers")
    return [[name.strip().removeprefix("gzcrawler.") for name in layer.split("|")] for layer in found]


if __name__ == "__main__":
    for path, text in generated().items():
        path.write_text(text, "utf-8")
