"""The states and every transition between them, declared once (read by firmware, host, documentation and proofs)."""

BOOT, SAFE, ARMED, ON, TRIPPED = 0, 1, 2, 3, 4
NAMES = ("BOOT", "SAFE", "ARMED", "ON", "TRIPPED")

# (from, event, to). What is not listed does not happen. The permit is low in every state but ON.
TRANSITIONS = (
    (BOOT, "ready", SAFE),
    (BOOT, "trip", TRIPPED),
    (SAFE, "arm", ARMED),
    (SAFE, "trip", TRIPPED),
    (ARMED, "start", ON),
    (ARMED, "disarm", SAFE),
    (ARMED, "trip", TRIPPED),
    (ON, "finish", SAFE),
    (ON, "trip", TRIPPED),
    (TRIPPED, "acknowledge", SAFE),
)


def after(state: int, event: str) -> int | None:
    """The state that `event` leads to from `state`, or None where the list has no such transition."""
    for source, name, target in TRANSITIONS:
        if source == state and name == event:
            return target
    return None
