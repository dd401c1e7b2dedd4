"""Samples every channel of a board into the kernel's inputs, once a tick, without allocating.

A channel owns two input words: the sequence number of its latest conversion and its raw count. Contacts and ADC
channels convert on every tick, a flow meter once a gate, a MAX31865 when its DRDY line falls; one MAX31865 is read a
tick at most, in turn, so that a tick stays short.
"""

from array import array
import micropython
from micropython import const
from machine import ADC, SPI, Pin, mem32

from kernel import I_CHANNELS, I_NOW, INT_MAX
from max31865 import Max31865

_GPIO_IN = const(0xD0000004)  # SIO: all pins at one instant (RP2040 data sheet 2.3.1.7)
_SEQ = const(0xFFFF)
_SPI_HZ = const(1_000_000)
_LATE_US = const(2_000)  # longer between two ticks: the processor stood still, and pulses went unseen


# In viper, because a loop of bytecode over four contacts costs more than all checks of the kernel.
@micropython.viper
def contacts(inputs: ptr32, gpio: int, table: ptr32, n: int):
    """A conversion for each of n contacts: `table` holds (input index, mask) pairs."""
    i = 0
    while i < n:
        index = table[2 * i]
        inputs[index] = (inputs[index] + 1) & _SEQ
        level = 0
        if gpio & table[2 * i + 1]:
            level = 1
        inputs[index + 1] = level
        i += 1


class Flow:
    """Rising edges of a turbine in the last `gates` gates of `gate_us` each.

    A gate is a time and no number of ticks: slow ticks would make it longer, and too little flow look enough.
    """

    def __init__(self, index: int, pin: int, gate_us: int, gates: int, tick_us: int) -> None:
        self.index = index
        self.mask = 1 << pin
        self.pin = Pin(pin, Pin.IN, Pin.PULL_UP)
        self.gate_us = gate_us
        self.tick_us = tick_us
        self.ring = [0] * gates
        self.position = 0
        self.filled = 0
        self.last = 0
        self.us = 0
        self.level = 0

    @micropython.native
    def tick(self, gpio: int, inputs: "Words") -> None:
        level = gpio & self.mask
        ring = self.ring
        position = self.position
        if level and not self.level:
            ring[position] += 1
        self.level = level
        now = inputs[I_NOW]
        since = (now - self.last) & INT_MAX
        self.last = now
        self.us += self.tick_us if since > _LATE_US else since
        if self.us < self.gate_us:
            return
        self.us -= self.gate_us
        if self.filled < len(ring):
            self.filled += 1
        if self.filled == len(ring):  # before that a full second has not been seen
            total = 0
            for i in range(len(ring)):
                total += ring[i]
            index = self.index
            inputs[index + 1] = total
            inputs[index] = (inputs[index] + 1) & _SEQ
        position += 1
        if position == len(ring):
            position = 0
        ring[position] = 0
        self.position = position


class Sensors:
    """All channels of a board.

    Raises:
        ValueError: if the board names a driver that is not known here.
    """

    def __init__(self, board: "Board", tick_us: int) -> None:
        pins = board["pins"]
        spi = None
        self.converters: list[tuple[int, Max31865]] = []  # with the index of the input
        self.analog: list[tuple[int, ADC]] = []
        wired: list[int] = []  # input index, mask of every contact
        self.flows: list[Flow] = []
        self._pins: list[Pin] = []  # keeps the pull-ups configured
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
                self.converters.append((index, Max31865(spi, settings["cs"], settings["drdy"])))
            elif driver == "adc":
                self.analog.append((index, ADC(settings["pin"])))
            elif driver == "contact":
                self._pins.append(Pin(settings["pin"], Pin.IN, Pin.PULL_DOWN))
                wired += (index, 1 << settings["pin"])
            elif driver == "pulses":
                gate_us = settings["gate_ms"] * 1000
                self.flows.append(Flow(index, settings["pin"], gate_us, settings["gates"], tick_us))
            else:
                raise ValueError("board channel %s: unknown driver %s" % (name, driver))
        self._contacts = array("i", wired)
        self._contacts_n = len(wired) // 2
        self._turn = 0

    @micropython.native
    def sample(self, inputs: "Words") -> None:
        gpio: int = mem32[_GPIO_IN]
        contacts(inputs, gpio, self._contacts, self._contacts_n)
        for index, adc in self.analog:
            inputs[index + 1] = adc.read_u16()
            inputs[index] = (inputs[index] + 1) & _SEQ
        for flow in self.flows:
            flow.tick(gpio, inputs)
        converters = self.converters
        if converters:
            turn = self._turn
            index, converter = converters[turn]
            if not gpio & converter.drdy_mask:
                inputs[index + 1] = converter.read()
                # A read ends DRDY: a line that stays low would count one conversion again and again, and make every
                # rise look flat. So it counts none, and the channel gets stale.
                if mem32[_GPIO_IN] & converter.drdy_mask:
                    inputs[index] = (inputs[index] + 1) & _SEQ
            turn += 1
            self._turn = 0 if turn == len(converters) else turn
