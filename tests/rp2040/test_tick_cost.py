"""What a tick costs on the emulated chip, from the unmodified firmware, while RF is on and USB is not enumerated."""

import pytest

from sonofuse_hil.platforms.rp2040 import trials
from sonofuse_hil.platforms.rp2040.stages import distributions

pytestmark = pytest.mark.chip  # a boot of the emulated chip takes a minute

GOAL_US = 250.0  # of a tick in which nothing comes: leaves three quarters of the processor idle
LISTENING_US = 345.0  # what UART0 receives in a tick must fit into its FIFO of 32 bytes (chip.wait): 10.85 us a byte
# Beside receipts, what -> for how long, what is sent, how often; a full line brings none, and ends RF after 250 ms.
LINE = {
    "nothing else": (2_000_000, b"", 7_000),
    "a refused command every 7 ms": (2_000_000, trials.REFUSED, 7_000),
    "a line full of zeros": (200_000, trials.ZEROS, 1_000),
    "a line full of short damaged frames": (200_000, trials.SHORT, 1_100),
    "a line full of one endless frame": (200_000, trials.ENDLESS, 1_000),
}


def test_a_tick_with_rf_on_takes_a_quarter_of_its_time(on_chip, timed):
    ticks = on_chip.on.run(trials.ticks_unheard, 200_000)
    assert len(ticks) > 190
    for found in distributions(ticks, GOAL_US, "with RF on"):
        timed(found)


@pytest.mark.parametrize("what", LINE)
def test_no_tick_is_so_long_that_received_bytes_are_lost(on_chip, timed, what):
    us, sent, every_us = LINE[what]
    ticks = on_chip.on.run(trials.ticks_of, us, sent, every_us)
    assert len(ticks) > us / 1_000 - 10
    timed(distributions(ticks, LISTENING_US, f"with {what}")[0])


def test_a_second_run_gives_the_same_figures(on_chip):
    runs = [on_chip.on.run(trials.ticks_of, 30_000, trials.REFUSED) for _ in range(2)]
    assert runs[0] == runs[1] and len(runs[0]) > 25


@pytest.mark.parametrize("before", range(4))
def test_stop_behind_other_commands_arrives(on_chip, before):
    for phase_us in range(100, 1_000, 137):
        lost, low_us = on_chip.on.run(trials.stop_behind, before, phase_us)
        assert lost == 0
        assert low_us < 5_000 + 4_000 * before, phase_us
