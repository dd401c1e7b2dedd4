"""The command line: `sonofuse check | build | flash | monitor | replay | session | log | hil`."""

import importlib
import json
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Sequence
from functools import partial
from io import StringIO
from pathlib import Path
from typing import TextIO

from sonofuse.board_option import add_to, chosen
from sonofuse.console import BAD_INPUT, ENVIRONMENT, EXIT_CODES, CommandError, Parser, package_version, serve, tell
from sonofuse.image import commands as images
from sonofuse.limits import commands, find
from sonofuse.live.sessions import commands as sessions
from sonofuse.log_view import log

_RIG = "sonofuse_hil"
_FILE = "limits in TOML, or the name of a file that ships"
_CHECK = """\
Read a limits file and print what a person needs to know: hazards that the board has no signal for, the whole chain of
each other hazard against its time budget, and every limit with its guard band. With --diff: what became looser.
"""
_BUILD = """\
Compile a limits file into limits.bin, which the firmware and the checker read, and limits.json, which says the same
with names; and the firmware for the board that the limits name, with a manifest of all files. Every file is written
whole or not at all, the manifest last. The same input gives the same bytes.
"""
_FLASH = """\
Bring an image that `sonofuse build` made onto a board in service mode (service jumper closed at reset). The new set of
files is written beside the one that runs, read back, and switched to in one step; nothing is written if the board has
it already. Broken off at any moment the board runs the old set or the new one; run it again to finish.
The board also gets its key, without which nothing can be started: the one in --key FILE, or the one that this computer
keeps for that chip in $XDG_CONFIG_HOME/sonofuse/keys (~/.config), made there if there is none. Nothing ever prints it.
"""
_LOG = """\
Read a device's own log over its link: its state, what it is made of, and its last trips with what every sensor said in
the second before. The device kept them by itself; no host need have been there. It answers while the permit is low.
"""
_REPLAY = """\
Read a recording of the live monitor, hold every message against its chain, and run what came from the device through
the host's kernel again: each decision, event and byte that was sent must come out the same. A recording of several
parts is read as one, by the name of any of them.
"""
_SESSION = """\
Treatments of patients, by pseudonym: what was planned, done, delivered and acknowledged, in one file that only grows.
`sonofuse monitor` adds to it, and starts no sonication that it forbids. docs/sessions.md explains it.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code (the list is in --help)."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given[:1] == ["hil"]:
        return _hil(given[1:])
    return serve(_parser(), given)


def _parser() -> Parser:
    parser = Parser(
        prog="sonofuse",
        description="A fuse for sonication: limits, firmware and rig of a safety monitor. Research use only.",
        epilog=EXIT_CODES,
    )
    parser.add_argument("--version", action="version", version=f"sonofuse {package_version()}")
    verbs = parser.add_subparsers(title="verbs", metavar="VERB", required=True)
    check = verbs.add_parser("check", help="check a limits file, or say what became looser", description=_CHECK)
    check.add_argument("file", metavar="FILE", type=find, help=_FILE)
    check.add_argument("--diff", metavar="OLD", type=find, help="compare with this older limits file")
    add_to(check)
    check.add_argument("--json", action="store_true", help="print one JSON object")
    check.set_defaults(run=_check)
    build = verbs.add_parser("build", help="compile a limits file for the firmware", description=_BUILD)
    build.add_argument("file", metavar="FILE", type=find, help=_FILE)
    build.add_argument(
        "-o", "--out", metavar="DIR", type=Path, required=True, help="folder to write to, made if missing"
    )
    add_to(build)
    build.add_argument("--uf2", metavar="FILE", type=Path, help="the only MicroPython that the image shall run on")
    build.add_argument("--json", action="store_true", help="print one JSON object")
    build.set_defaults(run=_build)
    _flash_verb(verbs.add_parser("flash", help="bring an image onto a board", description=_FLASH))
    _log_verb(verbs.add_parser("log", help="read what a device keeps of itself and its last trips", description=_LOG))
    _monitor_verb(verbs.add_parser("monitor", help="watch a device live: receipts, page, recording, STOP"))
    _replay_verb(verbs.add_parser("replay", help="run a recording through the kernel again", description=_REPLAY))
    sessions.add_to(verbs.add_parser("session", help="treatments: plans, what was done, totals", description=_SESSION))
    verbs.add_parser("hil", help="run the rig: scenarios, faults, recorded signals, demo", add_help=False)
    return parser


def _monitor_verb(monitor: ArgumentParser) -> None:
    try:
        verb = importlib.import_module("sonofuse.live.monitor_verb")
    except ModuleNotFoundError as missing:  # what it records with is an extra
        text = f'the monitor is not installed (no module {missing.name}): pip install "sonofuse[live]"'
        monitor.set_defaults(run=partial(_not_installed, text))
    else:
        monitor.description = verb.ABOUT
        verb.add_to(monitor)


def _not_installed(text: str, _asked: Namespace) -> int:
    raise CommandError(ENVIRONMENT, text)


def _flash_verb(flash: ArgumentParser) -> None:
    flash.add_argument("image", metavar="DIR", type=Path, help="what sonofuse build wrote")
    flash.add_argument("--port", help="serial port of the board (default: the one board that is plugged in)")
    flash.add_argument(
        "--key", metavar="FILE", type=Path, help="the device's key, 64 hexadecimal digits (default: the one kept here)"
    )
    flash.add_argument("--new-key", action="store_true", help="also in place of another key on the board")
    flash.add_argument("--dry-run", action="store_true", help="say what would be written, and write nothing")
    flash.add_argument(
        "--replace", action="store_true", help="also over firmware for another board, or over another program"
    )
    flash.add_argument("--uf2", metavar="FILE", type=Path, help="first install this MicroPython on a blank board")
    flash.add_argument("--drive", metavar="FOLDER", type=Path, help="where the drive of the blank board is mounted")
    flash.add_argument("--json", action="store_true", help="print one JSON object")
    flash.set_defaults(run=images.flash)


def _log_verb(shown: ArgumentParser) -> None:
    shown.add_argument("--port", required=True, help="serial port of the device's link (not its USB)")
    shown.add_argument("--board", metavar="NAME_OR_FILE", help="its board, where the manifest names none that is known")
    shown.add_argument("--csv", metavar="FOLDER", type=Path, help="also write every trip's last second as CSV")
    shown.add_argument("--json", action="store_true", help="print one JSON object")
    shown.set_defaults(run=log)


def _replay_verb(shown: ArgumentParser) -> None:
    shown.add_argument("file", metavar="FILE", type=Path, help="a recording (.mcap), or any part of one")
    shown.add_argument("--head", metavar="HEX", default="", help="that a session kept: it must come in the recording")
    shown.add_argument("--json", action="store_true", help="print one JSON object")
    shown.set_defaults(run=_replay)


def _check(asked: Namespace) -> int:
    board = chosen(asked.board)
    if asked.diff is not None:
        return _printed(lambda out: commands.compare(asked.diff, asked.file, out, asked.json, board), asked.json)
    return _printed(lambda out: commands.check(asked.file, out, asked.json, board), asked.json)


def _build(asked: Namespace) -> int:
    board = chosen(asked.board)
    return _printed(lambda out: images.build(asked.file, asked.out, asked.uf2, out, asked.json, board), asked.json)


def _printed(command: Callable[[TextIO], int], as_json: bool) -> int:
    """Run a command; what it says about wrong input or an unwritable folder goes to stderr, or into the JSON object."""
    out = StringIO()
    code = command(out)
    if code not in (BAD_INPUT, ENVIRONMENT):
        sys.stdout.write(out.getvalue())
    elif as_json:
        said = json.loads(out.getvalue())
        print(json.dumps({"error": "the file is not usable", "exit_code": code, **said}, indent=2))
    else:
        sys.stderr.write(out.getvalue())
    return code


def _replay(asked: Namespace) -> int:
    try:
        from sonofuse.live.replay_view import replay
    except ModuleNotFoundError as missing:
        text = f'the live monitor is not installed (no module {missing.name}): pip install "sonofuse[live]"'
        raise CommandError(ENVIRONMENT, text) from missing
    return replay(asked)


def _hil(arguments: Sequence[str]) -> int:
    try:
        rig = importlib.import_module(f"{_RIG}.cli")
    except ModuleNotFoundError as missing:
        text = f'the rig is not installed (no module {missing.name}): pip install "sonofuse[hil]"'
        return tell(CommandError(ENVIRONMENT, text), "--json" in arguments)
    return int(rig.main(arguments))


if __name__ == "__main__":
    sys.exit(main())
