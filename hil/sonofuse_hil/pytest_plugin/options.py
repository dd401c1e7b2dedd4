"""The options of the plugin: declared, and read once, so that bad input ends the session with one clear line."""

import re
from argparse import Namespace
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ..measurement import GUARANTEES
from ..platforms.names import PLATFORMS, UNIX

if TYPE_CHECKING:
    from sonofuse.board import Board

_SHARD = re.compile(r"([1-9]\d*)/([1-9]\d*)")


@dataclass(frozen=True)
class Asked:
    """What the options say; None or () where nothing was asked for. `shard` is (1 … n, n)."""

    on: Namespace  # as sonofuse_hil.choose takes it
    board_name: str | None
    board: "Board | None"
    limits: Path | None
    require: tuple[str, ...]
    shard: tuple[int, int] | None
    guarantees: tuple[str, ...]
    attachments: Path | None

    def words(self) -> list[str]:
        """The options that repeat this choice, for pytest."""
        on = self.on
        given = [
            ("--on", None if on.on == UNIX else on.on),
            ("--limits", self.limits),
            ("--board", self.board_name),
            ("--uf2", on.uf2),
            ("--sonofuse-micropython", on.micropython or None),
            ("--sonofuse-port", on.port),
            ("--sonofuse-signal-port", on.signal_port),
        ]
        return [f"{option}={value}" for option, value in given if value is not None]


ASKED = pytest.StashKey[Asked]()


def add_to(parser: pytest.Parser) -> None:
    """Declare the options. Their destinations carry a prefix, and so do the names of those that are seldom needed."""
    group = parser.getgroup("sonofuse", "sonofuse: a monitor in its rig")

    def add(name: str, text: str, **settings: object) -> None:
        destination = name.lstrip("-").replace("-", "_").removeprefix("sonofuse_")
        group.addoption(name, dest=f"sonofuse_{destination}", help=text, **settings)

    add("--on", "where the firmware runs: unix (default) | rp2040 | board", choices=PLATFORMS, default=UNIX)
    add("--board", "a shipped board or a board file, instead of the one that the limits name", metavar="NAME_OR_FILE")
    add("--limits", "limits in TOML, or the name of a file that ships", metavar="FILE")
    add(
        "--require", "a platform without which tests fail instead of being skipped",
        action="append", default=[], choices=PLATFORMS, metavar="PLATFORM",
    )  # fmt: skip
    add("--shard", "run the I-th of N parts; the parts are disjoint, and together the whole", metavar="I/N")
    add("--guarantee", "only tests about this guarantee, such as G3", action="append", default=[], metavar="G")
    add("--attachments", "keep what failing tests leave in DIR (default: pytest's own temporary folder)", metavar="DIR")
    add("--uf2", "rp2040: an official MicroPython image (default: the cache)", metavar="FILE")
    add("--sonofuse-micropython", "unix: another MicroPython, unix port", default="", metavar="PATH")
    add("--sonofuse-port", "board: the monitor's link (default: the only USB adapter)", metavar="PORT")
    add("--sonofuse-signal-port", "board: the signal board (default: the only Pico)", metavar="PORT")


def read(config: pytest.Config) -> None:
    """Check the options and keep them in the configuration's stash.

    Raises:
        pytest.UsageError: with one clear line, if one of them is wrong.
    """

    def given(name: str) -> Any:
        return config.getoption(f"sonofuse_{name}")

    chosen = Namespace(
        on=given("on"),
        uf2=_image(config, given("uf2")) if given("uf2") else None,
        micropython=given("micropython"),
        port=given("port"),
        signal_port=given("signal_port"),
    )
    _belongs(chosen)
    board_name = given("board")
    board = None if board_name is None else _board(board_name)
    attachments = given("attachments")
    config.stash[ASKED] = Asked(
        on=chosen,
        board_name=board_name,
        board=board,
        limits=_limits(given("limits"), board),
        require=tuple(given("require")),
        shard=_shard(given("shard")),
        guarantees=tuple(known_guarantee(name, "--guarantee") for name in given("guarantee")),
        attachments=None if attachments is None else _folder(Path(attachments)),
    )


def known_guarantee(name: object, where: str) -> str:
    """The name of a guarantee.

    Raises:
        pytest.UsageError: if there is none of that name.
    """
    if not isinstance(name, str) or name not in GUARANTEES:
        accepted = f"{GUARANTEES[0]} to {GUARANTEES[-1]}"
        raise pytest.UsageError(f"{where}: there is no guarantee {name!r}; accepted: {accepted}")
    return name


def _shard(text: str | None) -> tuple[int, int] | None:
    if text is None:
        return None
    found = _SHARD.fullmatch(text)
    if found is None or int(found[1]) > int(found[2]):
        raise pytest.UsageError(f"--shard {text}: must be I/N with I from 1 to N, such as 1/4")
    return int(found[1]), int(found[2])


def _board(name_or_file: str) -> "Board":
    from sonofuse.board import BoardError, load_board

    try:
        return load_board(name_or_file)
    except BoardError as problem:
        raise pytest.UsageError(f"--board: {problem}") from problem


def _limits(name: str | None, board: "Board | None") -> Path | None:
    if name is None:
        return None
    from sonofuse.limits import LimitsError, find, load

    path = find(name).absolute()  # a test may change the working folder
    try:
        load(path, board)
    except LimitsError as problem:
        raise pytest.UsageError(f"--limits: {problem}") from problem
    return path


def _image(config: pytest.Config, name: str) -> Path:
    """The image, also for whoever asks `image.find` in this session or starts a process in it."""
    from sonofuse.image import uf2

    from ..platforms.rp2040 import image

    path = Path(name).absolute()
    try:
        uf2.read(path)
    except uf2.Uf2Error as problem:
        raise pytest.UsageError(f"--uf2: {problem}") from problem
    patch = pytest.MonkeyPatch()
    patch.setenv(image.VARIABLE, str(path))
    config.add_cleanup(patch.undo)
    return path


def _belongs(chosen: Namespace) -> None:
    given = {name: getattr(chosen, name) for name in ("micropython", "port", "signal_port")}
    if not any(given.values()):
        return
    from sonofuse.console import CommandError

    from ..choose import belongs

    try:
        belongs(Namespace(on=chosen.on, uf2=None, **given))  # --uf2 may name the image for tests that bring a platform
    except CommandError as problem:
        raise pytest.UsageError(str(problem).replace("--", "--sonofuse-", 1)) from problem


def _folder(path: Path) -> Path:
    from sonofuse.console import CommandError, writable_folder

    try:
        writable_folder(path)
    except CommandError as problem:
        raise pytest.UsageError(f"--attachments {problem}") from problem
    return path.absolute()
