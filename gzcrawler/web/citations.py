"""How an archived article is cited: BibTeX, and a line in the manner of the APA. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

__all__ = ["Citation"]

_SPECIAL = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
}
_MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]


_COPIED_FROM = {"warc": "a WARC file of another archive", "wayback": "a web archive"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Citation:
    """What a citation of one revision says."""

    article_id: str
    title: str
    authors: tuple[str, ...]
    source: str | None
    published: str | None
    """ISO 8601."""
    url: str
    """Canonical address: where it stood, not where it is shown now."""
    portal: str
    """Title of the portal."""
    captured_at: str
    """When it was seen so, by the archive or by the one that it was copied from. UTC, ISO 8601."""
    payload_digest: str
    content_digest: str
    revision: int
    via: str = "live"
    """How the capture came."""
    original_id: str | None = None
    """What it is called where it was copied from."""

    def as_bibtex(self) -> str:
        """An entry of biblatex's ``@online``."""
        fields: dict[str, str | None] = {
            "title": "{" + _escaped(self.title) + "}",
            "author": " and ".join("{" + _escaped(name) + "}" for name in self.authors) or None,
            "organization": _escaped(self.source or self.portal),
            "date": self.published and self.published[:10],
            "url": self.url.replace("{", "%7B").replace("}", "%7D"),
            "urldate": self.captured_at[:10],
            "note": _escaped(
                f"Archived copy, revision {self.revision}, captured {self.captured_at}{self._copied()}, "
                f"payload {self.payload_digest}, content {self.content_digest}"
            ),
        }
        lines = "".join(f"  {name} = {{{value}}},\n" for name, value in fields.items() if value)
        return f"@online{{{re.sub(r'[^A-Za-z0-9:_.-]', '_', self.article_id)},\n{lines}}}\n"

    def as_apa(self) -> str:
        """One line: who, when, what, where, and which copy."""
        names = self.authors or (self.source or self.portal,)
        who = names[0] if len(names) == 1 else ", ".join(names[:-1]) + f", & {names[-1]}"
        return (
            f"{who.rstrip('.')}. ({_day(self.published)}). {self.title.rstrip('.')}. {self.portal}. {self.url} "
            f"(archived copy captured {self.captured_at}{self._copied()}, payload {self.payload_digest}, "
            f"content {self.content_digest})"
        )

    def _copied(self) -> str:
        """Whose copy it is, where the archive did not ask the portal itself."""
        if self.via == "live":
            return ""
        where = _COPIED_FROM.get(self.via, self.via)
        return f", copied from {where}" + (f", there {self.original_id}" if self.original_id else "")


def _day(published: str | None) -> str:
    if published is None:
        return "n.d."
    day = date.fromisoformat(published[:10])
    return f"{day.year}, {_MONTHS[day.month - 1]} {day.day}"


def _escaped(text: str) -> str:
    return re.sub(r"[\\{}&%$#_~^]", lambda found: _SPECIAL[found[0]], " ".join(text.split()))
