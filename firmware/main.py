"""Start-up. The permit is low before anything else happens, and again after anything that goes wrong."""

import sys

import micropython
import rp2
from machine import UART, WDT, Pin, reset

from board import BOARD
from permit import Permit

# Longer than a sector erase (400 ms at most, W25Q16JV data sheet); the permit falls 2 ms after a tick anyway.
_WATCHDOG_MS = 1000
_LATCH_SECTORS = 2
_LATCH_START = 1408 * 1024 - _LATCH_SECTORS * 4096  # the end of a Pico's 1408 KiB, kept out of the file system
_BAUD = 921_600
_CONFIGURATION = 38 << 8 | 255  # checks.py


def main() -> None:
    pins = BOARD["pins"]
    permit = Permit(pins["permit"], pins["second"])
    if not Pin(pins["service"], Pin.IN, Pin.PULL_UP)():
        return  # service jumper: REPL, no permit program, no watchdog
    micropython.kbd_intr(-1)
    watchdog = WDT(timeout=_WATCHDOG_MS)
    buzzer = Pin(pins["buzzer"], Pin.OUT, value=0)
    try:
        uart = UART(0, _BAUD, tx=Pin(pins["uart_tx"]), rx=Pin(pins["uart_rx"]), txbuf=512, rxbuf=256)
        flash = rp2.Flash(start=_LATCH_START, len=_LATCH_SECTORS * 4096)
        run(permit, watchdog, buzzer, uart, flash)
    except BaseException as problem:  # noqa: BLE001 - whatever it was, the permit falls
        # The latch still says OPEN if a treatment was open, so the next boot is TRIPPED.
        permit.low()
        sys.print_exception(problem)
    finally:
        try:
            permit.low()
        finally:
            reset()


def run(permit: Permit, watchdog: WDT, buzzer: Pin, uart: UART, flash: rp2.Flash) -> None:
    from kernel import H_TICK_US
    from latch import Latch
    from limitset import load
    from monitor import Monitor
    from sensors import Sensors

    try:
        limits = load("limits.bin", BOARD["name"], len(BOARD["channels"]))
    except ValueError as problem:
        refuse(problem, permit, watchdog, buzzer, uart)
    latch = Latch(flash, _LATCH_SECTORS)
    sensors = Sensors(BOARD, limits[H_TICK_US])
    monitor = Monitor(BOARD, limits, sensors, permit, latch, uart, watchdog, buzzer)
    while True:
        monitor.tick()


def refuse(problem: ValueError, permit: Permit, watchdog: WDT, buzzer: Pin, uart: UART) -> "NoReturn":
    """No limit set, no permit: say so for ever."""
    from link import TELEMETRY, Link
    from states import TRIPPED
    from struct import pack_into
    from time import sleep_ms

    print("sonofuse: no usable limit set: %s" % problem)
    buzzer(1)
    output = Link(uart, {TELEMETRY: 20})
    while True:
        permit.low()
        pack_into("<BBH", output.frame, 0, TRIPPED, 0, _CONFIGURATION)
        output.send(TELEMETRY)
        watchdog.feed()
        sleep_ms(100)


main()
