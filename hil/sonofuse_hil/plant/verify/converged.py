"""Order of convergence by manufactured solutions, energy, and how far grid and time step are from their limits."""

import functools
import math
from itertools import pairwise

import numpy as np

from .. import beam
from ..tissue import STANDARD, Array
from ..volume import Volume
from .case import Case, Curve, Found, Plot
from .closed import slab

R, L = 4e-3, 4e-3  # m; the layers meet in the middle
FILM = 400.0
LAYERS = (
    slab(2.0, 0.25, perfusion=100.0, name="a", k=0.5, heat=4000.0),
    slab(2.0, 0.25, perfusion=20.0, name="b", k=0.2, heat=2000.0),
)


def _manufactured(volume: Volume) -> tuple[Array, Array]:
    """u(r, z) = f(r) h(z) and the heat that keeps it, at the cells.

    h' = cos(pi z/2L)/k is the same flux on both sides of the interface and none at the far end; h(0) = flux/film.
    f = 1 + cos(pi r/R) has no slope on the axis and at the rim.
    """
    z, k = volume.cells.centre_m, volume.cells.conductivity
    wave = math.pi / (2 * L)
    across = np.sin(wave * z) / wave
    middle = math.sin(wave * L / 2) / wave
    h = 1 / FILM + np.where(z < L / 2, across / k, middle / k[0] + (across - middle) / k)
    r = np.sqrt(volume.square_m2)
    turn = math.pi / R
    f = 1 + np.cos(turn * r)
    curved = -(turn**2) * np.cos(turn * r) - turn / r * np.sin(turn * r)  # f'' + f'/r
    losing = -np.outer(-wave * np.sin(wave * z), f) - np.outer(k * h, curved)
    rise = np.outer(h, f)
    return rise, losing + volume.cells.perfusion[:, np.newaxis] * rise


def _orders(sizes: Array, errors: Array) -> list[float]:
    points = pairwise(zip(sizes, errors, strict=True))
    return [math.log(e1 / e2) / math.log(s1 / s2) for (s1, e1), (s2, e2) in points]


def _order_plot(x: str, y: str, sizes: Array, errors: Array) -> Plot:
    second = errors[0] * (sizes / sizes[0]) ** 2
    return Plot(x, y, (Curve("error", sizes, errors), Curve("second order", sizes, second, True)), logs=True)


def space() -> Found:
    """A steady solution: 100 s, long enough for the error in space to settle, and no error of time in it."""
    errors: list[float] = []
    for refine in (1, 2, 4):
        volume = Volume(LAYERS, FILM, radius_m=R, radial=16 * refine, stretch=1.0, refine=refine)
        exact, source = _manufactured(volume)
        volume.rise = exact.copy()
        volume.run(source, 100.0, 0.5)
        weight = np.outer(volume.cells.size_m, volume.area_m2)
        errors.append(math.sqrt(float(np.sum(weight * (volume.rise - exact) ** 2) / np.sum(weight * exact**2))))
    sizes = np.array([0.25, 0.125, 0.0625])
    orders = _orders(sizes, np.array(errors))
    said = f"orders {orders[0]:.2f}, {orders[1]:.2f}; relative error {errors[-1]:.1e} with the finest"
    return Found(min(orders), _order_plot("cell in depth mm", "relative error (L2)", sizes, np.array(errors)), said)


def time() -> Found:
    """The same solution times 1 + sin(w t), on one grid; the error counts from a solution with far smaller steps."""
    turn = 2 * math.pi / 20.0

    def end(dt_s: float) -> Array:
        volume = Volume(LAYERS, FILM, radius_m=R, radial=16, stretch=1.0)
        exact, steady = _manufactured(volume)
        volume.rise = exact.copy()
        stored = volume.cells.rho_c[:, np.newaxis] * exact
        volume.run(lambda t_s: (1 + math.sin(turn * t_s)) * steady + turn * math.cos(turn * t_s) * stored, 12.0, dt_s)
        return volume.rise

    finest = end(0.01)
    sizes = np.array([0.8, 0.4, 0.2])
    errors = np.array([float(np.max(np.abs(end(dt_s) - finest)) / np.max(finest)) for dt_s in sizes])
    orders = _orders(sizes, errors)
    said = f"orders {orders[0]:.2f}, {orders[1]:.2f}; relative error {errors[-1]:.1e} with steps of 0.2 s"
    return Found(min(orders), _order_plot("time step s", "relative error (largest)", sizes, errors), said)


def energy() -> Found:
    """The standard sonication from rest: heat given against heat stored and carried off by blood and by water."""
    volume = Volume(STANDARD.layers, STANDARD.cooling_w_m2_k)
    source = 40.0 * volume.beam(beam.on_bone(STANDARD, volume.cells))
    stored, carried, given = [0.0], [0.0], [0.0]
    loss_w = 0.0
    for n in range(800):
        here = source if n < 400 else np.zeros_like(source)
        volume.run(here, 0.05, 0.05, start=n in (0, 400))
        blood_w = volume.total(volume.perfusion()[:, np.newaxis] * volume.rise)
        skin = np.array([volume.surface(float(r)) for r in np.sqrt(volume.square_m2)])
        now_w = blood_w + float(STANDARD.cooling_w_m2_k * skin @ volume.area_m2)
        carried.append(carried[-1] + 0.05 * (loss_w + now_w) / 2)
        loss_w = now_w
        stored.append(volume.total(volume.cells.rho_c[:, np.newaxis] * volume.rise))
        given.append(given[-1] + 0.05 * volume.total(here))
    residual = np.abs(np.array(given) - np.array(stored) - np.array(carried)) / given[-1]
    times = np.arange(801) * 0.05
    curves = (Curve("given", times, given), Curve("stored", times, stored), Curve("carried off", times, carried))
    return Found(float(np.max(residual)) * 100, Plot("s", "J", curves))


@functools.cache
def _standard(refine: int, radial: int, dt_s: float) -> Array:
    """Places at 1, 5, 20 s of 40 W and 20 s after it, K above rest: skin A, fat, periosteum, marrow."""
    volume = Volume(STANDARD.layers, STANDARD.cooling_w_m2_k, refine=refine, radial=radial)
    source = 40.0 * volume.beam(beam.on_bone(STANDARD, volume.cells))
    seen: list[list[float]] = []
    for t_s, new, heat in ((1.0, True, 1), (4.0, False, 1), (15.0, False, 1), (20.0, True, 0)):
        volume.run(source * heat, t_s, dt_s, start=new)
        seen.append([volume.surface(2e-3), *(volume.interface(layer) for layer in (2, 3, 4))])
    return np.array(seen)


def grid_steps() -> Found:
    found = [_standard(refine, 48 * refine, 0.1) for refine in (1, 2, 4)]
    steps = [float(np.max(np.abs(a - b))) for a, b in pairwise(found)]
    # With second order the last step is three quarters of the first one's quarter: what is left is a third of it.
    said = f"halving cells moves a place by {steps[0]:.3f} K, then {steps[1]:.3f} K"
    sizes = np.array([1.0, 0.5])
    plot = Plot("cells, share of the plant's", "K", (Curve("change by halving them", sizes, steps),), logs=True)
    return Found(steps[1], plot, said)


def time_steps() -> Found:
    sizes = np.array([0.4, 0.2, 0.1])
    found = [_standard(1, 96, dt_s) for dt_s in (0.4, 0.2, 0.1, 0.05)]
    steps = np.array([float(np.max(np.abs(a - b))) for a, b in pairwise(found)])
    said = f"halving the step moves a place by {', '.join(f'{step * 1e3:.2f}' for step in steps)} mK"
    plot = Plot("time step s", "K", (Curve("change by halving it", sizes, steps),), logs=True)
    return Found(float(steps[-1]) * 1e3, plot, said)


CONVERGED = (
    Case("order-in-space", "manufactured solution in two layers with perfusion and a cooled skin, cells halved twice",
         "smallest observed order", "", 1.9, "derived in plant/verify/converged.py", space, at_least=True),
    Case("order-in-time", "the same solution swinging in time, steps halved twice",
         "smallest observed order", "", 1.9, "derived in plant/verify/converged.py", time, at_least=True),
    Case("energy", "standard sonication: heat given = stored + carried off by blood and water",
         "largest residual", "%", 0.1, "domain sheet A", energy),
    Case("grid", "standard sonication, every cell halved twice in r and z",
         "change by the second halving", "K", 0.03, "this solver with itself", grid_steps, slow=True),
    Case("time-step", "standard sonication, time step halved down to 0.05 s",
         "change by the last halving", "mK", 1.0, "this solver with itself", time_steps),
)  # fmt: skip
