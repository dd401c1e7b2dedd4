"""The live rig: a stand that runs beside the wall clock, with a pseudo-terminal in the place of its console."""

import asyncio
import math
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sonofuse.board import Board
from sonofuse.limits import SHIPPED

from ..bench import Tolerances
from ..platforms.unix import Unix, UnixPlatform
from ..stand import Stand
from .baud import BYTE_US
from .broken import Broken
from .line import Line
from .pace import MOST_US, Pace
from .recent import SWITCHES, Recent

STEP_S = 0.005  # of the wall clock
CHUNK = 32  # bytes that the device is given at once: what its UART holds
WAITING_MOST = 32 + 255  # bytes that wait for the firmware: its UART and its ring (docs/firmware.md); more are lost
_READ_MOST = math.ceil(MOST_US / BYTE_US)  # of the line in one step
PLACES = ("skin_a", "skin_b", "fat", "periosteum", "marrow", "transducer", "water")


def tell(text: str) -> None:
    """One line for a person, on stderr."""
    print(f"sonofuse: {text}", file=sys.stderr, flush=True)


@dataclass
class Program:
    """The program at the pseudo-terminal, as a fault can spoil it: what it says, and how fast its clock runs."""

    hung: bool = False
    absent: bool = False
    clock_rate: float = 1.0


class LiveRig(Stand):
    """A device in real time, whose link is a pseudo-terminal. `run` it, or call `step` yourself every few ms.

    Nobody operates the generator but `set_generator`: the program at the link has to see to that. What is changed or
    asked happens at `now_us`, where the last `step` has ended: before the next one.

    Args:
        link: path of a symbolic link to the pseudo-terminal (921600 baud, raw).
        limits, board, tolerances, seed, flash, on: as of `Stand`.
        clock: ns, monotonic.
        say: is told in one line when the machine falls behind.

    Raises:
        LimitsError: if the limits file is wrong.
        RigError: if the link's path is taken, or the environment lacks what the platform needs.
    """

    def __init__(
        self,
        link: Path,
        limits: Path = SHIPPED,
        *,
        board: Board | None = None,
        tolerances: Tolerances = Tolerances(),
        seed: int = 1,
        flash: bytes | None = None,
        on: Unix = Unix(),
        clock: Callable[[], int] = time.monotonic_ns,
        say: Callable[[str], None] = tell,
    ) -> None:
        self.line = Line(link)
        try:
            cores = os.sched_getaffinity(0) if hasattr(os, "sched_setaffinity") else None
            super().__init__(limits, board=board, tolerances=tolerances, seed=seed, flash=flash, on=on)
            if cores is not None:  # a rig that runs flat out keeps to one core; this one makes room for its monitor
                os.sched_setaffinity(0, cores)
        except BaseException:
            self.line.close()
            raise
        self.console = self._program = Program()
        self.bench.on_received = lambda _t_us, data: self.line.write(data)
        self.broken = Broken(self)
        self.recent = Recent(self.bench.history)
        self.pace = Pace(clock, say)
        self._coming = bytearray()  # on the line to the device
        self._line_us = 0.0  # when it has carried what it was given
        self.heard_us: int | None = None  # when the device was last given a byte
        self.overrun = 0  # bytes that it could not take

    def close(self) -> None:
        self.line.close()
        super().close()

    # ---- time

    async def run(self) -> None:
        """Go on until cancelled.

        Raises:
            RigError: if the environment gives out.
        """
        while True:
            began_s = time.monotonic()
            self.step()
            await asyncio.sleep(max(0.0, began_s + STEP_S - time.monotonic()))

    def step(self) -> None:
        """Bring the device up to the wall clock, or as near to it as one step may, and exchange bytes with the line.

        Raises:
            RigError: if the environment gives out.
        """
        until_us = self.pace.until_us(self.now_us, self._program.clock_rate)
        while self._coming and until_us > self.now_us:
            chunk = bytes(self._coming[:CHUNK])
            there_us = math.ceil(self._line_us + len(chunk) * BYTE_US)
            if there_us > until_us:
                break
            self.platform.run_until(there_us)
            del self._coming[: len(chunk)]
            self._line_us += len(chunk) * BYTE_US
            self._deliver(chunk)
        self.platform.run_until(until_us)
        self.recent.take(self.now_us, self.pace.wall_ns)
        if not self._coming:
            self._line_us = self.now_us
        said = self.line.read(_READ_MOST - len(self._coming))
        if not self._program.hung:
            self._coming += said

    def _deliver(self, chunk: bytes) -> None:
        platform = self.platform
        assert isinstance(platform, UnixPlatform)
        taken = chunk[: max(0, WAITING_MOST - self.bench.waiting)] if platform.running else b""
        self.overrun += len(chunk) - len(taken)
        if taken:
            self.bench.send(taken)
            self.heard_us = self.now_us

    # ---- what is around the device

    def set_generator(self, power_w: float | None = None, gate: bool | None = None) -> dict[str, Any]:
        """Switch the generator as its console would; what is read back.

        Raises:
            ValueError: if the power is NaN, negative or above 10 kW, or the console hangs.
        """
        generator = self.bench.generator
        if (self._program.hung or self._program.absent) and not (power_w is None and gate is None):
            raise ValueError("the generator hears nothing: end the fault console_hung or nobody_there")
        if power_w is not None:
            generator.set_power(power_w)
        if gate is not None:
            generator.gate(gate)
        self.bench.changed()
        return self._generator()

    def set_supply(self, on: bool) -> None:
        """Cut the device's supply or bring it back; nothing if it is so already."""
        if on != self.platform.powered:
            (self.platform.restore_power if on else self.platform.cut_power)()
            self.bench.changed()

    def set_link(self, plugged: bool) -> None:
        """Pull the link's plug or put it back: a new terminal at the same path; nothing if it is so already.

        Raises:
            RigError: if the path is taken.
        """
        (self.line.plug if plugged else self.line.unplug)()
        self._coming.clear()

    # ---- what is true

    def snapshot(self) -> dict[str, Any]:
        """The truth about device, patient and machine now, as it goes into JSON (docstring of `control`)."""
        bench, platform, now_us = self.bench, self.platform, self.now_us
        # A sensor may have asked the plant ahead of the firmware.
        bench.plant.advance_to(max(bench.now_us, bench.thermometers.seen_us) * 1e-6)
        permits = [self.recent.permit(switch, now_us) for switch in range(SWITCHES)]
        return {
            "t_us": now_us,
            "wall_ns": self.pace.wall_ns,
            "temperatures_c": {place: round(bench.plant.read(place), 4) for place in PLACES},
            "forward_w": round(bench.watts, 4),
            "reflected_share": round(bench.plant.reflection(), 4),
            "generator": self._generator(),
            "relays_closed": [relay.closed(bench.now_us) for relay in bench.relays],
            "permit": [{"edges": comes, "last_edge_us": last_us} for comes, last_us in permits],
            "buzzer": bool(bench.outputs.get(self.limits.board.pins["buzzer"], 0)),
            "powered": platform.powered,
            "resets": len(platform.resets),
            "link": {
                "plugged": self.line.plugged,
                "opened": self.line.opened,
                "lost_bytes": self.line.lost,
                "overrun_bytes": self.overrun,
                "heard_us": self.heard_us,
            },
            "faults": self.broken.now(),
            "lag": self.pace.record(),
        }

    def _generator(self) -> dict[str, Any]:
        generator = self.bench.generator
        return {"power_w": generator.set_w, "gate": generator.on, "forward_w": round(self.bench.watts, 4)}
