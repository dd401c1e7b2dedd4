"""Runs a live rig until it is told to end: `python -m sonofuse_hil.live`."""

import asyncio
import json
import os
import signal
import sys
import threading
from argparse import Namespace
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from pathlib import Path

from sonofuse import board_option
from sonofuse.board import Board
from sonofuse.console import BAD_INPUT, EXIT_CODES, OK, CommandError, Parser, serve, writable_folder
from sonofuse.limits import find

from ..clear import clear_errors
from ..platforms.process import RigError
from ..platforms.unix import Unix
from ..rig import Rig
from .rig import LiveRig
from .server import Server

_ABOUT = """\
Run the monitor's unmodified firmware on its bench in real time. Its link is a pseudo-terminal that any program opens
like a serial port (921600 baud); generator, faults, supply and plug are switched over a control socket, which takes
JSON lines (sonofuse_hil/live/control.py). Prints one JSON line when both are there, and ends by Ctrl-C or SIGTERM.
"""

_COMMISSIONED_US = 20_000_000


def main(arguments: Sequence[str]) -> int:
    """Run it with these arguments; returns the exit code."""
    return serve(_parser(), arguments)


def _parser() -> Parser:
    parser = Parser(prog="python -m sonofuse_hil.live", description=_ABOUT, epilog=EXIT_CODES)
    parser.add_argument("--link", metavar="PATH", type=Path, required=True, help="where the pseudo-terminal is found")
    parser.add_argument("--control", metavar="PATH", type=Path, required=True, help="where the control socket is found")
    parser.add_argument(
        "--limits",
        metavar="FILE",
        type=find,
        default=find("bone_metastasis"),
        help="limits in TOML, or the name of a file that ships (default: bone_metastasis)",
    )
    board_option.add_to(parser)
    parser.add_argument("--seed", metavar="N", type=int, default=1, help="of all noise (default: 1)")
    parser.add_argument("--commissioned", action="store_true", help="a device that is no new one: it boots SAFE")
    parser.add_argument("--until-eof", action="store_true", help="end when standard input does: with who started it")
    parser.add_argument("--micropython", metavar="PATH", default="", help="another MicroPython, unix port")
    parser.set_defaults(run=_run)
    return parser


def _run(asked: Namespace) -> int:
    if not 0 <= asked.seed < 1 << 32:
        raise CommandError(BAD_INPUT, f"--seed {asked.seed}: must be from 0 to 4294967295")
    link, control = asked.link.absolute(), asked.control.absolute()
    for path in (link, control):
        writable_folder(path.parent)
    board, on = board_option.chosen(asked.board), Unix(asked.micropython)
    with clear_errors(), ExitStack() as leave:
        flash = _commissioned(asked.limits, board, on) if asked.commissioned else None
        rig = leave.enter_context(LiveRig(link, asked.limits, board=board, seed=asked.seed, flash=flash, on=on))
        if asked.until_eof:
            threading.Thread(target=_end_with_input, name="standard input", daemon=True).start()
        asyncio.run(_live(rig, control))
    return OK


def _commissioned(limits: Path, board: Board | None, on: Unix) -> bytes:
    """What the latch of a device holds that was acknowledged once, made in virtual time.

    Raises:
        RigError: if it does not become SAFE.
    """
    with Rig(limits, board=board, on=on) as rig:
        if not rig.run_while(lambda: not rig.operator.finished, _COMMISSIONED_US):
            raise RigError("a new device does not become SAFE with these limits; try sonofuse hil run nominal")
        return bytes(rig.flash.data)


def _end_with_input() -> None:
    sys.stdin.buffer.read()
    os.kill(os.getpid(), signal.SIGTERM)


async def _live(rig: LiveRig, control: Path) -> None:
    """Run and serve until a signal ends it."""
    own = asyncio.current_task()
    assert own is not None
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, own.cancel)
    with suppress(asyncio.CancelledError):  # as it was told to
        try:
            async with asyncio.TaskGroup() as group, Server(rig, control, group):
                rig.step()  # boots the device: what is not there is missed now
                print(json.dumps(_ready(rig, control)), flush=True)
                await rig.run()
        except* (RigError, OSError) as failed:
            raise failed.exceptions[0] from None


def _ready(rig: LiveRig, control: Path) -> dict[str, object]:
    return {
        "link": str(rig.line.link),
        "terminal": rig.line.terminal,
        "control": str(control),
        "pid": os.getpid(),
        "limits": rig.limits.name,
        "limits_sha256": rig.blob[-32:].hex(),
        "board": rig.limits.board.name,
        "seed": rig.seed,
        "tier": rig.platform.tier,
    }
