"""The monitor, or its watcher, is killed at random instants, again and again, beside a device in real time."""

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from sonofuse.live.replay import Replay
from sonofuse.live.watch import Watch
from tests.live import told
from tests.live.killed_monitor import ENDS, WATCHER
from tests.live.stage import LONG_S, Stage, stage, wait_for

KILLS = int(os.environ.get("SONOFUSE_KILLS", "200"))
FEW = 4
BOUND_US = 250_000 + 1_000 + 2_000  # receipts, a tick, a token: the watcher says STOP before that
WORKER = Path(__file__).with_name("killed_monitor.py")
LATER, AT_ONCE = "later", "at once"
MOMENTS = (LATER, LATER, LATER, AT_ONCE, "begun", "on", "ended")  # of a kill; at once when something was told
LONGEST_S = 3.0  # until LATER


@dataclass
class Kills:
    """What the kills of the monitor, or of the watcher, came to."""

    kills: int = 0
    with_rf: int = 0
    low_us: list[int] = field(default_factory=list[int])
    lost_ms: list[float] = field(default_factory=list[float])
    facts: int = 0
    decisions: int = 0

    def row(self, name: str) -> str:
        low_ms, lost_ms = max(self.low_us, default=0) / 1e3, max(self.lost_ms, default=0.0)
        return (
            f"{name}: {self.kills} kills, {self.with_rf} with RF; worst {low_ms:.1f} ms to low (bound "
            f"{BOUND_US / 1e3:g} ms); at most {lost_ms:.0f} ms of the recording lost; {self.facts} facts told, all "
            f"kept; {self.decisions} decisions replayed, all the same"
        )


def edges(on: Stage) -> tuple[int, bool, list[int]]:
    """The rig's time, whether RF is permitted, and the last edges, in its time."""
    snapshot = on.control.ask("snapshot")
    last = [permit["last_edge_us"] for permit in snapshot["permit"] if permit["last_edge_us"] is not None]
    return int(snapshot["t_us"]), any(permit["edges"] for permit in snapshot["permit"]), last


@contextmanager
def worker_on(on: Stage, folder: Path, sessions: Path) -> Iterator["subprocess.Popen[str]"]:
    """A monitor at work, in a session of its own; its watcher is in another."""
    command = [sys.executable, str(WORKER), on.port, str(on.limits), str(folder), str(sessions)]
    worker = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True)
    too_long = threading.Timer(LONG_S, worker.kill)
    too_long.start()
    try:
        yield worker
    finally:
        too_long.cancel()
        worker.kill()
        worker.wait()


def one_kill(on: Stage, folder: Path, sessions: Path, chance: random.Random, kills: Kills, watcher: bool) -> set[Any]:
    """Kill one, and look at all that is left; what had been told."""
    with worker_on(on, folder, sessions) as worker:
        assert worker.stdout is not None
        said: list[dict[str, Any]] = []

        def until(*wanted: str) -> dict[str, Any]:
            assert worker.stdout is not None
            for line in worker.stdout:
                said.append(json.loads(line))
                if said[-1]["what"] in wanted:
                    return said[-1]
            raise AssertionError(f"the worker has ended: {said}")

        pid = int(until(WATCHER)["pid"])
        until("acknowledged", "begun")
        moment = chance.choice(MOMENTS)
        if moment == LATER:
            time.sleep(chance.uniform(0.0, LONGEST_S))
        elif moment != AT_ONCE:
            until(moment)
        before_us, permitted, _ = edges(on)
        os.kill(pid if watcher else worker.pid, signal.SIGKILL)
        killed_ns = time.monotonic_ns()
        if watcher:
            until(ENDS)
            worker.kill()
        worker.wait()
        after_us, _, _ = edges(on)
        said += [json.loads(line) for line in worker.stdout if line.endswith("}\n")]
    wait_for(lambda: not edges(on)[1], "permit low")
    if permitted:
        last_us = max(edges(on)[2])
        kills.with_rf += 1
        kills.low_us.append(max(0, last_us - before_us))
        assert last_us <= after_us + BOUND_US, (
            f"low {last_us - before_us} us after the kill, which took until {after_us}"
        )
    recording = told.read(folder)
    result = Replay(recording, Watch).run()
    assert result.same, result.different or result.gap
    records = list(recording.records())
    assert not told.missing_in(records, said), told.missing_in(records, said)
    kills.kills += 1
    kills.lost_ms.append(max(0.0, (killed_ns - records[-1].t_ns) / 1e6))
    kills.decisions += result.summary.decisions
    facts = told.facts_told(said)
    kills.facts += len(facts)
    return facts


def kill_again_and_again(folder: Path, number: int) -> tuple[Kills, Kills]:
    """Half of the kills are the monitor's, half the watcher's. After each all facts of all before are looked for."""
    chance = random.Random(1)
    of_monitor, of_watcher = Kills(), Kills()
    sessions = folder / "sessions.db"
    facts: set[Any] = set()
    with stage(folder, receipt="250 ms") as on:
        for kill in range(number):
            watcher = kill % 2 == 1
            kills = of_watcher if watcher else of_monitor
            facts |= one_kill(on, folder / f"recording-{kill}", sessions, chance, kills, watcher)
            lost = facts - told.facts_kept(sessions)
            assert not lost, f"kill {kill}: {lost}"
    print(of_monitor.row("monitor"))
    print(of_watcher.row("watcher"))
    return of_monitor, of_watcher


def test_what_was_told_is_kept_and_the_permit_falls_when_a_process_is_killed(tmp_path: Path) -> None:
    of_monitor, of_watcher = kill_again_and_again(tmp_path, FEW)
    assert of_monitor.kills == of_watcher.kills == FEW // 2
    assert of_monitor.facts > FEW // 2 and of_watcher.facts > FEW // 2


def test_what_is_missing_in_a_recording_is_noticed() -> None:
    said = [
        {"what": "acknowledged", "who": "AB/ENG", "why": "gel renewed"},
        {"what": "on"},
        {"what": "ended", "outcome": "finished"},
    ]
    assert [line.split(":")[0] for line in told.missing_in([], said)] == [
        "acknowledged",
        "1 acknowledgements told, 0 answered",
        "1 starts told, 0 answered",
        "1 ends told, 0 seen",
    ]


@pytest.mark.slow
def test_two_hundred_kills(tmp_path: Path) -> None:
    of_monitor, of_watcher = kill_again_and_again(tmp_path, KILLS)
    for kills in (of_monitor, of_watcher):
        assert kills.with_rf > kills.kills // 10
        assert kills.facts > 2 * kills.kills
