"""What goes between rig and VM at once is what went one by one: readings of the ADC, and what the firmware says."""

import struct
from pathlib import Path

import pytest

from sonofuse.board import load_board
from sonofuse_hil.bench import Bench
from sonofuse_hil.platforms.flash import Flash
from sonofuse_hil.platforms.unix import UnixPlatform
from sonofuse_hil.platforms.vm import _ops

# 3000 pins without a call that takes time fill the memory for outputs more than once.
MANY = """
from _wire import charge, output, send
for i in range(3000):
    output(16, 15, i & 1)
send(b"half a frame", 0, 12)
charge(50)
while True:
    charge(1000)
"""


@pytest.mark.parametrize("board", ["rev_a", "mini_ntc"])  # without thermistors, and with
@pytest.mark.parametrize("watts", [0.0, 40.0, 1e4])  # 10 kW is more than the converter can show
def test_a_block_of_readings_is_the_same_readings(board: str, watts: float) -> None:
    whole, single = (Bench(load_board(board), seed=3) for _ in range(2))
    for bench in whole, single:
        bench.force("forward", watts)
    at_us = 0
    for slots in (*[20] * 150, *[1] * 2100):  # the draws of noise go round after 2047, from any of them
        readings = [single.adc(at_us + 1_000 * slot) for slot in range(slots)]
        block = whole.adc_block(at_us, slots)
        assert list(struct.iter_unpack("<4H", block)) == readings, at_us
        at_us += 1_000 * slots


def test_nothing_that_the_firmware_says_is_lost(tmp_path: Path) -> None:
    (tmp_path / "many.py").write_text(MANY)
    bench = Bench(load_board("rev_a"))
    heard: list[tuple[int, bytes]] = []
    bench.on_received = lambda t_us, data: heard.append((t_us, data))
    platform = UnixPlatform(tmp_path, bench, Flash(8192), script="many.py")
    try:
        platform.run_until(10_000)
    finally:
        platform.close()
    assert 3000 * _ops.RECORD_WORDS > _ops.OUT_WORDS
    assert [level for _, pin, level in bench.history.pins if pin == 15] == [i & 1 for i in range(3000)]
    assert heard == [(0, b"half a frame")], "what is no frame yet is heard too"
