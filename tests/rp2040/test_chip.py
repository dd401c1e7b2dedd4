"""The emulated chip with an official image: repeatable, and its PIO, ADC and pins as the firmware relies on them."""

from pathlib import Path

import pytest

from sonofuse.image.cross import cross_compile
from sonofuse.layout import FIRMWARE
from sonofuse_hil.platforms import permit
from sonofuse_hil.platforms.permit import PermitModel
from sonofuse_hil.platforms.rp2040.chip import Chip

from .program import chip_with

READY_PIN, PERMIT_PIN = 25, 2
READY = "from machine import Pin\nready = Pin(25, Pin.OUT)\nready(1)\n"
WORD = 0x1234567
PERMIT = f"""
import time
from array import array
import chip
from permit import Switch
words, inputs = array("i", [0] * (chip.S_TOKEN + 1)), array("i", [0] * (chip.I_NOW + 1))
def give(word):
    words[chip.S_TOKEN] = word
    inputs[chip.I_NOW] = time.ticks_us()
    chip.give(words, inputs, 1000)
switch = Switch(0, {PERMIT_PIN})
switch.arm({WORD})
time.sleep_us(500)
{READY}
{{then}}
while True:
    pass
"""


def permit_edges(image: Path, then: str, for_us: int = 6_000) -> list[tuple[int, int]]:
    """Edges of the permit pin, counted from when the program was armed: (µs, level)."""
    modules = {
        f"{name}.mpy": cross_compile(f"{name}.py", (FIRMWARE / f"{name}.py").read_bytes(), "armv6m")
        for name in ("chip", "permit", "permit_program")
    }
    chip = chip_with(image, PERMIT.format(then=then), **modules)
    edges: list[tuple[int, int]] = []
    chip.watch(PERMIT_PIN, lambda t_us, level: edges.append((t_us, level)))
    ready_us = until_ready(chip)
    chip.run_until(ready_us + for_us)
    return [(t_us - ready_us, level) for t_us, level in edges]


def until_ready(chip: Chip, limit_us: int = 1_000_000) -> int:
    found: list[int] = []
    chip.watch(READY_PIN, lambda t_us, level: found.append(t_us))
    while not found:
        assert chip.now_us < limit_us, "the program never got ready"
        chip.run_until(chip.now_us + 1_000)
    return found[0]


def test_one_token_gives_twenty_pulses(chip_image: Path) -> None:
    edges = permit_edges(chip_image, f"give({WORD})")
    assert [level for _, level in edges] == [1, 0] * 20
    seen_us = edges[-1][0] - edges[0][0]
    assert seen_us == pytest.approx(permit.LAST_EDGE_US, abs=15), "the model of the unix platform says otherwise"


def test_the_permit_model_of_the_unix_platform_agrees_with_the_program(chip_image: Path) -> None:
    """Tokens every 970 µs, then a wrong one: first and last edge as the model says, to within a PIO cycle or two."""
    then = f"""
for word in ({WORD}, {WORD}, {WORD}, {WORD} + 1):
    t = time.ticks_us()
    give(word)
    while time.ticks_diff(time.ticks_us(), t) < 970:
        pass
"""
    edges = permit_edges(chip_image, then)
    model = PermitModel()
    model.word(0, WORD)
    model.active(0, 1)
    first = edges[0][0] - permit.WAKE_US
    for number in range(3):
        model.word(first + 970 * number, WORD)
    model.word(first + 970 * 3, WORD + 1)
    assert edges[0][0] == pytest.approx(model.first_edge_us, abs=30)
    assert edges[-1][0] == pytest.approx(model.last_edge_us, abs=permit.ROUND_US)


def test_no_word_but_the_right_one_gives_an_edge(chip_image: Path) -> None:
    then = "\n".join(f"give({word}); time.sleep_us(300)" for word in (0, 1, WORD ^ 1, 0x3FFFFFFF))
    assert permit_edges(chip_image, then) == []


@pytest.mark.parametrize(("act", "bound_us"), [("switch.force_low()", 20), ("switch.stop()", 150)])
def test_taking_the_permit_back(chip_image: Path, act: str, bound_us: int) -> None:
    """By the pad at once; by stopping the program its pin stays where it is, which the pump takes for no edge."""
    then = f"give({WORD})\ntime.sleep_us(800)\nready(0)\n{act}\nready(1)"
    edges = permit_edges(chip_image, then)
    assert edges, "no edge at all proves nothing"
    assert edges[-1][0] <= edges[0][0] + 900 + bound_us


def test_the_same_program_gives_the_same_run(chip_image: Path) -> None:
    source = f"""
from machine import ADC
import time
{READY}
adc = ADC(26)
p = Pin(3, Pin.OUT)
for i in range(40):
    p((adc.read_u16() + time.ticks_us()) & 1)
"""
    runs = []
    for slice_us in (50_000, 333):  # how it is sliced makes no difference
        chip = chip_with(chip_image, source)
        edges: list[tuple[float, int]] = []
        chip.watch(3, lambda _t_us, level, chip=chip, edges=edges: edges.append((chip.clock.nanos, level)))
        chip.adc.sample = lambda channel, chip=chip: int(chip.clock.nanos) >> 6 & 0xFFF
        while chip.now_us < 100_000:
            chip.run_until(chip.now_us + slice_us)
        runs.append(edges)
    assert runs[0] and runs[0] == runs[1]
