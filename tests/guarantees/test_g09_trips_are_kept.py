"""G9: a trip out of any state survives any reset, with its cause."""

from collections.abc import Callable

import pytest

from sonofuse_firmware.states import ARMED, ON, SAFE, TRIPPED
from sonofuse_hil.guarantees import g09
from sonofuse_hil.measurement import Measurement

from .conftest import LimitsFiles


@pytest.mark.parametrize("state", (SAFE, ARMED, ON))
@pytest.mark.parametrize(("channel", "value"), [("", 0), ("stop_loop", 0), ("reference", 0.5), ("skin_b", 60)])
def test_a_trip_is_kept(
    measured: Callable[[Measurement], None], limits_files: LimitsFiles, state: int, channel: str, value: float
) -> None:
    kept = g09.trip_and_reset(limits_files.quick, state, channel, value, (*g09.WAYS, *g09.WAYS))
    assert kept.tripped.state == TRIPPED and kept.tripped.cause != 0
    measured(g09.lost(kept, f"{channel or 'STOP'} in state {state}"))
