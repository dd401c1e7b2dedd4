"""The tier "hardware": a bench on two real boards, in the time of the one that makes the signals.

The bench runs a lead ahead of the signal board, and every change of its outputs is told with the time at which it is
due; the board carries it out at that microsecond and turns a marker pin over. A state machine stamps the marker as
another one stamps the permit, in one clock: at every marker the bench's time is fitted to that clock, so that a
reaction is the difference of two stamps. What needs no lead is done by the board itself: pumps, relays, read-backs, and
power that comes and goes with the relays.
"""

from collections import deque
from collections.abc import Callable

from ...bench import Bench
from ...measurement import HARDWARE
from ..flash import Flash
from ..process import RigError
from .client import Client
from .monitor import MonitorLine
from .outputs import NotCoveredError, Outputs, View
from .record import Record
from .wire import MODULO, Event, P, Report

LEAD_US = 30_000  # a host that is not served for longer spoils the run, and says so
LATE_US = 100  # how much later than told outputs may change: one pass of the board's loop with an interrupt
RESOLUTION_US = 2  # of a reaction: one tick of the stamps at either end
_RUN_US = 2_000  # how long RUN is pulled low
MARKER_STANDS = "the signal board's marker stands still: is its stamping program running?"


class BoardPlatform:
    """A monitor on a real board. Made by `opening.open_board`.

    Args:
        bench: the signals that the monitor is to see.
        flash: the model that a rig brings; a real board has its own, and this one stays as it is.
        client: the signal board, in a session.
        monitor: the monitor's link.
        zero: the signal board's time at time 0, µs modulo 2³⁰.
        restart: the monitor is reset at time 0; otherwise it runs on as it is.

    `zero_us` is the signal board's time at time 0; `worst_late_us` the most by which outputs changed later than told.
    """

    tier = HARDWARE
    step_us = 20_000
    tail_us = 60_000

    def __init__(
        self, bench: Bench, flash: Flash, client: Client, monitor: MonitorLine, zero: int, restart: bool
    ) -> None:
        self.bench, self.flash = bench, flash
        self.client, self.monitor = client, monitor
        self.powered = True
        self.resets: list[tuple[int, str]] = []
        self.last_token_us = [-1, -1]  # never seen from outside
        self.hung_us: int | None = None
        self.worst_late_us = 0
        self.zero_us = zero
        self._now_us = 0
        self._offset_us: int | None = None  # of the stamps' clock to the bench's, at the last marker
        self._view = View(bench)
        self._record = Record(bench.history)
        self._shown: Outputs | None = None
        self._later: deque[tuple[int, Outputs]] = deque()  # not told yet, because the board's queue is full
        self._told: deque[int] = deque()  # when outputs are due that no marker has confirmed
        self._alarm = False
        self._expected: list[tuple[int, str]] = []  # resets that this rig has made itself
        self._failed = self._closed = False
        monitor.begin()
        if restart:
            self._view.run_low = True
            bench.at(_RUN_US, self._release_run)
        self._show()

    # ---- for the rig

    @property
    def now_us(self) -> int:
        """The signal board's time: every edge up to now is known, but for what waits for the end of its burst."""
        return self._now_us

    def run_until(self, t_us: int) -> None:
        """Run bench and boards up to `t_us`.

        Raises:
            NotCoveredError: if the bench wants what no signal board can show.
            RigError: if a board is gone, an edge was lost, or this host was too slow.
        """
        try:
            while self._now_us < t_us:
                self._ahead(self._now_us + LEAD_US)
                self._tell()
                if self._now_us >= 0:
                    self._listen()
                self._take(self.client.poll())
        except RigError:
            self._failed = True
            raise

    def catch_up(self, t_us: int) -> None:
        """The bench is ahead of the boards at any time, and whatever it does is told with its own time."""

    def cut_power(self) -> None:
        """Open the load switch in the monitor's supply at the bench's time."""
        self.powered = False
        self._view.cut = True
        self._expected.append((self.bench.now_us, "power"))
        self._show()

    def restore_power(self) -> None:
        self.powered = True
        self._view.cut = False
        self._show()

    def pull_run(self) -> None:
        """Reset by the RUN pin, at the bench's time."""
        self._view.run_low = True
        self._expected.append((self.bench.now_us, "run"))
        self._show()
        self.bench.at(self.bench.now_us + _RUN_US, self._release_run)

    def drop_tokens(self, *switches: int) -> None:
        """A broken wire: no edge of these switches (0, 1) reaches its pump any more."""
        self._view.dropped = frozenset(switches)
        self._show()

    def hang(self, t_us: int) -> None:
        """Not with unmodified firmware on a real chip.

        Raises:
            NotCoveredError: always.
        """
        raise NotCoveredError(f"an endless loop in the firmware at {t_us} µs")

    def fail_call(self, t_us: int, kind: str) -> None:
        """Not with unmodified firmware on a real chip.

        Raises:
            NotCoveredError: always.
        """
        raise NotCoveredError(f"an exception ({kind}) inside a call at {t_us} µs")

    def block_bus(self, t_us: int) -> None:
        """Not with real converters on the bus.

        Raises:
            NotCoveredError: always.
        """
        raise NotCoveredError(f"a transfer of SPI that never ends, at {t_us} µs")

    def free_bus(self) -> None:
        """Nothing blocks it."""

    def lose_time(self, t_us: int, ms: int) -> None:
        """Not with unmodified firmware on a real chip.

        Raises:
            NotCoveredError: always.
        """
        raise NotCoveredError(f"{ms} ms lost inside a call at {t_us} µs")

    def crash(self, t_us: int) -> None:
        """Not with unmodified firmware on a real chip.

        Raises:
            NotCoveredError: always.
        """
        raise NotCoveredError(f"a processor that runs away at {t_us} µs")

    def storm(self, t_us: int) -> None:
        """Not with unmodified firmware on a real chip.

        Raises:
            NotCoveredError: always.
        """
        raise NotCoveredError(f"a storm of interrupts at {t_us} µs")

    def calm(self) -> None:
        """There is no storm."""

    def break_watchdog(self) -> None:
        """Not with a real chip.

        Raises:
            NotCoveredError: always.
        """
        raise NotCoveredError("a watchdog that never resets")

    def start_clock(self, ticks_us: int) -> None:
        """Not with unmodified firmware on a real chip.

        Raises:
            NotCoveredError: always.
        """
        raise NotCoveredError(f"a clock that begins at {ticks_us} µs")

    def flip(self, held: bytes, bit: int) -> int:
        """Not without a debugger.

        Raises:
            NotCoveredError: always.
        """
        raise NotCoveredError(f"bit {bit} of {len(held)} bytes of memory that flips")

    def damage(self, file: str, change: Callable[[bytes], bytes]) -> None:  # noqa: ARG002 - as of Platform
        """Not while the board runs.

        Raises:
            NotCoveredError: always.
        """
        raise NotCoveredError(f"a damaged {file}")

    def close(self) -> None:
        """Everything off, both ports free; without the board's word for it, it goes off by itself within a second."""
        if self._closed:
            return
        self._closed = True
        try:
            self.client.off()
        except RigError:
            if not self._failed:  # what went wrong first is what the user has to hear
                raise
        finally:
            self.client.port.close()
            self.monitor.port.close()

    # ---- the bench, ahead

    def _ahead(self, t_us: int) -> None:
        bench = self.bench
        while (due_us := bench.next_event_us()) <= t_us:
            bench.advance(max(due_us, bench.now_us))
            self._show()
        bench.advance(max(t_us, bench.now_us))
        self._show()

    def _show(self) -> None:
        """Note what has changed at the bench, to be told with the bench's time."""
        outputs = self._view.outputs()
        self._record.wants(self.bench.now_us, self._view.on_w)
        if outputs != self._shown:
            self._shown = outputs
            self._later.append((self.bench.now_us, outputs))

    def _tell(self) -> None:
        while self._later:
            due_us, outputs = self._later[0]
            if not self.client.set(self._raw(due_us), outputs.pack()):
                return
            self._later.popleft()
            self._told.append(due_us)

    def _release_run(self) -> None:
        self._view.run_low = False
        self._show()

    # ---- the monitor's link

    def _listen(self) -> None:
        now = self._now_us
        data = self.monitor.read(now)
        if self.monitor.booted:
            self.monitor.booted = False
            self._reset(*(self._expected.pop(0) if self._expected else (self.monitor.last_us, "firmware or watchdog")))
        if data:
            self.bench.received(now, data)
        sent = self.bench.to_send(256)
        if sent:
            self.monitor.port.write(sent)

    def _reset(self, t_us: int, reason: str) -> None:
        if reason != "power":
            self.resets.append((t_us, reason))
        self.bench.reset(t_us, reason)

    # ---- the signal board

    def _raw(self, t_us: int) -> int:
        return (self.zero_us + t_us) % MODULO

    def _whole(self, raw: int) -> int:
        """A time of the board as one of the bench; it lies within nine minutes of now."""
        return self._now_us + (raw - self._raw(self._now_us) + MODULO // 2) % MODULO - MODULO // 2

    def _take(self, report: Report) -> None:
        self._now_us = self._whole(report.now)
        for event in sorted(report.events, key=lambda event: (self._whole(event.t), event.source != P.MARKER)):
            self._event(event)
        if self._told and self._now_us - self._told[0] > 2 * LEAD_US:
            raise RigError(f"{self.client.port.name}: {MARKER_STANDS}")

    def _event(self, event: Event) -> None:
        t_us = self._whole(event.t)
        if event.source == P.MARKER:
            if event.kind == P.FIRST:
                self._marked(t_us)
            return
        t_us -= self._offset_us or 0
        if event.source in (P.RELAY_FIRST, P.RELAY_SECOND):
            self._record.relay(t_us, event.source - P.RELAY_FIRST, bool(event.kind))
        elif event.source == P.ALARM:
            if event.kind == P.FIRST:
                self._alarm = not self._alarm
                self.bench.pin(t_us, self.bench.board.pins["buzzer"], int(self._alarm))
        elif event.source not in self._view.dropped:
            self.bench.permit(t_us, event.source, event.kind == P.FIRST)

    def _marked(self, t_us: int) -> None:
        """Outputs have changed: from here on the bench's time is that of the stamps."""
        if not self._told:
            raise RigError(
                "the signal board's marker has turned over without being told; is its pin wired to anything?"
            )
        due_us = self._told.popleft()
        offset_us = t_us - due_us
        if self._offset_us is not None:
            late_us = abs(offset_us - self._offset_us)
            self.worst_late_us = max(self.worst_late_us, late_us)
            if late_us > LATE_US:
                raise RigError(
                    f"outputs due at {due_us} µs changed {late_us} µs late: this host was not served for {LEAD_US} µs; "
                    "nothing of this run is judged, run it again on a quieter machine"
                )
        self._offset_us = offset_us
