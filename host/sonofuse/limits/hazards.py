"""The hazards, how fast each heats, and how long the monitor may take (docs/hazards.md; D: derived, not validated)."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Hazard:
    """One hazard: its heating rate in K/s (None: it does not heat) and its time budget in s.

    `blind` names why no signal of the monitor shows it, even where a check carries its id.
    """

    id: str
    harm: str
    heating_k_s: float | None
    budget_s: float | None
    signal: str
    blind: str = ""
    given: str = ""  # what a MET presupposes


# Budgets and heating rates: source D. "Seconds" is taken as its least, 1 s. H5: 60 s bring bone to 102 degC.
HAZARDS = (
    Hazard("H1", "skin burn, lost coupling", 10.0, 0.86, "skin temperature, rate of rise, reflected power"),
    Hazard("H2", "focus on the skin", 25.0, 0.35, "rate of rise", given="if a sensor lies in the beam"),
    Hazard("H2", "focus in the fat", 36.0, 0.24, "position", "a cooled skin sensor is blind to a fat burn"),
    Hazard("H3", "near-field fat heating", 0.65, 1.0, "energy budget"),
    Hazard("H4", "overpower", 20.0, 0.25, "forward power"),
    Hazard("H5", "output stuck on", 65 / 60, 1.0, "duration, energy, read-back"),
    Hazard("H6", "nerve or off-target dose", 4.0, None, "MR dose, motion"),
    Hazard("H7", "fracture", None, None, "bone dose, session energy"),
    Hazard("H8", "pain during sonication", None, 0.1, "patient stop button"),
    Hazard("H9", "hot transducer face", 0.18, 5.0, "transducer temperature, flow"),
    Hazard("H10", "cavitation", None, 0.1, "acoustic spectrum"),
)
