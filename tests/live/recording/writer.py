"""Records in processes of their own, to be killed at any moment: `python -m tests.live.recording.writer`.

It forks a fresh recorder for each line on its standard input: a folder, and a named pipe on which the child tells what
it has put. Everything has been imported by then, so that a child begins at once.
"""

import os
import signal
import struct
import sys
import time
from pathlib import Path

from sonofuse.live.record import Record
from sonofuse.live.recorder import Recorder

from .made import SMALL

TOLD = struct.Struct("<cq")  # what was told, and a number: P a process, R a record was put, T a trip is kept
EVERY = 40  # records, then a trip


def child(folder: Path, pipe: int) -> None:
    """Put a record every millisecond, now and then a trip; wait until that is kept, and say so."""
    os.write(pipe, TOLD.pack(b"P", os.getpid()))
    recorder = Recorder(folder, SMALL)
    number = 0
    while True:
        number += 1
        t_ns = time.monotonic_ns()
        if number % EVERY:
            recorder.put(Record(t_ns, "in", number.to_bytes(4, "little") * 6))
            os.write(pipe, TOLD.pack(b"R", t_ns))
        else:
            recorder.put(Record.of(t_ns, "event", {"what": "state", "state": "TRIPPED", "cause": 1025}))
            os.write(pipe, TOLD.pack(b"R", t_ns))
            if recorder.flush(10):
                os.write(pipe, TOLD.pack(b"T", t_ns))
        time.sleep(0.001)


def main() -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for those that were killed
    for line in sys.stdin:
        folder, pipe = line.split()
        if os.fork() == 0:
            child(Path(folder), os.open(pipe, os.O_WRONLY))


if __name__ == "__main__":
    main()
