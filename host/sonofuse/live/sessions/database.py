"""One SQLite file, opened, checked and kept so that what was acknowledged to a caller is never lost.

Rollback journal with synchronous = EXTRA: a transaction is on the disk, its journal gone and the folder synced too,
before COMMIT returns (FULL alone leaves the folder out, so that a power cut could bring the journal back and undo an
acknowledged transaction). Not WAL, although it is faster: nothing here is in a hurry, a rollback journal leaves one
file that can be copied and read where nothing can be written, and SQLite's WAL can damage a file in a rare race of two
connections before version 3.51.3 (sqlite.org/wal.html, "The WAL-Reset Bug").
"""

import sqlite3
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from sonofuse.console import BAD_INPUT, ENVIRONMENT, CommandError

from . import schema
from .place import make, only_one, resolved
from .sqlite_errors import DAMAGED, in_words

_OLDEST = (3, 37, 0)  # STRICT tables
_WAIT_S = 5.0  # for another program that writes
_PRAGMAS = (
    "foreign_keys = ON",
    "recursive_triggers = ON",  # triggers see what REPLACE deletes
    "trusted_schema = OFF",
    "journal_mode = DELETE",
    "synchronous = EXTRA",
)


class Database:
    """An open sessions file.

    Args:
        path: the file.
        create: make file and folders if they are missing; only their owner may read them.
        alone: keep every other monitor out, until this one closes or dies.

    Raises:
        CommandError: one line: missing, locked, damaged, of a newer version, not writable, of no sessions.
    """

    def __init__(self, path: Path, create: bool = False, alone: bool = False) -> None:
        if sqlite3.sqlite_version_info < _OLDEST:
            raise CommandError(ENVIRONMENT, f"SQLite {sqlite3.sqlite_version} is too old; 3.37 or newer is needed")
        self.path = resolved(path)
        if create and not self.path.exists():
            make(self.path)
        if not self.path.is_file():
            raise CommandError(BAD_INPUT, f"{path}: no such sessions file; `sonofuse session new` makes one")
        self._lock: TextIO | None = only_one(self.path) if alone else None
        try:
            with in_words(self.path):
                address = f"{self.path.as_uri()}?mode=rw"  # never makes a file; only reads one that is read-only
                self._connection = sqlite3.connect(
                    address, timeout=_WAIT_S, isolation_level=None, uri=True, check_same_thread=False
                )
                self._file = self._identity()
                self._set_up(alone)
        except BaseException:
            self.close()
            raise

    def _set_up(self, alone: bool) -> None:
        run = self._connection.execute
        for pragma in _PRAGMAS:
            run(f"PRAGMA {pragma}")
        version = schema.version_of(self._connection)
        ours = int(run("PRAGMA application_id").fetchone()[0]) == schema.APPLICATION
        if not ours or version == 0:
            raise self._unusable("is damaged or no sessions file; bring back a copy, or name another file")
        if version > len(schema.STEPS):
            raise self._unusable(
                f"is of version {version}, this program knows {len(schema.STEPS)}; install a newer sonofuse"
            )
        found = [str(line) for (line,) in run("PRAGMA integrity_check(1)")]
        if found != ["ok"] or run("PRAGMA foreign_key_check").fetchone() is not None:
            raise self._unusable(DAMAGED)
        if alone or version < len(schema.STEPS):
            with self.writing():
                run(f"PRAGMA user_version = {version}")  # writes, so that a file that cannot be written is found now
                schema.migrate(self._connection)
        if not schema.is_sound(self._connection):
            raise self._unusable("its tables are not those of a sessions file; bring back a copy, or name another file")

    def _unusable(self, wrong: str) -> CommandError:
        return CommandError(BAD_INPUT, f"{self.path}: {wrong}")

    def close(self) -> None:
        """Close the file, and let other monitors in."""
        connection: sqlite3.Connection | None = getattr(self, "_connection", None)
        if connection is not None:
            connection.close()
        if self._lock is not None:
            self._lock.close()

    @contextmanager
    def writing(self) -> Generator[sqlite3.Connection]:
        """One transaction: when the block is left normally, all of it is on the disk; else none of it is.

        Raises:
            CommandError: one line, if it cannot be written.
        """
        with in_words(self.path):
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                if self._identity() != self._file:
                    raise CommandError(ENVIRONMENT, f"{self.path}: was replaced while it was open; start again")
                yield self._connection
                self._connection.execute("COMMIT")
            finally:
                self._roll_back()

    @contextmanager
    def reading(self) -> Generator[sqlite3.Connection]:
        """One view of the whole file, which no other program changes meanwhile.

        Raises:
            CommandError: one line, if it cannot be read.
        """
        with in_words(self.path):
            self._connection.execute("BEGIN")
            try:
                yield self._connection
            finally:
                self._roll_back()

    def changes(self) -> tuple[int, int]:
        """Two numbers that differ from earlier ones if anything was written since, by this program or another.

        Raises:
            CommandError: one line, if the file cannot be read.
        """
        with in_words(self.path):
            return int(self._connection.execute("PRAGMA data_version").fetchone()[0]), self._connection.total_changes

    def _roll_back(self) -> None:
        if self._connection.in_transaction:  # not after COMMIT, nor after an error that SQLite itself rolled back
            self._connection.execute("ROLLBACK")

    def _identity(self) -> tuple[int, int]:
        try:
            found = self.path.stat()
        except OSError:
            return 0, 0  # no file has this one
        return found.st_dev, found.st_ino
