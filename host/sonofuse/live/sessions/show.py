"""Sessions for a person and as JSON."""

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from .facts import Patient, Sonication, Step, Tightened, Total, Treatment, totals
from .tightening import CAPS


def patient_record(patient: Patient) -> dict[str, Any]:
    """All facts of a patient, and what they add up to."""
    return {
        "patient": patient.pseudonym,
        "made": patient.at,
        "who": patient.who,
        "tightened": [_tightened(one) for one in patient.tightened],
        "treatments": [treatment_record(treatment) for treatment in patient.treatments],
        "regions": {region: asdict(total) for region, total in totals(patient.sonications).items()},
    }


def treatment_record(treatment: Treatment) -> dict[str, Any]:
    """All facts of a treatment."""
    return {
        "treatment": treatment.name,
        "made": treatment.at,
        "who": treatment.who,
        "done": treatment.done,
        "left": [_step(step) for step in treatment.left],
        "plans": [
            {
                "made": plan.at,
                "who": plan.who,
                "limits_sha256": plan.limits_sha256,
                "steps": [_step(step) for step in plan.steps],
            }
            for plan in treatment.plans
        ],
        "sonications": [_sonication(sonication) for sonication in treatment.sonications],
        "acknowledgements": [asdict(entry) for entry in treatment.acknowledgements],
    }


def _step(step: Step) -> dict[str, Any]:
    return asdict(step) | {"energy_j": step.energy_j}


def _tightened(one: Tightened) -> dict[str, Any]:
    text = None if one.limits is None else one.limits.decode("utf-8", "replace")
    return asdict(one) | {"limits": text}


def _sonication(sonication: Sonication) -> dict[str, Any]:
    record = asdict(sonication)
    del record["row"], record["plan"]
    return record


def lines_of(patient: Patient, number: int | None = None) -> list[str]:
    """The history of a patient, or of one treatment, and the totals of each region over all treatments."""
    lines = [f"patient  {patient.pseudonym}, since {patient.at}"]
    for one in patient.tightened:
        caps = [
            f"{key.replace('_', ' ')} {cap:g} {unit}"
            for field, (key, unit) in CAPS.items()
            if (cap := getattr(one, field)) is not None
        ]
        what = ", ".join([*caps, *(["a limits file"] if one.limits is not None else [])])
        lines.append(f"tightened by {one.who} on {one.at}: {what}")
    for treatment in patient.treatments:
        if number in (None, treatment.number):
            lines += ["", *_treatment(treatment)]
    had = totals(patient.sonications)
    return (
        [*lines, "", "so far, over all treatments:", *(_total(region, total) for region, total in had.items())]
        if (had)
        else lines
    )


def _treatment(treatment: Treatment) -> Iterable[str]:
    yield f"treatment {treatment.name}, made {treatment.at} by {treatment.who}: {treatment.done} done"
    for sonication in treatment.sonications:
        yield from _done(sonication)
    for entry in treatment.acknowledgements:
        new = ", as a new treatment" if entry.new_treatment else ""
        yield f"  {entry.who} acknowledged on {entry.at}{new}: {entry.cause_text or entry.cause}; why: {entry.why}"
    for number, step in enumerate(treatment.left, treatment.done + 1):
        yield plan_line(number, step)


def plan_line(number: int, step: Step) -> str:
    """One step that is still to come."""
    dose = f", {step.dose_min:g} CEM43 min expected" if step.dose_min else ""
    return f"  to come {number:>2}  {step.region}  {step.set_w:g} W for {step.set_s:g} s, {step.energy_j:g} J{dose}"


def _done(sonication: Sonication) -> Iterable[str]:
    step = sonication.step
    because = f" ({sonication.cause_text})" if sonication.cause_text else ""
    energy = f"{sonication.energy_j:g} J" + ("" if sonication.known else ", not known: planned energy, dose exhausted")
    doses = "".join(f", {minutes:g} CEM43 min at {sensor}" for sensor, minutes in sonication.doses.items())
    yield (
        f"  {sonication.name}  {step.region}  {step.set_w:g} W for {step.set_s:g} s  {sonication.outcome}{because}: "
        f"{energy}{doses}"
    )
    for kept in sonication.recorded[-1:]:
        yield f"    {sonication.recording}: {kept.messages} messages, head {kept.head}"
    for entry in sonication.resolutions:
        found = "no figures" if entry.energy_j is None else f"{entry.energy_j:g} J"
        yield f"    {entry.who} looked at it on {entry.at}: {found}; why: {entry.why}"
    if sonication.open_account:
        yield f"    to be acknowledged: sonofuse session resolve {sonication.name}"


def _total(region: str, total: Total) -> str:
    doses = "".join(f", {minutes:g} CEM43 min at {sensor}" for sensor, minutes in total.doses.items())
    return f"  {region}  {total.energy_j:g} J{doses}" + ("" if total.known else ", dose not known: counts as exhausted")


def overview(patients: Iterable[Patient]) -> list[dict[str, Any]]:
    """A line for each treatment."""
    return [
        {
            "treatment": treatment.name,
            "made": treatment.at,
            "done": treatment.done,
            "planned": treatment.done + len(treatment.left),
            "energy_j": sum(sonication.energy_j for sonication in treatment.sonications),
            "open": [sonication.name for sonication in treatment.sonications if sonication.open_account],
            "newest": treatment is patient.treatments[-1],
        }
        for patient in patients
        for treatment in patient.treatments
    ]
