"""The layout of limit set, inputs and state, as `firmware/kernel.py` declares it."""

import ast
from pathlib import Path

import sonofuse_firmware

FIRMWARE = Path(next(iter(sonofuse_firmware.__path__)))


def constants(source: str) -> dict[str, int]:
    """All `NAME = const(expression)` lines of a MicroPython source, evaluated without running it.

    Raises:
        ValueError: if an expression is more than integers and operators.
    """
    found: dict[str, int] = {}
    for node in ast.parse(source).body:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call(func=ast.Name(id="const"), args=[value])):
                if any(isinstance(part, (ast.Name, ast.Call, ast.Attribute)) for part in ast.walk(value)):
                    raise ValueError(f"{name}: a constant is made of integers and operators only")
                found[name] = int(eval(compile(ast.Expression(value), name, "eval"), {"__builtins__": {}}))  # noqa: S307
            case _:
                pass
    return found


class Constants:
    """The constants of one firmware file, as attributes."""

    def __init__(self, file: str) -> None:
        self.__dict__.update(constants((FIRMWARE / file).read_text(encoding="utf-8")))

    def __getattr__(self, name: str) -> int:
        raise AttributeError(f"the firmware declares no constant {name}")


K = Constants("kernel.py")
