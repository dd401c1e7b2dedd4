"""There is a sentence for everything that can be seen, and it names what can be pressed."""

from dataclasses import replace

import pytest

from sonofuse.live.guide import what_next
from sonofuse.live.sight import Sight
from sonofuse.live.view import Budget
from tests.live.alarms.views import view


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({"state": "SAFE"}, "press Arm"),
        ({"state": "SAFE", "inhibited": "cooling gap 3 s left"}, "started now: cooling gap 3 s left"),
        ({"state": "ARMED"}, "Press Start"),
        ({"state": "ON", "set_s": 20.0}, "RF is on for 20 s"),
        ({"state": "TRIPPED"}, "press Acknowledge"),
        ({"state": "BOOT", "inhibited": "the device is BOOT"}, "Wait"),
        ({"state": "SAFE", "link": "joining"}, "Wait"),
        ({"state": "SAFE", "link": "silent"}, "supply and cable"),
        ({"state": "SAFE", "link": "no port"}, "no such port"),
    ],
)
def test_what_is_seen_has_its_sentence(changes: dict[str, object], wanted: str) -> None:
    assert wanted in what_next(Sight(replace(view(1.0), **changes), 0.0, True))  # type: ignore[arg-type]


def test_a_dose_that_is_used_up_needs_a_new_treatment() -> None:
    budgets = (Budget("skin_a dose", "CEM43 min", 3.0, 2.0), Budget("energy", "J", 1.0, 2.0))
    assert "new treatment" in what_next(Sight(view(1.0, state="TRIPPED", budgets=budgets), 0.0, True))


def test_what_is_old_is_not_guided_by() -> None:
    for sight in (Sight(None, 0.0, False), Sight(view(1.0), 3.0, False)):
        assert "STOP at the device" in what_next(sight)


def test_alarms_that_nobody_has_seen_come_first_where_nothing_is_urgent() -> None:
    assert "press Seen" in what_next(Sight(view(1.0), 0.0, True), waits=True)
    assert "press Acknowledge" in what_next(Sight(view(1.0, state="TRIPPED"), 0.0, True), waits=True)
