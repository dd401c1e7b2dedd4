"""A sessions file that cannot be used says so in one line, and is not harmed; one that can be is what it should be."""

import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from sonofuse.console import CommandError
from sonofuse.live.sessions import Sessions, default_path, history, planning, schema
from sonofuse.live.sessions.database import Database

from .bench import WHO, Clocks, limits, plan
from .test_append_only import filled


def opened(path: Path) -> Sessions:
    return Sessions(path, limits(), Clocks().now())


def says(path: Path, text: str) -> None:
    """Both a monitor and a verb that only reads refuse the file in one line that holds the text."""
    for attempt in (lambda: opened(path), lambda: Database(path)):
        before = path.read_bytes()
        with pytest.raises(CommandError) as error:
            attempt()
        assert text in str(error.value)
        assert str(path) in str(error.value)
        assert "\n" not in str(error.value)
        assert path.read_bytes() == before


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("good") / "sessions.db"
    filled(path)
    return path


@pytest.fixture
def path(good: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(good, tmp_path / "sessions.db"))


def sql(path: Path, *statements: str) -> None:
    connection = sqlite3.connect(path, isolation_level=None)
    for statement in statements:
        connection.execute(statement)
    connection.close()


def test_a_newer_version(path: Path) -> None:
    sql(path, f"PRAGMA user_version = {len(schema.STEPS) + 1}")
    says(
        path, f"is of version {len(schema.STEPS) + 1}, this program knows {len(schema.STEPS)}; install a newer sonofuse"
    )


def test_a_damaged_head(path: Path) -> None:
    path.write_bytes(b"\0" * 100 + path.read_bytes()[100:])
    says(path, "is damaged")


def test_a_damaged_page(path: Path) -> None:
    data = bytearray(path.read_bytes())
    places = [at for at in range(4096, len(data), 4096) if data[at] == 13]  # leaf pages of tables
    for at in places:
        harmed = bytearray(data)
        harmed[at + 3 : at + 5] = b"\xff\xff"  # its number of cells
        path.write_bytes(harmed)
        says(path, "is damaged")
    assert len(places) > 5


@pytest.mark.parametrize("size", [0, 1, 99, 512, 4096, 20000])
def test_a_file_that_was_cut_off(path: Path, size: int) -> None:
    path.write_bytes(path.read_bytes()[:size])
    says(path, "is damaged")


def test_what_is_no_sessions_file(tmp_path: Path) -> None:
    text, other = tmp_path / "text", tmp_path / "other"
    text.write_text("patient Smith\n" * 1000)
    says(text, "is damaged")
    sql(other, "CREATE TABLE patient (name TEXT)", "PRAGMA user_version = 1")
    says(other, "is damaged or no sessions file")


@pytest.mark.parametrize(
    "statements",
    [
        ["DROP TRIGGER ended_update"],
        ["DROP TRIGGER cooling_replace", "CREATE TRIGGER cooling_replace BEFORE INSERT ON cooling BEGIN SELECT 1; END"],
        ["CREATE TRIGGER more AFTER INSERT ON ended BEGIN SELECT 1; END"],
        ["CREATE TABLE more (name TEXT)"],
        ["DROP TABLE acknowledged"],
        ["ALTER TABLE patient ADD COLUMN name TEXT"],
    ],
    ids=lambda statements: statements[0],
)
def test_tables_or_triggers_that_were_changed(path: Path, statements: list[str]) -> None:
    sql(path, *statements)
    with pytest.raises(CommandError, match="its tables are not those of a sessions file"):
        opened(path)
    with pytest.raises(CommandError, match="its tables are not those of a sessions file"):
        Database(path)


def test_facts_that_belong_to_nothing(path: Path) -> None:
    sql(
        path, "PRAGMA foreign_keys = OFF", "INSERT INTO dose VALUES (99, 99, '2031-02-03T04:05:06.789Z', 'skin_a', 1.0)"
    )
    says(path, "is damaged")


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="no such sessions file; `sonofuse session new` makes one"):
        Database(tmp_path / "sessions.db")
    with pytest.raises(CommandError, match="no such sessions file"):
        Database(tmp_path)
    with pytest.raises(CommandError, match="no such sessions file"):
        opened(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_journal_without_its_file(tmp_path: Path) -> None:
    (tmp_path / "sessions.db-journal").write_bytes(b"x" * 1000)
    with pytest.raises(CommandError, match="its sessions file is gone; bring both back together"):
        opened(tmp_path / "sessions.db")


def test_a_file_where_a_folder_should_be(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    for path in (tmp_path / "data" / "sessions.db", tmp_path / "data" / "more" / "sessions.db"):
        with pytest.raises(CommandError, match=r"cannot be made|in the way"):
            opened(path)


def test_a_new_file_is_for_its_owner_and_nothing_else_is_left(tmp_path: Path) -> None:
    path = tmp_path / "data" / "sonofuse" / "sessions.db"
    opened(path).close()
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert sorted(entry.name for entry in path.parent.iterdir()) == ["sessions.db", "sessions.db.monitor"]


def test_what_sqlite_promises_about_the_disk(path: Path) -> None:
    database = Database(path)
    with database.reading() as connection:
        found = {name: connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous")}
    database.close()
    assert found == {"journal_mode": "delete", "synchronous": 3}  # 3 is EXTRA


def test_the_default_place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert default_path() == tmp_path / "sonofuse" / "sessions.db"
    for nothing in ("", "relative"):  # the XDG specification: a relative path is to be ignored
        monkeypatch.setenv("XDG_DATA_HOME", nothing)
        assert default_path() == Path.home() / ".local/share/sonofuse/sessions.db"


def test_two_monitors_at_once(path: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.db"
    link.symlink_to(path)
    first = opened(path)
    for name in (path, link):
        with pytest.raises(CommandError) as error:
            opened(name)
        said = f"another monitor (process {os.getpid()}) uses it; close that one first, or name another file"
        assert str(error.value) == f"{path}: {said}"
    Database(path).close()  # reading beside it is fine
    first.close()
    opened(path).close()


def test_a_monitor_that_was_killed_leaves_no_lock(path: Path) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", f"import fcntl, time; f = open({str(path) + '.monitor'!r}, 'w'); fcntl.flock(f, 2); "
         "print(flush=True); time.sleep(60)"],
        stdout=subprocess.PIPE,
    )  # fmt: skip
    assert holder.stdout is not None
    holder.stdout.readline()
    with pytest.raises(CommandError, match=r"another monitor \(process unknown\)"):
        opened(path)
    holder.kill()
    holder.wait()
    holder.stdout.close()
    opened(path).close()


def test_another_program_that_keeps_it_locked(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sonofuse.live.sessions.database._WAIT_S", 0.05)
    clocks = Clocks()
    monitor = opened(path)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    assert monitor.inhibited(clocks.now()).endswith("another program keeps it locked; close that program and try again")
    with pytest.raises(CommandError, match="keeps it locked"):
        Database(path)
    other.execute("ROLLBACK")
    other.close()
    assert monitor.inhibited(clocks.now()).startswith("no session")
    monitor.close()


def test_a_file_that_is_replaced_while_it_is_open(path: Path, good: Path) -> None:
    clocks = Clocks()
    monitor = opened(path)
    path.unlink()
    with pytest.raises(CommandError, match="was replaced while it was open; start again"):
        monitor.acknowledge(clocks.now(), WHO, "coupling renewed", 2817, "reflected ratio")
    shutil.copy(good, path)
    with pytest.raises(CommandError, match="was replaced while it was open; start again"):
        monitor.acknowledge(clocks.now(), WHO, "coupling renewed", 2817, "reflected ratio")
    monitor.close()


@pytest.fixture
def unprivileged(good: Path) -> Iterator[Path]:
    """A copy in a folder of its own, while this process has no more rights than any user."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = Path(shutil.copy(good, folder / "sessions.db"))
        before = os.geteuid()
        if before == 0:
            os.chown(folder, 65534, 65534)
            os.chown(path, 65534, 65534)
            os.seteuid(65534)
        try:
            yield path
        finally:
            folder.chmod(0o700)
            os.seteuid(before)


def test_a_read_only_file(unprivileged: Path) -> None:
    unprivileged.chmod(0o400)
    with pytest.raises(CommandError, match=r"cannot be written \(read-only\); make file and folder writable"):
        opened(unprivileged)
    database = Database(unprivileged)  # what was done can still be read
    with database.reading() as connection:
        assert len(history.patients(connection)) == 1
    with pytest.raises(CommandError, match=r"cannot be written \(read-only\)"):
        planning.new_treatment(database, Clocks().now(), WHO, plan(), limits())
    database.close()


def test_a_read_only_folder(unprivileged: Path) -> None:
    unprivileged.parent.chmod(0o500)
    with pytest.raises(CommandError, match=r"cannot be written \(Permission denied\)|make file and folder writable"):
        opened(unprivileged)
    database = Database(unprivileged)
    with pytest.raises(CommandError, match="make file and folder writable"):
        planning.new_treatment(database, Clocks().now(), WHO, plan(), limits())
    database.close()
    with pytest.raises(CommandError, match="cannot be made"):
        opened(unprivileged.with_name("new.db"))


def test_a_file_that_may_not_be_read(unprivileged: Path) -> None:
    unprivileged.chmod(0)
    for attempt in (lambda: opened(unprivileged), lambda: Database(unprivileged)):
        with pytest.raises(CommandError, match="cannot be opened"):
            attempt()
