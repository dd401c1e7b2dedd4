"""A device in real time with its link on a pseudo-terminal, under a wall clock that the test moves on."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import serial

from sonofuse_firmware.states import ON, TRIPPED
from sonofuse_hil.live import recent
from sonofuse_hil.live.baud import BYTE_US, heard
from sonofuse_hil.live.pace import GIVE_UP_US, MOST_US, PART
from sonofuse_hil.live.rig import LiveRig
from sonofuse_hil.platforms.process import RigError
from tests.hil.live_console import STEP_NS, Console, Live
from tests.quick import quick_limits


@pytest.fixture
def live(tmp_path: Path) -> Iterator[Live]:
    made = Live(tmp_path)
    with made.rig:
        yield made
    assert not list(tmp_path.glob("link")), "the link is gone with the rig"


RECEIPT = 20  # the check, of firmware/checks.py


def test_a_program_at_the_port_treats(live: Live) -> None:
    with live.console() as console:
        live.treat(console)
        console.stay(2.0)
        on = live.rig.snapshot()
        assert console.state == ON
        assert on["forward_w"] == 40.0 and on["relays_closed"] == [True, True]
        assert on["temperatures_c"]["periosteum"] > 38.5
        assert [permit["edges"] for permit in on["permit"]] == [True, True]
        assert on["link"]["opened"] and on["link"]["heard_us"] > 0
        live.rig.set_generator(gate=False)
        console.finish()
        live.run(0.1)
    off = live.rig.snapshot()
    assert off["forward_w"] == 0.0 and off["relays_closed"] == [False, False]
    assert [permit["edges"] for permit in off["permit"]] == [False, False]
    first, last = live.rig.recent.edges(0)[0], live.rig.recent.edges(0)[-1]
    assert first.edges and not last.edges
    assert last.t_us == max(permit["last_edge_us"] for permit in off["permit"])
    assert console.broken_frames == 0


def test_simulated_time_never_runs_ahead(live: Live) -> None:
    seen: list[int] = []

    def passes() -> None:
        live.passes()
        seen.append(live.wall_ns // 1000 - live.rig.now_us)

    with Console(live.rig.line.link, live.rig.blob, passes, lambda: live.wall_ns) as console:
        live.treat(console)  # ARM writes the flash
        console.stop()  # and so does a trip, which erases after it
        assert console.until(lambda: console.state == TRIPPED)
        console.make_safe()
    assert min(seen) >= 0
    assert seen[-1] < STEP_NS // 1000, "and it keeps up"
    for edge in live.rig.recent.edges(0):
        assert edge.wall_ns >= edge.t_us * 1000


def test_a_delay_is_made_up_for_step_by_step(live: Live) -> None:
    live.run(1.0)
    live.wall_ns += 300_000_000
    behind: list[int] = []
    while not behind or behind[-1] > STEP_NS // 1000:
        before_us = live.rig.now_us
        live.passes()
        assert live.rig.now_us - before_us <= max(MOST_US, (live.wall_ns // 1000 - before_us) // PART)
        behind.append(live.wall_ns // 1000 - live.rig.now_us)
    assert behind == sorted(behind, reverse=True)
    assert len(live.said) == 1 and "305 ms behind" in live.said[0]
    lag = live.rig.pace.lag()
    assert lag.most_ms == 305.0 and lag.lost_ms == 0.0
    assert lag.median_ms == pytest.approx(STEP_NS / 1e6, rel=0.3)


def test_a_long_delay_is_lost_and_said(live: Live) -> None:
    live.run(1.0)
    before_us = live.rig.now_us
    live.wall_ns += 60_000_000_000
    live.run(1.0)
    assert live.rig.now_us - before_us == pytest.approx(1_000_000, abs=2 * MOST_US)
    assert any("60005 ms behind: the device stood still" in text for text in live.said)
    assert live.rig.pace.lag().lost_ms == pytest.approx(60_000, abs=MOST_US / 1e3) and GIVE_UP_US < 60_000_000


def test_a_slow_crystal_is_a_wall_clock_that_runs_faster(live: Live) -> None:
    live.run(1.0)
    live.rig.broken.begin("slow_clock", {"by": "20 %"})
    before_us = live.rig.now_us
    live.run(1.0)
    assert live.rig.now_us - before_us == pytest.approx(800_000, abs=MOST_US)
    live.rig.broken.end("slow_clock")
    before_us = live.rig.now_us
    live.run(1.0)
    assert live.rig.now_us - before_us == pytest.approx(1_000_000, abs=MOST_US)


# ---- the plug, and programs that come and go


def test_unplug_and_replug(live: Live) -> None:
    with live.console() as console:
        assert console.until(lambda: len(console.telemetry) > 10)
        live.rig.set_link(plugged=False)
        assert not live.rig.line.link.is_symlink()
        with pytest.raises(serial.SerialException):
            live.run(0.1)
            console.port.timeout = 0.1
            console.port.read(100_000)
    live.run(1.0)
    before = live.rig.snapshot()
    assert not before["link"]["plugged"] and before["powered"]
    live.rig.set_link(plugged=True)
    with live.console() as console:
        assert console.until(lambda: len(console.telemetry) > 10)
        assert console.telemetry[0].now_us > before["t_us"] - 2_000_000, "the device has gone on"
        live.treat(console)
    assert live.rig.snapshot()["resets"] == 0


def test_a_killed_program_leaves_the_rig_running(live: Live) -> None:
    with live.console() as console:
        live.treat(console)
    text = "import serial, sys, time; p = serial.Serial(sys.argv[1], 921600); print(len(p.read(9))); time.sleep(99)"
    arguments = [sys.executable, "-c", text, str(live.rig.line.link)]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE) as program:
        assert program.stdout is not None
        os.set_blocking(program.stdout.fileno(), False)
        while program.stdout.read() is None:
            live.passes()
        live.run(0.5)
        assert live.rig.line.opened
        os.kill(program.pid, signal.SIGKILL)
    live.run(0.5)
    assert not live.rig.line.opened
    assert live.rig.snapshot()["forward_w"] == 0.0, "without receipts the device has ended it"
    with live.console() as console:
        assert console.until(lambda: console.state == TRIPPED)
        assert console.telemetry[-1].cause >> 8 == RECEIPT


def test_what_a_program_left_unread_is_not_for_the_next(live: Live) -> None:
    live.run(1.0)
    names = [live.rig.line.link, live.rig.line.link]
    first = os.open(names[0], os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
    live.run(1.0)
    os.close(first)
    live.run(0.1)
    second = os.open(names[1], os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
    with pytest.raises(BlockingIOError):
        os.read(second, 1)
    live.run(0.1)
    assert os.read(second, 1)
    os.close(second)


def test_a_program_that_does_not_read_stops_nothing(live: Live) -> None:
    with live.console() as console:
        console.make_safe()
        live.run(6.0)
        lost = live.rig.line.lost
        live.run(1.0)
        assert live.rig.line.lost > lost, "nothing dams up any more"
        console.port.reset_input_buffer()
        broken, count = console.broken_frames, len(console.telemetry)
        assert console.until(lambda: len(console.telemetry) > count + 20)
        assert console.broken_frames - broken <= 1, "the frame that was cut"


def test_nothing_is_echoed_to_the_device(live: Live) -> None:
    """A program that opens the terminal and sets nothing: what the device says must not come back to it."""
    port = os.open(live.rig.line.link, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
    live.run(3.0)
    assert len(os.read(port, 100_000)) > 1000
    assert live.rig.heard_us is None
    os.close(port)


# ---- the line


def sent_to_the_device(live: Live, monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """When how many bytes are given to the bench, from now on."""
    sent: list[tuple[int, int]] = []
    send = live.rig.bench.send

    def note(data: bytes) -> None:
        sent.append((live.rig.now_us, len(data)))
        send(data)

    monkeypatch.setattr(live.rig.bench, "send", note)
    return sent


def test_the_line_has_a_rate(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    live.run(2.0)
    sent = sent_to_the_device(live, monkeypatch)
    with live.console() as console:
        begun_us = live.rig.now_us
        console.port.write(b"\xff" * 3000)  # noise
        live.run(0.2)
    total = 0
    for t_us, count in sent:
        total += count
        assert total * BYTE_US <= t_us - begun_us - STEP_NS / 1000 + 1, "what is read at the end of a step comes later"
    assert total + live.rig.overrun == 3000
    assert sent[-1][0] - begun_us < 3000 * BYTE_US + 2 * MOST_US, "and it is used"


def test_a_flood_stops_neither_device_nor_stop(live: Live) -> None:
    with live.console() as console:
        live.treat(console)
        for _ in range(20):
            with suppress(BlockingIOError):  # the line is slower than this program
                os.write(console.port.fileno(), b"\xa5" * 2000)
            console.listen()
        assert live.rig.bench.waiting <= 32 + 255
        console.port.reset_output_buffer()
        live.run(0.5)
        console.stop()
        assert console.until(lambda: console.state == TRIPPED)


def test_a_device_without_supply_hears_nothing(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    live.run(2.0)
    sent = sent_to_the_device(live, monkeypatch)
    with live.console() as console:
        live.rig.set_supply(on=False)
        console.port.write(b"lost")
        live.run(1.0)
        assert not live.rig.snapshot()["powered"]
        assert not sent and live.rig.overrun == 4
        count = len(console.telemetry)
        console.listen()
        live.rig.set_supply(on=True)
        assert console.until(lambda: len(console.telemetry) > count + 20)
    assert live.rig.snapshot()["powered"]


def test_a_console_that_hangs_reaches_nothing(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    with live.console() as console:
        live.treat(console)
        live.run(0.1)  # until nothing is on its way any more
        sent = sent_to_the_device(live, monkeypatch)
        live.rig.broken.begin("console_hung")
        console.stop()
        live.run(0.5)
        assert not sent
        with pytest.raises(ValueError, match="the generator hears nothing"):
            live.rig.set_generator(gate=False)
        assert live.rig.set_generator()["gate"], "it can be looked at"
        live.rig.broken.end()
        console.stop()
        assert console.until(lambda: console.state == TRIPPED)
        assert not live.rig.set_generator(gate=False)["gate"]


@pytest.mark.parametrize("baud", [115_200, 1_000_000, 2_000_000])
def test_a_program_with_another_baud_rate_understands_nothing(live: Live, baud: int) -> None:
    with live.console(baud) as console:
        live.run(1.0)
        console.until(lambda: False, 100)
        assert not console.telemetry
        assert console.broken_frames > 0 or baud < 921_600, "noise"
        console.port.baudrate = 921_600
        assert console.until(lambda: len(console.telemetry) > 10)


@pytest.mark.parametrize(
    ("spoken", "listened", "says", "hears"),
    [
        (9600, 9600, b"any", b"any"),
        (9600, 0, b"any", b""),
        (9600, 9700, bytes(range(256)), bytes(range(256))),  # 1 %: within what a UART bears
        # On the line, each bit heard twice: 0(0 1100110)0 11 0(0 1100 111)1: a 66 without its stop bit, then E6.
        (1000, 2000, b"\x55", b"\x00\xe6"),
        (9600, 1200, b"\x00" * 8, b"\x00"),
    ],
)
def test_uarts_of_two_rates(spoken: int, listened: int, says: bytes, hears: bytes) -> None:
    assert heard(says, spoken, listened) == hears


# ---- what would grow for ever


def test_history_is_bounded(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recent, "KEPT_US", 5_000_000)
    with live.console() as console:
        live.treat(console)
        live.rig.set_generator(gate=False)
        console.finish()
        edges = len(live.rig.recent.edges(0))
        assert edges and live.rig.recent.kept_from_us == 0
        history = live.rig.bench.history
        console.stop()  # the buzzer sounds from now on
        kept: list[set[int]] = []
        for _ in range(2):
            live.run(12.0)
            kept.append({t_us for t_us, _, _ in history.pins})
    assert kept[0] and kept[1] and not kept[0] & kept[1]
    assert not live.rig.recent.edges(0) and live.rig.recent.kept_from_us > 0
    assert not history.edges and not history.relays
    assert live.rig.snapshot()["permit"][0]["last_edge_us"] is not None, "the last one is remembered"


# ---- a place that is taken


def test_a_taken_path_is_left_alone(tmp_path: Path) -> None:
    limits = quick_limits(tmp_path)
    (tmp_path / "file").write_text("mine")
    (tmp_path / "elsewhere").symlink_to(tmp_path / "nothing")
    for name in ("file", "elsewhere"):
        with pytest.raises(RigError, match="is there already"):
            LiveRig(tmp_path / name, limits)
        assert (tmp_path / name).exists() or (tmp_path / name).is_symlink()
    with pytest.raises(RigError, match="cannot be made"):
        LiveRig(tmp_path / "no_folder" / "link", limits)
    with LiveRig(tmp_path / "link", limits) as rig:
        with pytest.raises(RigError, match="another rig uses it"):
            LiveRig(tmp_path / "link", limits)
        assert str(rig.line.link.readlink()) == rig.line.terminal
    assert not list(tmp_path.glob("*link*")) and not list(tmp_path.glob("*.lock"))


def test_a_link_that_a_killed_rig_left_is_replaced(tmp_path: Path) -> None:
    """Its terminal may be somebody else's by now."""
    ours, theirs = os.openpty()
    for left in ("/dev/pts/999999", os.ttyname(theirs)):
        (tmp_path / "link").symlink_to(left)
        with LiveRig(tmp_path / "link", quick_limits(tmp_path)) as rig:
            assert str(rig.line.link.readlink()) == rig.line.terminal != left
    os.close(ours)
    os.close(theirs)


def test_the_rig_leaves_this_process_on_its_cores(tmp_path: Path) -> None:
    if not hasattr(os, "sched_getaffinity"):
        pytest.skip("not run: processes of this system have no cores of their own")
    before = os.sched_getaffinity(0)
    with LiveRig(tmp_path / "link", quick_limits(tmp_path)):
        assert os.sched_getaffinity(0) == before
