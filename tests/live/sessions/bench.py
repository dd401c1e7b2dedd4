"""What the tests of sessions share: limits, clocks that a test moves, plans."""

from dataclasses import dataclass
from functools import cache

from sonofuse.limits import SHIPPED, LimitsFile, load
from sonofuse.live.sessions.facts import Step
from sonofuse.live.sessions.instant import Instant
from sonofuse.live.sessions.plan_file import PlanFile

WHO = "MK/ENG"
DEVICE = "rev_a-0001"
SENSORS = ("skin_a", "skin_b")  # that have a dose limit in the shipped limits, of 2 CEM43 min
START_NS = 1_900_000_000_000_000_000  # 2030-03-17T17:46:40Z


@cache
def limits() -> LimitsFile:
    return load(SHIPPED)


@dataclass
class Clocks:
    """The clocks of a computer: `true_s` is what no program sees."""

    true_s: float = 0.0
    wall_off_s: float = 0.0
    booted_s: float = -1000.0
    boots: int = 1

    def now(self) -> Instant:
        wall_ns = START_NS + round((self.true_s + self.wall_off_s) * 1e9)
        return Instant(wall_ns, round((self.true_s - self.booted_s) * 1e9), f"boot {self.boots}")

    def pass_s(self, seconds: float) -> None:
        self.true_s += seconds

    def set_wall(self, by_s: float) -> None:
        self.wall_off_s += by_s

    def reboot(self, took_s: float) -> None:
        self.true_s += took_s
        self.booted_s, self.boots = self.true_s - 1.0, self.boots + 1


def plan(*steps: Step, caps: dict[str, float] | None = None, limits_file: bytes | None = None) -> PlanFile:
    return PlanFile(steps or (Step("ilium_left", 40.0, 20.0),), caps or {}, limits_file)


def doses(skin_a: float = 0.1, skin_b: float = 0.05) -> dict[str, float | None]:
    return {"skin_a": skin_a, "skin_b": skin_b}
