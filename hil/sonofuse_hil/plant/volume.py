"""The full bioheat equation in r and z by finite volumes: the reference that the plant of the rig is held against.

Cells of layered tissue around the beam's axis, assembled here from the data of the layers. Time goes on by Peaceman
and Rachford's alternating directions. Both directions are symmetric and lose heat in the inner product weighted by
heat capacity, so each half step is bounded whatever the step: unconditionally stable, second order in time and space.
It does not damp the fastest modes, though, so that each change of source begins with four implicit half steps, which
do (factored backward Euler, L-stable; four first-order steps in a run leave the whole second order).
"""

import math
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache

import numpy as np

from .beam import Heat
from .tissue import Array, Layer, grid

START_STEPS = 4  # implicit half steps after a change of source


class Volume:
    """Temperature rise above blood in every cell, K, rows in depth, columns in r; far ends are insulated.

    Args:
        layers: from the skin inwards.
        cooling_w_m2_k: from the skin to the water; 0 insulates.
        radius_m: where the cells end. radial: cells in r, narrow at the axis.
        stretch: 0 for rings of equal width; else the outer ring is cosh(stretch) times as wide as the inner one.
        refine: cuts the cells of every layer into so many.
    """

    def __init__(
        self,
        layers: tuple[Layer, ...],
        cooling_w_m2_k: float,
        radius_m: float = 0.07,
        radial: int = 96,
        stretch: float = 3.5,
        refine: int = 1,
    ) -> None:
        self.cells = grid(tuple(replace(layer, cell_mm=layer.cell_mm / refine) for layer in layers))
        self.cooling_w_m2_k = cooling_w_m2_k
        even = np.linspace(0.0, 1.0, radial + 1)
        self.faces_m: Array = radius_m * (np.sinh(stretch * even) / np.sinh(stretch) if stretch else even)
        self.square_m2: Array = (self.faces_m[1:] ** 2 + self.faces_m[:-1] ** 2) / 2  # mean of r^2 in a ring
        self.area_m2: Array = np.pi * (self.faces_m[1:] ** 2 - self.faces_m[:-1] ** 2)
        self.rise: Array = np.zeros((len(self.cells.size_m), radial))
        self._depth = self._depth_operator()
        self._across = self._across_operator()
        self._diffusivity = self.cells.conductivity / self.cells.rho_c
        self._kinds = sorted(set(self._diffusivity.tolist()))
        self._inverses: Callable[[float], tuple[Array, list[Array]]] = lru_cache(maxsize=4)(self._inverted)

    def conductances(self) -> Array:
        """From each cell to the next in depth, W/m2/K: two half cells in series, so that the flux is continuous."""
        size, k = self.cells.size_m, self.cells.conductivity
        between: Array = 1 / (size[:-1] / (2 * k[:-1]) + size[1:] / (2 * k[1:]))
        return between

    def to_water(self) -> float:
        """From the first cell to the water, W/m2/K: the film and half a cell in series."""
        half = float(self.cells.size_m[0] / self.cells.conductivity[0] / 2)
        return self.cooling_w_m2_k / (1 + self.cooling_w_m2_k * half)

    def perfusion(self) -> Array:
        """What blood carries off, W/m3/K, per cell in depth."""
        return self.cells.perfusion

    def _depth_operator(self) -> Array:
        """What a rise loses in depth and to blood and water, 1/s, as a matrix; zero sums but for blood and water."""
        flow = self.conductances()
        lost = self.perfusion() * self.cells.size_m
        lost[0] += self.to_water()
        lost[:-1] += flow
        lost[1:] += flow
        matrix = np.diag(lost) - np.diag(flow, 1) - np.diag(flow, -1)
        operator: Array = matrix / (self.cells.rho_c * self.cells.size_m)[:, np.newaxis]
        return operator

    def _across_operator(self) -> Array:
        """What a rise loses across the beam for a diffusivity of 1, 1/m2, as a matrix."""
        centre = (self.faces_m[1:] + self.faces_m[:-1]) / 2
        flow = 2 * np.pi * self.faces_m[1:-1] / np.diff(centre)
        lost = np.zeros(len(centre))
        lost[:-1] += flow
        lost[1:] += flow
        matrix = np.diag(lost) - np.diag(flow, 1) - np.diag(flow, -1)
        operator: Array = matrix / self.area_m2[:, np.newaxis]
        return operator

    def beam(self, heat: Heat) -> Array:
        """Heat density of a beam of 1 W, W/m3 per cell: the mean of the Gaussian over each ring, no heat is lost."""
        edge = np.exp(-(self.faces_m[np.newaxis] ** 2) / heat.beta_m2[:, np.newaxis])
        density: Array = heat.per_m[:, np.newaxis] * (edge[:, :-1] - edge[:, 1:]) / self.area_m2
        return density

    def water(self) -> Array:
        """The source that 1 K of water above blood amounts to, W/m3 per cell."""
        source = np.zeros_like(self.rise)
        source[0] = self.to_water() / self.cells.size_m[0]
        return source

    def run(self, source: Array | Callable[[float], Array], t_s: float, dt_s: float, start: bool = True) -> None:
        """Go on for a time with a heat density in W/m3, constant or a function of the time since the call.

        Args:
            t_s: how long; dt_s: the largest step, s. start: the source has just changed, so damp the fastest modes.
        """
        steps = max(1, round(t_s / dt_s))
        dt_s = t_s / steps
        for n in range(steps):
            density = source((n + 0.5) * dt_s) if callable(source) else source
            heating = density / self.cells.rho_c[:, np.newaxis]
            if start and 2 * n < START_STEPS:
                self._start_step(heating, dt_s / 2)
                self._start_step(heating, dt_s / 2)
            else:
                self._step(heating, dt_s)

    def _inverted(self, h_s: float) -> tuple[Array, list[Array]]:
        """Inverses of 1 + h A in depth and, per diffusivity, across; both are well conditioned M-matrices."""
        return _inverse(h_s * self._depth), [_inverse(h_s * kind * self._across).transpose() for kind in self._kinds]

    def _solve_across(self, inverses: list[Array], right: Array) -> Array:
        solved = np.empty_like(right)
        for kind, inverse in zip(self._kinds, inverses, strict=True):
            rows = self._diffusivity == kind
            solved[rows] = right[rows] @ inverse
        return solved

    def _spread(self, rise: Array) -> Array:
        spread: Array = self._diffusivity[:, np.newaxis] * (rise @ self._across.T)
        return spread

    def _start_step(self, heating: Array, dt_s: float) -> None:
        depth, across = self._inverses(dt_s)
        self.rise = self._solve_across(across, depth @ (self.rise + dt_s * heating))

    def _step(self, heating: Array, dt_s: float) -> None:
        half_s = dt_s / 2
        depth, across = self._inverses(half_s)
        middle: Array = depth @ (self.rise + half_s * (heating - self._spread(self.rise)))
        self.rise = self._solve_across(across, middle + half_s * (heating - self._depth @ middle))

    def surface(self, radius_m: float, water_k: float = 0.0) -> float:
        """Rise of the skin's surface at a distance from the axis, K, with water so many K above blood."""
        inner = float(self.cells.conductivity[0] / self.cells.size_m[0] * 2)
        first = self.at(self.rise[0], radius_m)
        return (inner * first + self.cooling_w_m2_k * water_k) / (inner + self.cooling_w_m2_k)

    def interface(self, layer: int, radius_m: float = 0.0) -> float:
        """Rise at the outer face of a layer, K: where the fluxes of both half cells are equal."""
        i = self.cells.interface(layer)
        lead = self.cells.conductivity[i - 1 : i + 1] / self.cells.size_m[i - 1 : i + 1]
        return float(lead @ [self.at(self.rise[i - 1], radius_m), self.at(self.rise[i], radius_m)] / np.sum(lead))

    def at(self, row: Array, radius_m: float) -> float:
        """A row at a distance from the axis: a parabola in r^2 through the three nearest rings."""
        square = radius_m**2
        first = int(np.clip(np.searchsorted(self.square_m2, square) - 1, 0, len(row) - 3))
        rings = range(first, first + 3)
        total = 0.0
        for n in rings:
            here = float(self.square_m2[n])
            others = [float(self.square_m2[other]) for other in rings if other != n]
            total += float(row[n]) * math.prod((square - other) / (here - other) for other in others)
        return total

    def total(self, per_m3: Array) -> float:
        """Sum of a density over the volume."""
        return float(self.cells.size_m @ per_m3 @ self.area_m2)


def _inverse(operator: Array) -> Array:
    """Of one plus the operator."""
    return np.linalg.inv(np.eye(len(operator)) + operator).astype(np.float64)
