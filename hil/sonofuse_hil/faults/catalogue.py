"""The catalogue of faults, 58 rows and three double faults (domain sheet F), and which named faults are a case of each.

Responses, as the sheet writes them: T trip, latch, alarm · I inhibit start · W warn · R reset into output off.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from sonofuse.board import Board

from .register import Fault, of_row


@dataclass(frozen=True)
class Row:
    """One row. `needs` is a signal and `driver` a driver (one of these) without which no board can show it; `reason`
    says why nothing realises it where that is not the board's lack."""

    number: int
    group: str
    what: str
    response: str
    needs: str = ""
    driver: tuple[str, ...] = ()
    reason: str = ""

    @property
    def faults(self) -> list[Fault]:
        """The named faults that are a case of this row."""
        return of_row(self.number)

    def not_covered(self, board: Board) -> str:
        """Why this board cannot show the row at all, "" if some fault does."""
        if self.needs and board.watching(self.needs) is None:
            return f"not covered: board {board.name} has no signal for {self.needs!r}"
        if self.driver and all(channel.driver not in self.driver for channel in board.channels):
            return f"not covered: board {board.name} has no {' or '.join(self.driver)}"
        if not self.faults:
            return f"not covered: {self.reason or 'no part of the rig can break so'}"
        blind = [fault.blind(board) for fault in self.faults]
        if all(fault.covered_nowhere(board) for fault in self.faults):
            return blind[0][0]
        return ""


@dataclass(frozen=True)
class Double:
    """Two rows at once."""

    first: int
    second: int

    @property
    def name(self) -> str:
        return f"{self.first}+{self.second}"

    @property
    def what(self) -> str:
        return f"{row(self.first).what}, and {row(self.second).what}"


def _rows(group: str, first: int, *rows: Row) -> Iterator[Row]:
    for number, each in enumerate(rows, first):
        yield Row(number, group, each.what, each.response, each.needs, each.driver, each.reason)


def _row(what: str, response: str, needs: str = "", driver: tuple[str, ...] = (), reason: str = "") -> Row:
    return Row(0, "", what, response, needs, driver, reason)


_THERMOCOUPLES = ("max31855", "max31856")
_MR = "mr_temperature"

CATALOGUE: tuple[Row, ...] = (
    *_rows(
        "sensor",
        1,
        _row("open", "T"),
        _row("short", "T"),
        _row("stuck", "T"),
        _row("slow drift", "W→T"),
        _row("step offset", "T"),
        _row("noise", "W→T"),
        _row("RF-EMI bias", "T"),
        _row("detached skin probe", "I/T"),
        _row("swapped channels", "I"),
        _row("wrong type or calibration", "I"),
        _row("SPI all-0/all-1", "T"),
        _row("cold-junction error", "T", driver=_THERMOCOUPLES),
        _row("slow response", "I/T"),
        _row("flow stuck high", "T"),
    ),
    *_rows(
        "RF",
        15,
        _row("overpower", "T"),
        _row("RF without command", "T"),
        _row("stuck-on gate, second switch", "T"),
        _row("reflected rise", "T"),
        _row("open load", "T"),
        _row("forward detector dead (no live zero)", "T"),
        _row("coupler gain drift", "W→T"),
        _row("element loss", "W", needs="element_current"),
        _row("frequency off", "T", needs="frequency"),
        _row("duration overrun", "T"),
        _row("interface heating", "T"),
        _row("cavitation", "T", needs="acoustic_spectrum"),
    ),
    *_rows(
        "MCU",
        27,
        _row("RAM bit", "R"),
        _row("flash CRC", "I/R"),
        _row("program counter runaway", "R"),
        _row("stack overflow", "R"),
        _row("ADC reference", "T"),
        _row("output stuck, read-back", "T"),
        _row("watchdog dead (start-up test)", "I"),
        _row("limits corrupt", "I/T"),
    ),
    *_rows(
        "timing",
        35,
        _row("clock ±10 %", "T"),
        _row("missed deadline", "T"),
        _row("interrupt storm", "R"),
        _row("counter wrap", "no effect"),
        _row("MR frame late", "T", needs=_MR),
        _row("reordered or stale timestamp", "T"),
    ),
    *_rows(
        "link",
        41,
        _row("unplug", "T"),
        _row("bit error", "drop, then T"),
        _row("replay", "reject"),
        _row("flood", "reject"),
        _row("truncated frame", "reject"),
    ),
    *_rows(
        "host",
        46,
        _row("hang", "T"),
        _row("out-of-range command", "reject"),
        _row("restart mid-sonication", "T"),
        _row(
            "log disk full",
            "W/I",
            reason="the rig's console keeps no log; `sonofuse monitor` warns and goes on (tests/live/recording)",
        ),
    ),
    *_rows(
        "power",
        50,
        _row("brown-out", "T"),
        _row("loss", "output off by default"),
        _row("rail overvoltage", "T"),
    ),
    *_rows(
        "human",
        53,
        _row("stop pressed", "T"),
        _row("start before cooling is done", "I"),
        _row("acknowledge while the cause is present", "refuse"),
    ),
    *_rows(
        "malicious",
        56,
        _row("limit widening", "reject"),
        _row("unsigned firmware", "I"),
        _row('spoofed "cool" MR data', "local trips still win", needs=_MR),
    ),
)
DOUBLES = (Double(3, 15), Double(17, 46), Double(33, 29))


def row(number: int) -> Row:
    """The row of that number.

    Raises:
        KeyError: if there is none.
    """
    if not 1 <= number <= len(CATALOGUE):
        raise KeyError(f"the catalogue has rows 1 to {len(CATALOGUE)}, not {number}")
    return CATALOGUE[number - 1]
