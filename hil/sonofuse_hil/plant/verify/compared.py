"""The plant of the rig against the full solver, place by place, for what a campaign does to it."""

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from .. import beam
from ..layered import LayeredPlant
from ..response import PLACES
from ..tissue import BLOOD_C, STANDARD, Anatomy, Array, Layer
from ..volume import Volume
from .case import Case, Curve, Found, Plot

WATER_C, PRECOOL_S = 20.0, 200.0
EVERY_S, STEP_S = 0.25, 0.05  # between two comparisons; of the full solver
REFINE = 2  # the full solver's cells are half the plant's
SKIN, INTERFACE = "focus on the skin", "lost coupling"


@dataclass(frozen=True)
class Span:
    """A while with everything constant: the acoustic power, W, and where it goes."""

    seconds: float
    watts: float = 0.0
    where: str = ""
    lateral_mm: float = 0.0
    deeper_mm: float = 0.0


STANDARD_RUN = (Span(20.0, 40.0), Span(20.0))


def _times(spans: tuple[Span, ...]) -> Array:
    return np.arange(EVERY_S, sum(span.seconds for span in spans) + EVERY_S / 2, EVERY_S)


def _seen(volume: Volume, away_m: Sequence[float], water_k: float = 0.0) -> list[float]:
    """Rise of every place, in the order of PLACES, at distances of sensor A, sensor B and the rest from the axis."""
    skin = [volume.surface(radius_m, water_k) for radius_m in away_m[:2]]
    return skin + [volume.interface(layer, away_m[2]) for layer in (2, 3, 4)]


@functools.cache
def cooled(layers: tuple[Layer, ...], cooling_w_m2_k: float, end_s: float, refine: int = REFINE) -> Array:
    """What the water alone does to every place from time 0 on, every EVERY_S, K. It is the same all across."""
    volume = Volume(layers, cooling_w_m2_k, radius_m=0.01, radial=4, refine=refine)
    kelvin = WATER_C - BLOOD_C
    source = kelvin * volume.water()
    volume.run(source, PRECOOL_S, STEP_S)
    seen: list[list[float]] = []
    for _ in range(round(end_s / EVERY_S)):
        volume.run(source, EVERY_S, STEP_S, start=False)
        seen.append(_seen(volume, (0.0, 0.0, 0.0), kelvin))
    return np.array(seen)


def full(anatomy: Anatomy, spans: tuple[Span, ...], refine: int = REFINE) -> Array:
    """Temperature of every place, degC, a row per EVERY_S.

    The equation is linear: each aim of the beam is solved around its own axis, and the rises are added up.
    """
    times = _times(spans)
    total = BLOOD_C + cooled(anatomy.layers, anatomy.cooling_w_m2_k, float(times[-1]), refine)
    for aim in dict.fromkeys((span.where, span.lateral_mm, span.deeper_mm) for span in spans if span.watts):
        volume = Volume(anatomy.layers, anatomy.cooling_w_m2_k, refine=refine)
        heat = _heat(anatomy, volume, aim)
        away_m = [abs(place_mm - aim[1]) * 1e-3 for place_mm in (*anatomy.probes_mm, 0.0)]
        row, before = 0, 0.0
        for span in spans:
            here = (span.where, span.lateral_mm, span.deeper_mm)
            watts = span.watts if here == aim else 0.0
            changed, before = watts != before, watts
            for _ in range(round(span.seconds / EVERY_S)):
                volume.run(watts * heat, EVERY_S, STEP_S, start=changed)
                changed = False
                total[row] += _seen(volume, away_m)
                row += 1
    return total


def _heat(anatomy: Anatomy, volume: Volume, aim: tuple[str, float, float]) -> Array:
    if aim[0] == SKIN:
        return volume.beam(beam.on_skin(anatomy, volume.cells))
    if aim[0] == INTERFACE:
        return volume.beam(beam.on_interface(anatomy, volume.cells))
    return volume.beam(beam.on_bone(anatomy, volume.cells, aim[2]))


def reduced(anatomy: Anatomy, spans: tuple[Span, ...]) -> Array:
    """The same from LayeredPlant."""
    plant = LayeredPlant(anatomy, WATER_C, PRECOOL_S)
    seen: list[list[float]] = []
    now_s = 0.0
    for span in spans:
        plant.set_power(span.watts)
        plant.set_focus(span.lateral_mm, span.deeper_mm)
        plant.set_focus_on_skin(float(span.where == SKIN))
        plant.set_coupling(float(span.where != INTERFACE))
        for _ in range(round(span.seconds / EVERY_S)):
            now_s += EVERY_S
            plant.advance_to(now_s)
            seen.append([plant.read(place) for place in PLACES])
    return np.array(seen)


def against(anatomy: Anatomy, spans: tuple[Span, ...], refine: int = REFINE) -> Callable[[], Found]:
    """The largest difference at any place and second."""

    def measure() -> Found:
        times, truth, quick = _times(spans), full(anatomy, spans, refine), reduced(anatomy, spans)
        off = np.max(np.abs(quick - truth), axis=0)
        said = ", ".join(f"{place} {error:.4f} K" for place, error in zip(PLACES, off, strict=True))
        curves: list[Curve] = []
        every = max(1, len(times) // 25)
        for n, place in enumerate(PLACES):
            if place != "skin_b":
                curves.append(Curve(place, times, quick[:, n]))
                curves.append(Curve("", times[::every], truth[::every, n], True))
        return Found(float(np.max(off)), Plot("s (line: plant, dots: full solver)", "°C", tuple(curves)), said)

    return measure


def _case(name: str, what: str, spans: tuple[Span, ...], kelvin: float, anatomy: Anatomy = STANDARD) -> Case:
    slow = name == "reduced-repeated"
    source = "plant/volume.py, cells half as large"
    return Case(name, what, "largest difference", "K", kelvin, source, against(anatomy, spans), slow=slow)


MOVED = (Span(5.0, 40.0), Span(10.0, 40.0, "", 5.0, -5.0), Span(5.0, 40.0), Span(20.0))
REPEATED = (Span(20.0, 40.0), Span(60.0)) * 3

COMPARED = (
    Case("reduced-same-cells", "the focus 5 mm aside and 5 mm shallower for 10 of 20 s, both with the same cells: what "
         "wavenumbers, ladder and steps leave", "largest difference", "K", 0.005, "plant/volume.py",
         against(STANDARD, MOVED, refine=1)),
    _case("reduced-standard", "40 W for 20 s, then 20 s off", STANDARD_RUN, 0.15),
    _case("reduced-absorption-16", "the same with 16 % of bone's attenuation absorbed", STANDARD_RUN, 0.15,
          Anatomy(bone_absorption=0.16)),
    _case("reduced-absorption-100", "the same with all of it absorbed", STANDARD_RUN, 0.5,
          Anatomy(bone_absorption=1.0)),
    _case("reduced-shear", "the same with half of what enters bone as shear wave", STANDARD_RUN, 0.5,
          Anatomy(shear_share=0.5)),
    _case("reduced-skin", "40 W focused on the skin for 5 s, then 15 s off",
          (Span(5.0, 40.0, SKIN), Span(15.0)), 0.15),
    _case("reduced-skin-axis", "the same with sensor A on the axis, where skin is hottest (25 K/s)",
          (Span(5.0, 40.0, SKIN), Span(15.0)), 0.5, Anatomy(probes_mm=(0.0, 2.0))),
    _case("reduced-coupling", "coupling lost at 40 W for 5 s, then 15 s off",
          (Span(5.0, 40.0, INTERFACE), Span(15.0)), 0.15),
    _case("reduced-moved", "the focus 5 mm aside and 5 mm shallower for 10 of 20 s", MOVED, 0.15),
    _case("reduced-repeated", "three sonications of 20 s with gaps of 60 s", REPEATED, 0.15),
)  # fmt: skip
