"""G3 with a host that is a process of its own, at a serial port: killed, stopped, or with its cable out."""

import os
import pty
import random
import select
import signal
import struct
import subprocess
import sys
import time
import tty
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from sonofuse.link import Telemetry
from sonofuse_firmware.checks import CHECKS
from sonofuse_firmware.states import ON, TRIPPED
from sonofuse_hil.guarantees import g03
from sonofuse_hil.line import Ledger
from sonofuse_hil.measurement import Measurement
from sonofuse_hil.platforms.unix import UnixPlatform
from sonofuse_hil.rig import Rig
from sonofuse_hil.run import Stimulus

from .conftest import LimitsFiles

Measured = Callable[[Measurement], None]
ROOT = Path(__file__).parents[2]
RECEIPT = next(number for number, name, _, _ in CHECKS if name == "receipt")
STEP_US = 2_000
TO_ON_US = 4_000_000
WALL_S = 60.0  # outer kill: a host that does not answer for so long never will


class Post:
    """A rig whose device is at one end of a pseudo-terminal, and a host process at the other.

    While `fair`, the device's time waits for whatever an honest host would say now: only so is what happens the same on
    every machine. From when the host is wronged time goes on without it.
    """

    def __init__(self, rig: Rig) -> None:
        self.rig, self.ledger, self.fair = rig, Ledger(rig.blob), True
        self._master, slave = pty.openpty()
        tty.setraw(slave)
        os.set_blocking(self._master, False)
        self._owed = False  # an honest host has something to say
        self._clock = rig.folder / "clock"
        self._tell_time()
        limits = rig.folder / "limits.bin"
        command = [sys.executable, "-m", "tests.guarantees.pty_host", os.ttyname(slave), str(limits), str(self._clock)]
        self.host = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        self._slave = slave
        assert self.host.stdout is not None and self.host.stdout.readline() == "open\n"
        rig.bench.on_received = self._from_device

    def close(self) -> None:
        if self.host.poll() is None:
            self.host.kill()
        self.host.communicate()
        self.pull()

    def pull(self) -> None:
        """The cable is out."""
        for end in (self._master, self._slave):
            with suppress(OSError):
                os.close(end)
        self._master = self._slave = -1

    @property
    def seen(self) -> Telemetry | None:
        return self.ledger.telemetry

    def run(self, us: int, until: Callable[[], bool] = lambda: False) -> bool:
        """Run for a time, or until something is so: whether it is."""
        end_us = self.rig.now_us + us
        while self.rig.now_us < end_us and not until():
            self.rig.platform.run_until(self.rig.now_us + STEP_US)
            self._tell_time()
            self._to_device()
        return until()

    def strike(self, what: str, act: Callable[[], None]) -> None:
        """Do something to the host now, and go on without waiting for it."""
        self.rig.stimuli.append(Stimulus(self.rig.now_us, what, ""))
        self.fair = False
        act()

    def _tell_time(self) -> None:
        with self._clock.open("r+b" if self._clock.exists() else "wb") as file:
            file.write(struct.pack("<Q", 1_000 * self.rig.now_us))

    def _from_device(self, t_us: int, data: bytes) -> None:
        assert isinstance(self.rig.platform, UnixPlatform)
        self.ledger.clock_us = self.rig.platform.booted_us
        before = self.ledger.words
        self.ledger.heard(t_us, data)
        self._owed |= self.ledger.words != before
        with suppress(OSError):  # a line without flow control: what nobody takes is lost
            os.write(self._master, data)

    def _to_device(self) -> None:
        if self._master < 0:
            return
        if self.fair and self._owed:
            ready, _, _ = select.select([self._master], [], [], WALL_S)
            assert ready, f"the host said nothing for {WALL_S:.0f} s: {self.host.poll()}"
            self._owed = False
        with suppress(BlockingIOError):
            data = os.read(self._master, 65_536)
            self.ledger.said(self.rig.now_us, data)
            self.rig.bench.send(data)


@contextmanager
def posted(limits: Path) -> Generator[Post, None, None]:
    with Rig(limits) as rig:
        post = Post(rig)
        try:
            yield post
        finally:
            post.close()


@contextmanager
def treating(limits: Path, delay_us: int) -> Generator[Post, None, None]:
    """A host process that treats: RF has been on for a time."""
    with posted(limits) as post:
        assert post.run(TO_ON_US, lambda: post.seen is not None and post.seen.state == ON), post.seen
        post.run(delay_us)
        assert post.host.poll() is None and post.ledger.confirmed
        yield post


def judge(measured: Measured, post: Post, limits: Path, text: str) -> None:
    found = g03.outcome(post.rig, post.ledger)
    blob = post.rig.blob
    measured(g03.unconfirmed("host process gone", found, blob, text))
    measured(g03.since("host process gone", found, 0, blob, text))
    measured(g03.not_tripped(found, (RECEIPT,), text))


def kill(post: Post) -> None:
    post.host.kill()
    post.host.wait(WALL_S)


def stop(post: Post) -> None:
    """A process that hangs; it is stopped when the system says so."""
    os.kill(post.host.pid, signal.SIGSTOP)
    until_s = time.monotonic() + WALL_S
    while Path(f"/proc/{post.host.pid}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()[0] != "T":
        assert time.monotonic() < until_s


WRONGS: dict[str, Callable[[Post], None]] = {"kill -9": kill, "SIGSTOP": stop, "cable out": Post.pull}


def prove(measured: Measured, limits: Path, what: str, delay_us: int) -> None:
    with treating(limits, delay_us) as post:
        post.strike(what, lambda: WRONGS[what](post))
        post.run(400_000)
        judge(measured, post, limits, f"{what} {delay_us} us after RF")


pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="not run: pseudo-terminals are used as on Linux")


@pytest.mark.parametrize(("what", "delay_us"), [("kill -9", 61_000), ("SIGSTOP", 33_000), ("cable out", 90_000)])
def test_a_host_process_that_is_gone(what: str, delay_us: int, limits_files: LimitsFiles, measured: Measured) -> None:
    prove(measured, limits_files.hosted, what, delay_us)


@pytest.mark.slow
@pytest.mark.parametrize("what", WRONGS)
def test_a_host_process_that_is_gone_at_any_moment(what: str, limits_files: LimitsFiles, measured: Measured) -> None:
    rng = random.Random(what)
    for _ in range(30):
        prove(measured, limits_files.hosted, what, rng.randrange(2_000, 900_000))


def test_a_host_process_that_does_its_work_does_not_trip(limits_files: LimitsFiles) -> None:
    """Nor one that stands still for a moment."""
    with treating(limits_files.hosted, 700_000) as post:
        post.strike("a moment", lambda: stop(post))
        post.run(60_000)
        os.kill(post.host.pid, signal.SIGCONT)
        post.fair = True
        post.run(400_000)
        assert post.seen is not None and post.seen.state == ON
        found = g03.outcome(post.rig, post.ledger)
        assert found.confirmed[-1][1] > post.rig.now_us - 60_000


def test_a_host_process_that_wakes_up_again_starts_nothing(limits_files: LimitsFiles) -> None:
    with treating(limits_files.hosted, 50_000) as post:
        post.strike("SIGSTOP", lambda: stop(post))
        post.run(400_000)
        edges = [post.rig.result().bursts(switch) for switch in (0, 1)]
        os.kill(post.host.pid, signal.SIGCONT)
        post.run(1_000_000)
        assert post.seen is not None and post.seen.state == TRIPPED
        assert [post.rig.result().bursts(switch) for switch in (0, 1)] == edges
