"""Firmware with one mistake each: the checks of G2, G5, G6, G7 and G9 notice it."""

import re

import pytest
from hypothesis import Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from sonofuse.layout import K
from sonofuse_firmware.states import ON, SAFE
from sonofuse_hil.device import Transform, both, mistake
from sonofuse_hil.guarantees import g02, g05, g07, g09
from sonofuse_hil.measurement import Measurement
from sonofuse_hil.platforms.vm import _ops

from .conftest import LimitsFiles
from .tripped_machine import machine

SAME = ("monitor.py", "class Monitor:", "class Monitor:")  # the canary: no mistake


def failed(measurements: list[Measurement]) -> set[str]:
    return {m.name for m in measurements if not m.passed}


LOW, ENDS = "permit low for good after the fault", "not TRIPPED after a fault"
GIVEN = "                give(state, inputs, deadline_us)\n"
CONSTANT = ("monitor.py", GIVEN, f"                words[S_TOKEN] = token\n{GIVEN}")
FED = ("monitor.py", "if words[S_RAN] == token:", "if True:")


def swallow(name: str, source: str) -> str:
    """Ticks that go on with the next one whatever was raised."""
    if name != "monitor.py":
        return source
    parts = re.fullmatch(
        r"(.*\n        while True:\n)(            gpio = .*\n)(            yield\n.*)", source, re.DOTALL
    )
    assert parts is not None, "monitor.py no longer has its loop over ticks: adapt this mutant"
    head, body, tail = parts.groups()
    body = "".join(f"    {line}\n" for line in body.splitlines())
    return f"{head}            try:\n{body}            except Exception:\n                pass\n{tail}"


@pytest.mark.parametrize(("change", "expected"), [(mistake(*SAME), set()), (swallow, {LOW, ENDS})])
def test_g2_exceptions(limits_files: LimitsFiles, change: Transform, expected: set[str]) -> None:
    outcome = g02.with_order(limits_files.quick, 100_000, _ops.VALUE_ERROR, change)
    assert failed(g02.after_fault(outcome, outcome.run.stimuli[-1].t_us, "")) == expected


@pytest.mark.parametrize(
    ("change", "expected"), [(SAME, set()), (CONSTANT, {LOW}), (FED, {"reset by the watchdog"})]
)  # fmt: skip
def test_g2_skipped_checks(limits_files: LimitsFiles, change: tuple[str, str, str], expected: set[str]) -> None:
    skips = both(mistake(*change), g02.skipping(4, K.RANGE))
    outcome = g02.faulty_run(limits_files.quick, transform=skips, after_us=1_300_000)
    struck_us = outcome.run.bursts(0)[0][0] + g02.SKIP_US
    found = [*g02.after_fault(outcome, struck_us, ""), g02.reset_after(outcome, struck_us, g02.WATCHDOG_US + 1_000, "")]
    names = {"reset by the watchdog" if name == "reset after an exception" else name for name in failed(found)}
    assert expected <= names and bool(expected) == bool(names)


NO_OPEN = ("monitor.py", "self._latch.append(OPEN, 0, self._dose())", "pass")
NO_LOOK = ("monitor.py", "if latch.kind != CLOSED:", "if latch.kind == 99:")


@pytest.mark.parametrize(("change", "noticed"), [(SAME, False), (NO_OPEN, True), (NO_LOOK, True)])
def test_g5(limits_files: LimitsFiles, change: tuple[str, str, str], noticed: bool) -> None:
    where = g05.Interruption("finish", at_us=1_500_000)
    outcome = g05.interrupt(limits_files.quick, where, transform=mistake(*change))
    assert outcome is not None and (outcome.reported == ON or change is NO_LOOK)
    assert ("boots not TRIPPED though open" in failed(g05.measure(outcome, ""))) == noticed


SHORT_CUT = ("states.py", '(TRIPPED, "acknowledge", SAFE)', '(TRIPPED, "acknowledge", ARMED)')
UNLATCHED = ("monitor.py", "        elif self._acknowledging:\n", "        elif self.state == TRIPPED and not cause:\n")
DEAF = ("monitor.py", "STOP:\n            self.trip(STOPPED)\n", "STOP:\n            pass\n")


@pytest.mark.parametrize(("change", "noticed"), [(SAME, False), (SHORT_CUT, True), (UNLATCHED, True), (DEAF, True)])
def test_g6(limits_files: LimitsFiles, change: tuple[str, str, str], noticed: bool) -> None:
    found: list[Measurement] = []

    def note(m: Measurement) -> None:
        found.append(m)
        assert m.passed

    profile = settings(max_examples=80 if noticed else 5, stateful_step_count=25, phases=(Phase.generate,))
    try:
        run_state_machine_as_test(machine(limits_files.quick, note, mistake(*change)), settings=profile)
    except AssertionError:
        assert noticed
    assert any(not m.passed for m in found) == noticed


TRUSTING = ("kernel.py", "            state[S_CRC_BAD] = 1\n", "            state[S_CRC_BAD] = 0\n")


@pytest.mark.parametrize(("change", "noticed"), [(SAME, False), (TRUSTING, True)])
def test_g7_in_memory(limits_files: LimitsFiles, change: tuple[str, str, str], noticed: bool) -> None:
    harmless = K.H_GAP_MS  # only the checksum can notice it
    assert bool(failed(g07.flip_in_memory(limits_files.quick, harmless, 3, mistake(*change)))) == noticed


FORGETFUL = (
    "monitor.py",
    "        self._record = TRIP\n        self._times[_PENDING]",
    "        self._times[_PENDING]",
)


@pytest.mark.parametrize(("change", "noticed"), [(SAME, False), (FORGETFUL, True)])
def test_g9(limits_files: LimitsFiles, change: tuple[str, str, str], noticed: bool) -> None:
    kept = g09.trip_and_reset(limits_files.quick, SAFE, "stop_loop", 0, ("run",), mistake(*change))
    assert (not g09.lost(kept, "").passed) == noticed
