"""G2: whatever stops or delays the firmware, the permit is low 2.2 ms after the last token."""

import ast
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st

from sonofuse.limits import SHIPPED, compile_limits, load
from sonofuse_hil.guarantees import g02
from sonofuse_hil.instrument import ACTIONS, Fault, Probe, Twin
from sonofuse_hil.measurement import Measurement
from sonofuse_hil.platforms.vm import _ops
from sonofuse_hil.strategies import examples

from .conftest import LimitsFiles

Measured = Callable[[Measurement], None]
UNSHRUNK = (Phase.explicit, Phase.generate)  # a run takes a quarter of a second, and shrinking hundreds of runs
EXCEPTIONS = (_ops.MEMORY_ERROR, _ops.OS_ERROR, _ops.VALUE_ERROR, _ops.INTERRUPT)
RESET_US = 1_200  # the rest of a sleep, then the reset itself
OPENS_US = 200_000
CHECKS = g02.enabled_checks(compile_limits(load(SHIPPED)))


class Reached(dict[Probe, tuple[int, int | None]]):
    """Probes reached while RF is on: how often, and when the stop loop has to open for it."""

    def __repr__(self) -> str:
        return f"{len(self)} probes"


@pytest.fixture(scope="module")
def limits(limits_files: LimitsFiles) -> Path:
    return limits_files.quick


@pytest.fixture(scope="module")
def twin() -> Twin:
    return Twin()


@pytest.fixture(scope="module")
def reached(limits: Path, twin: Twin) -> Reached:
    nominal = twin.reached(g02.with_fault(limits, twin, None).log)
    tripped = twin.reached(g02.with_fault(limits, twin, None, OPENS_US).log)
    late = {probe: (hits, OPENS_US) for probe, hits in tripped.items() if probe not in nominal}
    return Reached({probe: (hits, None) for probe, hits in nominal.items()} | late)


def test_the_twin_runs_exactly_like_the_firmware(limits: Path, twin: Twin) -> None:
    ours = g02.faulty_run(limits)
    theirs = g02.with_fault(limits, twin, None)
    assert ours.right_us == theirs.right_us and ours.wrong_us == theirs.wrong_us == ([], [])
    assert ours.run.digest() == theirs.run.digest()
    assert ours.run.done == 1


def test_probes_cover_every_file_that_runs_while_rf_is_on(reached: Reached) -> None:
    assert {probe.file for probe in reached} >= {
        "chip.py", "kernel.py", "monitor.py", "permit.py", "sensors.py", "states.py", "rows.py",
        "frames.py", "receipts.py", "answers.py",
    }  # fmt: skip
    assert any(opens is not None for _, opens in reached.values())


def test_a_fault_has_its_own_probe_alone_where_it_was_among_all(twin: Twin) -> None:
    for probe in twin.probes[::23]:
        everywhere = re.sub(rf"_p\((?!{probe.number}\))\d+\)", "pass", twin.transform()(probe.file, ""))
        alone = twin.transform(Fault(probe, "hang"))(probe.file, "")
        assert _without_pass(alone) == _without_pass(everywhere) and alone.count("_p(") == 1


def _without_pass(source: str) -> str:
    """As a tree; a probe that is left out leaves nothing, or an else of its own."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        for name in ("body", "orelse"):
            body = getattr(node, name, None)
            if isinstance(body, list):
                setattr(node, name, [each for each in body if not isinstance(each, ast.Pass)])
    return ast.dump(tree)


def test_a_fault_that_never_strikes_changes_nothing(limits: Path, twin: Twin) -> None:
    outcome = g02.with_fault(limits, twin, Fault(twin.probes[0], "MemoryError", 10_000_000))
    assert g02.struck_us(outcome) is None and outcome.run.done == 1


# ---- inside a call of the hardware, at any microsecond


@settings(phases=UNSHRUNK, max_examples=examples(30))
@given(st.integers(2_000, 299_999), st.sampled_from(EXCEPTIONS))
def test_an_exception_inside_any_call(measured: Measured, limits: Path, delay_us: int, order: int) -> None:
    outcome = g02.with_order(limits, delay_us, order)
    judge(measured, outcome, outcome.run.stimuli[-1].t_us, f"order {order} after {delay_us} us of RF")
    measured(g02.reset_after(outcome, outcome.run.stimuli[-1].t_us, RESET_US, f"order {order} after {delay_us} us"))


@settings(phases=UNSHRUNK, max_examples=examples(15))
@given(st.integers(2_000, 299_999))
def test_an_endless_loop_inside_any_call(measured: Measured, limits: Path, delay_us: int) -> None:
    outcome = g02.with_order(limits, delay_us, _ops.HANG)
    judge(measured, outcome, outcome.run.stimuli[-1].t_us, f"hang after {delay_us} us of RF")
    measured(g02.reset_after(outcome, outcome.run.stimuli[-1].t_us, g02.WATCHDOG_US, f"hang after {delay_us} us"))


@settings(phases=UNSHRUNK, max_examples=examples(8))
@given(st.integers(2_000, 250_000), st.sampled_from((_ops.SPI_TRANSFER, _ops.ADVANCE)))
def test_a_peripheral_that_never_returns(measured: Measured, limits: Path, delay_us: int, operation: int) -> None:
    outcome = g02.with_blocked(limits, delay_us, operation)
    assert outcome.run.hung_us is not None
    judge(measured, outcome, outcome.run.hung_us, f"operation {operation} blocked after {delay_us} us of RF")
    measured(g02.reset_after(outcome, outcome.run.hung_us, g02.WATCHDOG_US, f"operation {operation} blocked"))


def test_a_reset_that_does_not_happen_is_made_up_for_by_the_watchdog(measured: Measured, limits: Path) -> None:
    outcome = g02.with_blocked(limits, 100_000, _ops.RESET, _ops.VALUE_ERROR)
    assert [reason for _, reason in outcome.run.resets] == ["watchdog"]
    judge(measured, outcome, outcome.run.stimuli[-1].t_us, "an exception, then a reset that is never answered")


# ---- at any branch, by the instrumented twin


def at_branch(measured: Measured, limits: Path, twin: Twin, fault: Fault, opens_us: int | None) -> None:
    outcome = g02.with_fault(limits, twin, fault, opens_us)
    struck = g02.struck_us(outcome)
    assert struck is not None, fault
    judge(measured, outcome, struck, str(fault), fault.lost_us if fault.action == "overrun" else 0)
    if fault.action == "hang":
        measured(g02.reset_after(outcome, struck, g02.WATCHDOG_US, str(fault)))
    elif fault.action != "overrun":
        measured(g02.reset_after(outcome, struck, RESET_US, str(fault)))


def judge(measured: Measured, outcome: g02.Outcome, struck_us: int, text: str, lost_us: int = 0) -> None:
    measured(g02.after_last_token(outcome, text))
    for measurement in g02.after_fault(outcome, struck_us, text, lost_us):
        measured(measurement)


@pytest.mark.parametrize("part", [0, 2, *(pytest.param(part, marks=pytest.mark.slow) for part in (1, 3, 4, 5))])
def test_every_branch_once(measured: Measured, limits: Path, twin: Twin, reached: Reached, part: int) -> None:
    for number, (probe, (hits, opens)) in enumerate(reached.items()):
        if number % 6 == part:
            fault = Fault(probe, ACTIONS[number // 6 % len(ACTIONS)], 1 + number * 7 % min(hits, 64))
            at_branch(measured, limits, twin, fault, opens)


@pytest.mark.slow
@pytest.mark.parametrize("action", ACTIONS)
def test_every_branch_with_every_fault(
    measured: Measured, limits: Path, twin: Twin, reached: Reached, action: str
) -> None:
    for probe, (hits, opens) in reached.items():
        for hit in {1, 1 + hits // 2, hits}:
            at_branch(measured, limits, twin, Fault(probe, action, hit), opens)


def test_a_permit_that_cannot_be_taken_back_is_reset(
    measured: Measured, limits: Path, twin: Twin, reached: Reached
) -> None:
    """`Permit.low` raises, and raises again when main takes the permit back after the first exception."""
    probe = next(p for p in reached if p.file == "permit.py" and p.branch == "enter" and reached[p][0] <= 2)
    at_branch(measured, limits, twin, Fault(probe, "ValueError", again=True), reached[probe][1])


# ---- late ticks


@settings(phases=UNSHRUNK, max_examples=examples(20))
@given(st.integers(1, 3_000_000), st.integers(0, 10_000), st.integers(1, 100))
@example(1_999, 0, 1)
@example(2_000, 0, 1)
@example(999_000, 0, 1)
def test_an_overrun_at_any_branch(
    measured: Measured, limits: Path, twin: Twin, reached: Reached,
    lost_us: int, number: int, hit: int,
) -> None:  # fmt: skip
    probe, (hits, opens) = list(reached.items())[number % len(reached)]
    fault = Fault(probe, "overrun", 1 + hit % hits, lost_us=lost_us)
    outcome = g02.with_fault(limits, twin, fault, opens)
    struck = g02.struck_us(outcome)
    assert struck is not None
    measured(g02.after_last_token(outcome, str(fault)))
    if lost_us > 2_000:
        low, tripped = g02.after_fault(outcome, struck, str(fault), lost_us)
        measured(low)
        if not outcome.run.done:  # a FINISH that waited meanwhile ends the treatment normally
            measured(tripped)


@settings(phases=UNSHRUNK, max_examples=examples(10))
@given(st.integers(1, 20_000))
def test_a_starved_tick(measured: Measured, limits: Path, twin: Twin, reached: Reached, lost_us: int) -> None:
    """Every tick loses this much: an interrupt storm."""
    probe = max((p for p in reached if p.file == "monitor.py"), key=lambda p: reached[p][0])
    fault = Fault(probe, "overrun", 10, again=True, lost_us=lost_us)
    outcome = g02.with_fault(limits, twin, fault)
    measured(g02.after_last_token(outcome, str(fault)))
    struck = g02.struck_us(outcome)
    assert struck is not None
    if lost_us > 2_000:
        judge(measured, outcome, struck, str(fault), lost_us)


# ---- checks that are jumped over


@pytest.mark.parametrize("part", range(2))
def test_a_check_that_is_skipped(measured: Measured, limits: Path, part: int) -> None:
    assert len(CHECKS) == 59
    for channel, check in CHECKS[part::2]:
        text = f"check {check} of channel {channel} skipped"
        outcome = g02.faulty_run(limits, transform=g02.skipping(channel, check), after_us=1_300_000)
        skipped_us = min(us for wrong in outcome.wrong_us for us in wrong)
        assert skipped_us - outcome.right_us[0][0] > 0.9 * g02.SKIP_US
        judge(measured, outcome, skipped_us, text)
        measured(g02.reset_after(outcome, skipped_us, g02.WATCHDOG_US, text))


@pytest.mark.parametrize(("channel", "check"), CHECKS[::8])
def test_a_check_that_never_runs_permits_nothing(limits: Path, channel: int, check: int) -> None:
    outcome = g02.faulty_run(limits, transform=g02.skipping(channel, check, after_us=0))
    assert outcome.run.bursts(0) == outcome.run.bursts(1) == []
