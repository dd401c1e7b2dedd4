"""The monitor: one tick every millisecond, and what the states allow.

Order of a tick: sample, kernel, permit, watchdog, then everything that may wait. While ON nothing is allocated; flash
is written only while the permit is low and the read-back shows it.
"""

from array import array
import micropython
from micropython import const
from time import sleep_us, ticks_diff, ticks_us

import kernel
import link
from kernel import (
    IDLE,
    C_DOSE_HI,
    C_DOSE_LO,
    CHANNEL_WORDS,
    H_CHANNELS,
    H_CRC_BYTES,
    H_DEADLINE_US,
    H_ENERGY,
    H_ENERGY_RATIO,
    H_GAP_MS,
    H_MAX_ON_US,
    H_SET_MAX_MW,
    H_TICK_US,
    H_TOKEN,
    H_WORDS,
    I_CHANNELS,
    FOLLOW,
    I_ENERGY,
    I_NOW,
    I_ON,
    I_SET_MW,
    I_SET_US,
    INT_MAX,
    S_CHANNELS,
    S_ENERGY_HI,
    S_ENERGY_LO,
    S_NOW,
    S_ON_US,
    S_RAN,
    S_TOKEN,
    S_WARN,
)
from latch import CLOSED, OPEN, TRIP, Latch
from limitset import digest
from permit import Permit
from sensors import Sensors
from states import ARMED, BOOT, ON, SAFE, TRIPPED, after
from struct import pack_into, unpack_from

INTERRUPTED = const(32 << 8 | 255)  # causes of checks.py that are not the kernel's
LIMITS = const(17 << 8 | 255)
LATCH = const(33 << 8 | 255)
STOPPED = const(36 << 8 | 255)

_BOOT_US = const(3_000_000)  # by then every sensor has converted: the flow meter needs 1 s
_ARMED_US = const(30_000_000)  # an armed device that nobody starts goes back to SAFE
_TELEMETRY_TICKS = const(20)
_WRITE_US = const(100_000)  # a trip is recorded by then even if the read-back never falls
_NOTHING = const(0)


class Monitor:
    """Ties sensors, kernel, permit, latch and link together. `limits` is a loaded limit set (limitset.load)."""

    def __init__(
        self,
        board: "Board",
        limits: "Words",
        sensors: Sensors,
        permit: Permit,
        latch: Latch,
        uart: "Uart",
        watchdog: "WDT",
        buzzer: "Pin",
    ) -> None:
        self._limits = limits
        self._channels = limits[H_CHANNELS]
        self._tick_us = limits[H_TICK_US]
        self._limit_words = limits[H_WORDS]
        self._crc_bytes = limits[H_CRC_BYTES]
        self._deadline_us = limits[H_DEADLINE_US]
        self._token = limits[H_TOKEN]
        self._energy = limits[H_ENERGY]
        self._energy_ratio = limits[H_ENERGY_RATIO]
        self._gap_us = limits[H_GAP_MS] * 1000
        self._max_on_us = limits[H_MAX_ON_US]
        self._set_max_mw = limits[H_SET_MAX_MW]
        self._digest = digest(limits)[:8]
        self._sensors = sensors
        self._permit = permit
        self._latch = latch
        self._watchdog = watchdog
        self._buzzer = buzzer
        self._inputs = array("i", [0] * (I_CHANNELS + 2 * self._channels))
        self._inputs[I_ENERGY] = self._set_energy = self._energy
        self._state_words = array("i", [0] * (S_CHANNELS + CHANNEL_WORDS * self._channels))
        self._readbacks = [
            I_CHANNELS + 2 * number + 1
            for number, (name, _, _) in enumerate(board["channels"])
            if name.endswith("_readback")
        ]
        self._link = link.Link(uart, {link.TELEMETRY: 20 + 7 * self._channels, link.ANSWER: 2})
        self.state = BOOT
        self.cause = _NOTHING
        self._in_state_us = 0
        self._since_on_us = 0  # the cooling gap; starts again at boot, because what was before is not known
        self._record = _NOTHING  # kind of a latch record that waits for the read-back
        self._acknowledging = False
        self._dose_before: tuple[int, ...] = ()
        self._telemetry_in = _TELEMETRY_TICKS
        self._last = self._next = ticks_us()
        self._restore()

    def _restore(self) -> None:
        """Take dose and state from the latch: only a CLOSED record lets a device boot into SAFE."""
        latch = self._latch
        if latch.kind in (CLOSED, TRIP) and len(latch.words) == 2 * self._channels:
            self._set_dose(latch.words)
        else:
            self._set_dose((INT_MAX, 0x7FFF) * self._channels)
        if latch.kind != CLOSED:
            self._enter("trip")
            self._buzzer(1)
            self.cause = latch.cause if latch.kind == TRIP else INTERRUPTED if latch.kind == OPEN else LATCH
            if latch.kind == OPEN:
                self._record = TRIP

    def _enter(self, event: str) -> None:
        """Follow one transition of states.py.

        Raises:
            ValueError: if there is no such transition; the permit falls with the exception.
        """
        target = after(self.state, event)
        if target is None:
            raise ValueError("no transition %s from state %d" % (event, self.state))
        self.state = target
        self._in_state_us = 0

    @micropython.native
    def tick(self) -> None:
        """One tick, then sleep until the next is due."""
        now = ticks_us()
        elapsed = ticks_diff(now, self._last)
        self._last = now
        inputs = self._inputs
        words = self._state_words
        inputs[I_NOW] = now
        self._sensors.sample(inputs)
        limits = self._limits
        cause = kernel.tick(limits, words, inputs)
        state = self.state
        if state == ON:
            if limits[H_WORDS] != self._limit_words or limits[H_CRC_BYTES] != self._crc_bytes:
                cause = cause or LIMITS  # the kernel's running checksum cannot be trusted with its own length
            if cause:
                self.trip(cause)
            elif ticks_diff(ticks_us(), now) <= self._deadline_us:  # samples older than that permit nothing
                self._permit.give(words[S_TOKEN])
        elif cause and (state == SAFE or state == ARMED):
            self.trip(cause)
        if words[S_RAN] == self._token:
            self._watchdog.feed()
        self._time(elapsed, cause)
        kind = self._link.poll()
        if kind:
            self._command(kind)
        if self._record and self.state != ON:
            self._write_record()
        self._telemetry_in -= 1
        if not self._telemetry_in:
            self._telemetry_in = _TELEMETRY_TICKS
            self._telemetry(now)
        self._next = (self._next + self._tick_us) & INT_MAX
        wait = ticks_diff(self._next, ticks_us())
        if wait > 0:
            sleep_us(wait)
        else:
            self._next = ticks_us()  # a late tick is never made up

    def trip(self, cause: int) -> None:
        """Permit low first; then remember. The first cause is kept."""
        self._permit.low()
        self._inputs[I_ON] = 0
        if self.state == TRIPPED:
            return
        if self.state == ON:
            self._since_on_us = 0
        self._enter("trip")
        self.cause = cause
        self._record = TRIP
        self._acknowledging = False
        self._buzzer(1)

    @micropython.native
    def _time(self, elapsed: int, cause: int) -> None:
        """What happens by itself as time passes."""
        self._in_state_us = min(self._in_state_us + elapsed, INT_MAX)
        state = self.state
        if state != ON:
            self._since_on_us = min(self._since_on_us + elapsed, INT_MAX)
        if state == BOOT:
            if not cause and self._state_words[S_TOKEN] == self._token:
                self._enter("ready")
            elif self._in_state_us > _BOOT_US or cause >> 8 == IDLE or cause >> 8 == FOLLOW:
                self.trip(cause or LATCH)  # RF that nobody permitted does not wait for sensors to become good
        elif state == ARMED and self._in_state_us > _ARMED_US:
            self._close("disarm")
        elif self._acknowledging:
            self._finish_acknowledge(cause)

    def _close(self, event: str) -> None:
        """A normal end: permit low, SAFE, CLOSED as soon as the read-back is low."""
        self._permit.low()
        self._inputs[I_ON] = 0
        if self.state == ON:
            self._since_on_us = 0
        self._enter(event)
        self._record = CLOSED

    # ---- latch

    def _dose(self) -> tuple[int, ...]:
        words = self._state_words
        dose: list[int] = []
        for number in range(self._channels):
            at = S_CHANNELS + CHANNEL_WORDS * number
            dose += (words[at + C_DOSE_HI], words[at + C_DOSE_LO])
        return tuple(dose)

    def _set_dose(self, dose: tuple[int, ...]) -> None:
        words = self._state_words
        for number in range(self._channels):
            at = S_CHANNELS + CHANNEL_WORDS * number
            words[at + C_DOSE_HI] = dose[2 * number]
            words[at + C_DOSE_LO] = dose[2 * number + 1]

    def _write_record(self) -> None:
        """Write what waits, once the permit is seen low: flash stops the processor."""
        if self._in_state_us < _WRITE_US:
            for index in self._readbacks:
                if self._inputs[index]:
                    return
        kind = self._record
        self._record = _NOTHING
        try:
            self._latch.append(kind, self.cause if kind == TRIP else 0, self._dose())
            self._latch.prepare()
        except OSError:
            self.trip(LATCH)
            self._record = _NOTHING  # a latch that cannot be written keeps the device tripped: ready() stays False
        self._resume()

    def _resume(self) -> None:
        """Flash stopped the clock of the ticks; while the permit is low that is no late tick."""
        self._last = self._next = self._state_words[S_NOW] = ticks_us()

    # ---- commands

    def _command(self, kind: int) -> None:
        if kind == link.STOP:
            self.trip(STOPPED)
            result = link.DONE
        elif kind == link.FINISH and self.state == ON:
            self._close("finish")
            result = link.DONE
        elif kind == link.START and self.state == ARMED:
            # Not before: until then the kernel keeps the energy of the last sonication.
            self._inputs[I_ENERGY] = self._set_energy
            self._inputs[I_ON] = 1
            self._enter("start")
            result = link.DONE
        elif kind == link.DISARM and self.state == ARMED:
            self._close("disarm")
            result = link.DONE
        elif kind == link.ARM:
            result = self._arm()
        elif kind == link.ACKNOWLEDGE:
            result = self._acknowledge()
        elif kind == link.STATUS:
            result = link.DONE
        else:
            result = link.REFUSED
        self._answer(kind, result)

    def _answer(self, kind: int, result: int) -> None:
        frame = self._link.frame
        frame[0] = kind
        frame[1] = result
        self._link.send(link.ANSWER)

    def _arm(self) -> int:
        """SAFE to ARMED: the host says which limit set and which set point it means; both are frozen from here on."""
        if self.state != SAFE or self._record:
            return link.REFUSED
        if self._link.received_length != 16:
            return link.OUT_OF_RANGE
        set_mw, set_us = unpack_from("<II", self._link.received, 0)
        if bytes(self._link.received[8:16]) != self._digest:
            return link.WRONG_DIGEST
        if not (0 < set_mw <= self._set_max_mw and 0 < set_us <= self._max_on_us):
            return link.OUT_OF_RANGE
        if self._since_on_us < self._gap_us:
            return link.COOLING
        if self._state_words[S_TOKEN] != self._token or not self._latch.ready():
            return link.NOT_READY
        try:
            self._latch.append(OPEN, 0, self._dose())
        except OSError:
            self.trip(LATCH)
            return link.NOT_READY
        inputs = self._inputs
        inputs[I_SET_MW] = set_mw
        inputs[I_SET_US] = set_us
        self._set_energy = min(self._energy, set_mw * set_us * self._energy_ratio >> 25)  # Q10, units of 2**15 nJ
        self._enter("arm")
        self._permit.arm(self._token)
        self._resume()
        return link.DONE

    def _acknowledge(self) -> int:
        """The first half: a new treatment starts with no dose; the next tick shows whether a cause is left."""
        if self.state != TRIPPED or self._record or self._acknowledging or self._link.received_length != 1:
            return link.REFUSED
        words = self._state_words
        words[S_ENERGY_HI] = words[S_ENERGY_LO] = words[S_ON_US] = 0  # the sonication that tripped is over
        self._dose_before = self._dose()
        if self._link.received[0] == 1:
            self._set_dose((0, 0) * self._channels)
        self._acknowledging = True
        return link.DONE

    def _finish_acknowledge(self, cause: int) -> None:
        """The second half, on the next tick: SAFE only if no check fails now and the latch can be written."""
        self._acknowledging = False
        self._latch.prepare()
        if cause or self._state_words[S_TOKEN] != self._token or not self._latch.ready():
            self._set_dose(self._dose_before)
            self._answer(link.ACKNOWLEDGE, link.CAUSE_PRESENT)
        else:
            self._enter("acknowledge")
            self.cause = _NOTHING
            self._record = CLOSED
            self._buzzer(0)
        self._resume()

    # ---- telemetry

    @micropython.native
    def _telemetry(self, now: int) -> None:
        frame = self._link.frame
        words = self._state_words
        inputs = self._inputs
        pack_into("<BBHHHI", frame, 0, self.state, self._channels, self.cause, words[S_WARN], 0, now)
        pack_into("<II", frame, 12, words[S_ON_US], words[S_ENERGY_HI])
        at = 20
        for number in range(self._channels):
            index = I_CHANNELS + 2 * number
            dose = words[S_CHANNELS + CHANNEL_WORDS * number + C_DOSE_HI]
            pack_into("<BHI", frame, at, inputs[index] & 0xFF, inputs[index + 1] & 0xFFFF, dose)
            at += 7
        self._link.send(link.TELEMETRY)
