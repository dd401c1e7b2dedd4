"""Follows a device: computes from the rows of its telemetry what its kernel computes, tick by tick.

A frame comes twice, the second time behind the next one (firmware/rows.py), so a lost frame is made good. What cannot be
made good ends the lock-step: the follower says so, and gives no digest any more until it has joined again.
"""

from array import array

from libc.stdint cimport int32_t, int64_t, uint8_t, uint32_t
from libc.string cimport memcpy

from sonofuse_core.limit_set import validate
from sonofuse_core.tick cimport tick_core

include "layout.pxi"
include "rows.pxi"

cdef enum:
    KEPT = 4096  # rows, while a picture of the kernel is on its way: 4 s of them
    ROOM = 64  # bytes of the longest row: 54 with 30 channels
    HEAD = 4  # bytes of a payload before its rows: number of the first
    TAIL = 20  # and behind them
    USUAL_BEFORE_US = 128  # link._USUAL_BEFORE_US
    AGES = 4000  # rows: a frame that is so far from the last one is of another boot
    PATIENCE = 3 * LINE_FRAME  # rows: two more frames, and the second time of the lost one
    PICTURE_HEAD = 12  # bytes: next tick, digest, where it stands


cdef uint32_t u32(const uint8_t* at) noexcept nogil:
    return at[0] | <uint32_t>at[1] << 8 | <uint32_t>at[2] << 16 | <uint32_t>at[3] << 24


cdef uint32_t fold(uint32_t digest, uint32_t word) noexcept nogil:
    """Take one word into the digest (firmware/rows.py)."""
    digest = (digest ^ word) * <uint32_t>LINE__P
    return digest ^ (digest >> 15)


cdef class Follower:
    """The host's kernel beside a device's.

    Args:
        limits: the compiled limit set.
        how: a letter for each channel, as the device's identity says: a, c (every tick), m, p (now and then).

    Raises:
        ValueError: if the limit set is unusable, or `how` does not fit it.
    """

    cdef readonly object inputs  # words I_… of the tick that was made last
    cdef readonly object state  # words S_…
    cdef readonly bint joined
    cdef readonly long tick  # number of the next one
    cdef readonly int cause  # the first of the ticks that the last call made, 0 for none
    cdef readonly int warn  # all warnings of those
    cdef readonly bint on  # while the last of them
    cdef readonly bint changed  # the device's state is another one, and only a picture can tell which: join again
    cdef readonly object set_point  # (mW, us, energy limit) that the device said last, None before
    cdef object _limits, _state
    cdef const int32_t[::1] _limits_view
    cdef int32_t[::1] _state_view
    cdef int32_t[::1] _inputs_view
    cdef const int32_t* _L
    cdef int32_t* _S
    cdef int32_t* _I
    cdef uint32_t _digest
    cdef int _fold_at, _state_words, _channels, _contacts, _analog, _usual_us
    cdef int32_t _dose[64]  # of every channel, high and low, before the last change
    cdef int _contact[32]
    cdef int _converter[32]
    cdef uint8_t _rows[KEPT * ROOM]
    cdef int _length[KEPT]
    cdef int64_t _number[KEPT]
    cdef int64_t _newest

    def __init__(self, bytes limits not None, bytes how not None) -> None:
        validate(limits)
        self._limits = array("i", limits)
        self._channels = self._limits[H_CHANNELS]
        if len(how) != self._channels or set(how) - set(b"acmp"):
            raise ValueError(f"the device has channels {how!r}, the limit set {self._channels}; flash it again")
        self._state = array("i", bytes(4 * (S_CHANNELS + self._channels * CHANNEL_WORDS)))
        self.state = memoryview(self._state).toreadonly()
        words = array("i", bytes(4 * (I_CHANNELS + 2 * self._channels)))
        self.inputs = memoryview(words).toreadonly()
        self._limits_view = self._limits
        self._state_view = self._state
        self._inputs_view = words
        self._L = &self._limits_view[0]
        self._S = &self._state_view[0]
        self._I = &self._inputs_view[0]
        self._state_words = S_CHANNELS + self._channels * CHANNEL_WORDS
        self._usual_us = self._L[H_TICK_US] - USUAL_BEFORE_US
        self._contacts = self._analog = 0
        for channel in range(self._channels):
            if how[channel] == ord("c"):
                self._contact[self._contacts] = channel
                self._contacts += 1
            elif how[channel] == ord("a"):
                self._converter[self._analog] = channel
                self._analog += 1
        self.set_point = None
        self.lose()

    @property
    def digest(self) -> int:
        """Of every tick up to the last one made.

        Raises:
            ValueError: while it has not joined.
        """
        if not self.joined:
            raise ValueError("not in step with the device")
        return self._digest

    def lose(self) -> None:
        """Forget the device: it was reset, or too much was lost."""
        cdef int i
        self.joined = self.changed = False
        self._newest = -1
        for i in range(KEPT):
            self._number[i] = -1

    def join(self, bytes picture not None) -> int:
        """Take over a picture of the device's kernel, and follow the rows that have come since: how many.

        Raises:
            ValueError: if it is not a picture of this limit set.
        """
        cdef const uint8_t* data = picture
        cdef int channel
        if len(picture) != PICTURE_HEAD + 4 * (I_CHANNELS + self._state_words):
            raise ValueError(f"{len(picture)} bytes are no picture of a kernel with {self._channels} channels")
        self.joined = False
        self.tick = u32(data)
        self._digest = u32(data + 4)
        self._fold_at = u32(data + 8)
        if not 0 <= self._fold_at < self._state_words:
            raise ValueError(f"a digest that stands at word {self._fold_at}")
        memcpy(self._I, data + PICTURE_HEAD, 4 * I_CHANNELS)
        memcpy(self._S, data + PICTURE_HEAD + 4 * I_CHANNELS, 4 * self._state_words)
        if not self._inside():
            raise ValueError("a state that points outside of itself")
        for channel in range(self._channels):
            self._I[I_CHANNELS + 2 * channel] = self._S[S_CHANNELS + CHANNEL_WORDS * channel + C_SEQ]
            self._I[I_CHANNELS + 2 * channel + 1] = self._S[S_CHANNELS + CHANNEL_WORDS * channel + C_RAW]
        self.joined = True
        self.changed = False
        return self._follow()

    cdef bint _inside(self) noexcept nogil:
        """Whether the kernel, which trusts its own state, finds everything in it at a place that exists."""
        cdef int channel, window
        cdef const int32_t* C
        if not 0 <= self._S[S_CRC_POS] < 4 * self._L[H_WORDS]:
            return False
        for channel in range(self._channels):
            C = self._S + S_CHANNELS + CHANNEL_WORDS * channel
            window = self._L[H_ROWS + ROW_WORDS * channel + R_RISE_N]
            if not (0 <= C[C_RISE_POS] < max(window, 1) and 0 <= C[C_RISE_FILL] <= window):
                return False
        return True

    def frame(self, bytes payload not None) -> int:
        """Take in the payload of a telemetry frame; the number of ticks that could be made with it.

        Raises:
            ValueError: if its rows are not what the identity promised.
        """
        cdef const uint8_t* data = payload
        cdef int size = <int>len(payload), at = HEAD, rows, row, end
        cdef int64_t number
        if size < HEAD + TAIL:
            raise ValueError(f"{size} bytes are no telemetry")
        rows = data[size - 1]
        end = size - TAIL
        number = u32(data)
        if self._newest >= 0 and (self._newest - number) & INT_MAX > AGES and (number - self._newest) & INT_MAX > AGES:
            self.lose()  # another boot, or a long silence
        for row in range(rows):
            at = self._keep(data, at, end, number)
            number = (number + 1) & INT_MAX
        if (number - 1 - self._newest) & INT_MAX <= INT_MAX >> 1 or self._newest < 0:
            self._newest = (number - 1) & INT_MAX
        if at != end:
            raise ValueError(f"{rows} rows end at byte {at} of {end}")
        return self._follow()

    cdef int _keep(self, const uint8_t* data, int at, int end, int64_t number) except -1:
        """Put a row aside; where the next one begins."""
        cdef int n = self._size(data + at, end - at)
        cdef int slot = number & (KEPT - 1)
        if n == 0:
            raise ValueError(f"row {number} does not end in its frame")
        memcpy(self._rows + ROOM * slot, data + at, n)
        self._length[slot] = n
        self._number[slot] = number
        return at + n

    cdef int _size(self, const uint8_t* row, int room) noexcept nogil:
        """Bytes of a row, 0 if there are not as many."""
        cdef int n
        if room < 2:
            return 0
        n = 1 + (8 if row[0] & LINE__TIME else 3 if row[1] == LINE__LONG else 1) + (1 if row[0] & LINE__CHANGED else 0) + (12 if row[0] & LINE__SET else 0)
        n += ((self._contacts + 7) >> 3) + 2 * self._analog + 3 * (row[0] >> 5)
        return n if n <= room and n <= ROOM else 0

    cdef int _follow(self) except -1:
        """Make every tick whose row is here."""
        cdef int made = 0, slot
        self.cause = self.warn = 0
        while self.joined:
            slot = self.tick & (KEPT - 1)
            if self._number[slot] != self.tick:
                # Its frame comes again behind the next one. Behind the one after that it will not come any more.
                if self._newest >= 0 and 0 <= ((self._newest - self.tick) & INT_MAX) - PATIENCE < KEPT:
                    self.lose()
                break
            if not self._change(self._rows + ROOM * slot):
                self.joined = False
                self.changed = True
                break
            if not self._make(self._rows + ROOM * slot):
                raise ValueError(f"row {self.tick} names a channel that does not exist")
            self.tick = (self.tick + 1) & INT_MAX
            made += 1
        return made

    cdef bint _change(self, const uint8_t* row) noexcept nogil:
        """What the device did to its state before this row; False if only a picture can tell."""
        cdef int how, channel
        cdef int32_t* C
        if not row[0] & LINE__CHANGED:
            return True
        how = row[9 if row[0] & LINE__TIME else 4 if row[1] == LINE__LONG else 2]
        if how not in (LINE_CLEARED, LINE_NEW_TREATMENT, LINE_BACK):
            return False
        if how != LINE_BACK:
            self._S[S_ENERGY_HI] = self._S[S_ENERGY_LO] = self._S[S_ON_US] = 0
        for channel in range(self._channels):
            C = self._S + S_CHANNELS + CHANNEL_WORDS * channel
            if how == LINE_BACK:
                C[C_DOSE_HI] = self._dose[2 * channel]
                C[C_DOSE_LO] = self._dose[2 * channel + 1]
                continue
            self._dose[2 * channel] = C[C_DOSE_HI]
            self._dose[2 * channel + 1] = C[C_DOSE_LO]
            if how == LINE_NEW_TREATMENT:
                C[C_DOSE_HI] = C[C_DOSE_LO] = 0
        return True

    cdef bint _make(self, const uint8_t* row) noexcept nogil:
        """One tick: inputs, kernel, digest."""
        cdef int32_t* I = self._I
        cdef int32_t* S = self._S
        cdef int at = 2, i, channel, slow = row[0] >> 5, cause
        if row[0] & LINE__TIME:
            I[I_NOW] = u32(row + 1) & INT_MAX
            S[S_NOW] = u32(row + 5) & INT_MAX
            at = 9
        elif row[1] == LINE__LONG:
            I[I_NOW] = (S[S_NOW] + (row[2] | row[3] << 8)) & INT_MAX
            at = 4
        else:
            I[I_NOW] = (S[S_NOW] + self._usual_us + row[1]) & INT_MAX
        if row[0] & LINE__CHANGED:
            at += 1
        I[I_ON] = 1 if row[0] & LINE__ON else 0
        I[I_RECEIPT_US] = INT_MAX if row[0] & LINE__LATE else 0
        if row[0] & LINE__SET:
            for i in range(3):
                I[I_SET_MW + i] = <int32_t>u32(row + at)
                at += 4
            with gil:
                self.set_point = (I[I_SET_MW], I[I_SET_US], I[I_ENERGY])
        for i in range(self._contacts):
            channel = I_CHANNELS + 2 * self._contact[i]
            I[channel] = (I[channel] + 1) & 0xFFFF
            I[channel + 1] = row[at + (i >> 3)] >> (i & 7) & 1
        at += (self._contacts + 7) >> 3
        for i in range(self._analog):
            channel = I_CHANNELS + 2 * self._converter[i]
            I[channel] = (I[channel] + 1) & 0xFFFF
            I[channel + 1] = row[at] | row[at + 1] << 8
            at += 2
        for i in range(slow):
            if row[at] >= self._channels:
                return False
            channel = I_CHANNELS + 2 * row[at]
            I[channel] = (I[channel] + 1) & 0xFFFF
            I[channel + 1] = row[at + 1] | row[at + 2] << 8
            if I[channel + 1] == 0xFFFF:
                I[channel + 1] = -1
            at += 3
        cause = tick_core(self._L, S, I)
        if self.cause == 0:
            self.cause = cause
        self.warn |= S[S_WARN]
        self.on = I[I_ON]
        self._digest = fold(self._digest, S[S_TOKEN])
        self._digest = fold(self._digest, (<uint32_t>S[S_CAUSE] << 16) ^ <uint32_t>S[S_WARN])
        for i in range(self._fold_at, min(self._fold_at + LINE__FOLDED, self._state_words)):
            self._digest = fold(self._digest, <uint32_t>S[i])
        self._fold_at += LINE__FOLDED
        if self._fold_at >= self._state_words:
            self._fold_at = 0
        return True
