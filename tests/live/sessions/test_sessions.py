"""What the monitor gets told, case by case."""

import math
import threading
from pathlib import Path

import pytest

from sonofuse.console import CommandError
from sonofuse.limits import parse
from sonofuse.live.sessions import FINISHED, NOT_STARTED, TRIPPED, Sessions, history, planning
from tests.limits.edits import set_key

from .bench import DEVICE, WHO, doses, limits, plan
from .desk import OTHER, Desk


def test_one_treatment(desk: Desk) -> None:
    assert desk.why().startswith("no session: make a treatment with `sonofuse session new PLAN`")
    assert desk.monitor.session(desk.clocks.now()) is None
    assert desk.monitor.budgets() == ()
    name = desk.new(*plan().steps, OTHER)
    assert desk.monitor.waiting() == [name]
    assert desk.why() == ""
    assert desk.begin() == f"{name}/1"
    assert desk.why() == "a sonication runs; wait for its end"
    desk.end()
    assert desk.why() == "cooling gap 60 s left"
    desk.clocks.pass_s(16.5)
    assert desk.why() == "cooling gap 44 s left"
    with pytest.raises(CommandError, match=r"^cooling gap 44 s left$"):
        desk.begin(50, 10)
    session = desk.monitor.session(desk.clocks.now())
    assert session is not None
    assert (session.patient, session.region, session.number, session.planned) == (name[:-2], "femur_right", 2, 2)
    assert (session.set_w, session.set_s, session.energy_j) == (50, 10, 790)
    assert session.gap_s == pytest.approx(43.5)
    desk.clocks.pass_s(43.5)
    assert desk.why() == ""
    desk.begin(50, 10)
    desk.clocks.pass_s(3)
    desk.monitor.end(desk.clocks.now(), TRIPPED, 140.0, doses(), 2817, "reflected ratio: too much power\nreflected")
    assert desk.patient().sonications[1].cause_text == "reflected ratio: too much power reflected"
    assert desk.why() == f"the plan of {name} is finished"
    assert desk.monitor.waiting() == []
    session = desk.monitor.session(desk.clocks.now())
    assert session is not None
    assert (session.region, session.number, session.planned, session.set_w) == ("", 2, 2, 0)


def test_a_device_that_refuses_to_start_uses_nothing_up(desk: Desk) -> None:
    name = desk.new()
    desk.begin()
    desk.monitor.end(desk.clocks.now(), NOT_STARTED)
    assert desk.why() == ""
    assert desk.begin() == f"{name}/2"


def test_armed_otherwise_than_planned(desk: Desk) -> None:
    desk.new()
    for set_w, set_s in ((40.1, 20), (39.9, 20), (40, 20.1), (40, 19), (math.nan, 20), (40, math.nan)):
        with pytest.raises(CommandError, match=r"the plan says 40 W for 20 s; disarm, and arm as planned"):
            desk.begin(set_w, set_s)
    desk.begin(40.0004, 20)  # as ARM rounds


def test_words_that_do_not_fit(desk: Desk) -> None:
    desk.new()
    with pytest.raises(CommandError, match="device 'of Smith'"):
        desk.monitor.begin(desk.clocks.now(), 40, 20, "of Smith")
    with pytest.raises(CommandError, match="no folder"):
        desk.monitor.begin(desk.clocks.now(), 40, 20, DEVICE, "/home/smith/a.mcap")
    with pytest.raises(CommandError, match="who 'Smith'"):
        desk.monitor.acknowledge(desk.clocks.now(), "Smith", "coupling renewed", 2817, "")
    with pytest.raises(CommandError, match="why: write one line"):
        desk.monitor.acknowledge(desk.clocks.now(), WHO, "", 2817, "")
    desk.begin()
    for outcome, cause in (("well", 0), (FINISHED, -1), (FINISHED, 65536)):
        with pytest.raises(ValueError, match="no way to end"):
            desk.monitor.end(desk.clocks.now(), outcome, 790.0, doses(), cause)
    assert desk.why().startswith("a sonication runs")
    desk.end()
    with pytest.raises(CommandError, match="no sonication runs that could end"):
        desk.end()
    with pytest.raises(CommandError, match="no sonication runs that could end"):
        desk.monitor.end_unknown(desk.clocks.now())


def test_a_plan_that_is_changed_while_the_device_is_armed(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    name = desk.new()
    assert desk.why() == ""
    looked = desk.monitor.inhibited

    def changed_after(now: object) -> str:
        said = looked(desk.clocks.now())
        planning.replan(desk.beside, desk.clocks.now(), WHO, name, plan(OTHER), limits())
        return said

    monkeypatch.setattr(desk.monitor, "inhibited", changed_after)
    with pytest.raises(CommandError, match="the plan says 50 W for 10 s"):
        desk.begin()


def test_an_open_account_that_appears_between_two_looks(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.new(*plan().steps * 2)
    desk.sonicate()
    desk.clocks.pass_s(61)
    looked = desk.monitor.inhibited

    def unknown_after(now: object) -> str:
        said = looked(desk.clocks.now())
        with desk.beside.writing() as connection:
            planning.insert(connection, "dose", sonication=1, at=desk.clocks.now().utc, sensor="skin_a")
        return said

    monkeypatch.setattr(desk.monitor, "inhibited", unknown_after)
    with pytest.raises(CommandError, match="is not known"):
        desk.begin()


def test_a_newer_treatment_takes_over(desk: Desk) -> None:
    name = desk.new()
    other = planning.new_treatment(desk.beside, desk.clocks.now(), WHO, plan(), limits(), name[:-2])
    assert desk.why() == f"{name} is over, a newer treatment was begun: {other}"
    with pytest.raises(CommandError, match="is over"):
        desk.begin()
    with pytest.raises(CommandError, match="has no treatment 3"):
        desk.monitor.choose(f"{name[:-2]}/3")
    desk.monitor.choose(other)
    desk.begin()
    with pytest.raises(CommandError, match="a sonication runs"):
        desk.monitor.choose(other)


def test_tightened_limits_hold_for_the_patient_alone(desk: Desk) -> None:
    tighter = set_key("limits", "cooling_gap", '"120 s"')[0].encode()
    name = desk.new(*plan().steps * 3, limits_file=tighter)
    assert desk.monitor.limits.cooling_gap_s == 120
    desk.sonicate()
    desk.clocks.pass_s(70)
    assert desk.why() == "cooling gap 50 s left"
    desk.new()
    assert desk.monitor.limits == limits()
    assert desk.why() == ""
    desk.monitor.choose(name)
    assert desk.why() == "cooling gap 50 s left"


def test_a_device_with_stricter_limits_than_the_patients(desk: Desk, tmp_path: Path) -> None:
    name = desk.new(limits_file=set_key("limits", "cooling_gap", '"90 s"')[0].encode())
    desk.monitor.close()
    stricter = parse(set_key("limits", "cooling_gap", '"100 s"')[0].encode(), "device")
    desk.monitor = Sessions(desk.path, stricter, desk.clocks.now())
    desk.monitor.choose(name)
    assert desk.why() == ("for a patient limits can only be tightened: cooling_gap_s is looser: 100 → 90")


def test_a_plan_is_compared_with_the_limits_of_the_device_again(desk: Desk) -> None:
    name = desk.new(OTHER, *plan().steps)
    desk.begin(50, 10)
    desk.end()
    desk.monitor.close()
    stricter = parse(set_key("limits", "duration", '"15 s"')[0].encode(), "device")
    desk.monitor = Sessions(desk.path, stricter, desk.clocks.now())
    desk.monitor.choose(name)
    assert desk.why() == "step 2, ilium_left: duration 20 s is more than the 15 s allowed"


def test_the_gap_survives_what_happens_to_the_computer(desk: Desk) -> None:
    name = desk.new(*plan().steps * 3)
    desk.sonicate()
    desk.clocks.pass_s(20)
    desk.start_again()
    desk.monitor.choose(name)
    assert desk.why() == "cooling gap 40 s left"
    desk.clocks.set_wall(3600)
    assert desk.why() == "cooling gap 60 s left; counted anew, a clock of this computer was set"
    desk.clocks.pass_s(20)
    desk.clocks.set_wall(-7200)
    assert desk.why() == "cooling gap 60 s left; counted anew, a clock of this computer was set"
    desk.clocks.pass_s(20)
    assert desk.why() == "cooling gap 40 s left; counted anew, a clock of this computer was set"
    desk.clocks.reboot(300)
    desk.start_again()
    desk.monitor.choose(name)
    assert desk.why() == "cooling gap 60 s left; counted anew, this computer was started anew"
    desk.clocks.pass_s(20)
    desk.start_again()
    desk.monitor.choose(name)
    assert desk.why() == "cooling gap 40 s left; counted anew, this computer was started anew"
    desk.clocks.pass_s(40)
    assert desk.why() == ""
    desk.clocks.set_wall(-50)
    assert desk.why() == ""


def test_an_end_that_the_disk_took_although_it_said_not(desk: Desk) -> None:
    """A disk may fail after a transaction is complete; the end is then not written twice."""
    desk.new(*plan().steps * 2)
    desk.begin()
    with desk.beside.writing() as connection:
        planning.insert(
            connection, "ended", sonication=1, at=desk.clocks.now().utc, outcome=FINISHED, cause=0, cause_text="",
            energy_j=700.0,
        )  # fmt: skip
    desk.monitor.end(desk.clocks.now(), FINISHED, 790.0, doses())
    assert not desk.why().startswith("a sonication runs")
    assert desk.patient().sonications[0].energy_j == 700


def test_it_may_be_called_from_several_threads(desk: Desk) -> None:
    desk.new(*plan().steps * 40)
    trouble: list[BaseException] = []

    def look() -> None:
        try:
            for _ in range(20):
                desk.why()
                desk.monitor.session(desk.clocks.now())
                desk.monitor.budgets()
                desk.monitor.acknowledge(desk.clocks.now(), WHO, "coupling renewed", 2817, "")
        except BaseException as error:  # noqa: BLE001 - told by the thread that started this one
            trouble.append(error)

    threads = [threading.Thread(target=look) for _ in range(3)]
    for thread in threads:
        thread.start()
    for _ in range(8):
        desk.clocks.pass_s(61)
        desk.begin()
        desk.monitor.end(desk.clocks.now(), FINISHED, 1.0, {"skin_a": 0.0, "skin_b": 0.0})
    for thread in threads:
        thread.join()
    assert trouble == []
    (patient,) = [desk.patient()]
    assert (len(patient.sonications), len(patient.treatments[0].acknowledgements)) == (8, 60)


def test_what_was_acknowledged_without_a_treatment_is_kept_too(desk: Desk) -> None:
    desk.monitor.acknowledge(desk.clocks.now(), WHO, "first start of the device", 8447, "latch", new_treatment=True)
    with desk.beside.reading() as connection:
        (kept,) = history.of_no_patient(connection)["acknowledgements"]
    assert (kept["who"], kept["why"], kept["cause"]) == (WHO, "first start of the device", 8447)
