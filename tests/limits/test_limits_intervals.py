"""The overflow proof: it holds for the shipped set, and each planted overflow breaks it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sonofuse.layout import K
from sonofuse.limits import SHIPPED, compile_limits, load
from sonofuse.limits.intervals import HIGHEST, LOWEST, Interval, RangeError, prove, value_of

from .decoder import unpack

WORDS = unpack(compile_limits(load(SHIPPED)))[0]
SKIN, FORWARD = K.H_ROWS, K.H_ROWS + 4 * K.ROW_WORDS
small = st.integers(-(2**14), 2**14)


@given(a=small, b=small, c=small, d=small, pick=st.tuples(st.floats(0, 1), st.floats(0, 1)), bits=st.integers(0, 16))
def test_an_operation_on_members_is_a_member(a, b, c, d, pick, bits):
    left, right = Interval(min(a, b), max(a, b)), Interval(min(c, d), max(c, d))
    x = left.lo + round(pick[0] * (left.hi - left.lo))
    y = right.lo + round(pick[1] * (right.hi - right.lo))
    for result, got in (
        (left + right, x + y), (left - right, x - y), (left * right, x * y), (left >> bits, x >> bits),
        (left | right, x), (left.positive(), max(x, 0)),
    ):  # fmt: skip
        assert result.lo <= got <= result.hi


@pytest.mark.parametrize("bounds", [(LOWEST - 1, 0), (0, HIGHEST + 1)])
def test_31_bits_are_the_border(bounds):
    with pytest.raises(RangeError):
        Interval(*bounds)
    Interval(max(bounds[0], LOWEST), min(bounds[1], HIGHEST))


def test_the_shipped_set_is_proven():
    assert prove(WORDS) == []


def test_the_value_of_skin_is_its_range():
    assert value_of(WORDS, SKIN).lo == pytest.approx(-10_000, abs=40)
    assert 120_000 <= value_of(WORDS, SKIN).hi < 125_000


@pytest.mark.parametrize(
    ("index", "value", "where"),
    [
        (FORWARD + K.R_RAW_MAX, 53_000, "value"),  # beyond the knots
        (FORWARD + K.R_KNOTS_RAW0, 10_000, "value"),  # a count below the first knot
        (WORDS[FORWARD + K.R_KNOTS] + 100, 1 << 23, "value"),  # a knot whose slope does not fit
        (WORDS[FORWARD + K.R_KNOTS] + 100, 1 << 21, "set or ratio"),  # a power whose Q10 does not fit
        (SKIN + K.R_DOSE_BASE, -K.INT_MAX, "dose"),
        (K.H_SPAN_US, 1 << 16, "energy"),
    ],
)
def test_a_planted_overflow(index, value, where):
    words = list(WORDS)
    words[index] = value
    assert any(message.startswith(where) for _, message in prove(words))


def test_a_rise_that_does_not_fit():
    words = list(WORDS)
    words[WORDS[SKIN + K.R_KNOTS] + 10] = 8_400_000
    words[SKIN + K.R_RISE_N] = 16
    assert "rise" in [message.split(":")[0] for c, message in prove(words) if c == 0]


def test_a_pair_that_does_not_fit():
    words = list(WORDS)
    words[SKIN + K.R_KNOTS] = 0
    words[SKIN + K.R_RAW_MIN], words[SKIN + K.R_RAW_MAX] = -K.INT_MAX, -K.INT_MAX + 1
    words[SKIN + K.R_CHECKS] = 1 << K.PAIR
    assert [message.split(":")[0] for c, message in prove(words) if c == 0] == ["pair"]
