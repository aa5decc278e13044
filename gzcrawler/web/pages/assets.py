"""Pictures and files out of the WARC files, by digest."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from gzcrawler.web.stored_files import disposition, file_by_digest, picture_type
from gzcrawler.web.visits import Answer, PageNotFound

if TYPE_CHECKING:
    from gzcrawler.web.visits import Visit

__all__ = ["LOCKED_AWAY", "asset"]

LOCKED_AWAY = "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'none'"
"""For what is opened by itself: it may do nothing, load nothing, and is of no origin."""


def asset(visit: Visit) -> Answer:
    """A picture to be shown, or any other file to be saved: nothing of it is ever a page of this site."""
    digest = visit.parts["digest"]
    if not re.fullmatch(r"[0-9a-f]{64}", digest):
        raise PageNotFound
    file = file_by_digest(visit.archive, digest)
    if file is None:
        raise PageNotFound
    headers = {"Content-Security-Policy": LOCKED_AWAY, "Cache-Control": "private, max-age=3600"}
    media_type = picture_type(file.content)
    if media_type is None and file.media_type == "image/svg+xml":
        # In an <img> it cannot run script; opened by itself it is in the sandbox.
        media_type = "image/svg+xml"
    if media_type is None:
        media_type = "application/octet-stream"
        headers["Content-Disposition"] = disposition(file.url)
    return Answer(body=file.content, media_type=media_type, headers=headers)
