"""The program that stamps one pin: the first edge after a silence and the last edge before the next.

X counts ticks down from 2**32 - 1, five cycles each on every path; OSR holds the silence that ends a burst, in ticks.
The word of a first edge is X at the sample that saw it. The word of a last edge comes when the silence is over, OSR + 2
ticks after the sample that saw the edge. Words alternate: first, last, first, ... When X passes zero (after 71 minutes
of 1 us ticks) a tick may be a cycle or two longer, once.
"""

# Its instructions are names that the decorator supplies:
# pyright: reportUndefinedVariable=false, reportCallIssue=false, reportAttributeAccessIssue=false
# pyright: reportUnknownMemberType=false

import rp2

CYCLES = 5  # of a tick
BEHIND = 2  # ticks between the end of the silence and the word that tells it


@rp2.asm_pio(fifo_join=rp2.PIO.JOIN_RX)
def program() -> None:
    wrap_target()
    label("quiet_low")
    jmp(pin, "rise")
    jmp(x_dec, "quiet_low")[3]
    wrap()
    label("rise")
    mov(isr, x)
    push(noblock)
    jmp(x_dec, "high_edge")
    label("high_edge")
    mov(y, osr)
    label("high")
    jmp(pin, "high_still")
    jmp(x_dec, "low_edge")[2]
    label("high_still")
    jmp(x_dec, "high_left")[1]
    label("high_left")
    jmp(y_dec, "high")[1]
    mov(isr, x)
    push(noblock)
    jmp(x_dec, "quiet_high")[2]
    label("quiet_high")
    jmp(pin, "stays")
    mov(isr, x)
    push(noblock)
    jmp(x_dec, "low_edge")
    label("stays")
    jmp(x_dec, "quiet_high")[3]
    jmp("quiet_high")
    label("low_edge")
    mov(y, osr)
    label("low")
    jmp(pin, "low_ends")
    jmp(x_dec, "low_left")[1]
    label("low_left")
    jmp(y_dec, "low")[1]
    mov(isr, x)
    push(noblock)
    jmp(x_dec, "quiet_low")[2]
    label("low_ends")
    jmp(x_dec, "high_edge")[2]
