"""Where a beam leaves its heat: per layer in depth, Gaussian across, and the Hankel transform of that."""

from dataclasses import dataclass

import numpy as np

from .tissue import Anatomy, Array, Grid

DB_CM_TO_PER_M = 100 * np.log(10) / 10  # dB/cm of a level is this many 1/m of intensity


@dataclass(frozen=True, eq=False)
class Heat:
    """A source of 1 W of acoustic power.

    per_m: heat per metre of depth, 1/m, a value per cell. beta_m2: the intensity falls off as exp(-r^2/beta).
    """

    per_m: Array
    beta_m2: Array

    def transformed(self, wavenumber: float) -> Array:
        """Hankel transform of the heat density at a wavenumber, per cell: exp(-r^2/b)/(pi b) has exp(-k^2 b/4)/2 pi."""
        spectrum: Array = self.per_m * np.exp(-(wavenumber**2) * self.beta_m2 / 4) / (2 * np.pi)
        return spectrum


def absorbed(anatomy: Anatomy, cells: Grid) -> Array:
    """Heat per metre of depth and watt, 1/m: attenuated by layer, reflected where the impedance changes.

    All attenuation in soft tissue becomes heat; in bone the share `bone_absorption` does, the rest is scattered out of
    the beam. What bone reflects is taken to spread so wide that it heats nothing. The part `shear_share` of what enters
    bone becomes heat along its own, shorter depth; what is left of it at the far face heats nothing, because marrow
    carries no shear wave.
    """

    def deposited(decay_per_m: float, inwards_m: Array, size_m: Array) -> Array:
        lost: Array = np.exp(-decay_per_m * (inwards_m - size_m)) * -np.expm1(-decay_per_m * size_m) / size_m
        return lost

    per_m = np.zeros_like(cells.size_m)
    left = 1.0
    for i, layer in enumerate(anatomy.layers):
        if i:
            before = anatomy.layers[i - 1].impedance_mrayl
            left *= 1 - ((layer.impedance_mrayl - before) / (layer.impedance_mrayl + before)) ** 2
        here = cells.layer == i
        size_m = cells.size_m[here]
        decay_per_m = layer.attenuation_db_cm * DB_CM_TO_PER_M
        inwards_m = np.cumsum(size_m)
        if layer.name == "bone":
            shear = left * anatomy.shear_share
            left -= shear
            per_m[here] = shear * deposited(anatomy.shear_attenuation_db_cm * DB_CM_TO_PER_M, inwards_m, size_m)
        share = anatomy.bone_absorption if layer.name == "bone" else 1.0
        per_m[here] += share * left * deposited(decay_per_m, inwards_m, size_m)
        left *= float(np.exp(-decay_per_m * inwards_m[-1]))
    return per_m


def bone_depth_m(anatomy: Anatomy) -> float:
    """Depth of the periosteum; of the far end, if there is no bone."""
    depth_mm = 0.0
    for layer in anatomy.layers:
        if layer.name == "bone":
            break
        depth_mm += layer.thickness_mm
    return depth_mm * 1e-3


def on_bone(anatomy: Anatomy, cells: Grid, deeper_mm: float = 0.0) -> Heat:
    """The beam as planned: narrowest at the bone and behind it, a hyperbola towards the skin.

    With its focus deeper (or, negative, shallower) it is narrowest there; behind the focus it widens in soft tissue, up
    to the bone, and then keeps its width.
    """
    bone_m = bone_depth_m(anatomy)
    focus_m = bone_m + deeper_mm * 1e-3
    behind_m = np.maximum(np.minimum(cells.centre_m, bone_m) - focus_m, 0)
    from_focus_m = np.maximum(focus_m - cells.centre_m, behind_m)
    radius_m = np.hypot(anatomy.beam_radius_mm * 1e-3, anatomy.convergence * from_focus_m)
    return Heat(absorbed(anatomy, cells), radius_m**2 / 2)


def on_skin(anatomy: Anatomy, cells: Grid) -> Heat:
    """The beam focused on the skin by mistake: narrowest there, wider behind."""
    radius_m = np.hypot(anatomy.skin_focus_mm * 1e-3, anatomy.convergence * cells.centre_m)
    return Heat(absorbed(anatomy, cells), radius_m**2 / 2)


def on_interface(anatomy: Anatomy, cells: Grid) -> Heat:
    """Lost coupling: `interface_fraction` heats the outer 0.5 mm of skin, as wide as the planned beam is there."""
    outer = (cells.centre_m < 0.5e-3).astype(np.float64)
    outer[0] = 1.0
    per_m = anatomy.interface_fraction * outer / float(np.sum(outer * cells.size_m))
    return Heat(per_m, np.full_like(cells.size_m, on_bone(anatomy, cells).beta_m2[0]))


def bessel_j0(x: float) -> float:
    """Bessel function of order 0: the mean of cos(x sin a) over half a turn, exact to rounding."""
    count = max(64, int(abs(x)) + 24)
    angle = (np.arange(count) + 0.5) * np.pi / count
    return float(np.mean(np.cos(x * np.sin(angle))))


def wavenumbers(narrowest_m2: float, count: int = 32) -> tuple[Array, Array]:
    """Gauss-Legendre nodes k (1/m) and weights k dk of the inverse transform; they end where exp(-16) is left."""
    node, weight = np.polynomial.legendre.leggauss(count)
    half = 4 / np.sqrt(narrowest_m2)
    k = half * (node + 1)
    return k, half * weight * k
