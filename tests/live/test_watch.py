"""A watch beside a real device: the same bytes and commands at the same times make the same records."""

import itertools
import json
from pathlib import Path

import pytest

from sonofuse.limits import compile_limits, load
from sonofuse.link import F
from sonofuse.live.record import Record
from sonofuse.live.view import CONNECTED, JOINING, SILENT
from sonofuse.live.watch import SILENT_NS, Watch, WatchError
from sonofuse_hil.device import KEY
from sonofuse_hil.guarantees.g07 import reseal
from sonofuse_hil.rig import Rig, Sonication
from tests.live import stranger
from tests.quick import quick_limits


def recorded(limits: Path, disturb: str = "") -> tuple[bytes, list[Record]]:
    """Every record of a run with one sonication, the trip in it, and the compiled limit set."""
    with Rig(limits, (Sonication(40.0, 0.6),)) as rig:
        watch, records = rig.operator.watch, list[Record]()
        take = watch.take

        def keep() -> list[Record]:
            found = take()
            records.extend(found)
            return found

        watch.take = keep  # type: ignore[method-assign]
        if disturb == "noise":
            received = rig.bench.on_received
            numbers = itertools.count()

            def flip(t_us: int, data: bytes) -> None:
                at = len(data) // 2
                damaged = next(numbers) % 37 == 0
                received(t_us, data[:at] + b"\x55" + data[at + 1 :] if damaged else data)

            rig.bench.on_received = flip
        if disturb == "trip":
            rig.after_rf(300_000, "stop", "the stop loop opens", lambda: rig.bench.force("stop_loop", 0.0))
        if disturb == "reset":
            rig.after_rf(300_000, "reset", "RUN is pulled", rig.platform.pull_run)
        rig.run_plan(4_000_000)
        watch.passed(rig.now_us * 1000 + 10**9)
        rig.operator.watch.take()
        return rig.blob, records


@pytest.fixture(scope="module")
def limits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return quick_limits(tmp_path_factory.mktemp("limits"))


@pytest.mark.parametrize("disturb", ["", "noise", "trip", "reset"])
def test_a_second_watch_decides_the_same(limits: Path, disturb: str) -> None:
    blob, records = recorded(limits, disturb)
    again = Watch(blob, KEY)
    found: list[Record] = []
    # Orders of the rig's operator go out without being asked for as commands: their sealed frames are left out.
    for record in records:
        if record.topic == "in":
            again.received(record.t_ns, record.data)
            found += again.take()
    again.passed(records[-1].t_ns)
    found += again.take()
    for topic in ("decision", "event"):
        assert [r for r in found if r.topic == topic] == [r for r in records if r.topic == topic], topic
    decided = [json.loads(r.data) for r in records if r.topic == "decision"]
    assert len(decided) > 30 and sum(d["receipt"] for d in decided) > 0.9 * len(decided)
    assert sum(d["ticks"] for d in decided) > 1_000


def test_what_happens_by_itself_has_its_own_time(limits: Path) -> None:
    """A watch that is asked often and one that is asked seldom make the same records."""
    blob, records = recorded(limits)
    often, seldom = Watch(blob, KEY), Watch(blob, KEY)
    last = 0
    for record in records[:400]:
        if record.topic == "in":
            for t_ns in range(last, record.t_ns, 3_000_000):
                often.passed(t_ns)
            last = record.t_ns
            often.received(record.t_ns, record.data)
            seldom.received(record.t_ns, record.data)
    for watch in (often, seldom):
        watch.command(last, "stop", why="test")
    for t_ns in range(last, last + 10**9, 1_000_000):
        often.passed(t_ns)
    seldom.passed(last + 10**9 - 1_000_000)
    a, b = often.take(), seldom.take()
    assert a == b and any(r.topic == "event" and b'"silent"' in r.data for r in a)


def test_nothing_is_started_without_a_device_or_a_key(limits: Path) -> None:
    blob, records = recorded(limits)
    with pytest.raises(WatchError, match="no device is connected"):
        Watch(blob, KEY).command(0, "arm", set_w=40.0, set_s=1.0)
    blind = Watch(blob)
    for record in records[:200]:
        if record.topic == "in":
            blind.received(record.t_ns, record.data)
    assert blind.link in (CONNECTED, JOINING) and blind.identity is not None
    with pytest.raises(WatchError, match="no key for this device"):
        blind.command(blind.heard_ns, "start")
    keyed = Watch(blob, b"", {blind.identity.chip.hex(): KEY})
    for record in records[:200]:
        if record.topic == "in":
            keyed.received(record.t_ns, record.data)
    assert keyed.command(keyed.heard_ns, "start") > 0
    keyed.passed(keyed.heard_ns + SILENT_NS)
    assert keyed.link == SILENT
    with pytest.raises(WatchError, match="no device is connected"):
        keyed.command(keyed.heard_ns + SILENT_NS, "start")


def test_another_limit_set_is_said_and_gets_no_receipt(limits: Path) -> None:
    blob, records = recorded(limits)
    other = Watch(reseal(blob, 10, 12_345), KEY)
    for record in records[:200]:
        if record.topic == "in":
            other.received(record.t_ns, record.data)
    assert other.trouble.startswith(f"the device runs the limit set {blob[-32:].hex()[:12]}")
    assert other.receipts == 0


def test_stop_is_repeated_until_it_is_done(limits: Path) -> None:
    blob, _ = recorded(limits)
    watch = Watch(blob)
    watch.command(0, "stop", why="test")
    watch.passed(1_000_000_000)
    stops = [r for r in watch.take() if r.topic == "out"]
    assert len(stops) == 26 and all(r.data[2] == F.STOP for r in stops)


def test_a_device_of_another_version_is_said_until_one_of_ours_is_there(limits: Path) -> None:
    with Rig(limits, ()) as rig:
        watch = rig.operator.watch
        watch.received(0, stranger.version_1(1))
        assert watch.version == watch.trouble == "the device speaks version 1 of the link, this host 2; flash it again"
        assert rig.run_while(lambda: watch.link != CONNECTED, 2_000_000)
        assert watch.version == watch.trouble == ""


def test_frames_that_nobody_knows_are_another_version_and_one_of_them_is_noise(limits: Path) -> None:
    watch = Watch(compile_limits(load(limits)))
    for number, said in ((1, False), (2, False), (3, True)):
        watch.received(number, stranger.version_3(number))
        assert bool(watch.version) == said, number
    assert "frames of type 9" in watch.trouble and watch.link == SILENT
