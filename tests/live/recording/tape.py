"""A device in the rig with its operator's watch, and all that the watch noted, as the monitor would record it."""

import random
from pathlib import Path
from typing import Any

from sonofuse.limits import load
from sonofuse.limits.compile import compile_limits
from sonofuse.limits.model import LimitsFile
from sonofuse.link import F
from sonofuse.live.about import ANY, About
from sonofuse.live.record import Record
from sonofuse_hil.operator import Sonication
from sonofuse_hil.rig import Rig
from tests.quick import quick_limits

_NAMES = {F.START: "start", F.FINISH: "finish", F.DISARM: "disarm"}


class Tape:
    """Beside a rig's operator. Commands wait until the bytes that led to them are dealt with, as they do in a monitor;
    time passes for the watch at times of the seed's choosing; and bytes are lost where `deaf` says so (ns)."""

    def __init__(self, rig: Rig, seed: int, deaf: range = range(0)) -> None:
        self.records: list[Record] = []
        self._watch, self._bench = rig.operator.watch, rig.bench
        self._random, self._deaf = random.Random(seed), deaf
        self._waiting: list[tuple[int, bytes]] = []
        self._now_ns = 0
        self._hear = rig.bench.on_received
        self._take = self._watch.take
        rig.bench.on_received = self._received
        rig.operator.command = lambda kind, payload=b"": self._waiting.append((kind, payload))  # type: ignore[method-assign]
        self._watch.take = self._taken  # type: ignore[method-assign]

    def _received(self, t_us: int, data: bytes) -> None:
        t_ns = t_us * 1000
        for passed_ns in sorted(self._random.sample(range(self._now_ns, t_ns), k=min(3, t_ns - self._now_ns))):
            self._watch.passed(passed_ns)
            self._send()
        self._now_ns = t_ns
        if t_ns in self._deaf:
            return
        self._hear(t_us, data)
        while self._waiting:
            what, values = _asked(*self._waiting.pop(0))
            self._watch.command(t_ns, what, **values)
            self._send()

    def _taken(self) -> list[Record]:
        records = self._take()
        self.records += records
        return records

    def _send(self) -> None:
        for record in self._watch.take():
            if record.topic == "out":
                self._bench.send(record.data)


def _asked(kind: int, payload: bytes) -> tuple[str, dict[str, Any]]:
    """What a person would have asked for."""
    if kind == F.ARM:
        set_mw, set_us = (int.from_bytes(payload[at : at + 4], "little") for at in (0, 4))
        return "arm", {"set_w": set_mw / 1e3, "set_s": set_us / 1e6}
    if kind == F.ACKNOWLEDGE:
        return "acknowledge", {"new_treatment": bool(payload[0]), "who": "the rig", "why": "a new device"}
    return _NAMES[kind], {}


def recorded(folder: Path, seed: int, deaf: range = range(0)) -> tuple[About, list[Record]]:
    """A sonication of a second, that ends by a lost supply if the seed is odd, as the monitor would record it."""
    file = quick_limits(folder)
    limits: LimitsFile = load(file)
    with Rig(file, (Sonication(40.0, 1.0),)) as rig:
        tape = Tape(rig, seed, deaf)
        if seed % 2:
            rig.after_rf(500_000, "stop", "", lambda: rig.bench.force("supply", 0.0), 0)
        rig.run_plan(9_000_000)
    return About.of("rig", limits, compile_limits(limits), [ANY]), tape.records
