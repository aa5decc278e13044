"""`gzcrawler` as the documentation's commands call it: ours for real, and portals asked on this machine alone.

`python -m tests.documented WORDS…`; ``DOCUMENTED_MAP`` names the map of a portal that runs here, ``DOCUMENTED_INDEX`` and
``DOCUMENTED_MEMENTOS`` a web archive that does, ``DOCUMENTED_ARTICLE`` an article of ``archive/``.
"""

from __future__ import annotations

import itertools
import os
import shutil
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path

OURS = [sys.executable, "-m", "gzcrawler"]
_FOREIGN = Path(__file__).parent / "importing" / "fixtures" / "wget.warc.gz"
_CONCLUDED = (0, 10)
"""Exit codes of a crawl that came to its end; the made-up portal has a page that alarms."""


def main(words: list[str]) -> int:
    """Run one command; returns its exit code."""
    if words[0] == "demo":
        return 0  # `make demo`, which is run by itself
    if words[0] == "backfill":
        return _backfill(words)
    if words[0] == "crawl" and "--dry-run" not in words:
        return _crawl(words)
    if words[0] == "import":
        return _import(words)
    if words[0] == "serve":
        return _serve(words)
    if words[0] == "redact":
        return _redact(words)
    changes_crontab = words[0] == "schedule" and words[1] in ("install", "remove")
    yes = ["--yes"] if changes_crontab else []  # nobody is there to be asked
    ended = subprocess.run([*OURS, *words, *yes], check=False)
    if words[:2] == ["status", "--check"] and ended.returncode in _CONCLUDED:
        return 0
    return ended.returncode


def _crawl(words: list[str]) -> int:
    """A crawl of the portal that runs here: into the folder it names, or one of its own where an archive lies there."""
    named = dict(itertools.pairwise(words)).get("--archive", "archive")
    kept = _without(words, "--portal", "--portals", "--archive")
    portal = "--portals" if "--all" in kept else "--portal"
    with tempfile.TemporaryDirectory() as folder:
        archive = f"{folder}/archive" if Path(named).exists() else named
        command = [*OURS, *kept, portal, os.environ["DOCUMENTED_MAP"], "--archive", archive]
        command += ["--delay", "0", "--no-images"]
        ended = subprocess.run(command, check=False)
    return 0 if ended.returncode in _CONCLUDED else ended.returncode


def _backfill(words: list[str]) -> int:
    """From a web archive that runs here."""
    kept = _without(words, "--archive", "--endpoint", "--replay")
    index, mementos = os.environ["DOCUMENTED_INDEX"], os.environ["DOCUMENTED_MEMENTOS"]
    with tempfile.TemporaryDirectory() as folder:
        command = [*OURS, *kept, "--archive", f"{folder}/archive", "--endpoint", index, "--replay", mementos]
        return subprocess.run([*command, "--delay", "0"], check=False).returncode


def _import(words: list[str]) -> int:
    """Of a file that another program wrote, whatever files are named."""
    options = [word for word in _without(words[1:], "--archive", "--portal") if word.startswith("--")]
    with tempfile.TemporaryDirectory() as folder:
        command = [*OURS, "import", str(_FOREIGN), *options, "--archive", f"{folder}/archive"]
        return subprocess.run([*command, "--portal", os.environ["DOCUMENTED_MAP"]], check=False).returncode


def _serve(words: list[str]) -> int:
    """Until its first page was seen."""
    command = [*OURS, *_without(words, "--port"), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        line = server.stdout.readline()
        address = next((word for word in line.split() if word.startswith("http://")), "")
        if address:
            with urllib.request.urlopen(address, timeout=60) as page:
                assert page.status == 200
        server.terminate()
        return server.wait(60)


def _redact(words: list[str]) -> int:
    """Of a copy, and of an article that it holds."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "archive"
        shutil.copytree("archive", copy, ignore=shutil.ignore_patterns("demo"))
        command = [*OURS, "redact", os.environ["DOCUMENTED_ARTICLE"], *words[2:], "--archive", str(copy)]
        return subprocess.run(command, input=b"y\n", check=False).returncode


def _without(words: list[str], *options: str) -> list[str]:
    """Without these options and their values."""
    return [
        word
        for before, word in zip(["", *words], words, strict=False)
        if word not in options and before not in options
    ]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
