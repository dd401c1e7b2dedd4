"""Pictures to a browser that is slow, silent or talks nonsense; over a real socket."""

import asyncio
import json
import time
from dataclasses import replace
from typing import Any, cast

import pytest

from tests.live.dashboard.device import Device
from tests.live.dashboard.served import PATIENCE_S, Served

websockets = pytest.importorskip("websockets.sync.client", reason="not run: no websockets")
from websockets.exceptions import ConnectionClosed  # noqa: E402

from sonofuse.live.alert import Alert  # noqa: E402
from sonofuse.live.dashboard.feed import Feed  # noqa: E402
from sonofuse.live.dashboard.history import AHEAD  # noqa: E402
from sonofuse.live.sight import Watching  # noqa: E402
from sonofuse.live.view import Reading, View  # noqa: E402


def _connected(served: Served) -> Any:
    return websockets.connect(f"ws://127.0.0.1:{served.port}/views", origin=served.address)


def test_a_browser_that_takes_nothing_is_sent_nothing_more_and_later_gets_what_it_missed(served: Served) -> None:
    with _connected(served) as socket:
        *_, last = [json.loads(socket.recv(PATIENCE_S)) for _ in range(AHEAD)]
        before = served.views()
        while served.views() < before + 20:
            time.sleep(0.05)
        with pytest.raises(TimeoutError):
            socket.recv(0)
        served.set(quiet=True)
        socket.send(json.dumps({"drawn": last["number"]}))
        caught_up = json.loads(socket.recv(PATIENCE_S))
        assert len(caught_up["samples"]) >= 20
        assert caught_up["samples"][0][0] == pytest.approx(last["samples"][-1][0] + 0.05)
        assert caught_up["samples"][-1][0] == pytest.approx(caught_up["view"]["t_s"])


@pytest.mark.parametrize("nonsense", ["", "{", "[]", '{"drawn": "1"}', '{"drawn": 1.5}', "x" * 100_000])
def test_nonsense_ends_that_browser_and_nothing_else(served: Served, nonsense: str) -> None:
    with _connected(served) as socket, _connected(served) as other:
        socket.send(nonsense)
        with pytest.raises(ConnectionClosed):  # what was under way still comes
            for _ in range(AHEAD + 1):
                socket.recv(PATIENCE_S)
        first = json.loads(other.recv(PATIENCE_S))
        other.send(json.dumps({"drawn": first["number"]}))
        assert json.loads(other.recv(PATIENCE_S))["number"] == 2


def test_a_state_ages_also_when_nobody_looks_any_more() -> None:
    feed = Feed(Watching(Device().latest), Alert(time.monotonic()))

    async def look_for_a_moment() -> None:
        looking = asyncio.create_task(feed.run())
        await asyncio.sleep(0.2)
        looking.cancel()

    asyncio.run(look_for_a_moment())
    assert feed.sight.view is not None
    before = feed.sight.age_s
    time.sleep(0.01)
    assert feed.sight.age_s >= before + 0.01


def test_a_view_that_cannot_be_shown_is_logged_once_and_the_next_is_shown(caplog: pytest.LogCaptureFixture) -> None:
    device = Device()

    def latest() -> View:
        view = device.latest()
        return replace(view, readings=cast(tuple[Reading, ...], None)) if device.views < 4 else view

    feed = Feed(Watching(latest), Alert(time.monotonic()))

    async def look() -> None:
        looking = asyncio.create_task(feed.run())
        while device.views < 6:
            await asyncio.sleep(0.02)
        looking.cancel()

    asyncio.run(look())
    assert [record.getMessage() for record in caplog.records] == ["a picture cannot be shown"]
    assert feed.sight.state == "SAFE"
