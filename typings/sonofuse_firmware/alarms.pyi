PHYSIOLOGICAL: int
TECHNICAL: int
LOW: int
MEDIUM: int
HIGH: int
KINDS: tuple[str, ...]
PRIORITIES: tuple[str, ...]
SILENCE_MS: int
ALARMS: tuple[tuple[int, int, int], ...]
BURSTS: tuple[tuple[int, int, tuple[int, ...]], ...]
