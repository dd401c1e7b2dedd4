"""A generator made of two variables, with everything that can go wrong on demand."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from sonofuse.live.generators.generator import GeneratorError

TIMEOUT_S, SETTLE_S, TOLERANCE = 0.2, 0.05, 0.02


@dataclass
class FakeGenerator:
    """`before` and `after` are called with the name of each call, before and after it takes effect: a test waits or
    raises there. `deaf` are calls that have no effect."""

    output: bool = True  # left on by whoever had it before
    watts: float = 1.0
    before: Callable[[str], None] = lambda _: None
    after: Callable[[str], None] = lambda _: None
    deaf: set[str] = field(default_factory=set[str])
    calls: list[str] = field(default_factory=list[str])
    identity: str = "fake"
    timeout_s: float = TIMEOUT_S
    settle_s: float = SETTLE_S
    tolerance: float = TOLERANCE

    def set_point(self, watts: float) -> None:
        self._call("set point")
        if "set point" not in self.deaf:
            self.watts = watts
        self.after("set point")

    def read_set_point(self) -> float:
        self._call("read set point")
        self.after("read set point")
        return self.watts

    def on(self) -> None:
        self._call("on")
        self._put("on", True)

    def off(self) -> None:
        self._call("off")
        self._put("off", False)

    def read_output(self) -> bool:
        self._call("read output")
        output = self.output
        self.after("read output")
        return output

    def abort(self) -> None:
        self._call("abort")
        self._put("abort", False)

    def close(self) -> None:
        self._call("close")
        self.after("close")

    def _call(self, name: str) -> None:
        self.calls.append(name)
        self.before(name)

    def _put(self, name: str, output: bool) -> None:
        if name not in self.deaf:
            self.output = output
        self.after(name)


class Gate:
    """Holds one kind of call back until it is opened: `held` is set while one is held."""

    def __init__(self, *names: str) -> None:
        self.names, self.held, self._open = set(names), threading.Event(), threading.Event()

    def __call__(self, name: str) -> None:
        if name in self.names:
            self.held.set()
            self._open.wait()

    def open(self) -> None:
        self._open.set()


def failing(*names: str) -> Callable[[str], None]:
    """For `before` or `after`: these calls fail."""

    def fail(name: str) -> None:
        if name in names:
            raise GeneratorError(f"no {name}")

    return fail


class Clock:
    """Time that passes when a test says so, s."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s
