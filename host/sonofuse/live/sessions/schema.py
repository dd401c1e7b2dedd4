"""What a sessions file holds: tables of facts that are only ever added to, and the steps from version to version."""

import sqlite3
from collections.abc import Sequence

APPLICATION = 0x534F4E53  # "SONS": tells a sessions file from any other SQLite file
_UTC = "'[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].[0-9][0-9][0-9]Z'"
_AT = f"at TEXT NOT NULL CHECK (at GLOB {_UTC})"
_WHO = "who TEXT NOT NULL CHECK (length(who) BETWEEN 2 AND 17)"


def _amount(name: str, needed: bool = True, least: str = ">= 0") -> str:
    """A finite figure; SQLite keeps NaN as NULL."""
    return f"{name} REAL {'NOT NULL ' if needed else ''}CHECK ({name} {least} AND {name} < 1e12)"


_Table = tuple[str, str, tuple[str, ...]]
"""A table, its columns, its keys. Every one is append-only."""
_TABLES: Sequence[_Table] = (
    ("patient", f"pseudonym TEXT PRIMARY KEY CHECK (pseudonym GLOB 'P-????-??'), {_AT}, {_WHO}", ("pseudonym",)),
    (
        "tightened",  # NULL: not tightened
        f"""number INTEGER PRIMARY KEY, patient TEXT NOT NULL REFERENCES patient, {_AT}, {_WHO},
        {_amount("set_w", False, "> 0")}, {_amount("set_s", False, "> 0")}, {_amount("energy_j", False, "> 0")},
        {_amount("region_energy_j", False, "> 0")}, limits BLOB""",
        ("number",),
    ),
    (
        "treatment",
        f"""patient TEXT NOT NULL REFERENCES patient, number INTEGER NOT NULL CHECK (number > 0), {_AT}, {_WHO},
        PRIMARY KEY (patient, number)""",
        ("patient, number",),
    ),
    (
        "plan",
        f"""number INTEGER PRIMARY KEY, patient TEXT NOT NULL, treatment INTEGER NOT NULL, {_AT}, {_WHO},
        limits_sha256 TEXT NOT NULL, FOREIGN KEY (patient, treatment) REFERENCES treatment""",
        ("number",),
    ),
    (
        "step",  # of a plan
        f"""plan INTEGER NOT NULL REFERENCES plan, number INTEGER NOT NULL CHECK (number > 0), region TEXT NOT NULL,
        {_amount("set_w", least="> 0")}, {_amount("set_s", least="> 0")}, {_amount("dose_min")},
        PRIMARY KEY (plan, number)""",
        ("plan, number",),
    ),
    (
        "sonication",  # begun; number counts within the treatment
        f"""id INTEGER PRIMARY KEY, patient TEXT NOT NULL, treatment INTEGER NOT NULL, number INTEGER NOT NULL,
        plan INTEGER NOT NULL, step INTEGER NOT NULL, {_AT}, device TEXT NOT NULL, limits_sha256 TEXT NOT NULL,
        recording TEXT NOT NULL, UNIQUE (patient, treatment, number),
        FOREIGN KEY (patient, treatment) REFERENCES treatment, FOREIGN KEY (plan, step) REFERENCES step""",
        ("id", "patient, treatment, number"),
    ),
    (
        "ended",  # energy NULL: not known
        f"""sonication INTEGER PRIMARY KEY NOT NULL REFERENCES sonication, {_AT},
        outcome TEXT NOT NULL CHECK (outcome IN ('finished', 'tripped', 'not started')),
        cause INTEGER NOT NULL CHECK (cause BETWEEN 0 AND 65535), cause_text TEXT NOT NULL,
        {_amount("energy_j", False)}""",
        ("sonication",),
    ),
    ("interrupted", f"sonication INTEGER PRIMARY KEY NOT NULL REFERENCES sonication, {_AT}", ("sonication",)),
    (
        "resolved",  # what a person found about a sonication; energy NULL: nothing; doses up to `after` count no more
        f"""number INTEGER PRIMARY KEY, sonication INTEGER NOT NULL REFERENCES sonication, {_AT}, {_WHO},
        why TEXT NOT NULL, {_amount("energy_j", False)}, after INTEGER NOT NULL""",
        ("number",),
    ),
    (
        "dose",  # of one sensor during a sonication or after it; NULL: not known
        f"""number INTEGER PRIMARY KEY, sonication INTEGER NOT NULL REFERENCES sonication, {_AT},
        sensor TEXT NOT NULL, {_amount("cem43_min", False)}""",
        ("number",),
    ),
    (
        "acknowledged",
        f"""number INTEGER PRIMARY KEY, {_AT}, {_WHO}, patient TEXT, treatment INTEGER,
        cause INTEGER NOT NULL, cause_text TEXT NOT NULL, why TEXT NOT NULL,
        new_treatment INTEGER NOT NULL CHECK (new_treatment IN (0, 1)),
        FOREIGN KEY (patient, treatment) REFERENCES treatment""",
        ("number",),
    ),
    (
        "cooling",  # where a cooling gap started
        """number INTEGER PRIMARY KEY, wall_ns INTEGER NOT NULL, steady_ns INTEGER NOT NULL, boot TEXT NOT NULL,
        why TEXT NOT NULL CHECK (why IN ('ended', 'unknown end', 'clock', 'machine'))""",
        ("number",),
    ),
)
_RECORDED: Sequence[_Table] = (
    (
        "recorded",  # how far the recording was on the disk when a sonication had ended
        f"""number INTEGER PRIMARY KEY, sonication INTEGER NOT NULL REFERENCES sonication, {_AT},
        messages INTEGER NOT NULL CHECK (messages > 0),
        head TEXT NOT NULL CHECK (length(head) = 64 AND NOT head GLOB '*[^0-9a-f]*')""",
        ("number",),
    ),
)


def _append_only(table: str, keys: tuple[str, ...]) -> list[str]:
    """Triggers that refuse to rewrite a table. INSERT OR REPLACE deletes without a trigger, so it has its own."""
    refuse = f"BEGIN SELECT RAISE(ABORT, 'what happened is not rewritten ({table})'); END"
    same = " OR ".join(f"({key}) = (NEW.{key.replace(', ', ', NEW.')})" for key in keys)
    exists = f"EXISTS (SELECT 1 FROM {table} WHERE {same})"  # noqa: S608 - no text from outside
    return [
        f"CREATE TRIGGER {table}_update BEFORE UPDATE ON {table} {refuse}",
        f"CREATE TRIGGER {table}_delete BEFORE DELETE ON {table} {refuse}",
        f"CREATE TRIGGER {table}_replace BEFORE INSERT ON {table} WHEN {exists} {refuse}",
    ]


_INDEXES = (
    "tightened_of ON tightened (patient)",
    "plan_of ON plan (patient)",
    "resolved_of ON resolved (sonication)",
    "dose_of ON dose (sonication)",
    "dose_unknown ON dose (sonication) WHERE cem43_min IS NULL",
    "acknowledged_of ON acknowledged (patient)",
)


def _made(tables: Sequence[_Table], indexes: Sequence[str]) -> list[str]:
    made: list[str] = []
    for table, columns, keys in tables:
        kind = "STRICT" if "INTEGER PRIMARY KEY" in columns else "STRICT, WITHOUT ROWID"  # no hidden key to replace by
        made += [f"CREATE TABLE {table} ({columns}) {kind}", *_append_only(table, keys)]
    return [*made, *(f"CREATE INDEX {index}" for index in indexes)]


STEPS: list[list[str]] = [
    [f"PRAGMA application_id = {APPLICATION}", *_made(_TABLES, _INDEXES)],
    _made(_RECORDED, ("recorded_of ON recorded (sonication)",)),
]
"""STEPS[n] are the statements that bring a file of version n to version n + 1. Never change a step that was released:
add one."""


def migrate(connection: sqlite3.Connection) -> None:
    """Bring a file of an older version, or an empty one, to this one, within the transaction that is open."""
    version = version_of(connection)
    for number, statements in enumerate(STEPS[version:], version + 1):
        for statement in statements:
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {number}")


def version_of(connection: sqlite3.Connection) -> int:
    """The version of an open file; 0 for one that holds nothing."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def is_sound(connection: sqlite3.Connection) -> bool:
    """Whether a file of this version has exactly the tables and triggers that it should have."""
    fresh = sqlite3.connect(":memory:", isolation_level=None)
    try:
        migrate(fresh)
        return _objects(connection) == _objects(fresh)
    finally:
        fresh.close()


def _objects(connection: sqlite3.Connection) -> set[tuple[str, str, str, str]]:
    return set(connection.execute("SELECT type, name, tbl_name, ifnull(sql, '') FROM sqlite_schema"))
