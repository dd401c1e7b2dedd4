"""Faults of the microcontroller and its supply."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sonofuse.board import READBACKS

from . import bounds
from .register import BOOT, RESET, Choice, Quantity, fault

if TYPE_CHECKING:
    from ..stand import Stand

_WRAP_US = 1 << 30  # the firmware's clock (docs/kernel.md)


@fault("H5", "G2", 29, response=RESET, bound=bounds.always(bounds.TOKEN_US))
def hung_firmware(stand: Stand) -> None:
    """the firmware runs into an endless loop"""
    stand.platform.hang(stand.bench.now_us)


@fault(
    "H5", "G2", response=RESET, bound=bounds.always(bounds.TOKEN_US), kind=Choice("memory", "os", "value", "interrupt")
)
def firmware_raises(stand: Stand, kind: str) -> None:
    """a call inside the firmware raises an exception"""
    stand.platform.fail_call(stand.bench.now_us, kind)


@fault("H5 sensor", "G2", 36, response=RESET, bound=bounds.blocked_us, driver="max31865")
def blocked_bus(stand: Stand) -> Iterator[None]:
    """a transfer on the bus of the converters never returns"""
    stand.platform.block_bus(stand.bench.now_us)
    yield
    stand.platform.free_bus()


@fault("H5", "G5", 50, response=RESET, bound=bounds.always(0))
def reset_pin(stand: Stand) -> None:
    """the microcontroller is reset by its RUN pin"""
    stand.platform.catch_up(stand.bench.now_us)
    stand.platform.pull_run()


@fault("hardware H5", "G5", 51, response=RESET, bound=bounds.always(0), off=Quantity("1 s", "1 ms", "60 s"))
def power_loss(stand: Stand, off: float) -> None:
    """the supply is lost, and comes back after a while"""
    stand.platform.catch_up(stand.bench.now_us)
    stand.platform.cut_power()
    stand.bench.at(stand.bench.now_us + round(off * 1e6), stand.platform.restore_power)


@fault("hardware", "G1", 50, bound=bounds.by_supply, needs="supply", supply=Quantity("4.3 V", "0 V", "5 V"))
def brown_out(stand: Stand, supply: float) -> Iterator[None]:
    """the supply sinks, and its supervisor reports it beyond 10 %"""
    stand.bench.feed(supply)
    yield
    stand.bench.feed(None)


@fault("hardware H5", "G4", 35, bound=bounds.clock_us, by=Quantity("10 %", "-50 %", "50 %"))
def slow_clock(stand: Stand, by: float) -> Iterator[None]:
    """the crystal of the microcontroller runs slow, and all its times are longer than they say (negative: fast)"""
    # The stand's time is the device's own: a slow device is a console whose clock runs faster.
    stand.console.clock_rate = 1 / (1 - by)
    yield
    stand.console.clock_rate = 1.0


@fault("hardware", "G1", 52, bound=bounds.by_supply, needs="supply", supply=Quantity("6 V", "5 V", "20 V"))
def overvoltage(stand: Stand, supply: float) -> Iterator[None]:
    """the supply rises, and its supervisor, which has a window, reports it above 110 %"""
    stand.bench.feed(supply)
    yield
    stand.bench.feed(None)


@fault("H5", "G2", 29, response=RESET, bound=bounds.always(bounds.TOKEN_US))
def runaway(stand: Stand) -> None:
    """the program counter runs away: the processor does something, and none of it is firmware"""
    stand.platform.crash(stand.bench.now_us)


@fault("H5", "G2", 30, response=RESET, bound=bounds.always(bounds.TOKEN_US))
def stack_overflow(stand: Stand) -> None:
    """calls go so deep that there is no stack left"""
    stand.platform.fail_call(stand.bench.now_us, "stack")


@fault("H5 hardware", "G11", 32, bound=bounds.by_readback, switch=Choice("first", "second"))
def output_dead(stand: Stand, switch: str) -> Iterator[None]:
    """an output of the permit stays at one level: no edge reaches its charge pump"""
    stand.platform.drop_tokens(("first", "second").index(switch))
    yield
    stand.platform.drop_tokens()


@fault(
    "H5 hardware",
    "G11",
    32,
    bound=bounds.stuck_readback_us,
    switch=Choice("first", "second"),
    level=Choice("low", "high"),
)
def readback_stuck(stand: Stand, switch: str, level: str) -> Iterator[None]:
    """the read-back of a switch stays at one level: low reads open, high reads closed"""
    contact = stand.bench.contacts[READBACKS[("first", "second").index(switch)]]
    contact.fault = f"stuck_{level}"
    yield
    contact.fault = ""


@fault("hardware H5", "G2", 33, response="I", phase=BOOT)
def watchdog_dead(stand: Stand) -> None:
    """the watchdog never resets: from power-up on, or from some moment on in a device that had proven it"""
    stand.platform.break_watchdog()


@fault("H5", "G2", 36, bound=bounds.late_us, late=Quantity("5 ms", "1 ms", "200 ms"))
def late_tick(stand: Stand, late: float) -> None:
    """something takes so long that a tick misses its deadline"""
    stand.platform.lose_time(stand.bench.now_us, round(late * 1e3))


@fault("H5", "G2", 37, response=RESET, bound=bounds.always(bounds.TOKEN_US))
def interrupt_storm(stand: Stand) -> Iterator[None]:
    """interrupts come faster than they are handled, and nothing else gets any time"""
    stand.platform.storm(stand.bench.now_us)
    yield
    stand.platform.calm()


@fault("H5", "G8", 38, response="-", phase=BOOT, after=Quantity("2.3 s", "1 ms", "1000 s"))
def counter_wrap(stand: Stand, after: float) -> None:
    """the microsecond counter passes its end so long after the boot"""
    stand.platform.start_clock(_WRAP_US - round(after * 1e6))
