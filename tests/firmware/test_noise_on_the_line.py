"""A STOP gets through, whatever was on the line before it."""

from pathlib import Path

import pytest

from sonofuse.limits import SHIPPED
from sonofuse_hil.guarantees import variant
from sonofuse_hil.rig import Rig, Sonication

STOPPED = 36


@pytest.mark.parametrize("noise", [b"", b"\x55", b"\0\x55", b"\x01\x02", b"\xff" * 300], ids=len)
def test_stop_after_noise(tmp_path: Path, noise: bytes) -> None:
    limits = variant.write(tmp_path / "quick.toml", base=SHIPPED)

    with Rig(limits, (Sonication(40.0, 0.5),)) as rig:

        def press() -> None:
            rig.bench.send(noise)
            rig.operator.stop()

        rig.after_rf(50_000, "stop", "noise, then STOP", press)
        run = rig.run_plan(4_000_000)
    assert run.done == 0 and run.cause >> 8 == STOPPED
    pressed_us = run.stimuli[0].t_us
    assert run.low_since(pressed_us) - pressed_us < 40_000
