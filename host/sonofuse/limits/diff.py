"""What became looser between two limits files."""

from collections.abc import Iterator
from dataclasses import dataclass

from sonofuse.limits.kinds import KINDS
from sonofuse.limits.model import LimitsFile
from sonofuse.limits.thresholds import threshold

LOOSER, TIGHTER, CHANGED = "looser", "tighter", "changed"
ORDER = (LOOSER, CHANGED, TIGHTER)


@dataclass(frozen=True)
class Change:
    """One difference: what, in which direction, and both values as text."""

    key: str
    direction: str
    old: str
    new: str


@dataclass(frozen=True)
class Measure:
    """A value that decides about a trip; `looser` is +1 if more of it permits more, -1 if less does, 0 if neither."""

    value: float | str
    looser: int


def diff(old: LimitsFile, new: LimitsFile) -> list[Change]:
    """Every difference that decides about a trip, what became looser first. A check that went is looser."""
    before, after = dict(_measures(old)), dict(_measures(new))
    changes: list[Change] = []
    for key in [*before, *(key for key in after if key not in before)]:
        was, now = before.get(key), after.get(key)
        if was is None or now is None:
            gone = now is None
            shown = (_text(was), "absent") if gone else ("absent", _text(now))
            changes.append(Change(key, LOOSER if gone else TIGHTER, *shown))
        elif was.value != now.value:
            changes.append(Change(key, _direction(was, now), _text(was), _text(now)))
    return sorted(changes, key=lambda change: ORDER.index(change.direction))


def _text(measure: Measure | None) -> str:
    if measure is None:
        return "absent"
    return measure.value if isinstance(measure.value, str) else f"{measure.value:.6g}"


def _direction(was: Measure, now: Measure) -> str:
    if isinstance(was.value, str) or isinstance(now.value, str) or was.looser == 0:
        return CHANGED
    return LOOSER if (now.value - was.value) * was.looser > 0 else TIGHTER


def _measures(limits: LimitsFile) -> Iterator[tuple[str, Measure]]:
    yield "board", Measure(limits.board.name, 0)
    yield "host", Measure(float(limits.host_required), -1)
    for key in ("tick_s", "deadline_s", "settle_s", "max_on_s", "over_run_s", "energy_j", "energy_ratio", "receipt_s"):
        yield key, Measure(getattr(limits, key), 1)
    yield "cooling_gap_s", Measure(limits.cooling_gap_s, -1)
    yield "pump_hold_s", Measure(limits.pump_hold_s, 1)
    yield "relay_release_s", Measure(limits.relay_release_s, 1)
    for channel in limits.channels:
        at, sensor = channel.name, channel.sensor
        yield f"{at}.sensor.kind", Measure(sensor.kind, 0)
        if KINDS[sensor.kind].range_unit:
            yield f"{at}.sensor.lowest", Measure(sensor.low, -1)
            yield f"{at}.sensor.highest", Measure(sensor.high, 1)
        yield f"{at}.energy", Measure(float(channel.energy), -1)
        yield f"{at}.rise_window", Measure(channel.rise_window, 1)
        for check in channel.checks:
            if check.trip is not None:
                sign = -1 if check.name == "below" else 1
                yield f"{at}.{check.name}.threshold", Measure(threshold(limits, channel, check).value, sign)
            if check.warn is not None:
                yield f"{at}.{check.name}.warn", Measure(check.warn, -1 if check.name == "below" else 1)
            yield f"{at}.{check.name}.debounce", Measure(check.samples, 1)
            yield f"{at}.{check.name}.max_reaction", Measure(check.max_reaction_s, 1)
            if check.partner is not None:
                yield f"{at}.{check.name}.partner", Measure(check.partner, 0)
            if check.floor_w is not None:
                yield f"{at}.{check.name}.floor", Measure(check.floor_w, 1)
