"""Nothing old is shown as new: a source that stops, repeats itself or raises."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from sonofuse.live.faces import FACES, face
from sonofuse.live.sight import STALE_S, UNKNOWN, Watching
from sonofuse.live.view import JOINING, NO_PORT, SILENT, View
from sonofuse_firmware.states import NAMES
from tests.live.dashboard.device import Device


class Source:
    """A device that can be told to give the same View again, or none."""

    def __init__(self) -> None:
        self.device = Device()
        self.change: Callable[[View], View] = lambda view: view
        self.error: Exception | None = None

    def latest(self) -> View:
        if self.error is not None:
            raise self.error
        return self.change(self.device.latest())


def test_new_views_are_fresh_and_old_ones_are_not_known() -> None:
    source = Source()
    watching = Watching(source.latest)
    for step in range(5):
        sight = watching.look(10 + 0.05 * step)
        assert sight.new
        assert sight.fresh
        assert (sight.state, sight.connected, sight.trouble) == ("SAFE", True, "")
    source.device.quiet = True
    sight = watching.look(10.2 + STALE_S)
    assert not sight.new
    assert sight.state == "SAFE"
    sight = watching.look(10.2 + STALE_S + 0.01)
    assert (sight.state, sight.connected, sight.fresh) == (UNKNOWN, False, False)
    assert sight.trouble == "no new picture for 0.5 s"
    source.device.quiet = False
    assert watching.look(11.0).state == "SAFE"


def test_a_source_that_raises_has_no_picture_and_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    source = Source()
    source.error = RuntimeError("pipe broke")
    watching = Watching(source.latest)
    for step in range(20):
        sight = watching.look(0.05 * step)
        assert (sight.view, sight.state, sight.connected) == (None, UNKNOWN, False)
        assert sight.trouble == "no picture has come yet"
    assert [record.getMessage() for record in caplog.records] == ["no picture: RuntimeError('pipe broke')"]
    source.error = None
    assert watching.look(2.0).state == "SAFE"


@pytest.mark.parametrize(("link", "state"), [(NO_PORT, UNKNOWN), (SILENT, UNKNOWN), (JOINING, "ON"), ("odd", UNKNOWN)])
def test_a_state_is_that_of_now_only_while_the_device_is_heard(link: str, state: str) -> None:
    source = Source()
    source.change = lambda view: replace(view, link=link, state="ON")
    sight = Watching(source.latest).look(0.0)
    assert (sight.state, sight.connected) == (state, False)
    assert sight.trouble != ""


def test_every_state_of_the_firmware_has_a_face_of_its_own() -> None:
    assert {*NAMES, UNKNOWN} == set(FACES)
    for part in ("word", "sign", "colour"):
        assert len({getattr(shown, part) for shown in FACES.values()}) == len(FACES), part
    assert face("LATER").word == "LATER"
    assert face("LATER").sign == "?"
