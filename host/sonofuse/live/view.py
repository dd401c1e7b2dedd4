"""What the monitor shows: one picture of the device in physical units, 20 times a second.

Plain records, so that the process that watches the device can send them to the one that draws.
"""

from dataclasses import dataclass
from typing import Protocol

NO_PORT, SILENT, JOINING, CONNECTED = "no port", "silent", "joining", "connected"
"""The link: no such port; nothing comes; the host's kernel does not yet stand beside the device's; it does."""


@dataclass(frozen=True)
class Bound:
    """One limit of a reading, in its unit: `limit` is that of the limits file, `trip` is what the kernels compare with,
    a guard band away from it; `warn` is None where there is no warning."""

    check: str
    limit: float
    trip: float
    warn: float | None


@dataclass(frozen=True)
class Reading:
    """A channel now. `value` is None while it is not known; `margin` is the smallest share that is left to any of its
    limits: 1 far away, 0 at a trip, None where it has no such limit; `of` names that check."""

    name: str
    watches: str
    quantity: str  # temperature, power, voltage, flow or contact
    unit: str
    value: float | None
    high: Bound | None
    low: Bound | None
    margin: float | None
    of: str
    warning: bool


@dataclass(frozen=True)
class Budget:
    """Something that is used up: a sensor's thermal dose, the energy or the duration of a sonication."""

    name: str
    unit: str
    used: float
    limit: float


@dataclass(frozen=True)
class Session:
    """The treatment so far: `number` of `planned` sonications comes next, with `set_w` for `set_s`."""

    patient: str  # a pseudonym
    region: str
    number: int
    planned: int
    set_w: float
    set_s: float
    energy_j: float
    gap_s: float  # of cooling, that is left


@dataclass(frozen=True)
class View:
    """One picture. Times in s; `t_s` of the host's monotonic clock."""

    t_s: float
    link: str
    trouble: str  # one line about what needs a person: link, recorder, generator; "" for nothing
    inhibited: str  # why no sonication can be started now, "" if one can
    state: str  # a name of states.py, "" while none was heard
    cause: int
    cause_text: str  # the last trip's cause in words, "" for none
    physiological: bool  # the cause is the patient's, not the equipment's
    readings: tuple[Reading, ...]
    budgets: tuple[Budget, ...]
    set_w: float
    set_s: float
    on_s: float
    time_to_limit_s: float | None  # as the readings move now; None: no limit in sight
    receipt_age_s: float | None
    receipt_limit_s: float
    device: str
    limits: str
    session: Session | None


class Console(Protocol):
    """What a person can ask for. Each returns "" when it was done, else one line that says why not.

    They wait for the device's answer, at most a second: call them beside the event loop. `stop` waits for nothing.
    """

    def stop(self) -> str: ...
    def arm(self, set_w: float, set_s: float) -> str: ...
    def start(self) -> str: ...
    def finish(self) -> str: ...
    def disarm(self) -> str: ...
    def acknowledge(self, new_treatment: bool, who: str, why: str) -> str: ...
    def silence(self) -> str: ...
