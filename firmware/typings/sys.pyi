"""MicroPython's sys: the part that the firmware uses."""

path: list[str]

def print_exception(exception: BaseException, /) -> None: ...
