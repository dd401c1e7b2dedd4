"""The plant of the rig: layered tissue under a water-cooled skin, and the transducer."""

import numpy as np

from ..parts.check import number
from .response import PLACES, SOURCES, moved, response
from .tissue import BLOOD_C, STANDARD, Anatomy
from .transducer import Transducer

READ_BACK = 0.01  # of forward power: reflection of a well coupled transducer, this project's choice
RETURNED = 0.42  # and of one that faces air: the wave comes back through the same EFFICIENCY, squared (D)


class LayeredPlant:
    """Event-driven: exact between changes of its inputs, whatever the time from one call to the next.

    Args:
        anatomy: the tissue.
        water_c: temperature of the cooling water at the skin and of the transducer's loop, degC.
        precool_s: time that the water has cooled the skin before time 0.

    Places of `read`: skin_a, skin_b (skin surface at the sensors), fat (at the muscle), periosteum, marrow (at the
    bone), transducer, water (supply).

    Raises:
        ValueError: if a figure is NaN or out of range.
    """

    def __init__(self, anatomy: Anatomy = STANDARD, water_c: float = 20.0, precool_s: float = 200.0) -> None:
        self.anatomy = anatomy
        self.transducer = Transducer(water_c)
        found = response(anatomy)
        self._rates = found.rates
        self._direct = found.direct
        self._weights = found.weights.reshape(len(PLACES), -1)
        self._state = np.zeros((len(SOURCES), len(found.rates)))
        self._inputs = np.zeros((len(SOURCES), 1))
        self._readings: dict[str, float] = {}
        self._aims = {(0.0, 0.0): 0}  # row of the state for each place that the focus has been at
        self._aim = 0
        self._t_s = -number("precool_s", precool_s, 0.0, 1e6)
        self._power_w = 0.0
        self._coupling = 1.0
        self._interface = 0.0
        self._on_skin = 0.0
        self._apply()
        self.advance_to(0.0)

    def advance_to(self, t_s: float) -> None:
        """Move on to a time, s; all inputs are constant in between.

        Raises:
            ValueError: if the time is NaN or earlier than the last one.
        """
        dt_s = t_s - self._t_s
        if not 0.0 <= dt_s < 1e7:
            raise ValueError(f"plant: time {t_s} s is not after {self._t_s} s: ask in the order of time")
        if dt_s == 0.0:
            return
        rise = -np.expm1(self._rates * -dt_s)
        self._state += rise * (self._inputs / self._rates - self._state)
        self.transducer.advance(dt_s)
        self._t_s = t_s
        self._readings.clear()

    def set_power(self, acoustic_w: float) -> None:
        """Set the acoustic power that leaves the transducer, W (electrical power times `transducer.efficiency`).

        Raises:
            ValueError: if it is NaN, negative or above 10 kW.
        """
        self._power_w = self.transducer.acoustic_w = number("acoustic power W", acoustic_w, 0.0, 1e4)
        self._apply()

    def set_coupling(self, coupling: float) -> None:
        """Set the part of the power that enters the tissue: 1 well coupled ... 0 lost (hazard H1).

        The rest is reflected but for `interface_fraction` of it, which heats the outer skin. The cooling of the skin is
        left as it was: the flux it carries, about 1 kW/m2, is small beside that of the heated interface.

        Raises:
            ValueError: if it is NaN or not from 0 to 1.
        """
        self._coupling = number("coupling", coupling, 0.0, 1.0)
        self._apply()

    def set_interface(self, share: float) -> None:
        """Set the share of the power that a bad interface (dry gel, bubbles) turns into heat at the outer skin; none of
        it comes back (hazard H1). 0 as planned ... 1.

        Raises:
            ValueError: if it is NaN or not from 0 to 1.
        """
        self._interface = number("interface share", share, 0.0, 1.0)
        self._apply()

    def set_focus_on_skin(self, part: float) -> None:
        """Set the part of the beam that is focused on the skin instead of the bone: 0 as planned ... 1 (hazard H2).

        Raises:
            ValueError: if it is NaN or not from 0 to 1.
        """
        self._on_skin = number("focus on skin", part, 0.0, 1.0)
        self._apply()

    def set_focus(self, lateral_mm: float = 0.0, deeper_mm: float = 0.0) -> None:
        """Move the focus of the planned beam from where it was planned: towards the sensors, and deeper.

        What was heated before stays where it was and cools; each new place of the focus adds a row to the state (a
        tenth of a second to compute, once per anatomy), and returning to an old one adds none. A beam that is focused
        on the skin (`set_focus_on_skin`) stays where it is.

        Raises:
            ValueError: if a figure is NaN, lateral beyond 20 mm or deeper beyond 30 mm either way.
        """
        aim = (lateral_mm + 0.0, deeper_mm + 0.0)
        if aim not in self._aims:
            weights = moved(self.anatomy, *aim)  # refuses before anything has changed
            self._aims[aim] = len(self._inputs)
            self._weights = np.hstack((self._weights, weights))
            self._state = np.vstack((self._state, np.zeros_like(self._rates)))
            self._inputs = np.vstack((self._inputs, np.zeros((1, 1))))
        self._aim = self._aims[aim]
        self._apply()

    def set_water(self, water_c: float) -> None:
        """Set the temperature of the water at skin and transducer, degC.

        Raises:
            ValueError: if it is NaN or not from 0 to 60.
        """
        self.transducer.water_c = number("water degC", water_c, 0.0, 60.0)
        self._apply()

    def set_flow(self, flow_l_min: float) -> None:
        """Set the flow of the transducer's loop, L/min.

        Raises:
            ValueError: if it is NaN, negative or above 100.
        """
        self.transducer.flow_l_min = number("flow L/min", flow_l_min, 0.0, 100.0)

    def reflection(self) -> float:
        """Part of the electrical forward power that comes back, 0 ... 1, as the coupling is now."""
        return READ_BACK + (RETURNED - READ_BACK) * (1 - self._coupling)

    def read(self, name: str) -> float:
        """Temperature of a place now, degC.

        Raises:
            ValueError: if there is no such place.
        """
        if not self._readings:
            rise = self._weights @ self._state.ravel()
            rise += self._direct * (self.transducer.water_c - BLOOD_C)
            self._readings = dict(zip(PLACES, (rise + BLOOD_C).tolist(), strict=True))
            self._readings["transducer"] = self.transducer.own_c
            self._readings["water"] = self.transducer.water_c
        if name not in self._readings:
            raise ValueError(f"plant has no place {name!r}: choose from {', '.join(self._readings)}")
        return self._readings[name]

    def _apply(self) -> None:
        coupled_w = self._power_w * self._coupling
        at_skin_w, entering_w = coupled_w * self._interface, coupled_w * (1 - self._interface)
        self._inputs.fill(0.0)
        self._inputs[1:4, 0] = (
            entering_w * self._on_skin,
            # This source heats with a part of its power alone; what stays at the interface heats with all of it.
            self._power_w * (1 - self._coupling) + (at_skin_w and at_skin_w / self.anatomy.interface_fraction),
            self.transducer.water_c - BLOOD_C,
        )
        self._inputs[self._aim, 0] = entering_w * (1 - self._on_skin)
        self._readings.clear()
