"""Sensors and units as the decoder understands them: solved from the physics, without the compiler's code."""

import math
from functools import cache

from sonofuse.layout import K

UNITS = {
    "degC": 1000, "°C": 1000, "K": 1000, "mK": 1, "K/s": 1000, "W": 1000, "mW": 1, "V": 1000, "mV": 1,
    "L/min": 1000, "mL/min": 1, "s": 1e6, "ms": 1e3, "us": 1, "min": 6e7, "J": 1, "kJ": 1000,
    "CEM43 min": 1 << 20, "dB": 1, "%": 0.01, "samples": 1, "sample": 1, "count": 1, "counts": 1,
}  # fmt: skip


def number(text: str) -> float:
    """A quantity in the kernel's unit: m°C, mW, mV, mL/min, µs, J, 2**-20 min, or a plain share."""
    value, unit = text.split(" ", 1)
    return float(value) * UNITS[unit]


def celsius(ohm: float, r0: float) -> float:
    """PT100 by bisection of IEC 60751."""
    low, high = -100.0, 400.0
    for _ in range(60):
        t = (low + high) / 2
        r = r0 * (1 + 3.9083e-3 * t - 5.775e-7 * t * t - (4.183e-12 * (t - 100) * t**3 if t < 0 else 0))
        low, high = (t, high) if r < ohm else (low, t)
    return (low + high) / 2


def thermistor(share, get):
    """NTC: the resistance that divides so, and the temperature of its curve; the rated point is 25 degC."""
    other = get["series_ohm"]
    ohm = other * share / (1 - share) if get["ntc_at"] == "ground" else other / share - other
    if "beta_k" in get:
        return 1 / (1 / 298.15 + math.log(ohm / get["r0_ohm"]) / get["beta_k"]) - 273.15
    x = math.log(ohm)
    return 1 / (get["sh_a"] + x * (get["sh_b"] + x * x * get["sh_c"])) - 273.15


def physics(kind: str, raw: float, settings: tuple[tuple[str, float | str], ...], reference_mv: float) -> float:
    """What a raw count means, in the kernel's unit."""
    get = dict(settings)
    if kind == "pt100":
        return 1000 * celsius(raw / 32768 * get["rref_ohm"], get["r0_ohm"])
    if kind == "ntc":
        return 1000 * thermistor(min(max(raw, 1), 65534) / 65535, get)
    if kind == "ad8307":
        dbm = raw / 65535 * reference_mv / 25 - 84 - get["coupling_db"]
        return math.exp(dbm / 10 * math.log(10))
    if kind == "voltage":
        return raw * reference_mv / 65535
    if kind == "flow":
        seconds = get["gate_ms"] * get["gates"] / 1000
        return raw / get["pulses_per_litre"] * 1000 * 60 / seconds
    return raw


@cache
def sweep(kind, settings, reference_mv, raw_min, raw_max, shift, knots):
    """(true value, value by the knots) of each count of the range."""
    pairs = []
    for raw in range(raw_min, raw_max + 1):
        k, f = (raw - raw_min) // 2**shift, (raw - raw_min) % 2**shift
        pairs.append((physics(kind, raw, settings, reference_mv), knots[k] + (knots[k + 1] - knots[k]) * f // 2**shift))
    return pairs


@cache
def extremes(*sensor):
    """(worst under-reading, worst over-reading) in the kernel's unit."""
    errors = [value - true for true, value in sweep(*sensor)]
    return max(0, -min(errors)), max(0, max(errors))


@cache
def share_extremes(floor_mw, *sensor):
    """Smallest and largest reading by the knots as a share of the truth, from floor_mw up."""
    ratios = [value / true for true, value in sweep(*sensor) if true >= floor_mw]
    return min([1, *ratios]), max([1, *ratios])


class Row:
    """One channel: what the file says about it, and its words."""

    def __init__(self, name, driver_settings, reference_mv, table, words, start):
        self.name, self.table, self.words, self.start = name, table, words, start
        self.sensor = table["sensor"]
        self.kind = self.sensor["kind"]
        self.settings = tuple(sorted(driver_settings.items()))
        self.reference_mv = float(reference_mv)
        self.shortest, self.longest = (number(text) for text in self.sensor["conversion"])
        self.absolute, self.low, self.high = 0.0, 1.0, 1.0
        text = self.sensor.get("uncertainty", "0 K")
        if text.endswith("dB"):
            self.low, self.high = 10 ** (-number(text) / 10), 10 ** (number(text) / 10)
        elif text.endswith("%"):
            self.low, self.high = 1 - number(text), 1 / (1 - number(text))
        else:
            self.absolute = number(text)

    def __getitem__(self, field):
        return self.words[self.start + field]

    def true(self, raw):
        return physics(self.kind, raw, self.settings, self.reference_mv)

    def key(self):
        first = self[K.R_KNOTS]
        knots = tuple(self.words[first : first + self[K.R_KNOTS_N]])
        bounds = (self[K.R_RAW_MIN], self[K.R_RAW_MAX], self[K.R_KNOTS_SHIFT])
        return (self.kind, self.settings, self.reference_mv, *bounds, knots)

    def curve(self):
        """(worst under-reading, worst over-reading, largest step) in the kernel's unit."""
        if self.kind == "contact":
            return 0.0, 0.0, 0.0
        under, over = extremes(*self.key())
        lsb = 16 if self.kind in ("ad8307", "voltage", "ntc") else 1
        step = max(abs(self.true(raw + lsb) - self.true(raw)) for raw in (self[K.R_RAW_MIN], self[K.R_RAW_MAX] - lsb))
        counted = step if self.kind == "flow" else 0.0
        return under + counted, over + counted, step

    def shares(self, floor_mw):
        """Smallest and largest reading as a share of the truth, from floor_mw up."""
        low, high = share_extremes(floor_mw, *self.key())
        return self.low * low, self.high * high
