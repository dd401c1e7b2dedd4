"""Builds a firmware image: firmware compiled for the chip of a board, the board, a limit set, and their manifest."""

from collections.abc import Callable
from pathlib import Path

from sonofuse.board import Board, load_board
from sonofuse.console import package_version
from sonofuse.image import cross, manifest
from sonofuse.image.image import Image
from sonofuse.image.manifest import LOADER, Manifest
from sonofuse.image.uf2 import Interpreter, Uf2Error
from sonofuse.layout import FIRMWARE
from sonofuse.limits import compile_limits, load

Transform = Callable[[str, str], str]  # file name, source -> source

LIMITS, BOARD = "limits.bin", "board"
MODULES = tuple(sorted(path.stem for path in FIRMWARE.glob("*.py") if path.name not in ("__init__.py", LOADER)))


def build_image(
    limits: Path,
    board: str | Path | Board | None = None,
    *,
    packed: bytes | None = None,
    transform: Transform | None = None,
    interpreter: Interpreter | None = None,
    commit: str = "",
) -> Image:
    """The image of a device. The same input gives the same bytes.

    Args:
        limits: a limits file in TOML.
        board: a board, a shipped one's name, or the path of a board file; None is the one that the limits name.
        packed: a compiled limit set to install instead of the one of `limits`; with a board they are then not read.
        transform: rewrites firmware sources on the way, for instrumented firmware and mutants.
        interpreter: the only one that the image shall run on.
        commit: what the firmware's sources are, for the manifest.

    Raises:
        LimitsError, BoardError, CrossError, Uf2Error: if an input cannot be used.
        CommandError: if the cross-compiler is missing.
    """
    described = load_board(board) if isinstance(board, (str, Path)) else board
    if packed is None or described is None:
        read = load(limits, described)
        described = read.board
        packed = compile_limits(read) if packed is None else packed
    if interpreter is not None and interpreter.mcu != described.mcu:
        raise Uf2Error(f"the interpreter is for an {interpreter.mcu}, the board {described.name} has {described.mcu}")
    architecture = cross.ARCHITECTURES[described.mcu]

    def source(name: str) -> bytes:
        text = (FIRMWARE / name).read_text(encoding="utf-8")
        return (text if transform is None else transform(name, text)).encode()

    sources = {name: source(f"{name}.py") for name in MODULES} | {BOARD: described.file.read_bytes()}
    files = {
        f"{name}.mpy": cross.cross_compile(f"{name}.py", text, architecture) for name, text in sorted(sources.items())
    }
    formats = {cross.mpy_format(data) for data in files.values()}
    files[LIMITS] = packed
    loader = manifest.without_switch(source(LOADER))
    made = Manifest(
        version=package_version(),
        commit=commit,
        board=described.name,
        mcu=described.mcu,
        pins=(described.pins["service"], described.pins["permit"], described.pins["second"]),
        mpy=max(formats),
        files={name: manifest.entry(data) for name, data in {**files, LOADER: loader}.items()},
        interpreter=None if interpreter is None else manifest.entry(interpreter.data),
    )
    return Image(made, {**files, manifest.NAME: manifest.write(made)}, loader)


def device_files(
    limits: Path,
    board: str | Path | Board | None = None,
    *,
    packed: bytes | None = None,
    transform: Transform | None = None,
) -> dict[str, bytes]:
    """What a fresh device's file system holds, by path; the order is the order of writing. See build_image."""
    return build_image(limits, board, packed=packed, transform=transform).on_device()
