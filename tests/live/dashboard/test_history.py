"""Increments: every sample once, none for a browser that is behind, bounds only where they change."""

import json
import math
from dataclasses import replace
from typing import Any

from sonofuse.live.dashboard.history import AHEAD, RATE, SECONDS, History, Page
from tests.live.dashboard.device import Device


def _filled(history: History, device: Device, count: int) -> None:
    for _ in range(count):
        history.add(device.latest())


def _next(page: Page) -> dict[str, Any]:
    text = page.next()
    assert text is not None
    message: dict[str, Any] = json.loads(text)
    return message


def test_a_page_gets_every_sample_once_and_always_the_newest_view() -> None:
    history, device = History(), Device()
    page = Page(history)
    times: list[float] = []
    assert page.next() is None
    for count in (1, 1, 5, 1, 30):
        _filled(history, device, count)
        message = _next(page)
        assert len(message["samples"]) == count
        assert message["view"]["t_s"] == device.t_s
        times += [row[0] for row in message["samples"]]
        page.drew(message["number"])
        assert page.next() is None
    assert times == [round(1000 + 0.05 * (n + 1), 3) for n in range(38)]


def test_a_page_that_does_not_draw_gets_nothing_and_then_all_at_once() -> None:
    history, device = History(), Device()
    page = Page(history)
    for _ in range(AHEAD):
        _filled(history, device, 1)
        _next(page)
    _filled(history, device, 500)
    assert page.next() is None
    page.drew(AHEAD + 7)  # never sent
    assert page.next() is None
    page.drew(1)
    message = _next(page)
    assert len(message["samples"]) == 500
    assert message["view"]["t_s"] == device.t_s
    _filled(history, device, 1)
    assert page.next() is None


def test_a_page_that_opens_late_gets_the_last_minute_and_no_more() -> None:
    history, device = History(), Device()
    _filled(history, device, 3000)
    message = _next(Page(history))
    assert len(message["samples"]) == SECONDS * RATE + 1
    assert message["samples"][-1][0] - message["samples"][0][0] == SECONDS


def test_bounds_come_with_the_first_sample_and_where_they_change() -> None:
    history, device = History(), Device()
    _filled(history, device, 5)
    device.arm(40.0, 20.0)
    device.start()
    _filled(history, device, 5)
    rows = _next(Page(history))["samples"]
    assert [len(row) for row in rows] == [3, 2, 2, 2, 2, 3, 2, 2, 2, 2]
    forward = [reading.name for reading in device.latest().readings].index("forward")
    assert rows[0][2][forward] == [[0.5, 0.47653, 0.1], None]
    assert rows[5][2][forward] == [[48.0, 45.818, 44.0], None]


def test_other_readings_begin_anew() -> None:
    history, device = History(), Device()
    page = Page(history)
    _filled(history, device, 10)
    first = _next(page)
    view = device.latest()
    history.add(replace(view, readings=view.readings[:3]))
    second = _next(page)
    assert second["epoch"] == first["epoch"] + 1
    assert len(second["samples"]) == 1


def test_what_is_no_number_is_not_known() -> None:
    history, view = History(), Device().latest()
    odd = (replace(view.readings[0], value=math.nan), replace(view.readings[1], value=math.inf), view.readings[2])
    history.add(replace(view, readings=odd, time_to_limit_s=math.nan))
    message = _next(Page(history))
    assert message["samples"][0][1][:2] == [None, None]
    assert [reading["value"] for reading in message["view"]["readings"][:2]] == [None, None]
    assert message["view"]["time_to_limit_s"] is None
