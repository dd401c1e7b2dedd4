"""The whole monitor is killed at random instants, again and again, beside a device in real time."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sonofuse.live.recording import Recording
from sonofuse.live.replay import Replay
from sonofuse.live.watch import Watch
from sonofuse_hil.device import KEY
from tests.live.stage import LONG_S, Stage, stage, wait_for

KILLS = int(os.environ.get("SONOFUSE_KILLS", "200"))
BOUND_US = 250_000 + 1_000 + 2_000  # receipts, a tick, a token: the watcher says STOP before that
WORKER = Path(__file__).with_name("killed_monitor.py")


def low_within_us(on: Stage, killed_us: int) -> int:
    """From the kill, in the device's time, to the last permit edge."""
    wait_for(lambda: not any(p["edges"] for p in on.control.ask("snapshot")["permit"]), "permit low")
    last = [p["last_edge_us"] for p in on.control.ask("snapshot")["permit"]]
    return max(0, *(us - killed_us for us in last if us is not None))


@pytest.mark.slow
def test_whenever_the_monitor_is_killed_the_permit_falls_and_the_recording_is_whole(tmp_path: Path) -> None:
    chance = random.Random(1)
    worst_us, with_rf, heard = 0, 0, 0
    with stage(tmp_path, receipt="250 ms") as on:
        key = tmp_path / "device.key"
        key.write_text(KEY.hex(), encoding="ascii")
        key.chmod(0o600)
        for number in range(KILLS):
            folder = tmp_path / f"recording-{number}"
            command = [sys.executable, str(WORKER), on.port, str(on.limits), str(folder), str(tmp_path / "sessions.db")]
            worker = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)
            assert worker.stdout is not None
            until = time.monotonic() + LONG_S
            for line in worker.stdout:  # it says what has been acknowledged to it, and when RF is on
                said = json.loads(line)
                assert time.monotonic() < until, said
                if said["what"] == "ready":
                    break
            time.sleep(chance.uniform(0.0, 3.0))
            before = on.control.ask("snapshot")
            os.killpg(worker.pid, signal.SIGKILL)  # the page's process; the watcher is in a session of its own
            rest = [json.loads(line) for line in worker.stdout if line.endswith("}\n")]
            worker.wait()
            if any(p["edges"] for p in before["permit"]):
                with_rf += 1
                on.control.ask("generator", gate=False)
                worst_us = max(worst_us, low_within_us(on, int(before["t_us"])))
                assert worst_us <= BOUND_US, f"kill {number}: {worst_us} us"
            files = sorted(folder.glob("*.mcap"))
            assert files, f"kill {number}: no recording"
            recording = Recording(files[0])
            result = Replay(recording, Watch).run()
            assert result.same, f"kill {number}: {result.different or result.gap}"
            acknowledged = [said for said in rest if said["what"] == "acknowledged"]
            heard += len(acknowledged)
    print(f"{KILLS} kills, {with_rf} with RF on: worst {worst_us} us, bound {BOUND_US} us")
    assert with_rf > KILLS // 10
