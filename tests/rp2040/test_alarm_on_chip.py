"""The alarm on the emulated chip: the pulses on the buzzer's pin, and what a tick costs while it sounds."""

import pytest

from sonofuse_hil.measurement import EMULATED
from sonofuse_hil.platforms.rp2040.platform import Rp2040Platform
from sonofuse_hil.platforms.rp2040.stages import Stages
from sonofuse_hil.results import distribution
from sonofuse_hil.rig import Rig
from tests.alarm_standard import pulses_of, violations

pytestmark = pytest.mark.chip  # a boot of the emulated chip takes a minute

HALF_A_BURST_US = 1_000_000
AT_ONCE = 10  # ticks from the excursion on, the trip among them
RARE = 2  # of these that take longer: the trip, and the black box that looks whether its block is blank
ALARM_US = 500.0  # leaves half of a tick
LONGEST_US = 2_000.0  # of those: the permit is low, and two ticks are late at most; 1812 seen


def sounding(rig: Rig) -> tuple[list[tuple[int, int]], list[float]]:
    """RF that nobody permitted, up to the end of the first half of a burst: the pin's edges, and the ticks' lengths
    but for those that write the flash, µs."""
    since_us = rig.now_us
    rig.bench.force("forward", 5.0)
    assert isinstance(rig.platform, Rp2040Platform)
    with Stages(rig.platform.chip) as stages:
        rig.run_for(HALF_A_BURST_US)
    edges = [(at_us - since_us, level) for at_us, level in rig.result().alarms if at_us >= since_us]
    return edges, [tick.whole for tick in stages.ticks if not tick.flash]


def test_pulses_and_ticks(on_chip, timed):
    edges, ticks = on_chip.safe.run(sounding)
    pulses = pulses_of([(at_us / 1_000, level) for at_us, level in edges], HALF_A_BURST_US / 1_000)
    assert len(pulses) == 5 and not violations(pulses, "high", 1.1, whole=False)
    assert len(ticks) > 900 and sum(us > ALARM_US for us in ticks[:AT_ONCE]) <= RARE
    assert max(ticks[:AT_ONCE]) <= LONGEST_US
    timed(distribution("tick while the alarm sounds", ticks[AT_ONCE:], "µs", EMULATED, ALARM_US))
