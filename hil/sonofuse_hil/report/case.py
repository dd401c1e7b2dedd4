"""What a report says about one run: an outcome, and the moments that its figures count from and to."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sonofuse.limits import LimitsFile

from ..run import Run
from ..scenario import Outcome, Scenario
from ..scenario_model import END, LAST_TOKEN, RF

_EVENTS = {"": "planned end", END: "planned end", RF: "RF on", LAST_TOKEN: "last token"}


@dataclass(frozen=True)
class Case:
    """An outcome as a person reads it; times in µs of the run, None where something never came."""

    outcome: Outcome

    @property
    def scenario(self) -> Scenario:
        return self.outcome.scenario

    @property
    def run(self) -> Run:
        return self.outcome.run

    @cached_property
    def _limit_set(self) -> tuple[LimitsFile, bytes]:
        return self.scenario.limit_set()

    @property
    def limits(self) -> LimitsFile:
        """The limits as this scenario ran them."""
        return self._limit_set[0]

    @property
    def digest(self) -> str:
        """SHA-256 of the words of the limit set, as `sonofuse check` prints it and ARM carries it."""
        return self._limit_set[1][-32:].hex()

    @property
    def event(self) -> str:
        """What the figures count from, in words."""
        since = self.scenario.expect.since
        return _EVENTS.get(since, since.replace("_", " "))

    @property
    def event_us(self) -> int:
        """When that was; the start of the run if it never came to it."""
        return self.outcome.start_us or 0

    @property
    def permit_low_us(self) -> int | None:
        """The last edge on a permit pin after the event; None if edges came to the end."""
        if self.event_us >= self.run.end_us:  # the run was over before it came to that
            return self.event_us
        low_us = self.run.low_since(self.event_us)
        return None if low_us >= self.run.end_us else low_us

    @property
    def rf_off_us(self) -> int | None:
        return self.run.rf_off(self.event_us)

    @property
    def bound(self) -> str:
        bound_us = self.outcome.bound_us
        return "–" if bound_us is None else f"{bound_us / 1e3:g} ms"

    def after(self, t_us: int | None) -> str:
        """A time as ms after the event."""
        return "never" if t_us is None else f"{(t_us - self.event_us) / 1e3:.2f} ms"

    def peak_c(self, place: str) -> float:
        """The highest true temperature of a place in this run, degC."""
        return max(self.run.samples.curves[place])

    def record(self) -> dict[str, Any]:
        """The case as plain data, without its curves; times in ms after the event."""
        outcome = self.outcome

        def ms(us: int | None) -> float | None:
            return None if us is None else us / 1e3

        low_us, off_us = self.permit_low_us, self.rf_off_us
        return {
            "scenario": self.scenario.name,
            "title": self.scenario.title,
            "passed": outcome.passed,
            "reason": outcome.reason,
            "expected": outcome.expected,
            "seen": outcome.seen,
            "guarantee": outcome.guarantee,
            "event": self.event,
            "reaction_ms": ms(outcome.reaction_us),
            "bound_ms": ms(outcome.bound_us),
            "permit_low_ms": None if low_us is None else ms(low_us - self.event_us),
            "rf_off_ms": None if off_us is None else ms(off_us - self.event_us),
            "tier": self.run.tier,
            "seed": self.run.seed,
            "limits": self.run.limits,
            "limits_sha256": self.digest,
            "simulated_s": self.run.end_us / 1e6,
            "run_sha256": self.run.digest(),
        }
