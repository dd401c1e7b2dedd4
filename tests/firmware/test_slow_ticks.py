"""Ticks that are slow, and not late enough to trip, must not make too little flow look enough."""

from pathlib import Path

import pytest

from sonofuse_hil.device import both, mistake
from sonofuse_hil.guarantees import variant
from sonofuse_hil.rig import Rig, Sonication

BELOW = 5
SAMPLE = "            gpio = sample(table, inputs)\n"


@pytest.mark.parametrize("lost_us", [0, 1_200, 1_550])
def test_too_little_flow_trips_at_any_pace(tmp_path: Path, lost_us: int) -> None:
    known = mistake("monitor.py", "from time import ticks_us\n", "from time import sleep_us, ticks_us\n")
    slow = both(known, mistake("monitor.py", SAMPLE, f"{SAMPLE}            sleep_us({lost_us})\n"))
    limits = variant.write(tmp_path / "flow.toml", variant.alone("flow", "below"))
    with Rig(limits, (Sonication(40.0, 4.0),), transform=slow) as rig:
        rig.after_rf(50_000, "flow", "0.75 L/min, and the limit is 1", lambda: rig.bench.force("flow", 750.0))
        run = rig.run_plan(9_000_000)
        flow = [channel.name for channel in rig.bench.board.channels].index("flow")
    assert run.done == 0 and run.cause == BELOW << 8 | flow
    assert run.low_since(run.stimuli[0].t_us) - run.stimuli[0].t_us < 2_500_000
