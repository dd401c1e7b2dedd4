"""What every place answers to every source: all modes of all columns, gathered on one common ladder of rates.

A place sees thousands of modes, each growing as (1 - exp(-rate t))/rate. That is a smooth function of log(rate), so
each mode is replaced by six neighbours on an even ladder (Lagrange interpolation), and the weights are added up. What
is left is one small state per source and rung, with the time behaviour of the whole column (error: docs/plant.md).
"""

from dataclasses import dataclass
from functools import cache

import numpy as np

from . import beam
from .column import Column
from .tissue import Anatomy, Array, Grid, grid

PLACES = ("skin_a", "skin_b", "fat", "periosteum", "marrow")
SOURCES = ("bone", "skin", "interface", "water")
STEP = 0.3  # of log(rate) from rung to rung
REACH = 6  # rungs that share one mode


@dataclass(frozen=True, eq=False)
class Response:
    """rates: 1/s, per rung. weights: place x source x rung, K/s per unit of the source. direct: K per K of water."""

    rates: Array
    weights: Array
    direct: Array


def _places(anatomy: Anatomy, cells: Grid) -> tuple[Array, Array]:
    """Weights per place and cell, and the distance of each place from the axis, m."""
    observers = np.zeros((len(PLACES), len(cells.size_m)))
    observers[:2, 0] = 1 / (1 + anatomy.cooling_w_m2_k * cells.size_m[0] / cells.conductivity[0] / 2)
    names = [layer.name for layer in anatomy.layers]
    # The hottest fat lies at the muscle, the hottest marrow at the bone: both are interfaces, like the periosteum.
    for row, inner in enumerate(("muscle", "bone", "marrow"), start=2):
        if inner not in names[1:]:
            raise ValueError(f"the layers {', '.join(names)} lack {inner}: a LayeredPlant reads temperatures there")
        i = cells.interface(names.index(inner))
        lead = cells.conductivity[i - 1 : i + 1] / cells.size_m[i - 1 : i + 1]
        observers[row, i - 1 : i + 1] = lead / np.sum(lead)
    return observers, np.array([*anatomy.probes_mm, 0.0, 0.0, 0.0]) * 1e-3


def modes(anatomy: Anatomy, wavenumber_count: int = 32) -> list[tuple[int, Array, Array]]:
    """Every mode of every column, as (source, rates, place x mode weights), nothing left out."""
    cells = grid(anatomy.layers)
    observers, radii_m = _places(anatomy, cells)
    found: list[tuple[int, Array, Array]] = []
    heats = (beam.on_bone(anatomy, cells), beam.on_skin(anatomy, cells), beam.on_interface(anatomy, cells))
    for source, heat in enumerate(heats):
        for k, weight in zip(*beam.wavenumbers(float(np.min(heat.beta_m2)), wavenumber_count), strict=True):
            column = Column(cells, float(k), anatomy.cooling_w_m2_k)
            across = np.array([beam.bessel_j0(float(k * r)) for r in radii_m])
            seen = column.seen(observers * (weight * across)[:, np.newaxis])
            found.append((source, column.rates, seen * column.excited(heat.transformed(float(k)))))
    base = Column(cells, 0.0, anatomy.cooling_w_m2_k)
    found.append((SOURCES.index("water"), base.rates, base.seen(observers) * base.excited(base.water_source())))
    return found


@cache
def response(anatomy: Anatomy, wavenumber_count: int = 32) -> Response:
    """The gathered answer of an anatomy; computed once, then remembered.

    Raises:
        ValueError: if the layers lack one that a place belongs to.
    """
    found = modes(anatomy, wavenumber_count)
    low = min(float(rates[0]) for _, rates, _ in found)
    high = max(float(rates[-1]) for _, rates, _ in found)
    first = np.log(low) - REACH * STEP
    rungs = int(np.ceil((np.log(high) - first) / STEP)) + REACH
    weights = np.zeros((len(PLACES), len(SOURCES), rungs))
    offsets = np.arange(REACH)
    for source, rates, seen in found:
        position = (np.log(rates) - first) / STEP
        start = np.floor(position).astype(int) - REACH // 2 + 1
        for j in range(REACH):
            others = offsets[offsets != j]
            share = np.prod((position - start)[:, np.newaxis] - others, axis=1) / np.prod(j - others)
            for place in range(len(PLACES)):
                weights[place, source] += np.bincount(start + j, seen[place] * share, rungs)
    cells = grid(anatomy.layers)
    direct = np.zeros(len(PLACES))
    surface = anatomy.cooling_w_m2_k * cells.size_m[0] / cells.conductivity[0] / 2
    direct[:2] = surface / (1 + surface)
    return Response(np.exp(first + STEP * np.arange(rungs)), weights, direct)
