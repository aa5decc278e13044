"""Archives that are served, and Debian's Chromium to look at them; all that a page tried is on record."""

from __future__ import annotations

import html
import io
import os
import shutil
import subprocess
import sys
import tarfile
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from archive_pages import HOST, START, capture, fetched
from playwright.sync_api import Browser, Page, sync_playwright

from gzcrawler.archive import Archive
from gzcrawler.portals import load_portal
from tests.attacks import ATTACKS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import VisitedPortal

_AXE = "axe-core@4.14.1"
_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
"""For a browser that runs as root and asks nobody else for anything."""


@dataclass(frozen=True)
class Served:
    """An archive in `gzcrawler serve`."""

    address: str
    """Without a slash at its end."""
    archive: Path


@dataclass
class Watched:
    """A page of the browser, with what it did that it should not have."""

    page: Page
    served: Served
    complaints: list[str] = field(default_factory=list)
    """Messages of the console, errors of scripts, dialogs, requests that went elsewhere."""

    def open(self, path: str) -> Page:
        """Go to a page of the archive; it has to answer with 200."""
        answer = self.page.goto(self.served.address + path)
        assert answer is not None
        assert answer.status == 200, path
        return self.page


@contextmanager
def _serving(archive: Path) -> Iterator[Served]:
    command = [sys.executable, "-m", "gzcrawler", "serve", "--archive", str(archive), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        line = server.stdout.readline()
        try:
            address = next(word for word in line.split() if word.startswith("http://"))
            yield Served(address.rstrip("/"), archive)
        finally:
            server.terminate()
            said = server.communicate(timeout=20)[1]
    assert server.returncode == 0, said
    assert "Traceback" not in said


@pytest.fixture(scope="module")
def served(visited_portal: VisitedPortal) -> Iterator[Served]:
    """An archive in which all has happened that pages tell of."""
    with _serving(visited_portal.folder / "archive") as running:
        yield running


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """An archive of pages that attack whoever looks at them."""
    folder = tmp_path_factory.mktemp("hostile") / "archive"
    with Archive(folder, load_portal("guangzhou"), command="test") as archive:
        for number, attacks in enumerate(_attacks()):
            url = f"{HOST}/2018-12/26/c_4{number:05}.htm"
            taken = capture(url, _hostile_page(number, attacks), START + timedelta(minutes=number))
            entry = fetched(taken)
            archive.record(entry.capture, entry.result)
    with _serving(folder) as running:
        yield running


def _attacks() -> Iterator[list[str]]:
    for first in range(0, len(ATTACKS), 8):
        yield ATTACKS[first : first + 8]


def _hostile_page(number: int, attacks: list[str]) -> bytes:
    """The attacks as markup in the body, and as plain text wherever a record takes text from."""
    told = html.escape(attacks[0])
    body = "".join(
        f"<p>Paragraph {number} of the port's news. {attack} And more of it.</p>" for attack in attacks
    )
    return f"""<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{told}</title>
<script>document.title = "ran"; fetch("http://127.0.0.1:9/ran")</script></head>
<body onload="document.title = 'ran'">
<div class="pos"><a href="/index.html">Home</a> &gt; <a href="/gzlatest.html">{told}</a></div>
<div class="art_box"><h1>Notice {number} {told}</h1>
<div class="xinf">{told} | By {told} | Updated:2018-12-26</div>
<div class="art_cont"><p>The harbour office wrote to all who keep boats there.</p>{body}
<p align="center"><img src="/att/20181226/{number}.jpeg&quot; onerror=&quot;alert(1)" alt=""></p>
<p style="text-align: center;">{told} [Photo/{told}]</p></div></div>
<div class="rel"><h3>Related</h3><ul><li><a href="/2018-12/26/c_400000.htm?{told}">{told}</a></li></ul></div>
</body></html>""".encode()


@pytest.fixture(scope="module")
def browser(visited_portal: VisitedPortal) -> Iterator[Browser]:
    """Debian's Chromium, without a window."""
    del (
        visited_portal
    )  # crawled before: Playwright keeps an event loop in this thread, beside which no other runs
    program = shutil.which("chromium")
    assert program, "Debian's chromium is missing; .ci/run installs it"
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=program, args=_FLAGS)
        yield running
        running.close()


@pytest.fixture(scope="module")
def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The script of axe-core, from the npm registry."""
    folder = tmp_path_factory.mktemp("axe")
    packed = subprocess.run(
        ["npm", "pack", "--silent", _AXE], cwd=folder, capture_output=True, text=True, check=True, timeout=120
    )
    archive = (folder / packed.stdout.split()[-1]).read_bytes()
    with tarfile.open(fileobj=io.BytesIO(archive)) as files:
        script = files.extractfile("package/axe.min.js")
        assert script is not None
        return script.read().decode()


@pytest.fixture
def look(browser: Browser) -> Iterator[Any]:
    """Open a browser page on a served archive; at the end it must have done nothing that it should not."""
    watched: list[Watched] = []

    def looking(served: Served, **options: Any) -> Watched:
        context = browser.new_context(**options)
        one = Watched(context.new_page(), served)
        context.on("request", lambda request: _note_request(one, request.url))
        one.page.on("console", lambda message: one.complaints.append(f"console: {message.text}"))
        one.page.on("pageerror", lambda error: one.complaints.append(f"script: {error}"))
        one.page.on("dialog", lambda dialog: (one.complaints.append("dialog"), dialog.dismiss()))
        one.page.on("popup", lambda popup: one.complaints.append(f"popup: {popup.url}"))
        watched.append(one)
        return one

    yield looking
    for one in watched:
        one.page.context.close()
        assert one.complaints == []


def _note_request(watched: Watched, url: str) -> None:
    if not url.startswith((watched.served.address + "/", "data:", "about:")):
        watched.complaints.append(f"request: {url}")


@pytest.fixture(scope="module")
def pictures() -> Path:
    """Where screenshots go, for a look: not into the repository."""
    folder = Path(os.environ.get("GZCRAWLER_SCREENSHOTS", "build/screenshots"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder
