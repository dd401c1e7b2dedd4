"""One row of a campaign: which scenario has which number, and what running it showed."""

# SciPy and Arrow carry no types:
# pyright: basic

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import qmc

from sonofuse.causes import cause_text

from ..guarantees.oracle import Oracle
from ..operator import Sonication
from ..platforms.process import RigError
from ..rig import Rig
from ..run import Run
from ..scenario import run_scenario
from .declared import DIMENSIONS, Drawn, limits_of, scenario
from .verdict import RIG_ERROR, Verdict, judge, trip_of

RANDOM, QUASI, SEARCH = PARTS = ("random", "quasi-random", "search")
# Of each generation of rows, by place: independent draws, which alone carry the bounds; points that fill space evenly;
# neighbours of the rows of all earlier generations that had the smallest margin.
GENERATION, _QUASI_FROM, _SEARCH_FROM = 200, 120, 170
_MOVED = 0.3  # of the coordinates of a neighbour are moved, by a normal distribution of this width:
_WIDTH = 0.1
_SEEDS, _NEIGHBOURS = 1, 2  # streams of chance besides that of the points
Row = dict[str, Any]
Lineage = tuple[int, ...]  # a row's number, and of a neighbour those of its parent, its parent's parent, ...


@dataclass(frozen=True)
class Asked:
    """What a campaign is: the same figures give the same rows. A row does not depend on `n`."""

    n: int
    seed: int
    limits: Path
    board: Path | None = None
    faults: tuple[str, ...] = ()


def part_of(number: int) -> str:
    """Which part a row belongs to; the first generation has nothing to search from, and is random there."""
    generation, place = divmod(number, GENERATION)
    if place >= _SEARCH_FROM and generation:
        return SEARCH
    return QUASI if _QUASI_FROM <= place < _SEARCH_FROM else RANDOM


def point(seed: int, lineage: Lineage) -> list[float]:
    """The point in the unit cube of a row.

    Raises:
        ValueError: if the row needs a parent and has none, or the other way round.
    """
    number, *parents = lineage
    if (part_of(number) == SEARCH) != bool(parents):
        needs = "a neighbour of another row, which has to be named" if not parents else "no neighbour of another row"
        raise ValueError(f"row {number} is {needs}")
    if parents:
        rng = np.random.default_rng([seed, number, _NEIGHBOURS])
        found = np.array(point(seed, tuple(parents)))
        moved = rng.random(DIMENSIONS) < _MOVED
        found = found + moved * rng.normal(0.0, _WIDTH, DIMENSIONS)
        found = np.clip(np.abs(found), 0.0, 1.0)  # reflected at 0
        return [float(value) for value in found]
    if part_of(number) == RANDOM:
        return [float(value) for value in np.random.default_rng([seed, number]).random(DIMENSIONS)]
    generation, place = divmod(number, GENERATION)
    index = generation * (_SEARCH_FROM - _QUASI_FROM) + place - _QUASI_FROM
    sobol = qmc.Sobol(DIMENSIONS, rng=np.random.default_rng(seed))
    if index:  # SciPy fails to go forward by nothing
        sobol.fast_forward(index)
    return [float(value) for value in sobol.random(1)[0]]


def drawn(asked: Asked, lineage: Lineage) -> Drawn:
    """The scenario of a row.

    Raises:
        ValueError: as for `point`.
    """
    noise = int(np.random.default_rng([asked.seed, lineage[0], _SEEDS]).integers(1, 10_000_000))
    return scenario(point(asked.seed, lineage), noise, asked.limits, asked.board, asked.faults)


@lru_cache(maxsize=4)
def oracle_of(limits: Path, board: Path | None) -> Oracle:
    """The oracle of a limits file, read once."""
    return Oracle(limits, None if board is None else limits_of(limits, board).board)


@lru_cache(maxsize=4)
def treated(limits: Path, board: Path | None) -> bytes:
    """What the latch of a device holds after one treatment that has ended normally."""
    with Rig(limits_of(limits, board), (Sonication(60.0, 0.05),)) as rig:
        rig.run_plan(4_000_000)
        return bytes(rig.flash.data)


def run_row(asked: Asked, lineage: Lineage) -> Row:
    """Run the scenario of a row and judge it."""
    return perform(asked, lineage).row


@dataclass(frozen=True)
class Performed:
    """A row with what it comes from; no run where the rig failed, which is an outcome of its own."""

    drawn: Drawn
    run: Run | None
    verdict: Verdict
    row: Row


def perform(asked: Asked, lineage: Lineage) -> Performed:
    """Run the scenario of a row and judge it."""
    it = drawn(asked, lineage)
    try:
        flash = None if it.new else treated(asked.limits, asked.board)
        run = run_scenario(it.scenario, flash=flash).run
    except RigError as error:
        verdict = Verdict(RIG_ERROR, it.scenario.expect.guarantee, None, None, 0.0, str(error))
        return Performed(it, None, verdict, row_of(lineage, it, verdict, None, ""))
    limits = limits_of(asked.limits, asked.board)
    verdict = judge(it, run, oracle_of(asked.limits, asked.board), limits)
    trip = trip_of(run)
    cause = "" if trip is None else cause_text(trip.cause, limits.board)
    return Performed(it, run, verdict, row_of(lineage, it, verdict, run, cause))


def row_of(lineage: Lineage, it: Drawn, verdict: Verdict, run: Run | None, cause: str) -> Row:
    """A row of the table."""
    scene, (first, second) = it.scenario, (*it.strikes, None, None)[:2]
    return {
        "number": lineage[0],
        "part": part_of(lineage[0]),
        "lineage": ",".join(map(str, lineage)),
        "seed": scene.seed,
        "fault": first.fault if first else "",
        "phase": first.phase if first else "",
        "second": second.fault if second else "",
        "second_phase": second.phase if second else "",
        "values": json.dumps([strike.values for strike in it.strikes], sort_keys=True),
        "guarantee": verdict.guarantee,
        "sonications": len(scene.plan),
        "planned_s": sum(sonication.duration_s for sonication in scene.plan),
        "outcome": verdict.outcome,
        "reason": verdict.reason,
        "cause": cause,
        "reaction_us": verdict.reaction_us,
        "bound_us": verdict.bound_us,
        "margin_us": verdict.margin_us,
        "skin_k": verdict.skin_k,
        "simulated_s": 0.0 if run is None else run.end_us * 1e-6,
        "run_sha256": "" if run is None else run.digest(),
    }
