"""How long it takes from the converter's first bad reading until RF is off."""

from dataclasses import dataclass

from sonofuse.limits.model import Channel, Check, LimitsFile

FIRMWARE_S = 0.0003  # source: guarantee G1, from the decision to the pin
UNDEBOUNCED = ("stale", "stuck", "dose")


@dataclass(frozen=True)
class Chain:
    """The parts of a reaction in seconds: sampling and debounce, tick, pump, relay."""

    conversion_s: float
    tick_s: float
    pump_hold_s: float
    relay_release_s: float

    @property
    def total_s(self) -> float:
        """From the first bad reading to RF off."""
        return self.conversion_s + self.tick_s + self.pump_hold_s + self.relay_release_s


def chain(limits: LimitsFile, channel: Channel, check: Check) -> Chain:
    """The longest reaction of one check, without the sensor's own lag.

    Conversion and debounce take N + 1 conversions (source: guarantee G1); a check without debounce and that of a
    contact's read-back is looked at on each tick. Reading the converter takes up to a tick, and so does the decision.
    """
    if check.name in ("stale", "stuck"):
        sampling = 0.0
    elif check.name == "dose":
        sampling = channel.sensor.longest_s
    else:
        sampling = (check.samples + 1) * channel.sensor.longest_s
    ticks = 2 * limits.tick_s + FIRMWARE_S
    return Chain(sampling, ticks, limits.pump_hold_s, limits.relay_release_s)
