"""A cause in words (firmware/checks.py declares them)."""

from sonofuse.board import Board
from sonofuse.limits.declared import CHECKS

MONITOR = "monitor"  # the whole of it, where a cause names no channel


def cause_words(cause: int, board: Board) -> tuple[str, str, str]:
    """Channel ("monitor" for the whole), check and its text in words, of a cause number.

    An unknown number is shown as such: a report must not fail over it.
    """
    number, channel = cause >> 8, cause & 0xFF
    name = board.channels[channel].name if channel < len(board.channels) else MONITOR
    for check, word, _, text in CHECKS:
        if check == number:
            return name, word, text
    return name, f"check {number}", "unknown to this version"


def cause_text(cause: int, board: Board) -> str:
    """A cause in words: "reflected ratio: too much power reflected (VSWR)"."""
    channel, check, text = cause_words(cause, board)
    return f"{channel} {check}: {text}"
