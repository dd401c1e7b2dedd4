"""What dose belongs to a sonication that has ended."""

from sonofuse.live.after_heat import AfterHeat


def after(**doses: float) -> AfterHeat:
    heat = AfterHeat()
    heat.begins(doses)
    return heat


def test_what_comes_is_given_once() -> None:
    heat = after(a=0.5, b=0.0)
    assert heat.come({"a": 0.5, "b": 0.0}, True) == {}
    assert heat.come({"a": 0.75, "b": 0.0}, True) == {"a": 0.25, "b": 0.0}
    assert heat.come({"a": 0.75, "b": 0.25}, True) == {"a": 0.25, "b": 0.25}  # the file did not take it
    heat.kept({"a": 0.75, "b": 0.25})
    assert heat.come({"a": 0.75, "b": 0.25}, True) == {}
    assert heat.come({"a": 1.0, "b": 0.25}, False) == {"a": 0.25, "b": 0.0}


def test_nothing_before_the_first_sonication_and_while_the_counts_are_not_known() -> None:
    assert AfterHeat().come({"a": 3.0}, True) == {}
    assert after(a=0.5).come({}, True) == {}


def test_a_device_that_starts_anew_while_it_is_warm_has_lost_dose() -> None:
    heat = after(a=0.5, b=0.25)
    assert heat.come({"a": 0.0, "b": 0.25}, True) == {"a": None, "b": None}
    heat.kept({"a": 0.0, "b": 0.25})
    assert heat.come({"a": 0.125, "b": 0.25}, True) == {"a": 0.125, "b": 0.0}


def test_a_device_that_starts_anew_when_all_is_cool_has_not() -> None:
    heat = after(a=0.5)
    assert heat.come({"a": 0.0}, False) == {}
    assert heat.come({"a": 0.125}, False) == {"a": 0.125}


def test_a_new_treatment_counts_from_zero_and_nothing_twice() -> None:
    heat = after(a=0.5)
    heat.renewed()
    assert heat.come({"a": 0.5}, True) == {}  # the picture is of before
    assert heat.come({"a": 0.625}, True) == {}
    assert heat.come({"a": 0.125}, True) == {"a": 0.125}
    heat.kept({"a": 0.125})
    heat.begins({"a": 0.0})
    heat.renewed()
    assert heat.come({"a": 0.25}, True) == {"a": 0.25}  # zero was zero before
