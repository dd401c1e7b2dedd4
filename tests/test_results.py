"""Results as they are kept; docs/results.md says what was measured on this firmware, and not on an older one."""

import json
import math
from pathlib import Path

import pytest

from sonofuse_hil import results
from sonofuse_hil.guarantees.summary import summarise
from sonofuse_hil.measurement import EMULATED, SOFTWARE, Measurement

KEPT = Path(__file__).parents[1] / "docs" / "results.json"


def test_the_kept_page_shows_the_kept_figures() -> None:
    kept = results.read(KEPT)
    assert KEPT.with_suffix(".md").read_text(encoding="utf-8") == results.page(kept)
    assert all(row["passed"] for row in kept["guarantees"])
    assert {row["worst"]["tier"] for row in kept["guarantees"]} == {SOFTWARE, EMULATED}


@pytest.mark.check
def test_the_kept_figures_are_those_of_this_firmware() -> None:
    """Part of `make check`, not of `make test`: half an hour of measuring is for what is released."""
    assert results.read(KEPT)["firmware_sha256"] == results.firmware_digest(), "measure again: make results"


def test_tiers_stand_side_by_side_and_a_failure_shows(tmp_path: Path) -> None:
    made = [
        Measurement("G1", "above: reaction", 3_000.0, "µs", 5_300.0, SOFTWARE),
        Measurement("G1", "above: reaction", 4_000.0, "µs", 5_300.0, EMULATED),
        Measurement("G5", "last edge", math.nan, "µs", 0.0, EMULATED),
    ]
    times = [results.distribution("tick", [float(n) for n in range(1, 101)], "µs", EMULATED, 250.0)]
    results.write(tmp_path / "results.json", summarise(made), times, {"command": "none"})
    page = results.page(results.read(tmp_path / "results.json"))
    assert "| G1 | above: reaction | µs | 5300 | 3000 (n = 1) | 4000 (n = 1) |" in page
    assert "| G5 | last edge | µs | 0 | not run | – (n = 1) **FAILED** |" in page
    assert "| tick | 100 | 1 | 50.5 | 99 | 100 | µs | 250 |" in page


@pytest.mark.parametrize("samples", [[], [1.0, math.nan]])
def test_no_samples_or_nan_are_no_distribution(samples: list[float]) -> None:
    with pytest.raises(ValueError, match="no samples"):
        results.distribution("tick", samples, "µs", EMULATED)


def test_a_distribution_beyond_its_bound_fails() -> None:
    assert results.distribution("tick", [1.0, 2.0], "µs", EMULATED, 2.0).passed
    assert not results.distribution("tick", [1.0, 2.1], "µs", EMULATED, 2.0).passed
    assert json.dumps(results.distribution("tick", [1.0], "µs", EMULATED).maximum) == "1.0"
