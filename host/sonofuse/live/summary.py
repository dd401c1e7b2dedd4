"""What a recording holds, in figures."""

from typing import Any

from sonofuse.board import Board
from sonofuse.causes import cause_text
from sonofuse.live.record import Record
from sonofuse_firmware.states import NAMES, TRIPPED


class Summary:
    """Give it every record. Times in s from the first one."""

    def __init__(self, board: Board) -> None:
        self._board = board
        self._first_ns: int | None = None
        self.duration_s = 0.0
        self.bytes_in = self.bytes_out = 0
        self.decisions = self.ticks = self.receipts = self.views = self.dropped = self.unreadable = 0
        self.trips: list[tuple[float, str]] = []
        self.stops: list[tuple[float, str]] = []
        self.commands: list[tuple[float, str]] = []

    def seconds(self, t_ns: int) -> float:
        """A time of the recording, from its first record."""
        return (t_ns - (t_ns if self._first_ns is None else self._first_ns)) / 1e9

    def add(self, record: Record) -> None:
        """The next record."""
        if self._first_ns is None:
            self._first_ns = record.t_ns
        at_s = self.seconds(record.t_ns)
        self.duration_s = max(self.duration_s, at_s)
        match record.topic:
            case "in":
                self.bytes_in += len(record.data)
            case "out":
                self.bytes_out += len(record.data)
            case "view":
                self.views += 1
            case _:
                try:
                    self._values(record.topic, at_s, record.values)
                except (ValueError, TypeError):
                    self.unreadable += 1

    def _values(self, topic: str, at_s: float, values: dict[str, Any]) -> None:
        what = values.get("what")
        if topic == "decision":
            self.decisions += 1
            self.ticks += int(values.get("ticks", 0))
            self.receipts += bool(values.get("receipt"))
        elif topic == "note" and what == "dropped":
            self.dropped += int(values["records"])
        elif topic == "command":
            self.commands.append((at_s, f"{what} by {values['who']}" if values.get("who") else str(what)))
        elif topic == "event" and what == "stop":
            self.stops.append((at_s, str(values.get("why", ""))))
        elif topic == "event" and values.get("state") == NAMES[TRIPPED] and values.get("cause"):
            self.trips.append((at_s, cause_text(int(values["cause"]), self._board)))
