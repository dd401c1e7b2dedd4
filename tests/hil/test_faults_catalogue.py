"""The catalogue: 58 rows, each with faults or with a reason; bounds that the oracle of the guarantees agrees with."""

import math

import pytest

from sonofuse.board import board_names, load_board
from sonofuse.limits import SHIPPED, find, load
from sonofuse_hil import faults
from sonofuse_hil.faults import bounds
from sonofuse_hil.faults.catalogue import CATALOGUE, DOUBLES, row
from sonofuse_hil.faults.register import RESPONSES
from sonofuse_hil.guarantees.oracle import Oracle

LIMITS = {"rev_a": SHIPPED, "mini_ntc": find("mini_ntc")}


def test_there_are_58_rows_and_the_double_faults() -> None:
    assert [each.number for each in CATALOGUE] == list(range(1, 59))
    assert [double.name for double in DOUBLES] == ["3+15", "17+46", "33+29"]
    assert all(each.what and each.response and each.group for each in CATALOGUE)
    with pytest.raises(KeyError, match="rows 1 to 58, not 59"):
        row(59)


@pytest.mark.parametrize("name", faults.fault_names())
def test_a_fault_names_rows_that_exist_and_a_response(name: str) -> None:
    fault = faults.get(name)
    assert all(fault in row(number).faults for number in fault.numbers)
    assert fault.response in RESPONSES


@pytest.mark.parametrize("board", board_names())
def test_a_row_that_no_fault_shows_on_a_board_says_why(board: str) -> None:
    for each in CATALOGUE:
        lacks = each.not_covered(load_board(board))
        assert lacks.startswith("not covered: ") or (lacks == "" and each.faults), each


def test_mr_and_acoustic_signals_are_what_rev_a_lacks() -> None:
    blind = [each.number for each in CATALOGUE if each.not_covered(load_board("rev_a"))]
    assert {12, 22, 23, 26, 39, 58} <= set(blind)


@pytest.mark.parametrize("board", LIMITS)
def test_bounds_are_those_of_the_oracle(board: str) -> None:
    limits, oracle = load(LIMITS[board]), Oracle(LIMITS[board])
    seen = 0
    for channel in limits.channels:
        watched = limits.board.channels[limits.board.index(channel.name)].watches
        for check in channel.checks:
            bound_us = bounds.check_us(limits, watched, check.name)
            waits_us = oracle.trip(channel.name, check.name) if check.name in ("stale", "stuck") else 0.0
            assert bound_us == math.ceil(round(waits_us + oracle.bound_us(channel.name, check.name), 6)), check
            seen += 1
    assert seen > 20


def test_nothing_is_promised_within_a_limit() -> None:
    limits = load(SHIPPED)

    def bound_us(name: str, **given: str) -> int | None:
        fault = faults.get(name)
        return fault.bound_us(limits, fault.values(given))

    assert bound_us("overpower") == 10_300
    assert bound_us("overpower", power="100 W") is None
    assert bound_us("power_error", error="15 %") is None
    assert bound_us("sensor_offset", offset="1 K") is None
    assert bound_us("sensor_offset", channel="water") is None
    assert bound_us("slow_clock", by="3 %") is None
    assert bound_us("lost_coupling", coupling="100 %") is None
    assert bound_us("reference_error", error="0.5 %") is None
    assert bound_us("hung_firmware") == 2_200


def test_what_a_limits_file_does_not_check_has_no_bound() -> None:
    limits = load(LIMITS["mini_ntc"])
    assert faults.get("lost_coupling").bound_us(limits, {"coupling": 0.0}) is None
    assert faults.get("overpower").bound_us(limits, {"power": 200.0}) is not None
