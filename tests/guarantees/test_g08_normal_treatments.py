"""G8: normal treatments, drawn independently with a seed of their own, end without a trip."""

import pytest

from sonofuse_hil.guarantees import g08

SEED = 20_260_101


def carried_out(treatments, limits, measured):
    for treatment in treatments:
        run = g08.perform(treatment, limits)
        measured(g08.completed(run, treatment))
        yield run


def test_normal_treatments_do_not_trip(limits_files, measured):
    treatments = g08.population(25, SEED)
    measured(g08.false_trips(list(carried_out(treatments, limits_files.quick, measured)), most_per_hour=120.0))


@pytest.mark.slow
def test_an_hour_of_long_treatments(limits_files, measured):
    treatments = g08.population(230, SEED + 1, longest_s=20.0)
    measured(g08.false_trips(list(carried_out(treatments, limits_files.quick, measured)), most_per_hour=3.0))


@pytest.mark.parametrize(
    ("events", "upper"), [(0, 2.9957), (1, 4.7439), (2, 6.2958), (5, 10.5130), (10, 16.9622)]
)  # half the 95 % point of chi-square with 2n + 2 degrees of freedom, from tables
def test_the_bound_is_the_exact_one(events, upper):
    assert g08.rate_upper(events, 1.0) == pytest.approx(upper, abs=1e-4)
    assert g08.rate_upper(events, 2.0) == pytest.approx(upper / 2, abs=1e-4)


def test_no_hours_no_rate():
    with pytest.raises(ValueError, match="0 hours"):
        g08.rate_upper(0, 0)
    assert not g08.false_trips([], 1e9).passed
