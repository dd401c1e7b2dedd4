"""Benches within tolerance, seeds, and moments."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from .. import ranges
from ..bench import Tolerances
from ..ranges import Range

DIGITS = 4  # after the point: what a person reads, and a scenario file says exactly


def examples(n: int) -> int:
    """n, scaled by the profile's number of examples."""
    return max(1, n * settings().max_examples // 100)


def floats(low: float, high: float) -> SearchStrategy[float]:
    """Numbers with four digits after the point."""
    return st.floats(low, high, allow_nan=False, allow_infinity=False).map(lambda value: round(value, DIGITS))


def spread(over: Range, standard: float, digits: int = 1) -> SearchStrategy[float]:
    """Numbers of a range with so many digits after the point; they shrink to the standard, if it is one of them."""
    scale: int = 10**digits
    numbers = st.integers(round(over.low * scale), round(over.high * scale)).map(lambda whole: whole / scale)
    return st.just(standard) | numbers if over.low <= standard <= over.high else numbers


def seeds() -> SearchStrategy[int]:
    """Of all noise of a bench."""
    return st.integers(1, 10_000_000)


def moments(first_us: int = int(ranges.PHASE_US.low), last_us: int = int(ranges.PHASE_US.high)) -> SearchStrategy[int]:
    """Phase of a stimulus against ticks and conversions, µs."""
    return st.integers(first_us, last_us)


def tolerances(
    temperature_c: float = ranges.OFFSET_K.high,
    detector_db: float = ranges.DETECTOR_DB.high,
    generator: float = ranges.GENERATOR.high,
) -> SearchStrategy[Tolerances]:
    """Benches within tolerance; what a detector errs, and its noise, together stay within its declared uncertainty.

    Args:
        temperature_c: of the thermometers, K. detector_db: of the power detectors, dB. generator: share of its power.
    """
    offset, error_db = floats(-temperature_c, temperature_c), floats(-detector_db, detector_db)
    return st.builds(
        Tolerances,
        skin_a_offset_c=offset,
        skin_b_offset_c=offset,
        transducer_offset_c=offset,
        water_offset_c=offset,
        forward_error_db=error_db,
        reflected_error_db=error_db,
        generator_error=floats(-generator, generator),
        reference_error=floats(ranges.REFERENCE.low, ranges.REFERENCE.high),
        lag_s=spread(ranges.LAG_S, Tolerances.lag_s, 2),
        flow_ml_min=spread(ranges.FLOW_ML_MIN, Tolerances.flow_ml_min, 0).map(int),
    )
