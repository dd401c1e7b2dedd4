"""The column against closed forms; each formula is written out here, not taken from the code under test."""

import math

import numpy as np
import pytest

from sonofuse_hil.plant import beam
from sonofuse_hil.plant.column import Column, growth
from sonofuse_hil.plant.tissue import Layer, grid


def slab(thickness_mm=20.0, cell_mm=0.5, perfusion=0.0, name="slab", conductivity=0.5, heat=4000.0):
    """Density 1000 kg/m3, so that the heat capacity per volume is 1000 times `heat`."""
    return Layer(name, thickness_mm, 1000.0, heat, conductivity, perfusion, 0.0, 1.5, cell_mm)


def perfusion_w_m3_k(ml_min_kg):
    """rho_blood c_blood omega, for 1000 kg/m3 of tissue."""
    return 1050.0 * 3617.0 * ml_min_kg * 1e-6 / 60.0 * 1000.0


def test_uniform_heating():
    column = Column(grid((slab(),)))
    rise = column.rise(np.full(40, 2e5), 30.0)
    assert rise == pytest.approx(np.full(40, 2e5 * 30.0 / 4e6), rel=1e-9)


@pytest.mark.parametrize("t_s", [1.0, 60.0, 3000.0])
def test_perfusion(t_s):
    w = perfusion_w_m3_k(40.0)
    rise = Column(grid((slab(perfusion=40.0),))).rise(np.full(40, 2e5), t_s)
    assert rise == pytest.approx(np.full(40, 2e5 / w * (1 - math.exp(-w * t_s / 4e6))), rel=1e-9)


def steady_error(cell_mm):
    """Largest error of a perfused slab whose surface is held at the water's temperature, per K of it."""
    cells = grid((slab(cell_mm=cell_mm, perfusion=40.0),))
    column = Column(cells, 0.0, 1e9)
    wave = math.sqrt(perfusion_w_m3_k(40.0) / 0.5)
    expected = np.cosh(wave * (20e-3 - cells.centre_m)) / math.cosh(wave * 20e-3)
    return float(np.max(np.abs(column.rise(column.water_source(), 1e7) - expected)))


def test_steady_slab_and_its_convergence():
    coarse, fine, finest = steady_error(1.0), steady_error(0.5), steady_error(0.25)
    assert finest < 1e-4
    assert math.log2(coarse / fine) > 1.9
    assert math.log2(fine / finest) > 1.9


def test_steady_slab_with_finite_cooling():
    """A uniform heat leaves through the skin, q L; without heat nothing but the water decides."""
    cells = grid((slab(),))
    column = Column(cells, 0.0, 200.0)
    rise = column.rise(np.full(40, 1e4), 1e7)
    depth = cells.centre_m
    expected = 1e4 * 20e-3 / 200.0 + 1e4 / 0.5 * (20e-3 * depth - depth**2 / 2)
    assert rise == pytest.approx(expected, rel=1e-3)
    assert column.rise(column.water_source(), 1e7) == pytest.approx(np.ones(40), rel=1e-9)


def test_radial_loss_acts_like_perfusion():
    """A wavenumber k in a slab without depth structure decays with k^2 times conductivity over heat capacity."""
    rise = Column(grid((slab(),)), 300.0).rise(np.full(40, 2e5), 25.0)
    loss = 0.5 * 300.0**2
    assert rise == pytest.approx(np.full(40, 2e5 / loss * (1 - math.exp(-loss * 25.0 / 4e6))), rel=1e-9)


def test_flux_at_an_interface():
    """A thin heater between two half-spaces: 2 q sqrt(t/pi) / (e1 + e2)."""
    layers = (slab(15.0, 0.05, name="a"), slab(15.0, 0.05, name="b", conductivity=0.2, heat=2000.0))
    cells = grid(layers)
    i = cells.interface(1)
    source = np.zeros(600)
    source[i - 1 : i + 1] = 1e4 / 2 / 0.05e-3
    rise = Column(cells).rise(source, 20.0)
    effusivities = math.sqrt(0.5 * 1000 * 4000) + math.sqrt(0.2 * 1000 * 2000)
    expected = 2 * 1e4 * math.sqrt(20.0 / math.pi) / effusivities
    assert float(np.mean(rise[i - 1 : i + 1])) == pytest.approx(expected, rel=0.02)


@pytest.mark.parametrize("t_s", [0.5, 5.0, 50.0])
def test_radial_gaussian(t_s):
    """q0 exp(-r^2/beta) without depth structure, on the axis: (q0 beta/4k) ln(1 + 4 a t/beta)."""
    beta_m2, q0 = 24.5e-6, 1e6
    cells = grid((slab(2.0),))
    total = 0.0
    for k, weight in zip(*beam.wavenumbers(beta_m2), strict=True):
        transform = q0 * beta_m2 / 2 * math.exp(-(k**2) * beta_m2 / 4)
        total += weight * Column(cells, k).rise(np.full(4, transform), t_s)[0]
    diffusivity = 0.5 / 4e6
    expected = q0 * beta_m2 / (4 * 0.5) * math.log(1 + 4 * diffusivity * t_s / beta_m2)
    assert total == pytest.approx(expected, rel=1e-5)


def test_energy_is_kept():
    """Heat put in = heat stored + heat carried off by blood and water, within 0.1 %."""
    layers = (slab(5.0, perfusion=100.0), slab(15.0, name="b", conductivity=0.2, heat=2000.0, perfusion=30.0))
    cells = grid(layers)
    column = Column(cells, 0.0, 200.0)
    source = np.linspace(2e5, 0.0, len(cells.size_m))
    times = np.linspace(0.0, 60.0, 241)
    rises = np.array([column.rise(source, t) for t in times])
    surface = rises[:, 0] / (1 / 200.0 + cells.size_m[0] / 2 / cells.conductivity[0])
    blood = rises @ (np.where(cells.layer == 0, perfusion_w_m3_k(100.0), perfusion_w_m3_k(30.0)) * cells.size_m)
    stored = float(rises[-1] @ (np.where(cells.layer == 0, 4e6, 2e6) * cells.size_m))
    given = float(np.sum(source * cells.size_m)) * 60.0
    assert stored + float(np.trapezoid(surface + blood, times)) == pytest.approx(given, rel=1e-3)


def test_growth_of_a_mode_without_loss_is_time():
    assert growth(np.array([0.0, 2.0]), 3.0) == pytest.approx([3.0, (1 - math.exp(-6.0)) / 2.0])


@pytest.mark.parametrize(
    ("x", "expected"),
    [(0.0, 1.0), (1.0, 0.7651976865579666), (2.404825557695773, 0.0), (10.0, -0.2459357644513483)],
)
def test_bessel_j0(x, expected):
    """Values from tables (Abramowitz and Stegun, table 9.1)."""
    assert beam.bessel_j0(x) == pytest.approx(expected, abs=1e-12)
