"""Any inputs in any order, on the real firmware, beside a model of what they may lead to."""

import struct
from collections.abc import Callable
from pathlib import Path

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from sonofuse.link import F
from sonofuse_firmware.states import ARMED, ON, SAFE
from sonofuse_hil.device import Transform
from sonofuse_hil.guarantees import g06
from sonofuse_hil.guarantees.g06 import SETTLE_US, Console, Model
from sonofuse_hil.measurement import Measurement
from sonofuse_hil.rig import Rig

BOOT_US = 1_200_000  # the flow meter needs a second
DANGERS = {"stop_loop": 0.0, "supply": 0.0, "reference": 0.5}
KINDS = (F.ARM, F.START, F.FINISH, F.DISARM, F.STOP, F.ACKNOWLEDGE, F.STATUS, 0, 1, 99, 255)
TO_ON = ("acknowledge", "arm", "start")


def machine(
    limits: Path, measured: Callable[[Measurement], None], transform: Transform | None = None
) -> type[RuleBasedStateMachine]:
    """The class of a machine for these limits; `measured` takes every figure."""

    class Tripped(RuleBasedStateMachine):
        rig: Rig

        @initialize(led=st.sampled_from((True, True, False)))
        def begin(self, led: bool) -> None:
            self.rig = Rig(limits, transform=transform)
            self.console, self.model = Console(self.rig), Model()
            self.rig.run_for(BOOT_US)
            self.look(0)
            if led:  # most runs are about ON
                self.lead_to_on()

        def teardown(self) -> None:
            if hasattr(self, "rig"):
                self.rig.close()

        def look(self, since_us: int) -> None:
            was_on = self.console.state == ON if since_us else False
            self.rig.run_for(SETTLE_US)
            if ON not in self.model.may:
                measured(g06.edges_without_permission(self.rig, since_us, was_on))
            measured(g06.unexpected(self.rig, self.console.state, self.model))
            self.model.seen(self.console.state)

        def send(self, data: bytes) -> None:
            self.rig.bench.send(data)
            self.look(self.rig.now_us)

        def command(self, kind: int, payload: bytes = b"") -> None:
            self.send(self.console.encode(kind, payload))

        def arm_payload(self, set_mw: int, set_us: int) -> bytes:
            return struct.pack("<II", set_mw, set_us) + self.rig.blob[-32:][:8]

        @rule(new=st.booleans())
        def acknowledge(self, new: bool) -> None:
            self.model.acknowledge()
            self.command(F.ACKNOWLEDGE, bytes([new]))

        @rule()
        def arm(self) -> None:
            self.model.follow(SAFE, ARMED)
            self.command(F.ARM, self.arm_payload(60_000, 5_000_000))

        @rule()
        def start(self) -> None:
            self.model.follow(ARMED, ON)
            self.command(F.START)

        @rule()
        def lead_to_on(self) -> None:
            self.rig.run_for(120_000)
            self.console.join()
            for step in TO_ON:
                self.acknowledge(True) if step == "acknowledge" else getattr(self, step)()

        @rule()
        def finish(self) -> None:
            self.model.follow(ON, SAFE)
            self.command(F.FINISH)

        @rule()
        def disarm(self) -> None:
            self.model.follow(ARMED, SAFE)
            self.command(F.DISARM)

        @rule()
        def stop(self) -> None:
            self.model.stop()
            self.command(F.STOP)

        @rule(
            set_mw=st.sampled_from((0, 60_000, 109_230, 1 << 31)), set_us=st.sampled_from((0, 1_000, 1 << 31)),
            digest=st.binary(max_size=9),
        )  # fmt: skip
        def arm_wrongly(self, set_mw: int, set_us: int, digest: bytes) -> None:
            self.command(F.ARM, struct.pack("<II", set_mw, set_us) + digest)

        @rule(set_mw=st.sampled_from((0, 109_230, 1 << 31)), set_us=st.sampled_from((1_000, 1 << 31)))
        def arm_out_of_range(self, set_mw: int, set_us: int) -> None:
            self.command(F.ARM, self.arm_payload(set_mw, set_us))

        @rule(payload=st.binary(max_size=20).filter(lambda payload: len(payload) != 1))
        def acknowledge_wrongly(self, payload: bytes) -> None:
            self.command(F.ACKNOWLEDGE, payload)

        @rule(kind=st.sampled_from(KINDS[6:]), payload=st.binary(max_size=20))
        def unknown(self, kind: int, payload: bytes) -> None:
            self.command(kind, payload)

        @rule(garbage=st.binary(min_size=1, max_size=60))
        def noise(self, garbage: bytes) -> None:
            self.send(garbage + b"\0")

        @rule(kind=st.sampled_from(KINDS[:6]), bit=st.integers(0, 1000), cut=st.booleans())
        def damaged(self, kind: int, bit: int, cut: bool) -> None:
            payload = self.arm_payload(60_000, 5_000_000) if kind == F.ARM else b"\1" * (kind == F.ACKNOWLEDGE)
            frame = bytearray(self.console.encode(kind, payload))
            at = bit // 8 % (len(frame) - 1)
            if cut:
                del frame[at:-1]
            else:
                frame[at] ^= 1 << bit % 8
            self.send(bytes(frame))

        @rule(name=st.sampled_from(sorted(DANGERS)))
        def danger(self, name: str) -> None:
            since_us = self.rig.now_us
            self.rig.bench.force(name, DANGERS[name])
            self.model.dangers.add(name)
            self.look(since_us)

        @rule(name=st.sampled_from(sorted(DANGERS)))
        def danger_over(self, name: str) -> None:
            since_us = self.rig.now_us
            self.rig.bench.force(name, None)
            self.model.dangers.discard(name)
            self.look(since_us)

        @rule(power=st.booleans())
        def reset(self, power: bool) -> None:
            since_us = self.rig.now_us
            self.model.reset()
            if power:
                self.rig.platform.cut_power()
                self.rig.run_for(5_000)
                self.rig.platform.restore_power()
            else:
                self.rig.platform.pull_run()
            self.rig.run_for(400_000)  # a boot, the proof of the watchdog, and a second boot
            self.look(since_us)

        @rule(us=st.integers(1, 1_500_000))
        def wait(self, us: int) -> None:
            since_us = self.rig.now_us
            self.rig.run_for(us)
            self.look(since_us)

    return Tripped
