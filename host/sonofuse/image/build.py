"""The files of a device: firmware compiled for its chip, board, limit set."""

from collections.abc import Callable
from pathlib import Path

from sonofuse.board import BOARDS, load_board
from sonofuse.image.cross import ARCHITECTURES, cross_compile
from sonofuse.layout import FIRMWARE
from sonofuse.limits import compile_limits, load

Transform = Callable[[str, str], str]  # file name, source -> source

LOADER = "main.py"
MODULES = tuple(sorted(path.stem for path in FIRMWARE.glob("*.py") if path.name not in ("__init__.py", LOADER)))


def device_files(
    limits: Path, board: str | Path, *, packed: bytes | None = None, transform: Transform | None = None
) -> dict[str, bytes]:
    """What a device's file system holds, by path; the order is the order of writing. The same input, the same bytes.

    Args:
        limits: a limits file in TOML.
        board: a shipped board's name, or the path of a board file.
        packed: a compiled limit set to install instead of the one of `limits`.
        transform: rewrites firmware sources on the way, for instrumented firmware and mutants.

    Raises:
        LimitsError, BoardError, CrossError: if an input cannot be used.
        CommandError: if the cross-compiler is missing.
    """
    architecture = ARCHITECTURES[load_board(board).mcu]

    def source(name: str) -> bytes:
        text = (FIRMWARE / name).read_text(encoding="utf-8")
        return (text if transform is None else transform(name, text)).encode()

    files = {f"{name}.mpy": cross_compile(f"{name}.py", source(f"{name}.py"), architecture) for name in MODULES}
    path = Path(board)
    text = (path if path.suffix == ".py" else BOARDS / f"{board}.py").read_bytes()
    files["board.mpy"] = cross_compile("board.py", text, architecture)
    files["limits.bin"] = compile_limits(load(limits)) if packed is None else packed
    files[LOADER] = source(LOADER)
    return files
