"""What a sessions file says about the treatment that goes on, and why no sonication may start."""

import math
from dataclasses import dataclass
from sqlite3 import Connection

from sonofuse.console import CommandError
from sonofuse.limits import LimitsFile
from sonofuse.live.view import Budget, Session

from . import history, planning
from .budgets import refusals
from .cooling import SAID, Gap, Mark
from .facts import NOTHING, Patient, Sonication, Step, Total, Treatment, totals
from .instant import Instant
from .tightening import Allowed, allowed

NO_SESSION = "no session: make a treatment with `sonofuse session new PLAN` and choose it"


@dataclass(frozen=True)
class Picture:
    """What the file says; `open` are the accounts that nobody has looked at yet, `wrong` is why the chosen treatment
    cannot go on, "" if it can."""

    open: tuple[Sonication, ...]
    mark: Mark | None
    patient: Patient | None
    treatment: Treatment | None
    allowed: Allowed
    wrong: str

    @property
    def next(self) -> Step | None:
        """The step that comes next."""
        left = self.treatment.left if self.treatment else ()
        return left[0] if left else None

    @property
    def gap_s(self) -> float:
        """How long the cooling gap has to be."""
        return self.allowed.limits.cooling_gap_s

    @property
    def sonications(self) -> tuple[Sonication, ...]:
        """Of the chosen treatment."""
        return self.treatment.sonications if self.treatment else ()

    @property
    def had(self) -> dict[str, Total]:
        """What each region of the patient has had."""
        return totals(self.patient.sonications) if self.patient else {}


def read_picture(connection: Connection, base: LimitsFile, chosen: str) -> Picture:
    """What the file says about the treatment of that name ("": none is chosen), on a device with these limits."""
    patient, treatment, most, wrong = None, None, allowed(base, ()), ""
    if chosen:
        try:
            patient, treatment = planning.find_treatment(connection, chosen)
            most = allowed(base, patient.tightened)
        except CommandError as error:
            wrong = str(error).splitlines()[0]
    unknown = tuple(history.open_accounts(connection))
    return Picture(unknown, history.last_mark(connection), patient, treatment, most, wrong)


def inhibit(picture: Picture, gap: Gap, now: Instant) -> str:
    """Why no sonication may start now, in one line; "" if one may."""
    left_s = gap.left_s(picture.mark, now, picture.gap_s)  # first, so that a gap that is over is noticed in any case
    if picture.open:
        name = picture.open[0].name
        return f"the end of {name} is not known: read its recording, then `sonofuse session resolve {name}`"
    if picture.wrong:
        return picture.wrong
    if picture.treatment is None:
        return NO_SESSION
    step = picture.next
    if step is None:
        return f"the plan of {picture.treatment.name} is finished"
    refused = refusals([step], picture.had, picture.allowed, picture.treatment.done + 1)
    if refused:
        return refused[0]
    return f"cooling gap {math.ceil(left_s)} s left{SAID[picture.mark.why]}" if picture.mark and left_s > 0 else ""


def session_of(picture: Picture, gap: Gap, now: Instant) -> Session | None:
    """The treatment for the view; None if none is chosen. After the last sonication its region is ""."""
    treatment, step = picture.treatment, picture.next
    if treatment is None or picture.patient is None:
        return None
    return Session(
        patient=picture.patient.pseudonym,
        region=step.region if step else "",
        number=treatment.done + 1 if step else treatment.done,
        planned=treatment.done + len(treatment.left),
        set_w=step.set_w if step else 0.0,
        set_s=step.set_s if step else 0.0,
        energy_j=math.fsum(sonication.energy_j for sonication in treatment.sonications),
        gap_s=gap.left_s(picture.mark, now, picture.gap_s),
    )


def budgets_of(picture: Picture) -> tuple[Budget, ...]:
    """What the region of the next sonication has used up over all treatments, where that is limited."""
    if picture.next is None:
        return ()
    region, most = picture.next.region, picture.allowed
    had = picture.had.get(region, NOTHING)
    found = [
        Budget(f"dose of {region} at {sensor}", "CEM43 min", had.doses.get(sensor, 0.0) if had.known else limit, limit)
        for sensor, limit in most.dose_min.items()
    ]
    if most.region_energy_j is not None:
        found.append(Budget(f"energy of {region}", "J", had.energy_j, most.region_energy_j))
    return tuple(found)
