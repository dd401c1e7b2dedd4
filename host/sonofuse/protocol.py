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
        Field("picture", "H", "PICTURE: its number, the same in all its pieces; 0 in other parts"),
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

CHANNELS = (
    ("c", "contact: a bit in every row"),
    ("a", "converter of the chip: a count in every row"),
    ("m", "MAX31865: a count when it has converted"),
    ("p", "flow meter: a count at the end of each gate"),
)
"""How a channel converts: a letter for each, in the order of the limit set."""
SLOW = "mp"
IDENTITY = (
    Field("version", "H", "of the link"),
    Field("tick_us", "H", "length of a tick"),
    Field("nonce", "8s", "of this boot"),
    Field("chip", "8s", "number of the microcontroller"),
    Field("limits", "32s", "SHA-256 of the limit set"),
    Field("receipt_us", "I", "longest time without a receipt"),
)
"""READ part 2; behind it a letter for each channel, of CHANNELS."""
PICTURE = (
    Field("tick", "I", "number of the next tick"),
    Field("digest", "I", "after the last one"),
    Field("at", "I", "the word of the state at which the next tick's digest goes on"),
)
"""READ part 3; behind it the kernel's words after the last tick: I_… before the channels, then S_…."""


@dataclass(frozen=True)
class Part:
    """Fields of a row that come together; `when` says in which rows, or how often."""

    when: str
    fields: tuple[Field, ...]


FLAGS = (
    ("ON", R._ON, "the permit is meant to be high: `I_ON`"),
    ("LATE", R._LATE, "`I_RECEIPT_US` is beyond `H_RECEIPT_US`"),
    ("TIME", R._TIME, "the time is said in full"),
    ("SET", R._SET, "the set point is said"),
    ("CHANGED", R._CHANGED, "something else than a tick has changed the state before this one"),
)
SLOW_SHIFT = 5
"""The bits of `flags` from this one on: how many slow conversions the row has."""
LONG = R._LONG
"""Instead of `elapsed`: it follows in two bytes."""
USUAL_BEFORE_US = F._USUAL_BEFORE_US
"""So much less than a tick is what `elapsed` counts from."""
ROW = (
    Part("always", (Field("flags", "B", "see below"),)),
    Part(
        "without TIME",
        (Field("elapsed", "B", f"µs since the row before, less tick_us − {USUAL_BEFORE_US}; or {LONG}"),),
    ),
    Part(f"without TIME, `elapsed` is {LONG}", (Field("elapsed_us", "H", "µs since the row before"),)),
    Part(
        "TIME",
        (
            Field("now_us", "I", "`I_NOW`"),
            Field("before_us", "I", "what `S_NOW` is set to before this tick"),
        ),
    ),
    Part("CHANGED", (Field("changed", "B", "how, see below"),)),
    Part(
        "SET",
        (
            Field("set_mw", "I", "`I_SET_MW`, from here on"),
            Field("set_us", "I", "`I_SET_US`"),
            Field("energy", "I", "`I_ENERGY`"),
        ),
    ),
    Part("for every 8 channels c, the last of them may be fewer", (Field("contacts", "B", "from bit 0 on"),)),
    Part("for every channel a", (Field("count", "H", "as converted on this tick"),)),
    Part(
        f"as often as `flags` >> {SLOW_SHIFT} says",
        (
            Field("channel", "B", "number of a channel m or p that has a new conversion"),
            Field("raw", "H", "its count; 65535 is a sensor that reports a fault: −1"),
        ),
    ),
)
CHANGES = (
    ("ANEW", R.ANEW, "only a new picture tells what it is now"),
    ("CLEARED", R.CLEARED, "`S_ENERGY_HI`, `S_ENERGY_LO` and `S_ON_US` are 0; keep every `C_DOSE_HI`, `C_DOSE_LO`"),
    ("NEW_TREATMENT", R.NEW_TREATMENT, "the same, and then every `C_DOSE_HI` and `C_DOSE_LO` is 0"),
    ("BACK", R.BACK, "`C_DOSE_HI` and `C_DOSE_LO` are what was kept"),
)
FOLD = R._P
"""What the digest is multiplied with."""
FOLDED = R._FOLDED
"""Words of the state that a tick's digest takes in."""
LONGEST_ROW = 1 + 8 + 1 + 12 + 3 + 2 * 4 + 3 * 7
"""Bytes: everything at once, 19 contacts, 4 converters, 7 slow conversions, of at most 30 channels."""
LONGEST_PAYLOAD = TELEMETRY.head.size + R.FRAME * LONGEST_ROW + TELEMETRY.end.size
