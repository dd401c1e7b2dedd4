"""Lines without a screen: one for every change, one a second; in the test's own time."""

import io
import json
import threading
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from sonofuse.live.headless import Lines, headless
from sonofuse.live.sight import Watching
from sonofuse.live.view import View
from tests.live.dashboard.device import Device

START = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)


def _lines(
    device: Device, ticks: int, as_json: bool, changes: Mapping[int, Mapping[str, object]]
) -> list[tuple[int, str]]:
    """(tick, line) of everything that was printed in so many ticks of 50 ms."""
    watching, lines = Watching(device.latest), Lines(as_json)
    found: list[tuple[int, str]] = []
    for tick in range(ticks):
        for name, value in changes.get(tick, {}).items():
            setattr(device, name, value)
        now_s = 0.05 * tick
        line = lines.next(watching.look(now_s), now_s, START + timedelta(seconds=now_s))
        if line is not None:
            found.append((tick, line))
    return found


def test_one_line_a_second_and_one_at_once_for_a_change() -> None:
    found = _lines(Device(), 65, False, {30: {"state": "ARMED"}, 33: {"state": "ON", "set_s": 20.0, "set_w": 40.0}})
    assert found == [
        (0, "12:00:00.000  SAFE       connected"),
        (20, "12:00:01.000  SAFE       connected"),
        (30, "12:00:01.500  ARMED      connected"),
        (33, "12:00:01.650  ON         connected"),
        (53, "12:00:02.650  ON         connected"),
    ]


def test_a_trip_and_a_lost_link_are_said_with_their_reason() -> None:
    tripped = {"state": "TRIPPED", "cause": 0x0400, "cause_text": "skin_a above: above its limit"}
    found = _lines(Device(), 40, False, {5: tripped, 10: {"link": "silent"}, 15: {"trouble": "disk is full"}})
    assert [line[14:] for _, line in found[1:4]] == [
        "TRIPPED    connected  cause: skin_a above: above its limit",
        "NOT KNOWN  DISCONNECTED: no telemetry comes from the device  last cause: skin_a above: above its limit",
        "NOT KNOWN  DISCONNECTED: no telemetry comes from the device  last cause: skin_a above: above its limit"
        "  trouble: disk is full",
    ]


def test_views_that_stop_are_said() -> None:
    found = _lines(Device(), 40, False, {13: {"quiet": True}})
    assert [tick for tick, _ in found[:3]] == [0, 20, 23]  # the last new one came at 12
    assert found[2][1].startswith("12:00:01.150  NOT KNOWN  DISCONNECTED: no new picture for 0.")


def test_json_says_the_same_for_programs() -> None:
    found = [
        json.loads(line) for _, line in _lines(Device(), 30, True, {25: {"state": "ON", "set_s": 20.0, "set_w": 40.0}})
    ]
    assert [record["why"] for record in found] == ["change", "second", "change"]
    assert found[2] | {"on_s": 0, "receipt_age_s": 0} == {
        "time": "2026-01-01T12:00:01.250+00:00",
        "why": "change",
        "state": "ON",
        "connected": True,
        "link": "connected",
        "trouble": "",
        "cause": 0,
        "cause_text": "",
        "physiological": False,
        "inhibited": "",
        "set_w": 40.0,
        "on_s": 0,
        "receipt_age_s": 0,
        "warnings": [],
    }


def test_it_runs_until_it_is_ended() -> None:
    device, out, ended = Device(), io.StringIO(), threading.Event()

    def latest() -> View:
        if device.views == 3:
            ended.set()
        return device.latest()

    headless(latest, as_json=True, out=out, ended=ended)
    assert [json.loads(line)["state"] for line in out.getvalue().splitlines()] == ["SAFE"]
