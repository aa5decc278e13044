"""What one portal, three hundred of them and a re-read of everything take: arithmetic over measured constants.

`docs/generate.py` writes its tables into docs/scaling.md; run as a program it prints them, with constants of
your own where you have measured some: ``python docs/scaling_model.py reading_ms=2.1 portals=50``.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, fields, replace
from math import ceil

__all__ = ["Constants", "tables"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Constants:
    """What the model stands on; milliseconds are of one core."""

    # Measured: benchmarks/scaling_constants.py; docs/performance.md says when and how.
    recording_ms: float = 7.8
    """A page made by the replica, read and recorded: the replica's share is small, and counts as the crawl's HTTP."""
    reading_ms: float = 4.7
    """A capture read again by a worker, with its files and its pickles."""
    comparing_ms: float = 0.15
    """The same capture looked up, sent and compared by the machine that has the database."""
    warc_kb: float = 8.8
    """In `warc/`, a page of 30 KB and its request."""
    database_kb: float = 10.4
    """In the database, with its search index and links."""
    crawled_a_second: float = 143.0
    """Pages that one crawling process takes, the whole job, where politeness does not hold it."""

    # Assumed: put in your own.
    articles_a_day: float = 10.0
    articles_a_list: float = 20.0
    pictures_an_article: float = 1.0
    picture_kb: float = 100.0
    revisits_a_day: float = 150.0
    revisit_kb: float = 1.5
    """A revisit record with its request, and its row."""
    delay_s: float = 1.0
    """Politeness: between two requests to one host. One host a portal."""
    years: float = 20.0
    portals: int = 300
    captures: float = 100e6
    """That are read again."""
    cores: int = 8
    """Of a machine."""


def tables(constants: Constants) -> str:
    """All of them, in Markdown."""
    return f"{_crawls(constants)}\n\n{_reread(constants)}\n"


def _crawls(c: Constants) -> str:
    articles = c.articles_a_day * 365 * c.years
    pages = articles * (1 + 1 / c.articles_a_list)
    pictures = articles * c.pictures_an_article
    revisits = c.revisits_a_day * 365
    new = c.articles_a_day * 365
    rows = [
        _crawl_row(c, f"1 portal, {c.years:g} years back", 1, pages, pictures, 0),
        _crawl_row(
            c, "1 portal, a year of daily visits", 1, new + 365, new * c.pictures_an_article, revisits
        ),
        _crawl_row(c, f"{c.portals} portals × {c.years:g} years", c.portals, pages, pictures, 0),
        _crawl_row(
            c,
            f"{c.portals} portals, a year of daily visits",
            c.portals,
            new + 365,
            new * c.pictures_an_article,
            revisits,
        ),
    ]
    head = (
        "",
        "requests",
        "WARC GB",
        "database GB",
        "hours at each host's pace",
        "core hours",
        "processes at that pace",
    )
    return _table(head, rows)


def _crawl_row(
    c: Constants, what: str, portals: int, pages: float, pictures: float, revisits: float
) -> tuple[str, ...]:
    requests = pages + pictures + revisits
    warc = pages * c.warc_kb + pictures * c.picture_kb + revisits * c.revisit_kb
    return (
        what,
        _number(portals * requests),
        _number(portals * warc / 1e6),
        _number(portals * pages * c.database_kb / 1e6),
        _number(requests * c.delay_s / 3600),
        _number(portals * requests * c.recording_ms / 3.6e6),
        str(ceil(portals / c.delay_s / c.crawled_a_second)),
    )


def _reread(c: Constants) -> str:
    reading = c.captures * c.reading_ms / 3.6e6
    comparing = c.captures * c.comparing_ms / 3.6e6
    rows = []
    for machines in (1, 4, 16, 64):
        cores = machines * c.cores
        beside = comparing / min(cores, c.portals)
        rows.append(
            (
                f"{machines} × {c.cores} cores",
                _number((reading + comparing) / cores),
                _number(max(reading / cores, beside)),
                _number(comparing),
                _number(c.reading_ms / c.comparing_ms),
            )
        )
    head = (
        f"{c.captures / 1e6:g} million captures read again",
        "hours, archives on all machines (`--workers`)",
        f"hours by `--cluster`, {c.portals} archives at once",
        "hours by `--cluster`, one archive after the other, at least",
        "workers that one archive keeps busy",
    )
    return _table(head, rows)


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 else f"{value:.1f}" if value >= 1 else f"{value:.2f}"


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def main(words: list[str]) -> None:
    """Print the tables, with constants that are given as ``name=value``."""
    names = {field.name: field.type for field in fields(Constants)}
    given = dict(word.split("=", 1) for word in words)
    unknown = given.keys() - names.keys()
    if unknown:
        raise SystemExit(f"no constant {', '.join(sorted(unknown))}; there are {', '.join(names)}")
    values = {name: int(text) if names[name] == "int" else float(text) for name, text in given.items()}
    print(tables(replace(Constants(), **values)))


if __name__ == "__main__":
    main(sys.argv[1:])
