"""G3, the converse: an honest host on a poor line does not trip."""

import random
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st

from sonofuse_hil import strategies
from sonofuse_hil.guarantees import g03, losses
from sonofuse_hil.line import Filter, Line
from sonofuse_hil.measurement import Measurement
from sonofuse_hil.operator import Sonication
from sonofuse_hil.strategies import examples

from .conftest import LimitsFiles

Measured = Callable[[Measurement], None]
LATE_MS = 180  # of a receipt: with a frame and its way on the line it is still in time
BURST_US = 15_000  # a frame and its second time are further apart
APART_US = 100_000  # of two errors
LONG = (Sonication(20.0, 3.0),)


@pytest.fixture(scope="module")
def limits(limits_files: LimitsFiles) -> Path:
    return limits_files.hosted


POOR: dict[str, Callable[[random.Random, bool], tuple[Filter, Callable[[], int]]]] = {
    "single frames lost": lambda rng, _to_host: losses.one_frame(APART_US, rng),
    "single frames damaged": lambda rng, _to_host: losses.one_frame(APART_US, rng, losses.one_byte(rng)),
    "bursts of nothing": lambda rng, to_host: losses.bursts(APART_US, longest_us(to_host), rng, False),
    "bursts of noise": lambda rng, to_host: losses.bursts(APART_US, longest_us(to_host), rng, True),
}


def longest_us(to_host: bool) -> int:
    return BURST_US if to_host else 1_000 * LATE_MS


@pytest.mark.parametrize("to_host", [True, False], ids=["to the host", "to the device"])
@pytest.mark.parametrize("kind", POOR)
def test_an_honest_host_on_a_poor_line(kind: str, to_host: bool, limits: Path, blob: bytes, measured: Measured) -> None:
    prove_honest(measured, limits, blob, kind, to_host, seed=1)


@pytest.mark.slow
@pytest.mark.parametrize("to_host", [True, False], ids=["to the host", "to the device"])
@pytest.mark.parametrize("kind", POOR)
def test_an_honest_host_on_a_poor_line_for_long(
    kind: str, to_host: bool, limits: Path, blob: bytes, measured: Measured
) -> None:
    for seed in range(2, 42):
        prove_honest(measured, limits, blob, kind, to_host, seed)


def prove_honest(measured: Measured, limits: Path, blob: bytes, kind: str, to_host: bool, seed: int) -> None:
    def errors() -> int:
        return 0

    def act(line: Line) -> None:
        nonlocal errors
        filtered, errors = POOR[kind](random.Random(seed), to_host)
        losses.on(line, to_host, losses.until(line.rig.bench.now_us + 2_900_000, filtered))  # FINISH has no second time

    found = g03.perform(limits, kind, 5_000, act, plan=LONG, seed=seed)
    assert errors() >= 8
    text = f"{errors()} times to the {'host' if to_host else 'device'}, seed {seed}"
    measured(g03.unconfirmed("honest host, poor line", found, blob, text))
    measured(g03.false_trip(kind, found, text))


@settings(max_examples=examples(5), phases=(Phase.explicit, Phase.generate))
@given(late_ms=st.integers(0, LATE_MS), delay_us=strategies.moments(5_000, 350_000), seed=strategies.seeds())
@example(late_ms=LATE_MS, delay_us=5_000, seed=1)
def test_receipts_that_are_late_and_in_time(
    limits: Path, blob: bytes, measured: Measured, late_ms: int, delay_us: int, seed: int
) -> None:
    found = g03.perform(
        limits, "late", delay_us, lambda line: losses.on(line, False, losses.late(line, 1_000 * late_ms)), seed=seed
    )
    text = f"{late_ms} ms late from {delay_us} us on, seed {seed}"
    measured(g03.unconfirmed("receipts come late", found, blob, text))
    measured(g03.false_trip(f"receipts up to {LATE_MS} ms late", found, text))
