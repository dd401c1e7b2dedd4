"""One MicroPython VM as a process, with two pipes to wake each other and a memory that both see (vm/_ops.py)."""

import atexit
import ctypes
import importlib
import mmap
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from .. import device
from .vm import _ops

if TYPE_CHECKING:
    from ..scenario import Outcome

HUNG_CPU_S = 0.1  # CPU time without a call of a shim that means hung
BOOT_CPU_S = 2.0  # the same until the first telemetry: a slow machine compiles the firmware for longer
_WALL_S = 60.0  # outer kill: a VM that gets no CPU and says nothing for this long
_POLL_MS = 50
_PR_SET_PDEATHSIG = 1  # linux/prctl.h


class RigError(Exception):
    """The rig itself cannot go on; the text says what to do. `seen`: what a scenario showed until then."""

    seen: "Outcome | None" = None


@cache
def _zygote() -> socket.socket:
    try:
        importlib.import_module("micropython_run")
    except ImportError as problem:
        raise RigError(
            "no MicroPython found: install sonofuse[hil] on Linux x86-64 or macOS arm64, or give --micropython PATH"
        ) from problem
    ours, theirs = socket.socketpair()
    process = subprocess.Popen(
        [sys.executable, "-m", "sonofuse_hil.platforms.zygote", str(theirs.fileno())],
        pass_fds=[theirs.fileno()],
        start_new_session=True,  # Ctrl-C is the rig's to handle
    )
    theirs.close()

    def close() -> None:
        ours.close()
        process.wait(10)

    atexit.register(close)
    return ours


def _start_external(program: str, script: Path, modules: str, log: Path, wires: tuple[int, int, int]) -> int:
    libc = ctypes.CDLL(None)

    def move() -> None:  # in the child, before it becomes the VM
        if sys.platform == "linux":  # it ends with the thread that started it, also if it hangs; elsewhere it goes on
            libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        for number, wire in zip((103, 104, 105), wires, strict=True):
            os.dup2(wire, number)
        for number in (3, 4, 5):
            os.dup2(100 + number, number)
            os.set_inheritable(number, True)

    with log.open("ab") as output:
        try:
            process = subprocess.Popen(
                [program, str(script)],
                cwd=script.parent,
                env=os.environ | {"MICROPYPATH": modules},
                stdout=output,
                stderr=output,
                preexec_fn=move,
                close_fds=False,
            )
        except OSError as problem:
            raise RigError(
                f"no MicroPython at {program}: {problem.strerror}; --micropython takes a program"
            ) from problem
    return process.pid


class Vm:
    """A running firmware.

    Args:
        folder: the device's files; `script` in it is run.
        program: an external MicroPython, or "" for the one that is installed with the rig.

    Raises:
        RigError: if no MicroPython can be started.
    """

    def __init__(self, folder: Path, script: str = "main.py", program: str = "") -> None:
        request_r, request_w = os.pipe()
        reply_r, reply_w = os.pipe()
        self._requests, self._replies = request_r, reply_w
        self.log = folder / "vm.log"
        with tempfile.TemporaryFile(dir=folder) as file:
            file.truncate(_ops.BYTES)
            self.memory = mmap.mmap(file.fileno(), _ops.BYTES)
            theirs = (request_w, reply_r, file.fileno())
            modules = f"{device.vm_modules()}:{folder}"
            try:
                if program:
                    self.pid = _start_external(program, folder / script, modules, self.log, theirs)
                else:
                    channel = _zygote()
                    text = "\0".join((str(folder / script), str(folder), modules, str(self.log)))
                    socket.send_fds(channel, [text.encode()], list(theirs))
                    self.pid = int(channel.recv(32))
            finally:
                os.close(request_w)
                os.close(reply_r)
        self.words = memoryview(self.memory).cast("I")
        self._poll = select.poll()
        self._poll.register(self._requests, select.POLLIN)
        self._unheard = program  # an external program that has not said anything yet
        self.patience_s = BOOT_CPU_S
        self.alive = True

    def request(self) -> bool:
        """Wait for the next request; False when the firmware hung or ended (the VM is then gone)."""
        if not self._poll.poll(_POLL_MS) and not self._wait():
            self.kill()
            return False
        if not os.read(self._requests, 1):
            self.kill()
            if self._unheard:
                raise RigError(f"{self._unheard}: ended without a word; is it MicroPython, unix port, with ffi?")
            return False
        self._unheard = ""
        return True

    def _wait(self) -> bool:
        """The slow path: whether a request arrived before the VM used up its CPU time."""
        began_s, began_cpu_s = time.monotonic(), self._cpu()
        while not self._poll.poll(10):
            if self._cpu() - began_cpu_s > self.patience_s:
                return False
            if time.monotonic() - began_s > _WALL_S:
                raise RigError(f"the VM got no processor time for {_WALL_S:.0f} s; is the machine overloaded?")
        return True

    def _cpu(self) -> float:
        try:
            used = psutil.Process(self.pid).cpu_times()
        except psutil.Error:
            return float("inf")
        return used.user + used.system

    def answer(self) -> None:
        """The answer is in the memory: let the firmware go on."""
        try:
            os.write(self._replies, b"!")
        except BrokenPipeError:
            self.kill()

    def kill(self) -> None:
        if self.alive:
            self.alive = False
            try:
                os.kill(self.pid, signal.SIGKILL)
            except ProcessLookupError:
                self.alive = False  # it had ended by itself

    def close(self) -> None:
        self.kill()
        for wire in (self._requests, self._replies):
            os.close(wire)
