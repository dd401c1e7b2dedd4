"""What a trip leaves behind: after an acknowledgement the next sonication starts; RF at boot does not wait."""

from pathlib import Path

import pytest

from sonofuse_hil.breaking import break_part
from sonofuse_hil.rig import Rig, Sonication
from tests.quick import quick_limits

RANGE, ENERGY, DURATION, IDLE = 1, 18, 19, 12
SAFE, ON, TRIPPED = 1, 3, 4


@pytest.fixture
def limits(tmp_path: Path) -> Path:
    return quick_limits(tmp_path)


@pytest.mark.parametrize(("watts", "cause"), [(50.0, DURATION), (66.0, ENERGY)])
def test_an_exhausted_sonication_can_be_acknowledged(limits: Path, watts: float, cause: int) -> None:
    """Nobody is at the console; the generator gives less than was set, or 10 % more."""
    with Rig(limits, (Sonication(60.0, 5.0),)) as rig:
        rig.after_rf(100_000, "absent", "nobody is there", lambda: setattr(rig.operator, "absent", True))
        rig.after_rf(100_000, "power", "", lambda: rig.bench.generator.set_power(watts))
        rig.run_while(lambda: not (rig.seen and rig.operator.started_us and rig.seen[-1].state == TRIPPED), 9_000_000)
        assert rig.seen[-1].cause >> 8 == cause
        rig.bench.generator.gate(False)
        rig.bench.changed()
        rig.run_for(300_000)
        rig.operator.acknowledge(new_treatment=False)
        rig.run_for(300_000)
        assert rig.seen[-1].state == SAFE, rig.seen


def test_rf_at_boot_trips_before_the_sensors_are_ready(limits: Path) -> None:
    with Rig(limits, ()) as rig:
        rig.run_while(lambda: not (rig.seen and rig.seen[-1].state == SAFE), 5_000_000)
        closed = bytes(rig.flash.data)
    with Rig(limits, (), flash=closed) as rig:
        rig.at(1_000, "RF", "30 W although nobody permitted it", lambda: rig.bench.force("forward", 30.0))
        rig.run_for(400_000)
        assert rig.seen[-1].state == TRIPPED and rig.seen[-1].cause >> 8 == IDLE, rig.seen
        assert (15, 1) in [(pin, level) for _, pin, level in rig.bench.history.pins]
        assert rig.seen[-1].t_us < 150_000 + 60_000 + 20_000


@pytest.mark.parametrize("fault", ["open", "short"])
def test_a_sensor_that_is_whole_again_can_be_acknowledged(limits: Path, fault: str) -> None:
    """Its converter keeps the fault until it is told; while the wire is broken nothing can be acknowledged."""
    with Rig(limits, (Sonication(40.0, 5.0),)) as rig:
        rig.after_rf(100_000, fault, "skin_a", lambda: break_part(rig.bench, "skin_a", fault))
        rig.after_rf(100_000, "absent", "nobody is there", lambda: setattr(rig.operator, "absent", True))
        rig.run_while(lambda: not (rig.operator.started_us and rig.seen[-1].state == TRIPPED), 9_000_000)
        assert rig.seen[-1].cause >> 8 == RANGE
        for now, state in ((fault, TRIPPED), ("", SAFE)):
            break_part(rig.bench, "skin_a", now)
            rig.run_for(300_000)
            rig.operator.acknowledge(new_treatment=False)
            rig.run_for(300_000)
            assert rig.seen[-1].state == state, rig.seen
