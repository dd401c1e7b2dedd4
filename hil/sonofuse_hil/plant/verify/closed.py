"""The full solver against closed forms; each formula is written out here, from physical figures of its own."""

import math

import numpy as np

from ..beam import Heat
from ..tissue import Array, Layer
from ..volume import Volume
from .case import Case, Curve, Found, Plot

Q = 2e5  # W/m3, of uniform heating
W = 1050.0 * 3617.0 * 40e-6 / 60.0 * 1000.0  # rho_blood c_blood omega at 40 mL/min/kg, W/m3/K
RHO_C, K = 4e6, 0.5  # of the slab
LENGTH = 20e-3
COOLING = 200.0
SHEET = "domain sheet A"


def slab(
    mm: float = 20.0, cell_mm: float = 0.5, perfusion: float = 0.0, name: str = "slab", k: float = K, heat: float = 4e3
) -> Layer:
    """A layer of 1000 kg/m3."""
    return Layer(name, mm, 1000.0, heat, k, perfusion, 0.0, 1.5, cell_mm)


def worst(seen: Array, expected: Array) -> float:
    """Largest difference as a share of the largest expected value."""
    return float(np.max(np.abs(seen - expected)) / np.max(np.abs(expected)))


def _heated(perfusion: float, times: Array, dt_s: float) -> Array:
    volume = Volume((slab(perfusion=perfusion),), 0.0, radius_m=0.02, radial=16)
    source = np.full_like(volume.rise, Q)
    seen: list[float] = []
    last = 0.0
    for t_s in times:
        volume.run(source, t_s - last, dt_s, start=last == 0.0)
        last = t_s
        seen.append(float(volume.rise[-1, -1]) if np.ptp(volume.rise) < 1e-6 else math.nan)
    return np.array(seen)


def uniform() -> Found:
    times = np.linspace(5.0, 60.0, 12)
    seen, expected = _heated(0.0, times, 0.5), Q * times / RHO_C
    plot = Plot("s", "K", (Curve("solver", times, seen), Curve("q t/(ρc)", times, expected, True)))
    return Found(worst(seen, expected), plot)


def perfused() -> Found:
    times = np.linspace(100.0, 6000.0, 20)
    seen, expected = _heated(40.0, times, 5.0), Q / W * (1 - np.exp(-W * times / RHO_C))
    plot = Plot("s", "K", (Curve("solver", times, seen), Curve("(q/W)(1 − exp(−Wt/ρc))", times, expected, True)))
    return Found(worst(seen, expected), plot)


def _settled(perfusion: float, source: float) -> tuple[Volume, Array]:
    """A slab under 1 K of water, or a uniform heat, run until nothing changes."""
    volume = Volume((slab(perfusion=perfusion),), COOLING, radius_m=0.02, radial=8)
    density = volume.water() if source == 0.0 else np.full_like(volume.rise, source)
    volume.run(density, 2e4, 20.0)
    return volume, volume.cells.centre_m


def steady_perfused() -> Found:
    volume, depth = _settled(40.0, 0.0)
    wave = math.sqrt(W / K)
    surface = COOLING / (COOLING + K * wave * math.tanh(wave * LENGTH))
    expected = surface * np.cosh(wave * (LENGTH - depth)) / math.cosh(wave * LENGTH)
    curves = (Curve("solver", depth * 1e3, volume.rise[:, 0]), Curve("cosh", depth[::3] * 1e3, expected[::3], True))
    return Found(worst(volume.rise[:, 0], expected), Plot("depth mm", "K per K of water", curves))


def steady_heated() -> Found:
    volume, depth = _settled(40.0, 1e4)
    # Far from the skin q/W; towards it what the film takes: sinh for the flux, cosh for the temperature.
    wave = math.sqrt(W / K)
    drop = COOLING / (COOLING * math.cosh(wave * LENGTH) + K * wave * math.sinh(wave * LENGTH))
    expected = 1e4 / W * (1 - drop * np.cosh(wave * (LENGTH - depth)))
    curves = (Curve("solver", depth * 1e3, volume.rise[:, 0]), Curve("closed", depth[::3] * 1e3, expected[::3], True))
    return Found(worst(volume.rise[:, 0], expected), Plot("depth mm", "K", curves))


def flux() -> Found:
    layers = (slab(15.0, 0.05, name="a"), slab(15.0, 0.05, name="b", k=0.2, heat=2000.0))
    volume = Volume(layers, 0.0, radius_m=0.02, radial=4)
    i = volume.cells.interface(1)
    source = np.zeros_like(volume.rise)
    source[i - 1 : i + 1] = 1e4 / 2 / 0.05e-3
    times = np.array([2.0, 5.0, 10.0, 15.0, 20.0])
    seen: list[float] = []
    last = 0.0
    for t_s in times:
        volume.run(source, t_s - last, 0.02, start=last == 0.0)
        last = t_s
        # Each side's flux starts half a cell away: the interface is warmer by that fall, weighted as it is read.
        lead = volume.cells.conductivity[i - 1 : i + 1] / volume.cells.size_m[i - 1 : i + 1]
        seen.append(volume.interface(1) + 1e4 / 2 / float(np.sum(lead)))
    effusivities = math.sqrt(K * RHO_C) + math.sqrt(0.2 * 2e6)
    expected = 2 * 1e4 * np.sqrt(times / math.pi) / effusivities
    plot = Plot("s", "K", (Curve("solver", times, seen), Curve("2 q √(t/π)/(e₁+e₂)", times, expected, True)))
    return Found(worst(np.array(seen), expected), plot)


def radial() -> Found:
    beta, q0 = 24.5e-6, 1e6
    volume = Volume((slab(2.0),), 0.0)
    source = volume.beam(Heat(np.full(4, q0 * math.pi * beta), np.full(4, beta)))
    times = np.array([0.5, 2.0, 5.0, 10.0, 20.0, 50.0])
    seen: list[float] = []
    last = 0.0
    for t_s in times:
        volume.run(source, t_s - last, 0.05, start=last == 0.0)
        last = t_s
        seen.append(volume.at(volume.rise[0], 0.0))
    expected = q0 * beta / (4 * K) * np.log(1 + 4 * K / RHO_C * times / beta)
    plot = Plot("s", "K on the axis", (Curve("solver", times, seen), Curve("closed", times, expected, True)))
    return Found(worst(np.array(seen), expected), plot)


def green() -> Found:
    """A ball of heat in homogeneous, perfused tissue: each moment's heat spreads as the Green's function does."""
    beta, q0, t_s = 18e-6, 2e6, 30.0
    volume = Volume((slab(60.0, 0.4, perfusion=40.0),), 0.0, radius_m=0.05, radial=96)
    from_middle = volume.cells.centre_m - 30e-3
    ring = volume.beam(Heat(np.full(150, math.pi * beta), np.full(150, beta)))
    source = q0 * ring * np.exp(-(from_middle**2) / beta)[:, np.newaxis]
    volume.run(source, t_s, 0.1)
    node, weight = np.polynomial.legendre.leggauss(60)
    ages = t_s / 2 * (node + 1)
    expected = np.zeros(150)
    seen = np.array([volume.at(row, 2e-3) for row in volume.rise])
    for age, share in zip(ages, weight * t_s / 2, strict=True):
        width = beta + 4 * K / RHO_C * age
        fall = np.exp(-(from_middle**2 + 2e-3**2) / width)
        expected += share * q0 / RHO_C * (beta / width) ** 1.5 * fall * math.exp(-W * age / RHO_C)
    depth = from_middle * 1e3
    curves = (Curve("solver", depth, seen), Curve("Green's function", depth[::4], expected[::4], True))
    return Found(worst(seen, expected), Plot("depth from the middle mm, 2 mm beside the axis", "K", curves))


CLOSED = (
    Case("uniform-heating", "heated evenly, without perfusion: ΔT = q t/(ρc)",
         "largest relative error", "", 1e-9, SHEET, uniform),
    Case("uniform-perfused", "heated evenly, with perfusion: ΔT = (q/W)(1 − exp(−W t/(ρc)))",
         "largest relative error", "", 1e-5, SHEET, perfused),
    Case("steady-slab-water", "perfused slab under cooled skin, steady: cosh with λ = √(W/k)",
         "largest relative error", "", 3e-4, SHEET, steady_perfused),
    Case("steady-slab-heated", "the same slab heated evenly, steady: cosh and sinh",
         "largest relative error", "", 3e-4, SHEET, steady_heated),
    Case("flux-at-interface", "thin heater between two half-spaces: ΔT = 2 q″ √(t/π)/(e₁+e₂)",
         "largest relative error", "", 2e-3, SHEET, flux),
    Case("radial-gaussian", "exp(−r²/β) without depth: ΔT₀ = (q₀β/4k) ln(1 + 4at/β)",
         "largest relative error", "", 2e-3, "domain sheet A [24]", radial),
    Case("green-function", "ball of heat in homogeneous perfused tissue: the exact solution that k-Wave's "
         "bioheatExact computes, here as an integral over the Green's function",
         "largest relative error", "", 3e-3, "domain sheet A [25]", green),
)  # fmt: skip
