"""What the uncertain figures of the plant do: absorption and shear in bone, heat that adds up in the near field."""

import itertools

import numpy as np

from ..layered import LayeredPlant
from ..response import PLACES
from ..tissue import STANDARD, Anatomy, Array
from .case import Case, Curve, Found, Plot
from .compared import EVERY_S, Span, full

GAP_S = 60.0  # the shortest gap that the default limits allow


def peak_c(anatomy: Anatomy, place: str = "periosteum") -> float:
    """After 20 s of 40 W, degC."""
    plant = LayeredPlant(anatomy)
    plant.set_power(40.0)
    plant.advance_to(20.0)
    return plant.read(place)


def absorption() -> Found:
    """The peaks over the published range against the full solver's, which is linear in the absorption of bone."""
    shares = np.array([0.16, 0.28, 0.4, 0.6, 0.8, 1.0])
    seen = np.array([peak_c(Anatomy(bone_absorption=float(share))) for share in shares])
    ends = [
        full(Anatomy(bone_absorption=share), (Span(20.0, 40.0),))[-1, PLACES.index("periosteum")]
        for share in (0.16, 1.0)
    ]
    line = np.interp(shares, [0.16, 1.0], ends)
    curves = (Curve("plant", shares, seen), Curve("full solver", shares, line, True))
    said = ", ".join(f"{share:.0%}: {c:.1f} °C" for share, c in zip(shares, seen, strict=True))
    return Found(float(np.max(np.abs(seen - line))), Plot("share absorbed", "periosteum °C at 20 s", curves), said)


def shear() -> Found:
    shares = np.linspace(0.0, 0.5, 6)
    seen = np.array([peak_c(Anatomy(shear_share=float(share))) for share in shares])
    ends = [
        full(Anatomy(shear_share=share), (Span(20.0, 40.0),))[-1, PLACES.index("periosteum")] for share in (0.0, 0.5)
    ]
    line = np.interp(shares, [0.0, 0.5], ends)
    curves = (Curve("plant", shares, seen), Curve("full solver", shares, line, True))
    said = ", ".join(f"{share:.0%}: {c:.1f} °C" for share, c in zip(shares, seen, strict=True))
    return Found(float(np.max(np.abs(seen - line))), Plot("share of shear wave", "periosteum °C at 20 s", curves), said)


def fat_at_ends(count: int, gap_s: float = GAP_S) -> Array:
    """Fat at the end of each of several sonications of 20 s at 40 W, degC."""
    plant = LayeredPlant(STANDARD)
    seen: list[float] = []
    for n in range(count):
        plant.set_power(40.0)
        plant.advance_to(n * (20.0 + gap_s) + 20.0)
        seen.append(plant.read("fat"))
        plant.set_power(0.0)
        plant.advance_to((n + 1) * (20.0 + gap_s))
    return np.array(seen)


def near_field() -> Found:
    """Fat warms from sonication to sonication, each time by less; the full solver for three of them."""
    ends = {gap_s: fat_at_ends(8, gap_s) for gap_s in (GAP_S, 2 * GAP_S, 4 * GAP_S)}
    seen = ends[GAP_S]
    rows = [round((20.0 + n * (20.0 + GAP_S)) / EVERY_S) - 1 for n in range(3)]
    truth = full(STANDARD, (Span(20.0, 40.0), Span(GAP_S)) * 3)[rows, PLACES.index("fat")]
    off = float(np.max(np.abs((seen[:3] - seen[0]) - (truth - truth[0]))))
    if any(later <= earlier for earlier, later in itertools.pairwise(seen)):
        off = float("nan")  # heat that does not add up is no small error
    numbers = np.arange(1, 9)
    curves = [Curve(f"gaps of {gap_s:g} s", numbers, values) for gap_s, values in ends.items()]
    curves.append(Curve("full solver", numbers[:3], truth, True))
    said = f"fat {', '.join(f'{c:.1f}' for c in seen)} °C after sonications 1 to 8 with gaps of {GAP_S:g} s"
    return Found(off, Plot("sonication", "fat °C at its end", tuple(curves)), said)


PARAMETERS = (
    Case("absorption-sweep", "absorption of bone over its published range, 16 to 100 %",
         "largest difference to the full solver", "K", 0.5, "domain sheet, finding 3", absorption),
    Case("shear-sweep", "share of shear wave in bone, 0 to 50 %",
         "largest difference to the full solver", "K", 0.5, "range: this project's choice", shear),
    Case("near-field", "fat warms from sonication to sonication",
         "largest difference of what adds up", "K", 0.05, "plant/volume.py, three sonications", near_field, slow=True),
)  # fmt: skip
