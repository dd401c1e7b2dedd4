"""Time-stamps of four pins by the four machines of one PIO block, which start in one cycle and so share one clock."""

import micropython
import rp2
from burst_program import BEHIND, CYCLES, program
from machine import Pin, mem32
from micropython import const
from pins import BUZZER, MARKER, PERMIT, SECOND

TICK_US = const(1)
GAP_US = (150, 150, 10, 150)  # the permit has an edge every 50 us; the marker's edges are told one by one
_PIO = const(0x50200000)
_FDEBUG = const(0x50200008)
_RXSTALL = const(0xF)  # a word was pushed into a full FIFO and is lost (RP2040 data sheet 3.7, FDEBUG)
_FSTAT_RXEMPTY = const(8)  # first bit, of FSTAT
_FSTAT = const(0x50200004)
_ALL = const(0xF0F)  # CTRL: enable all four, restart their clock dividers
# Both FIFOs belong to the words that come back, so that registers are loaded by instructions, encoded here.
_X_ZERO = const(0xE020)  # set(x, 0)
_X_INVERT = const(0xA029)  # mov(x, invert(x))
_SET_Y = const(0xE040)  # set(y, five bits)
_IN_Y_5 = const(0x4045)  # in_(y, 5), twice: ten bits
_OSR_ISR = const(0xA0E6)
_ISR_0 = const(0xA0C3)  # mov(isr, null)
_PINS = (PERMIT, SECOND, MARKER, BUZZER)


@micropython.viper
def begin(ctrl: int) -> int:
    """Start the machines; the microsecond at which they did."""
    timer = ptr32(0x40054028)  # TIMERAWL
    machines = ptr32(0x50200000)
    now = timer[0]
    machines[0] = ctrl
    return now & 0x3FFFFFFF


@micropython.viper
def take(number: int) -> int:
    """Ticks since the start of the next word of a machine, modulo 2**30."""
    words = ptr32(0x50200020)  # RXF0
    return ~words[number] & 0x3FFFFFFF


class Stamps:
    """`on_edge(source, kind, time)` is called for every word, kind 0 the first edge of a burst and 1 the last."""

    def __init__(self, on_edge: "Callable[[int, int, int], None]") -> None:
        self._on_edge = on_edge
        self._kinds = bytearray(4)
        self._epoch = 0
        self._machines = []
        for pin in _PINS:
            if pin != MARKER:
                Pin(pin, Pin.IN, Pin.PULL_DOWN)
        self.restart()

    def restart(self) -> None:
        """Count from now on; what was not taken yet is dropped. Every pin is taken to be low."""
        mem32[_PIO] = 0
        self._machines = []
        for number, pin in enumerate(_PINS):
            machine = rp2.StateMachine(number, program, freq=CYCLES * 1_000_000 // TICK_US, jmp_pin=Pin(pin))
            gap = GAP_US[number] // TICK_US
            for value in (_X_ZERO, _X_INVERT, _SET_Y | gap >> 5, _IN_Y_5, _SET_Y | gap & 31, _IN_Y_5, _OSR_ISR, _ISR_0):
                machine.exec(value)
            self._machines.append(machine)
            self._kinds[number] = 0
        mem32[_FDEBUG] = _RXSTALL
        self._epoch = begin(_ALL)

    def lost(self) -> bool:
        """Whether a word ever found its FIFO full."""
        return bool(mem32[_FDEBUG] & _RXSTALL)

    def poll(self) -> None:
        """Tell what has come."""
        empty = mem32[_FSTAT] >> _FSTAT_RXEMPTY & 0xF
        if empty == 0xF:
            return
        for number in range(4):
            while not mem32[_FSTAT] >> _FSTAT_RXEMPTY & 1 << number:
                ticks = take(number)
                kind = self._kinds[number]
                self._kinds[number] = kind ^ 1
                if kind:
                    ticks -= GAP_US[number] // TICK_US + BEHIND
                self._on_edge(number, kind, (self._epoch + ticks * TICK_US) & 0x3FFFFFFF)
