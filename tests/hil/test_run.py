"""What is unsafe in the end, whatever a scenario or a case of the catalogue expects."""

import pytest

from sonofuse_hil.rf_chain import History
from sonofuse_hil.run import Run, Samples

GAP_US = 500_000
TWICE = [(1_000, 0, True), (101_000, 0, False), (601_000, 0, True), (701_000, 0, False)]
WATTS = [(1_000, 40.0), (101_000, 0.0)]


def run(edges: list[tuple[int, int, bool]], watts: list[tuple[int, float]]) -> Run:
    history = History(edges=edges, watts=watts)
    return Run("", "software", 1, "", "", 1_000_000, (), 0, (), (), history, (), (), (0, 0), None, Samples(), 0)


@pytest.mark.parametrize(
    ("edges", "watts", "says"),
    [
        ([], [], ""),
        (TWICE, WATTS, ""),
        (TWICE[:3], WATTS, "a permit was still given at the end"),
        (TWICE, WATTS[:1], "RF was still on at the end"),
        (
            [*TWICE[:2], (600_999, 0, True), TWICE[3]],
            WATTS,
            "RF came back after 499.999 ms, before a cooling gap of 0.5 s was over",
        ),
        ([*TWICE[:2], (150_000, 1, True), (250_000, 1, False)], WATTS, ""),  # each switch has its own bursts
    ],
)
def test_what_must_not_be_after_any_run(
    edges: list[tuple[int, int, bool]], watts: list[tuple[int, float]], says: str
) -> None:
    assert run(edges, watts).unsafe(GAP_US) == says
