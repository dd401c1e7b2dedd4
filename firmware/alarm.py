"""The alarm on the buzzer pin: bursts of pulses from a trip on until it is acknowledged (alarms.py says which).

Stepped once a tick while the permit is low, with RF on not at all. Time is counted from one step to the next, and each
pulse and gap from the edge before it: a processor that stood still (flash) makes one longer, never shorter.
"""

import micropython
from array import array
from micropython import const

from alarms import ALARMS, BURSTS, HIGH, SILENCE_MS, TECHNICAL

INT_MAX = const(0x3FFFFFFF)  # kernel.INT_MAX
H_CHANNELS = const(3)  # kernel.H_CHANNELS
H_ROWS = const(24)  # kernel.H_ROWS
R_CHECKS = const(1)  # kernel.R_CHECKS
R_TRIP = const(16)  # kernel.R_TRIP
R_DEBOUNCE = const(48)  # kernel.R_DEBOUNCE
ROW_WORDS = const(64)  # kernel.ROW_WORDS
S_CHANNELS = const(16)  # kernel.S_CHANNELS
C_VALID = const(3)  # kernel.C_VALID
C_AGE_US = const(4)  # kernel.C_AGE_US
C_SAME = const(6)  # kernel.C_SAME
C_DOSE_HI = const(7)  # kernel.C_DOSE_HI
C_COUNT = const(16)  # kernel.C_COUNT
CHANNEL_WORDS = const(48)  # kernel.CHANNEL_WORDS
RANGE = const(1)  # kernel.RANGE
STALE = const(2)  # kernel.STALE
STUCK = const(3)  # kernel.STUCK
DOSE = const(9)  # kernel.DOSE

_ROUND_US = const(500)  # an edge comes with the step that is nearest to it
_KNOWN = const(16)  # causes of one alarm that are told from each other
_NONE = array("i", [0, 0, 0, 0])  # no channels

# words of an alarm
_ACTIVE = const(0)
_LAST_US = const(1)  # time of the last step
_LEFT_US = const(2)  # of the pulse or gap that is now
_SILENT_US = const(3)  # of the silence that a person asked for
_CHECK = const(4)  # which is looked at next
_CHECKS = const(5)
_COUNT = const(6)  # of the causes that it knows
_CAUSES = const(7)

# what there is to do
_SOUNDS = const(1)
_NEXT = const(2)  # pulse or gap
_AGAIN = const(4)  # from the beginning: the silence is over
_NEW = const(8)  # a cause that is not known yet


@micropython.viper
def failing(limits: ptr32, words: ptr32, at: int) -> int:
    """The cause if a check of a channel fails, else 0; `at` is 16 times the channel and the check.

    The kernel tells only the first that fails: behind a sensor that came off, RF that nobody permitted would hide.
    """
    check = at & 15
    row = H_ROWS + ROW_WORDS * (at >> 4)
    own = S_CHANNELS + CHANNEL_WORDS * (at >> 4)
    fails = 0
    if limits[row + R_CHECKS] & (1 << check):
        if check == STALE:
            if words[own + C_AGE_US] > limits[row + R_TRIP + STALE]:
                fails = 1
        elif check == STUCK:
            if words[own + C_SAME] > limits[row + R_TRIP + STUCK]:
                fails = 1
        elif check == DOSE:
            if words[own + C_DOSE_HI] > limits[row + R_TRIP + DOSE]:
                fails = 1
        elif check == RANGE and words[own + C_VALID] == 0:
            fails = 0  # it has not been good yet
        elif words[own + C_COUNT + check] >= limits[row + R_DEBOUNCE + check]:
            fails = 1
    if fails:
        fails = check << 8 | at >> 4
    return fails


@micropython.viper
def due(own: ptr32, now: int, cause: int) -> int:
    """Let time pass up to `now`; what there is to do, and 16 times the next check to look at + 1. 0: no alarm."""
    if own[_ACTIVE] == 0:
        return 0
    todo = _SOUNDS
    elapsed = (now - own[_LAST_US]) & INT_MAX
    own[_LAST_US] = now
    if elapsed > INT_MAX >> 1:
        elapsed = 0  # a clock that runs backwards
    left = own[_SILENT_US]
    if left:
        left -= elapsed
        if left <= 0:
            left = 0
            todo |= _AGAIN
        own[_SILENT_US] = left
    else:
        left = own[_LEFT_US] - elapsed
        own[_LEFT_US] = left
        if left < _ROUND_US:
            todo |= _NEXT
    if cause:
        todo |= _NEW
        i = own[_COUNT]
        while i:
            i -= 1
            if own[_CAUSES + i] == cause:
                todo &= ~_NEW
    check = own[_CHECK]
    if check < own[_CHECKS]:
        todo |= (check + 1) << 4
        check += 1
        if check == own[_CHECKS]:
            check = 0
        own[_CHECK] = check
    return todo


class Alarm:
    """Sounds the cause of the trip, or the first one after it that is more urgent.

    Args:
        limits, words: the limit set and the kernel's state; a device that does not tick has none.
    """

    def __init__(self, buzzer: "Pin", limits: "Words" = _NONE, words: "Words" = _NONE) -> None:
        self._buzzer = buzzer
        self._limits = limits
        self._words = words
        self._own = array("i", [0] * (_CAUSES + _KNOWN))
        self._own[_CHECKS] = 16 * limits[H_CHANNELS]
        self._burst: tuple[int, ...] = ()  # ms of pulse, gap, pulse, gap and so on; empty while there is no alarm
        self._at = 0  # which of them is now
        self._priority = 0  # of what sounds

    @micropython.native
    def begin(self, cause: int, now_us: int) -> None:
        """A cause: sounds at once if it is new, and either more urgent than what sounds or silence was asked for.

        Args:
            cause: as the monitor numbers them. now_us: modulo 2**30, as `step` is given it.
        """
        own = self._own
        count = own[_COUNT]
        for i in range(count):
            if own[_CAUSES + i] == cause:
                return
        if count < _KNOWN:
            own[_CAUSES + count] = cause
            own[_COUNT] = count + 1
        kind, priority = meaning(cause >> 8)
        if priority > self._priority:
            self._priority = priority
            self._burst = burst(kind, priority)
        elif not own[_SILENT_US]:
            return
        own[_LAST_US] = now_us
        own[_ACTIVE] = 1
        self._start()

    @micropython.native
    def _start(self) -> None:
        self._own[_SILENT_US] = 0
        self._at = 0
        self._own[_LEFT_US] = self._burst[0] * 1000
        self._buzzer(1)

    @micropython.native
    def step(self, now_us: int, cause: int) -> None:
        """Let time pass up to `now_us`; `cause` is the first that fails now, or 0. One more check is looked at."""
        todo = due(self._own, now_us, cause)
        if not todo:
            return
        check = todo >> 4
        if todo != check << 4 | _SOUNDS:
            if todo & _AGAIN:
                self._start()
            elif todo & _NEXT:
                self._next()
            if todo & _NEW:
                self.begin(cause, now_us)
        if check:
            cause = failing(self._limits, self._words, check - 1)
            if cause:
                self.begin(cause, now_us)

    @micropython.native
    def _next(self) -> None:
        """The next pulse or gap, counted from the edge that was due; from now if that is long ago."""
        own = self._own
        left = own[_LEFT_US]
        if left < -_ROUND_US:
            left = 0
        at = self._at + 1
        if at == len(self._burst):
            at = 0
        self._at = at
        own[_LEFT_US] = left + self._burst[at] * 1000
        self._buzzer(at & 1 ^ 1)

    @micropython.native
    def silence(self) -> bool:
        """Pause the sound for SILENCE_MS; False if nothing sounds now, so that asking again does not prolong it."""
        own = self._own
        if not own[_ACTIVE] or own[_SILENT_US]:
            return False
        own[_SILENT_US] = SILENCE_MS * 1000
        self._buzzer(0)
        return True

    def end(self) -> None:
        """Acknowledged: nothing sounds any more."""
        self._burst = ()
        self._priority = 0
        for word in (_ACTIVE, _SILENT_US, _COUNT):
            self._own[word] = 0
        self._buzzer(0)


@micropython.native
def meaning(check: int) -> "tuple[int, int]":
    """Kind and priority of a check's causes; one that is not declared is the worst that equipment can do."""
    for number, kind, priority in ALARMS:
        if number == check:
            return kind, priority
    return TECHNICAL, HIGH


@micropython.native
def burst(kind: int, priority: int) -> "tuple[int, ...]":
    """Its pulses and gaps, ms."""
    for its_kind, its_priority, pulses in BURSTS:
        if its_kind == kind and its_priority == priority:
            return pulses
    return BURSTS[0][2]
