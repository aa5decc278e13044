"""Every error of this project, as one tree.

::

    GzcrawlerError
    ├── MapError                     fix the portal map (file, key, reason)
    │   └── UnknownPortalError       no map of that name is built in
    ├── ReadingError                 fix the reader or the layout; the page is quarantined
    │   ├── MissingTitleError
    │   ├── MissingBodyError
    │   ├── UndecodableError         the bytes are no text in any known charset, or a broken encoding
    │   ├── UnreadableDateError      a date is printed and cannot be one
    │   ├── PageTooLargeError        beyond the bounds within which reading is guaranteed to end
    │   └── ReaderBugError           the reader itself broke: tell its maintainers; the bytes are kept
    ├── ArchiveError                 look after the archive
    │   ├── NotAnArchiveError        wrong folder
    │   ├── NewerSchemaError         made by a newer release: upgrade gzcrawler
    │   ├── ArchiveLockedError       another process writes
    │   ├── ArchiveReadOnlyError     permissions
    │   ├── ArchiveFullError         no space left
    │   └── ArchiveDamagedError      bytes on disk are not those that were committed
    ├── WebArchiveError              the web archive is unreachable, or refuses: run it again later
    ├── ExportError                  look after the folder or file that is written to, or read again
    │   └── DamagedExportError       an exported file is not as it was written; it names the article
    ├── WorkerKilledError            a task's workers die, perhaps for want of memory; it names the task
    ├── ClusterUnreachableError      no cluster answers, or it has lost its workers
    ├── ForeignFileError             look after the file that is imported
    ├── UnknownArticleError          no article, address or title like that
    └── UsageError                   fix the call

Each error is a sentence that says where and what. ``exit_code`` is what the command line ends with.
Building an error never logs.
"""

from typing import ClassVar

__all__ = [
    "ArchiveDamagedError",
    "ArchiveError",
    "ArchiveFullError",
    "ArchiveLockedError",
    "ArchiveReadOnlyError",
    "ClusterUnreachableError",
    "DamagedExportError",
    "ExportError",
    "ForeignFileError",
    "GzcrawlerError",
    "MapError",
    "MissingBodyError",
    "MissingTitleError",
    "NewerSchemaError",
    "NotAnArchiveError",
    "PageTooLargeError",
    "ReaderBugError",
    "ReadingError",
    "UndecodableError",
    "UnknownArticleError",
    "UnknownPortalError",
    "UnreadableDateError",
    "UsageError",
    "WebArchiveError",
    "WorkerKilledError",
]


class GzcrawlerError(Exception):
    """Root of all errors that this package raises on purpose."""

    exit_code: ClassVar[int] = 70


class UsageError(GzcrawlerError):
    """The call cannot be carried out as it was given."""

    exit_code = 2


class MapError(GzcrawlerError):
    """A portal map is not valid; the message names file, key and reason."""

    exit_code = 2


class UnknownPortalError(MapError):
    """No map of that name is built in, and no such file exists."""


class ReadingError(GzcrawlerError):
    """A page could not be read into a record. The message starts with its address."""

    exit_code = 1


class MissingTitleError(ReadingError):
    """The page looks like an article, but no title could be found."""


class MissingBodyError(ReadingError):
    """The page looks like an article, but holds neither text, image nor video."""


class UndecodableError(ReadingError):
    """The payload could not be turned into text."""


class UnreadableDateError(ReadingError):
    """A printed date lacks its year, month or day, or names a day that does not exist."""


class PageTooLargeError(ReadingError):
    """The page is beyond the size, depth or number of parts within which reading ends in bounded time."""


class ReaderBugError(ReadingError):
    """A reader raised what it may not raise. The page is quarantined like any other that cannot be read."""


class ArchiveError(GzcrawlerError):
    """Something is wrong with the archive on disk."""

    exit_code = 14


class NotAnArchiveError(ArchiveError):
    """The folder holds something else, or nothing, where an archive was expected."""

    exit_code = 2


class NewerSchemaError(ArchiveError):
    """The database was made by a newer release of gzcrawler."""


class ArchiveLockedError(ArchiveError):
    """Another process holds the archive's lock; the message names it."""

    exit_code = 13


class ArchiveReadOnlyError(ArchiveError):
    """The archive's folder or files cannot be written by this user."""


class ArchiveFullError(ArchiveError):
    """No space is left; what was not committed will be fetched again."""


class ArchiveDamagedError(ArchiveError):
    """Bytes that were committed are missing or changed."""


class WebArchiveError(GzcrawlerError):
    """A web archive does not answer, refuses, or answers with something else; what was had of it is kept."""

    exit_code = 11


class ExportError(GzcrawlerError):
    """An exported file could not be written or read: disk full, permission, no such shape."""

    exit_code = 14


class DamagedExportError(ExportError):
    """An exported file is not as it was written."""


class WorkerKilledError(GzcrawlerError):
    """Several workers were killed at one task, one after the other; the message names it."""


class ClusterUnreachableError(GzcrawlerError):
    """Nobody answers at a cluster's address, or it has no workers."""

    exit_code = 11


class ForeignFileError(GzcrawlerError):
    """A file that is to be imported cannot be read, or may not be. The message goes behind its name."""

    exit_code = 10


class UnknownArticleError(GzcrawlerError):
    """Nothing in the archive goes by that id, address or title."""

    exit_code = 2
