"""Firmware with one mistake each: the checks of G3, G4 and G12 notice it.

The canaries are no mistake, and one that takes away one of two ways of which either is enough.
"""

import random
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from sonofuse.limits import compile_limits, load
from sonofuse.link import F
from sonofuse_firmware.states import ARMED, ON, SAFE, TRIPPED
from sonofuse_hil.device import Transform, both, mistake
from sonofuse_hil.guarantees import floods, g03, g04, g12, hosts, losses
from sonofuse_hil.line import Line
from sonofuse_hil.operator import Sonication

from .conftest import LimitsFiles

SAME = mistake("monitor.py", "class Monitor:", "class Monitor:")
Check = Callable[[Path, Transform], bool]  # whether it notices the mistake

# ---- what may notice a mistake of the firmware


def wrong_host(act: hosts.Act, limits: Path, transform: Transform) -> bool:
    """A host that goes wrong while RF is on; RF has to have been on."""
    found = g03.perform(limits, "wrong", 60_000, act, transform=transform)
    assert found.run.stimuli, "it never came to RF"
    return not g03.unconfirmed("", found, compile_limits(load(limits)), "").passed


def lies(lie: str) -> Check:
    return partial(wrong_host, hosts.unchecked(lie, 1, {}))


def late(line: Line) -> None:
    line.to_device = losses.late(line, 280_000)


def start_without_receipts(limits: Path, transform: Transform) -> bool:
    def deaf(line: Line) -> None:
        line.to_device = losses.no_receipts_from_arm_on(line, 180_000)

    slow = both(transform, g03.slow_digests(3_000))
    found = g03.perform(limits, "deaf", 1_000, lambda _line: None, transform=slow, watch=deaf)
    assert found.run.bursts(0), "RF never began"
    return not g03.unconfirmed("", found, compile_limits(load(limits)), "").passed


def lost_frames(limits: Path, transform: Transform) -> bool:
    def lose(line: Line) -> None:
        line.to_host, _ = losses.one_frame(100_000, random.Random(1))

    found = g03.perform(limits, "lost", 5_000, lose, plan=(Sonication(20.0, 0.8),), transform=transform)
    assert found.run.stimuli, "it never came to RF"
    return found.state == TRIPPED


def forged(state: int, name: str, limits: Path, transform: Transform) -> bool:
    kinds = g12.kinds(state)
    return bool(g12.forge(limits, state, [(name, kind) for kind in kinds for _ in range(3)], 1, transform))


def forged_finish(limits: Path, transform: Transform) -> bool:
    return any(not m.passed for m in g12.forged_finish(limits, "another key", 1, transform))


def every_bit(limits: Path, transform: Transform) -> bool:
    return bool(g12.every_bit(limits, F.ARM, transform))


def another_boot(limits: Path, transform: Transform) -> bool:
    return bool(g12.of_another_boot(limits, transform))


def no_key(limits: Path, transform: Transform) -> bool:
    return g12.without_key(limits, transform) != TRIPPED


def flooded(kind: str, state: int, every_us: int, limits: Path, transform: Transform) -> bool:
    """RF may end by a flood, but not by one that can be heard."""
    found = floods.flood(
        limits, state, kind, 300, 1, bytes_per_ms=floods.FULL if every_us == 1_000 else 1, every_us=every_us,
        transform=transform,
    )  # fmt: skip
    return any(not m.passed for m in floods.measure(found, b"", "")) if state != ON else found.state == TRIPPED


def pressed(limits: Path, transform: Transform) -> bool:
    found = g04.perform(limits, act=lambda rig: rig.operator.stop(), plan=(Sonication(40.0, 0.4),), transform=transform)
    assert found.run.stimuli, "it never came to RF"
    return not g04.pressed(found, "").passed


RECEIPTS, AUTHORITY, MONITOR, FRAMES, KERNEL = (
    partial(mistake, f"{name}.py") for name in ("receipts", "authority", "monitor", "frames", "kernel")
)
HALF = "    wrong |= ((digest >> 16) & 0xFFFF) ^ (frame[_AT + 4] | frame[_AT + 5] << 8)\n"
AGE = "        self._times[AGE_US] = min(age, _TIME_MAX)\n"
GENUINE = "        if not genuine:\n            return NOT_GENUINE\n"
NOT_GENUINE = "        if not genuine and kind != {}:\n            return NOT_GENUINE\n"
SAID_BEFORE = "(sequence - own[_ANSWERED] - 1) & 0xFFFF > 0x7FFF"
STOPS = "        if kind == STOP:\n            self.trip(STOPPED)\n"

# what is wrong -> the mistake, and the check that notices it
MISTAKES: dict[str, tuple[Transform, Check]] = {
    "any receipt is taken": (RECEIPTS("    if wrong:\n", "    if wrong < 0:\n"), lies("random digests")),
    "half of the digest is compared": (RECEIPTS(HALF, ""), lies("a digest with one bit wrong")),
    "a receipt is always new": (
        RECEIPTS("(inputs[_I_NOW] - own[at + 2]) & _INT_MAX", "0"),
        partial(wrong_host, late),
    ),
    "a receipt does not get old": (MONITOR("us = times[AGE_US] + elapsed", "us = times[AGE_US]"), lies("zeros")),
    "a receipt does not get old meanwhile": (MONITOR(AGE, ""), start_without_receipts),
    "the kernel needs no receipt": (
        KERNEL("if on and limits[H_HOST] and (late", "if on and limits[H_HOST] < 0 and (late"),
        partial(wrong_host, hosts.hangs),
    ),
    "a frame goes out once": (FRAMES("            own[_AGAIN] = 1\n", "            own[_AGAIN] = 0\n"), lost_frames),
    "numbers count for nothing": (
        AUTHORITY("if wrong or counter <= self.counter:", "if wrong:"),
        partial(forged, ARMED, "said before"),
    ),
    "a number counts twice": (
        AUTHORITY("counter <= self.counter", "counter < self.counter"),
        partial(forged, SAFE, "counter used last"),
    ),
    "one byte of a seal is compared": (
        AUTHORITY("            wrong |= mac[i]", "            wrong = mac[i]"),
        partial(forged, SAFE, "one bit of the seal wrong"),
    ),
    "every boot has the same nonce": (
        AUTHORITY("hexlify(random) + str(boots).encode()", "hexlify(random)"),
        another_boot,
    ),
    "no key is a key": (AUTHORITY("if size < 0 or not self._key:", "if size < 0:"), no_key),
    "a seal is looked at and not judged": (MONITOR(GENUINE, ""), partial(forged, TRIPPED, "unsealed")),
    "ARM needs no seal": (MONITOR(GENUINE, NOT_GENUINE.format("ARM")), partial(forged, SAFE, "another key")),
    "SILENCE needs no seal": (MONITOR(GENUINE, NOT_GENUINE.format("SILENCE")), partial(forged, TRIPPED, "another key")),
    "a forged FINISH is a normal end": (
        MONITOR("            self._unproven = True\n", "            self._unproven = False\n"),
        forged_finish,
    ),
    "FINISH does nothing in ON": (
        MONITOR("elif state == ON and kind == FINISH:\n", "elif state == ON and kind == 0:\n"),
        forged_finish,
    ),
    "STOP is ignored": (MONITOR(STOPS, "        if kind == STOP:\n"), pressed),
    "no checksum": (
        FRAMES("and crc == data[n] | data[n + 1] << 8:", "and crc >= 0:"),
        every_bit,
    ),
    "a flood starves the rows": (
        FRAMES("_BEHIND = const(256)", "_BEHIND = const(4096)", 1),
        partial(flooded, "questions", SAFE, 4_000),
    ),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_of_the_firmware_is_noticed(name: str, limits_files: LimitsFiles) -> None:
    transform, check = MISTAKES[name]
    assert check(limits_files.hosted, transform)


CHECKS = {str(check): check for _, check in MISTAKES.values()}


@pytest.mark.parametrize("check", CHECKS.values(), ids=range(len(CHECKS)))
def test_the_canary_is_not(check: Check, limits_files: LimitsFiles) -> None:
    assert not check(limits_files.hosted, SAME)


@pytest.mark.parametrize(
    ("transform", "check"),
    [
        (RECEIPTS(SAID_BEFORE, "own[_ANSWERED] < 0"), lies("repeats its last receipt")),
        (MONITOR("self._times[AGE_US] > limits[H_RECEIPT_US]", "self._times[AGE_US] < 0"), start_without_receipts),
    ],
    ids=["a receipt that is repeated is as old as it was", "START without receipts, the kernel trips first"],
)  # fmt: skip
def test_either_of_two_ways_is_enough(transform: Transform, check: Check, limits_files: LimitsFiles) -> None:
    assert not check(limits_files.hosted, transform)
