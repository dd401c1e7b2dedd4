"""Start-up of the signal board: everything off, then the host's requests until it asks to leave."""

import micropython
from machine import Pin
from pins import SERVICE


def main() -> None:
    """Serve; returns to the REPL with the service jumper, or when the host says LEAVE."""
    if not Pin(SERVICE, Pin.IN, Pin.PULL_UP)():
        return
    from port import line
    from serve import Board

    micropython.kbd_intr(-1)  # frames may hold the byte of Ctrl-C
    board = Board(line())
    try:
        board.run()
    finally:
        board.off()
        micropython.kbd_intr(3)


main()
