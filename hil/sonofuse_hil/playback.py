"""Plays a recording into the pins of a device, in place of the plant."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sonofuse.board import Board
from sonofuse.limits import SHIPPED, load
from sonofuse.limits.report import report
from sonofuse.limits.words import energy_channel

from .bench import Tolerances
from .breaking import break_part
from .operator import Sonication
from .platforms.platform import On
from .platforms.unix import Unix
from .recording import Recording, RecordingError, read_recording
from .rig import Rig
from .run import Run
from .scenario import Progress, cause_text

STEP_S = 0.02  # of the noise that a played temperature gets, and of straight lines between rows
_BETWEEN_US = 5_000_000
_AFTER_US = 200_000


@dataclass(frozen=True)
class Played:
    """What a device did with a recording.

    `trip_us` is the time of the last permit edge after a trip, `rf_off_us` of the last RF, both counted from RF on;
    None where there was none. `armed` is False if the device never permitted RF; `seen` says the end in words.
    """

    recording: Recording
    run: Run
    set_power_w: float
    armed: bool
    seen: str
    cause: int
    trip_us: int | None
    rf_off_us: int | None


def run_recording(
    path: str | Path,
    mapping: str | Mapping[str, str],
    limits: Path = SHIPPED,
    *,
    board: Board | None = None,
    set_power_w: float | None = None,
    power_scale: float = 1.0,
    gap_s: float = 2.0,
    start_s: float = 0.0,
    duration_s: float | None = None,
    straight: bool = False,
    seed: int = 1,
    on: On = Unix(),
    on_progress: Progress | None = None,
) -> Played:
    """Play a recording; its time 0 (or `start_s`) is when RF is switched on, until then its first row holds.

    Args:
        mapping, gap_s, power_scale: as in `read_recording`.
        board: in the place of the one that the limits name.
        set_power_w: what the operator arms; None: the maximum of the forward column. Without a forward column the
            generator's own power is seen.
        start_s, duration_s: the part to play; None: to its end.
        straight: straight lines between rows instead of holding each value.
        seed: of the noise that the sensors add (as in Tolerances), without which a held value looks stuck.

    Raises:
        RecordingError: if the file or the mapping is wrong, or the limits cannot arm such a sonication.
        LimitsError: if the limits file is wrong.
    """
    limits_file = load(limits, board)
    recording = read_recording(path, mapping, limits_file.board, gap_s=gap_s, power_scale=power_scale)
    recording = recording.part(start_s, duration_s)
    if straight:
        recording = recording.between_rows(STEP_S)
    if recording.duration_s > limits_file.max_on_s:
        raise RecordingError(
            f"{path}: lasts {recording.duration_s:g} s, the limits allow {limits_file.max_on_s:g} s of RF;"
            " choose a part by start and duration"
        )
    set_power_w = _set_power_w(recording, energy_channel(limits_file).name, set_power_w)
    most_w = report(limits_file).set_max_w
    if set_power_w > most_w:
        raise RecordingError(f"{path}: a set power of {set_power_w:g} W: the limits arm {most_w:.2f} W at most")
    plan = (Sonication(set_power_w, recording.duration_s),)
    planned_us = _BETWEEN_US + round(1e6 * (limits_file.cooling_gap_s + recording.duration_s))
    with Rig(limits, plan, name=f"recording {Path(path).stem}", seed=seed, on=on, board=board) as rig:
        _Player(rig, recording, seed).begin()
        while rig.now_us < planned_us and not rig.operator.finished and rig.operator.tripped_us is None:
            rig.run_for(20_000)
            if on_progress is not None:
                on_progress(rig.now_us * 1e-6, planned_us * 1e-6)
        end_us = rig.now_us + _AFTER_US
        while rig.now_us < end_us:
            rig.run_for(20_000)
        return _played(rig, recording, set_power_w)


def _set_power_w(recording: Recording, metered: str, set_power_w: float | None) -> float:
    forward = recording.values.get(metered)
    if set_power_w is None and forward is not None and np.nanmax(forward, initial=0.0) > 0:
        return float(np.nanmax(forward))
    if set_power_w is None or not set_power_w > 0:
        raise RecordingError(f"{recording.path}: no forward power above 0 W to arm; give a set power above 0 W")
    return set_power_w


def _played(rig: Rig, recording: Recording, set_power_w: float) -> Played:
    run, tripped = rig.result(), rig.operator.tripped_us is not None
    trip_us = rf_off_us = None
    if run.rf_us:
        off_us = run.rf_off(run.rf_us[0])
        rf_off_us = None if off_us is None else off_us - run.rf_us[0]
        trip_us = run.low_since(run.rf_us[0]) - run.rf_us[0] if tripped else None
    seen = f"trip by {cause_text(run.cause, rig.limits.board)}" if tripped else "no trip"
    if not run.rf_us:
        seen = f"RF was never permitted: {cause_text(run.cause, rig.limits.board) if run.cause else 'not ready to arm'}"
    return Played(recording, run, set_power_w, bool(run.rf_us), seen, run.cause, trip_us, rf_off_us)


class _Player:
    """Feeds the bench of a rig, row by row."""

    def __init__(self, rig: Rig, recording: Recording, seed: int) -> None:
        self.rig, self.recording = rig, recording
        self._noise = np.random.default_rng(seed)
        self._noise_c = Tolerances().temperature_noise_c
        self._broken: set[str] = set()
        self._from_us: int | None = None

    def begin(self) -> None:
        self.rig.bench.at(0, self._step)
        self.rig.after_rf(0, "recording", f"{self.recording.path.name} begins", self._start)

    def _start(self) -> None:
        self._from_us = self.rig.bench.now_us
        for t_s in self.recording.t_s[1:]:
            self.rig.bench.at(self._from_us + round(float(t_s) * 1e6), self._show)
        for after in np.flatnonzero(np.diff(self.recording.t_s) > self.recording.gap_s):
            end_s = float(self.recording.t_s[after]) + self.recording.gap_s
            self.rig.bench.at(self._from_us + round(end_s * 1e6) + 1, self._show)

    def _step(self) -> None:
        self._show()
        self.rig.bench.at(self.rig.bench.now_us + round(STEP_S * 1e6), self._step)

    def _show(self) -> None:
        """Put what the recording says for now on every mapped channel."""
        bench, recording = self.rig.bench, self.recording
        t_s = 0.0 if self._from_us is None else (bench.now_us - self._from_us) * 1e-6
        row = int(np.searchsorted(recording.t_s, t_s + 1e-7, side="right")) - 1
        stale = t_s - float(recording.t_s[row]) > recording.gap_s and row + 1 < len(recording.t_s)
        for name, values in recording.values.items():
            value = float(values[row])
            broken = stale or value != value
            if broken != (name in self._broken):
                (self._broken.add if broken else self._broken.discard)(name)
                self._break(name, broken)
            if not broken:
                self._force(name, value)

    def _force(self, name: str, value: float) -> None:
        bench = self.rig.bench
        if name in bench.sensors:
            bench.force(name, value + self._noise_c * float(self._noise.normal()))
        elif name in bench.detectors:
            bench.force(name, value if bench.watts > 0 else None)  # without RF there is no power, whatever was recorded
        else:
            bench.force(name, value * 1000 if bench.channel(name).quantity == "flow" else value)

    def _break(self, name: str, broken: bool) -> None:
        """What a broken sensor of this kind gives: an open wire, a dead detector, no pulses, an open contact."""
        bench = self.rig.bench
        if name in bench.sensors:
            break_part(bench, name, "open" if broken else "")
        elif name in bench.detectors:
            break_part(bench, name, "dead" if broken else "")
        elif broken:
            bench.force(name, 0.0)
