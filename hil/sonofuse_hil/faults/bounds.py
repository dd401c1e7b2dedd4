"""How long after its onset a fault may still have a permit edge: what the guarantees promise with a limits file."""

import math
from collections.abc import Mapping

from sonofuse.clock import TOLERANCE, WINDOW_US
from sonofuse.layout import K
from sonofuse.limits import LimitsFile, compile_limits
from sonofuse.limits.model import Channel, Check
from sonofuse.protocol import FOLDED

from ..parts.supply import Supply
from .register import Bound, Value

_FINISH_US = 5_000  # a command behind nothing else (guarantees/g06.py)
TOKEN_US = 2_200  # G2: after the last token
_REACTION_US = 300  # of the firmware within its tick (docs/guarantees.md, G1)
_FROM_FRAME_US = 25_000  # G4: from the frame that shows it to STOP obeyed
_FRAMES_US = 40_000  # the two frames of telemetry between which a clock is compared
_DRIFT_STEP_US = 10_000  # of a drift that the rig makes (faults/rf.py)
_AT_ONCE = ("ad8307", "voltage", "ntc", "contact")  # kinds that convert when they are read, once a tick
_AFTER = ("stale", "stuck")  # what must have lasted as long as its limit says


def _whole(us: float) -> int:
    """Whole µs, none more for the last digit of a product."""
    return math.ceil(round(us, 6))


def checked(limits: LimitsFile, watched: str, check: str) -> tuple[Channel, Check] | None:
    """The channel that watches something, and one of its checks; None if these limits have none."""
    wired = limits.board.watching(watched)
    if wired is None or all(channel.name != wired.name for channel in limits.channels):
        return None
    channel = limits.channel(wired.name)
    found = channel.check(check)
    return None if found is None else (channel, found)


def check_us(limits: LimitsFile, watched: str, check: str) -> int | None:
    """G1: (N + 1) conversions + read period + 1 tick + 0.3 ms, and before it what `stale` and `stuck` wait for."""
    found = checked(limits, watched, check)
    if found is None:
        return None
    channel, declared = found
    tick_us = 1e6 * limits.tick_s
    waits_us = 1e6 * (declared.trip or 0.0) if check in _AFTER else 0.0
    n = declared.samples
    if channel.sensor.kind in _AT_ONCE:
        return _whole(waits_us + (n + 1) * tick_us + (tick_us if n == 0 else 0.0) + _REACTION_US)
    polled = sum(each.sensor.kind == "pt100" for each in limits.channels)
    read_us = polled * tick_us if channel.sensor.kind == "pt100" else 0.0
    conversions = 0 if check == "stale" else n + 1
    return _whole(waits_us + conversions * 1e6 * channel.sensor.longest_s + read_us + tick_us + _REACTION_US)


def trip_of(limits: LimitsFile, watched: str, check: str) -> float:
    """The figure of a check in the units of the file, infinite without one."""
    found = checked(limits, watched, check)
    return math.inf if found is None or found[1].trip is None else found[1].trip


def always(us: int) -> Bound:
    """The same with any limits."""
    return lambda _limits, _values: us


def by_check(watched: str, check: str) -> Bound:
    """By one check of what a channel watches."""
    return lambda limits, _values: check_us(limits, watched, check)


def by_own(check: str) -> Bound:
    """By a check of the channel that the parameter of that name says."""
    return lambda limits, values: check_us(limits, str(values["channel"]), check)


def beyond(parameter: str, watched: str, check: str) -> Bound:
    """By a check, if the amount of a parameter is beyond its limit; nothing is promised within it."""

    def bound(limits: LimitsFile, values: Mapping[str, Value]) -> int | None:
        amount = float(values[parameter])
        return check_us(limits, watched, check) if amount > trip_of(limits, watched, check) else None

    return bound


def by_pair(parameter: str) -> Bound:
    """By disagreement with the other sensor of the pair, if the error is beyond that limit by the declared error."""

    def bound(limits: LimitsFile, values: Mapping[str, Value]) -> int | None:
        found = pair_of(limits, str(values["channel"]))
        if found is None or found[1].trip is None:
            return None
        apart_c = found[1].trip + found[0].sensor.uncertainty.absolute
        name = _watched(limits, found[0])
        return check_us(limits, name, "pair") if abs(float(values[parameter])) > apart_c else None

    return bound


def pair_of(limits: LimitsFile, watched: str) -> tuple[Channel, Check] | None:
    """The channel that compares itself with another one, one of both watching this; None if none does."""
    return checked(limits, watched, "pair") or checked(limits, _partner(limits, watched), "pair")


def _watched(limits: LimitsFile, channel: Channel) -> str:
    return limits.board.channels[limits.board.index(channel.name)].watches


def _partner(limits: LimitsFile, watched: str) -> str:
    """What the channel watches that compares itself with another one, "" if none does."""
    wired = limits.board.watching(watched)
    for channel in limits.channels:
        pair = channel.check("pair")
        if pair is not None and wired is not None and pair.partner == wired.name:
            return limits.board.channels[limits.board.index(channel.name)].watches
    return ""


def receipt_us(limits: LimitsFile, _values: Mapping[str, Value]) -> int | None:
    """G3: the receipt timeout + 1 tick, and the firmware's own time; the last receipt came before the onset."""
    return _whole(1e6 * (limits.receipt_s + limits.tick_s) + _REACTION_US) if limits.host_required else None


def clock_us(_limits: LimitsFile, values: Mapping[str, Value]) -> int | None:
    """G4 by the host's clock, which sees more than 2 % in its window; 1 % is left for what late frames look like."""
    wrong = abs(float(values["by"]))
    if wrong <= TOLERANCE + 0.01:
        return None
    return _whole(WINDOW_US * (1.0 + wrong)) + _FRAMES_US + _FROM_FRAME_US


def blocked_us(limits: LimitsFile, _values: Mapping[str, Value]) -> int | None:
    """G2, once the next transfer has begun: a conversion later at most."""
    longest_s = max((c.sensor.longest_s for c in limits.channels if c.sensor.kind == "pt100"), default=0.0)
    return _whole(1e6 * (longest_s + limits.tick_s)) + TOKEN_US


def flow_us(limits: LimitsFile, values: Mapping[str, Value]) -> int | None:
    """G1 by the flow meter, whose reading is the mean of the last second: its declared lag comes on top."""
    found = checked(limits, "flow", "below")
    least = trip_of(limits, "flow", "below")
    reaction_us = check_us(limits, "flow", "below")
    if found is None or reaction_us is None or not float(values.get("flow", 0.0)) < least:
        return None
    return reaction_us + _whole(1e6 * found[0].sensor.lag_s)


def by_readback(limits: LimitsFile, _values: Mapping[str, Value]) -> int | None:
    """G11: 20 ms after the contact that differs was due to have moved."""
    return (
        20_000 if checked(limits, "permit_readback", "follow") or checked(limits, "second_readback", "follow") else None
    )


def by_supply(limits: LimitsFile, values: Mapping[str, Value]) -> int | None:
    """G1 by the supervisor of the supply, if the voltage is beyond one of its thresholds."""
    supply = Supply()
    supply.volts = float(values["supply"])
    return None if supply.good() else check_us(limits, "supply", "below")


def reference_us(limits: LimitsFile, values: Mapping[str, Value]) -> int | None:
    """G1 by the second reference, if the error moves its reading beyond a limit by more than its declared error."""
    found = checked(limits, "reference", "above"), checked(limits, "reference", "below")
    wired = limits.board.watching("reference")
    if found[0] is None or found[1] is None or wired is None:
        return None
    nominal_v, error = float(wired.settings["nominal_mv"]) / 1e3, float(values["error"])
    apart_v = found[0][0].sensor.uncertainty.absolute
    shown_v = nominal_v / (1.0 + error)
    high, low = trip_of(limits, "reference", "above"), trip_of(limits, "reference", "below")
    if shown_v > high + apart_v:
        return check_us(limits, "reference", "above")
    return check_us(limits, "reference", "below") if shown_v < low - apart_v else None


def ratio_us(limits: LimitsFile, reflected: float) -> int | None:
    """G1 by the standing-wave ratio, if this share of the power that comes back is beyond its limit; the coupler's own
    leak, at its worst phase, may hide its declared directivity."""
    found = checked(limits, "reflected", "ratio")
    if found is None or found[1].trip is None:
        return None
    limit = ((found[1].trip - 1.0) / (found[1].trip + 1.0)) ** 2
    leak = 10.0 ** (-(found[1].directivity_db or 100.0) / 20.0)
    shown = max(0.0, math.sqrt(reflected) - leak) ** 2
    return check_us(limits, "reflected", "ratio") if shown > limit else None


def by_reflection(limits: LimitsFile, values: Mapping[str, Value]) -> int | None:
    """G1 by the standing-wave ratio of the share that comes back."""
    return ratio_us(limits, float(values["reflection"]))


def by_open_load(limits: LimitsFile, _values: Mapping[str, Value]) -> int | None:
    """G1 by the standing-wave ratio of an open end."""
    return ratio_us(limits, 1.0)


def drift_us(limits: LimitsFile, values: Mapping[str, Value]) -> int | None:
    """When the pair must be apart by more than its limit and the declared error, and G1 from then on."""
    rate = abs(float(values["rate"]))
    found = pair_of(limits, str(values["channel"]))
    if found is None or found[1].trip is None or rate == 0.0:
        return None
    reaction_us = check_us(limits, _watched(limits, found[0]), "pair")
    apart_c = found[1].trip + found[0].sensor.uncertainty.absolute
    return None if reaction_us is None else _whole(1e6 * apart_c / rate) + reaction_us


def gain_us(limits: LimitsFile, values: Mapping[str, Value]) -> int | None:
    """When the forward power must read above the set point by its limit and twice its declared error, and G1 from then
    on; nothing is promised for a reading that becomes too low, nor for the reflected power."""
    found = checked(limits, "forward", "set")
    if found is None or found[1].trip is None or values["channel"] != "forward":
        return None
    beyond_db = 10.0 * math.log10((1.0 + found[1].trip) * found[0].sensor.uncertainty.over ** 2)
    error_db, reaction_us = float(values["error"]), check_us(limits, "forward", "set")
    if error_db <= beyond_db or reaction_us is None:
        return None
    return _whole(1e6 * float(values["within"]) * beyond_db / error_db) + _DRIFT_STEP_US + reaction_us


def late_us(limits: LimitsFile, values: Mapping[str, Value]) -> int | None:
    """G2: a token's life after the last one before; what is late by less than the deadline allows may pass."""
    return TOKEN_US if float(values["late"]) > limits.deadline_s else None


def limits_us(limits: LimitsFile, _values: Mapping[str, Value]) -> int | None:
    """G7: two passes of the checksum over the limit set at most, and a token's life."""
    words = memoryview(compile_limits(limits)[:-36]).cast("i")
    ticks = 2 * -(-4 * words[K.H_WORDS] // words[K.H_CRC_BYTES]) + 1
    return int(ticks * words[K.H_TICK_US]) + TOKEN_US


def stale_us(limits: LimitsFile, values: Mapping[str, Value]) -> int | None:
    """G3, if frames come later than the receipts may be old."""
    return receipt_us(limits, values) if float(values["late"]) > limits.receipt_s else None


def cut_us(limits: LimitsFile, values: Mapping[str, Value]) -> int | None:
    """G3, if no receipt at all is left."""
    return None if float(values["every"]) > 0.0 else receipt_us(limits, values)


def restart_us(limits: LimitsFile, values: Mapping[str, Value]) -> int | None:
    """G3, however soon it is back: with RF on no picture of the kernel is given, so that nobody can join."""
    return receipt_us(limits, values)


def state_us(limits: LimitsFile, values: Mapping[str, Value]) -> int | None:
    """G3: the receipt timeout, and before it one pass of the digest over the state of the kernel."""
    timeout_us = receipt_us(limits, values)
    words = K.S_CHANNELS + K.CHANNEL_WORDS * len(limits.board.channels)
    pass_us = 1e6 * limits.tick_s * -(-words // FOLDED)
    return None if timeout_us is None else timeout_us + _whole(pass_us)


def stuck_readback_us(limits: LimitsFile, values: Mapping[str, Value]) -> int | None:
    """G11, if it reads open while the switch is closed; the other way it shows at the end of RF only."""
    return by_readback(limits, values) if values["level"] == "low" else None


def overrun_us(limits: LimitsFile) -> int:
    """G1 by the duration, from the planned end: what a sonication may last longer, and two ticks."""
    return _whole(1e6 * (limits.over_run_s + 2 * limits.tick_s) + _REACTION_US)


def released_us(limits: LimitsFile) -> int:
    """G11 from the planned end: FINISH is obeyed, pump and relay let go as declared, and 20 ms."""
    return _FINISH_US + _whole(1e6 * (limits.pump_hold_s + limits.relay_release_s)) + 20_000
