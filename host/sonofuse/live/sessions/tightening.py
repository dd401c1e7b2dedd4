"""Limits tightened for a patient: only ever tighter than what held before, and refused with the lines that say why."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from sonofuse.console import BAD_INPUT, CommandError
from sonofuse.limits import Channel, LimitsError, LimitsFile, parse
from sonofuse.limits.diff import CHANGED, LOOSER, diff
from sonofuse.limits.thresholds import set_max_mw

from .facts import Tightened

CAPS = {
    "set_w": ("power", "W"),
    "set_s": ("duration", "s"),
    "energy_j": ("energy", "J"),
    "region_energy_j": ("region_energy", "J"),
}
"""Field of a cap: its key in a plan file, its unit."""


@dataclass(frozen=True)
class Allowed:
    """The most that a patient is allowed: set power in W, duration in s and energy in J of a sonication, energy in J of
    a region over all treatments (None: only shown), CEM43 minutes of a region by sensor, over all treatments."""

    limits: LimitsFile
    set_w: float
    set_s: float
    energy_j: float
    region_energy_j: float | None
    dose_min: dict[str, float]


def allowed(limits: LimitsFile, tightened: Sequence[Tightened]) -> Allowed:
    """What limits and all that was tightened since allow together.

    Raises:
        CommandError: with a line for everything in which one of them is looser than what held before it.
    """
    most = _by(limits)
    for one in tightened:
        most = _tighter(most, one)
    return most


def _by(limits: LimitsFile) -> Allowed:
    metered = next(channel for channel in limits.channels if channel.energy)
    absolute = metered.check("above")
    assert absolute is not None, "a limits file has an absolute limit where it counts energy"
    doses = {channel.name: check.trip for channel in limits.channels if (check := channel.check("dose"))}
    return Allowed(
        limits=limits,
        set_w=set_max_mw(limits, metered, absolute) / 1e3,
        set_s=limits.max_on_s,
        energy_j=limits.energy_j,
        region_energy_j=None,
        dose_min={sensor: trip for sensor, trip in doses.items() if trip is not None},
    )


def _tighter(most: Allowed, one: Tightened) -> Allowed:
    caps = {field: cap for field in CAPS if (cap := getattr(one, field)) is not None}
    wrong = [
        f"{key} {caps[field]:g} {unit} is looser than the {before:g} {unit} that hold already"
        for field, (key, unit) in CAPS.items()
        if field in caps and (before := getattr(most, field)) is not None and caps[field] > before
    ]
    if one.limits is not None:
        limits = _limits(one.limits, most.limits)
        wrong += looser(most.limits, limits)
        by = _by(limits)
        for field in ("set_w", "set_s", "energy_j"):
            caps[field] = min(caps.get(field, getattr(most, field)), getattr(most, field), getattr(by, field))
        most = replace(most, limits=limits, dose_min=by.dose_min)
    if wrong:
        raise CommandError(
            BAD_INPUT, "\n".join(f"for a patient limits can only be tightened: {line}" for line in wrong)
        )
    return replace(most, **caps)


def _limits(text: bytes, base: LimitsFile) -> LimitsFile:
    try:
        return parse(text, "limits of the patient", base.board)
    except LimitsError as error:
        raise CommandError(BAD_INPUT, str(error)) from error


def looser(base: LimitsFile, limits: LimitsFile) -> list[str]:
    """A line for everything in which limits are looser than others, or cannot be compared with them.

    The device and its sensors are the same, so whatever declares them has to be the same too.
    """
    words = {LOOSER: "is looser", CHANGED: "is another one"}
    changes = [change for change in diff(base, limits) if change.direction in words]
    lines = [f"{change.key} {words[change.direction]}: {change.old} → {change.new}" for change in changes]
    for channel in base.channels:
        other = next((entry for entry in limits.channels if entry.name == channel.name), None)
        lines += [] if other is None else list(_other_device(channel, other))
    return lines


def _other_device(channel: Channel, other: Channel) -> Iterator[str]:
    if replace(other.sensor, source=channel.sensor.source) != channel.sensor:
        yield f"{channel.name}.sensor is declared differently; copy it from the device's limits"
    for check in channel.checks:
        same = other.check(check.name)
        if same is not None and same.directivity_db != check.directivity_db:
            yield f"{channel.name}.{check.name}.directivity is declared differently; copy it from the device's limits"
