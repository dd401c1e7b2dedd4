"""The host notices a device whose seconds are too long or too short, and nothing else."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sonofuse.clock import TOLERANCE, WINDOW_US, WRAP_US, ClockError, ClockWatch

FRAME_US = 20_000


def watch(rate: float, seconds: float, seed: int, start_us: int = 0, late_us: int = 15_000, lost: float = 0.05) -> int:
    """Frames of a device whose clock runs `rate` times as fast; returns the host's time of the alarm, -1 for none."""
    chance, clock = random.Random(seed), ClockWatch()
    for number in range(1, round(seconds * 1e6 / FRAME_US)):
        true_us = number * FRAME_US
        if chance.random() < lost:
            continue
        arrives_us = true_us + round(chance.random() ** 4 * late_us)
        try:
            clock.feed(arrives_us, (start_us + round(true_us * rate)) % WRAP_US)
        except ClockError:
            return arrives_us
    return -1


@given(rate=st.floats(0.995, 1.005), seed=st.integers(0, 1 << 30), start=st.integers(0, WRAP_US - 1))
def test_a_good_clock_is_left_alone(rate: float, seed: int, start: int) -> None:
    assert watch(rate, 8.0, seed, start) == -1


@given(
    rate=st.floats(0.5, 1 - 1.5 * TOLERANCE) | st.floats(1 + 1.5 * TOLERANCE, 2.0),
    seed=st.integers(0, 1 << 30),
    start=st.integers(0, WRAP_US - 1),
)
def test_a_wrong_clock_is_seen_within_the_window(rate: float, seed: int, start: int) -> None:
    assert 0 < watch(rate, 8.0, seed, start) <= WINDOW_US + 6 * FRAME_US


@pytest.mark.parametrize("stamps", [(1_000, 1_000), (1_000, 999), (5, WRAP_US - 5)])
def test_a_stamp_that_does_not_come_after_the_last(stamps: tuple[int, int]) -> None:
    clock = ClockWatch()
    clock.feed(0, stamps[0])
    with pytest.raises(ClockError, match="does not come after"):
        clock.feed(20_000, stamps[1])


def test_the_alarm_says_by_how_much() -> None:
    clock = ClockWatch()
    with pytest.raises(ClockError, match=r"runs -10\.0% against the host's"):
        for number in range(200):
            clock.feed(number * FRAME_US, round(number * FRAME_US * 0.9))


def test_after_a_reset_it_starts_anew() -> None:
    clock = ClockWatch()
    clock.feed(0, 1_000_000)
    clock.reset()
    clock.feed(20_000, 5)
    clock.feed(40_000, 20_005)
