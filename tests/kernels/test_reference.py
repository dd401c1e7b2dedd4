"""The reference against figures worked out by other means: it must not be the only witness."""

import struct
import zlib

import numpy as np
import pytest

from sonofuse.layout import K

from .limitsets import Check, Row, build, every_check
from .reference import Reference
from .reference_channel import Sum


def inputs(now_us: int, *conversions: tuple[int, int], on: int = 0) -> list[int]:
    words = [now_us % (1 << 30), on, 40_000, 20_000_000, K.INT_MAX, 0, 0, 0]
    for seq, raw in conversions:
        words += [seq % 65536, raw]
    return words


def test_a_slope_is_that_of_a_least_squares_line() -> None:
    noise = np.random.default_rng(5)
    for window in range(2, K.RISE_MAX + 1):
        reference = Reference(build([Row(checks={K.RISE: Check(0, 0)}, rise_n=window)]))
        values = noise.integers(0, 65536, window + 5)
        for tick, raw in enumerate(values.tolist()):
            reference.tick(inputs(1000 * tick, (tick + 1, raw)))
        slope = float(np.polyfit(np.arange(window), values[-window:], 1)[0])
        metric = reference.channels[0].steepness()
        assert 6 * metric / (window * (window**2 - 1)) == pytest.approx(slope, rel=1e-9, abs=1e-9)


def test_a_signal_that_is_bad_every_second_time_trips_and_one_every_fourth_time_does_not() -> None:
    for period, trips in ((2, True), (4, False)):
        reference = Reference(build([Row(checks={K.ABOVE: Check(100, 100, 5)})]))
        causes = {reference.tick(inputs(1000 * t, (t + 1, 101 if t % period == 0 else 100))) for t in range(400)}
        assert (K.ABOVE * 256 in causes) == trips


@pytest.mark.parametrize("debounce", [1, 2, 7])
def test_a_lasting_excess_trips_with_the_nth_conversion_and_not_before(debounce: int) -> None:
    reference = Reference(build([Row(checks={K.ABOVE: Check(100, 100, debounce)})]))
    causes = [reference.tick(inputs(1000 * t, (t + 1, 101))) for t in range(debounce)]
    assert causes == [0] * (debounce - 1) + [K.ABOVE * 256]


def test_energy_is_power_times_time_with_the_higher_end_of_each_span() -> None:
    reference = Reference(build([Row(energy=1)]))
    powers = [40_000, 50_000, 30_000, 30_000, 60_000]  # mW, 2 ms apart
    for tick, power in enumerate(powers):
        reference.tick(inputs(2000 * tick, (tick + 1, power), on=1))
    nanojoules = 2000 * (50_000 + 50_000 + 30_000 + 60_000)
    assert reference.energy.high * 2**15 + reference.energy.low == nanojoules


def test_a_sum_carries_and_saturates_like_an_unbounded_integer() -> None:
    noise = np.random.default_rng(6)
    total, exact = Sum(), 0
    for rate, units in zip(
        noise.integers(0, 1 << 30, 200).tolist(), noise.integers(0, 1 << 12, 200).tolist(), strict=True
    ):
        total.add(rate, units)
        exact += rate * units
        if exact >> 15 < K.INT_MAX:
            assert total.high * 2**15 + total.low == exact
        else:
            assert total.high == K.INT_MAX


def test_the_slices_of_the_limit_set_add_up_to_its_crc() -> None:
    stored = every_check()
    reference = Reference(stored)
    (slice_bytes,) = struct.unpack_from("<i", stored, 4 * K.H_CRC_BYTES)
    quiet = inputs(0, *[(0, 0)] * len(reference.channels))
    for at in range(slice_bytes, len(stored) - 36, slice_bytes):
        reference.tick(quiet)
        register = reference.crc_hi << 16 | reference.crc_lo
        assert register == zlib.crc32(stored[:at]) ^ 0xFFFFFFFF


def test_a_state_that_is_loaded_goes_on_as_if_it_had_never_stopped() -> None:
    stored = build([Row(checks={K.RISE: Check(50, 10, 3), K.STALE: Check(5000, 1000)}, rise_n=4, energy=1)])
    straight = Reference(stored)
    for tick in range(60):
        resumed = Reference(stored)
        resumed.load(straight.state_words())
        words = inputs(700 * tick, (tick // 2, tick * tick), on=tick // 20 % 2)
        assert resumed.tick(words) == straight.tick(words)
        assert resumed.state_words() == straight.state_words()
