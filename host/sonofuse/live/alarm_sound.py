"""How an alarm sounds where there is more than a buzzer: the pulses of firmware/alarms.py with pitch and harmonics.

`SCRIPT` plays it in a browser. Pitches are the melodies of IEC 60601-1-8, Annex F, as they were until 2020, for
"temperature or delivery of energy" and "equipment or power failure"; sources: docs/alarms.md.
"""

import json
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Any

from sonofuse_firmware.alarms import BURSTS, HIGH, LOW, MEDIUM, PHYSIOLOGICAL, TECHNICAL

SCRIPT = Path(__file__).with_name("alarm_sound.js")
"""Plays what `as_json` gives; served to the page as it is."""

RISE = 0.15
"""Of a pulse's length, from silence to full and back; 10 to 20 % are allowed."""

HARMONICS_DB = (0.0, -3.0, -6.0, -8.0, -10.0, -12.0)
"""Of the fundamental and its multiples; at least four between 300 and 4000 Hz have to be within 15 dB of it."""

_LEVEL_DB = {HIGH: 0.0, MEDIUM: -3.0, LOW: -6.0}  # no alarm is louder than a more urgent one
_NOTES = {
    (PHYSIOLOGICAL, HIGH): "C4 D4 E4 F4 G4 C4 D4 E4 F4 G4",
    (TECHNICAL, HIGH): "C5 C4 C4 C5 C4 C5 C4 C4 C5 C4",
    (PHYSIOLOGICAL, MEDIUM): "C4 D4 E4",
    (TECHNICAL, MEDIUM): "C5 C4 C4",
    (PHYSIOLOGICAL, LOW): "E4",
    (TECHNICAL, LOW): "E4 C4",
}
_SEMITONES = {"C4": -9, "D4": -7, "E4": -5, "F4": -4, "G4": -2, "C5": 3}  # from A4


@dataclass(frozen=True)
class Pulse:
    """One pulse of a burst, between the points of 90 % of its rise and its fall."""

    start_ms: int
    length_ms: int
    frequency_hz: float


def pulses(kind: int, priority: int) -> tuple[Pulse, ...]:
    """A burst; the first pulse starts at 0.

    Raises:
        KeyError: if firmware/alarms.py declares no such kind or priority.
    """
    spans = _spans(kind, priority)
    starts = [0, *accumulate(spans)][:-1:2]
    notes = _NOTES[kind, priority].split()
    found = zip(starts, spans[::2], notes, strict=True)
    return tuple(Pulse(start, length, round(440 * 2 ** (_SEMITONES[note] / 12), 2)) for start, length, note in found)


def period_ms(kind: int, priority: int) -> int:
    """From the start of a burst to that of the next one.

    Raises:
        KeyError: as `pulses`.
    """
    return sum(_spans(kind, priority))


def timeline(kind: int, priority: int) -> dict[str, Any]:
    """All that a player has to know, as plain data. It repeats every `period_ms`.

    Raises:
        KeyError: as `pulses`.
    """
    return {
        "period_ms": period_ms(kind, priority),
        "pulses": [[one.start_ms, one.length_ms, one.frequency_hz] for one in pulses(kind, priority)],
        "rise": RISE,
        "harmonics_db": list(HARMONICS_DB),
        "level_db": _LEVEL_DB[priority],
    }


def played(number: int, kind: int, priority: int) -> dict[str, Any]:
    """What `AlarmSound.play` in `SCRIPT` takes. Another number starts the burst anew; null is silence.

    Raises:
        KeyError: as `pulses`.
    """
    return {"number": number, "timeline": timeline(kind, priority)}


def as_json(number: int, kind: int, priority: int) -> str:
    """The same as JSON.

    Raises:
        KeyError: as `pulses`.
    """
    return json.dumps(played(number, kind, priority))


def _spans(kind: int, priority: int) -> tuple[int, ...]:
    return {(its_kind, its_priority): spans for its_kind, its_priority, spans in BURSTS}[kind, priority]
