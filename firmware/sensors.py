"""Samples every channel of a board into the kernel's inputs, once a tick, without allocating.

A channel owns two input words: the sequence number of its latest conversion and its raw count. Contacts and ADC
channels convert on every tick, a flow meter once a gate, a MAX31865 when its DRDY line falls; one MAX31865 is read a
tick at most, in turn, so that a tick stays short.
"""

# Viper moves pointers on, which a checker cannot follow:
# pyright: reportAbstractUsage=false, reportCallIssue=false, reportArgumentType=false

from array import array
import micropython
from micropython import const
from machine import ADC, SPI, Pin

import max31865
from kernel import I_CHANNELS

_SEQ = const(0xFFFF)
_I_NOW = const(0)  # kernel.I_NOW
_INT_MAX = const(0x3FFFFFFF)  # kernel.INT_MAX
_SPI_HZ = const(4_000_000)  # the converter takes 5 MHz (data sheet 19-6478)
_LATE_US = const(2_000)  # longer between two ticks: the processor stood still, and pulses went unseen

# words of a flow meter's state; the ring of its gates follows, and the next meter
_INDEX = const(0)
_MASK = const(1)
_GATE_US = const(2)
_GATES = const(3)
_TICK_US = const(4)
_AT = const(5)
_FILLED = const(6)
_LAST = const(7)
_US = const(8)
_LEVEL = const(9)
_RING = const(10)
_METERS = const(6)  # that can convert in one tick, beside a converter (rows.py)


# In viper like all that runs on every tick, where bytecode costs more than all checks of the kernel; and one function
# for two things, where a call costs as much as either.
@micropython.viper
def convert(flows: ptr32, gpio: int, converters: ptr32, at: int, value: int, inputs: ptr32):
    """Conversions of what is sampled or read elsewhere: of the flow meters, and of the converter `at`, if not 0.

    Of a meter, rising edges of its turbine in the last gates: a conversion at the end of each gate, once a whole window
    was seen. A gate is a time and no number of ticks: slow ticks would make it longer, and too little flow look enough.

    Of a converter, what chip.transfer read: a 15-bit code, or -1 when it flags a fault; a conversion if DRDY rose. A
    read ends DRDY: a line that stays low would count one conversion again and again, and make every rise look flat. So
    it counts none, and the channel gets stale.
    """
    meters = flows[0]
    begins = 1
    own = ptr32(int(flows) + (begins << 2))
    while meters:
        level = gpio & own[_MASK]
        gate = own[_AT]
        if level and own[_LEVEL] == 0:
            own[_RING + gate] = own[_RING + gate] + 1
        own[_LEVEL] = level
        now = inputs[_I_NOW]
        us = (now - own[_LAST]) & _INT_MAX
        own[_LAST] = now
        if us > _LATE_US:
            us = own[_TICK_US]
        us += own[_US]
        gates = own[_GATES]
        if us >= own[_GATE_US]:
            us -= own[_GATE_US]
            if own[_FILLED] < gates:
                own[_FILLED] = own[_FILLED] + 1
            if own[_FILLED] == gates:
                total = 0
                i = 0
                while i < gates:
                    total += own[_RING + i]
                    i += 1
                index = own[_INDEX]
                inputs[index + 1] = total
                inputs[index] = (inputs[index] + 1) & _SEQ
            gate += 1
            if gate == gates:
                gate = 0
            own[_RING + gate] = 0
            own[_AT] = gate
        own[_US] = us
        size = _RING + gates
        own = ptr32(int(own) + (size << 2))
        meters -= 1
    if at:
        index = converters[at]
        raw = (value >> 1) & 0x7FFF
        if value & 1:
            raw = -1
        inputs[index + 1] = raw
        if value & 0x10000:
            inputs[index] = (inputs[index] + 1) & _SEQ


@micropython.viper
def due(converters: ptr32, gpio: int) -> int:
    """Whose turn it is among the converters: its place in the table if it has a result to read, else 0.

    The table: place of the next turn, its own length, then for each converter input index, masks of DRDY and CS.
    """
    if converters[1] == 2:
        return 0
    at = converters[0]
    after = at + 3
    if after == converters[1]:
        after = 2
    converters[0] = after
    if gpio & converters[at + 1]:
        return 0
    return at


@micropython.viper
def faulty(converters: ptr32, inputs: ptr32) -> int:
    """The place in the table of a converter that says a fault, else 0.

    It goes on saying it after the reason has gone, until it is told (chip.forgive): only while the permit is low and no
    check trips, because otherwise a wire that is loose might look whole. The latch remembers what it was.
    """
    at = converters[1] - 3
    while at > 1:
        if inputs[converters[at] + 1] & 0xFFFF == 0xFFFF:  # -1, in words of any width; a code has 15 bits
            return at
        at -= 3
    return 0


class Sensors:
    """All channels of a board.

    Raises:
        ValueError: if the board names a driver that is not known here.
    """

    def __init__(self, board: "Board", tick_us: int) -> None:
        pins = board["pins"]
        spi = None
        converters: list[int] = []  # input index, masks of DRDY and CS
        analog: list[int] = []  # input index, ADC input
        wired: list[int] = []  # input index, mask of every contact
        flows = [0]  # how many, then each one's state
        self._pins: list[Pin | ADC] = []  # keeps pull-ups and inputs configured
        for number, (name, driver, settings) in enumerate(board["channels"]):
            index = I_CHANNELS + 2 * number
            if driver == "max31865":
                if spi is None:
                    spi = SPI(
                        0,
                        baudrate=_SPI_HZ,
                        polarity=0,
                        phase=1,
                        sck=Pin(pins["spi_sck"]),
                        mosi=Pin(pins["spi_mosi"]),
                        miso=Pin(pins["spi_miso"]),
                    )
                self._pins += max31865.start(spi, settings["cs"], settings["drdy"])
                converters += (index, 1 << settings["drdy"], 1 << settings["cs"])
            elif driver == "adc":
                self._pins.append(ADC(settings["pin"]))
                analog += (index, settings["pin"] - 26)
            elif driver == "contact":
                self._pins.append(Pin(settings["pin"], Pin.IN, Pin.PULL_DOWN))
                wired += (index, 1 << settings["pin"])
            elif driver == "pulses":
                self._pins.append(Pin(settings["pin"], Pin.IN, Pin.PULL_UP))
                gates = settings["gates"]
                flows[0] += 1
                flows += [index, 1 << settings["pin"], settings["gate_ms"] * 1000, gates, tick_us, 0, 0, 0, 0, 0]
                flows += [0] * gates
            else:
                raise ValueError("board channel %s: unknown driver %s" % (name, driver))
        if flows[0] > _METERS:
            raise ValueError("%d flow meters, and a row holds %d" % (flows[0], _METERS))
        # What the monitor's tick gives to chip.sample, due and convert: a call of a method in between costs it 20 us.
        self.flows = array("i", flows)
        self.table = array("i", [len(wired) // 2, len(analog) // 2] + wired + analog)
        self.converters = array("i", [2, 2 + len(converters)] + converters)
