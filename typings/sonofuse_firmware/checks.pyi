CHECKS: tuple[tuple[int, str, str, str], ...]
MONITOR: int
