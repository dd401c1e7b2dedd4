"""Faults of the patient and the beam."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..plant.layered import READ_BACK, RETURNED
from . import bounds
from .register import Quantity, fault

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sonofuse.limits import LimitsFile

    from ..stand import Stand
    from .register import Value


def _reflected_us(limits: LimitsFile, values: Mapping[str, Value]) -> int | None:
    """By what a transducer with this coupling sends back (plant/layered.py)."""
    return bounds.ratio_us(limits, READ_BACK + (RETURNED - READ_BACK) * (1 - float(values["coupling"])))


@fault("H1", "G1", 18, 25, bound=_reflected_us, coupling=Quantity("20 %", "0 %", "100 %"))
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


@fault(
    "H6 H2",
    "G1",
    lateral=Quantity("10 mm", "-20 mm", "20 mm"),
    deeper=Quantity("0 mm", "-30 mm", "30 mm"),
)
def focus_moved(stand: Stand, lateral: float, deeper: float) -> Iterator[None]:
    """the patient moves under the beam: its focus is elsewhere in the body, towards the skin sensors and deeper"""
    stand.bench.plant.set_focus(lateral, deeper)
    yield
    stand.bench.plant.set_focus()


@fault("H8", "G10", 53, bound=bounds.by_check("stop_loop", "below"), needs="stop_loop")
def patient_stop(stand: Stand) -> Iterator[None]:
    """the patient presses the stop button: the normally closed loop opens"""
    stand.bench.force("stop_loop", 0.0)
    yield
    stand.bench.force("stop_loop", None)


@fault("H1", "G1", 25, share=Quantity("60 %", "0 %", "100 %"))
def interface_heating(stand: Stand, share: float) -> Iterator[None]:
    """dry gel or bubbles under the transducer turn a share of the power into heat at the skin; nothing comes back"""
    stand.bench.plant.set_interface(share)
    yield
    stand.bench.plant.set_interface(0.0)
