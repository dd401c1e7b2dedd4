"""What a limits file means, read a second time: from TOML in physical units, sharing no code with compiler or kernels.

The board file says how a channel is wired, and what it watches.

Times in µs, temperatures in degC, powers in W, voltages in V, flows in mL/min, VSWR as a plain number.
"""

import math
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from sonofuse.board import Board, load_board

_UNITS = {
    "us": 1.0, "ms": 1e3, "s": 1e6, "min": 60e6,
    "degC": 1.0, "°C": 1.0, "K": 1.0, "mK": 1e-3, "K/s": 1.0,
    "W": 1.0, "kW": 1e3, "mW": 1e-3, "J": 1.0, "kJ": 1e3, "V": 1.0, "mV": 1e-3, "dB": 1.0,
    "mL/min": 1.0, "L/min": 1e3, "CEM43 min": 1.0, "%": 0.01, "samples": 1.0, "sample": 1.0, "counts": 1.0,
    "count": 1.0,
}  # fmt: skip
_WITHOUT_DEBOUNCE = ("stale", "stuck", "dose")
_AT_ONCE = ("ad8307", "voltage", "ntc", "contact")  # kinds that convert when they are read, once a tick
_REACTION_US = 300  # of the firmware within its tick, by design
_DOSE_FLOOR_C, _DOSE_BREAK_C = 39.0, 43.0
_NTC_STEP_C = 0.3  # a step of the ADC, and six standard deviations of a bench's noise, up to 60 degC
_STEP_C = 0.036  # a step of the converter, with room: 0.031 degC nominal (MAX31865 data sheet)


def quantity(text: str | float) -> float:
    """A number with its unit, in the units of this module.

    Raises:
        ValueError: if the text is no number, or its unit is unknown.
    """
    if isinstance(text, int | float):
        return float(text)
    found = re.fullmatch(r"([-+]?[0-9.]+(?:[eE][-+]?[0-9]+)?)\s*(.+)", text.strip())
    if found is None or found[2] not in _UNITS:
        raise ValueError(f"limits file: {text!r} is not a number with one of the units {', '.join(_UNITS)}")
    return float(found[1]) * _UNITS[found[2]]


@dataclass(frozen=True)
class Limit:
    """One check of one channel. `trip` is None where the check has no figure (a plausible range, a read-back)."""

    channel: str
    check: str
    kind: str
    trip: float | None
    n: int  # conversions of debounce
    conversion_us: float  # the longest; of a kind that converts when it is read, the tick
    window: int  # conversions in the fit of a rise


class Oracle:
    """One limits file, for the board that it names or for another one with the same channels.

    Raises:
        ValueError: if a figure of the file has no unit that is known here.
        BoardError: if the board file cannot be used.
    """

    def __init__(self, path: Path, board: Board | None = None) -> None:
        self.document: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
        top = self.document["limits"]
        named = str(top["board"])
        self.board = board or load_board(path.parent / named if named.endswith(".py") else named)
        self.tick_us = quantity(top["tick"])
        self.settle_us = quantity(top["settle"])
        self.duration_us = quantity(top["duration"])
        self.over_run_us = quantity(top["over_run"])
        self.energy_j = quantity(top["energy"])
        self.energy_ratio = float(top["energy_ratio"])
        cutoff = self.document["cutoff"]
        self.pump_hold_us = quantity(cutoff["pump_hold"])
        self.relay_release_us = quantity(cutoff["relay_release"])
        self.channels: tuple[str, ...] = tuple(self.document["channel"])
        self.limits = {
            (name, check): self._limit(name, check, cast("dict[str, Any]", body))
            for name, channel in self.document["channel"].items()
            for check, body in channel.items()
            if check != "sensor" and isinstance(body, dict)
        }
        self._polled = sum(self._sensor(name)["kind"] == "pt100" for name in self.channels)

    def limit(self, channel: str, check: str) -> Limit:
        """One check.

        Raises:
            KeyError: if the file has no such check.
        """
        return self.limits[channel, check]

    def of_kind(self, *kinds: str) -> list[str]:
        """The channels with sensors of these kinds."""
        return [name for name in self.channels if self._sensor(name)["kind"] in kinds]

    def watching(self, what: str) -> str:
        """The name of the channel that watches something.

        Raises:
            KeyError: if the board has no signal for it.
        """
        found = self.board.watching(what)
        if found is None:
            raise KeyError(f"board {self.board.name} has no signal for {what}")
        return found.name

    def gates_us(self, channel: str) -> float:
        """How long a flow meter counts for one reading."""
        settings = self._settings(channel)
        return 1e3 * float(settings["gate_ms"]) * float(settings["gates"])

    def highest_w(self, channel: str) -> float:
        """The power at the upper end of a detector's range."""
        return math.pow(10.0, (self.range_of(channel)[1] / 0.025 - 84.0 - self._coupling_db(channel)) / 10.0) * 1e-3

    def armable_w(self, channel: str) -> float:
        """A set power that reads below the absolute limit whatever a detector within its uncertainty shows."""
        decibel = quantity(self._sensor(channel)["uncertainty"])
        return 0.99 * self.trip(channel, "above") * math.pow(10.0, -2.0 * decibel / 10.0)

    def lag_us(self, channel: str) -> float:
        """The declared lag of a channel's sensor."""
        return quantity(self._sensor(channel)["lag"])

    def trip(self, channel: str, check: str) -> float:
        """The figure of a check.

        Raises:
            ValueError: if it has none.
        """
        trip = self.limit(channel, check).trip
        if trip is None:
            raise ValueError(f"{channel} {check} has no figure in the limits file")
        return trip

    def range_of(self, channel: str) -> tuple[float, float]:
        """The plausible range, in the units of the file: V for a detector."""
        low, high = self._sensor(channel)["range"]
        return quantity(low), quantity(high)

    # ---- the bound of G1

    def bound_us(self, channel: str, check: str) -> float:
        """How long after a channel went beyond its limit the permit may still have an edge.

        (N + 1) conversions + read period + 1 tick + 0.3 ms. A converter that runs by itself is read in turn, one a
        tick; one that converts when it is read has no read period, and its conversion is the tick's own: with N = 1
        that makes 2.3 ms. What looks at time and not at conversions (stale, energy, duration) has N = 0 and no
        conversion of its own; a dose or a stuck count waits for the end of one.
        """
        if channel == "monitor":
            return 2 * self.tick_us + _REACTION_US
        limit = self.limit(channel, check)
        if limit.kind in _AT_ONCE:
            return (limit.n + 1) * self.tick_us + _REACTION_US + (self.tick_us if limit.n == 0 else 0)
        read_us = self._polled * self.tick_us if limit.kind == "pt100" else 0.0
        conversions = 0 if check == "stale" else limit.n + 1
        return conversions * limit.conversion_us + read_us + self.tick_us + _REACTION_US

    # ---- beyond a limit

    def beyond(self, channel: str, check: str, value: float, set_w: float = 0.0) -> bool:
        """Whether a value at the converter is beyond its trip limit, the guard band left out.

        `value` is in the check's own unit: a rate for a rise, a difference for a pair, VSWR for a ratio. NaN always is.
        """
        if math.isnan(value):
            return True
        if check == "range":
            low, high = self.range_of(channel)
            detected = self.limit(channel, check).kind == "ad8307"
            seen = detector_v(value, self._coupling_db(channel)) if detected else value
            return not low <= seen <= high
        kind, trip = self.limit(channel, check).kind, self.limit(channel, check).trip
        if check == "below":
            return value < (0.5 if kind == "contact" else self.trip(channel, check))
        assert trip is not None, "a check without a figure has no value"
        if check == "set":
            return value > set_w * (1.0 + trip)
        return abs(value) > trip if check == "pair" else value > trip

    def clear(self, channel: str, check: str, value: float, set_w: float = 0.0) -> bool:
        """Whether a value is so far within its limit that no declared error of a sensor, taken twice, explains a trip.

        Twice, because the guard band takes it off the limit once, and the sensor may err by it the other way.
        """
        sensor = self._sensor(channel)
        low_share, high_share, absolute = 1.0, 1.0, 0.0
        text = str(sensor["uncertainty"])
        if text.endswith("dB"):
            high_share = 10.0 ** (quantity(text) / 5.0)
            low_share = 1.0 / high_share
        elif text.endswith("%"):
            low_share, high_share = 1.0 - 2.0 * quantity(text), 1.0 + 2.0 * quantity(text)
        else:
            absolute = 2.0 * quantity(text)
        step = {"pt100": 2 * _STEP_C, "ntc": _NTC_STEP_C, "ad8307": 0.02 * abs(value), "voltage": 0.002, "flow": 60.0}[
            sensor["kind"]
        ]
        trip = self.trip(channel, check)
        if check == "below":
            return value * low_share - absolute - step > trip
        if check == "pair":
            return abs(value) + step < trip
        return value * high_share + absolute + step < (set_w * (1.0 + trip) if check == "set" else trip)

    # ---- beyond after a while

    def dose_us(self, channel: str, celsius: float) -> float:
        """How long a constant temperature takes to the dose limit: CEM43 with R = 0.5 at and above 43 degC, else 0.25,
        nothing below 39 degC (domain sheet B); infinite where nothing is counted."""
        rate = cem43_rate(celsius)
        return math.inf if rate == 0.0 else self.trip(channel, "dose") / rate * 60e6

    def energy_limit_j(self, set_w: float, set_us: float) -> float:
        """What one sonication may deliver."""
        return min(self.energy_j, self.energy_ratio * set_w * set_us * 1e-6)

    def on_limit_us(self, set_us: float) -> float:
        """How long one sonication may last."""
        return min(self.duration_us, set_us + self.over_run_us)

    # ---- inside

    def _settings(self, channel: str) -> Mapping[str, int | float | str]:
        return self.board.channels[self.board.index(channel)].settings

    def _coupling_db(self, channel: str) -> float:
        return float(self._settings(channel)["coupling_db"])

    def _sensor(self, channel: str) -> dict[str, Any]:
        sensor: dict[str, Any] = self.document["channel"][channel]["sensor"]
        return sensor

    def _limit(self, name: str, check: str, body: dict[str, Any]) -> Limit:
        sensor = self._sensor(name)
        kind = str(sensor["kind"])
        longest_us = quantity(sensor["conversion"][1])
        trip = None if body.get("trip", "open") == "open" else quantity(body["trip"])
        n = 0
        if check not in _WITHOUT_DEBOUNCE:
            text = str(body["debounce"])
            n = int(quantity(text)) if "sample" in text else max(1, math.floor(quantity(text) / longest_us + 1e-9))
        window = int(self.document["channel"][name].get("rise_window", 0))
        return Limit(name, check, kind, trip, n, self.tick_us if kind in _AT_ONCE else longest_us, window)


def cem43_rate(celsius: float) -> float:
    """CEM43 minutes per minute at a constant temperature."""
    if celsius < _DOSE_FLOOR_C:
        return 0.0
    return float((0.5 if celsius >= _DOSE_BREAK_C else 0.25) ** (_DOSE_BREAK_C - celsius))


def detector_v(watts: float, coupling_db: float) -> float:
    """Output of the logarithmic detector, V: 25 mV per dB above -84 dBm (source: AD8307 data sheet)."""
    if watts <= 0.0:
        return 0.25
    return max(0.25, 0.025 * (10.0 * math.log10(watts * 1e3) + coupling_db + 84.0))


def vswr_reflection(vswr: float) -> float:
    """Part of the power that comes back at a standing-wave ratio."""
    return ((vswr - 1.0) / (vswr + 1.0)) ** 2
