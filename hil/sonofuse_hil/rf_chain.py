"""From the permit's edges to forward power: two charge pumps, two relays in series, the generator, the coupler."""

from dataclasses import dataclass, field

from sonofuse.board import FORWARD, REFLECTED

from .parts.check import NEVER_US
from .parts.coupler import Coupler
from .parts.generator import Generator
from .parts.pump import ChargePump
from .parts.relay import Relay
from .tolerances import Tolerances


@dataclass
class History:
    """What happened on a bench, in order; times in µs."""

    edges: list[tuple[int, int, bool]] = field(default_factory=list[tuple[int, int, bool]])  # time, switch, edges come
    relays: list[tuple[int, int, bool]] = field(default_factory=list[tuple[int, int, bool]])
    watts: list[tuple[int, float]] = field(default_factory=list[tuple[int, float]])
    pins: list[tuple[int, int, int]] = field(default_factory=list[tuple[int, int, int]])
    resets: list[tuple[int, str]] = field(default_factory=list[tuple[int, str]])
    contacts: list[tuple[int, str, int]] = field(default_factory=list[tuple[int, str, int]])  # time, channel, level


class RfChain:
    """Both switches and what they let through; whatever moves is noted in the history.

    Args:
        tolerances: of generator, coupler and relays. seed: of the relays' jitter.
    """

    def __init__(self, history: History, tolerances: Tolerances = Tolerances(), seed: int = 1) -> None:
        t = tolerances
        self.history = history
        self.pumps = (ChargePump(), ChargePump())
        first, second = (Relay(jitter_us=t.relay_jitter_us, seed=seed * 100 + number) for number in (51, 52))
        self.relays = (first, second)
        self.generator = Generator(self.relays, t.generator_error)
        self.coupler = Coupler(error_db=t.coupler_error_db, tempco_db_per_k=t.coupler_tempco_db_per_k)
        self.coupler.warmth_k = t.warmth_k
        self.watts = 0.0  # electrical forward power now
        self.entering_w = 0.0  # what of it reaches the transducer
        self.mismatch = 0.0  # share of it that comes back before the transducer: a bad cable, an open load
        self.stray_w = 0.0  # forward power at the detector that no switch of the interlock lets through
        self._edges_from = [0, 0]
        self._closed = [False, False]

    def permit(self, t_us: int, switch: int, edges: bool) -> None:
        """A burst of permit edges begins or has ended."""
        self.history.edges.append((t_us, switch, edges))
        if edges:
            self._edges_from[switch] = t_us
        self.pumps[switch].edges(self._edges_from[switch], NEVER_US if edges else t_us)

    def switch(self, t_us: int, supplied: bool) -> tuple[list[tuple[int, bool]], int]:
        """Pumps and relays at a time: the relays that have moved (number, closed), and when one moves next by itself.

        Args:
            supplied: whether the stop loop gives the relays their supply.
        """
        moved: list[tuple[int, bool]] = []
        due = NEVER_US
        for number, (pump, relay) in enumerate(zip(self.pumps, self.relays, strict=True)):
            relay.coil(t_us, pump.high(t_us) and supplied)
            closed = relay.closed(t_us)
            if closed != self._closed[number]:
                self._closed[number] = closed
                self.history.relays.append((t_us, number, closed))
                moved.append((number, closed))
            change = pump.next_event_us()
            due = min(due, change if change > t_us else NEVER_US, relay.next_event_us())
        return moved, due

    def changes_power(self, t_us: int) -> bool:
        """Bring `watts` to a time; whether another power enters the transducer than before."""
        watts = self.generator.watts(t_us)
        if watts != self.watts:
            self.watts = watts
            self.history.watts.append((t_us, watts))
        before_w, self.entering_w = self.entering_w, watts * (1.0 - self.mismatch)
        return self.entering_w != before_w

    def shown_w(self, reflection: float) -> dict[str, float]:
        """Power at the detectors by what they watch, W; a reflection is that of the transducer."""
        watts = self.watts + self.stray_w
        share = self.mismatch + (1.0 - self.mismatch) * reflection
        return {
            FORWARD: self.coupler.forward_w(watts, 0.0),
            REFLECTED: self.coupler.reflected_w(watts, share),
        }
