"""A row of a campaign as reports show a scenario."""

from dataclasses import replace

from ..report.case import Case
from ..run import Run
from ..scenario import Outcome
from ..scenario_model import END
from .rows import Performed
from .verdict import SAFE


def case_of(done: Performed, run: Run) -> Case:
    """A row as a report shows it."""
    verdict, scene = done.verdict, done.drawn.scenario
    start_us, since = verdict.start_us, verdict.since
    if start_us is None and run.stimuli:
        start_us, since = run.stimuli[0].t_us, run.stimuli[0].name
    elif start_us is None:
        last = min(len(run.rf_us), len(scene.plan))
        start_us = run.rf_us[last - 1] + round(1e6 * scene.plan[last - 1].duration_s) if last else run.end_us
    struck = bool(done.drawn.strikes)
    shown = replace(
        scene,
        name=f"row-{done.row['number']}",
        title=f"Row {done.row['number']}: {scene.title}",
        expect=replace(scene.expect, since=since or END),
    )
    off_us = run.rf_off(start_us)
    outcome = Outcome(
        scenario=shown,
        run=run,
        expected="what the catalogue of faults says" if struck else "every sonication ends normally, without a trip",
        seen=f"{verdict.outcome}; {done.row['cause'] or f'{run.done} of {len(scene.plan)} sonications ended'}",
        start_us=start_us,
        reaction_us=verdict.reaction_us,
        rf_off_us=None if off_us is None else off_us - start_us,
        bound_us=verdict.bound_us,
        guarantee=verdict.guarantee,
        passed=verdict.outcome == SAFE,
        reason=verdict.reason,
    )
    return Case(outcome)
