"""How a state looks, on the page and in a terminal: a word, a shape and a colour, so that none is needed alone.

The colours are those of Okabe and Ito (Color Universal Design, 2008), which stay apart for colour-blind people.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

GREEN, YELLOW, SKY, VERMILLION, ORANGE, PURPLE, GREY = (
    "#009E73",
    "#F0E442",
    "#56B4E9",
    "#D55E00",
    "#E69F00",
    "#CC79A7",
    "#9AA5B1",  # no colour of theirs: for what is neither good nor bad
)


@dataclass(frozen=True)
class Face:
    """A state for a person: its word, a sign for terminals (the page draws its shape), a colour, and RF in words."""

    word: str
    sign: str
    colour: str
    says: str


FACES: Mapping[str, Face] = MappingProxyType(
    {
        "BOOT": Face("BOOT", "◌", GREY, "starting, RF is off"),
        "SAFE": Face("SAFE", "●", GREEN, "RF is off"),
        "ARMED": Face("ARMED", "▲", YELLOW, "RF is off, START turns it on"),
        "ON": Face("ON", "◉", SKY, "RF is permitted"),
        "TRIPPED": Face("TRIPPED", "✖", VERMILLION, "RF is off until acknowledged"),
        "": Face("NOT KNOWN", "?", PURPLE, "believe the device, not this picture"),
    }
)


def face(state: str) -> Face:
    """The face of a state; one that this version does not know is shown as not known, with its name."""
    return FACES.get(state) or Face(state, "?", PURPLE, "unknown to this version")
