"""What the program of firmware/permit_program.py does with its words, as times and without running its instructions.

From the program: 12.5 µs a cycle, 20 rounds of 8 cycles, pin high for the first 4 cycles of a round. Run once on the
emulated chip, one token gave 20 pulses, 1961 µs from the first edge to the last.
"""

ROUND_US = 100
HOLD_US = 2_000  # 20 rounds
LAST_EDGE_US = 1_961  # the falling edge of the last round: 1950 by the program, 1961 seen on the emulated chip
POLL_US = 25  # the FIFO is looked at in the second cycle of a round
REGRANT_US = 75  # from that look to the rising edge of a fresh hold
WAKE_US = 63  # from a word at rest to the first rising edge
DROP_US = 25  # from the look at a wrong word to the falling edge
NEVER_US = 1 << 62
_OUT_LOW = 2


class PermitModel:
    """One switch: its state machine and its pad. Edges come from `first_edge_us` to `last_edge_us`, both in µs."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """As after any reset of the chip: no program, pin released."""
        self.expected: int | None = None
        self.running = False
        self.forced_low = False
        self.first_edge_us = NEVER_US
        self.last_edge_us = -1
        self._hold_us = -HOLD_US  # start of the hold that runs
        self._taken_us = 0

    def initialise(self, t_us: int) -> None:
        """`StateMachine.init`: the program starts anew and has not been told its word."""
        self.active(t_us, 0)
        self.expected = None

    def pad(self, t_us: int, control: int) -> None:
        """GPIOx_CTRL written: the output override decides over the program."""
        self.forced_low = control >> 8 & 3 == _OUT_LOW
        if self.forced_low:
            self._end(t_us)

    def active(self, t_us: int, value: int) -> None:
        self.running = bool(value)
        if not value:
            self._hold_us = -HOLD_US
            self._end(t_us)

    def word(self, t_us: int, word: int) -> None:
        """A word reaches the FIFO at `t_us`."""
        if self.expected is None:
            self.expected = word
            return
        if not self.running:
            return
        rounds = max(0, -(-(t_us - self._hold_us - POLL_US) // ROUND_US))
        if t_us >= self._hold_us + HOLD_US:  # at rest, in the blocking pull
            taken, start = t_us, t_us + WAKE_US
        elif rounds < HOLD_US // ROUND_US:
            taken = self._hold_us + POLL_US + rounds * ROUND_US
            start = taken + REGRANT_US
        else:
            taken = self._hold_us + HOLD_US
            start = taken + WAKE_US
        self._taken_us = taken
        if word != self.expected:
            self._hold_us = -HOLD_US
            self._end(taken + DROP_US)
            return
        self._hold_us = start
        if self.forced_low:
            return
        if t_us > self.last_edge_us:
            self.first_edge_us = start
        self.last_edge_us = start + LAST_EDGE_US

    def _end(self, t_us: int) -> None:
        """No edge comes after `t_us`; a burst that had not begun by then never does."""
        self.last_edge_us = min(self.last_edge_us, t_us)
        if self.first_edge_us > t_us:
            self.first_edge_us = NEVER_US

    def waiting(self, t_us: int) -> bool:
        """Whether the FIFO still holds a word."""
        return t_us < self._taken_us
