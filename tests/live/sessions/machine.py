"""What people, monitor and computer do to sessions, in any order, beside an oracle that counts along."""

import math
import os
import tempfile
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from sonofuse.console import CommandError
from sonofuse.live.sessions import Sessions, history, planning
from sonofuse.live.sessions.database import Database
from sonofuse.live.sessions.facts import Step, totals

from .bench import DEVICE, SENSORS, WHO, Clocks, limits, plan
from .oracle import DOSE_LIMIT, GapOracle, Person, Sonicated, Visit, bad

FOLDER = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108 - nothing here waits for a disk
REGIONS = ("ilium_left", "femur_right")
STEPS = st.lists(
    st.builds(
        Step,
        st.sampled_from(REGIONS),
        st.sampled_from([10.0, 20.0, 30.5]),
        st.sampled_from([5.0, 20.0]),
        st.sampled_from([0.0, 0.5]),
    ),
    min_size=2,
    max_size=4,
)
GOOD, BAD = [0.0, 0.125, 0.5, 1.0], [None, math.nan, -1.0]
DOSE = st.sampled_from(GOOD * 6 + BAD)
DOSES = st.one_of(
    st.fixed_dictionaries({"skin_a": DOSE, "skin_b": DOSE}),
    st.fixed_dictionaries({"skin_a": st.sampled_from(GOOD), "skin_b": st.sampled_from(GOOD), "water": st.just(0.25)}),
    st.fixed_dictionaries({"skin_a": DOSE}, optional={"skin_b": DOSE}),
)
KNOWN = st.fixed_dictionaries({sensor: st.sampled_from(GOOD) for sensor in SENSORS})
ENERGY = st.sampled_from([0.0, 100.0, 1500.0, 1500.0] * 4 + [None, math.nan, -5.0, math.inf])
CAP = st.sampled_from([None, 1200.0, 1700.0, 1700.0])
OUTCOME = st.sampled_from(["finished", "finished", "tripped", "not started"])
Doses = dict[str, float | None]

REACHED: Counter[str] = Counter()
KINDS = {
    "", "a sonication", "the end", "no session", "is over", "the plan", "energy budget", "dose budget", "cooling gap",
    "figures", "no figures",
}  # fmt: skip


class Treatments(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory(dir=FOLDER)
        self.path = Path(self.folder.name) / "sessions.db"
        self.clocks, self.gap = Clocks(), GapOracle()
        self.people: dict[str, Person] = {}
        self.chosen: tuple[str, int] | None = None
        self.runs: Sonicated | None = None
        self.marks = 0
        self.monitor = Sessions(self.path, limits(), self.clocks.now())
        self.beside = Database(self.path)

    def teardown(self) -> None:
        self.beside.close()
        self.monitor.close()
        self.folder.cleanup()

    # what a person does beside the monitor, through a connection of its own

    @initialize(steps=STEPS, cap_j=CAP)
    def begin_the_first(self, steps: list[Step], cap_j: float | None) -> None:
        self.begin_a_treatment(steps, 3, cap_j, True)

    @rule(
        steps=STEPS,
        again=st.integers(0, 3),
        cap_j=CAP,
        chosen=st.booleans(),
    )
    def begin_a_treatment(self, steps: list[Step], again: int, cap_j: float | None, chosen: bool) -> None:
        known = list(self.people)[again : again + 1]
        person = self.people[known[0]] if known else Person()
        caps = [] if cap_j is None else [cap_j]
        asked = plan(*steps, caps=None if cap_j is None else {"region_energy_j": cap_j})

        def new() -> str:
            return planning.new_treatment(
                self.beside, self.clocks.now(), WHO, asked, limits(), known[0] if known else None
            )

        if person.refuses(steps, caps):
            with pytest.raises(CommandError, match=r"only be tightened|the plan is refused"):
                new()
            return
        name = new()
        self.people.setdefault(name.split("/")[0], person)
        person.caps_j += caps
        person.visits.append(Visit(name, [steps]))
        assert name == f"{name.split('/')[0]}/{len(person.visits)}"
        if chosen and self.runs is None:
            self.monitor.choose(name)
            self.chosen = (name.split("/")[0], len(person.visits) - 1)

    @precondition(lambda self: self.people)
    @rule(who=st.integers(0, 3), steps=STEPS)
    def plan_again(self, who: int, steps: list[Step]) -> None:
        person = self.people[list(self.people)[who % len(self.people)]]
        visit = person.visits[-1]

        def change() -> None:
            planning.replan(self.beside, self.clocks.now(), WHO, visit.name, plan(*steps), limits())

        if person.refuses(steps, []):
            with pytest.raises(CommandError, match="the plan is refused"):
                change()
        else:
            change()
            visit.plans.append(steps)

    @precondition(lambda self: self.people)
    @rule(which=st.integers(0, 9), known=st.booleans(), doses=KNOWN, beside=st.booleans())
    def look_at_an_open_account(self, which: int, known: bool, doses: dict[str, float], beside: bool) -> None:
        names = [
            (f"{visit.name}/{number}", one)
            for code in list(self.people)
            for visit in self.people[code].visits
            for number, one in enumerate(visit.sonications, 1)
        ]
        opened = [entry for entry in names if entry[1].open] or names
        if not opened:
            return
        name, one = opened[which % len(opened)]
        found = (50.0, doses) if known else None

        def act(file: Database | None = None) -> None:
            if file is None:
                self.monitor.resolve(self.clocks.now(), WHO, "as it was recorded", name, found)
            else:
                planning.resolve(file, self.clocks.now(), WHO, "as it was recorded", name, found, limits())

        if one.outcome == "running" or not one.unknown or (found is None and one.looked_at):
            with pytest.raises(CommandError, match=r"has not ended|known already|without figures already"):
                act()
            return
        if beside:
            act(self.beside)
        else:
            act()
        one.looked_at = True
        REACHED["figures" if known else "no figures"] += 1
        if found is not None:
            one.energy_j, one.doses = found[0], list(found[1].items())

    # what the monitor does

    @precondition(lambda self: self.people)
    @rule(who=st.integers(0, 3), visit=st.sampled_from([9, 9, 9, 9, 0, 1]))
    def choose(self, who: int, visit: int) -> None:
        code = list(self.people)[who % len(self.people)]
        newest = len(self.people[code].visits) - 1
        number = newest if visit == 9 else visit
        if self.runs is not None or number != newest:
            with pytest.raises(CommandError, match=r"a sonication runs|is over|has no treatment"):
                self.monitor.choose(f"{code}/{number + 1}")
        else:
            self.monitor.choose(f"{code}/{number + 1}")
            self.chosen = (code, number)

    @rule(wrong=st.sampled_from([False, False, False, True]), waits=st.booleans())
    def begin(self, wrong: bool, waits: bool) -> None:
        if waits and self.runs is None:
            self._why(True)
            self.monitor.inhibited(self.clocks.now())
            self.clocks.pass_s(61.0)  # else most sonications would be refused for the gap
        at = self.clocks.now()
        visit = self._visit()
        step = visit.left[0] if visit and visit.left else Step(REGIONS[0], 10.0, 5.0)
        set_w = step.set_w + (1.0 if wrong else 0.0)
        if self._why(False) or wrong:
            with pytest.raises(CommandError):
                self.monitor.begin(at, set_w, step.set_s, DEVICE)
            self._why(True)
            return
        assert visit is not None
        name = self.monitor.begin(at, set_w, step.set_s, DEVICE, "run.mcap")
        self._why(True)
        self.runs = Sonicated(step, len(visit.plans))
        visit.sonications.append(self.runs)
        assert name == f"{visit.name}/{len(visit.sonications)}"

    @precondition(lambda self: self.runs)
    @rule(outcome=OUTCOME, energy_j=ENERGY, doses=DOSES)
    def end(self, outcome: str, energy_j: float | None, doses: Doses) -> None:
        assert self.runs is not None
        self.monitor.end(self.clocks.now(), outcome, energy_j, doses, 2305 if outcome == "tripped" else 0, "dose")
        self.runs.outcome = outcome
        if outcome == "not started":
            self.runs.energy_j = 0.0
        else:
            self.runs.energy_j = None if bad(energy_j) else energy_j
            self.runs.add(doses)
            self.gap.begins(self.clocks)
        self.runs = None

    @precondition(lambda self: self.runs)
    @rule()
    def lose_the_link(self) -> None:
        self.monitor.end_unknown(self.clocks.now())
        self._interrupted()

    @precondition(lambda self: not self.runs)
    @rule(doses=DOSES)
    def after_heat(self, doses: Doses) -> None:
        self.monitor.after_heat(self.clocks.now(), doses)
        visit = self._visit()
        had = [one for one in visit.sonications if one.outcome != "not started"] if visit else []
        if had:
            had[-1].add(doses)

    @rule(
        energy_j=ENERGY,
        doses=DOSES,
        acknowledges=st.booleans(),
        tidies=st.booleans(),
        outcome=OUTCOME,
        clock_s=st.sampled_from([0.0, 0.0, 0.0, 59.0, -60.0]),
    )
    def whole_sonication(
        self, energy_j: float | None, doses: Doses, acknowledges: bool, tidies: bool, outcome: str, clock_s: float
    ) -> None:
        while tidies and any(one.open for person in self.people.values() for one in person.sonications):
            self.look_at_an_open_account(0, True, {"skin_a": 0.125, "skin_b": 0.0}, False)
        if self.runs is None:
            self.begin(False, True)
        if self.runs is not None:
            self.clocks.pass_s(20.0)
            self.end(outcome, energy_j, doses)
            self.clocks.pass_s(5.0)
            self.clocks.set_wall(clock_s)
        if acknowledges:
            self.monitor.acknowledge(self.clocks.now(), WHO, "coupling renewed", 2817, "reflected ratio")

    @rule(dose=st.booleans())
    def use_a_budget_up(self, dose: bool) -> None:
        """By chance alone this is rare: two sonications that leave nothing for a third."""
        self.begin_a_treatment([Step(REGIONS[0], 10.0, 5.0)] * 3, 3, None if dose else 1700.0, True)
        for _ in range(2):
            minutes: Doses = dict.fromkeys(SENSORS, 1.0 if dose else 0.0)
            self.whole_sonication(0.0 if dose else 1500.0, minutes, False, True, "finished", 0.0)

    # what happens to the computer

    @rule(quarters=st.sampled_from([1, 4, 40, 120, 239, 240, 241, 40000]))
    def wait(self, quarters: int) -> None:
        self.clocks.pass_s(quarters / 4)

    @rule(by_s=st.sampled_from([-86400.0, -60.0, -0.25, 0.25, 0.5, 0.75, 59.0, 3600.0]))
    def set_the_clock(self, by_s: float) -> None:
        self.clocks.set_wall(by_s)

    @rule(
        reboot=st.booleans(), took_s=st.sampled_from([1.0, 30.0, 500.0]), goes_on=st.sampled_from([True, True, False])
    )
    def crash(self, reboot: bool, took_s: float, goes_on: bool) -> None:
        self.monitor.close()  # of what a dying process leaves, nothing differs: no call does anything at close
        if reboot:
            self.clocks.reboot(took_s)
        else:
            self.clocks.pass_s(took_s)
        self.gap.forgets()
        self.monitor = Sessions(self.path, limits(), self.clocks.now())
        if self.runs is not None:
            self._interrupted()
        visit = self._visit() if goes_on else None
        if visit is None:
            self.chosen = None
        else:
            self.monitor.choose(visit.name)

    # what has to be true

    def _interrupted(self) -> None:
        assert self.runs is not None
        self.runs.outcome, self.runs = "interrupted", None
        self.gap.begins(self.clocks)

    def _visit(self) -> Visit | None:
        """The chosen treatment, if it is still its patient's newest."""
        if self.chosen is None:
            return None
        code, number = self.chosen
        visits = self.people[code].visits
        return visits[number] if number == len(visits) - 1 else None

    def _why(self, looks: bool) -> str:
        """How the line has to begin, "" for none; `looks`: the monitor has looked at its clocks."""
        if self.runs is not None:
            return "a sonication runs"
        before = (self.gap.start, self.gap.over)
        left_s, _ = self.gap.look(self.clocks)
        if not looks:
            self.gap.start, self.gap.over = before
        if any(one.open for person in self.people.values() for one in person.sonications):
            return "the end of P-"
        visit = self._visit()
        if visit is None:
            return "no session" if self.chosen is None else f"{self.chosen[0]}/{self.chosen[1] + 1} is over"
        if not visit.left:
            return f"the plan of {visit.name} is finished"
        person = self.people[visit.name.split("/")[0]]
        if person.refuses(visit.left[:1], []):
            caps = person.caps_j
            energy = person.energy_j(visit.left[0].region) + visit.left[0].set_w * visit.left[0].set_s
            return ("energy" if caps and energy > min(caps) + 1e-6 else "dose") + f" budget of {visit.left[0].region}"
        return f"cooling gap {math.ceil(left_s)} s left" if left_s > 0 else ""

    @invariant()
    def it_says_why_not(self) -> None:
        said, has = self.monitor.inhibited(self.clocks.now()), self._why(True)
        assert said.startswith(has) and bool(said) == bool(has), (said, has)
        assert "\n" not in said
        REACHED[" ".join(has.split()[:2]) if not has.startswith("P-") else "is over"] += 1

    @invariant()
    def nothing_is_lost_and_all_adds_up(self) -> None:
        with self.beside.reading() as connection:
            found = {patient.pseudonym: patient for patient in history.patients(connection)}
        assert found.keys() == self.people.keys()
        for code, person in self.people.items():
            assert [treatment.name for treatment in found[code].treatments] == [v.name for v in person.visits]
            assert [one.outcome for one in found[code].sonications] == [one.outcome for one in person.sonications]
            sums = totals(found[code].sonications)
            assert sums.keys() == {one.step.region for one in person.sonications}
            for region, total in sums.items():
                assert total.energy_j == pytest.approx(person.energy_j(region))
                assert total.known != person.dose_unknown(region)
                for sensor in (*SENSORS, "water"):
                    assert total.doses.get(sensor, 0.0) == pytest.approx(person.dose(region, sensor))

    @invariant()
    def the_view_agrees(self) -> None:
        session, visit = self.monitor.session(self.clocks.now()), self._visit()
        if visit is None:
            assert session is None
            return
        assert session is not None
        code, left = visit.name.split("/")[0], visit.left
        assert (session.patient, session.planned) == (code, visit.done + len(left))
        assert session.energy_j == pytest.approx(sum(one.counted_j for one in visit.sonications))
        assert session.number == visit.done + bool(left)
        assert (session.region, session.set_w) == ((left[0].region, left[0].set_w) if left else ("", 0.0))
        if self.runs is None:
            assert session.gap_s == pytest.approx(self.gap.look(self.clocks)[0])
        budgets = self.monitor.budgets()
        person = self.people[code]
        assert len(budgets) == (len(SENSORS) + bool(person.caps_j) if left else 0)
        for budget in budgets:
            if budget.unit == "J":
                used, limit = person.energy_j(left[0].region), min(person.caps_j)
            else:
                sensor = budget.name.split(" at ")[1]
                lost = person.dose_unknown(left[0].region)
                used, limit = DOSE_LIMIT if lost else person.dose(left[0].region, sensor), DOSE_LIMIT
            assert budget.used == pytest.approx(used)
            assert budget.limit == limit
