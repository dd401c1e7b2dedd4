"""A monitor that runs treatments as fast as the disk lets it, and reports what was acknowledged to it. It is killed."""

import random
from multiprocessing.connection import Connection
from pathlib import Path

from sonofuse.live.sessions import FINISHED, NOT_STARTED, TRIPPED, Sessions, history, planning
from sonofuse.live.sessions.database import Database
from sonofuse.live.sessions.facts import Step

from .bench import DEVICE, WHO, Clocks, limits, plan

STEP = Step("ilium_left", 10.0, 5.0)
limits()  # read once, where processes are forked from


def write(path: Path, seed: int, acknowledged: "Connection[object, object]") -> None:
    """Goes on until it is killed; sends each fact when, and only when, the call that keeps it has returned."""
    draw = random.Random(seed)
    clocks = Clocks(true_s=1000.0 * seed)
    monitor = Sessions(path, limits(), clocks.now())
    other = Database(path)
    for name in opened(other):
        monitor.resolve(clocks.now(), WHO, f"seed {seed}", name, None)
        acknowledged.send(("resolved", name, f"seed {seed}"))
    while True:
        treatment = planning.new_treatment(other, clocks.now(), WHO, plan(STEP, STEP, STEP), limits())
        acknowledged.send(("treatment", treatment))
        monitor.choose(treatment)
        for _ in range(3):
            clocks.pass_s(61)
            name = monitor.begin(clocks.now(), STEP.set_w, STEP.set_s, DEVICE, f"{seed}.mcap")
            acknowledged.send(("begun", name, f"{seed}.mcap"))
            outcome, energy_j = draw.choice((FINISHED, TRIPPED, NOT_STARTED)), draw.randrange(4000) / 64
            dose = draw.randrange(64) / 4096
            monitor.end(clocks.now(), outcome, energy_j, {"skin_a": dose, "skin_b": dose})
            started = outcome != NOT_STARTED
            acknowledged.send(("ended", name, outcome, energy_j if started else 0.0, dose if started else None))
        monitor.acknowledge(clocks.now(), WHO, f"seed {seed}", 2817, treatment)
        acknowledged.send(("acknowledged", treatment, f"seed {seed}"))


def opened(database: Database) -> list[str]:
    """The accounts that a person has to look at."""
    with database.reading() as connection:
        return [sonication.name for sonication in history.open_accounts(connection)]
