"""The RP2040's microsecond clock wraps every 17.9 minutes: nothing may notice (fault 38)."""

from pathlib import Path

import pytest

from sonofuse_hil.rig import Rig, Sonication
from tests.quick import quick_limits

WRAP_US = 1 << 30


@pytest.mark.parametrize("before_us", [1, 999, 500_000, 1_350_000, 1_900_000, 2_400_000])
def test_a_sonication_ends_normally_across_the_wrap(before_us: int, tmp_path: Path) -> None:
    with Rig(quick_limits(tmp_path), (Sonication(50.0, 1.0),), ticks_us=WRAP_US - before_us) as rig:
        run = rig.run_plan(10_000_000)
    assert run.done == 1 and run.state == 1 and run.tripped is None, run.seen
    assert not run.resets


@pytest.mark.parametrize("before_us", [0, 1, 1000, 3000])
def test_a_trip_at_the_wrap_is_as_fast_as_any(before_us: int, tmp_path: Path) -> None:
    reactions = []
    for start_us in (0, WRAP_US - 1_848_000 - before_us):
        with Rig(quick_limits(tmp_path), (Sonication(50.0, 1.0),), ticks_us=start_us) as rig:
            rig.after_rf(500_000, "hot", "skin sensor sees 60 degC", lambda rig=rig: rig.bench.force("skin_a", 60.0))
            run = rig.run_plan(10_000_000)
        assert run.tripped is not None
        reactions.append(run.low_since(run.stimuli[0].t_us) - run.stimuli[0].t_us)
    assert reactions[0] == reactions[1]
