"""What SQLite says, as one line for a person."""

import sqlite3
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from sonofuse.console import ENVIRONMENT, CommandError

DAMAGED = "is damaged; keep it for recovery and bring back a copy"
_LOCKED = "another program keeps it locked; close that program and try again"
_WORDS = {
    sqlite3.SQLITE_FULL: "the disk is full; make room and try again",
    sqlite3.SQLITE_READONLY: "cannot be written (read-only); make file and folder writable, or name another file",
    sqlite3.SQLITE_PERM: "cannot be written (no permission); make file and folder writable, or name another file",
    sqlite3.SQLITE_CANTOPEN: "cannot be opened, or nothing can be written beside it; make file and folder writable",
    sqlite3.SQLITE_BUSY: _LOCKED,
    sqlite3.SQLITE_LOCKED: _LOCKED,
    sqlite3.SQLITE_CORRUPT: DAMAGED,
    sqlite3.SQLITE_NOTADB: DAMAGED,
    sqlite3.SQLITE_IOERR: "the disk does not read or write it; check the disk",
}


@contextmanager
def in_words(path: Path) -> Generator[None]:
    """Turn what SQLite raises about a file into one line; mistakes of this program stay what they are.

    Raises:
        CommandError: for an error that SQLite has a code for.
    """
    try:
        yield
    except sqlite3.DatabaseError as error:
        code: int | None = getattr(error, "sqlite_errorcode", None)
        if code is None:
            raise
        words = _WORDS.get(code & 0xFF, f"refused ({error})")  # the low byte is the kind of an error
        raise CommandError(ENVIRONMENT, f"{path}: {words}") from error
