"""Pins of the signal board. A wire to the monitor joins pins of the same number (docs/wiring.md)."""

from micropython import const

UART_TX = const(0)
UART_RX = const(1)
PERMIT = const(2)  # inputs, time-stamped
SECOND = const(3)
PERMIT_READBACK = const(4)  # outputs, or inputs with real relays
SECOND_READBACK = const(5)
STOP_LOOP = const(6)
FLOW = const(7)
SUPPLY = const(8)
WARM = const(9)  # and the three after it: skin A, skin B, transducer, water
RUN = const(13)  # to a MOSFET that pulls the monitor's RUN low
CUT = const(14)  # to the load switch in the monitor's supply
BUZZER = const(15)  # input, time-stamped
MARKER = const(16)  # output that stamps itself: nothing is wired to it
OPEN_SKIN_A = const(17)
ON_UART = const(18)  # jumper to ground: the host talks over UART0 and an isolator instead of USB
SERVICE = const(19)  # jumper to ground at power-up: REPL
OPEN_SKIN_B = const(20)
OPEN_TRANSDUCER = const(21)
OPEN_WATER = const(22)
LED = const(25)  # on during a session
FORWARD = const(26)  # PWM
REFLECTED = const(27)
REFERENCE = const(28)
