"""The picture of a device against what the rig knows to be true."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sonofuse import link, protocol
from sonofuse.live.picture import Picture
from sonofuse.live.view import CONNECTED, JOINING, SILENT, Reading, View
from sonofuse.live.watch import NO_KEY, Watch
from sonofuse_firmware.states import TRIPPED
from sonofuse_hil.rig import Rig, Sonication
from tests.quick import quick_limits

ABOVE = 4  # of firmware/checks.py


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    with Rig(quick_limits(tmp_path), (Sonication(40.0, 5.0),)) as rig:
        yield rig


def picture(rig: Rig) -> View:
    return Picture(rig.limits, rig.operator.watch).view(1000 * rig.now_us)


def reading(view: View, name: str) -> Reading:
    return next(reading for reading in view.readings if reading.name == name)


def test_nothing_is_shown_that_is_not_known(rig: Rig) -> None:
    view = picture(rig)
    assert (view.link, view.state, view.device) == (SILENT, "", "")
    assert all(r.value is None and r.margin is None for r in view.readings) and not view.budgets
    assert rig.run_while(lambda: rig.operator.telemetry is None, 1_000_000, 1_000)
    view = picture(rig)
    assert (view.link, view.state) == (JOINING, "TRIPPED") and view.cause_text.startswith("monitor latch")
    assert all(r.value is None for r in view.readings)


def test_a_channel_has_no_name_before_the_device_has_said_which_limits_it_runs(rig: Rig) -> None:
    head, end = protocol.TELEMETRY.head.pack(0), protocol.TELEMETRY.end.pack(TRIPPED, ABOVE << 8, 0, 0, 0, 0, 0)
    watch = Watch(rig.blob)
    watch.received(10**9, link.encode(protocol.TELEMETRY.kind, 1, head + end))
    view = Picture(rig.limits, watch).view(10**9)
    assert (view.state, view.cause) == ("TRIPPED", ABOVE << 8)
    assert view.cause_text == f"check {ABOVE} of channel 0, of limits that this host does not know yet"


def test_without_a_key_nothing_can_be_started(rig: Rig) -> None:
    watch = rig.operator.watch
    keyless = Watch(rig.blob)
    received = rig.bench.on_received
    rig.bench.on_received = lambda t_us, data: (received(t_us, data), keyless.received(1000 * t_us, data))[0]
    assert rig.run_while(lambda: keyless.identity is None, 2_000_000)
    assert Picture(rig.limits, keyless).view(1000 * rig.now_us).inhibited == NO_KEY
    assert Picture(rig.limits, watch).view(1000 * rig.now_us).inhibited != NO_KEY


def test_readings_budgets_and_margins_are_those_of_the_rig(rig: Rig) -> None:
    assert rig.run_while(lambda: not rig.operator.started_us, 4_000_000)
    painter = Picture(rig.limits, rig.operator.watch)
    painter.view(1000 * rig.now_us)
    rig.run_for(2_000_000)
    view = painter.view(1000 * rig.now_us)
    assert (view.link, view.state, view.set_w, view.set_s) == (CONNECTED, "ON", 40.0, 5.0)
    assert view.on_s == pytest.approx(2.0, abs=0.1)
    for name in ("skin_a", "transducer"):
        assert reading(view, name).value == pytest.approx(rig.bench.plant.read(name), abs=1.0), name
    forward = reading(view, "forward")
    assert forward.value == pytest.approx(rig.bench.watts, rel=0.1)
    assert forward.high is not None and forward.high.check == "set"
    assert 40.0 < forward.high.trip <= forward.high.limit == pytest.approx(40.0 * 1.2, rel=0.1)
    assert forward.margin == pytest.approx((forward.high.trip - (forward.value or 0)) / forward.high.trip)
    energy = next(b for b in view.budgets if b.name == "energy")
    assert energy.used == pytest.approx(40.0 * view.on_s, rel=0.1) and energy.limit == pytest.approx(220.0, rel=0.1)
    assert reading(view, "flow").value == pytest.approx(2.0, rel=0.1) and reading(view, "flow").unit == "L/min"
    assert reading(view, "reference").value == pytest.approx(2.048, rel=0.01)
    assert all(r.margin is None or 0.0 <= r.margin <= 1.0 for r in view.readings)
    assert view.time_to_limit_s == pytest.approx((energy.limit - energy.used) / 40.0, rel=0.15)
    assert view.receipt_age_s is not None and view.receipt_age_s < 0.1


def test_a_rise_is_a_time_to_its_limit_and_a_trip_has_its_cause(rig: Rig) -> None:
    assert rig.run_while(lambda: not rig.operator.started_us, 4_000_000)
    painter = Picture(rig.limits, rig.operator.watch)
    rig.run_for(200_000)
    rest = reading(painter.view(1000 * rig.now_us), "skin_a")
    for step in range(50):
        rig.bench.at(rig.now_us + 20_000 * step, lambda step=step: rig.bench.force("skin_a", 30.0 + 0.02 * step))
    rig.run_for(1_000_000)
    view = painter.view(1000 * rig.now_us)
    rising = reading(view, "skin_a")
    assert rising.high is not None and rising.value is not None and rest.value is not None
    if view.state == "ON":  # a kelvin a second
        assert view.time_to_limit_s == pytest.approx(rising.high.trip - rising.value, rel=0.2)
    rig.bench.force("skin_a", 45.0)
    rig.run_for(500_000)
    view = painter.view(1000 * rig.now_us)
    assert view.state == "TRIPPED" and view.cause_text.startswith("skin_a") and view.physiological
    assert reading(view, "skin_a").margin == 0.0 and view.inhibited == "the device is TRIPPED"
