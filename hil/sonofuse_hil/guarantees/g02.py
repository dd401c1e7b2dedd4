"""G2: the firmware hangs, raises, overruns, is starved or skips a check: permit low 2.2 ms after the last token."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from sonofuse.layout import K
from sonofuse_firmware.checks import CHECKS
from sonofuse_firmware.states import TRIPPED

from ..device import Transform, mistake
from ..instrument import Fault, Twin, fault_us
from ..measurement import Measurement
from ..platforms.permit import PermitModel
from ..platforms.unix import UnixPlatform
from ..rig import Rig, Sonication
from ..run import Run

BOUND_US = 2_200
WATCHDOG_US = 1_000_000  # firmware/start.py
SKIP_US = 50_000  # how long RF is on before a check is skipped
_PLAN = (Sonication(60.0, 0.3),)
_BLOCKED_US = 100_000  # longer than a converter's period, shorter than the watchdog's
_SETTLED_US = 1_500_000  # a watchdog, a boot and its first telemetry


class RecordingPermit(PermitModel):
    """A switch that remembers when it was given which words while its program ran."""

    def __init__(self) -> None:
        self.right_us: list[int] = []
        self.wrong_us: list[int] = []
        super().__init__()

    def word(self, t_us: int, word: int) -> None:
        if self.running and self.expected is not None:
            (self.right_us if word == self.expected else self.wrong_us).append(t_us)
        super().word(t_us, word)


@dataclass(frozen=True)
class Outcome:
    """One run with one fault, and the words that each switch was given (µs); `log` is what the VM printed."""

    run: Run
    right_us: tuple[list[int], list[int]]
    wrong_us: tuple[list[int], list[int]]
    log: str


def _unix(rig: Rig) -> UnixPlatform:
    """The platform, which has to be the one that can be broken at any call."""
    assert isinstance(rig.platform, UnixPlatform)
    return rig.platform


def faulty_run(
    limits: Path,
    *,
    transform: Transform | None = None,
    prepare: Callable[[Rig], None] = lambda _rig: None,
    after_us: int = 200_000,
) -> Outcome:
    """A short sonication on a device that `prepare` puts a fault into."""
    with Rig(limits, _PLAN, transform=transform) as rig:
        switches = (RecordingPermit(), RecordingPermit())
        _unix(rig).switches = switches
        prepare(rig)
        run = rig.run_plan(6_000_000, after_us)
        if run.state != TRIPPED:
            rig.run_for(_SETTLED_US)
            run = rig.result()
        log = (rig.folder / "vm.log").read_text(encoding="utf-8", errors="replace")
        first, second = switches
        return Outcome(run, (first.right_us, second.right_us), (first.wrong_us, second.wrong_us), log)


def with_order(limits: Path, delay_us: int, order: int, transform: Transform | None = None) -> Outcome:
    """An order of platforms/vm/_ops.py (hang, exception) inside the call that runs `delay_us` after RF came on.

    The time of the stimulus is that of the call.
    """
    platforms: list[UnixPlatform] = []

    def prepare(rig: Rig) -> None:
        platforms.append(_unix(rig))

        def give() -> None:
            _unix(rig).order = (rig.now_us, order)

        rig.after_rf(delay_us, "order", f"order {order} inside a call of the hardware", give)

    outcome = faulty_run(limits, transform=transform, prepare=prepare)
    struck_us = platforms[0].ordered_us
    assert struck_us is not None, "the order was never carried out"
    *before, last = outcome.run.stimuli
    return replace(outcome, run=replace(outcome.run, stimuli=(*before, replace(last, t_us=struck_us))))


def with_blocked(limits: Path, delay_us: int, operation: int, order: int = 0) -> Outcome:
    """A request of this kind that never returns, from `delay_us` after RF came on; `order` is given then too."""

    def prepare(rig: Rig) -> None:
        def free() -> None:
            _unix(rig).blocked = None

        def block() -> None:
            _unix(rig).blocked = (rig.now_us, operation)
            rig.bench.at(rig.now_us + _BLOCKED_US, free)
            if order:
                _unix(rig).order = (rig.now_us, order)

        rig.after_rf(delay_us, "blocked", f"operation {operation} never returns", block)

    return faulty_run(limits, prepare=prepare)


def with_fault(limits: Path, twin: Twin, fault: Fault | None, opens_us: int | None = None) -> Outcome:
    """The instrumented twin with a fault at a branch; with `opens_us` the stop loop opens so long after RF came on."""

    def prepare(rig: Rig) -> None:
        twin.write(rig.folder, fault)
        if opens_us is not None:
            rig.after_rf(opens_us, "stop", "the stop loop opens", lambda: rig.bench.force("stop_loop", 0))

    return faulty_run(limits, transform=twin.transform(fault), prepare=prepare)


def skipping(channel: int, check: int, after_us: int = SKIP_US) -> Transform:
    """The firmware, but its kernel jumps over one check from `after_us` of RF on; channel 255 is the whole monitor."""
    name = next(name.upper() for number, name, _, _ in CHECKS if number == check)  # as in kernel.py
    late = f"state[S_ON_US] >= {after_us}"
    if channel == K.MONITOR:
        old = "    # 6. Result\n"
        new = f"{old}    if {late}:\n        token -= step * {name}\n        ran -= step * {name}\n"
    else:
        rare = check >= K.RISE
        test, indent = (f"rare & (1 << ({name} - RISE))", " " * 16) if rare else (f"checks & (1 << {name})", " " * 12)
        old = f"if {test}:\n{indent}done += {name}\n"
        new = old.replace(":", f" and not (channel == {channel} and {late}):", 1)
    return mistake("kernel.py", old, new)


def enabled_checks(blob: bytes) -> list[tuple[int, int]]:
    """Every (channel, check) of a compiled limit set, and those of the whole monitor."""
    words = memoryview(blob[:-36]).cast("i")
    channels: int = words[K.H_CHANNELS]
    rows: list[int] = [words[K.H_ROWS + channel * K.ROW_WORDS + K.R_CHECKS] for channel in range(channels)]
    found = [(channel, check) for channel, checks in enumerate(rows) for check in range(32) if checks >> check & 1]
    return found + [(K.MONITOR, check) for check in (K.DEADLINE, K.LIMITS, K.ENERGY, K.DURATION, K.RECEIPT)]


def after_last_token(outcome: Outcome, example: str) -> Measurement:
    """The guarantee itself: how long after the last accepted token an edge still came, worst burst of both switches."""
    waits = [
        last - max((t_us for t_us in right if t_us <= last), default=-BOUND_US)
        for switch, right in enumerate(outcome.right_us)
        for _, last in outcome.run.bursts(switch)
    ]
    value = float(max(waits, default=0))  # no burst at all: a fault before the first token
    return Measurement("G2", "last edge after the last token", value, "µs", BOUND_US, outcome.run.tier, example)


def after_fault(outcome: Outcome, struck_us: int, example: str, lost_us: int = 0) -> list[Measurement]:
    """After a fault (one that ends by itself lasts `lost_us`) the permit is low for good and the device is TRIPPED."""
    run = outcome.run
    low_us = float(run.low_since(struck_us) - struck_us - lost_us)
    return [
        Measurement("G2", "permit low for good after the fault", low_us, "µs", BOUND_US, run.tier, example),
        Measurement("G2", "not TRIPPED after a fault", float(run.state != TRIPPED), "devices", 0, run.tier, example),
    ]


def reset_after(outcome: Outcome, struck_us: int, bound_us: int, example: str) -> Measurement:
    """How long a device that came to a stop waits for its reset (NaN: no reset came)."""
    resets = [t_us - struck_us for t_us, _ in outcome.run.resets if t_us >= struck_us]
    value = float(resets[0]) if resets else float("nan")
    what = "reset by the watchdog" if bound_us == WATCHDOG_US else "reset after an exception"
    return Measurement("G2", what, value, "µs", bound_us, outcome.run.tier, example)


def struck_us(outcome: Outcome) -> int | None:
    """When the fault of an instrumented twin struck; None if it never did."""
    return fault_us(outcome.log)
