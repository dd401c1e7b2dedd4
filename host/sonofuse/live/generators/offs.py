"""How often "off" was asked for, sent, and seen to be so. Pure, as orders.py is."""

import math

RESEND_S = 0.5  # D: to a generator whose output stays on


class Offs:
    """Counts, so that what was asked for while a call was under way is not taken for what that call did."""

    def __init__(self) -> None:
        self._asked = self._sent = self._seen = 0
        self._asked_s = 0.0  # the oldest that is outstanding
        self.resend_s = -math.inf

    @property
    def outstanding(self) -> bool:
        """Off was asked for and is not known to be so."""
        return self._seen < self._asked

    @property
    def unseen(self) -> bool:
        """Off was sent and is not known to be so."""
        return self._seen < self._sent

    @property
    def unsent(self) -> bool:
        """Off has to be sent, at `resend_s` or later."""
        return self._sent < self._asked

    @property
    def since_s(self) -> float:
        """When the oldest that is outstanding was asked for; inf if none is."""
        return self._asked_s if self.outstanding else math.inf

    def ask(self, now_s: float) -> None:
        """Off is to be sent after whatever is under way now."""
        if not self.outstanding:
            self._asked_s = now_s
        if not self.unsent:
            self._asked += 1
        self.resend_s = -math.inf

    def send(self) -> None:
        """It is being sent."""
        self._sent = self._asked

    def see(self) -> None:
        """The output was read to be off, after the last that was sent."""
        self._seen = self._sent

    def in_vain(self, now_s: float) -> None:
        """It was sent and the output stays on: send it again in a while."""
        self._sent, self.resend_s = self._seen, now_s + RESEND_S

    def restart(self, now_s: float) -> None:
        """A generator has just connected: before, there was nobody to tell."""
        self.ask(now_s)
        self._asked_s = now_s
