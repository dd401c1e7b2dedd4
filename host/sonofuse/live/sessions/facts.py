"""The facts of one patient as records: treatments, plans, sonications, and what they add up to."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

FINISHED, TRIPPED, NOT_STARTED, INTERRUPTED, RUNNING = "finished", "tripped", "not started", "interrupted", "running"
"""How a sonication ended. Not started: the device refused. Interrupted: nobody knows how it ended. Running: it has not
ended, or no monitor has been opened yet since its own died."""


@dataclass(frozen=True)
class Step:
    """One planned sonication: where, with what set power in W, for how many s; `dose_min` is the CEM43 dose in minutes
    that the planner expects at the sensor that gets most of it, 0 if nothing was said."""

    region: str
    set_w: float
    set_s: float
    dose_min: float = 0.0

    @property
    def energy_j(self) -> float:
        """Set power times duration."""
        return self.set_w * self.set_s


@dataclass(frozen=True)
class Plan:
    """The steps of a treatment from then on; a later plan takes the place of what is left of an earlier one."""

    number: int  # in the file
    at: str
    who: str
    limits_sha256: str
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class Resolution:
    """What a person found about a sonication whose account was not known; `energy_j` is None if nothing was found."""

    at: str
    who: str
    why: str
    energy_j: float | None


@dataclass(frozen=True)
class Recorded:
    """How far the recording was on the disk: so many messages, and the head of the chain of hashes over them."""

    at: str
    messages: int
    head: str


@dataclass(frozen=True)
class Sonication:
    """One executed sonication; times are UTC, `ended_at` is "" while no end is known.

    `energy_j` is the full planned energy until the true one is known. `doses` holds CEM43 minutes by sensor, as far as
    they are known; `known` says whether all of the account is. `open_account` asks for a person.
    """

    row: int  # in the file
    name: str  # P-7K3M-Q2/1/3: patient, treatment, number
    plan: int
    step: Step
    at: str
    device: str
    limits_sha256: str
    recording: str
    ended_at: str
    outcome: str
    cause: int
    cause_text: str
    energy_j: float
    doses: dict[str, float]
    known: bool
    open_account: bool
    resolutions: tuple[Resolution, ...]
    recorded: tuple[Recorded, ...]

    @property
    def counts(self) -> bool:
        """Whether it used a step of its plan up."""
        return self.outcome != NOT_STARTED


@dataclass(frozen=True)
class Acknowledgement:
    """Who acknowledged what cause, and why."""

    at: str
    who: str
    cause: int
    cause_text: str
    why: str
    new_treatment: bool


@dataclass(frozen=True)
class Treatment:
    """One visit."""

    patient: str
    number: int
    at: str
    who: str
    plans: tuple[Plan, ...]
    sonications: tuple[Sonication, ...]
    acknowledgements: tuple[Acknowledgement, ...]

    @property
    def name(self) -> str:
        """P-7K3M-Q2/1."""
        return f"{self.patient}/{self.number}"

    @property
    def done(self) -> int:
        """Sonications that used a step up."""
        return sum(sonication.counts for sonication in self.sonications)

    @property
    def left(self) -> tuple[Step, ...]:
        """The steps of the newest plan that are still to come."""
        plan = self.plans[-1]
        used = sum(sonication.counts and sonication.plan == plan.number for sonication in self.sonications)
        return plan.steps[used:]


@dataclass(frozen=True)
class Tightened:
    """Limits tightened for a patient: None where they are not; `limits` holds a limits file."""

    at: str
    who: str
    set_w: float | None = None
    set_s: float | None = None
    energy_j: float | None = None
    region_energy_j: float | None = None
    limits: bytes | None = None


@dataclass(frozen=True)
class Patient:
    """All that is known of a patient."""

    pseudonym: str
    at: str
    who: str
    tightened: tuple[Tightened, ...]
    treatments: tuple[Treatment, ...]

    @property
    def sonications(self) -> tuple[Sonication, ...]:
        """Of all treatments, in their order."""
        return tuple(sonication for treatment in self.treatments for sonication in treatment.sonications)


@dataclass(frozen=True)
class Total:
    """What a region has had over all treatments: energy in J, CEM43 minutes by sensor; `known` is False if the dose of
    any sonication is not known."""

    energy_j: float
    doses: dict[str, float]
    known: bool


NOTHING = Total(0.0, {}, True)


def totals(sonications: Iterable[Sonication]) -> dict[str, Total]:
    """What sonications add up to, by region."""
    by_region: dict[str, list[Sonication]] = {}
    for sonication in sonications:
        by_region.setdefault(sonication.step.region, []).append(sonication)
    return {region: _total(some) for region, some in sorted(by_region.items())}


def _total(sonications: list[Sonication]) -> Total:
    sensors = sorted({sensor for sonication in sonications for sensor in sonication.doses})
    return Total(
        math.fsum(sonication.energy_j for sonication in sonications),
        {sensor: math.fsum(sonication.doses.get(sensor, 0.0) for sonication in sonications) for sensor in sensors},
        all(sonication.known for sonication in sonications),
    )
