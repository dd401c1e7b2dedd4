"""An oracle for alarm sounds: IEC 60601-1-8, as secondary sources quote its Tables 3 and 4 (docs/alarms.md).

It knows nothing of this project's bursts, and judges pulses wherever they come from.
"""

import math
from collections.abc import Sequence
from itertools import pairwise

Pulse = tuple[float, float]  # its start and its end, ms

PULSES = {"high": (10,), "medium": (3,), "low": (1, 2)}
PULSE_MS = {"high": (75.0, 200.0), "medium": (125.0, 250.0), "low": (125.0, 250.0)}
BETWEEN_BURSTS_MS = {"high": (2_500.0, 15_000.0), "medium": (2_500.0, 30_000.0), "low": (15_000.0, math.inf)}
X_MS = (50.0, 125.0)  # between the pulses of a high burst, but for the third, the fifth and the eighth gap
HALVES_MS = (350.0, 1_300.0)  # the fifth gap; the third and the eighth are 2 x and one pulse
Y_MS = (125.0, 250.0)  # between the pulses of the other bursts
_ALIKE = 0.05  # how much gaps that have to be alike may differ
_BURST_ENDS_MS = 2_000.0  # a gap longer than any inside a burst, shorter than any between two

FUNDAMENTAL_HZ = (150.0, 1_000.0)
HARMONICS_HZ = (300.0, 4_000.0)
HARMONICS = 4  # at least, in that range
WITHIN_DB = 15.0  # of the fundamental
RISE = (0.10, 0.20)  # of the pulse's length
SILENCE_MS = 120_000.0  # at most


def pulses_of(edges: Sequence[tuple[float, int]], until_ms: float) -> list[Pulse]:
    """Pulses of a pin, from its edges (ms, level), up to a time; a pulse that has not ended by then is left out.

    Raises:
        ValueError: if edges go back in time.
    """
    found: list[Pulse] = []
    risen: float | None = None
    last = -math.inf
    for at, level in edges:
        if at < last:
            raise ValueError(f"an edge at {at} ms after one at {last} ms")
        last = at
        if at >= until_ms:
            break
        if level and risen is None:
            risen = at
        elif not level and risen is not None:
            found.append((risen, at))
            risen = None
    return found


def bursts_of(pulses: Sequence[Pulse]) -> list[list[Pulse]]:
    """Pulses as bursts: a long gap lies before each but the first."""
    bursts: list[list[Pulse]] = []
    for pulse in pulses:
        if bursts and pulse[0] - bursts[-1][-1][1] < _BURST_ENDS_MS:
            bursts[-1].append(pulse)
        else:
            bursts.append([pulse])
    return bursts


def violations(pulses: Sequence[Pulse], priority: str, within_ms: float = 0.0, whole: bool = True) -> list[str]:
    """What is wrong with the pulses of one alarm; nothing for a good one.

    Args:
        within_ms: how exactly the times are known. whole: False if the last burst may have been cut short.
    """
    bursts = bursts_of(pulses)
    if not bursts:
        return ["nothing sounds"]
    found: list[str] = []
    for number, burst in enumerate(bursts):
        cut = not whole and number == len(bursts) - 1
        found += [f"burst {number}: {text}" for text in _of_burst(burst, priority, within_ms, cut)]
    for one, following in pairwise(bursts):
        _within(following[0][0] - one[-1][1], BETWEEN_BURSTS_MS[priority], within_ms, "between bursts", found)
    return found


def beat_ms(burst: Sequence[Pulse]) -> float:
    """From the start of its first pulse to that of its second: what tells two bursts with as many pulses apart."""
    return burst[1][0] - burst[0][0]


def _of_burst(burst: Sequence[Pulse], priority: str, within_ms: float, cut: bool) -> list[str]:
    found: list[str] = []
    if len(burst) not in PULSES[priority] and not (cut and len(burst) < max(PULSES[priority])):
        return [f"{len(burst)} pulses"]
    for start, end in burst:
        _within(end - start, PULSE_MS[priority], within_ms, "pulse", found)
    gaps = [after[0] - before[1] for before, after in pairwise(burst)]
    if priority != "high":
        for gap in gaps:
            _within(gap, Y_MS, within_ms, "gap", found)
        return found + _alike(gaps, within_ms)
    short = [gap for number, gap in enumerate(gaps, 1) if number not in (3, 5, 8)]
    for gap in short:
        _within(gap, X_MS, within_ms, "gap", found)
    if len(burst) == max(PULSES["high"]):
        _within(gaps[4], HALVES_MS, within_ms, "gap between halves", found)
        long = 2 * sum(short) / len(short) + burst[0][1] - burst[0][0]
        for gap in (gaps[2], gaps[7]):
            _within(gap, (long * (1 - _ALIKE), long * (1 + _ALIKE)), 3 * within_ms, "long gap", found)
    return found + _alike(short, within_ms)


def _alike(gaps: Sequence[float], within_ms: float) -> list[str]:
    if not gaps:
        return []
    mean = sum(gaps) / len(gaps)
    return [f"gaps of {min(gaps):g} to {max(gaps):g} ms"] * any(
        abs(gap - mean) > _ALIKE * mean + within_ms for gap in gaps
    )


def _within(value: float, bounds: tuple[float, float], by: float, what: str, found: list[str]) -> None:
    if not bounds[0] - by <= value <= bounds[1] + by:
        found.append(f"{what} of {value:g} ms")
