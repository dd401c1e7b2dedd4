"""A run as a wave file (VCD, IEEE 1800) for GTKWave and others: what pins, relays and contacts did, and when."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from vcd import VCDWriter

from sonofuse.board import Board
from sonofuse.causes import cause_text
from sonofuse_firmware.states import NAMES

from ..run import Run

_ORDER = {"permit": 0, "relay": 1, "contact": 2, "pin": 3, "power": 4, "temperature": 5, "monitor": 6, "rig": 7}
_KINDS = {"power": "real", "temperature": "real", "monitor": "string", "rig": "string"}  # the others: one bit
_FIRST: dict[str, float | str] = {"real": 0.0, "string": "-", "wire": 0}
_SWITCHES = ("permit_pin", "second_switch")  # as the board's pins are called in docs/wiring.md
_NO_CURVES = ("forward", "permit")  # samples of what the history has to the microsecond

Change = tuple[int, str, str, bool | float | str]


def changes(run: Run, board: Board) -> list[Change]:
    """Every change in order of time: µs, group, signal, value.

    permit: True while edges come; relay: closed; contact: the level at the pin; pin: the buzzer's level; power: W;
    temperature: the true one, degC, every 20 ms; monitor: state and cause as telemetry reported them; rig: what was
    done to the device, and resets.
    """
    return sorted(_changes(run, board), key=lambda change: (change[0], _ORDER[change[1]]))


def _changes(run: Run, board: Board) -> Iterator[Change]:
    history = run.history
    for t_us, switch, edges in history.edges:
        yield t_us, "permit", _SWITCHES[switch], edges
    for t_us, switch, closed in history.relays:
        yield t_us, "relay", f"relay_{switch + 1}", closed
    for t_us, name, level in history.contacts:
        yield t_us, "contact", name, bool(level)
    for t_us, level in run.alarms:
        yield t_us, "pin", "buzzer", bool(level)
    for t_us, watts in history.watts:
        yield t_us, "power", "forward_W", watts
    for name, values in run.samples.curves.items():
        if name not in _NO_CURVES:
            for t_s, value in zip(run.samples.t_s, values, strict=True):
                yield round(t_s * 1e6), "temperature", f"{name}_degC", value
    for seen in run.seen:
        yield seen.t_us, "monitor", "state", NAMES[seen.state]
        yield seen.t_us, "monitor", "cause", cause_text(seen.cause, board) if seen.cause else "none"
    for stimulus in run.stimuli:
        yield stimulus.t_us, "rig", "stimulus", f"{stimulus.name}: {stimulus.text}"
    for t_us, reason in history.resets:
        yield t_us, "rig", "reset", reason


def write(path: Path, run: Run, board: Board) -> None:
    """Write the wave file; the same run gives the same bytes. One unit of its time is 1 µs of the platform's clock.

    Args:
        board: the one that the run had; it names the causes.

    Raises:
        OSError: if it cannot be written.
    """
    found = changes(run, board)
    fixed = [("permit", name) for name in _SWITCHES] + [("relay", "relay_1"), ("relay", "relay_2")]
    fixed += [("pin", "buzzer"), ("power", "forward_W"), ("monitor", "state"), ("monitor", "cause")]
    fixed += [("rig", "stimulus"), ("rig", "reset")]
    signals = dict.fromkeys([*fixed, *((group, name) for _, group, name, _ in found)])
    ran = f"{run.scenario or 'a run'}, seed {run.seed}, limits {run.limits}, tier: {run.tier}"
    with (
        path.open("w", encoding="ascii", errors="backslashreplace") as file,
        VCDWriter(file, timescale="1 us", date="", comment=f"{ran}. permit: 1 while edges come") as writer,
    ):
        variables: dict[tuple[str, str], Any] = {}
        for group, name in sorted(signals, key=lambda signal: _ORDER[signal[0]]):
            kind = _KINDS.get(group, "wire")
            first: Any = _FIRST[kind]
            size = None if kind != "wire" else 1
            variables[group, name] = writer.register_var(group, name, kind, size=size, init=first)
        for t_us, group, name, value in found:
            writer.change(variables[group, name], t_us, value)
        writer.close(max([run.end_us, *(t_us for t_us, *_ in found[-1:])]))
