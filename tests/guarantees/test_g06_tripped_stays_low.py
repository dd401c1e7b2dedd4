"""G6: no sequence of inputs leads a tripped device to ON but the one that is meant to."""

from hypothesis import Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from sonofuse_firmware.states import ON, SAFE, TRIPPED
from sonofuse_hil.guarantees.g06 import SETTLE_US
from sonofuse_hil.strategies import examples

from .conftest import LimitsFiles
from .tripped_machine import machine


def test_any_inputs_in_any_order(measured, limits_files: LimitsFiles) -> None:
    run_state_machine_as_test(
        machine(limits_files.quick, measured),
        settings=settings(max_examples=examples(60), stateful_step_count=25, phases=(Phase.explicit, Phase.generate)),
    )


def test_stop_behind_a_receipt(measured, limits_files: LimitsFiles) -> None:
    """Once it took 0.8 ms too long: a receipt before it, a converter's turn, and bytes to code."""
    tripped = machine(limits_files.quick, measured)()
    try:
        tripped.begin(led=True)
        tripped.danger_over("reference")
        tripped.damaged(bit=440, cut=False, kind=20)
        tripped.damaged(bit=492, cut=False, kind=21)
        tripped.wait(us=9681)
        tripped.stop()
    finally:
        tripped.teardown()


def test_the_meant_way_leads_to_on_and_no_step_of_it_can_be_left_out(measured, limits_files: LimitsFiles) -> None:
    for left_out in (None, "acknowledge", "arm", "start"):
        tripped = machine(limits_files.quick, measured)()
        try:
            tripped.begin(led=False)
            tripped.lead_to_on()
            assert tripped.console.state == ON
            tripped.danger("stop_loop")
            assert tripped.console.state == TRIPPED
            tripped.acknowledge(True)  # the cause is present
            assert tripped.console.state == TRIPPED
            tripped.danger_over("stop_loop")
            tripped.rig.run_for(SETTLE_US)
            for step in ("acknowledge", "arm", "start"):
                if step != left_out:
                    tripped.acknowledge(True) if step == "acknowledge" else getattr(tripped, step)()
            assert (tripped.console.state == ON) == (left_out is None)
            if left_out == "arm":
                assert tripped.console.state == SAFE
        finally:
            tripped.teardown()
