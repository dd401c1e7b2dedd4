"""What every place answers to every source: all modes of all columns, gathered on one common ladder of rates.

A place sees thousands of modes, each growing as (1 - exp(-rate t))/rate. That is a smooth function of log(rate), so
each mode is replaced by six neighbours on an even ladder (Lagrange interpolation), and the weights are added up. What
is left is one small state per source and rung, with the time behaviour of the whole column (error: docs/plant.md).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache

import numpy as np

from ..parts.check import number
from . import beam
from .column import Column
from .tissue import Anatomy, Array, Grid, Layer, grid

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


@lru_cache(maxsize=4)  # 8 MB each; a focus that moves finds the columns of the beam as planned here again
def _columns(
    layers: tuple[Layer, ...], cooling_w_m2_k: float, narrowest_m2: float, count: int
) -> list[tuple[float, float, Column]]:
    """Wavenumber, weight and column of each."""
    nodes = zip(*beam.wavenumbers(narrowest_m2, count), strict=True)
    return [(float(k), float(weight), Column(grid(layers), float(k), cooling_w_m2_k)) for k, weight in nodes]


def _answers(
    anatomy: Anatomy, heat: beam.Heat, observers: Array, radii_m: Array, count: int
) -> Iterator[tuple[Array, Array]]:
    """Rates and weights (place x mode) of every column that a beam heats."""
    narrowest_m2 = float(np.min(heat.beta_m2))
    for k, weight, column in _columns(anatomy.layers, anatomy.cooling_w_m2_k, narrowest_m2, count):
        across = np.array([beam.bessel_j0(float(k * r)) for r in radii_m])
        seen = column.seen(observers * (weight * across)[:, np.newaxis])
        yield column.rates, seen * column.excited(heat.transformed(k))


def modes(anatomy: Anatomy, wavenumber_count: int = 32) -> list[tuple[int, Array, Array]]:
    """Every mode of every column, as (source, rates, place x mode weights), nothing left out."""
    cells = grid(anatomy.layers)
    observers, radii_m = _places(anatomy, cells)
    found: list[tuple[int, Array, Array]] = []
    heats = (beam.on_bone(anatomy, cells), beam.on_skin(anatomy, cells), beam.on_interface(anatomy, cells))
    for source, heat in enumerate(heats):
        answers = _answers(anatomy, heat, observers, radii_m, wavenumber_count)
        found += [(source, rates, seen) for rates, seen in answers]
    base = Column(cells, 0.0, anatomy.cooling_w_m2_k)
    found.append((SOURCES.index("water"), base.rates, base.seen(observers) * base.excited(base.water_source())))
    return found


def _gather(weights: Array, first: float, rates: Array, seen: Array) -> None:
    """Add modes to the rungs beside them."""
    offsets = np.arange(REACH)
    position = (np.log(rates) - first) / STEP
    start = np.floor(position).astype(int) - REACH // 2 + 1
    for j in range(REACH):
        others = offsets[offsets != j]
        share = np.prod((position - start)[:, np.newaxis] - others, axis=1) / np.prod(j - others)
        for place in range(len(PLACES)):
            weights[place] += np.bincount(start + j, seen[place] * share, weights.shape[1])


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
    for source, rates, seen in found:
        _gather(weights[:, source], first, rates, seen)
    cells = grid(anatomy.layers)
    direct = np.zeros(len(PLACES))
    surface = anatomy.cooling_w_m2_k * cells.size_m[0] / cells.conductivity[0] / 2
    direct[:2] = surface / (1 + surface)
    return Response(np.exp(first + STEP * np.arange(rungs)), weights, direct)


@cache
def moved(anatomy: Anatomy, lateral_mm: float, deeper_mm: float, wavenumber_count: int = 0) -> Array:
    """Weights (place x rung, K/s per W) of the planned beam with its focus elsewhere, on the rungs of `response`.

    The axis of the beam moves by `lateral_mm` towards the sensors: what a place sees is the beam at its distance from
    the new axis, J0(k r) per wavenumber. More wavenumbers are taken as the distance grows, since J0 then turns faster.

    Raises:
        ValueError: if a figure is NaN or out of range.
    """
    number("focus lateral mm", lateral_mm, -20.0, 20.0)
    number("focus deeper mm", deeper_mm, -30.0, 30.0)
    cells = grid(anatomy.layers)
    observers, places_m = _places(anatomy, cells)
    radii_m = np.abs(places_m - lateral_mm * 1e-3)
    heat = beam.on_bone(anatomy, cells, deeper_mm)
    highest = 8 / float(np.sqrt(np.min(heat.beta_m2)))
    count = wavenumber_count or max(32, 16 * int(np.ceil((0.6 * highest * float(np.max(radii_m)) + 16) / 16)))
    found = response(anatomy)
    weights = np.zeros((len(PLACES), len(found.rates)))
    for rates, seen in _answers(anatomy, heat, observers, radii_m, count):
        _gather(weights, float(np.log(found.rates[0])), rates, seen)
    return weights
