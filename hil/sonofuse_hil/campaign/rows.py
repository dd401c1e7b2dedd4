"""One row of a campaign: which scenario has which number, and what running it showed."""

# SciPy and Arrow carry no types:
# pyright: basic

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import qmc

from sonofuse.board import load_board
from sonofuse.causes import cause_text

from ..guarantees.oracle import Oracle
from ..platforms.process import RigError
from ..scenario import run_scenario
from .declared import DIMENSIONS, Drawn, scenario
from .verdict import RIG_ERROR, Verdict, judge

RANDOM, QUASI = "random", "quasi-random"
RANDOM_SHARE = 0.6  # of the scenarios: independent draws, which alone carry the bounds; the rest fills space evenly
Row = dict[str, Any]


@dataclass(frozen=True)
class Asked:
    """What a campaign is: the same figures give the same rows."""

    n: int
    seed: int
    limits: Path
    board: Path | None = None
    faults: tuple[str, ...] = ()

    @property
    def random(self) -> int:
        """How many scenarios are independent draws."""
        return round(self.n * RANDOM_SHARE)


def drawn(asked: Asked, number: int) -> Drawn:
    """The scenario of a row.

    Raises:
        ValueError: if the campaign has no such row.
    """
    if not 0 <= number < asked.n:
        raise ValueError(f"row {number}: the campaign has rows 0 to {asked.n - 1}")
    rng = np.random.default_rng([asked.seed, number])
    if number < asked.random:
        point = rng.random(DIMENSIONS)
    else:
        sobol = qmc.Sobol(DIMENSIONS, rng=np.random.default_rng(asked.seed))
        if number > asked.random:  # SciPy fails to go forward by nothing
            sobol.fast_forward(number - asked.random)
        point = sobol.random(1)[0]
    seed = int(rng.integers(1, 10_000_000))
    return scenario([float(value) for value in point], seed, asked.limits, asked.board, asked.faults)


def run_row(asked: Asked, number: int) -> Row:
    """Run the scenario of a row and judge it; a rig that fails is an outcome of its own."""
    it = drawn(asked, number)
    scene = it.scenario
    row: Row = {
        "number": number,
        "part": RANDOM if number < asked.random else QUASI,
        "seed": scene.seed,
        "fault": it.fault,
        "phase": it.phase,
        "guarantee": scene.expect.guarantee,
        "sonications": len(scene.plan),
        "planned_s": sum(sonication.duration_s for sonication in scene.plan),
    }
    try:
        run = run_scenario(scene).run
    except RigError as error:
        verdict, cause, simulated_s, digest = Verdict(RIG_ERROR, None, None, None, 0.0, str(error)), "", 0.0, ""
    else:
        board = None if asked.board is None else load_board(asked.board)
        oracle = Oracle(asked.limits, board)
        verdict, simulated_s, digest = judge(it, run, oracle), run.end_us * 1e-6, run.digest()
        cause = "" if run.tripped is None else cause_text(run.tripped.cause, oracle.board)
    return row | {
        "outcome": verdict.outcome,
        "reason": verdict.reason,
        "cause": cause,
        "reaction_us": verdict.reaction_us,
        "bound_us": verdict.bound_us,
        "margin_us": verdict.margin_us,
        "skin_k": verdict.skin_k,
        "simulated_s": simulated_s,
        "run_sha256": digest,
    }
