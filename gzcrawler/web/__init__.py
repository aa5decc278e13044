"""Archive to browser: a Datasette over one archive, with pages of our own in front of its tables.

How a request goes: `guarding` (method, host, address; headers of every answer) -> Datasette -> `routes` (one table)
-> a page in a thread of its own, with the archive open for reading -> HTML by `rendering`.

How a page is added:

1. A module in ``pages/``, with a function that takes a `Visit` and returns an `Answer`::

       def sections(visit: Visit) -> Answer:
           rows = visit.archive.connection.execute(…).fetchall()
           return visit.render("sections.html", rows=rows)

   It runs in a worker thread and may take its time, though not longer than `reading.TIME_LIMIT`; all statements of
   one visit see the archive as it was at one moment. `visit.query` has the parameters: `text`, `every`, `number`,
   `day`, `one_of`; what does not fit is answered with 400. `visit.parts` has what the route's path names. Raise `PageNotFound`
   or `BadRequest` (`visits`) for what a visitor got wrong; never catch everything.
2. A row in `routes.ROUTES`: name, path with ``{parts}``, function; with ``menu=True`` it stands in every page's menu, under the
   text ``menu.<name>``.
3. A template in ``templates/`` that extends ``base.html`` and fills its blocks ``title`` and ``content``. Values are
   escaped. There are ``url("article", id=…)`` for addresses of pages, ``t("key", name=…)`` for texts, ``day``,
   ``moment``, ``number``, ``bytes`` as filters, and ``verified_at``, which a page may pass to say when just what it
   shows was last verified (the whole archive's last capture, if not).
4. Its words in ``texts/en.toml`` and ``texts/zh.toml``, under a table of its own: ``[sections] title = "Sections"``
   is ``t("sections.title")``; ``{name}`` in a text is filled in. A test holds the languages to the same keys.

No page needs script, and none would run: the Content-Security-Policy allows none, nor inline styles; what charts need goes
into SVG attributes and ``static/style.css``. Files in ``static/`` are addressed by ``static("style.css")``.
"""

from gzcrawler.web.site import archive_site

__all__ = ["archive_site"]
