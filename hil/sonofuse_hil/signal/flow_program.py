"""A square wave: as many cycles high, and then low, as the last word says."""

# Its instructions are names that the decorator supplies, and its `set` is not Python's:
# pyright: reportUndefinedVariable=false, reportCallIssue=false, reportAttributeAccessIssue=false
# pyright: reportUnknownMemberType=false

import rp2

OVERHEAD = 5  # cycles of either half beside those that its word counts


@rp2.asm_pio(set_init=rp2.PIO.OUT_LOW)
def program() -> None:
    wrap_target()
    pull(noblock)  # an empty FIFO gives X again
    mov(x, osr)
    mov(y, x)
    set(pins, 1)
    label("high")
    jmp(y_dec, "high")
    mov(y, x)[2]
    set(pins, 0)
    label("low")
    jmp(y_dec, "low")
    wrap()
