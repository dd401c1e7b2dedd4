"""The monitor's link as the platform listens to it: that it is there, what it is, and that it has been reset."""

import time
from collections.abc import Callable

from sonofuse.link import Answer, Decoder, F, Telemetry
from sonofuse_firmware.states import NAMES

from ..process import RigError
from .ports import Port
from .wire import MODULO

_JUMP_US = 200_000  # the device's clock against the rig's: a frame is never this late, and a boot takes longer


class MonitorLine:
    """A monitor on a port. `last` is its newest telemetry, `last_us` when it came, in the rig's µs."""

    def __init__(self, port: Port, patience_s: float = 1.0) -> None:
        self.port, self._patience_s = port, patience_s
        self._decoder = Decoder()
        self.last: Telemetry | None = None
        self.last_us = 0
        self.booted = False  # since `booted` was last put back
        self.on_data: Callable[[bytes], object] = lambda _data: None  # sees what comes while somebody waits for it
        self._offset: int | None = None  # of the device's clock to the rig's; None until it has spoken

    def hear(self, meanwhile: Callable[[], object]) -> Telemetry:
        """Wait for telemetry, and take the newest; `meanwhile` is called while nothing comes.

        Raises:
            RigError: if nothing comes, or something else.
        """
        until_s = time.monotonic() + self._patience_s
        heard = 0
        while time.monotonic() < until_s:
            data = self.port.read()
            heard += len(data)
            self.on_data(data)
            found = [frame for frame in self._decoder.feed(data) if isinstance(frame, Telemetry)]
            if found:
                self.last = found[-1]
                return found[-1]
            if not data:
                meanwhile()
        if heard:
            raise RigError(f"{self.port.name}: something speaks here, but no monitor (UART0, 921600 baud)")
        raise RigError(f"{self.port.name}: the monitor is silent; is it powered, and are transmit and receive crossed?")

    def read(self, now_us: int) -> bytes:
        """What has come, looked through: `booted` is set if the device's clock has started anew.

        Raises:
            RigError: if the device holds another limit set than the rig means.
        """
        data = self.port.read()
        for frame in self._decoder.feed(data):
            match frame:
                case Telemetry():
                    self._telemetry(now_us, frame)
                case Answer(command=F.ARM, result=F.WRONG_DIGEST):
                    raise RigError(f"{self.port.name}: the monitor holds another limit set: install these limits first")
                case _:
                    pass
        return data

    def begin(self) -> None:
        """Time 0: from what the device says next on, a clock that jumps is a reset."""
        self._offset = None
        self.last_us = 0
        self.booted = False

    def _telemetry(self, now_us: int, frame: Telemetry) -> None:
        offset = frame.now_us - now_us
        if self._offset is not None:
            off_by = (offset - self._offset + MODULO // 2) % MODULO - MODULO // 2
            self.booted = self.booted or abs(off_by) > _JUMP_US
        self._offset = offset
        self.last, self.last_us = frame, now_us


def state_text(frame: Telemetry) -> str:
    """A state in words, for a message."""
    name = NAMES[frame.state] if frame.state < len(NAMES) else f"state {frame.state}"
    return f"{name}, cause {frame.cause >> 8} of channel {frame.cause & 0xFF}"
