"""What is counted, above all when it is not known."""

import math

import pytest

from sonofuse.console import CommandError
from sonofuse.live.sessions import FINISHED
from sonofuse.live.sessions.facts import Step

from .bench import WHO, doses, plan
from .desk import OTHER, Desk


def test_a_crash_counts_the_planned_energy_until_a_person_has_looked(desk: Desk) -> None:
    name = desk.new(*plan().steps, *plan().steps, caps={"region_energy_j": 5000.0})
    desk.begin()
    desk.clocks.pass_s(5)
    desk.start_again()
    desk.monitor.choose(name)
    desk.clocks.pass_s(1000)
    assert desk.why() == (
        f"the end of {name}/1 is not known: read its recording, then `sonofuse session resolve {name}/1`"
    )
    (one,) = desk.patient().sonications
    assert (one.outcome, one.energy_j, one.known, one.open_account) == ("interrupted", 800, False, True)
    used = {budget.name: (budget.used, budget.limit) for budget in desk.monitor.budgets()}
    assert used == {
        "dose of ilium_left at skin_a": (2, 2),
        "dose of ilium_left at skin_b": (2, 2),
        "energy of ilium_left": (800, 5000),
    }
    desk.monitor.resolve(desk.clocks.now(), WHO, "nothing was recorded", f"{name}/1", None)
    assert desk.why() == "dose budget of ilium_left used up: a dose there is not known, so it counts as exhausted"
    desk.monitor.after_heat(desk.clocks.now(), {"skin_a": None, "skin_b": 0.0})
    assert desk.why().startswith(f"the end of {name}/1 is not known")  # what came since nobody has looked at
    desk.monitor.resolve(
        desk.clocks.now(), WHO, "found in a copy", f"{name}/1", (190.0, {"skin_a": 0.25, "skin_b": 0.125})
    )
    assert desk.why() == ""
    (one,) = desk.patient().sonications
    assert (one.outcome, one.energy_j, one.known, one.open_account) == ("interrupted", 190, True, False)
    assert one.doses == {"skin_a": 0.25, "skin_b": 0.125}
    assert [entry.energy_j for entry in one.resolutions] == [None, 190]


def test_an_open_account_of_one_patient_stops_all(desk: Desk) -> None:
    lost = desk.new()
    desk.begin()
    desk.start_again()
    desk.new()
    desk.clocks.pass_s(100)
    assert desk.why().startswith(f"the end of {lost}/1 is not known")


@pytest.mark.parametrize(
    ("energy_j", "found"),
    [(None, doses()), (math.nan, doses()), (-1.0, doses()), (790.0, {"skin_a": 0.1}), (790.0, {}), (790.0, None),
     (790.0, {"skin_a": math.nan, "skin_b": 0.0}), (790.0, {"skin_a": None, "skin_b": 0.0})],
)  # fmt: skip
def test_a_figure_that_is_missing_or_none_is_not_taken_for_nothing(
    desk: Desk, energy_j: float | None, found: dict[str, float | None] | None
) -> None:
    desk.new(*plan().steps * 2)
    desk.begin()
    desk.monitor.end(desk.clocks.now(), FINISHED, energy_j, found)
    desk.clocks.pass_s(100)
    assert "is not known" in desk.why()
    (one,) = desk.patient().sonications
    assert (one.outcome, one.known) == ("finished", False)
    assert one.energy_j == (790 if energy_j == 790 else 800)


@pytest.mark.parametrize(
    ("energy_j", "found", "said"),
    [
        (math.nan, {"skin_a": 0.0, "skin_b": 0.0}, "energy nan is impossible"),
        (-1.0, {"skin_a": 0.0, "skin_b": 0.0}, "energy -1 is impossible"),
        (1.0, {"skin_a": math.inf, "skin_b": 0.0}, "dose at skin_a inf is impossible"),
        (1.0, {"skin_a": 0.0}, "the dose at skin_b is missing"),
        (1.0, {"skin_a": 0.0, "skin_b": 0.0, "skin_c": 0.0}, "'skin_c' is no sensor of bone_metastasis"),
    ],
)
def test_impossible_figures_resolve_nothing(desk: Desk, energy_j: float, found: dict[str, float], said: str) -> None:
    name = desk.new()
    desk.begin()
    desk.monitor.end_unknown(desk.clocks.now())
    with pytest.raises(CommandError, match=said):
        desk.monitor.resolve(desk.clocks.now(), WHO, "read it", f"{name}/1", (energy_j, found))
    assert "is not known" in desk.why()


def test_after_heat_counts_for_the_sonication_before_it(desk: Desk) -> None:
    desk.new(*plan().steps, *plan().steps)
    desk.monitor.after_heat(desk.clocks.now(), {"skin_a": 9.0, "skin_b": 9.0})  # none was yet
    desk.begin()
    with pytest.raises(CommandError, match="a sonication runs"):
        desk.monitor.after_heat(desk.clocks.now(), doses())
    desk.end(skin_a=1.5)
    desk.monitor.after_heat(desk.clocks.now(), {"skin_a": 0.25, "skin_b": 0.0})
    desk.monitor.after_heat(desk.clocks.now(), {"skin_a": 0.25, "skin_b": 0.0})
    assert desk.patient().sonications[0].doses["skin_a"] == 2.0
    assert desk.why().startswith("dose budget of ilium_left used up: 2 CEM43 min at skin_a")
    desk.monitor.after_heat(desk.clocks.now(), {"skin_a": math.nan, "skin_b": 0.0})
    assert "is not known" in desk.why()


def test_treatments_of_a_patient_add_up(desk: Desk) -> None:
    name = desk.new(*plan().steps, caps={"region_energy_j": 2000.0})
    desk.sonicate(energy_j=790.0, skin_a=0.9)
    code = name[:-2]
    desk.new(*plan().steps, patient=code)
    desk.sonicate(energy_j=500.0, skin_a=0.9)
    with pytest.raises(CommandError, match="energy budget of ilium_left used up: 1290 J so far and 800 J planned"):
        desk.new(*plan().steps, patient=code)
    with pytest.raises(CommandError, match=r"1\.8 CEM43 min at skin_a so far and 0\.3 expected"):
        desk.new(Step("ilium_left", 1.0, 1.0, 0.3), patient=code)
    assert desk.new(OTHER, patient=code) == f"{code}/3"
    assert [treatment.done for treatment in desk.patient().treatments] == [1, 1, 0]
    desk.new()  # of another patient: from zero
    desk.sonicate()
