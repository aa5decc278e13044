"""What the replica answers: from host, path and virtual time to status, headers and bytes. Pure."""

from __future__ import annotations

import re
import zlib
from html import escape
from typing import TYPE_CHECKING, NamedTuple

from gzcrawler.replica.articles import http_date
from gzcrawler.replica.chance import mix
from gzcrawler.replica.chrome import Wardrobe
from gzcrawler.replica.dresses import GENERAL, SUBSITE
from gzcrawler.replica.markup import article_slots, list_slots, text
from gzcrawler.replica.pictures import file_bytes, picture_bytes
from gzcrawler.replica.routing import Router

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gzcrawler.replica.articles import Calendar, Story
    from gzcrawler.replica.dresses import Dress, Form
    from gzcrawler.replica.routing import Place, Target
    from gzcrawler.replica.sections import ReplicaHost
    from gzcrawler.replica.views import Viewer

__all__ = ["Pages", "ReplicaResponse"]

_FEED_LENGTH = 20
_HTML = "text/html; charset=utf-8"
_ASSETS = re.compile(
    r"/att/\d{8}/\d{13}(\d{6})\.(png|jpeg|pdf)|/images/attachement/jpg/site1/\d{8}/[0-9a-f]{16}(\d{6})\.(jpg)"
    r"|/img/\d+/\d+/(\d+)/\d+\.(png|jpg)|/attachment/\d+/\d+/(\d+)/\d+\.(pdf)"
)
_TYPES = {"png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg", "pdf": "application/pdf"}
_TEMPLATE = re.compile(r"/att/\d+\.files/.+\.(css|js|png)")
_TEMPLATE_TYPES = {"css": "text/css", "js": "application/javascript", "png": "image/png"}
_FILM = re.compile(r"/att/\d{8}/film\d+\.mp4")


class ReplicaResponse(NamedTuple):
    """One answer, before any fault befalls it."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def header(self, name: str) -> str | None:
        """Value of a header, by its name as spelled here."""
        return next((value for key, value in self.headers if key == name), None)


class Pages:
    """Answers for every address of the portal."""

    def __init__(self, viewer: Viewer, hosts: Sequence[ReplicaHost], folded: Sequence[str]) -> None:
        self._viewer = viewer
        self._calendar: Calendar = viewer.calendar
        config = viewer.calendar.config
        self._seed = config.seed
        self._hosts = tuple(hosts)
        self.router = Router(viewer, hosts, folded)
        general = next(host for host in hosts if host.general)
        self._wardrobe = Wardrobe(config.seed, config.page_bytes, self._calendar.sections, general.base)

    def answer(self, host: str, path: str, at: int) -> ReplicaResponse:
        """The answer to a GET of a path (query and all) by Host header at a time."""
        path = path.partition("?")[0]
        if self._calendar.down(at):
            return _OUT_OF_ORDER
        if path == "/robots.txt":
            config = self._calendar.config
            robots = dict(config.robots_of).get(host.partition(":")[0], config.robots)
            return _plain(
                robots + (f"Sitemap: {self._hosts[0].base}/sitemap.xml\n" if config.sitemaps else "")
            )
        place = self.router.place(host, path)
        if place is None:
            return self._missing()
        if self._calendar.config.sitemaps and place.path in ("/sitemap.xml", "/rss.xml"):
            return self._for_machines(place, at)
        if place.path.startswith(("/att/", "/img/", "/images/", "/attachment/")):
            return self._asset(place.path)
        target = self.router.target(place, at)
        if target is None:
            return self._home(place, at) or self._missing()
        if target.left:
            return self._left(target, place, at)
        if target.story is not None:
            return self._article(target, target.story, place, at)
        return self._listing(target, place, at)

    def dress(self, index: int, at: int, *, general: bool, day: int | None = None) -> Dress:
        """What a page wears: by the age of a sub-site's story, else by section; another one after a redesign."""
        dresses = GENERAL if general else SUBSITE
        if general or day is None:
            choice = mix(self._seed, index, 50) % len(dresses)
        else:
            choice = 0 if day < 736_695 else 1 if day < 737_791 else 2  # 2018-01-01, 2021-01-01
        choice += sum(at >= redesign for redesign in self._calendar.redesigns)
        return dresses[choice % len(dresses)]

    def _article(self, target: Target, story: Story, place: Place, at: int) -> ReplicaResponse:
        if at < story.appears:
            return self._missing()
        if not story.alive(at):
            return self._removed(story, place, at)
        view = self._viewer.article(story, target.part, place.host, at, branch=target.branch)
        if view is None:
            return self._missing()
        dress = self.dress(story.section, at, general=view.general, day=story.day)
        form = self._form("article", dress, place.host, view.edition, at)
        changed = max(
            story.appears,
            *story.edits[: story.version(at)],
            story.back or 0 if story.gone and story.gone <= at else 0,
        )
        return self._page(form.fill(article_slots(view, dress)), changed, at)

    def _listing(self, target: Target, place: Place, at: int) -> ReplicaResponse:
        assert target.section is not None
        view = self._viewer.listing(target.section, target.part, place.host, at, general=target.general)
        if view is None:
            return self._missing()
        dress = self.dress(target.section, at, general=view.general)
        form = self._form("listing", dress, place.host, view.edition, at)
        return self._page(form.fill(list_slots(view, dress)), self._calendar.turn(at, edits=True), at)

    def _home(self, place: Place, at: int) -> ReplicaResponse | None:
        folder = place.path.removesuffix("index.html").rstrip("/")
        sections = [
            (index, section)
            for index, section in enumerate(self._calendar.sections)
            if section.branch == folder or (not folder and section.edition == "en")
        ]
        if not sections:
            return None
        edition = sections[0][1].edition
        dress = self.dress(sections[0][0], at, general=place.host.general and self._calendar.moved(at))
        groups = []
        for index, section in sections:
            for general in (False, True):
                if self._calendar.moved(at) and not general:
                    continue
                items = [
                    dress.group_item
                    % (
                        escape(self._viewer.linker.story_href(story, place.host, story.index * 8 + 6, at)),
                        text(self._viewer.title(story)),
                    )
                    for story in self._calendar.listed(index, general, at)[:3]
                ]
                path = section.general if general else section.subsite
                href = self._viewer.linker.href(
                    path, place.host, -(index * 4 + general) - 900, general=general
                )
                groups.append(
                    dress.group % (href, text(self._viewer.linker.section_name(index, at)), "\n".join(items))
                )
        slots = {
            "window": "Guangzhou International",
            "groups": "\n".join(groups),
            "editions": " | ".join(
                dress.edition % (escape(href), label)
                for label, href, _ in self._viewer.furniture.editions(edition, place.host, -7)
            ),
            "meta": "",
            "share": "",
            "post": "0",
            "type": "page",
        }
        form = self._form("home", dress, place.host, edition, at)
        return self._page(form.fill(slots), self._calendar.turn(at), at)

    def _form(self, page: str, dress: Dress, host: ReplicaHost, edition: str, at: int) -> Form:
        calendar = self._calendar
        renamed = calendar.rename_at is not None and at >= calendar.rename_at
        return self._wardrobe.form(page, dress, host, edition, moved=calendar.moved(at), renamed=renamed)

    def _page(self, filled: tuple[bytes, str], changed: int, at: int) -> ReplicaResponse:
        body, tag = filled
        config = self._calendar.config
        if not config.validators:
            return ReplicaResponse(200, (("Content-Type", _HTML),), body)
        turns = (*self._calendar.redesigns, self._calendar.rename_at, self._calendar.move_at)
        period = config.slider_days * 86_400
        changed = max(
            changed, at - at % period, *(turn for turn in turns if turn is not None and turn <= at), 0
        )
        return ReplicaResponse(
            200,
            (
                ("Content-Type", _HTML),
                ("ETag", tag),
                ("Last-Modified", http_date(changed)),
            ),
            body,
        )

    def _for_machines(self, place: Place, at: int) -> ReplicaResponse:
        """The sitemap of all stories, or the feed of those that appeared last."""
        stories = sorted(self._calendar.alive(at), key=lambda story: (-story.appears, story.index))
        links = [self._hosts[0].base + self._viewer.linker.story_path(story, at) for story in stories]
        if place.path == "/rss.xml":
            items = "".join(
                f"<item><title>{escape(self._viewer.title(story))}</title><link>{link}</link></item>"
                for story, link in zip(stories[:_FEED_LENGTH], links, strict=False)
            )
            body = f'<rss version="2.0"><channel><title>Latest</title>{items}</channel></rss>'
        else:
            entries = "".join(f"<url><loc>{link}</loc></url>" for link in links)
            body = f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{entries}</urlset>'
        document = f'<?xml version="1.0" encoding="UTF-8"?>\n{body}\n'.encode()
        return ReplicaResponse(200, (("Content-Type", "application/xml"),), document)

    def _asset(self, path: str) -> ReplicaResponse:
        headers: tuple[tuple[str, str], ...]
        if match := _ASSETS.fullmatch(path):
            code, ending = (group for group in match.groups() if group is not None)
            data = (
                file_bytes(self._seed, int(code))
                if ending == "pdf"
                else picture_bytes(self._seed, int(code), ending)
            )
            headers = (("Content-Type", _TYPES[ending]), ("ETag", f'"{zlib.crc32(data):08x}"'))
            return ReplicaResponse(200, headers if self._calendar.config.validators else headers[:1], data)
        if match := _TEMPLATE.fullmatch(path):
            data = picture_bytes(self._seed, 999_999, "png") if match[1] == "png" else b"/* template */\n"
            return ReplicaResponse(200, (("Content-Type", _TEMPLATE_TYPES[match[1]]),), data)
        if _FILM.fullmatch(path):
            return ReplicaResponse(
                200, (("Content-Type", "video/mp4"),), b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + bytes(512)
            )
        return self._missing()

    def _removed(self, story: Story, place: Place, at: int) -> ReplicaResponse:
        if story.removal == "home":
            return _redirect(302, place.host.base + "/")
        if story.removal == "soft 404":
            return ReplicaResponse(200, (("Content-Type", _HTML),), _SOFT)
        return self._missing(410 if story.removal == "410" else 404)

    def _left(self, target: Target, place: Place, at: int) -> ReplicaResponse:
        """What an address answers that the move has left behind."""
        leaves = self._calendar.config.move_leaves
        general = next(host for host in self._hosts if host.general)
        if leaves == "gone" or (target.story is not None and at < target.story.appears):
            return self._missing()
        if leaves == "home":
            return _redirect(302, place.host.base + "/")
        if target.story is not None:
            return _redirect(
                301, general.base + self._viewer.linker.story_path(target.story, at, target.part)
            )
        assert target.section is not None
        return _redirect(301, general.base + self._calendar.sections[target.section].general)

    def _missing(self, status: int = 404) -> ReplicaResponse:
        body = f"<html><head><title>{status}</title></head><body><h1>{status} Not Found</h1><hr>nginx</body></html>\n"
        return ReplicaResponse(status, (("Content-Type", "text/html"),), body.encode())


_OUT_OF_ORDER = ReplicaResponse(
    503, (("Content-Type", "text/html"),), b"<html><body><h1>503 Service Unavailable</h1></body></html>\n"
)
_SOFT = (
    b'<!DOCTYPE html><html><head><meta charset="utf-8"><title>Sorry</title></head><body><div class="box">'
    b"<p>Sorry, the page you are looking for does not exist or has been deleted.</p>"
    b'<p><a href="/">Back to the home page</a></p></div></body></html>\n'
)


def _plain(body: str) -> ReplicaResponse:
    return ReplicaResponse(200, (("Content-Type", "text/plain; charset=utf-8"),), body.encode())


def _redirect(status: int, location: str) -> ReplicaResponse:
    body = f'<html><body>Moved <a href="{location}">here</a></body></html>\n'
    return ReplicaResponse(status, (("Content-Type", "text/html"), ("Location", location)), body.encode())
