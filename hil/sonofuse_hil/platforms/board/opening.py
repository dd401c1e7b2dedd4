"""Finds both boards, sees that they are what they should be, and starts the monitor."""

from collections.abc import Callable
from dataclasses import dataclass

from sonofuse import keys
from sonofuse.link import F
from sonofuse.live.watch import Watch
from sonofuse_firmware.states import SAFE, TRIPPED

from ...device import KEY
from ..platform import Device
from ..process import RigError
from .client import Client
from .monitor import MonitorLine, state_text
from .outputs import NotCoveredError, View, check_board
from .platform import MARKER_STANDS, BoardPlatform
from .ports import Port, choose, pause, present
from .wire import MODULO, P

SILENCE_MS = 1000  # after so long without a word from the host the signal board goes off by itself
_FIRST_US = 20_000  # from here to time 0; a bench is ahead by more
_READY_US = 6_000_000  # by then a monitor with good signals can be acknowledged: its flow meter needs a second
_ASK_US = 200_000


@dataclass(frozen=True)
class Start:
    """How a session begins. `restart`: the monitor is reset at time 0; otherwise it runs on as it is.

    `idle` is called while a port is waited for, for `patience_s` at most.
    """

    restart: bool = True
    silence_ms: int = SILENCE_MS
    patience_s: float = 1.0
    idle: Callable[[], None] = pause


def open_board(
    device: Device, port: str | None = None, signal_port: str | None = None, start: Start = Start()
) -> BoardPlatform:
    """A monitor with its firmware and limits installed, and a signal board wired to it (docs/wiring.md).

    Args:
        device: of which only bench and limit set matter: the monitor holds its own firmware.
        port: of the monitor's link, None for the only USB serial adapter.
        signal_port: of the signal board, None for the only Pico on USB.

    Raises:
        NotCoveredError: if the device is not the unmodified one, or its board is wired otherwise.
        RigError: if a port or a board is not there, busy, silent, or something else.
    """
    if device.transform is not None or device.script != "main.py" or device.ticks_us:
        raise NotCoveredError("firmware that is not the installed one")
    check_board(device.bench.board)
    names = choose(port, signal_port, present() if None in (port, signal_port) else ())
    client = Client(Port(names[1], start.idle), start.patience_s)
    try:
        monitor = MonitorLine(Port(names[0], start.idle), start.patience_s)
        try:
            return _begin(device, client, monitor, start)
        except BaseException:
            monitor.port.close()
            raise
    except BaseException:
        # Without a session the board is off anyway, and it goes off when it hears nothing more.
        client.port.close()
        raise


def _begin(device: Device, client: Client, monitor: MonitorLine, start: Start) -> BoardPlatform:
    client.hello(start.silence_ms)
    began = client.poll().now
    client.set(began, View(device.bench).outputs().pack())  # good signals
    report = client.poll()
    while not any(event.source == P.MARKER for event in report.events):
        if _since_us(report.now, began) > _FIRST_US:
            raise RigError(f"{client.port.name}: {MARKER_STANDS}")
        report = client.poll()
    _make_safe(client, monitor, device.limits)
    zero = (client.poll().now + _FIRST_US) % MODULO
    return BoardPlatform(device.bench, device.flash, client, monitor, zero, start.restart)


def _make_safe(client: Client, monitor: MonitorLine, limits: bytes) -> None:
    """Acknowledge what is latched: without a signal board the stop loop was open, so there is something."""
    began = asked = client.poll().now
    watch = Watch(limits, KEY, keys.kept())

    def hear(data: bytes) -> None:
        watch.received(1000 * _since_us(client.poll().now, began), data)
        for record in watch.take():
            if record.topic == "out":
                monitor.port.write(record.data)

    monitor.on_data = hear
    while (frame := monitor.hear(client.poll)).state != SAFE:
        now = client.poll().now
        if _since_us(now, began) > _READY_US:
            raise RigError(f"{monitor.port.name}: the monitor does not get safe: {state_text(frame)}")
        if frame.state == TRIPPED and watch.identity is not None and _since_us(now, asked) > _ASK_US:
            asked = now
            monitor.port.write(watch.sealed(F.ACKNOWLEDGE, b"\x01"))
    monitor.on_data = lambda _data: None


def _since_us(now: int, then: int) -> int:
    return (now - then) % MODULO


@dataclass(frozen=True)
class Real:
    """The tier "hardware": the ports of monitor and signal board, None for the only ones that can be meant."""

    port: str | None = None
    signal_port: str | None = None
    start: Start = Start()
    name: str = "board"

    def open(self, device: Device) -> BoardPlatform:
        """The device as it is installed on the monitor; see `open_board`."""
        return open_board(device, self.port, self.signal_port, self.start)
