"""Reads the facts of patients out of an open sessions file."""

import sqlite3
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from .cooling import Mark
from .facts import (
    INTERRUPTED,
    NOT_STARTED,
    RUNNING,
    Acknowledgement,
    Patient,
    Plan,
    Recorded,
    Resolution,
    Sonication,
    Step,
    Tightened,
    Treatment,
)
from .instant import Instant

_Row = tuple[Any, ...]


def patients(connection: sqlite3.Connection) -> list[Patient]:
    """Every patient, in the order in which they came."""
    names = connection.execute("SELECT pseudonym FROM patient ORDER BY at, pseudonym").fetchall()
    return [found for (name,) in names if (found := patient(connection, name)) is not None]


def patient(connection: sqlite3.Connection, pseudonym: str) -> Patient | None:
    """All facts of one patient, None if there is none of this pseudonym."""
    run = connection.execute
    row = run("SELECT at, who FROM patient WHERE pseudonym = ?", (pseudonym,)).fetchone()
    if row is None:
        return None
    columns = "at, who, set_w, set_s, energy_j, region_energy_j, limits"
    tightened = run(f"SELECT {columns} FROM tightened WHERE patient = ? ORDER BY number", (pseudonym,))  # noqa: S608
    sonications = _sonications(connection, pseudonym)
    plans, acknowledgements = _plans(connection, pseudonym), _acknowledgements(connection, pseudonym)
    treatments = run("SELECT number, at, who FROM treatment WHERE patient = ? ORDER BY number", (pseudonym,))
    return Patient(
        pseudonym, row[0], row[1],
        tuple(Tightened(*values) for values in tightened),
        tuple(
            Treatment(
                pseudonym, number, at, who,
                tuple(plans[number]), tuple(sonications[number]), tuple(acknowledgements[number]),
            )
            for number, at, who in treatments
        ),
    )  # fmt: skip


def open_accounts(connection: sqlite3.Connection) -> list[Sonication]:
    """Sonications, whosever, whose account is not known and that nobody has looked at yet."""
    names = connection.execute(
        "SELECT DISTINCT patient FROM sonication LEFT JOIN ended ON ended.sonication = id WHERE energy_j IS NULL "
        "OR id IN (SELECT sonication FROM dose WHERE cem43_min IS NULL)"
    ).fetchall()  # of whom only some are open
    every = [some for (name,) in names for some in _sonications(connection, name).values()]
    return sorted((s for some in every for s in some if s.open_account), key=lambda sonication: sonication.row)


def last_mark(connection: sqlite3.Connection) -> Mark | None:
    """Where the cooling gap started, None if there was no sonication yet."""
    columns = "number, wall_ns, steady_ns, boot, why"
    row = connection.execute(f"SELECT {columns} FROM cooling ORDER BY number DESC LIMIT 1").fetchone()  # noqa: S608
    return None if row is None else Mark(row[0], Instant(*row[1:4]), row[4])


def of_no_patient(connection: sqlite3.Connection) -> dict[str, list[dict[str, Any]]]:
    """Facts that belong to no patient: what was acknowledged while no treatment was chosen, and every cooling gap."""
    found: dict[str, list[dict[str, Any]]] = {}
    for name, query in (
        ("acknowledgements", "SELECT at, who, cause, cause_text, why FROM acknowledged WHERE patient IS NULL"),
        ("cooling", "SELECT wall_ns, steady_ns, boot, why FROM cooling"),
    ):
        rows = connection.execute(f"{query} ORDER BY number")
        columns = [column for column, *_ in rows.description]
        found[name] = [dict(zip(columns, row, strict=True)) for row in rows]
    return found


def _grouped(rows: Iterable[_Row]) -> defaultdict[int, list[_Row]]:
    groups: defaultdict[int, list[_Row]] = defaultdict(list)
    for key, *rest in rows:
        groups[key].append(tuple(rest))
    return groups


def _plans(connection: sqlite3.Connection, pseudonym: str) -> defaultdict[int, list[Plan]]:
    steps = _grouped(
        connection.execute(
            "SELECT step.plan, region, set_w, set_s, dose_min FROM step JOIN plan ON plan.number = step.plan "
            "WHERE patient = ? ORDER BY step.number",
            (pseudonym,),
        )
    )
    found: defaultdict[int, list[Plan]] = defaultdict(list)
    columns = "treatment, number, at, who, limits_sha256"
    query = f"SELECT {columns} FROM plan WHERE patient = ? ORDER BY number"  # noqa: S608 - no text from outside
    for treatment, number, at, who, limits in connection.execute(query, (pseudonym,)):
        found[treatment].append(Plan(number, at, who, limits, tuple(Step(*row) for row in steps[number])))
    return found


def _acknowledgements(connection: sqlite3.Connection, pseudonym: str) -> defaultdict[int, list[Acknowledgement]]:
    found: defaultdict[int, list[Acknowledgement]] = defaultdict(list)
    columns = "treatment, at, who, cause, cause_text, why, new_treatment"
    query = f"SELECT {columns} FROM acknowledged WHERE patient = ? ORDER BY number"  # noqa: S608 - as above
    for treatment, at, who, cause, text, why, new in connection.execute(query, (pseudonym,)):
        found[treatment].append(Acknowledgement(at, who, cause, text, why, bool(new)))
    return found


def _sonications(connection: sqlite3.Connection, pseudonym: str) -> defaultdict[int, list[Sonication]]:
    mine = "IN (SELECT id FROM sonication WHERE patient = ?)"
    doses = _grouped(
        connection.execute(
            f"SELECT sonication, number, sensor, cem43_min FROM dose WHERE sonication {mine} ORDER BY number",  # noqa: S608
            (pseudonym,),
        )
    )
    resolved = _grouped(
        connection.execute(
            f"SELECT sonication, after, at, who, why, energy_j FROM resolved WHERE sonication {mine} ORDER BY number",  # noqa: S608
            (pseudonym,),
        )
    )
    recorded = _grouped(
        connection.execute(
            f"SELECT sonication, at, messages, head FROM recorded WHERE sonication {mine} ORDER BY number",  # noqa: S608
            (pseudonym,),
        )
    )
    found: defaultdict[int, list[Sonication]] = defaultdict(list)
    for treatment, number, row, *rest in connection.execute(
        "SELECT treatment, s.number, id, plan, region, set_w, set_s, dose_min, s.at, device, limits_sha256, recording, "
        "ended.at, outcome, cause, cause_text, energy_j, interrupted.at FROM sonication s JOIN step USING (plan) "
        "LEFT JOIN ended ON ended.sonication = id LEFT JOIN interrupted ON interrupted.sonication = id "
        "WHERE step.number = s.step AND patient = ? ORDER BY id",
        (pseudonym,),
    ):
        name = f"{pseudonym}/{treatment}/{number}"
        found[treatment].append(_sonication(row, name, tuple(rest), doses[row], resolved[row], recorded[row]))
    return found


def _sonication(
    row: int, name: str, values: _Row, doses: list[_Row], resolved: list[_Row], recorded: list[_Row]
) -> Sonication:
    """One sonication with its account: the newest figures that a person found, else what the monitor measured."""
    plan, region, set_w, set_s, dose_min, at, device, limits, recording, ended_at, *rest = values
    outcome, cause, text, energy, found_at = rest
    outcome = outcome or (INTERRUPTED if found_at else RUNNING)
    step = Step(region, set_w, set_s, dose_min)
    for after, *_, found_j in resolved:
        if found_j is not None:
            energy, doses = found_j, [dose for dose in doses if dose[0] > after]
    missing = [number for number, _, minutes in doses if minutes is None]
    known = outcome == NOT_STARTED or (energy is not None and not missing)
    looked_at = bool(resolved) and all(number <= resolved[-1][0] for number in missing)
    sums: dict[str, float] = {}
    for _, sensor, minutes in doses:
        sums[sensor] = sums.get(sensor, 0.0) + (minutes or 0.0)
    return Sonication(
        row, name, plan, step, at, device, limits, recording, ended_at or "", outcome, cause or 0, text or "",
        step.energy_j if energy is None else energy, sums, known, not (known or looked_at or outcome == RUNNING),
        tuple(Resolution(*entry[1:]) for entry in resolved), tuple(Recorded(*entry) for entry in recorded),
    )  # fmt: skip
