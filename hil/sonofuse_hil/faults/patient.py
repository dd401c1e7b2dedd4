"""Faults of the patient and the beam."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from .register import Quantity, fault

if TYPE_CHECKING:
    from ..stand import Stand


@fault("H1", "G1", coupling=Quantity("20 %", "0 %", "100 %"))
def lost_coupling(stand: Stand, coupling: float) -> Iterator[None]:
    """the transducer lifts off the skin: only a part of the power enters, the rest comes back and heats the skin"""
    stand.bench.plant.set_coupling(coupling)
    yield
    stand.bench.plant.set_coupling(1.0)


@fault("H2", "G1", part=Quantity("100 %", "0 %", "100 %"))
def focus_on_skin(stand: Stand, part: float) -> Iterator[None]:
    """the beam is focused on the skin instead of the bone"""
    stand.bench.plant.set_focus_on_skin(part)
    yield
    stand.bench.plant.set_focus_on_skin(0.0)


@fault("H8", "G10", needs="stop_loop")
def patient_stop(stand: Stand) -> Iterator[None]:
    """the patient presses the stop button: the normally closed loop opens"""
    stand.bench.force("stop_loop", 0.0)
    yield
    stand.bench.force("stop_loop", None)
