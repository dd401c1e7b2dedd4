"""The signal board as the host sees it: one request, one reply."""

import struct
import time
from collections.abc import Iterator

from sonofuse import link, protocol

from ..process import RigError
from .ports import Port
from .wire import Info, P, Replied, Reply, Report, bodies, reply, result_text

HOW = "install it with: python -m sonofuse_hil.platforms.board.install"
_TRIES = 3
_TELEMETRY = protocol.TELEMETRY.kind


class Client:
    """A signal board on a port.

    Args:
        port: where it is.
        patience_s: wall time without an answer that means silence.
    """

    def __init__(self, port: Port, patience_s: float = 1.0) -> None:
        self.port, self._patience_s = port, patience_s
        self._sequence = 0
        self._rest = b""
        self._noise = bytearray()  # what came while no frame did

    def hello(self, silence_ms: int) -> Info:
        """Start a session: everything is off, the clock of the stamps starts.

        Raises:
            RigError: if nobody answers, or not a signal board with this protocol.
        """
        for _ in range(_TRIES):
            found = self._ask(P.HELLO, struct.pack("<H", silence_ms), Info)
            if isinstance(found, Replied):
                raise RigError(f"{self.port.name}: the signal board refuses a session: {result_text(found.result)}")
            if isinstance(found, Info):
                if found.version != P.VERSION:
                    raise RigError(
                        f"{self.port.name}: its signal firmware speaks version {found.version}, this rig "
                        f"{P.VERSION}; {HOW}"
                    )
                return found
        raise RigError(f"{self.port.name}: {self._stranger()}")

    def set(self, when: int, outputs: bytes) -> bool:
        """Outputs from a time on, µs modulo 2³⁰; False if its queue is full.

        Raises:
            RigError: if it does not answer or refuses.
        """
        result = self._replied(P.SET, struct.pack("<I", when) + outputs)
        if result not in (P.DONE, P.FULL):
            raise RigError(f"{self.port.name}: the signal board refuses outputs: {result_text(result)}")
        return result == P.DONE

    def poll(self) -> Report:
        """What has happened.

        Raises:
            RigError: if it does not answer, or has lost an edge.
        """
        found = self._ask(P.POLL, b"", Report)
        if not isinstance(found, Report):
            why = result_text(found.result) if isinstance(found, Replied) else "it does not answer"
            raise RigError(f"{self.port.name}: the signal board reports nothing: {why}")
        if found.flags & P.LOST:
            raise RigError(f"{self.port.name}: the signal board has lost edges: nothing can be said about this run")
        return found

    def off(self) -> None:
        """Everything off.

        Raises:
            RigError: if it does not say so; it goes off by itself when it hears nothing.
        """
        if self._replied(P.OFF) != P.DONE:
            raise RigError(f"{self.port.name}: the signal board does not confirm that everything is off")

    def _replied(self, kind: int, payload: bytes = b"") -> int:
        found = self._ask(kind, payload, Replied)
        if not isinstance(found, Replied):
            raise RigError(f"{self.port.name}: the signal board does not answer")
        return found.result

    def _ask(self, kind: int, payload: bytes, wanted: type[Reply]) -> Reply | None:
        """Send a request and wait for its reply, or for what became of it; None if neither comes.

        Others are dropped: after Ctrl-C the reply to an earlier request may still be on its way.
        """
        self._sequence += 1
        self.port.write(link.encode(kind, self._sequence, payload))
        until_s = time.monotonic() + self._patience_s
        while time.monotonic() < until_s:
            data = self.port.read()
            if not data:
                self.port.idle()
                continue
            for number, body in self._frames(data):
                if number == _TELEMETRY:
                    raise RigError(f"{self.port.name}: a monitor is here, no signal board; are both ports swapped?")
                found = reply(number, body)
                if isinstance(found, Replied):
                    if found.request == kind:
                        return found
                elif isinstance(found, wanted):
                    return found
        return None

    def _frames(self, data: bytes) -> Iterator[tuple[int, bytes]]:
        self._noise += data[-200:]
        *frames, self._rest = (self._rest + data).split(b"\0")
        return bodies(iter(frames))

    def _stranger(self) -> str:
        if b">>>" in self._noise or b"Traceback" in self._noise:
            return f"MicroPython is here, but no signal firmware runs; {HOW}"
        if self._noise:
            return "something speaks here, but no signal board"
        return f"no signal board answers; is it powered? {HOW[0].upper()}{HOW[1:]}"
