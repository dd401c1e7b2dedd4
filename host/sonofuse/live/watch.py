"""Watches a device: the host's kernel in lock-step with the device's, receipts for what they agree on, STOP.

No input or output of its own, no clock and no thread: bytes and times go in, records come out. So the same code runs
beside a device, in the rig's time, and again from a recording.

A receipt is the digest of this kernel's state after the last tick of a frame. Nothing here can give one without having
computed all ticks up to there.
"""

import json
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sonofuse import link
from sonofuse.clock import ClockError, ClockWatch
from sonofuse.layout import K
from sonofuse.link import Answer, Data, F, Identity, Telemetry
from sonofuse.live.record import Record
from sonofuse.live.view import CONNECTED, JOINING, SILENT
from sonofuse_core.follow import Follower
from sonofuse_firmware.states import NAMES, ON, SAFE, TRIPPED

NO_KEY = "no key for this device: give --key FILE, the one that it was flashed with"
SILENT_NS = 300_000_000  # without telemetry; a device erases flash for 45 ms, rarely longer, and says nothing meanwhile
_AGAIN_NS = 100_000_000  # a question or a STOP that was not answered is sent again
_STOP_NS = 40_000_000
_NEVER_NS = 1 << 62
_KINDS = {"start": F.START, "finish": F.FINISH, "disarm": F.DISARM, "silence": F.SILENCE}
_SECOND_TIME = 100  # ticks: a frame that is so much older than the last one comes for the second time
_BOOT = 10_000  # ticks: one that is so far ahead is of another boot; SILENT_NS is less


class WatchError(Exception):
    """A command that cannot be sent; one line says why."""


@dataclass
class _Reading:
    """A part of the device that is being read, piece by piece."""

    part: int
    data: bytes = b""
    picture: int = 0  # which one, if it is one
    asked_ns: int = -1  # not yet


class Watch:
    """Beside one device with one limit set.

    What happens by itself happens at its own time, whenever the next call comes: the same bytes and commands at the
    same times give the same records.

    Args:
        limits: the compiled limit set that the device should run.
        key: the device's key; b"" can watch and STOP, but not start.
        keys: of other devices, by the number of their chip in hexadecimal.
    """

    def __init__(self, limits: bytes, key: bytes = b"", keys: Mapping[str, bytes] | None = None) -> None:
        self.limits, self._key, self._keys = limits, key, keys or {}
        self.identity: Identity | None = None
        self.telemetry: Telemetry | None = None
        self.follower: Follower | None = None
        self.judges = True  # STOP what only this host sees; False where no host is part of the safety argument
        self.trouble = ""  # one line about the device or the line, "" for none
        self.stopped = ""  # why this host has commanded STOP, "" if it has not since the device was last not TRIPPED
        self.answers: dict[int, Answer] = {}  # by the sequence number that they answer
        self.receipts = 0
        self.heard_ns = -1 << 62  # the last telemetry
        self.receipt_ns = -1 << 62  # the last receipt
        self.silent = True  # no telemetry for SILENT_NS
        self.clock_error = ""  # what was wrong with the device's clock
        self.on_frame: Callable[[Telemetry | Answer], None] = lambda _frame: None
        self._clocks = ClockWatch()
        self._decoder = link.Decoder()
        self._records: list[Record] = []
        self._sequence = 0
        self._counter = 0
        self._reading: _Reading | None = None
        self._stop_ns: int | None = None  # when STOP goes out again
        self._asked: dict[int, tuple[int, ...]] = {}  # what ARM was sent for and is not answered, by its number
        self.armed: tuple[int, ...] | None = None  # what this host has armed: mW, us, energy limit
        self._now_ns = 0

    # ---- what comes in

    def received(self, t_ns: int, data: bytes) -> None:
        """Bytes from the line."""
        self.passed(t_ns)
        self._note("in", data)
        for frame in self._decoder.feed(data):
            if isinstance(frame, Data):
                self._piece(frame)
                continue
            if isinstance(frame, Answer):
                self._answered(frame)
            elif not self._telemetry(frame):
                continue
            self.on_frame(frame)
        if self._decoder.version:
            self._complain(self._decoder.version)
        self._go_on()

    def passed(self, t_ns: int) -> None:
        """Time goes on, whether something comes or not."""
        while (due_ns := self._due_ns()) <= t_ns:
            self._now_ns = max(self._now_ns, due_ns)
            self._happen()
        self._now_ns = max(self._now_ns, t_ns)

    @property
    def link(self) -> str:
        """SILENT, JOINING or CONNECTED (live/view.py)."""
        if self.silent:
            return SILENT
        return CONNECTED if self.follower is not None and self.follower.joined else JOINING

    @property
    def stopping(self) -> bool:
        """A STOP that the device has not obeyed yet."""
        return self._stop_ns is not None

    @property
    def can_seal(self) -> bool:
        """Whether there is a key for the device; True as long as that is not known."""
        return self.identity is None or bool(self._key_of(self.identity))

    @property
    def version(self) -> str:
        """One line about a device that speaks another version of the link, "" for none."""
        return self._decoder.version

    @property
    def broken_frames(self) -> int:
        """Pieces of what came that are no frames."""
        return self._decoder.errors

    def take(self) -> list[Record]:
        """The records since the last call, in the order in which they arose."""
        records, self._records = self._records, []
        return records

    # ---- what a person or a program asks for

    def command(self, t_ns: int, what: str, **values: Any) -> int:
        """What a person or a program asks for: stop (why), arm (set_w, set_s), start, finish, disarm, silence,
        acknowledge (new_treatment); the number that the device's answer will name. More values (who, why) are kept.
        `counter` is the least that its seal may have: greater than that of any host that was there before.

        Raises:
            WatchError: if it cannot be sent.
        """
        self.passed(t_ns)
        self._note("command", json.dumps({"what": what, **values}, sort_keys=True).encode())
        if what == "stop":
            self._stop(str(values.get("why", "STOP was pressed")))
            return self._sequence
        try:
            self._counter = max(self._counter, int(values.get("counter", 0)) - 1)
            if what == "arm":
                set_mw, set_us = round(1e3 * float(values["set_w"])), round(1e6 * float(values["set_s"]))
                return self.order(F.ARM, link.arm_request(set_mw, set_us, self.limits[-32:]))
            if what == "acknowledge":
                return self.order(F.ACKNOWLEDGE, bytes([bool(values["new_treatment"])]))
            return self.order(_KINDS[what])
        except (KeyError, TypeError, ValueError, OverflowError, struct.error) as problem:
            raise WatchError(f"{what} {values}: cannot be sent ({problem})") from problem

    def order(self, kind: int, payload: bytes = b"") -> int:
        """Seal a command and send it now; the sequence number that its answer will name.

        Raises:
            WatchError: if there is no device that could take it, or no key.
        """
        self._note("out", self.sealed(kind, payload))
        return self._sequence

    def sealed(self, kind: int, payload: bytes = b"") -> bytes:
        """The frame of a genuine command, not sent.

        Raises:
            WatchError: if there is no device that could take it, or no key.
        """
        if self.identity is None or self.silent:
            raise WatchError("no device is connected; look at the link")
        key = self._key_of(self.identity)
        if not key:
            raise WatchError(NO_KEY)
        self._counter += 1
        self._sequence = (self._sequence + 1) & 0xFFFF
        if kind == F.ARM:
            self._asked[self._sequence] = self._set_point(*struct.unpack_from("<II", payload.ljust(8, b"\0")))
        return link.encode(kind, self._sequence, link.seal(key, self.identity.nonce, kind, self._counter, payload))

    # ---- inside

    def _key_of(self, device: Identity) -> bytes:
        return self._keys.get(device.chip.hex(), self._key)

    def _send(self, kind: int, payload: bytes = b"") -> int:
        self._sequence = (self._sequence + 1) & 0xFFFF
        self._note("out", link.encode(kind, self._sequence, payload))
        return self._sequence

    def _note(self, topic: str, data: bytes) -> None:
        self._records.append(Record(self._now_ns, topic, data))

    def event(self, what: str, **more: object) -> None:
        """Something for the record that is neither a byte on the line nor a decision."""
        self._note("event", json.dumps({"what": what, **more}, sort_keys=True).encode())

    def _complain(self, trouble: str) -> None:
        if trouble != self.trouble:
            self.trouble = trouble
            self.event("trouble", text=trouble)

    def _stop(self, why: str) -> None:
        if not self.stopped:
            self.stopped = why
            self.event("stop", why=why)
        self._send(F.STOP)
        self._stop_ns = self._now_ns + _STOP_NS

    def _telemetry(self, frame: Telemetry) -> bool:
        """True unless it is one that comes for the second time."""
        before = self.telemetry
        silent, self.silent = self.silent, False
        self.heard_ns = self._now_ns
        older = 0 if before is None or not frame.rows else (before.tick - frame.tick) & K.INT_MAX
        if not silent and 0 < older < _SECOND_TIME:
            self._follow(frame)
            return False
        if before is not None and before.sequence == frame.sequence and before.payload == frame.payload and frame.rows:
            return False
        self.telemetry = frame
        if frame.rows == 0:
            self._forget()
            self._show(before, frame)
            return True
        if before is None or silent or (frame.tick - before.tick) & K.INT_MAX > _BOOT or before.rows == 0:
            self._forget()
        self._show(before, frame)
        self._compare_clocks(frame)
        self._follow(frame)
        return True

    def _show(self, before: Telemetry | None, frame: Telemetry) -> None:
        """Note a change of state; a device that is TRIPPED needs no STOP any more."""
        if before is None or (before.state, before.cause) != (frame.state, frame.cause):
            self.event("state", state=NAMES[frame.state], cause=frame.cause, tick=frame.tick + frame.rows)
        if frame.state in (SAFE, TRIPPED):
            self.armed = None
        if frame.state == TRIPPED:
            self._stop_ns = None
            self._asked.clear()
        elif self._stop_ns is None:
            self.stopped = ""
        if frame.rows == 0:
            self._complain("the device refuses to run; flash it again")

    def _forget(self) -> None:
        """Another boot, or a line that was away: nothing of before counts."""
        self.identity = None
        self._reading = None
        self._counter = 0
        self._clocks.reset()
        if self.follower is not None:
            self.follower.lose()

    def _compare_clocks(self, frame: Telemetry) -> None:
        try:
            self._clocks.feed(self._now_ns // 1000, frame.now_us)
        except ClockError as error:
            self._clocks.reset()
            self.clock_error = str(error)
            self._stop(self.clock_error)

    def _follow(self, frame: Telemetry) -> None:
        """Make the frame's ticks, judge them, give the receipt."""
        follower = self.follower
        if follower is None:
            return
        was = follower.joined
        try:
            made = follower.frame(frame.payload)
        except ValueError as error:
            follower.lose()
            self._complain(f"the device's rows are not what it promised: {error}")
            made = 0
        newest = self.telemetry  # one that was lost, and comes for the second time, may complete it
        assert newest is not None
        in_step = follower.joined and follower.tick == (newest.tick + newest.rows) & K.INT_MAX
        if in_step and made:
            self._send(F.RECEIPT, link.receipt(newest.sequence, follower.digest))
            self.receipts += 1
            self.receipt_ns = self._now_ns
        if made:
            self._decide(made, in_step)
        if was and not follower.joined:
            self.event("lost step", tick=frame.tick, changed=follower.changed)

    def _decide(self, made: int, in_step: bool) -> None:
        follower, frame = self.follower, self.telemetry
        assert follower is not None and frame is not None
        decision = {
            "tick": follower.tick,
            "ticks": made,
            "frame": frame.sequence,
            "cause": follower.cause,
            "warn": follower.warn,
            "state": frame.state,
            "digest": f"{follower.digest:08x}" if follower.joined else "",
            "receipt": in_step,
        }
        self._note("decision", json.dumps(decision, sort_keys=True).encode())
        if frame.state != ON or not self.judges:
            return
        if follower.cause:
            self._stop(f"the host's kernel trips (cause {follower.cause}), the device's does not")
        elif follower.on and follower.set_point is not None:
            known = [*self._asked.values(), *([] if self.armed is None else [self.armed])]
            if known and follower.set_point not in known:
                self._stop(f"the device's set point {follower.set_point} is not the armed one {known[-1]}")

    def _set_point(self, set_mw: int, set_us: int) -> tuple[int, ...]:
        """What the device makes of an ARM: mW, us, and the energy limit that follows from them (docs/kernel.md)."""
        words = memoryview(self.limits[:-36]).cast("i")
        return set_mw, set_us, min(words[K.H_ENERGY], set_mw * set_us * words[K.H_ENERGY_RATIO] >> 25)

    def _answered(self, answer: Answer) -> None:
        self.answers[answer.to] = answer
        if len(self.answers) > 64:
            del self.answers[next(iter(self.answers))]
        if answer.command == F.ARM:
            asked = self._asked.pop(answer.to, None)
            if asked is not None and answer.result == F.DONE:
                self.armed = asked
                self._asked.clear()
        self.event("answer", command=answer.command, to=answer.to, result=answer.result)

    def _piece(self, piece: Data) -> None:
        reading = self._reading
        if reading is None or (piece.part, piece.offset) != (reading.part, len(reading.data)):
            return
        reading.asked_ns = -1  # the next one at once
        if piece.offset and piece.picture != reading.picture:
            reading.data = b""  # pieces of two pictures are none: from its beginning again
            return
        reading.picture = piece.picture
        reading.data += piece.data
        if len(reading.data) >= piece.total or not piece.data:
            self._reading = None
            {link.IDENTITY: self._identified, link.PICTURE: self._joined}[piece.part](reading.data)

    def _identified(self, data: bytes) -> None:
        try:
            identity = link.identity(data)
            if identity.limits != self.limits[-32:]:
                raise ValueError(
                    f"the device runs the limit set {identity.limits.hex()[:12]}, this host has "
                    f"{self.limits[-32:].hex()[:12]}; name that one, or flash the device"
                )
            self.follower = Follower(self.limits, identity.how)
        except ValueError as error:
            self._complain(str(error))
            return
        self.identity = identity
        self._complain("")
        self.event("device", chip=identity.chip.hex(), nonce=identity.nonce.hex(), limits=identity.limits.hex())

    def _joined(self, data: bytes) -> None:
        assert self.follower is not None
        try:
            self.follower.join(data)
        except ValueError as error:
            self._complain(f"the device's state cannot be used: {error}")
            return
        if self.follower.joined:
            self.event("joined", tick=self.follower.tick, picture=data.hex())

    def _due_ns(self) -> int:
        """When something happens by itself next."""
        due = _NEVER_NS
        if self._stop_ns is not None:
            due = self._stop_ns
        if not self.silent:
            due = min(due, self.heard_ns + SILENT_NS)
        if self._reading is not None:
            due = min(due, self._reading.asked_ns + _AGAIN_NS)
        return due

    def _happen(self) -> None:
        """What is due now."""
        now = self._now_ns
        if self._stop_ns is not None and now >= self._stop_ns:
            self._send(F.STOP)
            self._stop_ns = now + _STOP_NS
        if not self.silent and now >= self.heard_ns + SILENT_NS:
            self.silent = True
            self._reading = None
            self.event("silent")
        if self._reading is not None and now >= self._reading.asked_ns + _AGAIN_NS:
            self._ask(self._reading)

    def _go_on(self) -> None:
        """Ask for what is needed next."""
        seen = self.telemetry
        if seen is None or seen.rows == 0 or self.silent or seen.state == ON:
            self._reading = None
        elif self._reading is None:
            if self.identity is None:
                self._reading = _Reading(link.IDENTITY)
            elif self.follower is not None and not self.follower.joined:
                self._reading = _Reading(link.PICTURE)
        if self._reading is not None and self._reading.asked_ns < 0:
            self._ask(self._reading)

    def _ask(self, reading: _Reading) -> None:
        reading.asked_ns = self._now_ns
        self._send(F.READ, link.read_request(reading.part, len(reading.data)))
