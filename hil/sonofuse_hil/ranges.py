"""The ranges from which treatments, patients and benches are drawn, each declared once: campaigns and G8 draw evenly,
the strategies so that an example shrinks. All are this project's choice (D) unless a source is named: no survey of
patients or of devices."""

from dataclasses import dataclass

from .plant.transducer import EFFICIENCY


@dataclass(frozen=True)
class Range:
    """From `low` to `high`, both included, in the unit that the name or the comment says."""

    low: float
    high: float

    def within(self, low: float, high: float) -> "Range":
        """What of it lies from `low` to `high` as well.

        Raises:
            ValueError: if nothing does.
        """
        cut = Range(max(self.low, low), min(self.high, high))
        if cut.low > cut.high:
            raise ValueError(f"nothing from {self.low:g} to {self.high:g} lies from {low:g} to {high:g}")
        return cut


# A plan of a campaign, and its power of G8 too: W acoustic, s. Shortened, so that a campaign has many scenarios: a
# sonication in trial patients took 20 s to 30 s [8], at 32 to 96 W acoustic (domain sheet A).
ACOUSTIC_W = Range(20.0, 60.0)
CAMPAIGN_S = Range(0.25, 4.0)

# A plan of the strategies: W electrical, up to what the devices of trials gave (the limits cut it off), s. Longer
# sonications take their time.
POWER_W = Range(ACOUSTIC_W.low / EFFICIENCY, 96.0 / EFFICIENCY)
DURATION_S = Range(0.3, 6.0)
SONICATIONS = 3
GAP_S = 1.0  # to which a longer cooling gap is shortened; the water has cooled the skin for 200 s at the start

# Anatomy: around the layers of domain sheet A, mm.
SKIN_MM, FAT_MM, MUSCLE_MM, BONE_MM = Range(1.5, 2.5), Range(5.0, 20.0), Range(20.0, 50.0), Range(3.0, 8.0)
BONE_ABSORPTION = Range(0.16, 1.0)  # share; published codes: 0.16, 0.28 or 1 (domain sheet, finding 3)
SHEAR_SHARE = Range(0.0, 0.5)  # share; the sweep of plant/tissue.py and docs/plant.md
BEAM_RADIUS_MM = Range(5.0, 9.0)  # mm; around 7 mm, which gives clinical temperatures (domain sheet A)
PROBE_MM = Range(1.0, 4.0)  # mm of a skin sensor from the axis: not in the focus, where RF makes it lie [31]

# A bench within tolerance. A calibrated detector errs by less than 0.2 dB, a MAX31865 by 0.5 K (domain sheet D).
OFFSET_K = Range(-0.2, 0.2)  # K, of a thermometer
DETECTOR_DB = Range(-0.1, 0.1)  # dB, of a power detector; with its noise within what it declares
GENERATOR = Range(-0.01, 0.01)  # share of the power that is set
REFERENCE = Range(-0.0005, 0.0005)  # share of the reference voltage
LAG_S = Range(0.1, 0.5)  # s, of a thermometer
FLOW_ML_MIN = Range(1_700, 2_500)  # mL/min

# A fault. Two conversions of a MAX31865 and more after RF is on, µs: before, the first ones are not in.
ONSET_US = Range(30_000, 1_000_000)
PHASE_US = Range(30_000, 75_000)  # µs: any phase against ticks and conversions
LONGEST_S = 1.0  # s, of a fault's own parameter that is a time: a longer one ends after its scenario
