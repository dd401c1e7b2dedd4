"""Commands as records: carried out by the same function beside a device and in a replay."""

from typing import Any, Protocol

from sonofuse.link import F
from sonofuse.live.record import Record

ARM, START, FINISH, DISARM, ACKNOWLEDGE, STOP = "arm", "start", "finish", "disarm", "acknowledge", "stop"
_PLAIN = {START: F.START, FINISH: F.FINISH, DISARM: F.DISARM}


class Commanded(Protocol):
    """What takes commands (live/watch.py)."""

    def stop(self, t_ns: int, why: str) -> None: ...
    def arm(self, t_ns: int, set_mw: int, set_us: int) -> int: ...
    def command(self, t_ns: int, kind: int, payload: bytes = b"") -> int: ...


def asked(t_ns: int, what: str, who: str, why: str = "", **values: Any) -> Record:
    """The record of what a person or a program asks for: `arm` with set_mw and set_us, `acknowledge` with
    new_treatment."""
    return Record.of(t_ns, "command", {"what": what, "who": who, "why": why, **values})


def carry_out(watch: Commanded, record: Record) -> int | None:
    """Do what a record asks for; the sequence number that the answer will name, None for STOP.

    Raises:
        ValueError: if the record asks for nothing that there is.
        WatchError: if the watch cannot send it.
    """
    values = record.values
    try:
        match values["what"]:
            case "arm":
                return watch.arm(record.t_ns, int(values["set_mw"]), int(values["set_us"]))
            case "acknowledge":
                return watch.command(record.t_ns, F.ACKNOWLEDGE, bytes([bool(values["new_treatment"])]))
            case "stop":
                watch.stop(record.t_ns, str(values["why"]))
                return None
            case what if what in _PLAIN:
                return watch.command(record.t_ns, _PLAIN[what])
            case what:
                raise ValueError(f"{what!r} is no command")
    except KeyError as missing:
        raise ValueError(f"the command {values} lacks {missing}") from missing
