"""The cooling gap is never shorter than it has to be, whatever happens to the clocks, nor longer for no reason."""

from hypothesis import given
from hypothesis import strategies as st

from sonofuse.live.sessions.cooling import CLOCK, ENDED, MACHINE, Gap, Mark
from sonofuse.live.sessions.instant import Instant, now

from .bench import Clocks

GAP_S = 60.0
EVENTS = st.lists(
    st.one_of(
        st.tuples(st.just("pass"), st.floats(0, 70)),
        st.tuples(st.just("wall"), st.floats(-1e6, 1e6)),
        st.tuples(st.just("wall"), st.floats(-2, 2)),
        st.tuples(st.just("reboot"), st.floats(0.1, 70)),
        st.tuples(st.just("restart"), st.just(0.0)),
    ),
    max_size=20,
)


@given(EVENTS)
def test_no_clock_ends_a_gap_before_its_time(events: list[tuple[str, float]]) -> None:
    clocks = Clocks()
    gap, mark = Gap(), Mark(1, clocks.now(), ENDED)
    for kind, amount in events:
        if kind == "pass":
            clocks.pass_s(amount)
        elif kind == "wall":
            clocks.set_wall(amount)
        elif kind == "reboot":
            clocks.reboot(amount)
        if kind in ("reboot", "restart"):
            gap = Gap()  # nothing but the file is left
        at = clocks.now()
        if why := gap.doubt(mark, at, GAP_S):
            mark = Mark(mark.number + 1, at, why)
        left_s = gap.left_s(mark, at, GAP_S)
        assert left_s >= GAP_S - clocks.true_s - 1e-6
        assert 0 <= left_s <= GAP_S


@given(st.floats(0, 59.9), st.floats(0.1, 1e7))
def test_without_a_reason_it_is_over_in_time(before_s: float, then_s: float) -> None:
    clocks = Clocks()
    mark = Mark(1, clocks.now(), ENDED)
    clocks.pass_s(before_s)
    gap = Gap()  # also if a monitor is started meanwhile
    assert gap.doubt(mark, clocks.now(), GAP_S) == ""
    assert abs(gap.left_s(mark, clocks.now(), GAP_S) - (GAP_S - before_s)) < 1e-6
    clocks.pass_s(GAP_S - before_s + then_s)
    assert gap.doubt(mark, clocks.now(), GAP_S) == ""
    assert gap.left_s(mark, clocks.now(), GAP_S) == 0


def test_what_is_over_stays_over_but_not_for_a_longer_gap() -> None:
    clocks = Clocks()
    gap, mark = Gap(), Mark(1, clocks.now(), ENDED)
    clocks.pass_s(61)
    assert gap.left_s(mark, clocks.now(), GAP_S) == 0
    clocks.set_wall(-3600)
    assert gap.doubt(mark, clocks.now(), GAP_S) == ""
    assert gap.left_s(mark, clocks.now(), GAP_S) == 0
    assert gap.doubt(mark, clocks.now(), 120.0) == CLOCK
    assert gap.left_s(mark, clocks.now(), 120.0) == 120
    assert gap.left_s(Mark(2, clocks.now(), CLOCK), clocks.now(), GAP_S) == 60


def test_doubts() -> None:
    clocks = Clocks()
    mark = Mark(1, clocks.now(), ENDED)
    assert Gap().left_s(None, clocks.now(), GAP_S) == 0
    clocks.pass_s(10)
    clocks.set_wall(0.49)
    assert Gap().doubt(mark, clocks.now(), GAP_S) == ""
    assert Gap().left_s(mark, clocks.now(), GAP_S) == 50  # the clock that says less time counts
    clocks.set_wall(0.03)
    assert Gap().doubt(mark, clocks.now(), GAP_S) == CLOCK
    assert Gap().left_s(mark, clocks.now(), GAP_S) == GAP_S
    backwards = Instant(mark.at.wall_ns, mark.at.steady_ns - 1, mark.at.boot)
    assert Gap().doubt(mark, backwards, GAP_S) == CLOCK
    clocks.reboot(5)
    assert Gap().doubt(mark, clocks.now(), GAP_S) == MACHINE
    assert Gap().left_s(mark, clocks.now(), GAP_S) == GAP_S


def test_this_computer_has_both_clocks_and_names_its_boot() -> None:
    first, second = now(), now()
    assert second.steady_ns >= first.steady_ns
    assert first.boot == second.boot != ""
    assert Instant(1_900_000_000_987_999_999, 0, "").utc == "2030-03-17T17:46:40.987Z"
