"""`make bench`: how many times faster than real time the closed loop runs, on one core, on this machine.

One whole sonication (20 s, 40 W into the tissue) at 1 kHz with the shipped limits; only the plan from SAFE to SAFE is
timed, boot and installation are not. Its peer in the same run is a bare Python loop, so that figures of two machines
can be compared.
"""

import platform
import statistics
import time

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


def main() -> None:
    limits = load(SHIPPED)
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


if __name__ == "__main__":
    main()
