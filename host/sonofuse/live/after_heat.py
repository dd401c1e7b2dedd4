"""Dose that comes after a sonication, while tissue is still warm: it belongs to that sonication.

The device counts on, so what has come is the difference between two pictures. It is none where the count began anew: at
a new treatment, which a person asks for, and when the device itself starts anew.
"""

from collections.abc import Mapping

Doses = Mapping[str, float]
"""CEM43 minutes by sensor, as the device counts them."""


class AfterHeat:
    """Since the end of the last sonication."""

    def __init__(self) -> None:
        self._kept: Doses = {}  # how far the counts are accounted for; {}: there is nothing to account for
        self._renewed = False  # a person has begun a new treatment, and the counts do not show it yet

    def begins(self, doses: Doses) -> None:
        """A sonication has ended with these counts."""
        self._kept, self._renewed = dict(doses), False

    def renewed(self) -> None:
        """The device begins to count from zero."""
        self._renewed = any(self._kept.values())

    def come(self, doses: Doses, cooling: bool) -> dict[str, float | None]:
        """What has come and is to be kept, {} for nothing; None where nobody knows.

        `cooling`: tissue may still be warm. If a count is lost then, so is dose; later there was none to come.
        """
        if not self._kept or doses.keys() != self._kept.keys():
            return {}
        if any(doses[sensor] < kept for sensor, kept in self._kept.items()):
            if self._renewed or not cooling:
                self._kept, self._renewed = dict.fromkeys(self._kept, 0.0), False
            else:
                return dict.fromkeys(self._kept)
        if self._renewed:
            return {}
        found: dict[str, float | None] = {sensor: doses[sensor] - kept for sensor, kept in self._kept.items()}
        return found if any(found.values()) else {}

    def kept(self, doses: Doses) -> None:
        """What `come` gave for these counts is kept."""
        self._kept = dict(doses)
