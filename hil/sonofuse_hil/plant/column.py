"""One column of tissue cells for one radial wavenumber, solved exactly in time by its modes.

In layers that are uniform across the beam, the Hankel transform of the bioheat equation leaves one equation in depth
per wavenumber k, in which spreading across the beam is a loss of k^2 times the conductivity.
"""

import numpy as np

from .tissue import Array, Grid


def growth(rates: Array, t_s: float) -> Array:
    """(1 - exp(-rate t)) / rate, s: how far a mode has answered a unit source; t where the rate is 0."""
    safe = np.maximum(rates, 1e-12)
    return -np.expm1(-safe * t_s) / safe


class Column:
    """Temperature rise above blood in every cell; the far end is insulated.

    Args:
        cells: the grid.
        wavenumber: k, 1/m; 0 is the mean over the whole plane.
        cooling_w_m2_k: between the surface and the water; 0 insulates.
    """

    def __init__(self, cells: Grid, wavenumber: float = 0.0, cooling_w_m2_k: float = 0.0) -> None:
        half = cells.size_m / cells.conductivity / 2
        between = 1 / (half[:-1] + half[1:])  # W/m2/K from cell to cell
        self.cells = cells
        self.to_water = cooling_w_m2_k / (1 + cooling_w_m2_k * half[0])  # from the first cell
        loss = (cells.perfusion + cells.conductivity * wavenumber**2) * cells.size_m
        loss[0] += self.to_water
        loss[:-1] += between
        loss[1:] += between
        # Dividing by the root of both heat capacities makes the matrix symmetric: real rates, orthogonal modes.
        self._root = np.sqrt(cells.rho_c * cells.size_m)
        beside = -between / (self._root[:-1] * self._root[1:])
        rates, self._modes = np.linalg.eigh(np.diag(loss / self._root**2) + np.diag(beside, 1) + np.diag(beside, -1))
        self.rates: Array = rates

    def excited(self, source_w_m3: Array) -> Array:
        """How strongly a source excites each mode."""
        driven: Array = self._modes.T @ (source_w_m3 * self.cells.size_m / self._root)
        return driven

    def seen(self, observer: Array) -> Array:
        """How strongly an observer (a weight per cell; rows for several) sees each mode."""
        visible: Array = (observer / self._root) @ self._modes
        return visible

    def rise(self, source_w_m3: Array, t_s: float) -> Array:
        """Rise in every cell, K, after a constant source has acted for a time from rest."""
        return self.seen(np.eye(len(self._root))) @ (self.excited(source_w_m3) * growth(self.rates, t_s))

    def water_source(self) -> Array:
        """The source that 1 K of water above blood temperature amounts to, W/m3."""
        source = np.zeros_like(self._root)
        source[0] = self.to_water / self.cells.size_m[0]
        return source
