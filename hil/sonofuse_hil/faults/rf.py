"""Faults of the RF chain: generator, console, relays, detectors."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..breaking import broken
from . import bounds
from .register import IDLE, Choice, Quantity, fault

if TYPE_CHECKING:
    from ..parts.generator import Generator
    from ..parts.relay import Relay
    from ..stand import Stand


_DRIFT_STEP_US = 10_000


def _broken(part: Generator | Relay, fault: str) -> Iterator[None]:
    part.fault = fault
    yield
    if part.fault == fault:  # else it is broken in another way by now
        part.fault = ""


@fault("H4", "G1", 15, bound=bounds.beyond("power", "forward", "above"), power=Quantity("200 W", "0 W", "500 W"))
def overpower(stand: Stand, power: float) -> Iterator[None]:
    """the generator gives full power whatever was set"""
    stand.bench.generator.overpower_w = power
    yield from _broken(stand.bench.generator, "overpower")


@fault("H4", "G1", 15, bound=bounds.beyond("error", "forward", "set"), error=Quantity("40 %", "-90 %", "900 %"))
def power_error(stand: Stand, error: float) -> Iterator[None]:
    """the generator's output is off by a share of its set power"""
    generator = stand.bench.generator
    before, generator.error = generator.error, error
    yield
    generator.error = before


@fault("H5", "G1", 17)
def stuck_gate(stand: Stand) -> Iterator[None]:
    """the generator's gate stays on: RF ends only where the interlock relays open"""
    yield from _broken(stand.bench.generator, "stuck_on")


@fault("H5", "G3", 46, bound=bounds.receipt_us)
def console_hung(stand: Stand) -> Iterator[None]:
    """the console hangs: it gives no receipts, and neither switches the generator off nor ends the sonication"""
    stand.console.hung = True
    yield
    stand.console.hung = False


@fault("H5", "G1", 24)
def nobody_there(stand: Stand) -> Iterator[None]:
    """nobody is at the console, which gives its receipts: the generator stays on, and no sonication is ended"""
    stand.console.absent = True
    yield
    stand.console.absent = False


@fault("H5", "G11", 17, switch=Choice("second", "first"))
def welded_relay(stand: Stand, switch: str) -> Iterator[None]:
    """an interlock relay is welded: it stays closed whatever its coil does"""
    yield from _broken(stand.bench.relays[("first", "second").index(switch)], "welded")


@fault("H5", "G11", 32, bound=bounds.by_readback, switch=Choice("second", "first"))
def broken_relay(stand: Stand, switch: str) -> Iterator[None]:
    """an interlock relay opens and never closes again"""
    yield from _broken(stand.bench.relays[("first", "second").index(switch)], "broken")


@fault("sensor H4", "G1", 20, bound=bounds.by_own("range"), breaks="dead", channel=Choice("forward", "reflected"))
def detector_dead(stand: Stand, channel: str) -> Iterator[None]:
    """a power detector dies: its output falls below the live zero"""
    yield from broken(stand.bench, channel, "dead")


@fault("sensor H4", "G1", 31, bound=bounds.reference_us, error=Quantity("2 %", "-20 %", "20 %"))
def reference_error(stand: Stand, error: float) -> Iterator[None]:
    """the reference of the analogue inputs is off, and every power with it"""
    reference = stand.bench.vref
    before, reference.error = reference.error, error
    yield
    reference.error = before


@fault(
    "H5",
    "G1",
    16,
    bound=bounds.beyond("power", "forward", "idle"),
    phase=IDLE,
    power=Quantity("5 W", "0 W", "500 W"),
)
def rf_without_command(stand: Stand, power: float) -> Iterator[None]:
    """there is forward power that no switch of the interlock has let through"""
    rf = stand.bench.rf
    rf.stray_w += power
    yield
    rf.stray_w -= power


def _mismatch(stand: Stand, share: float) -> Iterator[None]:
    rf = stand.bench.rf
    before, rf.mismatch = rf.mismatch, share
    yield
    rf.mismatch = before


@fault("H1 H4", "G1", 18, bound=bounds.by_reflection, reflection=Quantity("40 %", "0 %", "100 %"))
def reflected_rise(stand: Stand, reflection: float) -> Iterator[None]:
    """cable or matching network go wrong: a share of the power comes back before it reaches the transducer"""
    yield from _mismatch(stand, reflection)


@fault("H1 H4", "G1", 19, bound=bounds.by_open_load, needs="reflected")
def open_load(stand: Stand) -> Iterator[None]:
    """the transducer's cable is off: all power comes back"""
    yield from _mismatch(stand, 1.0)


@fault(
    "sensor H4",
    "G1",
    21,
    bound=bounds.gain_us,
    channel=Choice("forward", "reflected"),
    error=Quantity("3 dB", "-20 dB", "20 dB"),
    within=Quantity("1 s", "10 ms", "60 s"),
)
def detector_drift(stand: Stand, channel: str, error: float, within: float) -> Iterator[None]:
    """the gain of a coupler or detector drifts by an error within a time"""
    bench = stand.bench
    detector = bench.detectors[bench.channel(channel).name]
    before_db, start_us, end_us = detector.error_db, bench.now_us, bench.now_us + round(within * 1e6)
    lasting = True

    def drift() -> None:
        if lasting:
            share = min(1.0, (bench.now_us - start_us) / (end_us - start_us))
            detector.error_db = before_db + error * share
            bench.changed()
            if share < 1.0:
                bench.at(min(end_us, bench.now_us + _DRIFT_STEP_US), drift)

    drift()
    yield
    lasting = False
    detector.error_db = before_db
