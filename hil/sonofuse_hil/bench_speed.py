"""`make bench`: how many times faster than real time the closed loop runs, on one core, on this machine.

One whole sonication (20 s, 40 W into the tissue) at 1 kHz with the shipped limits; only the plan from SAFE to SAFE is
timed, boot and installation are not. Its peer in the same run is a bare Python loop, so that figures of two machines
can be compared. Then the same in two processes, each on a core of its own, against one of them, in turn.
"""

import multiprocessing
import os
import platform
import statistics
import time
from concurrent.futures import ProcessPoolExecutor

from sonofuse.limits import SHIPPED, load

from .plant.transducer import EFFICIENCY
from .rig import Rig, Sonication

RUNS = 5
PEER_LOOPS = 1_000_000


def _peer_s() -> float:
    began = time.process_time()
    total = 0
    for i in range(PEER_LOOPS):
        total += i & 255
    return time.process_time() - began


def _times_real_time(seed: int) -> float:
    with Rig(plan=(Sonication(40 / EFFICIENCY, 20.0),), seed=seed) as rig:
        rig.run_for(2_000_000)
        began_us, began = rig.now_us, time.perf_counter()
        run = rig.run_plan(100_000_000, after_us=0)
        took = time.perf_counter() - began
        if run.done != 1:
            raise SystemExit(f"the sonication did not end normally: state {run.state}, cause {run.cause}")
        return (rig.now_us - began_us) * 1e-6 / took


def _take_core(core: int) -> None:
    """Of a worker: this core is its own, whichever its parent runs on."""
    if core >= 0:
        os.sched_setaffinity(0, {core})


def _of_two_workers(one: int, other: int) -> float:
    """What two workers at once, each on its core, do of twice the work of one, 0 ... 1."""
    context = multiprocessing.get_context("spawn")
    with (
        ProcessPoolExecutor(1, context, _take_core, (one,)) as first,
        ProcessPoolExecutor(1, context, _take_core, (other,)) as second,
    ):
        for worker in first, second:  # what is loaded and solved once
            worker.submit(_times_real_time, 1).result()
        shares: list[float] = []
        for seed in range(1, RUNS + 1):
            alone = first.submit(_times_real_time, seed).result()
            both = [worker.submit(_times_real_time, seed) for worker in (first, second)]
            shares.append(sum(run.result() for run in both) / (2 * alone))
    return statistics.median(shares)


def main() -> None:
    limits = load(SHIPPED)
    cores = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else [-1] * (os.cpu_count() or 1)
    _times_real_time(1)
    ratios = [_times_real_time(seed) for seed in range(1, RUNS + 1)]
    peers = [_peer_s() for _ in range(RUNS)]
    analog = sum(channel.sensor.kind != "contact" for channel in limits.channels)
    print(f"machine      {platform.machine()}, {platform.system()}, Python {platform.python_version()}, software tier")
    print(f"closed loop  {statistics.median(ratios):.0f} x real time on one core (median of {RUNS})")
    channels = f"{len(limits.channels)} channels, {analog} of them analog"
    print(f"spread       {min(ratios):.0f} ... {max(ratios):.0f} x; {channels}")
    rounds = PEER_LOOPS / statistics.median(peers) / 1e6
    print(f"peer         {rounds:.1f} million rounds of a bare Python loop a second")
    if len(cores) > 1:
        print(f"two workers  {_of_two_workers(*cores[:2]):.2f} of twice one worker (median of {RUNS})")


if __name__ == "__main__":
    main()
