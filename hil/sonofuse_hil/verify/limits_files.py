"""The limits files that verify runs: the user's own, and one check of it alone."""

from functools import cached_property
from pathlib import Path

from sonofuse.board import Board, load_board
from sonofuse.limits import LimitsError, LimitsFile, load

from ..guarantees import variant
from ..guarantees.oracle import Oracle


class LimitsFiles:
    """One limits file, with the board that it names or another one, and files derived from it.

    Args:
        file: the limits. board: a board file in the place of the one that they name. folder: for derived files.

    Raises:
        LimitsError: if the limits file is wrong.
    """

    def __init__(self, file: Path, board: Path | None, folder: Path) -> None:
        self.file, self.folder = file, folder
        self.board: Board | None = None if board is None else load_board(board)
        self.limits: LimitsFile = load(file, self.board)
        self._alone: dict[tuple[str, str], Path | None] = {}

    @cached_property
    def oracle(self) -> Oracle:
        """What the file means, read a second time."""
        return Oracle(self.file, self.board)

    def alone(self, channel: str, check: str) -> Path | None:
        """A file with one check of one channel and what every file must have; None where that is no sound file."""
        if (channel, check) not in self._alone:
            changes = variant.alone(channel, check, self.file)
            for name in [name for name in changes if name in variant.QUICK]:
                del changes[name]  # scenarios shorten the gap themselves
            changes["limits.board"] = str(self.limits.board.file)
            written = variant.write(self.folder / f"{channel}-{check}.toml", changes, self.file)
            try:
                load(written, self.board)
            except LimitsError:
                self._alone[channel, check] = None
            else:
                self._alone[channel, check] = written
        return self._alone[channel, check]
