"""A device as a monitor would see it, from first-order heating and the figures of the limits file that ships.

It steps 0.05 s of its own time whenever it is asked for a View, and follows the states of firmware/states.py. Noise is
seeded: the same commands give the same Views.
"""

import math
import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from sonofuse.live.view import CONNECTED, Bound, Budget, Reading, Session, View

STEP_S = 0.05
SKIN = Bound("above", 41.0, 40.499, 39.0)
TRANSDUCER = Bound("above", 43.0, 42.499, 38.0)
WATER_HIGH, WATER_LOW = Bound("above", 30.0, 29.499, 25.0), Bound("below", 10.0, 10.502, 15.0)
FLOW = Bound("below", 1.0, 1.0609, 1.5)
IDLE = Bound("idle", 0.5, 0.47653, 0.1)
BASE_C, TAU_S = 32.0, 14.0  # skin under the cooling water, and how fast it follows
KELVIN_PER_WATT = 0.085  # of skin, at rest: 40 W ends near 35.4 °C


@dataclass
class Device:
    """What the tests script.

    `hot` makes skin_a follow the power that many times as strongly; `speed` lets more time pass per View, and hardly
    any passes while skin_a is at `hold_c`; `quiet` gives the same View again and again, as a watcher that hangs.
    """

    hot: float = 1.0
    speed: float = 1.0
    hold_c: float = math.inf
    quiet: bool = False
    link: str = CONNECTED
    trouble: str = ""
    inhibited: str = ""
    state: str = "SAFE"
    t_s: float = 1000.0
    on_s: float = 0.0
    set_w: float = 0.0
    set_s: float = 0.0
    energy_j: float = 0.0
    cause: int = 0
    cause_text: str = ""
    number: int = 2
    skin: list[float] = field(default_factory=lambda: [BASE_C + 0.6, BASE_C + 0.3])
    dose: list[float] = field(default_factory=lambda: [0.12, 0.08])
    transducer_c: float = 22.0
    noise: random.Random = field(default_factory=lambda: random.Random(5))
    views: int = 0
    last: View | None = None

    def latest(self) -> View:
        """The View of now, a step later than the one before."""
        if not self.quiet or self.last is None:
            self._step(STEP_S * self.speed)
            self.views += 1
            self.last = self._view()
        return self.last

    def arm(self, set_w: float, set_s: float) -> str:
        return self._go("SAFE", "ARMED", lambda: self._set(set_w, set_s))

    def start(self) -> str:
        return self._go("ARMED", "ON", lambda: None)

    def finish(self) -> str:
        return self._go("ON", "SAFE", self._finished)

    def disarm(self) -> str:
        return self._go("ARMED", "SAFE", lambda: None)

    def acknowledge(self) -> str:
        if self.skin[0] > SKIN.trip:
            return "the cause is still present: skin_a is above its limit"
        return self._go("TRIPPED", "SAFE", lambda: None)

    def trip(self, cause: int, text: str) -> None:
        """Into TRIPPED; the first cause is kept."""
        if self.state != "TRIPPED":
            self.state, self.cause, self.cause_text = "TRIPPED", cause, text

    def _go(self, source: str, target: str, act: Callable[[], None]) -> str:
        if self.state != source:
            return f"refused in the state {self.state}"
        act()
        self.state = target
        return ""

    def _set(self, set_w: float, set_s: float) -> None:
        self.set_w, self.set_s, self.on_s, self.energy_j = set_w, set_s, 0.0, 0.0

    def _finished(self) -> None:
        self.number += 1

    def _step(self, dt_s: float) -> None:
        if self.skin[0] >= self.hold_c:
            self.t_s += 0.001
            return
        self.t_s += dt_s
        power = self.set_w if self.state == "ON" else 0.0
        for index, gain in enumerate((self.hot, 0.9)):
            settled = BASE_C + KELVIN_PER_WATT * gain * power
            self.skin[index] += (settled - self.skin[index]) * (1 - math.exp(-dt_s / TAU_S))
            self.dose[index] += dt_s / 60 * (0.25 if self.skin[index] < 43 else 0.5) ** (43 - self.skin[index])
        self.transducer_c += (22.0 + 0.05 * power - self.transducer_c) * (1 - math.exp(-dt_s / 25.0))
        if self.state == "ON":
            self.on_s += dt_s
            self.energy_j += power * dt_s
            if self.on_s >= self.set_s:
                self.finish()
        if self.skin[0] > SKIN.trip:
            self.trip(4 * 256, "skin_a above: above its limit")

    def _view(self) -> View:
        power = self.set_w if self.state == "ON" else 0.0
        on = self.state == "ON"
        set_bound = Bound("set", round(self.set_w * 1.2, 3), round(self.set_w * 1.14544, 3), round(self.set_w * 1.1, 3))
        forward = power + self.noise.gauss(0, 0.3) if on else abs(self.noise.gauss(0.03, 0.004))
        contacts = ("stop_loop", 1.0), ("supply", 1.0), ("permit_readback", float(on)), ("second_readback", float(on))
        noisy = self.noise.gauss
        readings = (
            _reading("skin_a", "temperature", "degC", self.skin[0] + noisy(0, 0.02), SKIN, None, 33.0),
            _reading("skin_b", "temperature", "degC", self.skin[1] + noisy(0, 0.02), SKIN, None, 33.0),
            _reading("transducer", "temperature", "degC", self.transducer_c + noisy(0, 0.02), TRANSDUCER, None, 22.0),
            _reading("water", "temperature", "degC", 19.6 + noisy(0, 0.02), WATER_HIGH, WATER_LOW, 20.0),
            _reading("forward", "power", "W", forward, set_bound if on else IDLE, None, 0.0),
            _reading("reflected", "power", "W", 0.02 * forward + abs(noisy(0.02, 0.01)), None, None, 0.0),
            _reading("reference", "voltage", "V", 2.048 + noisy(0, 0.0004), Bound("above", 2.068, 2.0619, 2.058),
                     Bound("below", 2.028, 2.035, 2.038), 2.048),
            _reading("flow", "flow", "L/min", 2.31 + noisy(0, 0.01), None, FLOW, 2.3),
            *(_reading(name, "contact", "", value, None, None, 1.0) for name, value in contacts),
        )  # fmt: skip
        rate = KELVIN_PER_WATT * self.hot * power - (self.skin[0] - BASE_C)
        left = (SKIN.trip - self.skin[0]) * TAU_S / rate if on and rate > 0.5 else None
        return View(
            t_s=self.t_s,
            link=self.link,
            trouble=self.trouble,
            inhibited=self.inhibited,
            state=self.state,
            cause=self.cause,
            cause_text=self.cause_text,
            physiological=self.cause >> 8 == 4,
            readings=readings,
            budgets=(
                Budget("dose skin_a", "CEM43 min", self.dose[0], 2.0),
                Budget("dose skin_b", "CEM43 min", self.dose[1], 2.0),
                Budget("energy", "J", self.energy_j, 1.1 * self.set_w * self.set_s or 3000.0),
                Budget("duration", "s", self.on_s, self.set_s + 0.5 if self.set_s else 40.0),
            ),
            set_w=self.set_w,
            set_s=self.set_s,
            on_s=self.on_s,
            time_to_limit_s=left if left is not None and left < 60 else None,
            receipt_age_s=0.018 + 0.004 * self.noise.random() if self.link == CONNECTED else None,
            receipt_limit_s=0.25,
            device="rev_a on /dev/ttyUSB0",
            limits="bone_metastasis 1 (0ce1a593)",
            session=Session("P-0147", "left iliac crest", self.number, 6, 40.0, 20.0, 1460.0 + self.energy_j, 0.0),
        )


def _reading(
    name: str, quantity: str, unit: str, value: float, high: Bound | None, low: Bound | None, normal: float
) -> Reading:
    shares: dict[str, float] = {}
    if high is not None:
        shares[high.check] = (high.trip - value) / (high.trip - normal)
    if low is not None:
        shares[low.check] = (value - low.trip) / (normal - low.trip)
    of = min(shares, key=lambda check: shares[check]) if shares else ""
    above = high is not None and high.warn is not None and value > high.warn
    below = low is not None and low.warn is not None and value < low.warn
    margin = max(0.0, min(1.0, shares[of])) if of else None
    return Reading(name, name, quantity, unit, value, high, low, margin, of, above or below)


def unknown(view: View, name: str) -> View:
    """A View in which a reading is not known."""
    readings = (replace(r, value=None, margin=None) if r.name == name else r for r in view.readings)
    return replace(view, readings=tuple(readings))


class Silent:
    """A console that does all it is asked for, and nothing."""

    def __init__(self) -> None:
        self.calls: list[tuple[str | float | bool, ...]] = []
        self.answer = ""

    def _do(self, *call: str | float | bool) -> str:
        self.calls.append(call)
        return self.answer

    def stop(self) -> str:
        return self._do("stop")

    def arm(self, set_w: float, set_s: float) -> str:
        return self._do("arm", set_w, set_s)

    def start(self) -> str:
        return self._do("start")

    def finish(self) -> str:
        return self._do("finish")

    def disarm(self) -> str:
        return self._do("disarm")

    def acknowledge(self, new_treatment: bool, who: str, why: str) -> str:
        return self._do("acknowledge", new_treatment, who, why)

    def silence(self) -> str:
        return self._do("silence")
