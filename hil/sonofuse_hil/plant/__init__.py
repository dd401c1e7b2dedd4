"""The plant: what the transducer heats. `LayeredPlant` is a bioheat model of layered tissue (docs/plant.md)."""

from typing import Protocol

from .layered import LayeredPlant as LayeredPlant
from .tissue import Anatomy as Anatomy


class Plant(Protocol):
    """What the rig needs of a plant; inputs act from the time of the last `advance_to` on."""

    def advance_to(self, t_s: float) -> None:
        """Move on to a time, s; power is constant in between.

        Raises:
            ValueError: if the time is NaN or earlier than the last one.
        """
        ...

    def set_power(self, acoustic_w: float) -> None:
        """Set the acoustic power that leaves the transducer, W.

        Raises:
            ValueError: if it is NaN or negative.
        """
        ...

    def read(self, name: str) -> float:
        """Temperature of a place, degC.

        Raises:
            ValueError: if there is no such place.
        """
        ...
