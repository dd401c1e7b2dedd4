"""The board's loop: requests of the host, outputs that are due, edges that came; off when the host is silent."""

import gc
from struct import calcsize, pack_into, unpack_from
from time import ticks_diff, ticks_us

import pins
import protocol
from frames import Frames
from interlock import Interlock
from machine import Pin, unique_id
from micropython import const
from outputs import BYTES, FORMAT, FULL, Outputs
from protocol import (
    BROKEN,
    CLOSED_FIRST,
    CLOSED_SECOND,
    DONE,
    DROPPED,
    EVENTS,
    FAR_US,
    INFO,
    LAST,
    LENGTH,
    LOST,
    NO_SESSION,
    QUEUE,
    RANGE,
    RELAY_FIRST,
    REPLIED,
    REPORT,
    STOP_LOOP,
    UNKNOWN,
    VERSION,
    WELDED,
    WIRED,
)  # fmt: skip
from stamps import TICK_US, Stamps

_MODULO = const(0x3FFFFFFF)
_SOON_US = const(3_000)  # from here on nothing else is done until outputs are due: a pass is shorter
_QUIET_US = const(20_000)  # with nothing due for so long, garbage is collected
_COLLECT_US = const(100_000)
_SILENCE_MS = (20, 1000)
_KEPT = const(64)  # events that wait for the host
_EVENT = 6
_HEAD = 8


class Board:
    """Everything that a session is made of. `line` is the host's."""

    def __init__(self, line: "Line") -> None:
        self.outputs = Outputs()
        self._interlock = Interlock(self._relay)
        self._stamps = Stamps(self._edge)
        self._frames = Frames(line)
        self._led = Pin(pins.LED, Pin.OUT, value=0)
        self._buzzer = Pin(pins.BUZZER, Pin.IN, Pin.PULL_DOWN)
        self._queue = [(0, bytearray(BYTES)) for _ in range(QUEUE)]  # filled in the order of time
        self._first = self._waiting = 0
        self._events = bytearray(_EVENT * _KEPT)
        self._told = self._kept = 0
        self._lost = False
        self._session = False
        self._heard = self._collected = self._last = ticks_us()
        self._silence_us = 0
        self._now_us = self._last  # as the clock shows them, but never wrapping
        self.leaving = False

    def run(self) -> None:
        """Until the host asks to leave."""
        while not self.leaving:
            kind = self._frames.poll()
            if kind:
                self._request(kind)
            self.step()

    def step(self) -> None:
        """One pass: what came, what is due, what has been silent for too long."""
        now = self._clock()
        self._stamps.poll()
        self._interlock.step(now)
        if self._due_within(_SOON_US):
            when, data = self._queue[self._first]
            self._first = (self._first + 1) % QUEUE
            self._waiting -= 1
            self._apply(when, data)
        if self._session:
            if ticks_diff(ticks_us(), self._heard) > self._silence_us:
                self.off()
            elif ticks_diff(ticks_us(), self._collected) > _COLLECT_US and not self._due_within(_QUIET_US):
                self._collected = ticks_us()
                gc.collect()

    def off(self) -> None:
        """Everything off, and no session any more."""
        self._session = False
        self._led(0)
        self.outputs.off()
        self._waiting = 0
        self._interlock.reset(self._clock())

    # ---- inside

    def _clock(self) -> int:
        ticks = ticks_us()
        self._now_us += ticks_diff(ticks, self._last)
        self._last = ticks
        return self._now_us

    def _whole(self, ticks: int) -> int:
        """A time modulo 2**30 as a whole one, never before what the interlock has seen already."""
        return self._now_us + ticks_diff(ticks, self._last)

    def _due_within(self, us: int) -> bool:
        return self._waiting > 0 and ticks_diff(self._queue[self._first][0], ticks_us()) < us

    def _apply(self, when: int, data: bytearray) -> None:
        outputs, interlock = self.outputs, self._interlock
        outputs.apply(when, data, self._passes())
        faults = outputs.interlock
        for number in (0, 1):
            bits = faults >> number
            interlock.break_switch(number, bool(bits & WELDED), bool(bits & BROKEN), bool(bits & DROPPED))
        interlock.wire(bool(outputs.contacts & WIRED))
        self._clock()
        interlock.supply(self._whole(when), bool(outputs.contacts & STOP_LOOP))

    def _passes(self) -> bool:
        """Whether both relays are closed: RF goes through."""
        return bool(self._interlock.closed[0] and self._interlock.closed[1])

    def _edge(self, source: int, kind: int, t: int) -> None:
        self._note(source, kind, t)
        if source < 2:  # protocol.PERMIT, SECOND
            self._interlock.edges(source, self._whole(t), kind == LAST)

    def _relay(self, switch: int, closed: int, _t_us: int) -> None:
        # Not when the part would have moved: a pass that sends a report is 2 ms long, and the read-back is late by it.
        self._note(RELAY_FIRST + switch, closed, ticks_us() & _MODULO)
        self.outputs.interlocked(self._passes())

    def _note(self, source: int, kind: int, t: int) -> None:
        if self._kept == _KEPT:
            self._lost = True
            return
        pack_into("<BBI", self._events, _EVENT * ((self._told + self._kept) % _KEPT), source, kind, t)
        self._kept += 1

    # ---- requests

    def _request(self, kind: int) -> None:
        length = self._frames.received_length
        if kind == protocol.HELLO and length == 2:
            self._hello(self._frames.received)
        elif kind == protocol.POLL and length == 0 and self._session:
            self._heard = ticks_us()
            self._report()
        elif kind in _HANDLED:
            self._reply(kind, self._handle(kind, length))
        else:
            self._reply(kind, UNKNOWN)

    def _handle(self, kind: int, length: int) -> int:
        if kind in (protocol.OFF, protocol.LEAVE):
            self.off()
            self.leaving = kind == protocol.LEAVE
            return DONE
        if length != _HANDLED[kind]:
            return LENGTH
        if kind == protocol.HELLO:
            return RANGE
        if not self._session:
            return NO_SESSION
        self._heard = ticks_us()
        return self._set(self._frames.received)

    def _hello(self, payload: memoryview) -> None:
        silence_ms = payload[0] | payload[1] << 8
        if not _SILENCE_MS[0] <= silence_ms <= _SILENCE_MS[1]:
            self._reply(protocol.HELLO, RANGE)
            return
        self.off()
        self._lost = False
        self._kept = 0
        self._stamps.restart()
        self._silence_us = 1000 * silence_ms
        self._heard = ticks_us()
        self._session = True
        self._led(1)
        frame = self._frames.body
        pack_into("<BIHH", frame, 0, VERSION, self._heard, TICK_US * 1000, FULL)
        frame[9:17] = unique_id()
        self._frames.send(INFO, 17)

    def _set(self, payload: memoryview) -> int:
        when = unpack_from("<I", payload, 0)[0] & _MODULO
        if not -FAR_US < ticks_diff(when, ticks_us()) < FAR_US:
            return RANGE
        if max(unpack_from(FORMAT, payload, 4)[3:8]) > FULL:
            return RANGE
        if self._waiting == QUEUE:
            return protocol.FULL
        at = (self._first + self._waiting) % QUEUE
        if self._waiting and ticks_diff(when, self._queue[at - 1][0]) < 0:
            return RANGE  # outputs are told in the order of time
        data = self._queue[at][1]
        data[:] = payload[4 : 4 + BYTES]
        self._queue[at] = (when, data)
        self._waiting += 1
        return DONE

    def _report(self) -> None:
        frame = self._frames.body
        closed = self._interlock.closed
        flags = (CLOSED_FIRST if closed[0] else 0) | (CLOSED_SECOND if closed[1] else 0)
        if self._buzzer():
            flags |= protocol.BUZZER
        # The clock first: every edge before it has been taken, but for those that wait for their silence.
        now = ticks_us()
        self._stamps.poll()
        if self._lost or self._stamps.lost():
            flags |= LOST
        events = min(self._kept, EVENTS)
        pack_into("<IBBBB", frame, 0, now, flags, events, QUEUE - self._waiting, 0)
        for number in range(events):
            at = _EVENT * self._told
            frame[_HEAD + _EVENT * number : _HEAD + _EVENT * (number + 1)] = self._events[at : at + _EVENT]
            self._told = (self._told + 1) % _KEPT
        self._kept -= events
        self._frames.send(REPORT, _HEAD + _EVENT * EVENTS)

    def _reply(self, kind: int, result: int) -> None:
        frame = self._frames.body
        frame[0] = kind
        frame[1] = result
        self._frames.send(REPLIED, 2)


_HANDLED = {protocol.HELLO: 2, protocol.POLL: 0, protocol.SET: 4 + BYTES, protocol.OFF: 0, protocol.LEAVE: 0}
assert calcsize(FORMAT) == BYTES
