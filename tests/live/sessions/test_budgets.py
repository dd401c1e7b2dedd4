"""What a plan is refused for, figure by figure."""

import math

import pytest

from sonofuse.live.sessions.budgets import refusals
from sonofuse.live.sessions.facts import Step, Tightened, Total
from sonofuse.live.sessions.tightening import Allowed, allowed

from .bench import limits


def most(**caps: float) -> Allowed:
    return allowed(limits(), [Tightened("", "", **caps)])  # type: ignore[arg-type]


def step(set_w: float = 40.0, set_s: float = 20.0, dose_min: float = 0.0, region: str = "ilium_left") -> Step:
    return Step(region, set_w, set_s, dose_min)


def had(energy_j: float = 0.0, known: bool = True, **doses: float) -> dict[str, Total]:
    return {"ilium_left": Total(energy_j, doses, known)}


def test_what_is_allowed() -> None:
    assert refusals([step(), step(61.5, 40)], {}, most()) == []
    assert (
        refusals([step(60, 20), step(60, 20)], {}, most(set_w=60, set_s=20, energy_j=1200, region_energy_j=2400)) == []
    )
    assert refusals([step(dose_min=0.1)] * 17, had(skin_a=0.3), most()) == []  # 2.0 exactly, if floats could add


@pytest.mark.parametrize(
    ("one", "caps", "said"),
    [
        (step(110), {}, "step 1, ilium_left: set power 110 W is more than the 109."),
        (step(61), {"set_w": 60}, "step 1, ilium_left: set power 61 W is more than the 60 W allowed"),
        (step(40, 41), {}, "step 1, ilium_left: duration 41 s is more than the 40 s allowed"),
        (step(40, 21), {"set_s": 20}, "step 1, ilium_left: duration 21 s is more than the 20 s allowed"),
        (step(80, 40), {}, "step 1, ilium_left: energy 3200 J is more than the 3000 J allowed"),
        (step(40, 21), {"energy_j": 800}, "step 1, ilium_left: energy 840 J is more than the 800 J allowed"),
        (step(math.nan), {}, "step 1, ilium_left: set power nan W is more than"),
    ],
)
def test_one_sonication_that_is_too_much(one: Step, caps: dict[str, float], said: str) -> None:
    lines = refusals([one], {}, most(**caps))
    assert lines[0].startswith(said), lines


def test_energy_of_a_region_is_counted_over_everything() -> None:
    caps = most(region_energy_j=2000)
    assert refusals([step()], had(1200.0), caps) == []
    assert refusals([step(), step(region="femur_right")], had(1200.0), caps) == []
    assert refusals([step()], had(1200.1), caps) == [
        "energy budget of ilium_left used up: 1200.1 J so far and 800 J planned are more than the 2000 J allowed"
    ]
    assert refusals([step(), step()], had(1200.0), caps) != []
    assert refusals([step()], had(1e6), most()) == []  # without a cap energy is only shown


def test_dose_of_a_region_is_counted_at_each_sensor() -> None:
    assert refusals([step()], had(skin_a=1.99, skin_b=1.9), most()) == []
    assert refusals([step()], had(skin_a=0.5, skin_b=2.0), most()) == [
        "dose budget of ilium_left used up: 2 CEM43 min at skin_b so far are too much for the 2 allowed"
    ]
    expected = "1.5 CEM43 min at skin_a so far and 0.6 expected are too much for the 2 allowed"
    lines = refusals([step(dose_min=0.3), step(dose_min=0.3)], had(skin_a=1.5), most())
    assert lines == [f"dose budget of ilium_left used up: {expected}"]
    assert refusals([step()], had(water=1e3), most()) == []  # has no dose limit
    assert refusals([step(region="femur_right")], had(skin_a=2.0), most()) == []


def test_a_dose_that_is_not_known_counts_as_exhausted() -> None:
    assert refusals([step()], had(known=False), most()) == [
        "dose budget of ilium_left used up: a dose there is not known, so it counts as exhausted"
    ]
    assert refusals([step(region="femur_right")], had(known=False), most()) == []
