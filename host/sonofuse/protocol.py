"""Every frame of the link, declared once: for the host, the documentation, and consoles that somebody else writes.

The numbers of types and answers are those of firmware/link.py. The firmware packs by hand, for speed; a test holds what
it sends against this declaration.
"""

import struct
from dataclasses import dataclass

from sonofuse.layout import Constants

F = Constants("link.py")
"""The constants of firmware/link.py: types of frames and answers."""
R = Constants("rows.py")
"""The constants of firmware/rows.py: telemetry."""

BAUD = 921_600
VERSION = int(F.VERSION)
"""Of what is on the line; a host and a device with different ones do not talk."""
RESULTS = (
    ("DONE", "done"),
    ("REFUSED", "refused in this state"),
    ("WRONG_DIGEST", "wrong limit set"),
    ("OUT_OF_RANGE", "out of range"),
    ("CAUSE_PRESENT", "cause present"),
    ("COOLING", "cooling"),
    ("NOT_READY", "not ready"),
    ("NOT_GENUINE", "not genuine: wrong key, or said before"),
    ("NO_RECEIPT", "no receipt from the host"),
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
    """The payload of one type of frame; rows of ticks (ROW) come between `fields` and `tail`, if there is a tail; a
    `sealed` one ends with SEAL."""

    name: str
    to: str
    meaning: str
    fields: tuple[Field, ...] = ()
    tail: tuple[Field, ...] = ()
    sealed: bool = False

    @property
    def kind(self) -> int:
        """The number of this type."""
        return int(getattr(R if self.name == "TELEMETRY" else F, self.name))

    @property
    def head(self) -> struct.Struct:
        return struct.Struct("<" + "".join(field.code for field in self.fields))

    @property
    def end(self) -> struct.Struct:
        return struct.Struct("<" + "".join(field.code for field in self.tail))


SEAL = (
    Field("counter", "I", "greater than that of every command before in this boot"),
    Field("mac", "16s", "first 16 bytes of HMAC-SHA256(key, boot nonce, type, payload up to here)"),
)
TELEMETRY = Layout(
    "TELEMETRY",
    "host",
    "the rows of 20 ticks, or of fewer at a change of state or when an answer waits",
    (Field("tick", "I", "number of the first tick, modulo 2³⁰, from 0 at every boot"),),
    (
        Field("state", "B", "0 BOOT, 1 SAFE, 2 ARMED, 3 ON, 4 TRIPPED"),
        Field("cause", "H", "why it is TRIPPED: check × 256 + channel (255: the whole monitor); 0 none"),
        Field("warn", "I", "bit n: channel n is beyond a warning"),
        Field("now_us", "I", "time of the last tick, µs modulo 2³⁰"),
        Field("on_us", "I", "this sonication so far, µs"),
        Field("energy", "I", "of this sonication, units of 2¹⁵ nJ"),
        Field("rows", "B", "ticks in this frame; 0 from a device that refuses to run"),
    ),
)
ANSWER = Layout(
    "ANSWER",
    "host",
    "to every command that came whole, in their order; the oldest of more than eight that wait is dropped",
    (
        Field("command", "B", "the type that is answered"),
        Field("to", "H", "the sequence number that is answered"),
        Field("result", "B", "see below"),
    ),
)
DATA = Layout(
    "DATA",
    "host",
    "a piece of what READ asks for, instead of an answer to it",
    (
        Field("part", "B", "0 manifest, 1 blocks of the last trips, 2 IDENTITY, 3 PICTURE"),
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
    sealed=True,
)
START = Layout("START", "device", "ARMED to ON: RF is permitted", sealed=True)
FINISH = Layout(
    "FINISH",
    "device",
    "ON to SAFE: the normal end of a sonication; it ends RF whoever sent it, but with a wrong seal it is a STOP",
    sealed=True,
)
DISARM = Layout("DISARM", "device", "ARMED to SAFE", sealed=True)
STOP = Layout("STOP", "device", "to TRIPPED, from any state")
ACKNOWLEDGE = Layout(
    "ACKNOWLEDGE",
    "device",
    "TRIPPED to SAFE, if no check fails now",
    (Field("new_treatment", "B", "1: the dose starts at zero; 0: it stays"),),
    sealed=True,
)
STATUS = Layout("STATUS", "device", "nothing but an answer")
READ = Layout(
    "READ",
    "device",
    "asks for a piece of a part; not while ON",
    (Field("part", "B", "as in DATA"), Field("offset", "I", "where the piece begins")),
)
RECEIPT = Layout(
    "RECEIPT",
    "device",
    "for a frame of telemetry, no answer",
    (
        Field("frame", "H", "sequence number of that frame"),
        Field("digest", "I", "of the host's own kernel after the frame's last tick"),
    ),
)
SILENCE = Layout(
    "SILENCE", "device", "the buzzer of an alarm pauses, for two minutes or until another cause", sealed=True
)
FRAMES = (TELEMETRY, ANSWER, DATA, ARM, START, FINISH, DISARM, STOP, ACKNOWLEDGE, STATUS, READ, RECEIPT, SILENCE)

IDENTITY = (
    Field("version", "H", "of the link"),
    Field("tick_us", "H", "length of a tick"),
    Field("nonce", "8s", "of this boot"),
    Field("chip", "8s", "number of the microcontroller"),
    Field("limits", "32s", "SHA-256 of the limit set"),
    Field("receipt_us", "I", "longest time without a receipt"),
)
"""READ part 2; behind it a letter for each channel: a (converter), c (contact), m (MAX31865), p (pulses)."""
