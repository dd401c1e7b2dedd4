"""The rig takes the permit's pins from the board, so that a board of one's own is cut off as Rev A is."""

from dataclasses import replace
from pathlib import Path

from sonofuse.board import load_board
from sonofuse_hil.bench import Bench
from sonofuse_hil.platforms.flash import Flash
from sonofuse_hil.platforms.unix import UnixPlatform
from sonofuse_hil.platforms.vm import _ops

DRIVE_LOW = 2 << 8  # GPIOx_CTRL.OUTOVER


def test_a_pad_of_another_pin_forces_its_switch_low(tmp_path: Path) -> None:
    board = load_board("rev_a")
    bench = Bench(replace(board, pins={**board.pins, "permit": 13, "second": 25}))
    platform = UnixPlatform(tmp_path, bench, Flash(8192))
    platform._output(0, _ops.MEMORY, 25, DRIVE_LOW, b"")
    platform._output(0, _ops.MEMORY, 2, DRIVE_LOW, b"")  # Rev A's permit means nothing here
    assert [switch.forced_low for switch in platform.switches] == [False, True]
