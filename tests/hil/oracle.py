"""When a recording should trip, in plain Python from the TOML file and physical units; shares no code with the host.

For each check two times: from when a trip would be justified (beyond the limit less the declared uncertainty), and by
when it is due (beyond the limit itself for as long as the debounce asks, and the time that a reading takes).
"""

import math
import re
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

STEP_S = 0.001
SLACK_S = 0.03  # a conversion and a few ticks
OVER_S = 0.25  # window of the rise: 12 conversions
START_S = 0.02  # RF follows the permit
NEVER = math.inf
Signal = Callable[[float], float]


def figure(text: str | float) -> float:
    """The number of a quantity, in s, K, W or whatever it is written in; ms and % are made s and 1."""
    if not isinstance(text, str):
        return float(text)
    number, unit = re.fullmatch(r"([-\d.]+)\s*(.*)", text).groups()
    return float(number) * {"ms": 1e-3, "%": 1e-2, "mV": 1e-3}.get(unit, 1.0)


@dataclass(frozen=True)
class Verdict:
    """The device may trip from `may_s` on and has to by `must_s`; `must_s` infinite: it need not."""

    may_s: float
    must_s: float


class Limits:
    """The figures of a limits file, as written."""

    def __init__(self, path: Path) -> None:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        self.top, self.channels = data["limits"], data["channel"]

    def get(self, channel: str, check: str, key: str = "trip") -> float:
        return figure(self.channels[channel][check][key])

    def debounce_s(self, channel: str, check: str) -> float:
        text = self.channels[channel][check].get("debounce", "0 s")
        conversion_s = figure(self.channels[channel]["sensor"]["conversion"][1])
        if "sample" in text:
            return (figure(text) + 1) * conversion_s
        return figure(text) + 2 * conversion_s


def first(condition: Callable[[float], bool], end_s: float, hold_s: float = 0.0) -> float:
    """The first time at which a condition has held for so long, or never."""
    since = NEVER
    for n in range(int(end_s / STEP_S) + 1):
        t = n * STEP_S
        since = min(since, t) if condition(t) else NEVER
        if t - since >= hold_s:
            return t
    return NEVER


def judge(path: Path, signals: dict[str, Signal], set_w: float, duration_s: float) -> Verdict:
    """What has to happen to a device with these limits that sees these signals (by time after RF on; NaN: broken)."""
    found = list(_each(Limits(path), signals, set_w, duration_s))
    return Verdict(min((may for may, _ in found), default=NEVER), min((must for _, must in found), default=NEVER))


def _each(limits: Limits, signals: dict[str, Signal], set_w: float, end_s: float) -> Iterator[tuple[float, float]]:
    def window(may: Callable[[float], bool], must: Callable[[float], bool], hold_s: float) -> tuple[float, float]:
        return first(may, end_s), first(must, end_s, hold_s) + SLACK_S

    for name, signal in signals.items():
        hold_s = limits.debounce_s(name, "range")
        yield window(lambda t, s=signal: math.isnan(s(t)), lambda t, s=signal: math.isnan(s(t)), hold_s)
        for check, sign in (("above", 1), ("below", -1)):
            if check in limits.channels[name] and name not in ("forward", "flow"):
                trip, guard = sign * limits.get(name, check), limits.get(name, "sensor", "uncertainty") + 0.1
                yield window(
                    lambda t, s=signal, k=sign, at=trip, g=guard: k * s(t) > at - g,
                    lambda t, s=signal, k=sign, at=trip: k * s(t) > at,
                    limits.debounce_s(name, check),
                )
        if "rise" in limits.channels[name]:
            rise_k = limits.get(name, "rise") * OVER_S
            yield window(  # half the limit leaves room for noise
                lambda t, s=signal, k=rise_k: s(t) - s(max(0.0, t - OVER_S)) > k / 2,
                lambda t, s=signal, k=rise_k: s(t) - s(max(0.0, t - OVER_S)) > k,
                limits.debounce_s(name, "rise") + OVER_S / 2,
            )
    yield from _power(limits, signals, set_w, end_s)
    if "skin_a" in signals and "skin_b" in signals:
        trip, a, b = limits.get("skin_a", "pair"), signals["skin_a"], signals["skin_b"]
        hold_s = limits.debounce_s("skin_a", "pair")
        yield window(lambda t: abs(a(t) - b(t)) > trip - 1.1, lambda t: abs(a(t) - b(t)) > trip, hold_s)
    if "flow" in signals:  # the meter counts the pulses of the last second
        trip, flow = limits.get("flow", "below"), signals["flow"]
        hold_s = limits.debounce_s("flow", "below") + 1.0
        yield window(lambda t: flow(t) < trip * 1.1, lambda t: flow(t) < trip, hold_s)


def _power(limits: Limits, signals: dict[str, Signal], set_w: float, end_s: float) -> Iterator[tuple[float, float]]:
    if "forward" not in signals:
        return
    forward = signals["forward"]
    error = 10 ** (0.2 / 10)  # 0.2 dB, as declared
    for check, trip in (("set", set_w * (1 + limits.get("forward", "set"))), ("above", limits.get("forward", "above"))):
        yield (
            first(lambda t, at=trip: forward(t) > at / error**2, end_s),
            first(lambda t, at=trip: forward(t) > at, end_s, limits.debounce_s("forward", check)) + SLACK_S,
        )
    budget_j = min(figure(limits.top["energy_ratio"]) * set_w * end_s, figure(limits.top["energy"]))
    yield _energy_s(forward, budget_j / error**2, end_s), _energy_s(forward, budget_j, end_s - START_S) + SLACK_S
    if "reflected" in signals:
        vswr, reflected = limits.get("reflected", "ratio"), signals["reflected"]
        ratio = ((vswr - 1) / (vswr + 1)) ** 2
        leak = 10 ** (-figure(limits.channels["reflected"]["ratio"]["directivity"]) / 20)
        low = (math.sqrt(ratio) - leak) ** 2 / error**2  # the coupler's leak may hide that much
        high = (math.sqrt(ratio) + leak) ** 2
        hold_s = limits.debounce_s("reflected", "ratio")
        yield (
            first(lambda t: reflected(t) > low * forward(t), end_s),
            first(lambda t: reflected(t) > high * forward(t), end_s, hold_s) + SLACK_S,
        )


def _energy_s(forward: Signal, budget_j: float, end_s: float) -> float:
    energy_j = 0.0
    for n in range(int(end_s / STEP_S)):
        watts = forward(n * STEP_S)
        energy_j += 0.0 if math.isnan(watts) else watts * STEP_S
        if energy_j > budget_j:
            return n * STEP_S
    return NEVER
