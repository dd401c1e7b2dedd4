"""One call of a generator at a time."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from sonofuse.live.generators.generator import Generator
from sonofuse.live.generators.state import Connection, connection

Connect = Callable[[], Generator]
Result = Connection | float | bool | None


class Call(Enum):
    """What is called, as a person reads it."""

    CONNECT = "connect"
    SET = "set point"
    READ_SET = "read set point"
    ON = "output on"
    OFF = "output off"
    READ_OUTPUT = "read output"
    CLOSE = "close"


@dataclass(frozen=True)
class Task:
    """A call, with the generator to make it to (None: connect one) and the power that SET sets, W."""

    call: Call
    generator: Generator | None
    watts: float | None


def make(task: Task, connect: Connect) -> Result:
    """Make the call; what it gave.

    Raises:
        GeneratorError: if it failed; a driver at fault may raise anything.
    """
    generator = task.generator
    if generator is None:
        return connection(connect())
    match task.call:
        case Call.SET if task.watts is not None:
            generator.set_point(task.watts)
        case Call.READ_SET:
            return generator.read_set_point()
        case Call.ON:
            generator.on()
        case Call.READ_OUTPUT:
            return generator.read_output()
        case Call.CLOSE:
            generator.close()
        case _:
            generator.off()
    return None
