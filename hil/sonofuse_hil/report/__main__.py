"""`python -m sonofuse_hil.report FILE.svg`: one run as planned and one with lost coupling, for the README."""

import sys
from pathlib import Path

from sonofuse.limits.commands import write_atomically

from ..demo import AFTER_US
from ..scenario import load_scenario, run_scenario
from .case import Case
from .curves import picture

if __name__ == "__main__":
    whole, moment = (Case(run_scenario(load_scenario(n), after_us=AFTER_US)) for n in ("nominal", "lost_coupling"))
    write_atomically(Path(sys.argv[1]), (picture(whole, moment) + "\n").encode())
