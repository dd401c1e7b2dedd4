"""Where a sessions file lies: its path, how it comes to be, and the lock of the one monitor that uses it."""

import fcntl
import os
import sqlite3
import tempfile
from pathlib import Path
from typing import TextIO

from sonofuse.console import BAD_INPUT, ENVIRONMENT, CommandError

from . import schema
from .sqlite_errors import in_words


def default_path() -> Path:
    """$XDG_DATA_HOME/sonofuse/sessions.db, or that in ~/.local/share."""
    base = os.environ.get("XDG_DATA_HOME", "")
    return (Path(base) if Path(base).is_absolute() else Path.home() / ".local/share") / "sonofuse" / "sessions.db"


def resolved(path: Path) -> Path:
    """The path without links, so that two names of a file have one lock.

    Raises:
        CommandError: if there is none.
    """
    try:
        return path.expanduser().resolve()
    except (OSError, RuntimeError) as error:
        raise CommandError(BAD_INPUT, f"{path}: is no path of a file ({error})") from error


def make(path: Path) -> None:
    """A new file for its owner alone, put in its place only when it is whole: an empty one is therefore damaged.

    Raises:
        CommandError: if it cannot be made.
    """
    stale = path.with_name(f"{path.name}-journal")
    if stale.exists():
        raise CommandError(BAD_INPUT, f"{stale}: is there, but its sessions file is gone; bring both back together")
    temporary: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        os.close(handle)
        temporary = Path(name)
        with in_words(path):
            _fill(temporary)
        os.link(temporary, path)  # unlike a rename it never takes the place of a file that another program made
        _sync(path.parent)
    except FileExistsError as error:
        if not path.is_file():
            raise CommandError(ENVIRONMENT, f"{error.filename}: is in the way; name another file") from error
    except OSError as error:
        wrong = f"cannot be made ({error.strerror}); name a file in a folder that you may write to"
        raise CommandError(ENVIRONMENT, f"{path}: {wrong}") from error
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)


def _fill(path: Path) -> None:
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        connection.execute("PRAGMA synchronous = EXTRA")
        connection.execute("BEGIN IMMEDIATE")
        schema.migrate(connection)
        connection.execute("COMMIT")
    finally:
        connection.close()


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def only_one(path: Path) -> TextIO:
    """Keep other monitors out while what this returns is open; it ends with its process, however that ends.

    The lock is on a file of its own: closing any handle of the database itself would drop SQLite's locks.

    Raises:
        CommandError: if another monitor is there.
    """
    name = path.with_name(f"{path.name}.monitor")
    try:
        handle = os.fdopen(os.open(name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600), "r+", encoding="ascii")
    except OSError as error:
        wrong = f"cannot be written ({error.strerror}); make its folder writable, or name another sessions file"
        raise CommandError(ENVIRONMENT, f"{name}: {wrong}") from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        handle.truncate()
        handle.write(f"{os.getpid()}\n")
        handle.flush()
    except BlockingIOError as error:
        holder = handle.read(20).strip() or "unknown"
        handle.close()
        wrong = f"another monitor (process {holder}) uses it; close that one first, or name another file"
        raise CommandError(ENVIRONMENT, f"{path}: {wrong}") from error
    except OSError as error:
        handle.close()
        raise CommandError(ENVIRONMENT, f"{name}: cannot be locked ({error.strerror}); name another file") from error
    return handle
