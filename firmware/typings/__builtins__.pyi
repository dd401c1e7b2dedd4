"""Names that only MicroPython's compiler and a type checker know; at run time annotations are never evaluated."""

import micropython as micropython  # its decorators are the compiler's and need no import
from array import array
from board import Board as Board
from machine import UART as UART, WDT as WDT, Pin as Pin
from rp2 import Flash as Flash
from typing import NoReturn as NoReturn, Protocol, TypeAlias

class _Pointer(Protocol):
    """What viper does with a pointer; its callers pass a buffer."""

    def __getitem__(self, index: int, /) -> int: ...
    def __setitem__(self, index: int, value: int, /) -> None: ...

ptr8: TypeAlias = _Pointer
ptr32: TypeAlias = _Pointer

Words: TypeAlias = array[int]  # limit set, inputs or state, as the kernel takes them
