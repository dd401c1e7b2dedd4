"""A DRDY line that stays low must not pass one conversion off as many: every rise would look flat."""

from pathlib import Path

import pytest

from sonofuse_hil.guarantees import variant
from sonofuse_hil.rig import Rig, Sonication

STALE = 2
CHANNELS = ("skin_a", "skin_b", "transducer", "water")


@pytest.mark.parametrize("channel", CHANNELS)
def test_a_ready_line_that_stays_low_trips(tmp_path: Path, channel: str) -> None:
    with Rig(variant.write(tmp_path / "quick.toml"), (Sonication(40.0, 1.0),)) as rig:

        def short() -> None:
            rig.bench.converter(channel).set_fault(rig.bench.now_us, "drdy_low")

        rig.after_rf(50_000, "drdy", f"DRDY of {channel} shorted to ground", short)
        run = rig.run_plan(4_000_000)
    assert run.done == 0 and run.cause == STALE << 8 | CHANNELS.index(channel)
    assert run.low_since(run.stimuli[0].t_us) - run.stimuli[0].t_us < 110_000
