"""Every register that a tick touches, and nothing else: the one file that the rig replaces where there is no chip.

A call of `machine` costs as much as all checks of a channel, so the tick goes to the registers itself; `machine` has
set everything up. Addresses and bits: RP2040 data sheet, sections named below. They are shifted into place because an
integer above 2**30 would be an object.
"""

# Viper makes pointers of addresses, which a checker cannot follow:
# pyright: reportAbstractUsage=false, reportCallIssue=false, reportArgumentType=false

import micropython
from os import urandom
from micropython import const
from uctypes import addressof

RING = const(256)  # bytes received and not looked at: STOP behind a burst of commands is among them
I_NOW = const(0)  # kernel.I_NOW
S_TOKEN = const(2)  # kernel.S_TOKEN
DUE = const(4)  # of the monitor's times: when the next tick begins
_RING = const(255)
_OUT = const(4095)  # of frames.OUT bytes
_TICKS = const(0x3FFFFFFF)  # time.ticks_us wraps here
_START = const(0x5)  # ADC CS: EN, START_ONE
_READY = const(0x100)  # ADC CS: READY
_NOT_EMPTY = const(0x4)  # SPI SSPSR: RNE
_TX_EMPTY = const(1 << 24)  # PIO FSTAT: the first state machine's
_RX_EMPTY = const(0x10)  # UART FR: RXFE
_TX_FULL = const(0x20)  # UART FR: TXFF
_READ_RTD = const(0x01)  # MAX31865: the address of the resistance's high byte
_WRITE_CONFIG = const(0x80)
_CONFIG = const(0xC3)  # max31865.CONFIG


@micropython.viper
def sample(table: ptr32, inputs: ptr32) -> int:
    """The time, and a conversion for every contact and every ADC channel of a table (sensors.table); pins as a mask.

    An ADC conversion takes 2 us (4.9): the contacts are looked at during the first one.
    """
    inputs[I_NOW] = ptr32(0x10015 << 14)[10] & _TICKS  # TIMERAWL, 4.6.5
    sio = ptr32(0xD << 28)  # 2.3.1.7
    adc = ptr32(0x10013 << 14)  # 4.9.6
    gpio = sio[1]
    contacts = table[0]
    converters = table[1]
    at = 2
    if converters:
        adc[0] = _START | table[2 * contacts + 3] << 12
    while contacts:
        index = table[at]
        inputs[index] = (inputs[index] + 1) & 0xFFFF
        level = 0
        if gpio & table[at + 1]:
            level = 1
        inputs[index + 1] = level
        at += 2
        contacts -= 1
    while converters:
        while not adc[0] & _READY:
            pass
        raw = adc[1]
        index = table[at]
        at += 2
        converters -= 1
        if converters:
            adc[0] = _START | table[at + 1] << 12
        inputs[index] = (inputs[index] + 1) & 0xFFFF
        inputs[index + 1] = raw << 4 | raw >> 8  # as read_u16 gives it
    return gpio


@micropython.viper
def transfer(converters: ptr32, at: int) -> int:
    """Read the two bytes of a MAX31865's resistance, high byte first; bit 16 is its DRDY after that.

    `converters[at]` is followed by the masks of its DRDY and CS pins (sensors.due).
    """
    select = converters[at + 2]
    sio = ptr32(0xD << 28)
    spi = ptr32(0x1000F << 14)  # SPI0, 4.4.4
    sio[6] = select
    spi[2] = _READ_RTD
    spi[2] = 0xFF
    spi[2] = 0xFF
    value = 0
    left = 3
    while left:
        while not spi[3] & _NOT_EMPTY:
            pass
        value = (value << 8 | spi[2]) & 0xFFFF
        left -= 1
    sio[5] = select
    if sio[1] & converters[at + 1]:
        value |= 0x10000
    return value


@micropython.viper
def forgive(converters: ptr32, at: int):
    """Clear the fault that a MAX31865 keeps: its configuration is written again."""
    select = converters[at + 2]
    sio = ptr32(0xD << 28)
    spi = ptr32(0x1000F << 14)
    sio[6] = select
    spi[2] = _WRITE_CONFIG
    spi[2] = _CONFIG
    left = 2
    while left:
        while not spi[3] & _NOT_EMPTY:
            pass
        select = spi[2]
        left -= 1
    sio[5] = converters[at + 2]


@micropython.viper
def give(words: ptr32, inputs: ptr32, longest: int):
    """The kernel's token to each permit program, if it took the one before: a late tick is never made up.

    None if the inputs are from more than `longest` us ago: samples older than that permit nothing.
    """
    if (ptr32(0x10015 << 14)[10] - inputs[I_NOW]) & _TICKS > longest:
        return
    token = words[S_TOKEN]
    first = ptr32(0x502 << 20)  # PIO0, 3.7
    second = ptr32(0x503 << 20)
    if first[1] & _TX_EMPTY:
        first[4] = token
    if second[1] & _TX_EMPTY:
        second[4] = token


@micropython.viper
def wait(times: ptr32, tick_us: int, ring: ptr8, ends: ptr32, out: ptr8) -> int:
    """Wait until `tick_us` after times[DUE], which is the time then; if that has passed, now is. Not 0 if bytes
    have come.

    Meanwhile what UART0 receives goes into the ring: its FIFO holds 32 bytes, 0.35 ms of a busy line, and a tick is
    shorter. And it gets a piece of `out`: so the line costs a tick nothing. `ends` is where the ring's next byte is put
    and where the next one is taken, up to where bytes of `out` are to be sent, and which one is next. A full ring
    leaves bytes in the FIFO.
    """
    timer = ptr32(0x10015 << 14)
    uart = ptr32(0x1000D << 14)
    until = (times[DUE] + tick_us) & _TICKS
    left = (until - timer[10]) & _TICKS
    if left > tick_us:
        until = timer[10] & _TICKS  # a late tick is never made up
        left = 0
    times[DUE] = until
    put = ends[0]
    taken = ends[1]
    whole = ends[2]
    sent = ends[3]
    while True:
        while not uart[6] & _RX_EMPTY and (put + 1) & _RING != taken:
            ring[put] = uart[0]
            put = (put + 1) & _RING
        while sent != whole and not uart[6] & _TX_FULL:
            uart[0] = out[sent]
            sent = (sent + 1) & _OUT
        if left == 0 or left > tick_us:
            break
        left = (until - timer[10]) & _TICKS
    ends[0] = put
    ends[3] = sent
    return put ^ taken


@micropython.viper
def quiet():
    """No interrupts by UART0: the tick looks at it itself, so that nothing on the line can take time from a tick."""
    ptr32(0x1000D << 14)[14] = 0  # IMSC, 4.2.8


def place(array: "Words | bytearray | memoryview[int]") -> "Place":
    """What a viper function takes in less time than the array itself; that must stay where it is."""
    return addressof(array)


def random() -> bytes:
    """16 random bytes, from the ring oscillator."""
    return urandom(16)
