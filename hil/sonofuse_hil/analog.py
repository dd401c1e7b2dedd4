"""The analog inputs of a bench: detectors, references and the converter's channels, fast while nothing changes."""

from collections.abc import Mapping

import numpy as np

from sonofuse.board import Board

from .parts.ad8307 import Ad8307
from .parts.adc import Adc
from .parts.reference import Reference

_DRAWS = 8192  # of noise per run: one draw per reading would cost more than the rest of an exchange


class Analog:
    """Every ADC channel of a board. `refresh` after any change; `counts` between changes costs no more than its noise.

    Args:
        errors_db: of the detectors, by channel.
        noise_v: standard deviation of every reading.
    """

    def __init__(
        self, board: Board, errors_db: Mapping[str, float], reference_error: float, noise_v: float, seed: int
    ) -> None:
        self.vref = Reference(board.adc_reference_mv / 1000, 0.0)
        self.second = Reference(2.048, reference_error)
        self.detectors: dict[str, Ad8307] = {}
        self.adcs: dict[str, Adc] = {}
        self._inputs: list[tuple[str, int]] = []
        for channel in board.channels:
            if channel.driver == "adc":
                name, settings = channel.name, channel.settings
                self.adcs[name] = Adc(self.vref)
                self._inputs.append((name, int(settings["pin"]) - 26))
                if settings["detector"] == "ad8307":
                    self.detectors[name] = Ad8307(float(settings["coupling_db"]), errors_db.get(name, 0.0))
                else:
                    self.second = Reference(float(settings["nominal_mv"]) / 1000, reference_error)
        draws = np.random.default_rng(seed).normal(scale=noise_v, size=_DRAWS)
        self._noise: list[float] = draws.tolist()
        self._at = 0
        self._volts = [0.0, 0.0, 0.0]
        self._per_volt = 0.0  # steps per volt while everything is steady, 0 while something drifts or is broken

    def refresh(self, t_us: int, shown_w: Mapping[str, float], forced: Mapping[str, float]) -> None:
        """Take over what is at the inputs now: power in W per detector, forced values in W or V."""
        for name, pin in self._inputs:
            adc = self.adcs[name]
            if adc.fault == "stuck" and self._per_volt:  # the fast way of `counts` has not told it what it showed last
                adc.fault = ""
                adc.read_u16(t_us, self._volts[pin])
                adc.fault = "stuck"
            detector = self.detectors.get(name)
            if detector is not None:
                self._volts[pin] = detector.volts(forced.get(name, shown_w[name]))
            else:
                self._volts[pin] = forced.get(name, self.second.volts(t_us))
        full_v = self.vref.volts(t_us)
        drifts = full_v != self.vref.volts(t_us + 1_000_000) or self.second.volts(t_us) != self.second.volts(
            t_us + 1_000_000
        )
        broken = any(adc.fault for adc in self.adcs.values())
        self._drifts = drifts
        self._per_volt = 0.0 if drifts or broken else 4096 / full_v
        self._forced = dict(forced)

    def counts(self, t_us: int) -> tuple[int, int, int]:
        """One reading of all three channels as `read_u16` gives them; an input without a channel reads 0."""
        self._at = at = (self._at + 3) % (_DRAWS - 3)
        noise, volts, scale = self._noise, self._volts, self._per_volt
        if scale:
            a = int((volts[0] + noise[at]) * scale)
            b = int((volts[1] + noise[at + 1]) * scale)
            c = int((volts[2] + noise[at + 2]) * scale)
            if 0 <= a < 4096 and 0 <= b < 4096 and 0 <= c < 4096:
                return (a << 4 | a >> 8, b << 4 | b >> 8, c << 4 | c >> 8)
        found = [0, 0, 0]
        for name, pin in self._inputs:
            if self._drifts and name not in self.detectors and name not in self._forced:
                volts[pin] = self.second.volts(t_us)
            found[pin] = self.adcs[name].read_u16(t_us, volts[pin] + noise[at + pin])
        return (found[0], found[1], found[2])
