"""Run by test_g03_over_a_pty.py in a process of its own: a host at a serial port, as somebody would start it.

It joins the device, acknowledges, arms and starts once, and gives receipts until it is killed. Its clock is the rig's,
in a file that the rig keeps up to date: so nothing depends on how fast this machine is. Arguments: the port, a compiled
limit set, the file of the clock.
"""

import mmap
import struct
import sys
from pathlib import Path

import serial

from sonofuse import protocol
from sonofuse.link import Answer, Telemetry
from sonofuse.live.view import CONNECTED
from sonofuse.live.watch import Watch
from sonofuse_firmware.states import ARMED, ON, SAFE, TRIPPED
from sonofuse_hil.device import KEY

_AGAIN_NS = 200_000_000
_COMMANDS: dict[int, tuple[str, dict[str, float]]] = {
    TRIPPED: ("acknowledge", {"new_treatment": True}),
    SAFE: ("arm", {"set_w": 40.0, "set_s": 5.0}),
    ARMED: ("start", {}),
}


class Host:
    """A watch at a port, with somebody who starts one sonication."""

    def __init__(self, port: serial.Serial, limits: bytes, clock: mmap.mmap) -> None:
        self._port, self._clock = port, clock
        self._watch = Watch(limits, KEY)
        self._watch.on_frame = self._look
        self._again_ns = 0
        self._started = False

    @property
    def now_ns(self) -> int:
        (now,) = struct.unpack("<Q", self._clock[:8])
        return int(now)

    def run(self) -> None:
        """Until the port is gone: that raises SerialException."""
        while True:
            data = self._port.read(max(1, self._port.in_waiting))
            if data:
                self._watch.received(self.now_ns, data)
            else:
                self._watch.passed(self.now_ns)
            for record in self._watch.take():
                if record.topic == "out":
                    self._port.write(record.data)

    def _look(self, frame: Telemetry | Answer) -> None:
        if not isinstance(frame, Telemetry):
            return
        self._started |= frame.state == ON
        command = _COMMANDS.get(frame.state)
        if command and not self._started and self._watch.link == CONNECTED and self.now_ns >= self._again_ns:
            what, values = command
            self._watch.command(self.now_ns, what, **values)
            self._again_ns = self.now_ns + (0 if frame.state == ARMED else _AGAIN_NS)


def main() -> None:
    path, limits, clock = sys.argv[1:]
    port = serial.Serial(path, protocol.BAUD, timeout=0.002)
    print("open", flush=True)  # what came before is dropped as the port is opened
    with Path(clock).open("rb") as file:
        Host(port, Path(limits).read_bytes(), mmap.mmap(file.fileno(), 8, access=mmap.ACCESS_READ)).run()


if __name__ == "__main__":
    main()
