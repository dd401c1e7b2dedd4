"""What a tick costs on the emulated chip, from the unmodified firmware, while RF is on and USB is not enumerated."""

import pytest

from sonofuse_hil.platforms.rp2040 import trials
from sonofuse_hil.platforms.rp2040.stages import distributions

pytestmark = pytest.mark.chip  # a boot of the emulated chip takes a minute

REACHED_US = 290.0  # the goal of 250 us is not reached by every tick (docs/firmware.md); this says when it gets worse
COMMANDED_US = 350.0  # with a refused command every 7 ms


@pytest.mark.parametrize(("commands", "limit_us"), [(False, REACHED_US), (True, COMMANDED_US)])
def test_no_tick_takes_longer(on_chip, timed, commands, limit_us):
    ticks = on_chip.on.run(trials.ticks_of, 200_000, commands)
    assert len(ticks) > 190
    for found in distributions(ticks, limit_us, "with RF on" + (" and commands" if commands else "")):
        timed(found)


def test_a_second_run_gives_the_same_figures(on_chip):
    runs = [on_chip.on.run(trials.ticks_of, 30_000, True) for _ in range(2)]
    assert runs[0] == runs[1] and len(runs[0]) > 25


def test_two_thousand_ticks(on_chip, timed):
    for found in distributions(on_chip.on.run(trials.ticks_of, 2_000_000, True), COMMANDED_US, "of 2 s, with commands"):
        timed(found)
