"""Plans, sonications, crashes and clocks in any order: the file says what an independent count says, at every step."""

import os

from hypothesis import Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from .bench import SENSORS, limits
from .machine import KINDS, REACHED, Treatments
from .oracle import DOSE_LIMIT, GAP_S


def test_the_limits_are_those_that_the_oracle_counts_with() -> None:
    assert limits().cooling_gap_s == GAP_S
    found = {channel.name: check.trip for channel in limits().channels if (check := channel.check("dose"))}
    assert found == dict.fromkeys(SENSORS, DOSE_LIMIT)


def test_an_independent_count_agrees_at_every_step() -> None:
    REACHED.clear()
    examples = int(os.environ.get("SONOFUSE_EXAMPLES", "100")) * 3 // 5 or 1
    phases = [Phase.explicit, Phase.generate]  # shrinking would take minutes, and an example has 30 steps at most
    run_state_machine_as_test(
        Treatments, settings=settings(stateful_step_count=30, max_examples=examples, phases=phases)
    )
    if examples >= 60:
        assert set(REACHED) >= KINDS, f"not reached: {KINDS - set(REACHED)}"
