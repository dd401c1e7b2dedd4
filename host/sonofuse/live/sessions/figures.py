"""What a monitor measured, as it can be kept: a figure that is none is not known, and never taken for nothing."""

import math
from collections.abc import Iterable, Mapping
from sqlite3 import Connection

from .instant import Instant
from .planning import insert

Doses = Mapping[str, float | None]
"""CEM43 minutes by sensor, None: not known."""


def one_line(text: str) -> str:
    """Text without line ends, at most 200 characters."""
    return "".join(character if character.isprintable() else " " for character in text)[:200]


def figure(amount: float | None) -> float | None:
    """A figure that can be kept; None for NaN, infinite or negative ones."""
    return amount if amount is not None and math.isfinite(amount) and 0 <= amount < 1e12 else None


def figures(doses: Doses, needed: Iterable[str]) -> dict[str, float | None]:
    """Doses with an entry for each sensor that needs one."""
    return {sensor: figure(doses.get(sensor)) for sensor in (*doses, *needed)}


def add_doses(connection: Connection, row: int, now: Instant, doses: Doses) -> None:
    """Keep doses of the sonication in this row."""
    for sensor, minutes in doses.items():
        insert(connection, "dose", sonication=row, at=now.utc, sensor=sensor, cem43_min=minutes)
