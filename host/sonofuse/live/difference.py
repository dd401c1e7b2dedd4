"""How two records differ, in words."""

from typing import Any

from sonofuse.board import Board
from sonofuse.causes import cause_text
from sonofuse.live.record import RAW, Record

_LONGEST = 120  # characters of a value that are shown


def difference(recorded: Record, made: Record, board: Board) -> str:
    """What is not the same in a recording and its replay."""
    if recorded.topic != made.topic:
        return f"the recording has {shown(recorded, board)}, the replay {shown(made, board)}"
    if recorded.t_ns != made.t_ns:
        late_us = (made.t_ns - recorded.t_ns) / 1000
        which = "later" if late_us > 0 else "earlier"
        return f"{shown(recorded, board)} comes {abs(late_us):.3f} µs {which} in the replay"
    if recorded.topic in RAW:
        return f"{recorded.topic} differs: {_bytes(recorded.data, made.data)}"
    try:
        told, again = recorded.values, made.values
    except ValueError:
        return f"the {recorded.topic} differs: {_bytes(recorded.data, made.data)}"
    parts = [
        f"{name} is {_value(name, told.get(name), board)} in the recording, "
        f"{_value(name, again.get(name), board)} in the replay"
        for name in {**told, **again}
        if told.get(name) != again.get(name)
    ]
    return f"the {recorded.topic} differs: {'; '.join(parts) or 'the same values are written in another way'}"


def shown(record: Record, board: Board) -> str:
    """A record in one phrase."""
    if record.topic in RAW:
        return f"{record.topic} {record.data.hex(' ', 4)[:_LONGEST]}"
    try:
        values = record.values
    except ValueError:
        return f"{record.topic} {record.data!r}"[:_LONGEST]
    return f"{record.topic} " + ", ".join(f"{name} {_value(name, value, board)}" for name, value in values.items())


def _value(name: str, value: Any, board: Board) -> str:
    if value is None:
        return "missing"
    if name == "cause" and isinstance(value, int):
        return f"{value} ({cause_text(value, board)})" if value else "0 (none)"
    return str(value)[:_LONGEST]


def _bytes(recorded: bytes, made: bytes) -> str:
    shorter = min(len(recorded), len(made))
    at = next((n for n in range(shorter) if recorded[n] != made[n]), shorter)
    sizes = f"of {len(recorded)} and {len(made)} bytes"
    if at == shorter:
        return f"{sizes}, the first {at} are the same"
    return f"byte {at} {sizes} is {recorded[at]:#04x} in the recording, {made[at]:#04x} in the replay"
