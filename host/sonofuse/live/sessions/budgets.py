"""What a plan would use up, compared with what is allowed: a line for everything that is too much."""

import math
from collections.abc import Iterator, Mapping, Sequence

from .facts import NOTHING, Step, Total
from .tightening import Allowed

_ROUNDING = 1 + 1e-9  # floating point, not a margin


def refusals(steps: Sequence[Step], had: Mapping[str, Total], most: Allowed, first: int = 1) -> list[str]:
    """Why these steps must not follow what was had already; none: they may. `first` is the number of the first step."""
    lines = [line for number, step in enumerate(steps, first) for line in _alone(f"step {number}", step, most)]
    for region in dict.fromkeys(step.region for step in steps):
        planned = [step for step in steps if step.region == region]
        lines += _together(region, planned, had.get(region, NOTHING), most)
    return lines


def _over(amount: float, most: float) -> bool:
    return not amount <= most * _ROUNDING  # so that NaN is too much


def _alone(name: str, step: Step, most: Allowed) -> Iterator[str]:
    for what, amount, limit, unit in (
        ("set power", step.set_w, most.set_w, "W"),
        ("duration", step.set_s, most.set_s, "s"),
        ("energy", step.energy_j, most.energy_j, "J"),
    ):
        if _over(amount, limit):
            yield f"{name}, {step.region}: {what} {amount:g} {unit} is more than the {limit:g} {unit} allowed"


def _together(region: str, steps: Sequence[Step], had: Total, most: Allowed) -> Iterator[str]:
    planned_j = math.fsum(step.energy_j for step in steps)
    if most.region_energy_j is not None and _over(had.energy_j + planned_j, most.region_energy_j):
        yield (
            f"energy budget of {region} used up: {had.energy_j:g} J so far and {planned_j:g} J planned are more than "
            f"the {most.region_energy_j:g} J allowed"
        )
    if most.dose_min and not had.known:
        yield f"dose budget of {region} used up: a dose there is not known, so it counts as exhausted"
        return
    expected = math.fsum(step.dose_min for step in steps)
    for sensor, limit in most.dose_min.items():
        so_far = had.doses.get(sensor, 0.0)
        if so_far >= limit or _over(so_far + expected, limit):
            more = f" and {expected:g} expected are" if expected else " are"
            yield (
                f"dose budget of {region} used up: {so_far:g} CEM43 min at {sensor} so far{more} too much for the "
                f"{limit:g} allowed"
            )
