"""Ports that are no board of ours: something at the other end of a pseudo-terminal that answers as it is told."""

import json
import os
import re
import threading
import tty
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_END = b"\xff"
_RECEIVE = re.compile(rb"receive\([^)]*, (\d+)\)\x04")

PICO: dict[str, dict[str, Any]] = {
    "identify": {
        "name": "micropython",
        "version": [1, 28, 0],
        "machine": "Raspberry Pi Pico with RP2040",
        "mpy": 4870,
    },
    "look": {"files": [], "loader": "", "record": "", "high": 0, "chip": "e6614103e7452d2f", "key": ""},
    "digests": {},
}


@dataclass
class Port:
    """A pseudo-terminal; `calls` are the functions of on_device.py that were called."""

    name: str
    calls: list[str] = field(default_factory=list[str])


@contextmanager
def port(answers: dict[str, Any] | None) -> Generator[Port]:
    """A raw REPL that answers each function with a value; None is a port where nobody answers, an exception's text in
    an answer (`{"raise": …}`) is raised there, and `{"unplug": True}` ends the connection."""
    ours, theirs = os.openpty()
    tty.setraw(theirs)
    made = Port(os.ttyname(theirs))
    thread = threading.Thread(target=_serve, args=(ours, theirs, answers, made.calls), daemon=True)
    thread.start()
    try:
        yield made
    finally:
        if Path(made.name).exists():
            end = os.open(made.name, os.O_WRONLY | os.O_NOCTTY)
            os.write(end, _END)
            os.close(end)
        thread.join(10)


def _serve(ours: int, theirs: int, answers: dict[str, Any] | None, calls: list[str]) -> None:
    heard = b""
    try:
        while True:
            heard += os.read(ours, 1024)
            if heard.endswith(_END):
                return
            if answers is None:
                continue
            if heard.endswith(b"\x05A\x01"):
                os.write(ours, b"R\x00")  # raw paste is known, and not supported
                heard = b""
            elif heard.endswith(b"\r\x01"):
                os.write(ours, b"raw REPL; CTRL-B to exit\r\n>")
                heard = b""
            elif call := _RECEIVE.match(heard):  # the file's own bytes come behind it
                if len(heard) == len(call[0]):
                    os.write(ours, b"OK")
                elif len(heard) == len(call[0]) + int(call[1]):
                    _answer(ours, "receive(", answers, calls)
                    heard = b""
            elif heard.endswith(b"\x04"):
                os.write(ours, b"OK")
                if not _answer(ours, heard[:-1].decode(), answers, calls):
                    return
                heard = b""
    finally:
        os.close(ours)
        os.close(theirs)


def _answer(ours: int, command: str, answers: dict[str, Any], calls: list[str]) -> bool:
    function = command.partition("(")[0]
    if "\n" in command:  # on_device.py itself
        function = "import"
    calls.append(function)
    said = answers.get(function)
    if isinstance(said, dict) and "unplug" in said:
        return False
    if isinstance(said, dict) and "raise" in said:
        text = f'Traceback (most recent call last):\n  File "<stdin>"\n{said["raise"]}\n'
        os.write(ours, b"\x04" + text.encode() + b"\x04>")
    else:
        os.write(ours, ("" if said is None else json.dumps(said)).encode() + b"\r\n\x04\x04>")
    return True
