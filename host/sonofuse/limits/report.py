"""What a person needs to know about a limits file: thresholds, and each hazard's chain against its time budget."""

import hashlib
from dataclasses import dataclass

from sonofuse.limits.chain import FIRMWARE_S, chain
from sonofuse.limits.compile import compile_limits
from sonofuse.limits.hazards import HAZARDS, Hazard
from sonofuse.limits.kinds import KINDS
from sonofuse.limits.model import Channel, Check, LimitsFile
from sonofuse.limits.response import hidden_s
from sonofuse.limits.schema import FORMS
from sonofuse.limits.thresholds import set_max_mw, threshold
from sonofuse.limits.words import energy_channel

UNITS = {"temperature": "degC", "power": "W", "voltage": "V", "flow": "L/min", "contact": ""}
APART = UNITS | {"temperature": "K"}
OF_SENSOR = ("range", "stale", "stuck", "pair")  # these find a failed sensor, not the hazard itself
SPECIAL = {"time": "s", "rate": "K/s", "dose": "CEM43 min", "share": "of set", "ratio": "VSWR", "": ""}


@dataclass(frozen=True)
class CheckRecord:
    """One check: limit, guard band and threshold in `unit`, its debounce in conversions, its reaction in s.

    The reaction is from the converter's first bad reading to RF off, without the sensor's own lag.
    """

    name: str
    unit: str
    warn: float | None
    limit: float | None
    guard: float | None
    threshold: float | None
    debounce: int
    reaction_s: float
    max_reaction_s: float
    hazards: tuple[str, ...]
    source: str


@dataclass(frozen=True)
class HazardRecord:
    """One way to detect a hazard: every part of the time until RF is off in s, its budget, the true overshoot in K.

    `outcome` is "MET", "NOT MET" or "not covered"; `detector` is empty for the last.
    """

    hazard: str
    harm: str
    detector: str
    outcome: str
    note: str
    lag_s: float | None = None
    sampling_s: float | None = None
    tick_s: float | None = None
    pump_hold_s: float | None = None
    relay_release_s: float | None = None
    total_s: float | None = None
    budget_s: float | None = None
    overshoot_k: float | None = None


@dataclass(frozen=True)
class CheckReport:
    """The report of a limits file; `digest` is the SHA-256 of the compiled words."""

    name: str
    version: str
    board: str
    host: str
    digest: str
    set_max_w: float
    hazards: tuple[HazardRecord, ...]
    checks: tuple[CheckRecord, ...]

    @property
    def met(self) -> bool:
        """Whether each hazard that this board can see is met by at least one of its checks."""
        seen = [record for record in self.hazards if record.detector]
        done = {(record.hazard, record.harm) for record in seen if record.outcome == "MET"}
        return all((record.hazard, record.harm) in done for record in seen)


def report(limits: LimitsFile) -> CheckReport:
    """The whole report; hazards without a signal on this board come first.

    Raises:
        LimitsError: if the limits cannot be compiled.
    """
    packed = compile_limits(limits)
    body = packed[:-36]
    records = [record for hazard in HAZARDS for record in _hazard(limits, hazard)]
    records.sort(key=lambda record: record.outcome != "not covered")
    checks = tuple(_check(limits, channel, check) for channel in limits.channels for check in channel.checks)
    host = "required" if limits.host_required else "none"
    digest = hashlib.sha256(body).hexdigest()
    metered = energy_channel(limits)
    absolute = metered.check("above")
    set_max_w = 0.0 if absolute is None else set_max_mw(limits, metered, absolute) / 1000
    return CheckReport(limits.name, limits.version, limits.board.name, host, digest, set_max_w, tuple(records), checks)


def unit_of(channel: Channel, check: Check) -> str:
    """The unit in which a check's limit is shown."""
    form, quantity = FORMS[check.name].unit, KINDS[channel.sensor.kind].quantity
    return {"value": UNITS[quantity], "apart": APART[quantity]}.get(form) or SPECIAL.get(form, "")


def _check(limits: LimitsFile, channel: Channel, check: Check) -> CheckRecord:
    value = None if check.trip is None else threshold(limits, channel, check).value
    guard = None if value is None or check.trip is None else abs(check.trip - value)
    return CheckRecord(
        f"{channel.name}.{check.name}", unit_of(channel, check), check.warn, check.trip, guard, value, check.samples,
        chain(limits, channel, check).total_s, check.max_reaction_s, check.hazards, check.source,
    )  # fmt: skip


def _record(
    limits: LimitsFile, hazard: Hazard, detector: str, lag_s: float | None, sampling_s: float, since: str = ""
) -> HazardRecord:
    tick_s = 2 * limits.tick_s + FIRMWARE_S
    parts = (sampling_s, tick_s, limits.pump_hold_s, limits.relay_release_s)
    total = None if lag_s is None else lag_s + sum(parts)
    met = total is not None and hazard.budget_s is not None and total <= hazard.budget_s
    note = "heats too slowly for this check" if total is None else since or hazard.given
    heating = hazard.heating_k_s
    overshoot = None if heating is None or total is None else heating * total
    return HazardRecord(
        hazard.id,
        hazard.harm,
        detector,
        "MET" if met else "NOT MET",
        note,
        lag_s,
        *parts,
        total,
        hazard.budget_s,
        overshoot,
    )


def _hazard(limits: LimitsFile, hazard: Hazard) -> list[HazardRecord]:
    if hazard.blind:
        return [HazardRecord(hazard.id, hazard.harm, "", "not covered", f"{hazard.blind}; it takes: {hazard.signal}")]
    records: list[HazardRecord] = []
    for channel in limits.channels:
        for check in channel.checks:
            if hazard.id in check.hazards and "sensor" not in check.hazards and check.name not in OF_SENSOR:
                lag_s = hidden_s(limits, channel, check, hazard.heating_k_s)
                sampling_s = chain(limits, channel, check).conversion_s
                records.append(_record(limits, hazard, f"{channel.name}.{check.name}", lag_s, sampling_s))
    if hazard.id in ("H3", "H5"):
        metered = energy_channel(limits).sensor
        records.append(_record(limits, hazard, "energy", metered.lag_s, metered.longest_s, "from when it is used up"))
    if hazard.id == "H5":
        records.append(_record(limits, hazard, "duration", 0.0, limits.over_run_s, "from the planned end"))
    if not records:
        note = f"no check of this file shows it; it takes: {hazard.signal}"
        return [HazardRecord(hazard.id, hazard.harm, "", "not covered", note)]
    return sorted(records, key=lambda record: (record.outcome != "MET", record.total_s or float("inf")))
