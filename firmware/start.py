"""Start-up. The permit is low before anything else happens, and again after anything that goes wrong."""

import sys

import micropython
import rp2
from machine import UART, WDT, Pin, reset

import manifest
import selftest
from board import BOARD
from permit import Permit

# Longer than a sector erase (400 ms at most, W25Q16JV data sheet); the permit falls 2 ms after a tick anyway.
_WATCHDOG_MS = 1000
_BAUD = 921_600
_LATCH_BLOCKS = 2  # of the reserved ones; the others keep the last trips
_CONFIGURATION = 38 << 8 | 255  # checks.py
_SELF_TEST = 34 << 8 | 255


def main(folder: "str | None") -> None:
    """Run the monitor from the set in `folder`, None for the current folder; returns only to service."""
    pins = BOARD["pins"]
    permit = Permit(pins["permit"], pins["second"])
    if not Pin(pins["service"], Pin.IN, Pin.PULL_UP)():
        return  # service jumper: REPL, no permit program, no watchdog
    micropython.kbd_intr(-1)
    watchdog = WDT(timeout=_WATCHDOG_MS)
    buzzer = Pin(pins["buzzer"], Pin.OUT, value=0)
    try:
        UART(0, _BAUD, tx=Pin(pins["uart_tx"]), rx=Pin(pins["uart_rx"]))  # from here on its registers (chip.py)
        run(folder, permit, watchdog, buzzer)
    except BaseException as problem:  # noqa: BLE001 - whatever it was, the permit falls
        # The latch still says OPEN if a treatment was open, so the next boot is TRIPPED.
        permit.low()
        sys.print_exception(problem)
    finally:
        try:
            permit.low()
        finally:
            reset()


def run(folder: "str | None", permit: Permit, watchdog: WDT, buzzer: Pin) -> None:
    """Check the whole set before the rest of it is imported, then tick for ever."""
    try:
        selftest.watchdog()
    except ValueError as problem:
        refuse(problem, _SELF_TEST, permit, watchdog, buzzer)
    flash = rp2.Flash()
    base = "" if folder is None else folder + "/"
    try:
        manifest.check(folder, BOARD["pins"]["service"], watchdog.feed)
        from limitset import load
        from reserved import blocks

        limits = load(base + "limits.bin", BOARD["name"], len(BOARD["channels"]))
        reserved = blocks(folder, flash)
    except ValueError as problem:
        refuse(problem, _CONFIGURATION, permit, watchdog, buzzer)
    try:
        selftest.memory(limits)
    except ValueError as problem:
        refuse(problem, _SELF_TEST, permit, watchdog, buzzer)
    from kernel import H_TICK_US
    from blackbox import Blackbox
    from devicelog import Log
    from latch import Latch
    from monitor import Monitor
    from sensors import Sensors

    latch = Latch(flash, reserved[:_LATCH_BLOCKS])
    blackbox = Blackbox(flash, reserved[_LATCH_BLOCKS:], len(BOARD["channels"]))
    log = Log(folder, flash, reserved[_LATCH_BLOCKS:])
    sensors = Sensors(BOARD, limits[H_TICK_US])
    monitor = Monitor(BOARD, limits, sensors, permit, latch, blackbox, log, watchdog, buzzer)
    monitor.run()


def refuse(problem: ValueError, cause: int, permit: Permit, watchdog: WDT, buzzer: Pin) -> "NoReturn":
    """Nothing that could be trusted, no permit: say so for ever."""
    print("sonofuse: refused: %s" % problem)
    buzzer(1)
    from alarm import Alarm
    from link import Link
    from states import TRIPPED
    from time import sleep_ms, ticks_us

    alarm = Alarm(buzzer)
    alarm.begin(cause, ticks_us())
    line = Link()
    while True:
        permit.low()
        line.tell(TRIPPED, cause)
        watchdog.feed()
        for _ in range(50):
            sleep_ms(2)
            alarm.step(ticks_us(), 0)
