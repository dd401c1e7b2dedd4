"""A file of an older version becomes one of this version, or stays what it was: for every version that there was, and
for one that is made up here."""

import subprocess
import sys
from pathlib import Path

import pytest

from sonofuse.console import CommandError
from sonofuse.live.sessions import Sessions, history, schema
from sonofuse.live.sessions.database import Database
from sonofuse.live.sessions.planning import insert

from .bench import WHO, Clocks, limits
from .test_append_only import filled

NEWEST = len(schema.STEPS)
MORE = ("CREATE TABLE more (number INTEGER PRIMARY KEY, what TEXT) STRICT", "INSERT INTO more VALUES (1, 'kept')")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "sessions.db"
    filled(path)
    return path


def test_an_older_file_is_brought_to_this_version(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = Database(path)
    with before.reading() as connection:
        facts = history.patients(connection)
    before.close()
    monkeypatch.setattr(schema, "STEPS", [*schema.STEPS, list(MORE)])
    after = Database(path)
    with after.reading() as connection:
        assert schema.version_of(connection) == NEWEST + 1
        assert history.patients(connection) == facts
        assert connection.execute("SELECT * FROM more").fetchall() == [(1, "kept")]
    after.close()
    Database(path).close()  # and is not brought there twice
    Sessions(path, limits(), Clocks().now()).close()


@pytest.mark.parametrize("version", range(1, NEWEST))
def test_a_file_of_every_version_becomes_one_of_this(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: int
) -> None:
    released, path, clocks = list(schema.STEPS), tmp_path / "old.db", Clocks()
    monkeypatch.setattr(schema, "STEPS", released[:version])
    old = Database(path, create=True)
    with old.writing() as connection:
        insert(connection, "patient", pseudonym="P-7K3M-Q2", at=clocks.now().utc, who=WHO)
    old.close()
    monkeypatch.setattr(schema, "STEPS", released)
    Sessions(path, limits(), clocks.now()).close()
    new = Database(path)
    with new.reading() as connection:
        assert schema.version_of(connection) == NEWEST
        assert [one.pseudonym for one in history.patients(connection)] == ["P-7K3M-Q2"]
    new.close()


def test_a_step_that_fails_leaves_the_old_version(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    released = list(schema.STEPS)
    monkeypatch.setattr(schema, "STEPS", [*released, [*MORE, "INSERT INTO nowhere VALUES (1)"]])
    with pytest.raises(CommandError, match="refused"):
        Database(path)
    monkeypatch.setattr(schema, "STEPS", released)
    database = Database(path)
    with database.reading() as connection:
        assert schema.version_of(connection) == NEWEST
    database.close()


def test_a_step_is_all_or_nothing_when_the_process_dies(path: Path) -> None:
    program = (
        "import os, signal, sys\n"
        "from pathlib import Path\n"
        "from sonofuse.live.sessions import database, schema\n"
        f"schema.STEPS.append([*{MORE!r}, 'SELECT die()'])\n"
        "whole = schema.migrate\n"
        "def with_death(connection):\n"
        "    connection.create_function('die', 0, lambda: os.kill(os.getpid(), signal.SIGKILL))\n"
        "    connection.execute('PRAGMA cache_size = 1')\n"
        "    whole(connection)\n"
        "schema.migrate = with_death\n"
        "database.Database(Path(sys.argv[1]))\n"
    )
    ended = subprocess.run([sys.executable, "-c", program, str(path)], check=False, capture_output=True)
    assert ended.returncode == -9, ended.stderr
    database = Database(path)
    with database.reading() as connection:
        assert schema.version_of(connection) == NEWEST
    database.close()
