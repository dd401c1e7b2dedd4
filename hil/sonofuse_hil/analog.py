"""The analog inputs of a bench: detectors, thermistors, references and converter, fast while nothing is broken."""

import struct
from collections.abc import Mapping

import numpy as np

from sonofuse.board import Board

from .parts.ad8307 import Ad8307
from .parts.adc import Adc
from .parts.reference import Reference
from .thermometers import Thermometers
from .tolerances import Tolerances

INPUTS = 4  # of the converter: GP26 to GP29 (RP2040 data sheet 4.9)
SUPPLY_V = 3.63  # the most that the chip's supply and its reference may have (RP2040 data sheet, ADC_AVDD)
_DRAWS = 8192  # of noise per run: one draw per reading would cost more than the rest of an exchange
_ROWS = _DRAWS // INPUTS - 1
_ROW_BYTES = 2 * INPUTS
Counts = tuple[int, int, int, int]


class Analog:
    """Every ADC channel of a board. `refresh` after any change; `counts` between changes costs little.

    Args:
        thermometers: with the board's thermistors.
        tolerances: of detectors and references; their noise is one of every reading.
    """

    def __init__(
        self,
        board: Board,
        thermometers: Thermometers,
        tolerances: Tolerances,
        seed: int,
    ) -> None:
        errors_db, reference_error = tolerances.errors_db, tolerances.reference_error
        self.vref = Reference(board.adc_reference_mv / 1000, 0.0)
        self.second = Reference(2.048, reference_error)
        self.detectors: dict[str, Ad8307] = {}
        self.adcs: dict[str, Adc] = {}
        self._thermometers = thermometers
        self._thermal: list[tuple[str, int]] = []
        self._ahead_us = 0  # readings are asked for ahead of the firmware
        self._inputs: list[tuple[str, int]] = []
        self._plain: list[tuple[str, int]] = []
        self._watched: dict[str, str] = {}
        for channel in board.channels:
            if channel.driver != "adc":
                continue
            name, settings, number = channel.name, channel.settings, board.adc_input(channel)
            self.adcs[name] = Adc(self.vref, SUPPLY_V)
            self._inputs.append((name, number))
            self._watched[name] = channel.watches
            if settings["detector"] == "ad8307":
                self.detectors[name] = detector = Ad8307(
                    float(settings["coupling_db"]),
                    errors_db.get(channel.watches, 0.0),
                    tempco_db_per_k=tolerances.detector_tempco_db_per_k,
                    tau_us=tolerances.detector_tau_us,
                )
                detector.warmth_k = tolerances.warmth_k
            elif settings["detector"] == "voltage":
                self.second = Reference(float(settings["nominal_mv"]) / 1000, reference_error)
                self._plain.append((name, number))
            else:
                self._thermal.append((name, number))
        self._draws = np.random.default_rng(seed).normal(scale=tolerances.detector_noise_v, size=_DRAWS)
        self._noise: list[float] = self._draws.tolist()
        self._made: tuple[list[float], list[float]] | None = None  # volts and scales that the rows were made of
        self._rows = b""  # a reading for each row of draws, as long as nothing changes; b"": one of them is none
        self._at = 0
        self._lags = tolerances.detector_tau_us > 0.0
        self._volts = [0.0] * INPUTS
        self._scales = [0.0] * INPUTS  # steps per volt, 0 for an input without a channel
        self._full_v = 0.0
        self._drifts = self._steady = False  # steady: nothing drifts or is broken
        self._forced: dict[str, float] = {}

    def refresh(self, t_us: int, shown_w: Mapping[str, float], forced: Mapping[str, float]) -> None:
        """Take over what is at the inputs now: power in W by what a detector watches, forced values in W, V or degC."""
        self._full_v = full_v = self._reference_v(t_us)
        for name, number in self._inputs:
            adc = self.adcs[name]
            if adc.fault == "stuck" and self._steady:  # the fast way of `counts` has not told it what it showed last
                adc.fault = ""
                adc.read_u16(t_us, self._volts[number])
                adc.fault = "stuck"
            detector = self.detectors.get(name)
            if detector is not None:
                watched_w = forced[name] if name in forced else shown_w[self._watched[name]]
                detector.follow(t_us, watched_w)
                self._volts[number] = detector.shown_v(t_us)
            self._scales[number] = 4096 / full_v
        later_us = t_us + 1_000_000
        self._drifts = (
            self._lags
            or full_v != self._reference_v(later_us)
            or self.second.volts(t_us) != self.second.volts(later_us)
        )
        self._steady = not self._drifts and not any(adc.fault for adc in self.adcs.values())
        self._forced = dict(forced)
        self._warm(t_us)
        self._follow(t_us)

    def counts(self, t_us: int) -> Counts:
        """One reading of all inputs as `read_u16` gives them; an input without a channel reads 0.

        May be asked ahead; a time before the last one gives the thermistors of that one.
        """
        self._at = at = (self._at + INPUTS) % (_DRAWS - INPUTS)
        if self._thermal:
            self._warm(t_us)
        noise, volts = self._noise, self._volts
        if self._steady:
            scales = self._scales
            a = int((volts[0] + noise[at]) * scales[0])
            b = int((volts[1] + noise[at + 1]) * scales[1])
            c = int((volts[2] + noise[at + 2]) * scales[2])
            d = int((volts[3] + noise[at + 3]) * scales[3])
            if 0 <= a < 4096 and 0 <= b < 4096 and 0 <= c < 4096 and 0 <= d < 4096:
                return (a << 4 | a >> 8, b << 4 | b >> 8, c << 4 | c >> 8, d << 4 | d >> 8)
        if self._drifts:
            self._follow(t_us)
        found = [0] * INPUTS
        for name, number in self._inputs:
            found[number] = self.adcs[name].read_u16(t_us, volts[number] + noise[at + number])
        return (found[0], found[1], found[2], found[3])

    def block(self, t_us: int, slots: int) -> bytes:
        """As many readings one millisecond apart, in 16-bit words; at most 2047, all that the draws of noise give."""
        if self._steady and not self._thermal:
            if self._made != (self._volts, self._scales):
                self._make_rows()
            if self._rows:
                row = self._at // INPUTS + 1
                self._at = (self._at + slots * INPUTS) % (_DRAWS - INPUTS)
                at = row % _ROWS * _ROW_BYTES
                return self._rows[at : at + slots * _ROW_BYTES]
        counts: list[int] = []
        for slot in range(slots):
            counts += self.counts(t_us + slot * 1_000)
        return struct.pack(f"<{len(counts)}H", *counts)

    def _make_rows(self) -> None:
        """All readings that the draws of noise give: what `counts` computes, at once."""
        self._made = list(self._volts), list(self._scales)
        draws = self._draws[: _ROWS * INPUTS].reshape(_ROWS, INPUTS)
        steps = ((np.array(self._volts) + draws) * np.array(self._scales)).astype(np.int64)
        if steps.min() < 0 or steps.max() >= 4096:
            self._rows = b""
            return
        rows = (steps << 4 | steps >> 8).astype("<u2").tobytes()
        self._rows = rows + rows  # so that a block may go round

    def _reference_v(self, t_us: int) -> float:
        return min(self.vref.volts(t_us), SUPPLY_V)

    def _follow(self, t_us: int) -> None:
        """Bring the second reference, and detectors that lag, to a time."""
        for name, number in self._inputs if self._lags else ():
            if name in self.detectors:
                self._volts[number] = self.detectors[name].shown_v(t_us)
        for name, number in self._plain:
            self._volts[number] = self._forced.get(name, self.second.volts(t_us))

    def _warm(self, t_us: int) -> None:
        """Bring the thermistors to a time; their dividers hang on the converter's own reference."""
        self._ahead_us = t_us = max(t_us, self._ahead_us)
        full_v = self._reference_v(t_us) if self._drifts else self._full_v
        for name, number in self._thermal:
            self._volts[number] = self._thermometers.ratio(name, t_us) * full_v
