"""The alarm on the real MicroPython VM: alone, step by step like its twin, and in the whole firmware on the rig."""

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from sonofuse.link import F
from sonofuse_firmware.alarms import ALARMS, PRIORITIES
from sonofuse_firmware.states import SAFE, TRIPPED
from sonofuse_hil.breaking import break_part
from sonofuse_hil.device import Transform, mistake
from sonofuse_hil.rig import Rig
from tests.alarm_standard import beat_ms, bursts_of, pulses_of, violations
from tests.quick import quick_limits

from .batch import on_vm
from .sounder import Sounder

PRIORITY = {check: PRIORITIES[priority] for check, _, priority in ALARMS}
RANGE, IDLE, FOLLOW, LATCH, CONFIGURATION = 1, 12, 13, 33, 38
TICK_MS = 1.1
SHORT_MS = 3_000  # of silence, in the rig
EVERY_CHECK_MS = 16 * 12 + 10  # 12 channels; one check is looked at in a tick


def acts(seed: int) -> list[str]:
    pick = random.Random(seed)
    causes = [0, 0, 4 << 8, 4 << 8 | 1, 2 << 8 | 3, 13 << 8 | 8, 9 << 8, 36 << 8 | 255]
    lines: list[str] = []
    for _ in range(60):
        what = pick.choice(("begin", "step", "step", "step", "silence", "end"))
        if what == "begin":
            lines.append(f"begin {pick.choice(causes[2:])}")
        elif what == "step":
            lines.append(
                f"step {pick.randrange(1, 3_000)} {pick.choice((1_000, 999, 1_003, 45_000))} {pick.choice(causes)}"
            )
        else:
            lines.append(what)
    return lines


@pytest.mark.parametrize("seed", range(4))
def test_the_vm_and_the_twin_sound_alike(seed: int) -> None:
    lines = acts(seed)
    sounder = Sounder()
    said: list[str] = []
    for line in lines:
        what, *rest = line.split()
        numbers = [int(number) for number in rest]
        before = len(sounder.edges)
        if what == "begin":
            sounder.begin(numbers[0])
        elif what == "step":
            for _ in range(numbers[0]):
                sounder.step(numbers[1], numbers[2])
        elif what == "end":
            sounder.alarm.end()
        answered = [f"silence {int(sounder.alarm.silence())}"] if what == "silence" else []
        said += [f"{at} {level}" for at, level in sounder.edges[before:]] + answered
    assert len(sounder.edges) > 100
    assert on_vm("alarm_driver.py", "\n".join(lines).encode()).decode().split("\n")[:-1] == said


# ---- in the firmware


def safe(folder: Path, transform: Transform | None = None) -> Rig:
    rig = Rig(quick_limits(folder), (), transform=transform)
    assert rig.run_while(lambda: rig.operator.telemetry is None or rig.operator.telemetry.state != SAFE, 3_000_000)
    rig.run_for(50_000)
    return rig


def pulses(rig: Rig, since_us: int, until_us: int | None = None) -> list[tuple[float, float]]:
    edges = [(at / 1_000, level) for at, level in rig.result().alarms if at >= since_us]
    return pulses_of(edges, (until_us or rig.now_us) / 1_000)


def rf(rig: Rig) -> None:
    rig.bench.force("forward", 5.0)


def stuck_readback(rig: Rig) -> None:
    rig.bench.contacts["permit_readback"].fault = "stuck_high"
    rig.bench.changed()


def implausible(rig: Rig) -> None:
    rig.bench.force("flow", 50_000.0)


@pytest.mark.parametrize(
    ("strike", "check", "beat"),
    [(rf, IDLE, 150), (stuck_readback, FOLLOW, 260), (implausible, RANGE, 460)],
    ids=["high physiological", "high technical", "medium technical"],
)
def test_a_trip_sounds_as_the_standard_says_until_it_is_acknowledged(
    tmp_path: Path, strike: Callable[[Rig], None], check: int, beat: float
) -> None:
    with safe(tmp_path) as rig:
        at_us = rig.now_us
        strike(rig)
        rig.run_for(10_000_000)
        run = rig.result()
        assert (run.state, run.cause >> 8) == (TRIPPED, check)
        heard = pulses(rig, at_us)
        assert not violations(heard, PRIORITY[check], TICK_MS, whole=False)
        assert len(bursts_of(heard)) >= 2 and beat_ms(heard) == pytest.approx(beat, abs=TICK_MS)
        rig.bench.force("forward", None)
        rig.bench.force("flow", None)
        rig.bench.contacts["permit_readback"].fault = ""
        rig.bench.changed()
        rig.run_for(1_500_000)
        rig.operator.acknowledge(False)
        rig.run_for(500_000)
        assert rig.result().state == SAFE
        quiet_us = rig.now_us
        rig.run_for(4_000_000)
        assert not [at for at, _ in rig.result().alarms if at > quiet_us - 200_000]


def test_silence_is_short_and_ends_with_a_new_cause(tmp_path: Path) -> None:
    with safe(tmp_path, mistake("alarms.py", "SILENCE_MS = 120_000", f"SILENCE_MS = {SHORT_MS}")) as rig:
        break_part(rig.bench, "skin_a", "open")  # the first that fails from here on, whatever else does
        rig.run_for(700_000)
        assert rig.result().cause >> 8 == RANGE
        silent_us = rig.now_us
        rig.operator.command(F.SILENCE)
        rig.run_for(500_000)
        rig.operator.command(F.SILENCE)  # which does not prolong it
        rig.run_for(1_000 * SHORT_MS - 700_000)
        assert not [at for at, level in rig.result().alarms if level and at > silent_us + 10_000]
        rig.run_for(2_000_000)
        again_us = next(at for at, level in rig.result().alarms if level and at > silent_us + 10_000)
        assert again_us - silent_us == pytest.approx(1_000 * SHORT_MS, abs=30_000)
        answers = [answer.result for _, answer in rig.operator.answers if answer.command == F.SILENCE]
        assert answers == [F.DONE, F.REFUSED]
        assert not violations(pulses(rig, again_us), "medium", TICK_MS, whole=False)

        rig.operator.command(F.SILENCE)
        rig.run_for(1_000_000)
        new_us = rig.now_us
        rf(rig)
        rig.run_for(5_500_000)
        heard = pulses(rig, new_us)
        assert heard[0][0] - new_us / 1_000 < EVERY_CHECK_MS, "a new cause is heard"
        assert not violations(heard, "high", TICK_MS, whole=False)
        assert rig.result().cause >> 8 == RANGE, "the first cause is the one that is told"


def test_a_blank_latch_sounds_as_what_it_is(tmp_path: Path) -> None:
    """Nor does the thermal dose, which counts as exhausted then, change that."""
    with Rig(quick_limits(tmp_path), ()) as rig:
        rig.operator.bench.on_received = lambda _t_us, _data: None  # nobody acknowledges
        rig.run_for(7_500_000)
        assert not violations(pulses(rig, 0), PRIORITY[LATCH], TICK_MS, whole=False)


def test_a_device_that_refuses_keeps_its_alarm(tmp_path: Path) -> None:
    with Rig(quick_limits(tmp_path), ()) as rig:
        (rig.folder / "limits.bin").write_bytes(b"")
        rig.run_for(15_000_000)
        run = rig.result()
        assert run.cause >> 8 == CONFIGURATION
        heard = pulses(rig, 0)
        assert len(bursts_of(heard)) == 3
        assert not violations(heard, PRIORITY[CONFIGURATION], 3.0, whole=False)
