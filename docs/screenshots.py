"""Take the README's pictures of the served archive again: `python docs/screenshots.py`.

A made-up portal is crawled twice, sixty of its days apart, so that there are changes and removals to see; Debian's Chromium
looks at it (`make test-system` installs what drives it).
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from contextlib import closing
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from gzcrawler.archive import open_archive
from gzcrawler.crawl_run import CrawlOptions
from gzcrawler.crawling import crawl
from gzcrawler.portals import parse_portal
from gzcrawler.replica import ReplicaConfig, running_replica

IMAGES = Path(__file__).parent / "images"
SIZE = {"width": 1200, "height": 860}
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]

EVENTFUL = ReplicaConfig(
    seed=3, articles=150, growth_per_day=0.5, horizon_days=60, edited=0.1, removed=0.03, backdated=0.1
)

CHOSEN = """SELECT e.id FROM edits e JOIN articles a ON a.id = e.id
    WHERE a.language = 'en' AND a.state = 'alive' AND e.body_changed
    AND e.new_record LIKE '%<figure><img %' ORDER BY instr(e.new_record, '<figure>') LIMIT 1"""
"""An article that was changed, with a picture near its head."""


def main() -> None:
    """Crawl, serve, look."""
    with tempfile.TemporaryDirectory() as folder:
        archive = Path(folder) / "archive"
        with running_replica(EVENTFUL) as replica:
            portal = parse_portal(replica.map, origin="replica")
            for recheck in (False, True):
                crawl(CrawlOptions(archive=archive, portal=portal, recheck=recheck, delay=0, concurrency=16))
                replica.advance(days=60)
        with open_archive(archive) as opened:
            (article,) = opened.connection.execute(CHOSEN).fetchone()
        command = [sys.executable, "-m", "gzcrawler", "serve", "--archive", str(archive), "--port", "0"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
            assert server.stdout is not None
            address = next(word for word in server.stdout.readline().split() if word.startswith("http://"))
            try:
                _take(address.rstrip("/"), article)
            finally:
                server.terminate()


def _take(address: str, article: str) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        with closing(browser), closing(browser.new_page(viewport=SIZE, color_scheme="light")) as page:
            for name, path in (("home", "/"), ("article", f"/article/{article}")):
                _shoot(page, address + path, IMAGES / f"{name}.png")


def _shoot(page: Page, address: str, target: Path) -> None:
    page.goto(address, wait_until="networkidle")
    page.screenshot(path=target)
    print(f"{target.name}: {target.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
