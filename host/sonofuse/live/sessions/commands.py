"""`sonofuse session`: new, list, show, plan, resolve, export."""

import json
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from sonofuse.console import BAD_INPUT, ENVIRONMENT, OK, CommandError
from sonofuse.limits import SHIPPED, LimitsError, LimitsFile, find, load
from sonofuse.limits.commands import write_atomically
from sonofuse.limits.units import UnitError, quantity

from . import history, planning, show
from .database import Database
from .facts import RUNNING, Patient
from .instant import now
from .names import read_name
from .place import default_path
from .plan_file import read_plan

_NEW = """\
Begin a treatment: read a plan (TOML, docs/sessions.md), compare it with what the limits and the patient's earlier
treatments leave, and keep it. Without --patient it makes a new patient with a pseudonym; write that down, nothing else
says who it is. The patient's name belongs nowhere in it.
"""
_PLAN = """\
Show what is left of a treatment's plan. With FILE: put another plan in its place; what was done stays done.
"""
_RESOLVE = """\
Say what became of a sonication whose end is not known, because monitor, computer or link failed meanwhile: energy and
dose as its recording has them, or --unknown if that is lost, too. Until then no sonication can be started.
"""
_LIMITS = f"the device's limits, or the name of a file that ships (default: {SHIPPED.stem})"
_WHO = "your initials, and your role if you like: MK or MK/ENG"


def add_to(parser: ArgumentParser) -> None:
    """The verb's own verbs and options."""
    verbs = parser.add_subparsers(title="verbs", metavar="VERB", required=True)
    new = verbs.add_parser("new", help="begin a treatment with a plan", description=_NEW)
    new.add_argument("plan", metavar="PLAN", type=Path, help="the plan, a TOML file")
    new.add_argument("--patient", metavar="P-XXXX-XX", help="a patient who was treated before (default: a new one)")
    listed = verbs.add_parser("list", help="all treatments", description="List all treatments.")
    shown = verbs.add_parser("show", help="what happened", description="Show the history and totals of a patient.")
    shown.add_argument("name", metavar="ID", help="a patient, P-7K3M-Q2, or a treatment, P-7K3M-Q2/1")
    plan = verbs.add_parser("plan", help="show or change what is left of a plan", description=_PLAN)
    plan.add_argument("name", metavar="TREATMENT", help="such as P-7K3M-Q2/1")
    plan.add_argument("file", metavar="FILE", type=Path, nargs="?", help="another plan for what is left")
    resolve = verbs.add_parser("resolve", help="say what became of an interrupted sonication", description=_RESOLVE)
    resolve.add_argument("name", metavar="SONICATION", help="such as P-7K3M-Q2/1/3")
    resolve.add_argument("--why", required=True, help="how you know, in one line")
    resolve.add_argument("--energy", metavar="J", type=_amount("energy"), help='as the recording says: "812 J"')
    resolve.add_argument(
        "--dose", metavar="SENSOR=DOSE", type=_dose, action="append", default=[],
        help='as the recording says, for each sensor with a dose limit: "skin_a=0.3 CEM43 min"',
    )  # fmt: skip
    resolve.add_argument(
        "--unknown", action="store_true", help="nothing can be said; planned energy and full dose count"
    )
    export = verbs.add_parser("export", help="all facts as JSON", description="Print or write all facts as JSON.")
    export.add_argument("name", metavar="PATIENT", nargs="?", help="only this patient")
    export.add_argument("-o", "--out", metavar="FILE", type=Path, help="write there instead of printing")
    runs = {new: _new, listed: _list, shown: _show, plan: _plan, resolve: _resolve, export: _export}
    for verb, run in runs.items():
        if verb in (new, plan, resolve):
            verb.add_argument("--who", metavar="INITIALS", required=verb is not plan, help=_WHO)
            verb.add_argument("--limits", metavar="FILE", type=find, default=SHIPPED, help=_LIMITS)
        verb.add_argument("--sessions", metavar="FILE", type=Path, help="the sessions file (default: your own one)")
        verb.add_argument("--json", action="store_true", help="print one JSON object")
        verb.set_defaults(run=run)


def _amount(dimension: str) -> Callable[[str], float]:
    def read(text: str) -> float:
        try:
            return quantity(text, dimension)[0]
        except UnitError as error:
            raise ArgumentTypeError(f"{text!r} {error}") from error

    return read


def _dose(text: str) -> tuple[str, float]:
    sensor, _, amount = text.partition("=")
    return sensor.strip(), _amount("dose")(amount.strip())


def _open(asked: Namespace, create: bool = False, alone: bool = False) -> Database:
    return Database(asked.sessions or default_path(), create, alone)


def _limits(asked: Namespace) -> LimitsFile:
    try:
        return load(asked.limits)
    except LimitsError as error:
        raise CommandError(BAD_INPUT, str(error)) from error


def _print(asked: Namespace, record: Any, lines: Iterable[str]) -> int:
    print(json.dumps(record, indent=2, ensure_ascii=False) if asked.json else "\n".join(lines))
    return OK


def _patient(database: Database, name: str, *parts: int) -> tuple[Patient, tuple[int, ...]]:
    code, numbers = read_name(name, *parts)
    with database.reading() as connection:
        patient = planning.find_patient(connection, code)
    if numbers and numbers[0] not in [treatment.number for treatment in patient.treatments]:
        raise CommandError(BAD_INPUT, f"{code} has no treatment {numbers[0]}; `sonofuse session show {code}` shows all")
    return patient, numbers


def _new(asked: Namespace) -> int:
    plan, limits = read_plan(asked.plan), _limits(asked)
    planning.checked(asked.who, "who")  # before a file is made
    database = _open(asked, create=True)
    try:
        name = planning.new_treatment(database, now(), asked.who, plan, limits, asked.patient)
        return _show_plan(asked, database, name)
    finally:
        database.close()


def _plan(asked: Namespace) -> int:
    database = _open(asked)
    try:
        if asked.file is not None:
            if asked.who is None:
                raise CommandError(BAD_INPUT, f"--who is missing: {_WHO}")
            planning.replan(database, now(), asked.who, asked.name, read_plan(asked.file), _limits(asked))
        return _show_plan(asked, database, asked.name)
    finally:
        database.close()


def _show_plan(asked: Namespace, database: Database, name: str) -> int:
    patient, (number,) = _patient(database, name, 2)
    treatment = next(entry for entry in patient.treatments if entry.number == number)
    steps = [show.plan_line(n, step) for n, step in enumerate(treatment.left, treatment.done + 1)]
    lines = [f"patient    {patient.pseudonym}", f"treatment  {treatment.name}", *(steps or ["  nothing is left to do"])]
    return _print(asked, {"patient": patient.pseudonym} | show.treatment_record(treatment), lines)


def _list(asked: Namespace) -> int:
    database = _open(asked)
    try:
        with database.reading() as connection:
            found = show.overview(history.patients(connection))
    finally:
        database.close()
    lines = [
        f"{entry['treatment']}  {entry['made']}  {entry['done']} of {entry['planned']} done, {entry['energy_j']:g} J"
        + "".join(f"; {name} is to be acknowledged" for name in entry["open"])
        for entry in found
    ]
    return _print(asked, {"treatments": found}, lines or ["no treatments yet: sonofuse session new PLAN"])


def _show(asked: Namespace) -> int:
    database = _open(asked)
    try:
        patient, numbers = _patient(database, asked.name, 1, 2)
    finally:
        database.close()
    record = show.patient_record(patient)
    if numbers:
        record["treatments"] = [
            entry for entry in record["treatments"] if entry["treatment"].endswith(f"/{numbers[0]}")
        ]
    return _print(asked, record, show.lines_of(patient, *numbers))


def _resolve(asked: Namespace) -> int:
    found = _found(asked)
    limits = _limits(asked)
    database = _open(asked)
    try:
        patient, _ = _patient(database, asked.name, 3)
        name = "/".join(asked.name.strip().upper().split("/"))
        if any(entry.name == name and entry.outcome == RUNNING for entry in patient.sonications):
            database.close()
            database = _open(asked, alone=True)  # refused while a monitor runs, which may be running this very one
            planning.find_interrupted(database, now())
        planning.resolve(database, now(), asked.who, asked.why, asked.name, found, limits)
        patient, _ = _patient(database, asked.name, 3)
    finally:
        database.close()
    return _print(asked, show.patient_record(patient), show.lines_of(patient))


def _found(asked: Namespace) -> planning.Found | None:
    energy_j: float | None = asked.energy
    doses: dict[str, float] = dict(asked.dose)
    if asked.unknown and energy_j is None and not doses:
        return None
    if asked.unknown or energy_j is None:
        raise CommandError(BAD_INPUT, "give --energy and a --dose for each sensor with a dose limit, or --unknown")
    return energy_j, doses


def _export(asked: Namespace) -> int:
    database = _open(asked)
    try:
        with database.reading() as connection:
            if asked.name is None:
                found, rest = history.patients(connection), history.of_no_patient(connection)
            else:
                found, rest = [planning.find_patient(connection, read_name(asked.name, 1)[0])], {}
    finally:
        database.close()
    record = {"patients": [show.patient_record(patient) for patient in found]} | rest
    text = json.dumps(record, indent=2, ensure_ascii=False)
    if asked.out is None:
        print(text)
        return OK
    try:
        write_atomically(asked.out, f"{text}\n".encode())
    except OSError as error:
        wrong = f"{asked.out}: cannot be written ({error.strerror}); name a file in a folder that you may write to"
        raise CommandError(ENVIRONMENT, wrong) from error
    written = {"written": str(asked.out), "patients": len(found)}
    return _print(asked, written, [f"{len(found)} patient(s) in {asked.out}"])
