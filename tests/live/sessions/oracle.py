"""What sessions have to say, worked out a second time: plain lists, and the time that really passed."""

import math
from dataclasses import dataclass, field

from sonofuse.live.sessions.facts import Step

from .bench import SENSORS, Clocks

GAP_S, DOSE_LIMIT = 60.0, 2.0


def bad(amount: float | None) -> bool:
    return amount is None or math.isnan(amount) or math.isinf(amount) or amount < 0


@dataclass
class Sonicated:
    step: Step
    plan: int
    outcome: str = "running"
    energy_j: float | None = None
    doses: list[tuple[str, float | None]] = field(default_factory=list[tuple[str, float | None]])
    looked_at: bool = False

    def add(self, doses: dict[str, float | None]) -> None:
        for sensor in {*doses, *SENSORS}:
            amount = None if bad(doses.get(sensor)) else doses.get(sensor)
            self.doses.append((sensor, amount))
            if amount is None:
                self.looked_at = False

    @property
    def unknown(self) -> bool:
        missing = self.energy_j is None or any(amount is None for _, amount in self.doses)
        return self.outcome != "not started" and missing

    @property
    def open(self) -> bool:
        return self.unknown and not self.looked_at and self.outcome != "running"

    @property
    def counted_j(self) -> float:
        return self.step.set_w * self.step.set_s if self.energy_j is None else self.energy_j


@dataclass
class Visit:
    name: str
    plans: list[list[Step]]
    sonications: list[Sonicated] = field(default_factory=list[Sonicated])

    @property
    def left(self) -> list[Step]:
        newest = len(self.plans)
        used = [one for one in self.sonications if one.plan == newest and one.outcome != "not started"]
        return self.plans[-1][len(used) :]

    @property
    def done(self) -> int:
        return sum(one.outcome != "not started" for one in self.sonications)


@dataclass
class Person:
    visits: list[Visit] = field(default_factory=list[Visit])
    caps_j: list[float] = field(default_factory=list[float])

    @property
    def sonications(self) -> list[Sonicated]:
        return [one for visit in self.visits for one in visit.sonications]

    def energy_j(self, region: str) -> float:
        return sum(one.counted_j for one in self.sonications if one.step.region == region)

    def dose(self, region: str, sensor: str) -> float:
        there = [one for one in self.sonications if one.step.region == region]
        return sum(amount or 0.0 for one in there for name, amount in one.doses if name == sensor)

    def dose_unknown(self, region: str) -> bool:
        return any(one.unknown for one in self.sonications if one.step.region == region)

    def refuses(self, steps: list[Step], more_caps_j: list[float]) -> bool:
        caps = [*self.caps_j, *more_caps_j]
        if self.caps_j and any(cap > min(self.caps_j) for cap in more_caps_j):
            return True
        for region in {step.region for step in steps}:
            here = [step for step in steps if step.region == region]
            if caps and self.energy_j(region) + sum(step.set_w * step.set_s for step in here) > min(caps) + 1e-6:
                return True
            if self.dose_unknown(region):
                return True
            for sensor in SENSORS:
                so_far = self.dose(region, sensor)
                if so_far >= DOSE_LIMIT or so_far + sum(step.dose_min for step in here) > DOSE_LIMIT + 1e-8:
                    return True
        return False


class GapOracle:
    """Counts with the true time; a mark notes how the wall clock stood to it."""

    def __init__(self) -> None:
        self.start: tuple[float, float, int] | None = None  # true time, offset of the wall clock, boot
        self.over = False

    def begins(self, clocks: Clocks) -> None:
        self.start, self.over = (clocks.true_s, clocks.wall_off_s, clocks.boots), False

    def forgets(self) -> None:
        """The monitor's memory is gone."""
        self.over = False

    def look(self, clocks: Clocks) -> tuple[float, bool]:
        """Seconds that are left, and whether the gap was begun anew just now."""
        if self.start is None or self.over:
            return 0.0, False
        began_s, offset_s, boot = self.start
        passed_s, jumped_s = clocks.true_s - began_s, clocks.wall_off_s - offset_s
        anew = boot != clocks.boots or abs(jumped_s) > 0.5 + 1e-3 * passed_s
        if anew:
            self.begins(clocks)
            return GAP_S, True
        left_s = max(0.0, GAP_S - max(0.0, min(passed_s, passed_s + jumped_s)))
        self.over = left_s == 0
        return left_s, False
