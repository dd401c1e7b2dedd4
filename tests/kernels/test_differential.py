"""Firmware kernel on the real VM, its plain twin, the host's checker and the reference agree on every state word."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sonofuse.layout import FIRMWARE, K
from sonofuse.twin import plain_twin

from . import limitsets
from .batches import Batch, Limits, generate, preset
from .boundaries import boundaries
from .kernels import first_difference, run_checker, run_reference, run_twin, run_vm
from .limitsets import Pick

SEEDS = 40
EPISODES = 5  # of a new limit set each
TICKS = 5000
assert SEEDS * EPISODES * TICKS >= 10**6


def seeded(seed: int) -> Pick:
    numbers = np.random.default_rng(seed)
    return lambda low, high: int(numbers.integers(low, high + 1))


def drawn_batches(seed: int, count: int, ticks: int) -> Iterator[Batch]:
    pick = seeded(seed)
    for number in range(count):
        limits = Limits(limitsets.drawn(pick))
        yield generate(limits, pick, ticks, preset(limits, pick) if number % 2 else None)


@pytest.mark.parametrize("seed", range(SEEDS))
def test_a_million_generated_ticks_agree_in_every_word(seed: int) -> None:
    for batch in drawn_batches(seed, EPISODES, TICKS):
        expected = run_reference(batch)
        assert not first_difference(batch, expected, run_vm(batch))
        assert not first_difference(batch, expected, run_checker(batch))


@pytest.mark.parametrize("known", limitsets.KNOWN)
def test_the_known_limit_sets_agree_in_every_word(known: str) -> None:
    limits = Limits(limitsets.KNOWN[known]())
    pick = seeded(7)
    for batch in (
        boundaries(limits),
        generate(limits, pick, 10_000),
        generate(limits, pick, 5000, preset(limits, pick)),
    ):
        expected = run_reference(batch)
        assert not first_difference(batch, expected, run_vm(batch))
        assert not first_difference(batch, expected, run_checker(batch))


@pytest.mark.parametrize("seed", range(1000, 1010))
def test_thresholds_and_saturation_of_drawn_limit_sets_agree(seed: int) -> None:
    batch = boundaries(Limits(limitsets.drawn(seeded(seed))))
    expected = run_reference(batch)
    assert not first_difference(batch, expected, run_vm(batch))
    assert not first_difference(batch, expected, run_checker(batch))


def test_the_plain_twin_agrees_under_both_interpreters(tmp_path: Path) -> None:
    source = (FIRMWARE / "kernel.py").read_text(encoding="utf-8")
    (tmp_path / "kernel.py").write_text(plain_twin(source), encoding="utf-8")
    decisive = boundaries(Limits(limitsets.every_check()))
    for batch in itertools.chain([decisive], drawn_batches(2000, 6, 2000)):
        expected = run_reference(batch)
        assert not first_difference(batch, expected, run_twin(batch))
        assert not first_difference(batch, expected, run_vm(batch, tmp_path))


@st.composite
def short_batches(draw: st.DrawFn) -> Batch:
    """Up to 80 ticks over a drawn or a known limit set, from the first tick on or from the middle."""

    def pick(low: int, high: int) -> int:
        return draw(st.integers(low, high))

    known = draw(st.sampled_from([*limitsets.KNOWN.values(), None]))
    limits = Limits(limitsets.drawn(pick) if known is None else known())
    start = preset(limits, pick) if draw(st.booleans()) else None
    return generate(limits, pick, pick(1, 80), start)


@given(short_batches())
@settings(max_examples=60, deadline=None)
def test_no_short_sequence_tells_them_apart(batch: Batch) -> None:
    expected = run_reference(batch)
    assert not first_difference(batch, expected, run_vm(batch))
    assert not first_difference(batch, expected, run_checker(batch))
    assert not first_difference(batch, expected, run_twin(batch))


@pytest.mark.parametrize("word", [K.H_MAGIC, K.H_SETTLE_US, 22, K.H_ROWS + K.R_TRIP + K.ABOVE, -2, -1])
def test_a_limit_set_damaged_in_memory_fails_limits_for_ever(word: int) -> None:
    stored = limitsets.every_check()
    words = np.frombuffer(stored[:-32], "<i4").copy()  # -1: the stored CRC, -2: the last word of the last table
    words[word] ^= 1 << 9
    damaged = words.tobytes() + stored[-32:]
    limits = Limits(damaged)
    one_pass = -(-4 * int(limits.words[K.H_WORDS]) // int(limits.words[K.H_CRC_BYTES]))
    batch = generate(limits, seeded(3), 3 * one_pass)
    expected = run_reference(batch)
    assert not first_difference(batch, expected, run_vm(batch))
    assert not first_difference(batch, expected, run_twin(batch))
    bad = expected[0, :, K.S_CRC_BAD]
    assert not bad[: one_pass - 1].any() and bad[one_pass - 1 :].all()
    assert set(expected[0, one_pass - 1 :, K.S_CAUSE]) <= {K.LIMITS * 256 + K.MONITOR, K.DEADLINE * 256 + K.MONITOR}
    with pytest.raises(ValueError, match=r"."):
        run_checker(batch)


def test_an_intact_limit_set_never_fails_limits_and_every_check_runs_on_every_tick() -> None:
    for known in limitsets.KNOWN.values():
        limits = Limits(known())
        states = run_reference(generate(limits, seeded(11), 3000))
        assert not states[..., K.S_CRC_BAD].any()
        assert (states[..., K.S_RAN] == limits.words[K.H_TOKEN]).all()


def test_the_decisive_vectors_reach_every_enabled_check_and_a_quiet_monitor() -> None:
    limits = Limits(limitsets.every_check())
    causes = set(run_reference(boundaries(limits))[..., K.S_CAUSE].ravel().tolist())
    wanted = {check * 256 + channel for channel in range(limits.channels) for check in limits.enabled(channel)}
    wanted |= {check * 256 + K.MONITOR for check in (K.DEADLINE, K.LIMITS, K.ENERGY, K.DURATION, K.RECEIPT)} | {0}
    assert wanted == causes
