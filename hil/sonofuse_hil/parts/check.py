"""What every part refuses: NaN, values out of range, a clock that runs backwards, unknown faults."""

NEVER_US = 1 << 62  # later than any time of a run


def number(name: str, value: float, low: float, high: float) -> float:
    """The value, if it lies within low ... high.

    Raises:
        ValueError: if it does not, or is NaN.
    """
    if not low <= value <= high:
        raise ValueError(f"{name} is {value}: it must be a number from {low} to {high}")
    return value


def later(name: str, t_us: int, last_us: int) -> int:
    """The time, if it is not before the last one.

    Raises:
        ValueError: if the clock ran backwards.
    """
    if t_us < last_us:
        raise ValueError(f"{name}: time {t_us} us is before {last_us} us: ask in the order of time")
    return t_us


def known(name: str, fault: str, faults: tuple[str, ...]) -> str:
    """The fault, if the part has it ("" = none).

    Raises:
        ValueError: if the part has no such fault.
    """
    if fault and fault not in faults:
        raise ValueError(f"{name} has no fault {fault!r}: choose from {', '.join(faults)}")
    return fault
