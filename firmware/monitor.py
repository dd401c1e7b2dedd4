"""The monitor: one tick every millisecond, and what the states allow.

Order of a tick: sample, kernel, permit, watchdog, then everything that may wait. While ON nothing is allocated; flash
is written only while the permit is low and the read-back shows it.
"""

from array import array
import micropython
from machine import unique_id
from micropython import const
from time import ticks_us

import answers
import blackbox
import rows
import chip
import frames
import kernel
import link
import receipts
import sensors
from alarm import Alarm
from authority import SEAL_BYTES, Authority, nonce, read_key
from blackbox import Blackbox
from devicelog import Log
from latch import CLOSED, OPEN, TRIP, Latch
from limitset import digest
from permit import Permit
from selftest import memory
from sensors import Sensors
from states import after
from struct import pack, unpack_from

# Written again here, because MicroPython folds a constant only in its own file, and looking one up costs as much as a
# check; a test compares each with its origin.
BOOT = const(0)  # states.BOOT
SAFE = const(1)  # states.SAFE
ARMED = const(2)  # states.ARMED
ON = const(3)  # states.ON
TRIPPED = const(4)  # states.TRIPPED
H_WORDS = const(2)  # kernel.H_WORDS
H_CHANNELS = const(3)  # kernel.H_CHANNELS
H_TICK_US = const(4)  # kernel.H_TICK_US
H_DEADLINE_US = const(5)  # kernel.H_DEADLINE_US
H_TOKEN = const(7)  # kernel.H_TOKEN
H_CRC_BYTES = const(9)  # kernel.H_CRC_BYTES
H_MAX_ON_US = const(10)  # kernel.H_MAX_ON_US
H_ENERGY = const(12)  # kernel.H_ENERGY
H_ENERGY_RATIO = const(13)  # kernel.H_ENERGY_RATIO
H_GAP_MS = const(17)  # kernel.H_GAP_MS
H_HOST = const(18)  # kernel.H_HOST
H_RECEIPT_US = const(19)  # kernel.H_RECEIPT_US
H_SET_MAX_MW = const(20)  # kernel.H_SET_MAX_MW
I_NOW = const(0)  # kernel.I_NOW
I_ON = const(1)  # kernel.I_ON
I_SET_MW = const(2)  # kernel.I_SET_MW
I_SET_US = const(3)  # kernel.I_SET_US
I_ENERGY = const(4)  # kernel.I_ENERGY
I_RECEIPT_US = const(5)  # kernel.I_RECEIPT_US
I_CHANNELS = const(8)  # kernel.I_CHANNELS
S_NOW = const(0)  # kernel.S_NOW
S_TOKEN = const(2)  # kernel.S_TOKEN
S_ON_US = const(6)  # kernel.S_ON_US
S_ENERGY_HI = const(7)  # kernel.S_ENERGY_HI
S_ENERGY_LO = const(8)  # kernel.S_ENERGY_LO
S_RAN = const(14)  # kernel.S_RAN
S_CHANNELS = const(16)  # kernel.S_CHANNELS
C_DOSE_HI = const(7)  # kernel.C_DOSE_HI
C_DOSE_LO = const(8)  # kernel.C_DOSE_LO
CHANNEL_WORDS = const(48)  # kernel.CHANNEL_WORDS
INT_MAX = const(0x3FFFFFFF)  # kernel.INT_MAX
IDLE = const(12)  # kernel.IDLE
FOLLOW = const(13)  # kernel.FOLLOW
ARM = const(16)  # link.ARM
START = const(17)  # link.START
FINISH = const(18)  # link.FINISH
DISARM = const(19)  # link.DISARM
STOP = const(20)  # link.STOP
ACKNOWLEDGE = const(21)  # link.ACKNOWLEDGE
STATUS = const(22)  # link.STATUS
READ = const(23)  # link.READ
RECEIPT = const(24)  # link.RECEIPT
SILENCE = const(25)  # link.SILENCE
LOOK = const(1)  # frames.LOOK
NO_ROOM = const(1)  # rows.NO_ROOM
ENDED = const(2)  # rows.ENDED
DONE = const(0)  # link.DONE
REFUSED = const(1)  # link.REFUSED
NOT_GENUINE = const(7)  # link.NOT_GENUINE

INTERRUPTED = const(32 << 8 | 255)  # causes of checks.py that are not the kernel's
LIMITS = const(17 << 8 | 255)
LATCH = const(33 << 8 | 255)
STOPPED = const(36 << 8 | 255)
LINK = const(37 << 8 | 255)

_BOOT_US = const(3_000_000)  # by then every sensor has converted: the flow meter needs 1 s
_ARMED_US = const(30_000_000)  # an armed device that nobody starts goes back to SAFE
_WRITE_US = const(100_000)  # a trip is recorded by then even if the read-back never falls
_SKIPPED = const(8)  # ticks in a row that leave the line alone: six converters, a note, the end of a frame
_NOTHING = const(0)
_TIME_MAX = const(1 << 29)  # times are kept up to here, so that a sum stays a small integer
EVERY_MS = const(10)  # blackbox.EVERY_MS

# words of time, and whether something waits that a tick has to look at
_STATE = const(0)
_IN_STATE_US = const(1)
_SINCE_ON_US = const(2)  # the cooling gap; starts again at boot, because what was before is not known
_NOTE_IN = const(3)  # ticks to the next row of the black box
_DUE = const(4)  # chip.DUE
_LAST = const(5)  # the tick before
_LIMIT_WORDS = const(6)  # of the limit set's head, to compare: a checksum cannot be trusted with its own length
_CRC_BYTES = const(7)
AGE_US = const(8)  # receipts.AGE_US
_PENDING = const(9)  # something waits for `_wait`: a record, a block, an acknowledgement, a proof
_LOW = const(1)  # what waits: anything, because the state is not ON
_NOTE = const(2)  # a row of the black box
_DAMAGED = const(4)  # the limit set's head is not what it was
_NOT_YET = const(8)  # checks do not trip: the state is BOOT or TRIPPED
_WORK = const(16)  # something for `_wait`


@micropython.viper
def pass_time(times: ptr32, inputs: ptr32, limits: ptr32) -> int:
    """Let time pass for the state, the cooling gap and the receipt; what a tick has to look at beside its checks."""
    now = inputs[I_NOW]
    elapsed = (now - times[_LAST]) & INT_MAX
    times[_LAST] = now
    if elapsed > INT_MAX >> 1:
        elapsed = 0  # a clock that runs backwards: the kernel trips, and no gap becomes shorter
    us = times[_IN_STATE_US] + elapsed
    if us > _TIME_MAX:
        us = _TIME_MAX
    times[_IN_STATE_US] = us
    us = times[AGE_US] + elapsed
    if us > _TIME_MAX:
        us = _TIME_MAX
    times[AGE_US] = us
    inputs[I_RECEIPT_US] = us
    waits = 0
    state = times[_STATE]
    if state != ON:
        us = times[_SINCE_ON_US] + elapsed
        if us > _TIME_MAX:
            us = _TIME_MAX
        times[_SINCE_ON_US] = us
        waits = _LOW
        if state != SAFE and state != ARMED:
            waits |= _NOT_YET
        if times[_PENDING] or state == BOOT or (state == ARMED and times[_IN_STATE_US] > _ARMED_US):
            waits |= _WORK
    left = times[_NOTE_IN] - 1
    if left == 0:
        left = EVERY_MS
        waits |= _NOTE
    times[_NOTE_IN] = left
    if limits[H_WORDS] != times[_LIMIT_WORDS] or limits[H_CRC_BYTES] != times[_CRC_BYTES]:
        waits |= _DAMAGED
    return waits


class Monitor:
    """Ties sensors, kernel, permit, latch and link together. `limits` is a loaded limit set (limitset.load)."""

    def __init__(
        self,
        board: "Board",
        limits: "Words",
        sensors: Sensors,
        permit: Permit,
        latch: Latch,
        blackbox: Blackbox,
        log: Log,
        watchdog: "WDT",
        buzzer: "Pin",
    ) -> None:
        self._limits = limits
        self._channels = limits[H_CHANNELS]
        self._tick_us = limits[H_TICK_US]
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
        self._blackbox = blackbox
        self._log = log
        self._watchdog = watchdog
        self._inputs = array("i", [0] * (I_CHANNELS + 2 * self._channels))
        self._inputs[I_ENERGY] = self._set_energy = self._energy
        self._state_words = array("i", [0] * (S_CHANNELS + CHANNEL_WORDS * self._channels))
        self._alarm = Alarm(buzzer, limits, self._state_words)
        self._readbacks = [
            I_CHANNELS + 2 * number + 1
            for number, (name, _, _) in enumerate(board["channels"])
            if name.endswith("_readback")
        ]
        self._link = link.Link(len(self._state_words), limits[H_RECEIPT_US], self._tick_us)
        self._rows = rows.plan(board, I_CHANNELS)
        self._authority = Authority(read_key(), nonce(latch.count, chip.random()))
        log.identity = self._identity(board)
        log.state = self._picture
        self.state = BOOT
        self.cause = _NOTHING
        self._times = array("i", [BOOT, 0, 0, EVERY_MS, 0, 0, limits[H_WORDS], limits[H_CRC_BYTES], _TIME_MAX, 1])
        self._record = _NOTHING  # kind of a latch record that waits for the read-back
        self._acknowledging = False
        self._unproven = False  # the FINISH that came last
        self._dose_before: tuple[int, ...] = ()
        memory(self._inputs)
        memory(self._state_words)
        self._times[_DUE] = self._times[_LAST] = ticks_us()
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
            self.cause = latch.cause if latch.kind == TRIP else INTERRUPTED if latch.kind == OPEN else LATCH
            self._alarm.begin(self.cause, self._times[_LAST])
            if latch.kind == OPEN:
                self._record = TRIP
        self._link.show(self.state, self.cause)

    @micropython.native
    def _enter(self, event: str) -> None:
        """Follow one transition of states.py.

        Raises:
            ValueError: if there is no such transition; the permit falls with the exception.
        """
        target = after(self.state, event)
        if target is None:
            raise ValueError("no transition %s from state %d" % (event, self.state))
        self.state = self._times[_STATE] = target
        self._times[_IN_STATE_US] = 0
        self._link.show(target, self.cause)

    @micropython.native
    def run(self) -> None:
        """Tick for ever."""
        for _ in self.ticks():
            pass

    @micropython.native
    def ticks(self) -> "Iterator[None]":
        """One tick, and the wait until the next is due, for each `next`.

        A generator, because what it needs stays in local variables: an attribute costs a tick 3 us, the call of a
        method 6. One that has raised ends for good.
        """
        words, channels, own, place = self._state_words, self._sensors, self._link, chip.place
        deadline_us, tick_us, token = self._deadline_us, self._tick_us, self._token
        times, limits, inputs = place(self._times), place(self._limits), place(self._inputs)
        table, flows, converters = place(channels.table), place(channels.flows), place(channels.converters)
        state, line, row_plan, ring = place(words), place(own.own), place(self._rows), place(own.ring)
        received, ends, out = place(own.into), place(own.ends), place(own.out)
        heard, data = place(own.input), place(own.data)
        samples, samples_own = place(self._blackbox.ring), place(self._blackbox.own)
        sample, transfer, wait, give = chip.sample, chip.transfer, chip.wait, self._permit.give
        due, convert, check, note, passed = sensors.due, sensors.convert, kernel.tick, blackbox.note, pass_time
        row, work, hear, feed = rows.note, frames.work, frames.hear, self._watchdog.feed
        accept, answer, begin = receipts.accept, answers.answer, answers.begin
        values, sound, faulty, forgive = self._inputs, self._alarm.step, sensors.faulty, chip.forgive
        kind = skipped = come = 0
        while True:
            gpio = sample(table, inputs)
            waits = passed(times, inputs, limits)
            at = due(converters, gpio)
            convert(flows, gpio, converters, at, transfer(converters, at) if at else 0, inputs)
            cause = check(limits, state, inputs)
            if cause:
                if not waits & _NOT_YET:
                    self.trip(cause)
            elif not waits or not waits & (_LOW | _DAMAGED):
                give(state, inputs, deadline_us)
            elif not waits & _LOW:
                self.trip(LIMITS)
            if words[S_RAN] == token:
                feed()
            ended = row(line, state, inputs, row_plan, ring)
            busy = at or ended  # such a tick is long enough, and leaves coding to the next one
            if waits:
                if waits & _LOW:
                    if waits & _NOT_YET:
                        sound(values[I_NOW], cause)
                    if waits & _WORK:
                        self._wait(cause)
                    busy = at and not skipped  # where DRDY lines stay low, every tick reads one
                if waits & _NOTE:
                    busy = 1
                    if not waits & _WORK or not self._blackbox.busy:  # what is being written stays as it was
                        note(samples, samples_own, inputs)
                    if waits & _NOT_YET:
                        at = faulty(converters, inputs)
                        if at:
                            forgive(converters, at)
            if ended and ended != ENDED:
                busy = 0  # an answer would wait for ever where converters keep step with frames
                if ended == NO_ROOM:
                    self.trip(LINK)
            if kind and kind != RECEIPT:  # a tick after it came, so that no tick gets long
                if waits & _LOW or kind == STOP or kind == FINISH:
                    self._command(kind)
                else:
                    answer(line, heard, kind, DONE if kind == STATUS else REFUSED)
                kind = 0
            else:
                if kind:
                    accept(heard, line, times, inputs)
                    kind = 0
                if come or not busy or skipped == _SKIPPED:  # what has come waits for nothing: it may be STOP
                    skipped = 0
                    todo = work(0, 0, 0, line, ends, ring, out)
                    if todo:
                        if todo == LOOK:
                            kind = hear(0, 0, 0, line, ends, received, heard)
                        else:
                            begin(line, ring, data)
                else:
                    skipped += 1
            come = wait(times, tick_us, received, ends, out)
            yield

    @micropython.native
    def trip(self, cause: int) -> None:
        """Permit low first; then remember. The first cause is kept."""
        self._permit.low()
        self._inputs[I_ON] = 0
        self._alarm.begin(cause, self._inputs[I_NOW])
        if self.state == TRIPPED:
            return
        if self.state == ON:
            self._times[_SINCE_ON_US] = 0
        self.cause = cause
        self._enter("trip")
        self._record = TRIP
        self._times[_PENDING] = 1
        self._acknowledging = False
        self._blackbox.begin(cause, self._inputs[I_NOW], self._inputs[I_SET_MW], self._state_words[S_ON_US])

    @micropython.native
    def _wait(self, cause: int) -> None:
        """What happens by itself as time passes, and what had to wait for the permit to be low.

        Not on every tick, because that makes it long: a FIFO holds what comes in 0.35 ms.
        """
        state = self.state
        if state == ON:
            return
        if self._unproven:
            self._prove()
            return
        in_state_us = self._times[_IN_STATE_US]
        if state == BOOT:
            if not cause and self._state_words[S_TOKEN] == self._token:
                self._enter("ready")
            elif in_state_us > _BOOT_US or cause >> 8 == IDLE or cause >> 8 == FOLLOW:
                self.trip(cause or LATCH)  # RF that nobody permitted does not wait for sensors to become good
        elif state == ARMED and in_state_us > _ARMED_US:
            self._close("disarm")
        elif self._acknowledging:
            self._finish_acknowledge(cause)
        if self._record:
            self._write_record()
        elif self._blackbox.busy:
            self._keep_trip()
        elif not self._acknowledging:
            self._times[_PENDING] = 0

    @micropython.native
    def _close(self, event: str) -> None:
        """A normal end: permit low, SAFE, CLOSED as soon as the read-back is low."""
        self._permit.low()
        self._inputs[I_ON] = 0
        if self.state == ON:
            self._times[_SINCE_ON_US] = 0
        self._enter(event)
        self._record = CLOSED
        self._times[_PENDING] = 1

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
        if self._times[_IN_STATE_US] < _WRITE_US:
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

    def _keep_trip(self) -> None:
        """One page of what came before the trip; a device that cannot write it keeps the trip itself."""
        try:
            self._blackbox.step()
        except OSError:
            self.trip(LATCH)
        self._resume()

    def _resume(self) -> None:
        """Flash, or a digest, stopped the clock of the ticks; while the permit is low that is no late tick. A receipt
        ages all the same: RF must not begin with one that is older than it looks."""
        now = ticks_us()
        age = self._times[AGE_US] + ((now - self._times[_LAST]) & INT_MAX)
        self._times[AGE_US] = min(age, _TIME_MAX)
        self._times[_DUE] = self._times[_LAST] = self._state_words[S_NOW] = self._link.own[rows.BEFORE] = now
        self._link.own[rows.TIME] = 1

    # ---- what a host may read

    def _identity(self, board: "Board") -> bytes:
        """Who this is: version of the link, this boot, this chip, this limit set, and how each channel converts."""
        how = "".join(driver[0] for _, driver, _ in board["channels"])  # adc, contact, max31865, pulses
        head = pack("<HH", link.VERSION, self._tick_us) + self._authority.nonce + (unique_id() + bytes(8))[:8]
        return head + digest(self._limits) + pack("<I", self._limits[H_RECEIPT_US]) + how.encode()

    def _picture(self) -> bytes:
        """The kernel after the last tick: number of the next one, state of the digest, inputs, state."""
        own = memoryview(self._link.own)
        head = bytes(own[rows.TICK : rows.TICK + 1]) + bytes(own[rows.DIGEST : rows.DIGEST + 1])
        head += bytes(own[rows.FOLD_AT : rows.FOLD_AT + 1])
        return head + bytes(memoryview(self._inputs)[:I_CHANNELS]) + bytes(self._state_words)

    # ---- commands

    @micropython.native
    def _command(self, kind: int) -> None:
        state = self.state
        if kind == STOP:
            self.trip(STOPPED)
            result = DONE
        elif kind == STATUS:
            result = DONE
        elif state == ON and kind == FINISH:
            self._close("finish")
            self._unproven = True
            return
        elif kind == READ:
            if self._log.read(self._link):
                return
            result = REFUSED
        else:
            result = self._sealed(kind)
        self._link.answer(kind, result)

    def _prove(self) -> None:
        """On the tick after a FINISH, which has ended RF whoever sent it: one that is not genuine was a STOP."""
        self._unproven = False
        genuine = self._genuine(FINISH)
        self._resume()
        if not genuine:
            self.trip(STOPPED)
        self._link.answer(FINISH, DONE if genuine else NOT_GENUINE)

    def _genuine(self, kind: int) -> bool:
        return self._authority.genuine(kind, self._link.payload)

    def _sealed(self, kind: int) -> int:
        """A command that needs a seal, while the permit is low."""
        state = self.state
        if not (ARM <= kind <= DISARM or kind == ACKNOWLEDGE or kind == SILENCE):
            return REFUSED
        genuine = self._genuine(kind)
        self._resume()
        if not genuine:
            return NOT_GENUINE
        if kind == START and state == ARMED:
            return self._start()
        if kind == DISARM and state == ARMED:
            self._close("disarm")
            return DONE
        if kind == ARM and state == SAFE:
            return self._arm()
        if kind == ACKNOWLEDGE and state == TRIPPED:
            return self._acknowledge()
        if kind == SILENCE and self._alarm.silence():
            return DONE
        return REFUSED

    def _start(self) -> int:
        limits = self._limits
        if limits[H_HOST] and self._times[AGE_US] > limits[H_RECEIPT_US]:
            return link.NO_RECEIPT
        # Not before: until then the kernel keeps the energy of the last sonication.
        self._inputs[I_ENERGY] = self._set_energy
        self._inputs[I_ON] = 1
        self._link.own[rows.SET] = 1
        self._enter("start")
        return link.DONE

    def _arm(self) -> int:
        """SAFE to ARMED: the host says which limit set and which set point it means; both are frozen from here on."""
        if self._record or self._blackbox.busy:
            return link.REFUSED
        payload = self._link.payload
        if len(payload) != 16 + SEAL_BYTES:
            return link.OUT_OF_RANGE
        set_mw, set_us = unpack_from("<II", payload, 0)
        if bytes(payload[8:16]) != self._digest:
            return link.WRONG_DIGEST
        if not (0 < set_mw <= self._set_max_mw and 0 < set_us <= self._max_on_us):
            return link.OUT_OF_RANGE
        if self._times[_SINCE_ON_US] < self._gap_us:
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
        if self._record or self._blackbox.busy or self._acknowledging:
            return link.REFUSED
        payload = self._link.payload
        if len(payload) != 1 + SEAL_BYTES:
            return link.OUT_OF_RANGE
        words = self._state_words
        words[S_ENERGY_HI] = words[S_ENERGY_LO] = words[S_ON_US] = 0  # the sonication that tripped is over
        self._dose_before = self._dose()
        changed = rows.CLEARED
        if payload[0] == 1:
            self._set_dose((0, 0) * self._channels)
            changed = rows.NEW_TREATMENT
        self._link.own[rows.CHANGED] = changed
        self._acknowledging = True
        self._times[_PENDING] = 1
        return link.DONE

    def _finish_acknowledge(self, cause: int) -> None:
        """The second half, on the next tick: SAFE only if no check fails now and the latch can be written."""
        self._acknowledging = False
        self._latch.prepare()
        self._blackbox.prepare()
        if cause or self._state_words[S_TOKEN] != self._token or not self._latch.ready():
            self._set_dose(self._dose_before)
            self._link.own[rows.CHANGED] = rows.BACK
            self._link.answer(link.ACKNOWLEDGE, link.CAUSE_PRESENT)
        else:
            self.cause = _NOTHING
            self._enter("acknowledge")
            self._record = CLOSED
            self._alarm.end()
        self._resume()
