"""Limits files that are wrong on purpose, each derived from the shipped one."""

from pathlib import Path
from typing import Any

from sonofuse_hil.guarantees import variant

TIGHT_PAIR = {"channel.skin_a.pair.warn": "0.1 K", "channel.skin_a.pair.trip": "0.2 K"}
NO_GUARD = {  # of the set point: less than what a detector and a generator within tolerance err
    "channel.forward.set.warn": "0.5 %",
    "channel.forward.set.trip": "1 %",
    "channel.forward.sensor.uncertainty": "0.01 dB",
}
LAZY = {"channel.forward.set.debounce": "300 ms", "channel.forward.above.debounce": "300 ms"}
LAZY_AND_ALLOWED = {  # the bound is raised with it, beyond the time budget of H4
    **LAZY,
    "channel.forward.set.max_reaction": "400 ms",
    "channel.forward.above.max_reaction": "400 ms",
}
NO_GAP = {"limits.cooling_gap": "0 s"}


def write(folder: Path, changes: dict[str, Any]) -> Path:
    """The shipped limits with these changes."""
    return variant.write(folder / "limits.toml", changes)
