"""The temperature sensors of a bench: each at the place of the plant that its channel watches."""

from collections.abc import Mapping

from sonofuse.board import Board, BoardChannel

from .parts.ntc import Ntc, beta_curve
from .parts.pt100 import Pt100, resistance_ohm
from .plant import LayeredPlant

_PLANT_US = 1_000  # sensors that convert within this time see one state of the plant (36 K/s is 0.04 K in it)


def ntc_curve(channel: BoardChannel) -> tuple[float, float, float]:
    """Steinhart and Hart's coefficients of a thermistor as its board names them."""
    given = channel.settings
    if "beta_k" in given:
        return beta_curve(float(given["r0_ohm"]), float(given["beta_k"]))
    return float(given["sh_a"]), float(given["sh_b"]), float(given["sh_c"])


class Thermometers:
    """Every PT100 and thermistor of a board.

    Args:
        offsets_c: errors of the sensors by what they watch, K.
        forced: channel -> degC that its converter sees, whatever the plant does; it belongs to the bench.
        error_per_c: of the slope of every PT100.

    Raises:
        ValueError: if a channel watches a place that the plant does not have.
    """

    def __init__(
        self,
        board: Board,
        plant: LayeredPlant,
        forced: Mapping[str, float],
        offsets_c: Mapping[str, float],
        lag_s: float,
        noise_c: float,
        seed: int,
        error_per_c: float = 0.0,
    ) -> None:
        self.plant, self._forced = plant, forced
        self.elsewhere: dict[str, str | float] = {}  # channel -> another place, or degC, that its sensor lies at
        self.seen_us = 0  # the plant is never asked for an earlier time
        self.pt100s: dict[str, Pt100] = {}
        self.ntcs: dict[str, Ntc] = {}
        self._places = {c.name: c.watches for c in board.channels if c.quantity == "temperature"}
        for number, channel in enumerate(board.channels):
            if channel.name not in self._places:
                continue
            try:
                plant.read(channel.watches)
            except ValueError as error:
                raise ValueError(f"board {board.name}: no part for channel {channel.name}: {error}") from error
            own = (lag_s, offsets_c.get(channel.watches, 0.0), noise_c, seed * 100 + number + 1)
            given = channel.settings
            if channel.driver == "max31865":
                self.pt100s[channel.name] = Pt100(float(given["r0_ohm"]), *own, error_per_c)
            else:
                to_ground = given["ntc_at"] == "ground"
                self.ntcs[channel.name] = Ntc(ntc_curve(channel), float(given["series_ohm"]), to_ground, *own)

    @property
    def all(self) -> dict[str, Pt100 | Ntc]:
        """Every sensor by its channel."""
        return {**self.pt100s, **self.ntcs}

    def ohm(self, name: str, t_us: int) -> float:
        """Resistance of a PT100 at a time."""
        sensor, forced = self.pt100s[name], self._forced.get(name)
        if forced is not None:
            return resistance_ohm(forced, sensor.r0_ohm)
        return sensor.sample(t_us, self._place_c(name, t_us))

    def ratio(self, name: str, t_us: int) -> float:
        """Share of the ADC's reference at the input of a thermistor at a time."""
        sensor, forced = self.ntcs[name], self._forced.get(name)
        if forced is not None:
            return sensor.ratio(forced)
        return sensor.sample(t_us, self._place_c(name, t_us))

    def _place_c(self, name: str, t_us: int) -> float:
        if t_us - self.seen_us >= _PLANT_US:
            self.seen_us = t_us
            self.plant.advance_to(t_us * 1e-6)
        place = self.elsewhere.get(name, self._places[name])
        return self.plant.read(place) if isinstance(place, str) else place
