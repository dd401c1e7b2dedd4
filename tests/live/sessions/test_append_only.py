"""What happened cannot be rewritten, not even by a program that sets none of our pragmas."""

import hashlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from sonofuse.live.sessions import Sessions, planning, schema
from sonofuse.live.sessions.database import Database
from sonofuse.live.sessions.facts import FINISHED

from .bench import DEVICE, WHO, Clocks, doses, limits, plan

TABLES = (
    "acknowledged", "cooling", "dose", "ended", "interrupted", "patient", "plan", "recorded", "resolved", "sonication",
    "step", "tightened", "treatment",
)  # fmt: skip


def filled(path: Path) -> str:
    """A file with a row in every table; the name of its patient."""
    clocks = Clocks()
    with Sessions(path, limits(), clocks.now()) as monitor:
        other = Database(path)
        asked = plan(*plan().steps * 3, caps={"set_w": 50.0}, limits_file=None)
        name = planning.new_treatment(other, clocks.now(), WHO, asked, limits())
        other.close()
        monitor.choose(name)
        monitor.begin(clocks.now(), 40.0, 20.0, DEVICE)
        monitor.end(clocks.now(), FINISHED, 790.0, doses())
        monitor.recorded(clocks.now(), 1200, bytes(range(32)))
        clocks.pass_s(61)
        lost = monitor.begin(clocks.now(), 40.0, 20.0, DEVICE)
        monitor.end_unknown(clocks.now())
        monitor.resolve(clocks.now(), WHO, "recording lost", lost, None)
        monitor.acknowledge(clocks.now(), WHO, "coupling renewed", 2817, "reflected ratio")
    return name.split("/")[0]


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("append") / "sessions.db"
    filled(path)
    return path


@pytest.fixture
def plain(path: Path) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("BEGIN")
    yield connection
    connection.execute("ROLLBACK")
    connection.close()


def columns(connection: sqlite3.Connection, table: str) -> list[str]:
    return [str(row[1]) for row in connection.execute(f"PRAGMA table_info({table})")]


def test_every_table_is_tried(plain: sqlite3.Connection) -> None:
    found = {name for (name,) in plain.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
    assert found == set(TABLES)


@pytest.mark.parametrize("table", TABLES)
def test_a_row_cannot_be_changed_deleted_or_replaced(plain: sqlite3.Connection, table: str) -> None:
    names = columns(plain, table)
    before = plain.execute(f"SELECT * FROM {table}").fetchall()  # noqa: S608
    assert before
    copy = f"INTO {table} SELECT * FROM {table}"  # noqa: S608
    for name in names:
        with pytest.raises(sqlite3.IntegrityError, match="what happened is not rewritten"):
            plain.execute(f"UPDATE {table} SET {name} = {name}")  # noqa: S608
    for statement in (
        f"DELETE FROM {table}",  # noqa: S608
        f"INSERT OR REPLACE {copy}",
        f"REPLACE {copy}",
        f"INSERT OR IGNORE {copy}",
    ):
        with pytest.raises(sqlite3.IntegrityError, match="what happened is not rewritten"):
            plain.execute(statement)
    assert plain.execute(f"SELECT * FROM {table}").fetchall() == before  # noqa: S608


def test_a_sonication_cannot_be_replaced_by_its_other_key(plain: sqlite3.Connection) -> None:
    some = ", ".join(name for name in columns(plain, "sonication") if name != "id")
    with pytest.raises(sqlite3.IntegrityError, match="what happened is not rewritten"):
        plain.execute(f"INSERT OR REPLACE INTO sonication ({some}) SELECT {some} FROM sonication")  # noqa: S608


@pytest.mark.parametrize("table", ["patient", "treatment", "step"])
def test_there_is_no_hidden_key_to_replace_by(plain: sqlite3.Connection, table: str) -> None:
    with pytest.raises(sqlite3.OperationalError, match="no such column"):
        plain.execute(f"SELECT rowid FROM {table}")  # noqa: S608


@pytest.mark.parametrize(
    ("table", "column", "value"),
    [
        ("dose", "cem43_min", -0.1),
        ("dose", "cem43_min", float("inf")),
        ("dose", "at", "yesterday"),
        ("ended", "outcome", "well"),
        ("ended", "energy_j", "much"),
        ("step", "set_w", 0.0),
        ("step", "set_w", float("nan")),
        ("patient", "pseudonym", "John Smith"),
        ("resolved", "energy_j", -1.0),
        ("cooling", "why", "no reason"),
        ("treatment", "patient", "P-0000-0W"),
    ],
)
def test_an_impossible_value_is_refused(plain: sqlite3.Connection, table: str, column: str, value: object) -> None:
    plain.execute("ROLLBACK")
    plain.execute("PRAGMA foreign_keys = ON")
    plain.execute("BEGIN")
    names = columns(plain, table)
    row = dict(zip(names, plain.execute(f"SELECT * FROM {table} ORDER BY 1 DESC").fetchone(), strict=True))  # noqa: S608
    fresh = {"number": 99, "id": 99, "sonication": 1 if table != "ended" else 2}
    row |= {name: new for name, new in fresh.items() if name in row} | {column: value}
    if table == "patient" and column != "pseudonym":
        row["pseudonym"] = "P-7K3M-Q2"
    with pytest.raises(sqlite3.IntegrityError, match=r"constraint failed|cannot store"):
        plain.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(names))})", tuple(row.values()))  # noqa: S608
        plain.execute("COMMIT")
    if not plain.in_transaction:
        plain.execute("BEGIN")


def test_a_released_step_of_the_schema_is_never_changed() -> None:
    digest = hashlib.sha256("\n".join(schema.STEPS[0]).encode()).hexdigest()
    assert digest == "f4ee281e937d75a1b6ddb6b432fca85b195a120ca050bc2f5dd6a2baea3fbfb9", (
        "add a step instead: files of version 1 exist"
    )
