"""The chrome of pages: navigation, scripts and filler that bring a page to its size, the same on all."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from gzcrawler.replica.chance import Draw
from gzcrawler.replica.dresses.dress import Form

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gzcrawler.replica.dresses.dress import Dress
    from gzcrawler.replica.sections import ReplicaHost, ReplicaSection

__all__ = ["Wardrobe"]


_FILLER = 14
_CONTENT_BYTES = {"article": 2900, "listing": 3000, "home": 4000}
"""About what the content of a page takes; the filler takes the rest."""
_STYLE_PART = 0.6
"""Part of the filler that is style rules; the rest is script, as on real pages of this kind."""
_PROPERTIES = ("margin", "padding", "line-height", "width", "font-size", "border-width", "top", "left")
_LANGUAGES = {"en": "en", "zh": "zh-CN", "ja": "ja"}


class Wardrobe:
    """Compiles page templates with their chrome, once for each combination, and keeps them."""

    def __init__(
        self, seed: int, page_bytes: int, sections: Sequence[ReplicaSection], general_base: str
    ) -> None:
        self._seed = seed
        self._page_bytes = page_bytes
        self._sections = tuple(sections)
        self._general_base = general_base
        self._forms: dict[tuple[str, str, str, bool, str, bool, bool], Form] = {}

    def form(
        self, page: str, dress: Dress, host: ReplicaHost, edition: str, *, moved: bool, renamed: bool
    ) -> Form:
        """The template of a kind of page (article, listing or home), ready to fill."""
        key = (page, dress.name, host.root, host.general, edition, moved, renamed)
        form = self._forms.get(key)
        if form is None:
            form = self._forms[key] = self._compile(page, dress, host, edition, moved=moved, renamed=renamed)
        return form

    def _compile(
        self, page: str, dress: Dress, host: ReplicaHost, edition: str, *, moved: bool, renamed: bool
    ) -> Form:
        template: str = getattr(dress, page)
        nav = self._nav(host, edition, moved=moved, renamed=renamed)
        size = self._page_bytes - _CONTENT_BYTES[page] - len((template + nav).encode())
        style = _style(dress, max(0, int(size * _STYLE_PART)), self._seed)
        script = _script(dress, max(0, size - len(style)), self._seed, nav)
        fixed = {
            "nav": nav,
            "filler": style,
            "scripts": script,
            "root": host.root,
            "lang": _LANGUAGES[edition],
        }
        return Form(template, fixed)

    def _nav(self, host: ReplicaHost, edition: str, *, moved: bool, renamed: bool) -> str:
        items = [f'<li><a href="{host.root}/">Home</a></li>']
        general_root = host.root if host.general else self._general_base
        for section in self._sections:
            if section.edition != edition:
                continue
            name = escape(section.names[1] if renamed and len(section.names) > 1 else section.names[0])
            if not moved:
                items.append(f'<li><a href="{host.root}{section.subsite}">{name}</a></li>')
            items.append(f'<li><a href="{general_root}{section.general}">{name}</a></li>')
        return "\n".join(items)


def _style(dress: Dress, size: int, seed: int) -> str:
    draw = Draw(seed, len(dress.name), _FILLER)
    names = dress.style.split()
    rules, length = ["<style>"], 16
    while length < size:
        body = ";".join(f"{draw.pick(_PROPERTIES)}:{draw.below(40)}px" for _ in range(3 + draw.below(4)))
        rules.append(f".{draw.pick(names)} .{draw.pick(names)}{draw.below(90)}{{{body}}}")
        length += len(rules[-1]) + 1
    return "\n".join([*rules, "</style>"])


def _script(dress: Dress, size: int, seed: int, nav: str) -> str:
    """Script as the portals have it: a menu kept as a string full of links, and functions."""
    draw = Draw(seed, len(dress.name), _FILLER + 1)
    menu = nav.replace("\n", "").replace("'", "\\'").replace("</", "<\\/")
    lines = (
        ["<script>", 'var menu = \'<div class="drop">' + menu + "</div>';"]
        if size > len(nav) + 200
        else ["<script>"]
    )
    length = sum(map(len, lines)) + 10
    while length < size:
        number = draw.below(9000)
        lines.append(
            f"function step{number}(a, b) {{ if (a > {draw.below(99)} && b < {draw.below(999)}) {{ return a * {number} - b; }} return 0; }}"
        )
        length += len(lines[-1]) + 1
    return "\n".join([*lines, "</script>"])
