"""Off always wins: whatever is asked for, in whatever order, while whichever call is under way, and however it ends."""

import math

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from sonofuse.live.generators.calls import Call, Task
from sonofuse.live.generators.orders import Orders
from sonofuse.live.generators.second_way import OFF_WITHIN_S
from sonofuse.live.generators.state import connection
from tests.live.generators.fake import SETTLE_S, FakeGenerator

WATTS = st.sampled_from([0.5, 40.0, 80.0, -1.0, math.nan])
TIMES_S = st.sampled_from([0.0, 0.001, 0.011, OFF_WITHIN_S, SETTLE_S, 0.11, 0.6, 6.0])


class OffWins(RuleBasedStateMachine):
    """A call is begun, has its effect on the instrument, and ends, with anything else between these."""

    def __init__(self) -> None:
        super().__init__()
        self.orders, self.instrument, self.now_s = Orders(), FakeGenerator(), 0.0
        self.task: Task | None = None
        self.seen: float | bool | None = None
        self.aborting = False
        self.wanted = self.tripped = self.touched = False
        self.off_begun = True  # since the trip

    @initialize(armed=st.booleans(), on=st.booleans())
    def a_generator_that_works(self, armed: bool, on: bool) -> None:
        self._work(10)
        if armed:
            self.set_point(40.0)
            self._work(10)
        if on:
            self.on()

    # What is asked for.

    @rule(watts=WATTS)
    def set_point(self, watts: float) -> None:
        self.orders.set_point(watts, self.now_s)

    @rule()
    def on(self) -> None:
        if self.orders.on(self.now_s) == "":
            assert not self.tripped
            self.wanted = True

    @rule()
    def off(self) -> None:
        assert self.orders.off(self.now_s) == ""
        self.wanted = False

    @rule()
    def trip(self) -> None:
        assert self.orders.trip(self.now_s) == ""
        self.off_begun = self.tripped and self.off_begun
        self.tripped, self.wanted = True, False

    @rule()
    def acknowledge(self) -> None:
        if self.orders.acknowledge(self.now_s) == "":
            self.tripped = False
            assert self.off_begun
            assert not self.instrument.output or self.touched

    # What becomes of it.

    @precondition(lambda self: self.task is None)
    @rule()
    def begin(self) -> None:
        self._begin()

    @precondition(lambda self: self.task is None)
    @rule(calls=st.integers(1, 6))
    def works(self, calls: int) -> None:
        self._work(calls)

    def _work(self, calls: int) -> None:
        """So many whole calls, with the pauses between them."""
        for _ in range(calls):
            self._begin()
            if self.task is not None:
                self.succeeds()
            else:
                self.now_s += max(self.orders.pause_s(self.now_s), 1e-6)

    def _begin(self) -> None:
        self.task = self.orders.next(self.now_s)
        self.seen = None
        if self.task is not None:
            assert self.task.call is not Call.ON or (self.wanted and not self.tripped and not self.aborting)
            self.off_begun = self.off_begun or self.task.call is Call.OFF
            self.touched = self.touched and self.task.call is not Call.READ_OUTPUT

    @precondition(lambda self: self.task is not None)
    @rule()
    def effect(self) -> None:
        self._effect()

    def _effect(self) -> None:
        assert self.task is not None
        match self.task.call:
            case Call.SET:
                assert self.task.watts is not None and self.task.watts > 0
                self.instrument.watts = self.task.watts
            case Call.ON | Call.OFF:
                self.instrument.output = self.task.call is Call.ON
            case Call.READ_SET:
                self.seen = self.instrument.watts
            case Call.READ_OUTPUT:
                self.seen = self.instrument.output
            case _:
                pass

    @precondition(lambda self: self.task is not None)
    @rule()
    def succeeds(self) -> None:
        assert self.task is not None
        if self.seen is None:
            self._effect()
        call, self.task = self.task.call, None
        if call is Call.CONNECT:
            self.orders.done(call, connection(self.instrument), self.now_s)
        else:
            self.orders.done(call, self.seen, self.now_s)

    @precondition(lambda self: self.task is not None)
    @rule()
    def fails(self) -> None:
        assert self.task is not None
        self.orders.failed(self.task.call, "it failed", self.now_s)
        self.task = None

    @precondition(lambda self: not self.aborting)
    @rule()
    def abort_begins(self) -> None:
        self.aborting = self.orders.abort_begins(self.now_s) is not None

    @precondition(lambda self: self.aborting)
    @rule(works=st.booleans())
    def abort_ends(self, works: bool) -> None:
        if works:
            self.instrument.output = False
        self.orders.aborted("" if works else "it failed", self.now_s)
        self.aborting = False

    @rule(seconds=TIMES_S)
    def time_passes(self, seconds: float) -> None:
        self.now_s += seconds

    @rule(output=st.booleans())
    def somebody_touches_its_panel(self, output: bool) -> None:
        self.instrument.output = output
        self.touched = True

    @invariant()
    def nothing_is_claimed_that_is_not_known(self) -> None:
        state = self.orders.state(self.now_s)
        assert state.tripped or not self.tripped
        assert not state.connected or state.identity == "fake"
        assert state.output in (None, False, True) and (state.connected or state.output is None)

    # In the end: everything works again, and nobody asks for anything any more.

    def teardown(self) -> None:
        if self.task is not None:
            self.succeeds()
        self._work(200)
        if not self.wanted:
            assert not self.instrument.output
            assert self.orders.state(self.now_s).output is False


OffWins.TestCase.settings = settings(stateful_step_count=40)
test_off_wins = OffWins.TestCase
