"""The transducer: one lump of heat capacity, cooled by a water loop."""

import math

from ..parts.check import number

EFFICIENCY = 0.65  # electrical to acoustic (domain sheet A, from memory)
WATER_J_PER_L_K = 4186.0


class Transducer:
    """Temperature of the transducer and of the water that the chiller supplies (lump from memory).

    Args:
        water_c: supply temperature, degC; the transducer starts there.
        flow_l_min: of the loop. efficiency: acoustic over electrical power. heat_capacity_j_k: of the lump.

    Raises:
        ValueError: if a figure is NaN or out of range.
    """

    def __init__(
        self,
        water_c: float = 20.0,
        flow_l_min: float = 2.0,
        efficiency: float = EFFICIENCY,
        heat_capacity_j_k: float = 300.0,
    ) -> None:
        self.water_c = number("water degC", water_c, 0.0, 60.0)
        self.flow_l_min = number("flow L/min", flow_l_min, 0.0, 100.0)
        self.efficiency = number("efficiency", efficiency, 0.01, 1.0)
        self.heat_capacity_j_k = number("transducer J/K", heat_capacity_j_k, 1.0, 1e6)
        self.own_c = water_c
        self.acoustic_w = 0.0

    def advance(self, dt_s: float) -> None:
        """Move on by a time, s; exact for constant inputs. The water leaves at the transducer's own temperature."""
        heat_w = self.acoustic_w * (1 / self.efficiency - 1)
        carried_w_k = self.flow_l_min / 60 * WATER_J_PER_L_K
        if carried_w_k == 0.0:
            self.own_c += heat_w * dt_s / self.heat_capacity_j_k
        else:
            end_c = self.water_c + heat_w / carried_w_k
            self.own_c = end_c + (self.own_c - end_c) * math.exp(-dt_s * carried_w_k / self.heat_capacity_j_k)
