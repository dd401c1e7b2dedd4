"""A record: one thing that came, went out, was decided or was shown, with its time. What a recording is made of."""

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from sonofuse.live.view import View

RAW = ("in", "out")
"""Topics of plain bytes: as read from the port, in whatever chunks; as put on the line (receipts, commands)."""
INPUTS = ("in", "command")
"""Topics that a replay feeds to the watch."""
OUTCOMES = ("out", "decision", "event")
"""Topics that follow from them; a replay makes them again and compares them."""
TOPICS = ("in", "out", "decision", "command", "event", "note", "view")
"""`decision`: one per frame of telemetry. `command`: what a person asked for. `event`: trip, STOP, port lost, joined.
`note`: what others than the watcher have to say (the recorder's gaps, sessions, generator). `view`: for plots."""
LATEST_NS = 1 << 62


@dataclass(frozen=True)
class Record:
    """One record. `t_ns` is the host's monotonic clock when it came or was decided; `data` is plain bytes on the topics
    RAW, UTF-8 JSON on all others.

    Raises:
        ValueError: if the topic is none of TOPICS, or the time is below 0 or beyond 146 years.
    """

    t_ns: int
    topic: str
    data: bytes

    def __post_init__(self) -> None:
        if self.topic not in TOPICS:
            raise ValueError(f"{self.topic!r} is no topic of a recording: {', '.join(TOPICS)}")
        if not 0 <= self.t_ns < LATEST_NS:
            raise ValueError(f"{self.t_ns} ns is no time of a monotonic clock")

    @classmethod
    def of(cls, t_ns: int, topic: str, values: Mapping[str, Any]) -> "Record":
        """A record of JSON. The same values give the same bytes.

        Raises:
            ValueError: if a value is NaN or infinite: an unknown value is left out, or is None.
        """
        text = json.dumps(values, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        return cls(t_ns, topic, text.encode())

    @property
    def values(self) -> dict[str, Any]:
        """What a record of JSON holds.

        Raises:
            ValueError: if it is not one JSON object.
        """
        found: object = json.loads(self.data)
        if not isinstance(found, dict):
            raise ValueError(f"{self.topic} at {self.t_ns} ns is not a JSON object")
        return cast("dict[str, Any]", found)


def of_view(t_ns: int, view: View) -> Record:
    """A view as a record. What is not known is left out, because Foxglove knows no field that is sometimes null."""
    return Record.of(t_ns, "view", dataclasses.asdict(view, dict_factory=_known))


def _known(items: list[tuple[str, Any]]) -> dict[str, Any]:
    return {name: value for name, value in items if value is not None}
