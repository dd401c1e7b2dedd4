"""The drivers that a board's channels can name, with the settings that each of them takes (docs/boards.md)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sonofuse.spelling import did_you_mean

WATCHES = "watches"
# What a channel can watch without saying so, because it has the same name; the rig's plant and circuits know these.
WATCHED: Mapping[str, tuple[str, ...]] = {
    "temperature": ("skin_a", "skin_b", "transducer", "water"),
    "power": ("forward", "reflected"),
    "voltage": ("reference",),
    "flow": ("flow",),
    "contact": ("stop_loop", "supply", "skin_contact", "permit_readback", "second_readback"),
}


@dataclass(frozen=True)
class Number:
    """A setting that is a number within bounds."""

    low: float
    high: float
    whole: bool = False

    def wrong(self, value: Any) -> str:
        """What is wrong with a value, "" if nothing."""
        kinds = int if self.whole else (int, float)
        if isinstance(value, bool) or not isinstance(value, kinds) or not self.low <= value <= self.high:
            return f"must be a {'whole ' if self.whole else ''}number from {self.low:g} to {self.high:g}"
        return ""


@dataclass(frozen=True)
class Word:
    """A setting that is one of some words."""

    words: tuple[str, ...]

    def wrong(self, value: Any) -> str:
        """What is wrong with a value, "" if nothing."""
        return "" if value in self.words else did_you_mean(str(value), self.words)


Settings = Mapping[str, Number | Word]


@dataclass(frozen=True)
class Form:
    """One way of wiring a channel: its pins, its settings, and what it measures (sonofuse.limits.units)."""

    pins: tuple[str, ...]
    settings: Settings
    quantity: str
    either: tuple[tuple[str, ...], ...] = ()  # groups of settings of which exactly one has to be there


_OHM = Number(1, 1e6)
# Steinhart and Hart's coefficients of a thermistor of 1 kΩ to 1 MΩ lie well within these bounds (D).
_NTC: Settings = {
    "series_ohm": _OHM,
    "ntc_at": Word(("ground", "reference")),
    "r0_ohm": _OHM,
    "beta_k": Number(1000, 10_000),
    "sh_a": Number(-0.01, 0.01),
    "sh_b": Number(1e-5, 1e-3),
    "sh_c": Number(0, 1e-5),
}
DETECTORS: Mapping[str, Form] = {
    "ad8307": Form(("pin",), {"coupling_db": Number(-120, 0)}, "power"),
    "voltage": Form(("pin",), {"nominal_mv": Number(1, 3600)}, "voltage"),
    "ntc": Form(("pin",), _NTC, "temperature", (("r0_ohm", "beta_k"), ("sh_a", "sh_b", "sh_c"))),
}
DRIVERS: Mapping[str, Form] = {
    "max31865": Form(("cs", "drdy"), {"r0_ohm": _OHM, "rref_ohm": _OHM}, "temperature"),
    "adc": Form(("pin",), {"detector": Word(tuple(DETECTORS))}, ""),
    "pulses": Form(
        ("pin",),
        {
            "pulses_per_litre": Number(1, 1_000_000, whole=True),
            "gate_ms": Number(1, 10_000, whole=True),
            "gates": Number(1, 100, whole=True),
        },
        "flow",
    ),
    "contact": Form(("pin",), {}, "contact"),
}


def form(driver: str, settings: Mapping[str, Any]) -> Form:
    """The form of a channel: that of its detector if it has one.

    Raises:
        KeyError: if there is no such driver.
    """
    found = DRIVERS[driver]
    return DETECTORS.get(str(settings.get("detector")), found) if "detector" in found.settings else found


def faults(name: str, driver: str, settings: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with the settings of a channel but for its pins, a line each."""
    if driver not in DRIVERS:
        yield f"channel {name}: unknown driver {driver!r}: {did_you_mean(driver, DRIVERS)}"
        return
    bare, whole = DRIVERS[driver], form(driver, settings)
    if not whole.quantity:
        given = settings.get("detector")
        wrong = "is missing" if given is None else f"= {given!r}: {did_you_mean(str(given), DETECTORS)}"
        yield f"channel {name}: detector {wrong}"
        return  # the other settings are the detector's
    known = {**bare.settings, **whole.settings}
    chosen = [group for group in whole.either if any(key in settings for key in group)]
    if whole.either and len(chosen) != 1:
        groups = " or ".join(" and ".join(group) for group in whole.either)
        yield f"channel {name}: {'both' if chosen else 'none'} of {groups}: exactly one of these"
    optional = {key for group in whole.either for key in group} - {key for group in chosen for key in group}
    for key in (*whole.pins, *known):
        if key not in settings and key not in optional:
            yield f"channel {name}: {key} is missing"
    words = WATCHED[whole.quantity]
    if WATCHES not in settings and name not in words:
        yield f"channel {name}: {WATCHES} is missing: {', '.join(words)}, or a word of your own"
    for key, value in settings.items():
        if key == WATCHES:
            if not (isinstance(value, str) and value.isidentifier()):
                yield f"channel {name}: {key} = {value!r}: must be a word, such as 'skin_a'"
        elif key in known:
            wrong = known[key].wrong(value)
            if wrong:
                yield f"channel {name}: {key} = {value!r}: {wrong}"
        elif key not in whole.pins:
            yield f"channel {name}: unknown setting {key!r}: {did_you_mean(str(key), [*whole.pins, *known, WATCHES])}"
