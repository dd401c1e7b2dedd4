"""How long "off" takes from `SecondSwitch.trip` on: python -m tests.live.generators.off_times [TRIALS]

Prints a distribution, judges nothing. Three ways to an instrument: pyvisa-sim in this process, a TCP socket to another
process, and OpenLIFU's SDK to a pseudo-terminal. Each idle, and beside a thread of this process that never rests.
"""

import os
import random
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from multiprocessing import Process, Queue
from pathlib import Path
from queue import Empty
from unittest.mock import patch

import numpy as np

from sonofuse.live.generators import lifu_file, openlifu
from sonofuse.live.generators.calls import Connect
from sonofuse.live.generators.instrument import Instrument, load
from sonofuse.live.generators.orders import READ_EVERY_S
from sonofuse.live.generators.scpi import ScpiGenerator
from sonofuse.live.generators.second_switch import SecondSwitch
from sonofuse.live.generators.visa import Session
from tests.live.generators import sim
from tests.live.generators.lifu_device import plugged_in
from tests.live.generators.test_instrument import OWN
from tests.live.generators.test_second_switch import LAST_S, until

Way = tuple[Connect, Callable[[], list[float]]]  # a generator, and when it heard "off", s of the monotonic clock


@contextmanager
def simulated() -> Iterator[Way]:
    heard: list[float] = []

    def told(session: Session, command: str) -> None:
        tell(session, command)  # the simulation has done it when this returns
        if command == own.off:
            heard.append(time.monotonic())

    own, tell = _instrument(), Session.tell
    with patch.object(Session, "tell", told):
        yield lambda: ScpiGenerator(own, sim.KEYSIGHT, sim.BENCH), lambda: heard


@contextmanager
def over_tcp() -> Iterator[Way]:
    times: Queue[float] = Queue()
    server = socket.create_server(("127.0.0.1", 0))
    process = Process(target=_instrument_process, args=(server, times), daemon=True)
    process.start()
    resource = f"TCPIP0::127.0.0.1::{server.getsockname()[1]}::SOCKET"
    heard: list[float] = []

    def so_far() -> list[float]:
        heard.append(times.get(timeout=LAST_S))
        with suppress(Empty):
            while True:
                heard.append(times.get_nowait())
        return heard

    own = _instrument()
    try:
        yield lambda: ScpiGenerator(own, resource), so_far
    finally:
        process.terminate()


@contextmanager
def over_openlifu() -> Iterator[Way]:
    file = lifu_file.load(lifu_file.DEMO)
    with tempfile.TemporaryDirectory() as home, plugged_in() as device:
        os.environ["HOME"] = home
        yield lambda: openlifu.connect(file), lambda: device.stopped_s


def _instrument() -> Instrument:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "own.toml"
        file.write_text(OWN, encoding="utf-8")
        return load(str(file))


def _instrument_process(server: socket.socket, times: "Queue[float]") -> None:
    """Two variables that speak SCPI."""
    level, output = "0.1", "0"

    def serve(line: socket.socket) -> None:
        nonlocal level, output
        for command in line.makefile("r"):
            match command.split():
                case ["*IDN?"]:
                    answer = "Agilent Technologies,33522A,1,1"
                case ["SYST:ERR?"]:
                    answer = '+0,"No error"'
                case ["SOUR1:VOLT?"]:
                    answer = level
                case ["OUTP1?"]:
                    answer = output
                case ["SOUR1:VOLT", level]:
                    continue
                case ["OUTP1", output]:
                    if output == "0":
                        times.put(time.monotonic())
                    continue
                case _:
                    continue
            line.sendall(f"{answer}\n".encode())

    while True:
        line, _ = server.accept()
        threading.Thread(target=serve, args=(line,), daemon=True).start()


@contextmanager
def busy(yes: bool) -> Iterator[None]:
    ended = threading.Event()

    def spin() -> None:
        count = 0
        while not ended.is_set():
            count += 1

    if yes:
        threading.Thread(target=spin, daemon=True).start()
    yield
    ended.set()


def trips(connect: Connect, offs: Callable[[], list[float]], trials: int) -> tuple[list[float], list[float]]:
    """From each trip until the instrument heard "off", and until the output was known to be off, s."""
    chance = random.Random(1)
    switch = SecondSwitch(connect)
    switch.start()
    until(lambda: switch.state().output is False)
    heard, known = [], []
    for _ in range(trials):
        while said := switch.set_point(20.0) or switch.on():
            print(f"not on: {said}")
            until(lambda: switch.acknowledge() == "")
        until(lambda: switch.state().output is True or switch.state().tripped)
        if switch.state().tripped:
            print(f"tripped by itself: {switch.state().trouble}")
            continue
        time.sleep(chance.uniform(0, READ_EVERY_S))  # anywhere between two readings
        begin_s = time.monotonic()
        switch.trip()
        while switch.state().output is not False:
            time.sleep(0.0002)
        known.append(time.monotonic() - begin_s)
        while not (after := [off_s - begin_s for off_s in offs() if off_s >= begin_s]):
            pass
        heard.append(min(after))
        until(lambda: switch.acknowledge() == "")
    switch.close()
    return heard, known


def main(trials: int) -> None:
    print(f"{trials} trips each, ms: median, 99 %, worst; load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    for name, way in (("pyvisa-sim", simulated), ("TCP", over_tcp), ("OpenLIFU SDK", over_openlifu)):
        for loaded in (False, True):
            with way() as (connect, offs), busy(loaded):
                heard, known = trips(connect, offs, trials)
            for what, seconds in (("heard", heard), ("known", known)):
                median, most, worst = 1000 * np.quantile(seconds, [0.5, 0.99, 1.0])
                beside = "busy" if loaded else "idle"
                print(f"{name:13} {beside}  {what}  {median:8.2f} {most:8.2f} {worst:8.2f}", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200)
