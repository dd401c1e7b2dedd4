"""What must hold between the values of a limits file; units and types are already right."""

from collections.abc import Iterator
from typing import Any

from sonofuse.layout import K
from sonofuse.limits import intervals, thresholds
from sonofuse.limits.chain import UNDEBOUNCED, chain
from sonofuse.limits.kinds import KINDS
from sonofuse.limits.model import Channel, Check, LimitsFile
from sonofuse.limits.problems import Path, did_you_mean
from sonofuse.limits.words import SPAN_US, words

Fault = tuple[Path, Any, str, str]
US = thresholds.US
LONGEST_ON_S = (1 << 29) / US
STALE_TOP_S = (1 << 19) / US
SAME_TOP = 1 << 20  # of C_SAME
RECEIPT_S = (0.06, 1.2)  # three frames of 20 ticks; the last 64 of them (firmware/receipts.py)
TOKEN_S = 0.002  # firmware/permit_program.py
NOTICED_S = 0.020  # guarantee G11, from when release was due; nobody looks before the settle time is over
LOWER_IS_WORSE = ("below",)


def faults(limits: LimitsFile) -> list[Fault]:
    """Every contradiction: the key, what it holds, what is wrong, what would be accepted."""
    found = list(_timing(limits))
    found.extend(_coverage(limits))
    unread: set[str | None] = set()
    for channel in limits.channels:
        wrong = list(_sensor(limits, channel))
        found.extend(wrong)
        if wrong:
            unread.add(channel.name)
    for channel in limits.channels:
        for check in channel.checks:
            if not unread & {channel.name, check.partner}:
                found.extend(_check(limits, channel, check))
    if not found:
        found.extend(_arithmetic(limits))
    return found


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.6g} ms"


def _timing(limits: LimitsFile) -> Iterator[Fault]:
    top = ("limits",)
    if limits.deadline_s < limits.tick_s:
        yield (*top, "deadline"), _ms(limits.deadline_s), "is shorter than a tick", f"{_ms(limits.tick_s)} or more"
    elif limits.deadline_s > TOKEN_S:
        yield (*top, "deadline"), _ms(limits.deadline_s), "is longer than a token lives", f"{_ms(TOKEN_S)} or less"
    if not RECEIPT_S[0] <= limits.receipt_s <= RECEIPT_S[1]:
        why = "is less than a frame and its way back take, or more than the device knows its frames for"
        yield (*top, "receipt"), _ms(limits.receipt_s), why, f"{_ms(RECEIPT_S[0])} to {_ms(RECEIPT_S[1])}"
    off_s = limits.pump_hold_s + limits.relay_release_s
    if limits.settle_s < off_s:
        yield (*top, "settle"), _ms(limits.settle_s), "is shorter than the cut-off", f"{_ms(off_s)} or more"
    elif limits.settle_s >= off_s + NOTICED_S:
        accepted = f"less than {_ms(off_s + NOTICED_S)}"
        yield (
            (*top, "settle"),
            _ms(limits.settle_s),
            "is too long to notice in time what has not switched off",
            accepted,
        )
    for key, value in (("duration", limits.max_on_s), ("over_run", limits.over_run_s)):
        if value >= LONGEST_ON_S:
            yield (*top, key), f"{value:g} s", "does not fit the kernel's counter", f"less than {int(LONGEST_ON_S)} s"
    if not 1 <= limits.energy_ratio < 2:
        yield (*top, "energy_ratio"), limits.energy_ratio, "is not a share of the set energy", "from 1.0 to below 2.0"
    if limits.energy_j >= K.INT_MAX * 1e-9 * (1 << 15):
        yield (*top, "energy"), f"{limits.energy_j:g} J", "does not fit the kernel's counter", "less than 35 kJ"


def _coverage(limits: LimitsFile) -> Iterator[Fault]:
    names = [channel.name for channel in limits.channels]
    wired = [entry.name for entry in limits.board.channels]
    for name in wired:
        if name not in names:
            yield ("channel", name), None, "this channel of the board is missing", f"add [channel.{name}]"
    if names != [name for name in wired if name in names]:
        yield ("channel",), names, "the channels are not those of the board in its order", ", ".join(wired)
    metered = [channel.name for channel in limits.channels if channel.energy]
    if len(metered) != 1:
        yield ("channel",), metered or None, "one channel must count energy", "energy = true in the forward channel"


def _sensor(limits: LimitsFile, channel: Channel) -> Iterator[Fault]:
    sensor, path = channel.sensor, ("channel", channel.name, "sensor")
    if sensor.kind not in KINDS:
        yield (*path, "kind"), sensor.kind, "no such kind of sensor", did_you_mean(sensor.kind, KINDS)
        return
    try:
        kind = thresholds.kind_of(limits, channel)
    except KeyError:
        return  # not a channel of this board: named above
    except ValueError as error:
        yield (*path, "kind"), sensor.kind, str(error), "the kind that the board file names"
        return
    if sensor.shortest_s > sensor.longest_s or sensor.shortest_s <= 0:
        yield (*path, "conversion"), None, "is not [shortest, longest]", '["20 ms", "22 ms"], the shortest above zero'
    if kind.range_unit and sensor.low >= sensor.high:
        yield (*path, "range"), [sensor.low, sensor.high], "is not [lowest, highest]", "the lower bound first"
    else:
        try:
            thresholds.linear_of(limits, channel)
        except (ValueError, OverflowError) as error:
            yield (*path, "range"), [sensor.low, sensor.high], str(error), "a range that the converter can show"
    if channel.energy and (kind.quantity != "power" or channel.check("above") is None):
        accepted = "a power channel with an absolute limit (above)"
        yield ("channel", channel.name, "energy"), True, "energy needs power and its absolute limit", accepted


def _check(limits: LimitsFile, channel: Channel, check: Check) -> Iterator[Fault]:
    path, sensor = ("channel", channel.name, check.name), channel.sensor
    if check.partner is not None:
        if check.partner not in [other.name for other in limits.channels] or check.partner == channel.name:
            known = [other.name for other in limits.channels if other.name != channel.name]
            key = "with" if check.name == "pair" else "to"
            yield (*path, key), check.partner, "no such other channel", did_you_mean(check.partner, known)
            return
        partner = limits.channel(check.partner)
        if KINDS[partner.sensor.kind].quantity != KINDS[sensor.kind].quantity:
            yield path, check.partner, "measures something else", f"a channel of {KINDS[sensor.kind].quantity}"
            return
    if check.name == "stale":
        yield from _stale(limits, channel, check)
    if check.name == "stuck" and sensor.noise_counts <= 1:
        accepted = "noise above 1 count, or no stuck check"
        yield path, sensor.noise_counts, "a sensor without noise repeats its counts", accepted
    if check.name not in UNDEBOUNCED and check.samples < 1:
        yield (*path, "debounce"), check.samples, "must be at least one conversion", '"1 sample" or more'
    if check.name in ("rise", "rise_off") and not 3 <= channel.rise_window <= K.RISE_MAX:
        yield (
            ("channel", channel.name, "rise_window"),
            channel.rise_window,
            "a fit needs a window",
            f"3 to {K.RISE_MAX} conversions",
        )
        return
    reaction_s = chain(limits, channel, check).total_s
    if check.max_reaction_s < reaction_s:
        accepted = f"{reaction_s * 1000:.4g} ms or more, or a shorter debounce"
        yield (*path, "max_reaction"), _ms(check.max_reaction_s), "the reaction takes longer", accepted
    if check.trip is not None:
        yield from _levels(limits, channel, check)


def _stale(limits: LimitsFile, channel: Channel, check: Check) -> Iterator[Fault]:
    path, trip_s = ("channel", channel.name, "stale", "trip"), check.trip or 0.0
    if trip_s >= STALE_TOP_S:
        yield path, _ms(trip_s), "does not fit the kernel's age counter", f"less than {_ms(STALE_TOP_S)}"
    elif channel.energy and trip_s > SPAN_US / US:
        yield path, _ms(trip_s), "energy would be lost over so long a gap", f"{_ms(SPAN_US / US)} or less"
    if trip_s < channel.sensor.longest_s + limits.tick_s:
        least = channel.sensor.longest_s + limits.tick_s
        yield path, _ms(trip_s), "is shorter than a conversion and a tick", f"{_ms(least)} or more"


def _levels(limits: LimitsFile, channel: Channel, check: Check) -> Iterator[Fault]:
    path, linear = ("channel", channel.name, check.name), thresholds.linear_of(limits, channel)
    scale = KINDS[channel.sensor.kind].scale
    lowest, highest = (value / scale for value in linear.span)
    compiled = thresholds.threshold(limits, channel, check)
    sign = -1 if check.name in LOWER_IS_WORSE else 1
    trip, warn, first = check.trip or 0.0, check.warn, compiled.value
    if warn is not None and sign * warn >= sign * trip:
        yield (*path, "warn"), warn, f"the warning is not before the trip limit {trip:g}", "swap them or omit warn"
    elif warn is not None and sign * first <= sign * warn:
        accepted = f"the trip threshold is {first:.5g} after the guard band: a warning before that"
        yield (*path, "warn"), warn, "lies inside the guard band of the trip limit", accepted
    levelled = check.name in ("above", "below", "idle") and KINDS[channel.sensor.kind].range_unit
    if levelled and not lowest < first < highest:
        accepted = f"a limit whose threshold ({first:.5g} here) is from {lowest:.5g} to {highest:.5g}"
        yield (*path, "trip"), trip, "lies outside the plausible range of the sensor", accepted
    most = _most(limits, channel, check)
    if most is not None and compiled.trip >= most:
        yield (*path, "trip"), trip, "can never be reached: the check would guard nothing", "a smaller limit"
    if check.name == "ratio" and thresholds.ratio_floor(limits, check) >= _span(limits, check.partner or "")[1]:
        accepted = "a floor within the range of the other sensor"
        yield (*path, "floor"), check.floor_w, "can never be reached: the check would guard nothing", accepted
    if check.name in ("set", "ratio", "rise", "rise_off", "pair", "stuck", "dose") and compiled.trip < 0:
        yield (*path, "trip"), trip, "lies inside the guard band of its sensor", "a higher limit or a better sensor"
    elif check.name == "set" and first <= 0:
        yield (*path, "trip"), trip, "lies inside the guard band of its sensor", "more than the detector's uncertainty"
    if not -K.INT_MAX <= compiled.trip < K.INT_MAX or not -K.INT_MAX <= compiled.warn <= K.INT_MAX:
        yield (*path, "trip"), trip, "does not fit 31 signed bits (overflow)", "a smaller limit"


def _span(limits: LimitsFile, name: str) -> tuple[int, int]:
    """The lowest and the highest value of a channel, in kernel units."""
    return thresholds.linear_of(limits, limits.channel(name)).span


def _most(limits: LimitsFile, channel: Channel, check: Check) -> int | None:
    """The largest metric that a check can show (docs/kernel.md); None where another rule looks at it."""
    low, high = _span(limits, channel.name)
    match check.name:
        case "stuck":
            return SAME_TOP
        case "pair":
            other_low, other_high = _span(limits, check.partner or channel.name)
            return max(high - other_low, other_high - low)
        case "rise" | "rise_off":
            return sum(range(channel.rise_window - 1, 0, -2)) * (high - low)
        case _:
            return None


def _arithmetic(limits: LimitsFile) -> Iterator[Fault]:
    compiled = words(limits)
    for index, message in intervals.prove(compiled):
        path = ("channel", limits.channels[index].name, "sensor", "range")
        yield path, None, f"overflow: {message}", "a narrower range or a shorter rise_window"
    for number, word in enumerate(compiled):
        if not -K.INT_MAX - 1 <= word <= K.INT_MAX:
            yield ("limits",), word, f"overflow: word {number} leaves 31 signed bits", "smaller values"
