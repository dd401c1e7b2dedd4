BOOT: int
SAFE: int
ARMED: int
ON: int
TRIPPED: int
NAMES: tuple[str, ...]
TRANSITIONS: tuple[tuple[int, str, int], ...]

def after(state: int, event: str) -> int | None: ...
