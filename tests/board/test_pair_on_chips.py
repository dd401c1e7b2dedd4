"""Both boards emulated with their real firmware, the host on two ports: what it says agrees with the emulator."""

from pathlib import Path

import pytest

from sonofuse_hil.guarantees import g01, g10
from sonofuse_hil.guarantees.oracle import Oracle
from sonofuse_hil.measurement import Measurement
from sonofuse_hil.platforms.board.platform import LATE_US, RESOLUTION_US
from sonofuse_hil.platforms.rp2040.snapshot import Snapshot
from sonofuse_hil.run import Run
from tests.quick import quick_limits

from . import pair_rig
from .pair import SLICE_US
from .pair_rig import SILENCE_MS, Seen

_EMULATOR = 2e-3  # of a time by the stamps' clock (SignalChip.ticks)
_APPLIED_US = 5  # after the instant that they were told for, outputs change: the end of a wait and the call behind it
_PASS_US = 3_000  # of the board's loop (serve._SOON_US), by which relays may be late; 2320 seen
_RELAY_US = 50  # from the pin to the note of it, and rounding


@pytest.mark.chip
# One test, because a boot of both chips is a minute of processor time; a fork of it costs seconds.
def test_a_session_on_two_chips(chip_image: Path, tmp_path: Path) -> None:
    limits = quick_limits(tmp_path)
    latch = pair_rig.closed_latch(limits)
    oracle = Oracle(limits)
    with Snapshot(lambda: pair_rig.begin(limits, chip_image, latch)) as on:
        _ends_normally(on.run(pair_rig.nominal))
        seen = on.run(pair_rig.stop)
        _agrees(seen, g10.reaction(seen.run, oracle))
        seen = on.run(pair_rig.overpower)
        _agrees(seen, g01.reaction(seen.run, oracle))
        _goes_off(on.run(pair_rig.vanish))


def _ends_normally(seen: Seen) -> None:
    run = seen.run
    assert seen.finished and run.done == 1 and run.tripped is None
    assert [watts for _, watts in run.history.watts] == [40.0, 0.0]
    for switch in (0, 1):
        assert len(run.bursts(switch)) == 1
    last_us, last_ticks = seen.last_edge
    marker_us, marker_ticks = max(marker for marker in seen.markers if marker[0] < last_us)
    exact_us = marker_us + last_ticks - marker_ticks
    assert _last(run) == pytest.approx(exact_us, abs=RESOLUTION_US + _APPLIED_US)
    assert seen.worst_late_us <= LATE_US


def _agrees(seen: Seen, found: Measurement) -> None:
    """A reaction by the signal board's stamps is that of the emulator, and within the guarantee's bound."""
    run = seen.run
    assert found.passed, found
    assert found.tier == "hardware"
    stimulus_us = run.stimuli[0].t_us
    marker_us, marker_ticks = min(seen.markers, key=lambda marker: abs(marker[0] - stimulus_us))
    last_us, last_ticks = seen.last_edge
    assert found.value == pytest.approx(last_ticks - marker_ticks, abs=RESOLUTION_US)
    assert found.value == pytest.approx(last_us - marker_us, abs=RESOLUTION_US, rel=_EMULATOR)
    # The board's own pumps and relays follow the stamps: 3 ms of hold and 5 ms of release, or 5 ms after the loop.
    opened_us, level = seen.stop_loop[-1]
    exact_us = max(t_us for t_us, closed in seen.readbacks if not closed)
    late_us = exact_us - (last_us + 8_000 if level else opened_us + 5_000)
    assert -_APPLIED_US <= late_us <= _PASS_US
    released_us = max(t_us for t_us, _, closed in run.history.relays if not closed)
    # Relays are told by the board's timer, the stimulus by a stamping machine, which falls behind in the emulator.
    first_us, first_ticks = seen.markers[0]
    behind_us = (marker_us - first_us) - (marker_ticks - first_ticks)
    assert released_us - stimulus_us == pytest.approx(exact_us - marker_us + behind_us, abs=_RELAY_US)


def _goes_off(seen: Seen) -> None:
    """The monitor, in turn, takes the permit away; the host has not noticed anything of it."""
    opened_us, level = seen.stop_loop[-1]
    assert level == 0
    silent_us = opened_us - seen.run.end_us
    assert SILENCE_MS * 1e3 - 10_000 < silent_us < SILENCE_MS * 1e3 + 2_000
    assert opened_us < seen.last_edge[0] + SLICE_US + 1e5


def _last(run: Run) -> int:
    return max(end for switch in (0, 1) for _, end in run.bursts(switch))
