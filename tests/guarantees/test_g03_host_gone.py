"""G3: whatever becomes of the host, the permit is low within the receipt timeout + 1 tick."""

import random
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st

from sonofuse.layout import K
from sonofuse.limits import compile_limits, load
from sonofuse_firmware.checks import CHECKS
from sonofuse_firmware.states import ON
from sonofuse_hil import strategies
from sonofuse_hil.guarantees import g03, hosts, losses, variant
from sonofuse_hil.line import Line
from sonofuse_hil.measurement import Measurement
from sonofuse_hil.operator import Sonication
from sonofuse_hil.rig import Rig
from sonofuse_hil.strategies import examples

from .conftest import LimitsFiles

Measured = Callable[[Measurement], None]
UNSHRUNK = (Phase.explicit, Phase.generate)
RECEIPT, STOPPED = (next(number for number, name, _, _ in CHECKS if name == wanted) for wanted in ("receipt", "stop"))
MOMENTS = strategies.moments(5_000, 350_000)  # of RF
LONG = (Sonication(20.0, 3.0),)


@pytest.fixture(scope="module")
def limits(limits_files: LimitsFiles) -> Path:
    return limits_files.hosted


@pytest.fixture(scope="module")
def another_treatment(limits: Path) -> dict[int, int]:
    """Right receipts of a whole treatment of the same kind, with other noise."""
    recorded = g03.perform(limits, "nothing", 1_000, lambda _line: None, seed=4711)
    assert recorded.run.done == 1 and len(recorded.receipts) > 100
    return recorded.receipts


def judge(measured: Measured, name: str, found: g03.Outcome, blob: bytes, text: str) -> None:
    measured(g03.unconfirmed(name, found, blob, text))
    measured(g03.not_tripped(found, (RECEIPT,), text))


# ---- gone


@pytest.mark.parametrize("kind", hosts.SILENT)
def test_a_host_that_is_gone(kind: str, limits: Path, blob: bytes, measured: Measured) -> None:
    @settings(max_examples=examples(4), phases=UNSHRUNK)
    @given(delay_us=MOMENTS, seed=strategies.seeds())
    def prove(delay_us: int, seed: int) -> None:
        found = g03.perform(limits, kind, delay_us, hosts.SILENT[kind], seed=seed)
        judge(measured, "host gone", found, blob, f"{kind} {delay_us} us after RF, seed {seed}")
        measured(g03.since("host gone", found, 0, blob, f"{kind} {delay_us} us after RF, seed {seed}"))

    prove()


# ---- answering without checking


@pytest.mark.parametrize("lie", hosts.UNCHECKED)
def test_a_thread_that_answers_without_checking(
    lie: str, limits: Path, blob: bytes, measured: Measured, another_treatment: dict[int, int]
) -> None:
    @settings(max_examples=examples(2), phases=UNSHRUNK)
    @given(delay_us=MOMENTS, seed=strategies.seeds())
    def prove(delay_us: int, seed: int) -> None:
        act = hosts.unchecked(lie, seed, another_treatment)
        found = g03.perform(limits, lie, delay_us, act, seed=seed)
        judge(measured, "host answers without checking", found, blob, f"{lie} {delay_us} us after RF, seed {seed}")

    prove()


@settings(max_examples=examples(3), phases=UNSHRUNK)
@given(delay_us=MOMENTS, seed=strategies.seeds())
def test_an_echo(limits: Path, blob: bytes, measured: Measured, delay_us: int, seed: int) -> None:
    found = g03.perform(limits, "echo", delay_us, hosts.echoes, seed=seed)
    judge(measured, "host answers without checking", found, blob, f"echo {delay_us} us after RF, seed {seed}")


# ---- computing something else


def words() -> st.SearchStrategy[tuple[int, int]]:
    """A word of the state of a kernel with 12 channels, and a bit of it."""
    whole = K.S_CHANNELS + 12 * K.CHANNEL_WORDS
    return st.tuples(st.integers(0, whole - 1), st.integers(0, 31)).filter(lambda place: not hosts.kills(*place))


def prove_wrong_bit(
    measured: Measured, limits: Path, blob: bytes, place: tuple[int, int], stuck: bool, delay_us: int, seed: int
) -> bool:
    """Whether the difference lasted, so that it had to be found."""
    comparison = g03.Comparison()
    act = hosts.wrong_bit(*place, stuck)
    found = g03.perform(limits, "wrong bit", delay_us, act, seed=seed, watch=comparison.watch)
    text = f"bit {place[1]} of word {place[0]}{' stuck' * stuck} {delay_us} us after RF, seed {seed}"
    measured(g03.unconfirmed("host computes something else", found, blob, text))
    if comparison.lasting and not stuck:
        measured(g03.not_tripped(found, (RECEIPT, STOPPED), text))
        extra = g03.digest_pass_ticks(blob)
        measured(g03.since("host computes something else, its state", found, extra, blob, text))
    return comparison.lasting


@settings(max_examples=examples(14), phases=UNSHRUNK)
@given(place=words(), delay_us=MOMENTS, seed=strategies.seeds())
@example(place=(K.S_CHANNELS + K.C_DOSE_LO, 0), delay_us=100_000, seed=1)
@example(place=(K.S_CHANNELS + 11 * K.CHANNEL_WORDS + K.CHANNEL_WORDS - 1, 0), delay_us=100_000, seed=1)
def test_a_bit_of_the_kernels_state(
    limits: Path, blob: bytes, measured: Measured, place: tuple[int, int], delay_us: int, seed: int
) -> None:
    prove_wrong_bit(measured, limits, blob, place, False, delay_us, seed)


@settings(max_examples=examples(5), phases=UNSHRUNK)
@given(place=words(), delay_us=MOMENTS, seed=strategies.seeds())
def test_a_bit_of_the_kernels_state_that_is_stuck(
    limits: Path, blob: bytes, measured: Measured, place: tuple[int, int], delay_us: int, seed: int
) -> None:
    prove_wrong_bit(measured, limits, blob, place, True, delay_us, seed)


@pytest.mark.slow
@pytest.mark.parametrize("part", range(4))
def test_every_word_of_the_kernels_state(limits: Path, blob: bytes, measured: Measured, part: int) -> None:
    """And which of them a wrong bit stays in: all that the next conversion does not replace."""
    rng = random.Random(part)
    every = list(range(K.S_CHANNELS + 12 * K.CHANNEL_WORDS))
    random.Random(4).shuffle(every)  # no part has the same places of each channel: some of those are soon written anew
    lasted = 0
    for word in every[part::4]:
        bit = next(bit for bit in iter(partial(rng.randrange, 32), None) if not hosts.kills(word, bit))
        moment_us = rng.randrange(5_000, 350_000)
        lasted += prove_wrong_bit(measured, limits, blob, (word, bit), False, moment_us, rng.randrange(1, 1000))
    assert lasted > 100


@settings(max_examples=examples(8), phases=UNSHRUNK)
@given(number=st.integers(0, 1_000), bit=st.integers(0, 31), delay_us=MOMENTS, seed=strategies.seeds())
def test_a_limit_of_the_hosts_own_copy(
    limits: Path, blob: bytes, measured: Measured, number: int, bit: int, delay_us: int, seed: int
) -> None:
    thresholds = hosts.thresholds(blob)
    word = thresholds[number % len(thresholds)]
    found = g03.perform(limits, "wrong limit", delay_us, hosts.wrong_limit(word, bit), seed=seed)
    text = f"bit {bit} of word {word} of the limit set {delay_us} us after RF, seed {seed}"
    measured(g03.unconfirmed("host computes something else", found, blob, text))
    measured(g03.not_tripped(found, (RECEIPT, STOPPED), text))
    extra = g03.limit_pass_ticks(blob) + g03.digest_pass_ticks(blob)
    measured(g03.since("host computes something else, its limits", found, extra, blob, text))


def test_a_host_with_another_limit_set_starts_nothing(limits: Path, tmp_path: Path) -> None:
    other = variant.write(tmp_path / "other.toml", {**variant.QUICK, "channel.skin_a.above.trip": "41.1 degC"})
    with Rig(limits, LONG) as rig:
        rig.operator.watch.limits = compile_limits(load(other))
        rig.run_for(2_500_000)
        assert "limit set" in rig.operator.watch.trouble
        assert rig.operator.watch.receipts == 0 and ON not in {seen.state for seen in rig.seen}


# ---- late and lost receipts, and a line that fails


@settings(max_examples=examples(5), phases=UNSHRUNK)
@given(over_ms=st.integers(1, 400), delay_us=MOMENTS, seed=strategies.seeds())
def test_receipts_later_than_the_timeout(
    limits: Path, blob: bytes, measured: Measured, over_ms: int, delay_us: int, seed: int
) -> None:
    late_us = g03.timeout_us(blob) + 1_000 * over_ms
    found = g03.perform(
        limits, "late", delay_us, lambda line: losses.on(line, False, losses.late(line, late_us)), seed=seed
    )
    judge(measured, "receipts come late", found, blob, f"{late_us} us late from {delay_us} us on, seed {seed}")


def be_late(d_us: int, line: Line) -> None:
    line.to_device = losses.late(line, d_us)


@settings(max_examples=examples(6), phases=UNSHRUNK)
@given(start_late_ms=st.integers(0, 300), digest_us=st.sampled_from((0, 3_000, 20_000)), seed=strategies.seeds())
@example(start_late_ms=180, digest_us=3_000, seed=1)
def test_the_last_receipt_comes_before_start(
    limits: Path, blob: bytes, measured: Measured, start_late_ms: int, digest_us: int, seed: int
) -> None:
    """To look at a seal takes a chip longer than a tick; a receipt gets older all the same."""

    def deaf(line: Line) -> None:
        line.to_device = losses.no_receipts_from_arm_on(line, 1_000 * start_late_ms)

    takes = g03.slow_digests(digest_us)
    found = g03.perform(limits, "deaf", 1_000, lambda _line: None, plan=LONG, seed=seed, transform=takes, watch=deaf)
    text = f"START {start_late_ms} ms late, a digest takes {digest_us} us, seed {seed}"
    measured(g03.unconfirmed("no receipt since ARM", found, blob, text))


@settings(max_examples=examples(8), phases=UNSHRUNK)
@given(d_ms=st.integers(50, 600), to_host=st.booleans(), noise=st.booleans(), delay_us=MOMENTS, seed=strategies.seeds())
def test_a_long_burst(
    limits: Path, blob: bytes, measured: Measured, d_ms: int, to_host: bool, noise: bool, delay_us: int, seed: int
) -> None:
    """What is longer than a frame and its second time ends the lock-step, in the one direction; in the other it has to
    be longer than the timeout."""

    def act(line: Line) -> None:
        rng = random.Random(seed) if noise else None
        losses.on(line, to_host, losses.burst(line.rig.bench.now_us, 1_000 * d_ms, rng))

    found = g03.perform(limits, "burst", delay_us, act, seed=seed)
    text = f"{d_ms} ms of {'noise' if noise else 'nothing'} to the {'host' if to_host else 'device'}"
    text += f" {delay_us} us after RF, seed {seed}"
    measured(g03.unconfirmed("a burst on the line", found, blob, text))
    if to_host or d_ms > 251:
        measured(g03.not_tripped(found, (RECEIPT,), text))


@settings(max_examples=examples(6), phases=UNSHRUNK)
@given(exponent=st.floats(-6.0, -2.0), to_host=st.booleans(), seed=strategies.seeds())
def test_bit_errors_of_any_rate(
    limits: Path, blob: bytes, measured: Measured, exponent: float, to_host: bool, seed: int
) -> None:
    def act(line: Line) -> None:
        losses.on(line, to_host, losses.bit_errors(10.0**exponent, random.Random(seed)))

    found = g03.perform(limits, "bit errors", 5_000, act, seed=seed)
    text = f"bit error rate 10^{exponent:.2f} to the {'host' if to_host else 'device'}, seed {seed}"
    measured(g03.unconfirmed("bit errors on the line", found, blob, text))
