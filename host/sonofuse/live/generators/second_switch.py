"""Owns the generator: commands go in without waiting, its state comes out, and nobody else ever waits for it.

Two threads call the generator: one makes the calls that orders.py decides on, the other puts the output off a second
way if that is late. The lock is held while orders.py thinks, some microseconds, and never during a call. Both threads
may hang for ever; what a command takes does not depend on them.
"""

import threading
import time
from collections.abc import Callable
from functools import partial
from typing import TypeVar

from sonofuse.live.generators.calls import Connect, Task, make
from sonofuse.live.generators.generator import Generator, GeneratorError
from sonofuse.live.generators.orders import Orders
from sonofuse.live.generators.state import GeneratorState

Answer = TypeVar("Answer")


class SecondSwitch:
    """A generator as the second switch of a treatment. `connect` makes a connected generator, see option.py; it runs
    in the thread that owns the generator, again whenever the generator went away.

    Commands return "" when they are accepted, else one line that says why not; what became of them, `state` says.
    """

    def __init__(self, connect: Connect, clock: Callable[[], float] = time.monotonic) -> None:
        self._connect, self._clock = connect, clock
        self._orders = Orders()
        self._changed = threading.Condition()
        # Daemons: a call that hangs must not keep the process alive.
        self._owner = threading.Thread(target=self._own, name="generator", daemon=True)
        self._second = threading.Thread(target=self._second_way, name="generator, second way", daemon=True)

    def start(self) -> None:
        """Connect and put the output off, in the background."""
        self._owner.start()
        self._second.start()

    def set_point(self, watts: float) -> str:
        """Set this power, W, before the output goes on; good for one time on."""
        return self._tell(partial(self._orders.set_point, watts))

    def on(self) -> str:
        """Put the output on, once, as soon as the set point has been read back."""
        return self._tell(self._orders.on)

    def off(self) -> str:
        """Put the output off. Overtakes everything."""
        return self._tell(self._orders.off)

    def trip(self) -> str:
        """Put the output off, and let nothing put it on before `acknowledge`."""
        return self._tell(self._orders.trip)

    def acknowledge(self) -> str:
        """Allow the output again, if it is known to be off."""
        return self._tell(self._orders.acknowledge)

    def state(self) -> GeneratorState:
        """What is known now."""
        with self._changed:
            return self._orders.state(self._clock())

    def close(self, patience_s: float = 2.0) -> str:
        """Put the output off and give the generator back: the only call that waits, `patience_s` at most.

        Returns "" if the output is known to be off, else one line.
        """
        self._tell(self._orders.close)
        with self._changed:
            if self._changed.wait_for(lambda: self._orders.finished, patience_s):
                return ""
            trouble = self._orders.state(self._clock()).trouble
        return f"the generator's output may still be on, switch it off by hand; {trouble or 'it is slow'}"

    def _tell(self, what: Callable[[float], Answer]) -> Answer:
        with self._changed:
            answer = what(self._clock())
            self._changed.notify_all()
        return answer

    def _own(self) -> None:
        while (task := self._await(self._orders.next, self._orders.pause_s)) is not None:
            self._tell(self._carry_out(task))

    def _carry_out(self, task: Task) -> Callable[[float], None]:
        try:
            return partial(self._orders.done, task.call, make(task, self._connect))
        except Exception as error:  # noqa: BLE001 - somebody's driver: whatever it raises is a fault, and is told
            return partial(self._orders.failed, task.call, _line(error))

    def _second_way(self) -> None:
        while (generator := self._await(self._orders.abort_begins, self._orders.abort_pause_s)) is not None:
            self._tell(partial(self._orders.aborted, _abort(generator)))

    def _await(self, begin: Callable[[float], Answer | None], pause_s: Callable[[float], float]) -> Answer | None:
        """What is to be done next, when it is; None when all is done."""
        with self._changed:
            while (task := begin(self._clock())) is None and not self._orders.finished:
                self._changed.wait(min(pause_s(self._clock()), threading.TIMEOUT_MAX))
            return task


def _abort(generator: Generator) -> str:
    """Put the output off the second way: "", or one line if that failed."""
    try:
        generator.abort()
    except Exception as error:  # noqa: BLE001 - as above
        return _line(error)
    return ""


def _line(error: Exception) -> str:
    """One line; what is no GeneratorError is named, because it is a fault of the driver."""
    first = (str(error).strip().splitlines() or [""])[0]
    return first if first and isinstance(error, GeneratorError) else f"{type(error).__name__}: {first}"
