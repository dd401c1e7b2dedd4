"""What people write into a sessions file: new patients and treatments, plans, and what became of an open account."""

import math
import sqlite3
from collections.abc import Mapping

from sonofuse.console import BAD_INPUT, CommandError
from sonofuse.limits import LimitsFile, compile_limits

from . import forms, history, pseudonym
from .budgets import refusals
from .cooling import UNKNOWN
from .database import Database
from .facts import RUNNING, Patient, Sonication, Tightened, Treatment, totals
from .instant import Instant
from .names import read_name
from .plan_file import PlanFile
from .tightening import Allowed, allowed

Found = tuple[float, Mapping[str, float]]
"""What a recording says of a sonication: energy in J, and CEM43 minutes by sensor."""


def digest(limits: LimitsFile) -> str:
    """The SHA-256 of the limit set, as the device has it."""
    return compile_limits(limits)[-32:].hex()


def checked(text: str, form: str) -> str:
    """A word of a person in its form (`who`, `why`, `device` or `recording` of forms.py).

    Raises:
        CommandError: if it does not fit.
    """
    try:
        return str(getattr(forms, form)(text))
    except ValueError as error:
        raise CommandError(BAD_INPUT, str(error)) from error


def insert(connection: sqlite3.Connection, table: str, **values: object) -> int:
    """Add one fact; the number of its row."""
    marks = ", ".join("?" * len(values))
    statement = f"INSERT INTO {table} ({', '.join(values)}) VALUES ({marks})"  # noqa: S608 - names are this program's
    return connection.execute(statement, tuple(values.values())).lastrowid or 0


def add_mark(connection: sqlite3.Connection, now: Instant, why: str) -> None:
    """A cooling gap starts now."""
    insert(connection, "cooling", wall_ns=now.wall_ns, steady_ns=now.steady_ns, boot=now.boot, why=why)


def find_patient(connection: sqlite3.Connection, name: str) -> Patient:
    """The patient of this pseudonym.

    Raises:
        CommandError: if there is none.
    """
    found = history.patient(connection, name)
    if found is None:
        raise CommandError(BAD_INPUT, f"there is no patient {name} in this file; `sonofuse session list` shows all")
    return found


def find_treatment(connection: sqlite3.Connection, name: str) -> tuple[Patient, Treatment]:
    """The treatment of this name, if it is the newest of its patient.

    Raises:
        CommandError: if it is not.
    """
    code, (number,) = read_name(name, 2)
    patient = find_patient(connection, code)
    newest = patient.treatments[-1]
    if number > newest.number or number < 1:
        raise CommandError(BAD_INPUT, f"{code} has no treatment {number}; the newest is {newest.name}")
    if number < newest.number:
        raise CommandError(BAD_INPUT, f"{name} is over, a newer treatment was begun: {newest.name}")
    return patient, newest


def new_treatment(
    database: Database, now: Instant, who: str, plan: PlanFile, limits: LimitsFile, known: str | None = None
) -> str:
    """A treatment with its plan, of a new patient or a `known` one; its name.

    Raises:
        CommandError: with the lines that say why not.
    """
    who = checked(who, "who")
    code = None if known is None else read_name(known, 1)[0]
    with database.writing() as connection:
        before = None if code is None else find_patient(connection, code)
        if code is None:
            code = pseudonym.make()
            while history.patient(connection, code) is not None:
                code = pseudonym.make()
        _allow(before, plan, limits, now, who)
        if before is None:
            insert(connection, "patient", pseudonym=code, at=now.utc, who=who)
        number = len(before.treatments) + 1 if before else 1
        insert(connection, "treatment", patient=code, number=number, at=now.utc, who=who)
        _write(connection, code, number, plan, limits, now, who)
    return f"{code}/{number}"


def replan(database: Database, now: Instant, who: str, name: str, plan: PlanFile, limits: LimitsFile) -> None:
    """Put another plan in the place of what is left of a treatment's.

    Raises:
        CommandError: with the lines that say why not.
    """
    who = checked(who, "who")
    with database.writing() as connection:
        patient, treatment = find_treatment(connection, name)
        _allow(patient, plan, limits, now, who)
        _write(connection, patient.pseudonym, treatment.number, plan, limits, now, who)


def _tightened(plan: PlanFile, now: Instant, who: str) -> list[Tightened]:
    return [Tightened(now.utc, who, **plan.caps, limits=plan.limits)] if plan.tightens else []


def _allow(patient: Patient | None, plan: PlanFile, limits: LimitsFile, now: Instant, who: str) -> Allowed:
    before = patient.tightened if patient else ()
    most = allowed(limits, (*before, *_tightened(plan, now, who)))
    lines = refusals(plan.steps, totals(patient.sonications if patient else ()), most)
    if lines:
        raise CommandError(BAD_INPUT, "\n".join(f"the plan is refused: {line}" for line in lines))
    return most


def _write(
    connection: sqlite3.Connection,
    code: str,
    treatment: int,
    plan: PlanFile,
    limits: LimitsFile,
    now: Instant,
    who: str,
) -> None:
    if plan.tightens:
        insert(connection, "tightened", patient=code, at=now.utc, who=who, **plan.caps, limits=plan.limits)
    row = insert(
        connection, "plan", patient=code, treatment=treatment, at=now.utc, who=who, limits_sha256=digest(limits)
    )  # fmt: skip
    for number, step in enumerate(plan.steps, 1):
        insert(
            connection, "step", plan=row, number=number, region=step.region,
            set_w=step.set_w, set_s=step.set_s, dose_min=step.dose_min,
        )  # fmt: skip


def find_interrupted(database: Database, now: Instant) -> None:
    """Note every sonication that has not ended as interrupted; only for the one monitor, before it runs any itself."""
    with database.writing() as connection:
        left_open = connection.execute(
            "SELECT id FROM sonication WHERE id NOT IN (SELECT sonication FROM ended) "
            "AND id NOT IN (SELECT sonication FROM interrupted)"
        ).fetchall()
        for (row,) in left_open:
            note_interrupted(connection, row, now)


def note_interrupted(connection: sqlite3.Connection, row: int, now: Instant) -> None:
    """Nobody knows how this sonication ended, nor when: its cooling gap starts now."""
    insert(connection, "interrupted", sonication=row, at=now.utc)
    add_mark(connection, now, UNKNOWN)


def resolve(
    database: Database,
    now: Instant,
    who: str,
    why: str,
    name: str,
    found: Found | None,
    limits: LimitsFile,
) -> None:
    """Acknowledge a sonication whose account is not known.

    Args:
        name: of the sonication, P-7K3M-Q2/1/3.
        found: energy in J and CEM43 minutes by sensor, as its recording says; None if nothing can be said: then the
            full planned energy stays counted, and the dose as exhausted.
        limits: of the device; every sensor with a dose limit has to have a figure.

    Raises:
        CommandError: if there is nothing to acknowledge, or a figure is missing or impossible.
    """
    who, why = checked(who, "who"), checked(why, "why")
    code, numbers = read_name(name, 3)
    with database.writing() as connection:
        patient = find_patient(connection, code)
        full = "/".join((code, *map(str, numbers)))
        sonication = next((entry for entry in patient.sonications if entry.name == full), None)
        if sonication is None:
            raise CommandError(BAD_INPUT, f"there is no sonication {full}; `sonofuse session show {code}` shows all")
        _may_resolve(sonication, found)
        if found is not None:
            _figures(found, allowed(limits, patient.tightened))
        after = connection.execute("SELECT ifnull(max(number), 0) FROM dose").fetchone()[0]
        insert(
            connection, "resolved", sonication=sonication.row, at=now.utc, who=who, why=why,
            energy_j=None if found is None else found[0], after=after,
        )  # fmt: skip
        if found is not None:
            for sensor, minutes in found[1].items():
                insert(connection, "dose", sonication=sonication.row, at=now.utc, sensor=sensor, cem43_min=minutes)


def _may_resolve(sonication: Sonication, found: object) -> None:
    if sonication.outcome == RUNNING:
        raise CommandError(BAD_INPUT, f"{sonication.name} has not ended; wait for its end, or start the monitor again")
    if sonication.known:
        raise CommandError(BAD_INPUT, f"the account of {sonication.name} is known already; nothing to acknowledge")
    if found is None and not sonication.open_account:
        raise CommandError(BAD_INPUT, f"{sonication.name} was acknowledged without figures already; give figures")


def _figures(found: Found, most: Allowed) -> None:
    energy_j, doses = found
    unknown = sorted(set(doses) - {channel.name for channel in most.limits.channels})
    if unknown:
        raise CommandError(BAD_INPUT, f"{unknown[0]!r} is no sensor of {most.limits.name}; use its channels' names")
    missing = sorted(set(most.dose_min) - set(doses))
    if missing:
        raise CommandError(BAD_INPUT, f"the dose at {', '.join(missing)} is missing; read it from the recording")
    for what, amount in (("energy", energy_j), *((f"dose at {sensor}", amount) for sensor, amount in doses.items())):
        if not (math.isfinite(amount) and 0 <= amount < 1e12):
            raise CommandError(BAD_INPUT, f"{what} {amount:g} is impossible; read it from the recording")
