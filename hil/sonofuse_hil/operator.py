"""Who sits at the console: acknowledges, arms, starts, gates the generator, ends a sonication. A Watch looks on."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from sonofuse import link
from sonofuse.layout import K
from sonofuse.link import Answer, F, Telemetry
from sonofuse.live.view import CONNECTED, SILENT
from sonofuse.live.watch import Watch
from sonofuse_firmware.states import ARMED, SAFE, TRIPPED

from .bench import Bench
from .device import KEY

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
        limits: the compiled limit set that the operator means.
        plan: sonications; each is armed as soon as the device allows it.
        keys: of real boards, by the number of their chip; all others have the rig's.

    `on_frame` sees every telemetry and answer; `on_rf` is called with the time at which RF of a sonication was switched
    on.
    """

    def __init__(
        self,
        bench: Bench,
        limits: bytes,
        plan: tuple[Sonication, ...],
        keys: Mapping[str, bytes] = MappingProxyType({}),
    ) -> None:
        self.bench, self.plan = bench, plan
        self._limits, self._keys = limits, keys
        self.watch = self._begin()
        self.done = 0
        self.started_us: list[int] = []
        self.tripped_us: int | None = None  # when telemetry first said so during the plan
        self.answers: list[tuple[int, Answer]] = []
        self.clock_rate = 1.0  # of the console's clock; what is wrong with the device's crystal shows as its inverse
        self._own_us, self._heard_us = 0.0, 0
        self.clock_alarm_us: int | None = None  # when the console saw that the clocks differ, and commanded STOP
        self.hung = False  # a console that hangs: it shows what comes, but does nothing any more, and gives no receipts
        self.absent = False  # nobody at the console: it looks on and gives receipts, and nobody ends anything
        self.again_us = 200_000  # between two tries of a command that was refused for now
        self.acknowledges = False  # every trip as soon as it is seen, whatever its cause
        self.set_point: tuple[int, int] | None = None  # mW and µs that it arms whatever the plan says
        self.on_frame: Callable[[int, Telemetry | Answer], None] = lambda _t_us, _frame: None
        self.on_rf: Callable[[int], None] = lambda _t_us: None
        self._start_sent = False
        self._again_us = 0
        bench.on_received = self._received

    @property
    def telemetry(self) -> Telemetry | None:
        """The last that came."""
        return self.watch.telemetry

    @property
    def finished(self) -> bool:
        """Whether every sonication has ended normally and the device is SAFE again."""
        return self.done == len(self.plan) and self.telemetry is not None and self.telemetry.state == SAFE

    def command(self, kind: int, payload: bytes = b"") -> None:
        """Send a command now, with the seal that it needs; in vain, without one, if no device is there to take it."""
        self.watch.passed(self._now_ns)
        if kind in link.SEALED and self.watch.identity is not None and not self.watch.silent:
            self.watch.order(kind, payload)
            self._pump()
        else:
            self.bench.send(link.encode(kind, 0, payload))

    def stop(self) -> None:
        """Press STOP on the console."""
        self.watch.command(self._now_ns, "stop", why="the operator pressed STOP")
        self._pump()

    def acknowledge(self, new_treatment: bool) -> None:
        self.command(F.ACKNOWLEDGE, bytes([new_treatment]))

    @property
    def kernel_state(self) -> "memoryview[int] | None":
        """What the host's kernel came to, a few ticks old; None if it follows no device."""
        return None if self.watch.follower is None else self.watch.follower.state

    def restart(self) -> None:
        """The console's program ends and begins anew: it knows nothing of the device any more."""
        self.watch = self._begin()

    def _begin(self) -> Watch:
        watch = Watch(self._limits, KEY, self._keys)
        watch.judges = bool(memoryview(self._limits[:-36]).cast("i")[K.H_HOST])  # else the firmware does it alone
        watch.on_frame = self._frame
        return watch

    @property
    def _now_ns(self) -> int:
        """The console's own clock."""
        return round(1000 * (self._own_us + (self.bench.now_us - self._heard_us) * self.clock_rate))

    def _received(self, t_us: int, data: bytes) -> None:
        self._own_us += (t_us - self._heard_us) * self.clock_rate
        self._heard_us = t_us
        self.watch.received(round(1000 * self._own_us), data)
        if self.watch.clock_error and self.clock_alarm_us is None and not self.hung:
            self.clock_alarm_us = t_us
        self._pump()

    def _pump(self) -> None:
        """Onto the line with what the watch wants to say."""
        for record in self.watch.take():
            if record.topic == "out" and not self.hung:
                self.bench.send(record.data)

    def _frame(self, frame: Telemetry | Answer) -> None:
        t_us = self._heard_us
        if isinstance(frame, Answer):
            self.answers.append((t_us, frame))
            self._answered(t_us, frame)
        else:
            self._look(t_us, frame)
        self.on_frame(t_us, frame)

    def _look(self, t_us: int, seen: Telemetry) -> None:
        if seen.state == TRIPPED:
            if self._start_sent or seen.cause >> 8 not in _AT_BOOT:
                if self.tripped_us is None:
                    self.tripped_us = t_us
                    if not (self.hung or self.absent):
                        self.bench.generator.gate(False)
                        self.bench.changed()
                if self.acknowledges:
                    self._ask(t_us, F.ACKNOWLEDGE, b"\0")
                return
            self._ask(t_us, F.ACKNOWLEDGE, b"\x01")
        elif seen.state == SAFE and self.done < len(self.plan) and self.tripped_us is None:
            planned = self.plan[self.done]
            set_mw, set_us = self.set_point or (round(planned.power_w * 1e3), round(planned.duration_s * 1e6))
            self._ask(t_us, F.ARM, link.arm_request(set_mw, set_us, self.watch.limits[-32:]))
        elif seen.state == ARMED and self.done < len(self.plan):
            self._start_sent = True  # from here on an interruption is one of this plan, answered or not
            self._ask(t_us, F.START)

    def _ask(self, t_us: int, kind: int, payload: bytes = b"") -> None:
        if t_us >= self._again_us and self.watch.link == CONNECTED:
            self.command(kind, payload)
            self._again_us = t_us + self.again_us

    def _answered(self, t_us: int, answer: Answer) -> None:
        if answer.result != F.DONE:
            self._again_us = t_us + self.again_us
        else:
            if answer.command != F.ACKNOWLEDGE:
                self._again_us = 0
            if answer.command == F.START and self.done < len(self.plan):
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
        if self.hung or self.absent:
            return
        self.bench.generator.gate(False)
        self.bench.changed()
        if self.tripped_us is None:
            self.watch.passed(self._now_ns)
            if self.watch.link != SILENT and self.watch.identity is not None:  # else there is nobody to tell
                self.command(F.FINISH)
