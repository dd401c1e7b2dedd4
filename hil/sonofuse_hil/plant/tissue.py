"""The layers a beam passes on its way into bone, and the cells they are cut into."""

from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from ..parts.check import number

Array = npt.NDArray[np.float64]

BLOOD_C = 37.0
BLOOD_J_PER_ML_K = 1.050 * 3.617  # density (g/mL) times heat capacity (J/g/K) of blood; from memory, not confirmed


@dataclass(frozen=True)
class Layer:
    """One layer; the figures of the standard layers come from domain sheet A, with its sources."""

    name: str
    thickness_mm: float
    density_kg_m3: float
    heat_capacity_j_kg_k: float
    conductivity_w_m_k: float
    perfusion_ml_min_kg: float
    attenuation_db_cm: float  # at 1 MHz
    impedance_mrayl: float
    cell_mm: float


SKIN = Layer("skin", 2.0, 1090.0, 3391.0, 0.37, 106.0, 0.40, 1.68, 0.1)
FAT = Layer("fat", 10.0, 911.0, 2348.0, 0.21, 33.0, 0.63, 1.68, 0.5)
MUSCLE = Layer("muscle", 38.0, 1090.0, 3421.0, 0.49, 37.0, 0.96, 1.68, 0.5)  # across the fibres
BONE = Layer("bone", 5.0, 1908.0, 1313.0, 0.32, 10.0, 13.3, 6.50, 0.2)
MARROW = Layer("marrow", 20.0, 1000.0, 2065.0, 0.19, 30.0, 0.5, 1.68, 0.5)


@dataclass(frozen=True)
class Anatomy:
    """A patient, as far as heat is concerned. Equal anatomies share one solution.

    Args:
        layers: from the skin inwards; the soft ones are given the impedance of muscle, so that only bone reflects.
        bone_absorption: part of the attenuation in bone that becomes heat there: 0.16, 0.28 or 1.0 in published codes.
        shear_share: part of what enters bone that goes on as shear wave, all of whose attenuation becomes heat. Shear
            waves are an important source of heat in bone (Haken, Frizzell and Carstensen 1992, abstract); how large
            the part is depends on the angle of the beam, so that it is a parameter: 0 and the sweep to 0.5 are this
            project's choice.
        shear_attenuation_db_cm: of that wave; twice that of the other, like 2.7 and 5.4 dB/cm/MHz in the source of
            SLICER_KWAVE (getAcousticProperties.m; its own source not seen).
        cooling_w_m2_k: between skin and water.
        beam_radius_mm: 1/e^2 radius of intensity at the bone.
        convergence: of the beam in front of the bone, half aperture over focal length (120 mm, 160 mm: from memory).
        skin_focus_mm: radius of a beam that is focused on the skin by mistake; 1.5 mm gives 25 K/s at 40 W.
        interface_fraction: part of the power that heats the outer skin when the coupling is lost; 0.36 gives
            10 K/s at 40 W over the 0.86 s of hazard H1.
        probes_mm: distance of the skin sensors A and B from the axis.

    Raises:
        ValueError: if a figure is NaN or out of range.
    """

    layers: tuple[Layer, ...] = (SKIN, FAT, MUSCLE, BONE, MARROW)
    bone_absorption: float = 0.28
    shear_share: float = 0.0
    shear_attenuation_db_cm: float = 26.6
    cooling_w_m2_k: float = 200.0
    beam_radius_mm: float = 7.0
    convergence: float = 0.375
    skin_focus_mm: float = 1.5
    interface_fraction: float = 0.36
    probes_mm: tuple[float, float] = (2.0, 3.0)

    def __post_init__(self) -> None:
        number("bone_absorption", self.bone_absorption, 0.0, 1.0)
        number("shear_share", self.shear_share, 0.0, 1.0)
        number("shear_attenuation_db_cm", self.shear_attenuation_db_cm, 0.0, 1e4)
        number("cooling_w_m2_k", self.cooling_w_m2_k, 1.0, 1e5)
        number("beam_radius_mm", self.beam_radius_mm, 0.5, 100.0)
        number("convergence", self.convergence, 0.0, 2.0)
        number("skin_focus_mm", self.skin_focus_mm, 0.5, 100.0)
        number("interface_fraction", self.interface_fraction, 0.0, 1.0)
        for probe_mm in self.probes_mm:
            number("probes_mm", probe_mm, 0.0, 50.0)
        for layer in self.layers:
            number(f"{layer.name} thickness_mm", layer.thickness_mm, 0.1, 1e3)
            number(f"{layer.name} cell_mm", layer.cell_mm, 0.01, layer.thickness_mm)
            for value in (
                layer.density_kg_m3,
                layer.heat_capacity_j_kg_k,
                layer.conductivity_w_m_k,
                layer.impedance_mrayl,
            ):
                number(f"{layer.name} property", value, 1e-6, 1e6)
            for value in (layer.perfusion_ml_min_kg, layer.attenuation_db_cm):
                number(f"{layer.name} property", value, 0.0, 1e6)


STANDARD = Anatomy()


@dataclass(frozen=True, eq=False)
class Grid:
    """Cells from the skin inwards, one array element each, SI units."""

    layer: npt.NDArray[np.int64]
    size_m: Array
    centre_m: Array
    rho_c: Array  # J/m3/K
    conductivity: Array  # W/m/K
    perfusion: Array  # W/m3/K

    def interface(self, layer: int) -> int:
        """Index of the first cell of a layer."""
        return int(np.searchsorted(self.layer, layer))


@cache
def grid(layers: tuple[Layer, ...]) -> Grid:
    """The layers cut into cells of equal size within each."""
    counts = [max(1, round(layer.thickness_mm / layer.cell_mm)) for layer in layers]

    def spread(values: list[float]) -> Array:
        return np.repeat(np.array(values, dtype=np.float64), counts)

    size_m = spread([layer.thickness_mm * 1e-3 / count for layer, count in zip(layers, counts, strict=True)])
    return Grid(
        layer=np.repeat(np.arange(len(layers)), counts),
        size_m=size_m,
        centre_m=np.cumsum(size_m) - size_m / 2,
        rho_c=spread([layer.density_kg_m3 * layer.heat_capacity_j_kg_k for layer in layers]),
        conductivity=spread([layer.conductivity_w_m_k for layer in layers]),
        perfusion=spread(
            [layer.perfusion_ml_min_kg / 60.0 * BLOOD_J_PER_ML_K * layer.density_kg_m3 for layer in layers]
        ),
    )
