"""Who sits at the console: reads telemetry, acknowledges, arms, starts, gates the generator, ends a sonication."""

from collections.abc import Callable
from dataclasses import dataclass

from sonofuse import link
from sonofuse.clock import ClockError, ClockWatch
from sonofuse.link import Answer, Data, F, Telemetry
from sonofuse_firmware.states import ARMED, BOOT, SAFE, TRIPPED

from .bench import Bench

_RETRY_US = 200_000  # between two tries of a command that was refused for now
_AT_BOOT = (32, 33)  # causes "interrupted" and "latch": what a new or reset device has to have acknowledged


@dataclass(frozen=True)
class Sonication:
    """One sonication of a plan: electrical forward power and duration."""

    power_w: float
    duration_s: float


class Operator:
    """Carries out a plan, one sonication after the other, and stops at the first trip.

    Args:
        bench: the line to the device and the generator.
        digest: SHA-256 of the limit set that the operator means.
        plan: sonications; each is armed as soon as the device allows it.

    `on_frame` sees every frame; `on_rf` is called with the time at which RF of a sonication was switched on.
    """

    def __init__(self, bench: Bench, digest: bytes, plan: tuple[Sonication, ...]) -> None:
        self.bench, self.digest, self.plan = bench, digest, plan
        self.telemetry: Telemetry | None = None
        self.done = 0
        self.started_us: list[int] = []
        self.tripped_us: int | None = None  # when telemetry first said so during the plan
        self.answers: list[tuple[int, Answer]] = []
        self.clock = ClockWatch()
        self.clock_rate = 1.0  # of the console's clock; what is wrong with the device's crystal shows as its inverse
        self._own_us, self._heard_us = 0.0, 0
        self.clock_alarm_us: int | None = None  # when the console saw that the clocks differ, and commanded STOP
        self.hung = False  # a console that hangs: it shows what comes, but does nothing any more
        self.on_frame: Callable[[int, Telemetry | Answer], None] = lambda _t_us, _frame: None
        self.on_rf: Callable[[int], None] = lambda _t_us: None
        self._decoder = link.Decoder()
        self._sequence = 0
        self._start_sent = False
        self._again_us = 0
        bench.on_received = self._received

    @property
    def finished(self) -> bool:
        """Whether every sonication has ended normally and the device is SAFE again."""
        return self.done == len(self.plan) and self.telemetry is not None and self.telemetry.state == SAFE

    def command(self, kind: int, payload: bytes = b"") -> None:
        """Send a command now."""
        self._sequence += 1
        self.bench.send(link.encode(kind, self._sequence, payload))

    def stop(self) -> None:
        """Press STOP on the console."""
        self.command(F.STOP)

    def acknowledge(self, new_treatment: bool) -> None:
        self.command(F.ACKNOWLEDGE, bytes([new_treatment]))

    def _received(self, t_us: int, data: bytes) -> None:
        for frame in self._decoder.feed(data):
            if isinstance(frame, Data):
                continue  # nobody at this console asked for the log
            if isinstance(frame, Answer):
                self.answers.append((t_us, frame))
                self._answered(t_us, frame)
            else:
                self._compare_clocks(t_us, frame)
                self.telemetry = frame
                self._look(t_us, frame)
            self.on_frame(t_us, frame)

    def _compare_clocks(self, t_us: int, frame: Telemetry) -> None:
        """STOP a device whose clock differs; a device that has booted starts its time anew."""
        before = self.telemetry
        if before is None or (frame.now_us < before.now_us and frame.state in (BOOT, TRIPPED)):
            self.clock.reset()
        self._own_us += (t_us - self._heard_us) * self.clock_rate
        self._heard_us = t_us
        try:
            self.clock.feed(round(self._own_us), frame.now_us)
        except ClockError:
            if self.clock_alarm_us is None and not self.hung:
                self.clock_alarm_us = t_us
                self.stop()

    def _look(self, t_us: int, seen: Telemetry) -> None:
        if seen.state == TRIPPED:
            if self._start_sent or seen.cause >> 8 not in _AT_BOOT:
                if self.tripped_us is None:
                    self.tripped_us = t_us
                    if not self.hung:
                        self.bench.generator.gate(False)
                        self.bench.changed()
                return
            self._ask(t_us, F.ACKNOWLEDGE, b"\x01")
        elif seen.state == SAFE and self.done < len(self.plan) and self.tripped_us is None:
            planned = self.plan[self.done]
            if t_us >= self._again_us:
                self._sequence += 1
                set_mw, set_us = round(planned.power_w * 1e3), round(planned.duration_s * 1e6)
                self.bench.send(link.arm(self._sequence, set_mw, set_us, self.digest))
                self._again_us = t_us + _RETRY_US
        elif seen.state == ARMED:
            self._start_sent = True  # from here on an interruption is one of this plan, answered or not
            self._ask(t_us, F.START)

    def _ask(self, t_us: int, kind: int, payload: bytes = b"") -> None:
        if t_us >= self._again_us:
            self.command(kind, payload)
            self._again_us = t_us + _RETRY_US

    def _answered(self, t_us: int, answer: Answer) -> None:
        if answer.result != F.DONE:
            self._again_us = t_us + _RETRY_US
        else:
            if answer.command != F.ACKNOWLEDGE:
                self._again_us = 0
            if answer.command == F.START:
                planned = self.plan[self.done]
                self.started_us.append(t_us)
                self.bench.generator.set_power(planned.power_w)
                self.bench.generator.gate(True)
                self.bench.changed()
                self.bench.at(t_us + round(planned.duration_s * 1e6), self._end)
                self.on_rf(t_us)
            elif answer.command == F.FINISH:
                self.done += 1

    def _end(self) -> None:
        if self.hung:
            return
        self.bench.generator.gate(False)
        self.bench.changed()
        if self.tripped_us is None:
            self.command(F.FINISH)
