"""Starts MicroPython VMs in a millisecond: a small process that has loaded the VM once and forks for every run.

Forking here and not in the rig keeps the rig's threads and memory out of the child. The protocol on the inherited
socket: a message of three file descriptors (requests, answers, the memory that both sides see) and four texts (script,
folder, path of modules, log file); the answer is the child's process id.
"""

import contextlib
import ctypes
import importlib
import mmap
import os
import signal
import socket
import sys


def _become(message: bytes, wires: list[int]) -> None:
    """In the child: take the wires as descriptors 3, 4 and 5, map the memory, and run the script."""
    import micropython_run

    script, folder, modules, log = message.decode().split("\0")
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(output, 1)
    os.dup2(output, 2)
    high = [os.dup(fd) for fd in (wires[0], wires[1], wires[2])]
    moved = [fd + 100 for fd in range(3)]
    for source, target in zip(high, moved, strict=True):
        os.dup2(source, target)
    for number, source in zip((3, 4, 5), moved, strict=True):
        os.dup2(source, number)
    os.closerange(6, 256)
    memory = mmap.mmap(5, 0)
    os.environ["SONOFUSE_WIRE"] = str(ctypes.addressof(ctypes.c_char.from_buffer(memory)))
    os.chdir(folder)
    os.environ["MICROPYPATH"] = modules
    micropython_run.run_main(["micropython", script])


def serve(channel: socket.socket) -> None:
    """Fork a VM for each message until the rig closes the channel."""
    importlib.import_module("micropython_run")  # once, before every fork

    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel reaps; the rig sees an end as end of file
    while True:
        message, wires, _, _ = socket.recv_fds(channel, 65536, 3)
        if not message:
            return
        pid = os.fork()
        if pid == 0:
            try:
                _become(message, wires)
            except OSError:
                os._exit(1)  # the rig is gone, and its folder with it
            os._exit(0)
        for wire in wires:
            os.close(wire)
        channel.send(str(pid).encode())


if __name__ == "__main__":
    with contextlib.suppress(ConnectionError):  # the rig may go in the middle of a message
        serve(socket.socket(fileno=int(sys.argv[1])))
    os.killpg(os.getpid(), signal.SIGKILL)  # and every VM with it: one that hangs does not see that the rig is gone
