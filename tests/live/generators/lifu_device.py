"""An OpenLIFU transmitter and console on two pseudo-terminals, in the packets of the SDK (io/uart_packet.py)."""

import json
import os
import pty
import struct
import threading
import time
import tty
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from unittest.mock import patch

from openlifu_sdk.io import LIFUConfig as C
from openlifu_sdk.io.uart import OWUart
from openlifu_sdk.io.uart_packet import OWUartPacket

HARDWARE_ID = bytes(range(12))


class LifuDevice:
    """What both boards hold. Commands in `silent` are not answered, those in `refused` with an error."""

    def __init__(self) -> None:
        self.running, self.high_voltage, self.volts = True, True, 20.0  # left on by whoever had it before
        self.lag = 0.0  # volts that the rail is off by
        self.status: str | None = None
        self.registers = 0
        self.stopped_s: list[float] = []  # when the trigger was stopped, s of the monotonic clock
        self.silent: set[int] = set()
        self.refused: set[int] = set()
        self.heard: list[int] = []
        self._lock = threading.Lock()

    def answer(self, packet: OWUartPacket) -> OWUartPacket | None:
        """The answer to a packet, None for silence."""
        with self._lock:
            self.heard.append(packet.command)
            if packet.command in self.silent:
                return None
            kind = C.OW_ERROR if packet.command in self.refused else packet.packet_type
            reserved, data = (7, b"") if kind == C.OW_ERROR else self._do(packet)
        return OWUartPacket(  # type: ignore[no-untyped-call] # the SDK's
            id=packet.id, packet_type=kind, command=packet.command, addr=packet.addr, reserved=reserved, data=data
        )

    def _do(self, packet: OWUartPacket) -> tuple[int, bytes]:
        match packet.command:
            case C.OW_CMD_HWID:
                return 0, HARDWARE_ID
            case C.OW_CMD_VERSION:
                return 0, b"v1.2.0"
            case C.OW_TX7332_ENUM:
                return 2, b""
            case C.OW_TX7332_WREG | C.OW_TX7332_WBLOCK:
                self.registers += 1
            case C.OW_CTRL_SET_SWTRIG | C.OW_CTRL_GET_SWTRIG:
                running = "RUNNING" if self.running else "STOPPED"
                return 0, json.dumps({"TriggerStatus": self.status or running}).encode()
            case C.OW_CTRL_START_SWTRIG:
                self.running = True
            case C.OW_CTRL_STOP_SWTRIG:
                self.running = False
                self.stopped_s.append(time.monotonic())
            case C.OW_POWER_SET_HV:
                (self.volts,) = struct.unpack(">f", packet.data)
            case C.OW_POWER_HV_ON:
                self.high_voltage = True
            case C.OW_POWER_HV_OFF:
                self.high_voltage = False
            case C.OW_POWER_GET_HVON:
                return int(self.high_voltage), b""
            case C.OW_POWER_GET_HV:
                return 0, struct.pack("<f", self.volts + self.lag if self.high_voltage else 0.3)
            case _:
                raise AssertionError(f"the device does not know command 0x{packet.command:02X}")
        return 0, b""


def _serve(device: LifuDevice, line: int) -> None:
    """Answer until the other end is closed."""
    received = bytearray()
    while True:
        try:
            received += os.read(line, 4096)
        except OSError:
            return
        while True:
            packet, used = OWUart._extract_packet(received)
            received = received[used:]
            answer = None if packet is None else device.answer(packet)
            if answer is not None:
                os.write(line, answer.to_bytes())
            if not used:
                break


@contextmanager
def plugged_in(*, transmitter: bool = True, console: bool = True) -> Iterator[LifuDevice]:
    """A device on this computer's USB, as the SDK sees it."""
    device, ends, ports = LifuDevice(), [], []
    products = [pid for pid, there in ((C.OW_TRANSMITTER_PID, transmitter), (C.OW_CONSOLE_PID, console)) if there]
    for product in products:
        line, end = pty.openpty()
        tty.setraw(end)
        ends += [line, end]
        ports.append(SimpleNamespace(vid=C.OW_VID, pid=product, device=os.ttyname(end)))
        threading.Thread(target=_serve, args=(device, line), daemon=True).start()
    with patch("serial.tools.list_ports.comports", lambda: ports):
        try:
            yield device
        finally:
            for end in ends:
                os.close(end)
