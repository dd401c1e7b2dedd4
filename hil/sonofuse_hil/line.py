"""The line between a rig's device and its host: what goes over it, and what an honest host would have said."""

from binascii import crc_hqx
from collections.abc import Callable, Iterator
from typing import Protocol, runtime_checkable

from cobs import cobs

from sonofuse.link import Answer, F, Telemetry
from sonofuse.live.watch import Watch
from sonofuse_firmware.states import TRIPPED

from .bench import Filter
from .rig import Rig


@runtime_checkable
class Simulated(Protocol):
    """A platform that knows what the firmware's clock counts from, µs in the rig's time: a real board does not."""

    @property
    def booted_us(self) -> int: ...


class Frames:
    """Cuts what goes to a device into frames: type, sequence number, payload. What is none is dropped."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> Iterator[tuple[int, int, bytes]]:
        """The whole frames that `data` completes."""
        *frames, self._rest = (self._rest + data).split(b"\0")
        for frame in frames:
            try:
                body = bytes(cobs.decode(frame))
            except cobs.DecodeError:
                continue
            if len(body) >= 5 and crc_hqx(body[:-2], 0xFFFF) == int.from_bytes(body[-2:], "little"):
                yield body[0], int.from_bytes(body[1:3], "little"), body[3:-2]


class Ledger:
    """What an honest host would confirm, and when that was put on the line, whoever did it.

    It listens to the device with a Watch of its own, whatever happens to what the host hears.
    """

    def __init__(self, limits: bytes) -> None:
        self.honest = Watch(limits)
        self.honest.on_frame = self._frame
        self.clock_us = 0  # what the device's clock counts from, in the rig's time
        self.words = 0  # frames that an honest host would have said
        self.right: dict[bytes, int] = {}  # a right receipt's payload -> time of the tick that it answers, µs
        self.confirmed: list[tuple[int, int]] = []  # when a right receipt was given, and that time
        self.on_said: Callable[[int, int, bytes], None] = lambda _t_us, _kind, _payload: None
        self._ticks: dict[int, int] = {}  # a frame's number -> time of its last tick
        self._frames = Frames()

    def heard(self, t_us: int, data: bytes) -> None:
        """Bytes that the device has sent."""
        self.honest.received(1000 * t_us, data)
        for record in self.honest.take():
            if record.topic == "out":
                self.words += 1
                for kind, _, payload in Frames().feed(record.data):
                    if kind == F.RECEIPT:
                        self.right[payload] = self._ticks[int.from_bytes(payload[:2], "little")]

    def said(self, t_us: int, data: bytes) -> None:
        """Bytes that are put on the line to the device."""
        for kind, _, payload in self._frames.feed(data):
            self.on_said(t_us, kind, payload)
            tick_us = self.right.get(payload) if kind == F.RECEIPT else None
            if tick_us is not None and (not self.confirmed or tick_us > self.confirmed[-1][1]):
                self.confirmed.append((t_us, tick_us))

    @property
    def telemetry(self) -> Telemetry | None:
        """The last that the device has sent."""
        return self.honest.telemetry

    def _frame(self, frame: Telemetry | Answer) -> None:
        if isinstance(frame, Telemetry):
            self._ticks[frame.sequence] = self.clock_us + frame.now_us


class Line:
    """Put between the device and the operator of a rig that is no real board: `to_host` and `to_device` decide what
    arrives. What comes later than it was sent goes through `hear` or `put`, at a time of the bench."""

    def __init__(self, rig: Rig) -> None:
        self.rig = rig
        self.ledger = Ledger(rig.blob)
        self.to_host: Filter = lambda _t_us, data: data
        self.to_device: Filter = lambda _t_us, data: data
        self.after: Callable[[int], None] = lambda _t_us: None  # when both hosts have heard something
        self._host = rig.bench.on_received
        self._send = rig.bench.send
        rig.bench.on_received = self._from_device
        rig.bench.send = self._from_host  # type: ignore[method-assign]

    @property
    def tripped(self) -> bool:
        """Whether the device is TRIPPED after RF was on."""
        seen = self.ledger.telemetry
        return bool(self.rig.operator.started_us) and seen is not None and seen.state == TRIPPED

    def put(self, data: bytes) -> None:
        """Put bytes on the line to the device now."""
        self.ledger.said(self.rig.bench.now_us, data)
        self._send(data)

    def hear(self, data: bytes) -> None:
        """Let the host hear bytes now."""
        self._host(self.rig.bench.now_us, data)

    def _from_device(self, t_us: int, data: bytes) -> None:
        assert isinstance(self.rig.platform, Simulated)
        self.ledger.clock_us = self.rig.platform.booted_us
        self.ledger.heard(t_us, data)
        arrived = self.to_host(t_us, data)
        if arrived:
            self._host(t_us, arrived)
        self.after(t_us)

    def _from_host(self, data: bytes) -> None:
        arrived = self.to_device(self.rig.bench.now_us, data)
        if arrived:
            self.put(arrived)
