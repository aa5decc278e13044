"""Draws the README's picture: a real session on a terminal, as an SVG.

``python docs/picture.py`` runs the demo, `status` and `show` in a folder of their own and writes
``docs/images/session.svg``. Run it again when what the commands print has changed.
"""

from __future__ import annotations

import fcntl
import io
import os
import pty
import re
import struct
import subprocess
import sys
import tempfile
import termios
from pathlib import Path

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.text import Text

TARGET = Path(__file__).parent / "images" / "session.svg"
COLUMNS = 116
SHOWN = "replica:c_11547"
LINES_OF_AN_ARTICLE = 14

# What rich writes to draw a live display over its last state: back to the line's start, then up.
_REDRAW = re.compile(r"\r?(?:\x1b\[2K|\x1b\[1A)*\x1b\[1A\x1b\[2K")
_CURSOR = re.compile(r"\x1b\[\?25[lh]|\x1b\[2K|\x1b\[1A|\r")


def main() -> None:
    """Run the session and write the picture."""
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True)
    with tempfile.TemporaryDirectory() as folder:
        before, live, after = _demo(run(folder, "gzcrawler demo"))
        _show(console, "gzcrawler demo", [*before, *live, "    ⋮", *after])
        where = "--archive archive/demo"
        _show(console, f"gzcrawler status {where}", run(folder, f"gzcrawler status {where}").splitlines())
        article = run(folder, f"gzcrawler show {where} {SHOWN}").splitlines()
        _show(console, f"gzcrawler show {where} {SHOWN}", _shortened(article))
    # Without the web fonts of rich's own format: a picture in a page should ask nobody for anything.
    code = re.sub(r"@font-face \{\{.*?\}\}\s*", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)
    TARGET.parent.mkdir(exist_ok=True)
    TARGET.write_text(console.export_svg(title="gzcrawler", code_format=code, unique_id="session"), "utf-8")


def run(folder: str, command: str) -> str:
    """All that a command writes on a terminal of COLUMNS columns, escape sequences included."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, COLUMNS, 0, 0))
    words = [sys.executable, "-m", *command.split()]
    # As in an activated environment: so the demo names its programs without their folder.
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = os.environ | {"PATH": path, "TERM": "xterm-256color", "COLORTERM": "truecolor"}
    child = subprocess.Popen(words, cwd=folder, stdout=theirs, stderr=theirs, env=environment)
    os.close(theirs)
    pieces = []
    while True:
        try:
            piece = os.read(ours, 65536)
        except OSError:  # how Linux says that the other end of a pty is closed
            break
        if not piece:
            break
        pieces.append(piece)
    os.close(ours)
    if child.wait() != 0:
        raise SystemExit(f"{command}: exit code {child.returncode}")
    return b"".join(pieces).decode()


def _demo(output: str) -> tuple[list[str], list[str], list[str]]:
    """The lines before the live display, one state of it from the middle, and the lines after it."""
    head, _, rest = output.partition("\x1b[?25l")
    states, _, tail = rest.rpartition("\x1b[?25h")
    drawn = [state for state in _REDRAW.split(states) if "pages/s" in state]
    return head.splitlines(), drawn[len(drawn) * 2 // 3].splitlines(), tail.splitlines()


def _shortened(lines: list[str]) -> list[str]:
    """The first lines of an article, and the facts at its end."""
    blank = max(number for number, line in enumerate(lines) if not line.strip())
    return [*lines[:LINES_OF_AN_ARTICLE], "    ⋮", *lines[blank:]]


def _show(console: Console, command: str, lines: list[str]) -> None:
    console.print(Text.assemble(("$ ", "bold green"), (command, "bold")))
    for line in lines:
        text = Text.from_ansi(_CURSOR.sub("", line))
        text.rstrip()
        console.print(text, overflow="fold")
    console.print()


if __name__ == "__main__":
    main()
