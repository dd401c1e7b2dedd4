"""What was foreseen stays while the firmware writes to a converter: no pulse of the flow meter gets lost by that."""

from pathlib import Path

from sonofuse_hil.rig import Rig, Sonication
from sonofuse_hil.tolerances import Tolerances
from tests.quick import quick_limits

LATCH = 33  # of a device that does not come out of BOOT


def test_a_converter_that_is_written_every_10_ms_costs_no_flow(tmp_path: Path) -> None:
    limits = quick_limits(tmp_path)
    with Rig(limits, (Sonication(50.0, 0.2),)) as rig:
        assert rig.run_plan(6_000_000).done == 1
        flash = bytes(rig.flash.data)
    with Rig(limits, flash=flash, tolerances=Tolerances(flow_ml_min=1_600)) as rig:  # 1.0 L/min trips
        _, converter = next(iter(rig.bench.converters.values()))
        converter.set_fault(0, "open")  # it says so, and is forgiven, as long as no check trips
        rig.run_for(4_000_000)
        seen = rig.operator.telemetry
    assert seen is not None and seen.cause >> 8 == LATCH
