"""How far a bench differs from the drawing."""

from collections.abc import Mapping
from dataclasses import dataclass

from sonofuse.board import FORWARD, REFLECTED


@dataclass(frozen=True)
class Tolerances:
    """Errors of sensors and generator, and noise: what each part can have, with its source, is in docs/parts.md.

    Sensors are named by what they watch; an error of one that the board does not have is no error. `warmth_k` is how
    far the electronics are above 25 degC; what is per kelvin counts from there.
    """

    skin_a_offset_c: float = 0.0
    skin_b_offset_c: float = 0.0
    transducer_offset_c: float = 0.0
    water_offset_c: float = 0.0
    forward_error_db: float = 0.0
    reflected_error_db: float = 0.0
    generator_error: float = 0.0
    reference_error: float = 0.0
    temperature_noise_c: float = 0.02  # this project's choice: below the converter's step of 0.031 K
    detector_noise_v: float = 0.0005  # this project's choice: under one step of the ADC
    lag_s: float = 0.3
    flow_ml_min: int = 2000
    warmth_k: float = 0.0
    coupler_error_db: float = 0.0
    coupler_tempco_db_per_k: float = 0.0
    detector_tempco_db_per_k: float = 0.0
    detector_tau_us: float = 0.0
    rref_error: float = 0.0
    rref_tempco_per_k: float = 0.0
    converter_noise_codes: float = 0.0
    sensor_error_per_c: float = 0.0  # of PT100s
    flow_error: float = 0.0
    flow_noise: float = 0.0
    relay_jitter_us: int = 0
    supply_error: float = 0.0
    supply_ripple_v: float = 0.0
    supply_threshold_error: float = 0.0
    supply_tempco_per_k: float = 0.0

    @property
    def offsets_c(self) -> Mapping[str, float]:
        """Errors of the thermometers by what they watch, K."""
        return {
            "skin_a": self.skin_a_offset_c,
            "skin_b": self.skin_b_offset_c,
            "transducer": self.transducer_offset_c,
            "water": self.water_offset_c,
        }

    @property
    def errors_db(self) -> Mapping[str, float]:
        """Errors of the power detectors by what they watch."""
        return {FORWARD: self.forward_error_db, REFLECTED: self.reflected_error_db}
