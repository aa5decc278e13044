"""The answers in files of other archives, to be looked at and not kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gzcrawler.errors import ForeignFileError
from gzcrawler.importing.exchanges import HEAD_AT_MOST, WANTED, read_exchange
from gzcrawler.importing.records import Fault, read_records
from gzcrawler.importing.sources import warc_sources
from gzcrawler.items import Capture

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from gzcrawler.importing.sources import ForeignFile

__all__ = ["responses_in"]


def responses_in(
    files: Iterable[ForeignFile], *, most: int, on_fault: Callable[[str], None]
) -> Iterator[Capture]:
    """The responses of WARC and WACZ files; what repeats another record has no body, and is left out.

    Args:
        files: as `find_files` found them.
        most: bytes of a payload that are taken.
        on_fault: told of each stretch that could not be read.
    """
    for file in files:
        try:
            with warc_sources(file) as sources:
                for source in sources:
                    for found in read_records(source.open, wanted=WANTED, most=most + HEAD_AT_MOST):
                        if isinstance(found, Fault):
                            on_fault(f"{source.name}: {found.reason}")
                        elif isinstance(capture := read_exchange(found, most=most), Capture):
                            yield capture
        except (ForeignFileError, OSError) as error:
            on_fault(f"{file.name}: {error}")
