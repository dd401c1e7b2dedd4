"""Plans that a limits file permits, patients, and where the sensors lie on them."""

import math
from dataclasses import replace

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from sonofuse.layout import K
from sonofuse.limits import LimitsFile, compile_limits
from sonofuse.limits.words import energy_channel

from .. import ranges
from ..operator import Sonication
from ..plant.tissue import STANDARD, Anatomy, Layer
from ..ranges import Range
from .benches import spread

_FINISH_S = 0.1  # kept free before the longest duration: FINISH has to be obeyed by then
_LEAST_S, _LEAST_W = 0.1, 0.1
_USUAL_W = 60.0


def armable_w(limits: LimitsFile) -> float:
    """The largest set power that ARM takes with these limits, electrical W."""
    blob = compile_limits(limits)
    return int.from_bytes(blob[4 * K.H_SET_MAX_MW : 4 * K.H_SET_MAX_MW + 4], "little", signed=True) * 1e-3


def longest_s(limits: LimitsFile, power_w: float) -> float:
    """How long a sonication of this electrical power (W) may last, s: by the longest duration, and by the energy as a
    detector within its declared uncertainty reads it."""
    over = energy_channel(limits).sensor.uncertainty.over
    return min(limits.max_on_s - _FINISH_S, limits.energy_j / (power_w * over * over))


def plans(
    limits: LimitsFile,
    *,
    sonications: int = ranges.SONICATIONS,
    power_w: Range = ranges.POWER_W,
    duration_s: Range = ranges.DURATION_S,
    armable: bool = True,
) -> SearchStrategy[tuple[Sonication, ...]]:
    """One sonication or more; the cooling gaps between them are those of the limits.

    Args:
        limits: of the device; ARM takes every plan that is drawn, and its energy and duration stay within the limits.
        sonications: at most. power_w: electrical. duration_s: of each.
        armable: False leaves the limits out of it; a plan may then be refused, or trip.

    Raises:
        ValueError: if the limits permit nothing of these ranges.
    """
    powers = power_w.within(_LEAST_W, armable_w(limits)) if armable else power_w
    if armable:
        duration_s.within(_LEAST_S, longest_s(limits, powers.low))

    @st.composite
    def one(draw: st.DrawFn) -> Sonication:
        watts = draw(watts_of(powers))
        most_s = min(duration_s.high, longest_s(limits, watts)) if armable else duration_s.high
        durations = Range(min(duration_s.low, most_s), most_s)
        return Sonication(watts, min(draw(spread(durations, durations.low)), math.floor(1e3 * most_s) / 1e3))

    return st.lists(one(), min_size=1, max_size=sonications).map(tuple)


def watts_of(powers: Range) -> SearchStrategy[float]:
    """Electrical powers of a range, W, in steps of 0.1 W and never above it; they shrink to 60 W or what is nearest."""
    most_w = math.floor(1e3 * powers.high) / 1e3
    return spread(powers, min(max(_USUAL_W, powers.low), most_w)).map(lambda watts: min(watts, most_w))


def placements() -> SearchStrategy[tuple[float, float]]:
    """Where the skin sensors A and B lie: mm beside the axis of the beam (Anatomy.probes_mm). The plant solves for what
    they see there. Transducer and water have one temperature each, and no board has a sensor in the bone."""
    a_mm, b_mm = STANDARD.probes_mm
    return st.tuples(spread(ranges.PROBE_MM, a_mm), spread(ranges.PROBE_MM, b_mm))


@st.composite
def anatomies(draw: st.DrawFn, *, layers: bool = True, probes: bool = True) -> Anatomy:
    """Patients around the standard one: thickness of the layers, absorption of bone, beam and sensors.

    Args:
        layers: False keeps the standard layers, whose solution is known; other ones take most of a second each.
        probes: False keeps the sensors where they are.
    """

    def layer(standard: Layer) -> Layer:
        over = _LAYERS.get(standard.name)
        if over is None or not layers:
            return standard
        return replace(standard, thickness_mm=draw(spread(over, standard.thickness_mm)))

    return replace(
        STANDARD,
        layers=tuple(layer(standard) for standard in STANDARD.layers),
        bone_absorption=draw(spread(ranges.BONE_ABSORPTION, STANDARD.bone_absorption, 2)),
        shear_share=draw(spread(ranges.SHEAR_SHARE, STANDARD.shear_share, 1)),
        beam_radius_mm=draw(spread(ranges.BEAM_RADIUS_MM, STANDARD.beam_radius_mm)),
        probes_mm=draw(placements()) if probes else STANDARD.probes_mm,
    )


_LAYERS = {"skin": ranges.SKIN_MM, "fat": ranges.FAT_MM, "muscle": ranges.MUSCLE_MM, "bone": ranges.BONE_MM}
