"""Recordings: a CSV of temperatures and power over time, read into arrays that the rig can play into the pins."""

import csv
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from sonofuse.board import READBACKS, Board
from sonofuse.limits.problems import did_you_mean
from sonofuse.limits.units import DIMENSIONS

TIME = "time"
LONGEST = 1 << 28  # bytes
_BOUNDS = {  # of what the parts of the bench can show, base units
    "temperature": (-200.0, 850.0, "degC"),
    "power": (0.0, 1e5, "W"),
    "voltage": (0.0, 10.0, "V"),
    "flow": (0.0, 100.0, "L/min"),
    "contact": (0.0, 1.0, ""),
}

_NTC_BOUNDS = (-100.0, 300.0, "degC")
Array = npt.NDArray[np.float64]


class RecordingError(ValueError):
    """A recording that cannot be played: one line that says what, where, and what to do."""


@dataclass(frozen=True, eq=False)
class Recording:
    """Rows of a recording: `t_s` from its start, strictly rising, and per channel its values in degC, W, V, L/min or
    0/1. NaN is a broken sensor. `gap_s`: longer than that without a row, all sensors count as broken."""

    path: Path
    t_s: Array
    values: Mapping[str, Array]
    gap_s: float

    @property
    def duration_s(self) -> float:
        return float(self.t_s[-1])

    def part(self, start_s: float, duration_s: float | None) -> "Recording":
        """The rows from `start_s` on (the row in force then becomes the first), `duration_s` long at most.

        Raises:
            RecordingError: if nothing is left.
        """
        end_s = self.duration_s if duration_s is None else min(self.duration_s, start_s + duration_s)
        if not 0.0 <= start_s < end_s:
            raise RecordingError(f"{self.path}: no rows from {start_s:g} s on; it lasts {self.duration_s:g} s")
        first = int(np.searchsorted(self.t_s, start_s, side="right")) - 1
        last = int(np.searchsorted(self.t_s, end_s, side="right"))
        t_s = np.append(self.t_s[first:last], end_s) if self.t_s[last - 1] < end_s else self.t_s[first:last].copy()
        rows = np.minimum(np.arange(first, first + len(t_s)), last - 1)
        t_s[0] = start_s
        return Recording(self.path, t_s - start_s, {n: v[rows] for n, v in self.values.items()}, self.gap_s)

    def between_rows(self, step_s: float) -> "Recording":
        """The same with straight lines between the rows, every `step_s`; gaps stay, and so do broken sensors.

        A value held for a second rises in one step: for a rate-of-rise check that is a jump that nobody measured.
        """
        grid = np.union1d(self.t_s, np.arange(0.0, self.duration_s, step_s))
        before = np.searchsorted(self.t_s, grid, side="right") - 1
        after = np.minimum(before + 1, len(self.t_s) - 1)
        inside = self.t_s[after] - self.t_s[before] <= self.gap_s  # the others: only the rows themselves
        keep = inside | np.isin(grid, self.t_s)
        values: dict[str, Array] = {}
        for name, value in self.values.items():
            straight = np.interp(grid, self.t_s, np.nan_to_num(value))
            held = np.isnan(value[before]) | np.isnan(value[after]) | ~inside
            values[name] = np.where(held, value[before], straight)[keep]
        return Recording(self.path, grid[keep], values, self.gap_s)


def read_recording(
    path: str | Path, mapping: str | Mapping[str, str], board: Board, *, gap_s: float = 2.0, power_scale: float = 1.0
) -> Recording:
    """Read a CSV file (comma, semicolon or tab; a header line; lines that begin with # are left out).

    Args:
        mapping: "skin_a=Temp1[degC],forward=Power[W],time=Time[s]", or the same as a dict: channel of the board to
            column; a unit in brackets is taken from there, else s, degC, W, V, L/min, 0/1.
        gap_s: longer than this without a row, the sensors count as broken.
        power_scale: all powers times this.

    Raises:
        RecordingError: with one line that says what is wrong and where.
    """
    path = Path(path)
    if not (math.isfinite(gap_s) and gap_s > 0 and math.isfinite(power_scale) and power_scale > 0):
        raise RecordingError(f"gap {gap_s} s, power scale {power_scale}: both must be above 0")
    wanted = _mapping(mapping, board)
    header, rows = _rows(path)
    columns: dict[str, Array] = {}
    for name, column in wanted.items():
        dimension = "time" if name == TIME else _dimension(board, name)
        at, factor = _column(path, header, column, dimension)
        cells = [_number(path, number, column, row[at] if at < len(row) else "") for number, row in rows]
        columns[name] = np.array(cells) * factor * (power_scale if dimension == "power" else 1.0)
    t_s = columns.pop(TIME)
    _check_time(path, rows, wanted[TIME], t_s)
    for name, values in columns.items():
        _check(path, rows, name, _bounds(board, name), values)
    return Recording(path, t_s - t_s[0], columns, gap_s)


def _mapping(mapping: str | Mapping[str, str], board: Board) -> dict[str, str]:
    if isinstance(mapping, str):
        pairs = [part.partition("=") for part in mapping.split(",") if part.strip()]
        found = {name.strip(): column.strip() for name, _, column in pairs}
    else:
        found = dict(mapping)
    known = [TIME, *(channel.name for channel in board.channels if channel.name not in READBACKS)]
    for name, column in found.items():
        if name not in known:
            raise RecordingError(f"mapping: {name!r} is no channel of board {board.name}: {did_you_mean(name, known)}")
        if not column:
            raise RecordingError(f"mapping: {name} has no column; write {name}=Column")
    if TIME not in found or len(found) < 2:
        raise RecordingError("mapping: time and at least one channel are needed, such as time=Time[s],skin_a=T1[degC]")
    return found


def _rows(path: Path) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """The header, and each row with the number of its line."""
    try:
        if path.stat().st_size > LONGEST:
            raise RecordingError(f"{path}: is larger than 256 MiB; cut the part that matters out of it")
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise RecordingError(f"{path}: cannot be read ({error.strerror}); give the path of a CSV file") from None
    except UnicodeDecodeError:
        raise RecordingError(f"{path}: is not UTF-8 text; save it as CSV in UTF-8") from None
    lines = [(n, line) for n, line in enumerate(text.splitlines(), 1) if line.strip() and not line.startswith("#")]
    if not lines:
        raise RecordingError(f"{path}: is empty; a recording has a header line and rows")
    delimiter = max(",;\t", key=lines[0][1].count)
    try:
        cells = [next(csv.reader([line], delimiter=delimiter)) for _, line in lines]
    except csv.Error as error:
        raise RecordingError(f"{path}: is not CSV ({error})") from None
    rows = [(number, row) for (number, _), row in zip(lines[1:], cells[1:], strict=True)]
    if len(rows) < 2:
        raise RecordingError(f"{path}: has {len(rows)} row(s); a recording has at least two")
    return [cell.strip() for cell in cells[0]], rows


def _dimension(board: Board, name: str) -> str:
    return board.channels[board.index(name)].quantity


def _column(path: Path, header: list[str], column: str, dimension: str) -> tuple[int, float]:
    """The position of a column, and the factor from its unit to the base unit."""
    units = DIMENSIONS[dimension][1] if dimension in DIMENSIONS else dict[str, float]()
    bare, bracket, rest = column.partition("[")
    unit = rest.removesuffix("]") if bracket else ""
    name = column if column in header else bare.strip()
    if name not in header:
        raise RecordingError(f"{path}:1: no column {name!r}: {did_you_mean(name, header)}")
    if unit and unit not in units and name != column:
        raise RecordingError(f"mapping: {column}: unit {unit!r} does not fit {dimension}: {did_you_mean(unit, units)}")
    return header.index(name), units.get(unit, 1.0)


def _number(path: Path, line: int, column: str, cell: str) -> float:
    if not cell.strip():
        return math.nan
    try:
        return float(cell)
    except ValueError:
        raise RecordingError(
            f"{path}:{line}: {column} = {cell!r} is not a number; empty means a broken sensor"
        ) from None


def _check_time(path: Path, rows: list[tuple[int, list[str]]], column: str, t_s: Array) -> None:
    bad = np.flatnonzero(~np.isfinite(t_s))
    if len(bad):
        raise RecordingError(f"{path}:{rows[bad[0]][0]}: {column} is empty or not finite; every row needs its time")
    back = np.flatnonzero(np.diff(t_s) <= 0)
    if len(back):
        raise RecordingError(
            f"{path}:{rows[int(back[0]) + 1][0]}: {column} does not rise; sort the rows and leave repeated times out"
        )


def _bounds(board: Board, name: str) -> tuple[float, float, str]:
    channel = board.channels[board.index(name)]
    return _NTC_BOUNDS if channel.settings.get("detector") == "ntc" else _BOUNDS[channel.quantity]


def _check(
    path: Path, rows: list[tuple[int, list[str]]], name: str, bounds: tuple[float, float, str], values: Array
) -> None:
    low, high, unit = bounds
    bad = np.flatnonzero(~np.isnan(values) & ~((values >= low) & (values <= high)))
    if len(bad):
        raise RecordingError(
            f"{path}:{rows[bad[0]][0]}: {name} = {values[bad[0]]:g} is outside {low:g} to {high:g} {unit};"
            " leave the cell empty if the sensor was broken"
        )
