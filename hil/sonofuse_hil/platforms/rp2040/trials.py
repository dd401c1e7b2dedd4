"""What a fork of a snapshot does: one trial of a guarantee on a device that is under way, and the record of it."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from sonofuse.link import Answer, F, Telemetry, encode

from ...guarantees import excursion, g02, g05, g10, g11
from ...guarantees.excursion import Excursion
from ...guarantees.g10 import Stop
from ...guarantees.g11 import Failure
from ...operator import Sonication
from ...rig import Rig
from ...run import Run
from .opening import Rp2040
from .platform import Rp2040Platform
from .stages import Stages, Tick

PLAN = Sonication(40.0, 7.0)  # what every snapshot with RF on is in the middle of
_BOOT_US = 4_000_000  # by then a blank device has booted, been acknowledged, armed and started
_SETTLED_US = 20_000  # after RF came on: relays and read-backs have followed
_SWEEP_US = 22_000  # the longest conversion: every phase against ticks and conversions
_HANG_US = 4_000  # two lives of a token
_STOP_US = 30_000  # by then STOP behind a few commands has been heard
_FIRST_FRAME_US = 1_500_000  # of a device that boots
STACK_BYTES = 8192  # MicroPython's for the RP2040, below the end of memory (its linker script, memmap_mp_rp2040.ld)
_STACK_TOP, _SRAM = 0x20042000, 0x20000000
_SP = 13
_PAINT = b"\xa5"

# What may come over the link while RF is on; the last three fill a millisecond of it.
REFUSED = encode(F.DISARM, 1)
ZEROS = bytes(100)
SHORT = (b"\x55" * 6 + b"\0") * 15  # frames as short as one can be, and damaged
ENDLESS = b"\xff" * 100


def begin(limits: Path, uf2: Path | None = None, plan: tuple[Sonication, ...] = (PLAN,)) -> Rig:
    """A device on the emulated chip that has just been switched on."""
    return Rig(limits, plan, on=Rp2040(uf2), name="snapshot")


def to_safe(rig: Rig) -> None:
    """Until the device is SAFE for the first time.

    Raises:
        RuntimeError: if it does not get there.
    """
    _reach(rig, lambda: rig.operator.telemetry is not None and rig.operator.telemetry.state == 1, "SAFE")


def to_on(rig: Rig) -> None:
    """Until RF is on and relays and read-backs have followed.

    Raises:
        RuntimeError: if it does not get there.
    """
    _reach(rig, lambda: bool(rig.operator.started_us), "ON")
    rig.run_for(_SETTLED_US)


def to_on_with_a_warm_pair(rig: Rig) -> None:
    """As `to_on`, with both skin sensors held at one temperature, from which pairs and ramps start."""
    excursion.prepare(rig, Excursion("skin_a", "pair", 0.0, 0))
    to_on(rig)


def _reach(rig: Rig, reached: Callable[[], bool], name: str) -> None:
    if not rig.run_while(lambda: not reached(), _BOOT_US):
        seen = rig.seen[-1] if rig.seen else "no telemetry"
        raise RuntimeError(f"the device is not {name} after {rig.now_us} µs: {seen}")


def _phase_us(rig: Rig, delay_us: int) -> int:
    """A delay from the start of RF that sweeps every phase from now on."""
    return rig.now_us + 500 + delay_us % _SWEEP_US - rig.operator.started_us[0]


def excursion_of(rig: Rig, e: Excursion, limit_us: int = 9_000_000) -> Run:
    """A channel leaves its limits; moment and channel as `e` says, plan and bench as the snapshot has them."""
    idle = e.check in excursion.IDLE
    delay_us = e.delay_us % _SWEEP_US if idle else _phase_us(rig, e.delay_us)
    return excursion.carry_out(rig, replace(e, delay_us=delay_us, plan=PLAN, tolerances=rig.bench.tolerances), limit_us)


def stop_of(rig: Rig, stop: Stop) -> Run:
    """The stop loop opens."""
    return g10.carry_out(rig, replace(stop, delay_us=_phase_us(rig, stop.delay_us), plan=PLAN))


def hang_of(rig: Rig, delay_ns: int, in_interrupt: bool, until_reset: bool = False) -> tuple[g02.Outcome, int, bool]:
    """An endless loop at a random instruction, or at the first of an interrupt that comes there.

    Returns:
        The outcome, when it hung (µs), and whether that was inside an interrupt.
    """
    platform = _chip(rig)
    chip = platform.chip
    chip.run_for_ns(delay_ns)
    if in_interrupt:
        chip.interrupt()
    inside = chip.in_interrupt
    struck_us = rig.now_us
    platform.hang(struck_us)
    rig.run_for(_HANG_US)
    if until_reset:
        _until_reset(rig)
        _until_it_reports(rig)
    return _outcome(rig), struck_us, inside


def blocked_bus_of(rig: Rig, delay_ns: int) -> tuple[g02.Outcome, int]:
    """A transfer of SPI that never ends, until the watchdog has reset the device and it has reported.

    Returns:
        The outcome, and from when on transfers were blocked, µs.
    """
    platform = _chip(rig)
    platform.chip.run_for_ns(delay_ns)
    struck_us = rig.now_us
    platform.block_bus(struck_us)
    _until_reset(rig)
    platform.free_bus()
    _until_it_reports(rig)
    return _outcome(rig), struck_us


def reset_of(rig: Rig, how: str, delay_ns: int) -> g05.Outcome:
    """RUN is pulled or power cut at a random instruction of a treatment, up to the first report after the next boot."""
    platform = _chip(rig)
    platform.chip.run_for_ns(delay_ns)
    struck_us = rig.now_us
    state = rig.seen[-1].state
    if how == "run":
        platform.pull_run()
    else:
        platform.cut_power()
        rig.run_for(5_000)
        platform.restore_power()
    booted = _until_it_reports(rig)
    return g05.Outcome(rig.result(), struck_us, True, None, False, state, booted)


def failure_of(rig: Rig, f: Failure) -> Run:
    """A failure of G11; the sonication ends 0.1 s after it."""
    rig.operator.plan = (Sonication(PLAN.power_w, (f.delay_us + 100_000) * 1e-6),)
    return g11.carry_out(rig, replace(f, plan=rig.operator.plan[0]))


def phase_of(rig: Rig, delay_ns: int) -> tuple[float, float]:
    """The supply supervisor's contact opens at any nanosecond.

    Returns:
        µs from the pin, and from the first sample that shows it, to the last permit edge.

    Raises:
        RuntimeError: if the permit did not fall.
    """
    platform = _chip(rig)
    platform.chip.run_for_ns(delay_ns)
    pin = next(int(c.settings["pin"]) for c in rig.limits.board.channels if c.name == "supply")
    struck_us = platform.chip.clock.nanos / 1e3
    rig.bench.force("supply", 0.0)
    platform.chip.drive(pin, 0)
    sampled = platform.chip.next_input_read()
    rig.run_for(_HANG_US)
    ends = [end for switch in (0, 1) for _, end in rig.result().bursts(switch)]
    if len(ends) != 2 or max(ends) >= rig.now_us:
        raise RuntimeError("the permit did not fall")
    return max(ends) - struck_us, max(ends) - sampled[0] / 1e3


def ticks_of(rig: Rig, us: int, sent: bytes = b"", every_us: int = 7_000) -> list[Tick]:
    """So long a part of the sonication, by ticks, while something is sent to the device again and again."""
    for at_us in range(rig.now_us + 1_000, rig.now_us + us, every_us) if sent else ():
        rig.bench.at(at_us, lambda: rig.bench.send(sent))
    with Stages(_chip(rig).chip) as stages:
        rig.run_for(us)
    return stages.ticks


def ticks_unheard(rig: Rig, us: int) -> list[Tick]:
    """As `ticks_of`, while nothing comes: the host is silent for less than the receipt timeout."""
    rig.operator.hung = True
    rig.run_for(1_000)  # what was on its way has come
    return ticks_of(rig, us)


def stop_behind(rig: Rig, commands: int, phase_us: int) -> tuple[int, int]:
    """STOP in one piece with refused commands before it.

    Returns:
        How many bytes found the receiver's FIFO full, and µs from the first byte to the last permit edge.

    Raises:
        RuntimeError: if the permit did not fall.
    """
    rig.run_for(phase_us)
    sent_us, lost = rig.now_us, _chip(rig).chip.uart.lost
    arm = encode(F.ARM, 1, bytes(16))
    rig.bench.send(arm * commands + encode(F.STOP, 2))
    rig.run_for(_STOP_US)
    low_us = rig.result().low_since(sent_us)
    if low_us >= rig.now_us:
        raise RuntimeError("the permit did not fall")
    return _chip(rig).chip.uart.lost - lost, low_us - sent_us


def stack_of(rig: Rig, us: int, sent: bytes = b"", every_us: int = 7_000) -> int:
    """Deepest use of the stack in the next `us`, bytes: what lies below it is painted, and looked at afterwards."""
    chip = _chip(rig).chip
    sram: Any = chip.mcu.sram
    depth = _STACK_TOP - int(chip.mcu.core.registers[_SP])
    bottom = _STACK_TOP - STACK_BYTES - _SRAM
    sram[bottom : bottom + STACK_BYTES - depth] = _PAINT * (STACK_BYTES - depth)
    ticks_of(rig, us, sent, every_us)
    return len(bytes(sram[bottom : bottom + STACK_BYTES]).lstrip(_PAINT))


def _chip(rig: Rig) -> Rp2040Platform:
    assert isinstance(rig.platform, Rp2040Platform)
    return rig.platform


def _outcome(rig: Rig) -> g02.Outcome:
    right, wrong = _chip(rig).words_of(0), _chip(rig).words_of(1)
    return g02.Outcome(rig.result(), (right[0], wrong[0]), (right[1], wrong[1]), "")


def _until_reset(rig: Rig) -> None:
    """Until the watchdog must have reset the device. There was a reset before: the proof of the watchdog."""
    before = len(rig.platform.resets)
    rig.run_while(lambda: len(rig.platform.resets) == before, g02.WATCHDOG_US + 100_000)


def _until_it_reports(rig: Rig) -> Telemetry | None:
    """The next telemetry, within the time of a boot."""
    heard: list[Telemetry] = []
    note = rig.operator.on_frame

    def listen(t_us: int, frame: Telemetry | Answer) -> None:
        if isinstance(frame, Telemetry):
            heard.append(frame)
        note(t_us, frame)

    rig.operator.on_frame = listen
    rig.run_while(lambda: not heard, _FIRST_FRAME_US)
    return heard[0] if heard else None
