"""The table at the end: one row per figure and tier, with the case nearest to its own bound."""

import json
import math

from sonofuse_hil.guarantees import summary
from sonofuse_hil.measurement import Measurement


def measurement(value, limit=100.0, tier="software", guarantee="G2"):
    return Measurement(guarantee, "reaction", value, "µs", limit, tier)


def test_the_worst_case_is_the_one_nearest_to_its_own_bound():
    (row,) = summary.summarise([measurement(90.0), measurement(500.0, 1000.0), measurement(95.0)])
    assert (row.worst.value, row.examples, row.passed) == (95.0, 3, True)


def test_one_case_beyond_its_bound_fails_the_row_and_is_shown():
    (row,) = summary.summarise([measurement(101.0), measurement(1.0)])
    assert not row.passed and row.worst.value == 101.0
    assert "FAILED" in summary.table([row])


def test_not_a_number_never_passes():
    (row,) = summary.summarise([measurement(1.0), measurement(math.nan), measurement(999.0)])
    assert not row.passed and math.isnan(row.worst.value)
    assert json.loads(summary.as_json([row]))[0]["worst"]["value"] is None


def test_tiers_are_not_mixed_and_guarantees_are_in_order():
    rows = summary.summarise([measurement(1.0, guarantee="G10"), measurement(2.0, tier="hardware"), measurement(3.0)])
    assert [(row.guarantee, row.worst.tier) for row in rows] == [
        ("G2", "hardware"),
        ("G2", "software"),
        ("G10", "software"),
    ]
    assert [line.split()[0] for line in summary.table(rows).splitlines()] == ["guarantee", "G2", "G2", "G10"]
