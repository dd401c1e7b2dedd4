"""The program of one switch: 2 ms of toggling for each right word, then low. permit.py says why."""

# Its instructions are names that the decorator supplies, and its `set` is not Python's:
# pyright: reportUndefinedVariable=false, reportCallIssue=false, reportAttributeAccessIssue=false
# pyright: reportUnknownMemberType=false

import rp2


@rp2.asm_pio(sideset_init=rp2.PIO.OUT_LOW)
def program() -> None:
    pull(block).side(0)
    mov(isr, osr).side(0)  # the right word, loaded once
    wrap_target()
    label("off")
    pull(block).side(0)
    mov(x, osr).side(0)
    mov(y, isr).side(0)
    jmp(x_not_y, "off").side(0)
    label("grant")
    set(y, 19).side(0)
    label("hold")
    set(x, 0).side(1)  # an empty FIFO then reads as 0, which is no token
    pull(noblock).side(1)
    mov(x, osr).side(1)
    jmp(not_x, "none").side(1)
    mov(y, isr).side(0)
    jmp(x_not_y, "off").side(0)
    jmp("grant").side(0)
    label("none")
    jmp(y_dec, "hold").side(0)[3]
    wrap()
