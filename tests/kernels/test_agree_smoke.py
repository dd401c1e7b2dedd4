"""The three production forms of the kernel compute the same words: viper on a VM, its plain twin, and Cython."""

import random
import struct
import subprocess
from array import array
from pathlib import Path

import pytest

from sonofuse.layout import FIRMWARE, K
from sonofuse.twin import kernel_twin, plain_twin
from sonofuse_core.checker import Checker
from tests.kernels.limitsets import every_check
from tests.vm import program

TICKS = 3000
PLAY = """
import micropython, sys
from array import array
from kernel import tick
with open(sys.argv[1], "rb") as file: limits = array("i", file.read())
with open(sys.argv[2], "rb") as file: inputs = array("i", file.read())
width = int(sys.argv[3])
state = array("i", [0] * int(sys.argv[4]))
now = array("i", [0] * width)
with open(sys.argv[5], "wb") as out:
    for at in range(0, len(inputs), width):
        for i in range(width): now[i] = inputs[at + i]
        micropython.heap_lock()
        cause = tick(limits, state, now)
        micropython.heap_unlock()
        assert cause == state[3]
        out.write(state)
"""


def stream(channels: int, ticks: int) -> list[list[int]]:
    """Inputs that keep most checks at the edge of failing: calm stretches, then wild ones."""
    draw = random.Random(1)
    now = draw.randrange(1 << 30)
    seqs, raws = [0] * channels, [20_000] * channels
    on = 0
    frames: list[list[int]] = []
    for tick in range(ticks):
        wild = tick // 100 % 3 == 2
        now = (now + draw.choice((990, 1000, 1000, 1010, 3200 if wild else 1000))) % (1 << 30)
        if draw.random() < 0.02:
            on = 1 - on
        frame = [0] * K.I_CHANNELS
        frame[K.I_NOW], frame[K.I_ON], frame[K.I_SET_MW] = now, on, draw.choice((40_000, 0, -1, 25_000))
        frame[K.I_SET_US], frame[K.I_ENERGY] = 20_000, 900
        frame[K.I_RECEIPT_US] = draw.choice((0, 250_000, 250_001, -1)) if wild else 0
        for channel in range(channels):
            if draw.random() < 0.4:
                seqs[channel] = (seqs[channel] + 1) % 65_536
                around = raws[channel] + draw.randrange(-300, 300)
                raws[channel] = draw.choice((-1, 0, 1, 65_535, draw.randrange(65_536), around)) if wild else around
                raws[channel] = max(-1, min(raws[channel], 65_535))
                if channel == channels - 1:
                    raws[channel] = draw.choice((on, on, 1, 0, -1))
            frame += [seqs[channel], raws[channel]]
        frames.append(frame)
    return frames


def states_of_checker(limits: bytes, frames: list[list[int]]) -> list[bytes]:
    checker = Checker(limits)
    states: list[bytes] = []
    for frame in frames:
        checker.inputs[:] = array("i", frame)
        assert checker.tick() == checker.state[K.S_CAUSE]
        states.append(bytes(checker.state))
    return states


def test_plain_twin_and_checker_agree() -> None:
    limits = every_check()
    words = array("i", limits)
    frames = stream(words[K.H_CHANNELS], TICKS)
    tick = kernel_twin().tick
    state = array("i", [0] * (K.S_CHANNELS + words[K.H_CHANNELS] * K.CHANNEL_WORDS))
    causes: set[int] = set()
    for number, (frame, expected) in enumerate(zip(frames, states_of_checker(limits, frames), strict=True)):
        causes.add(tick(words, state, array("i", frame)))
        assert bytes(state) == expected, f"tick {number}"
    assert {cause >> 8 for cause in causes} > {0, K.RANGE, K.ABOVE, K.DEADLINE}, "the stream must provoke trips"


@pytest.mark.parametrize("form", ["viper", "plain"])
def test_firmware_on_a_vm_and_checker_agree(form: str, tmp_path: Path) -> None:
    source = (FIRMWARE / "kernel.py").read_text(encoding="utf-8")
    limits = every_check()
    channels = struct.unpack_from("<i", limits, 4 * K.H_CHANNELS)[0]
    size = K.S_CHANNELS + channels * K.CHANNEL_WORDS
    frames = stream(channels, TICKS)
    (tmp_path / "kernel.py").write_text(source if form == "viper" else plain_twin(source), encoding="utf-8")
    (tmp_path / "play.py").write_text(PLAY, encoding="utf-8")
    (tmp_path / "limits.bin").write_bytes(limits)
    (tmp_path / "inputs.bin").write_bytes(b"".join(array("i", frame).tobytes() for frame in frames))
    arguments = ["play.py", "limits.bin", "inputs.bin", str(len(frames[0])), str(size), "states.bin"]
    done = subprocess.run(
        [program("micropython"), *arguments], cwd=tmp_path, capture_output=True, text=True, timeout=60
    )
    if form == "viper" and "SyntaxError: invalid micropython decorator" in done.stderr + done.stdout:
        pytest.skip("this VM has no native code")
    assert done.returncode == 0, done.stdout + done.stderr
    played = (tmp_path / "states.bin").read_bytes()
    for number, expected in enumerate(states_of_checker(limits, frames)):
        assert played[4 * size * number : 4 * size * (number + 1)] == expected, f"tick {number}"
