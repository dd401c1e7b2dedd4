"""Every frame of the link, declared once: for the host, the documentation, and consoles that somebody else writes.

The numbers of types and answers are those of firmware/link.py. The firmware packs by hand, for speed; a test holds what
it sends against this declaration.
"""

import struct
from dataclasses import dataclass

from sonofuse.layout import Constants

F = Constants("link.py")
"""The constants of firmware/link.py: types of frames and answers."""

BAUD = 921_600
RESULTS = (
    ("DONE", "done"),
    ("REFUSED", "refused in this state"),
    ("WRONG_DIGEST", "wrong limit set"),
    ("OUT_OF_RANGE", "out of range"),
    ("CAUSE_PRESENT", "cause present"),
    ("COOLING", "cooling"),
    ("NOT_READY", "not ready"),
)


@dataclass(frozen=True)
class Field:
    """One value of a frame: `code` as the struct module names it, little-endian, nothing between two fields."""

    name: str
    code: str
    meaning: str

    @property
    def size(self) -> int:
        return struct.calcsize("<" + self.code)


@dataclass(frozen=True)
class Layout:
    """The payload of one type of frame; `each` comes once for every channel, behind `fields`."""

    name: str
    to: str
    meaning: str
    fields: tuple[Field, ...] = ()
    each: tuple[Field, ...] = ()

    @property
    def kind(self) -> int:
        """The number of this type."""
        return int(getattr(F, self.name))

    @property
    def head(self) -> struct.Struct:
        return struct.Struct("<" + "".join(field.code for field in self.fields))

    @property
    def row(self) -> struct.Struct:
        return struct.Struct("<" + "".join(field.code for field in self.each))


TELEMETRY = Layout(
    "TELEMETRY",
    "host",
    "20 ticks after the one before it, or one or two more, and at once after a change of state",
    (
        Field("state", "B", "0 BOOT, 1 SAFE, 2 ARMED, 3 ON, 4 TRIPPED"),
        Field("channels", "B", "how many follow"),
        Field("cause", "H", "why it is TRIPPED: check × 256 + channel (255: the whole monitor); 0 none"),
        Field("warn", "I", "bit n: channel n is beyond a warning"),
        Field("now_us", "I", "time of the tick, µs modulo 2³⁰"),
        Field("on_us", "I", "this sonication so far, µs"),
        Field("energy", "I", "of this sonication, units of 2¹⁵ nJ"),
    ),
    (
        Field("sequence", "B", "low byte of the number of its latest conversion"),
        Field("raw", "H", "count of that conversion; 65535 is a sensor that reports a fault"),
        Field("dose", "I", "2⁻²⁰ CEM43 minutes; 2³⁰ − 1 is exhausted or not known"),
    ),
)
ANSWER = Layout(
    "ANSWER",
    "host",
    "to every command that came whole, in their order; the oldest of more than eight that wait is dropped",
    (Field("command", "B", "the type that is answered"), Field("result", "B", "see below")),
)
DATA = Layout(
    "DATA",
    "host",
    "a piece of the log, instead of an answer to READ",
    (
        Field("part", "B", "0 the manifest, 1 the blocks of the last trips"),
        Field("length", "B", "bytes of `data` that count"),
        Field("zero", "H", "0"),
        Field("offset", "I", "where in the part they are"),
        Field("total", "I", "bytes of the whole part"),
        Field("data", "128s", ""),
    ),
)
ARM = Layout(
    "ARM",
    "device",
    "SAFE to ARMED, for 30 s; set point and limit set are frozen from here on",
    (
        Field("set_mw", "I", "electrical power, mW"),
        Field("set_us", "I", "duration, µs"),
        Field("limits", "8s", "first 8 bytes of the limit set's SHA-256"),
    ),
)
START = Layout("START", "device", "ARMED to ON: RF is permitted")
FINISH = Layout("FINISH", "device", "ON to SAFE: the normal end of a sonication")
DISARM = Layout("DISARM", "device", "ARMED to SAFE")
STOP = Layout("STOP", "device", "to TRIPPED, from any state")
ACKNOWLEDGE = Layout(
    "ACKNOWLEDGE",
    "device",
    "TRIPPED to SAFE, if no check fails now",
    (Field("new_treatment", "B", "1: the dose starts at zero; 0: it stays"),),
)
STATUS = Layout("STATUS", "device", "nothing but an answer")
READ = Layout(
    "READ",
    "device",
    "asks for a piece of the log; not while ON",
    (Field("part", "B", "as in DATA"), Field("offset", "I", "where the piece begins")),
)
FRAMES = (TELEMETRY, ANSWER, DATA, ARM, START, FINISH, DISARM, STOP, ACKNOWLEDGE, STATUS, READ)
