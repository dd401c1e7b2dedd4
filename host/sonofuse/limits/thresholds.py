"""From a limit in physical units to the integer that a kernel compares, every rounding on the safe side.

Guard band: the declared uncertainty of the sensor and the worst error of its linearisation come off each trip limit;
warnings are compared with the reading as it is. Kernels trip on *greater than*, so the integer is one below the first
that must trip.
"""

import math
from dataclasses import dataclass

from sonofuse.layout import K
from sonofuse.limits import dose
from sonofuse.limits.kinds import KINDS, Kind
from sonofuse.limits.linear import Linear, linearise, relative_error
from sonofuse.limits.model import Channel, Check, LimitsFile

ROUNDING = 1e-6  # of one kernel unit, towards the safe side: more than floating point loses
SET_FLOOR_MW = 1000  # relative limits are stated for 1 W and more
Q10 = 1024
US = 1e6


@dataclass(frozen=True)
class Threshold:
    """A compiled limit: the integers for trip and warn, and the trip threshold in the unit of the limit."""

    trip: int
    warn: int
    value: float


def kind_of(limits: LimitsFile, channel: Channel) -> Kind:
    """The channel's kind of sensor with the settings of the board.

    Raises:
        KeyError: if the kind or the channel is unknown.
        ValueError: if the board wires the channel to another kind.
    """
    wired = limits.board.channels[limits.board.index(channel.name)]
    kind = KINDS[channel.sensor.kind].of(limits.board, wired)
    if kind is None:
        raise ValueError(f"the board reads {channel.name} with {wired.driver!r}, not as {channel.sensor.kind!r}")
    return kind


def linear_of(limits: LimitsFile, channel: Channel) -> Linear:
    """The channel's knots."""
    return linearise(kind_of(limits, channel), channel.sensor.low, channel.sensor.high)


def beyond(first: float) -> int:
    """The largest integer below the first metric that must trip."""
    return math.ceil(first - ROUNDING) - 1


def beyond_quotient(first: float) -> int:
    """The same for a metric that is itself rounded down."""
    return math.floor(first - ROUNDING) - 1


def share_under(limits: LimitsFile, channel: Channel, floor_mw: float = SET_FLOOR_MW) -> float:
    """The smallest reading as a share of the true value, from `floor_mw` up."""
    sensor = channel.sensor
    under, _ = relative_error(kind_of(limits, channel), sensor.low, sensor.high, floor_mw)
    return sensor.uncertainty.under * (1 - under)


def share_over(limits: LimitsFile, channel: Channel, floor_mw: float) -> float:
    """The largest reading as a share of the true value, from `floor_mw` up."""
    sensor = channel.sensor
    _, over = relative_error(kind_of(limits, channel), sensor.low, sensor.high, floor_mw)
    return sensor.uncertainty.over * (1 + over)


def threshold(limits: LimitsFile, channel: Channel, check: Check) -> Threshold:
    """The compiled form of one check."""
    kind, linear = kind_of(limits, channel), linear_of(limits, channel)
    scale, sure = kind.scale, channel.sensor.uncertainty
    trip, warn = check.trip or 0.0, check.warn
    match check.name:
        case "stale":
            return Threshold(beyond(trip * US), _warn(warn, US), trip)
        case "stuck":
            count = math.floor(trip / channel.sensor.longest_s + 1e-9)
            return Threshold(count - 1, K.INT_MAX, count * channel.sensor.longest_s)
        case "above" | "idle":
            first = trip * scale * sure.under - sure.absolute * scale - linear.under
            return Threshold(beyond(first), _warn(warn, scale), first / scale)
        case "below":
            first = trip * scale * sure.over + sure.absolute * scale + linear.over
            return Threshold(beyond(-first), _warn(None if warn is None else -warn, scale), first / scale)
        case "rise" | "rise_off":
            per_unit = rise_metric(channel, 1.0)
            ripple = sum(range(channel.rise_window - 1, 0, -2)) * (linear.under + linear.over + linear.step)
            first = trip * per_unit - ripple
            return Threshold(beyond(first), _warn(warn, per_unit), first / per_unit)
        case "pair":
            return Threshold(beyond(trip * scale), _warn(warn, scale), trip)
        case "dose":
            return Threshold(beyond(trip * dose.UNITS_PER_MINUTE), _warn(warn, dose.UNITS_PER_MINUTE), trip)
        case "set":
            first = (1 + trip) * share_under(limits, channel)
            warned = K.INT_MAX if warn is None else beyond_quotient((1 + warn) * Q10)
            return Threshold(beyond_quotient(first * Q10), warned, first - 1)
        case "ratio":
            first = reflected_reading(limits, channel, check)
            warned = K.INT_MAX if warn is None else beyond_quotient(reflection(warn) ** 2 * Q10)
            return Threshold(beyond_quotient(first * Q10), warned, vswr(math.sqrt(max(first, 0.0))))
        case "follow":
            return Threshold(0, K.INT_MAX, 1.0)
        case _:
            return Threshold(K.INT_MAX, K.INT_MAX, 0.0)


def _warn(warn: float | None, scale: float) -> int:
    return K.INT_MAX if warn is None else beyond(warn * scale)


def rise_metric(channel: Channel, rate: float) -> float:
    """The metric of RISE for a steady rate in K/s, at the shortest conversion period (docs/kernel.md)."""
    w = channel.rise_window
    return rate * 1000 * channel.sensor.shortest_s * w * (w * w - 1) / 6


def reflection(standing_wave: float) -> float:
    """The magnitude of the reflection coefficient of a VSWR."""
    return (standing_wave - 1) / (standing_wave + 1)


def vswr(gamma: float) -> float:
    """The VSWR of a reflection coefficient's magnitude."""
    return (1 + gamma) / (1 - gamma)


def reflected_reading(limits: LimitsFile, channel: Channel, check: Check) -> float:
    """The smallest ratio reflected/forward that both detectors can show at the VSWR limit.

    The coupler's directivity adds a wave of its own to both readings, in the worst phase: it takes from the reflected
    one and adds to the forward one. Returns a negative number if the directivity hides the limit. Source: D, after the
    definition of directivity.
    """
    leak = 10 ** (-(check.directivity_db or 0.0) / 20)
    gamma = reflection(check.trip or 1.0)
    if gamma <= leak:
        return -1.0
    forward = limits.channel(check.partner or channel.name)
    floor_mw = (check.floor_w or 0.0) * 1000
    seen = ((gamma - leak) / (1 + leak * gamma)) ** 2
    lowest = share_under(limits, channel, max(floor_mw * (gamma - leak) ** 2, 1.0))
    return seen * lowest / share_over(limits, forward, max(floor_mw, 1.0))


def ratio_floor(limits: LimitsFile, check: Check) -> int:
    """The forward reading above which VSWR is looked at: low enough for every true power from the floor up."""
    forward = limits.channel(check.partner or "")
    floor_mw = (check.floor_w or 0.0) * 1000
    return max(beyond(floor_mw * forward.sensor.uncertainty.under - linear_of(limits, forward).under), 0)


def dose_base(limits: LimitsFile, channel: Channel) -> int:
    """The reading in m°C at which the first step of the dose table begins."""
    guard = channel.sensor.uncertainty.absolute * 1000 + linear_of(limits, channel).under
    return dose.START_MC - math.ceil(guard + ROUNDING)


def set_max_mw(limits: LimitsFile, channel: Channel, check: Check) -> int:
    """The largest set power: correctly delivered and read too high, it still stays below the absolute trip limit."""
    first = threshold(limits, channel, check).value * 1000
    return max(math.floor(first / share_over(limits, channel, SET_FLOOR_MW) - ROUNDING), 0)
