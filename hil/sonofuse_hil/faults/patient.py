"""Faults of the patient and the beam."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .register import Quantity, fault

if TYPE_CHECKING:
    from ..rig import Rig


@fault("H1", "G1", coupling=Quantity("20 %", "0 %", "100 %"))
def lost_coupling(rig: Rig, coupling: float) -> None:
    """the transducer lifts off the skin: only a part of the power enters, the rest comes back and heats the skin"""
    rig.bench.plant.set_coupling(coupling)


@fault("H2", "G1", part=Quantity("100 %", "0 %", "100 %"))
def focus_on_skin(rig: Rig, part: float) -> None:
    """the beam is focused on the skin instead of the bone"""
    rig.bench.plant.set_focus_on_skin(part)


@fault("H8", "G10", needs="stop_loop")
def patient_stop(rig: Rig) -> None:
    """the patient presses the stop button: the normally closed loop opens"""
    rig.bench.force("stop_loop", 0.0)
