"""`sonofuse monitor` at a port that is missing, not ours, not a port, or not what it should be: one line says so."""

import os
import termios
import time
import tty
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import serial

from sonofuse.console import BAD_INPUT
from tests.live import stranger
from tests.live.monitor_command import beside, command, interrupted, mortal, refused
from tests.live.stage import Stage, stage

NOT_OPEN = "NOT KNOWN  DISCONNECTED: the serial port is not open"
SILENT = "NOT KNOWN  DISCONNECTED: no telemetry comes from the device"


@pytest.fixture(scope="module")
def on_stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with stage(tmp_path_factory.mktemp("stage")) as made:
        yield made


def says(folder: Path, port: str, *line: str, before: Callable[[], None] | None = None) -> None:
    """It runs, says this for as long as it is so, and has recorded it."""
    with command(folder, "--headless", "--port", port, before=before) as running:
        running.until(*line)
        interrupted(running)


# ---- no port


def test_which_port(tmp_path: Path) -> None:
    ended = refused(tmp_path, "--headless")
    assert ended.code == BAD_INPUT
    assert ended.last.startswith("sonofuse: which port? --port NAME, or --demo without a device")


def test_a_port_that_is_not_there_is_waited_for(tmp_path: Path) -> None:
    port = str(tmp_path / "ttyUSB7")
    says(tmp_path, port, NOT_OPEN, f"trouble: {port}: no such port; is the adapter of the link plugged in?")


@pytest.mark.parametrize("what", ["file", "folder"])
def test_a_file_or_a_folder_is_refused(tmp_path: Path, what: str) -> None:
    port = tmp_path / "port"
    port.write_text("no port", encoding="ascii") if what == "file" else port.mkdir()
    ended = refused(tmp_path, "--headless", "--port", str(port))
    assert ended.code == BAD_INPUT
    line = f"--port {port}: is a {what}, no serial port; name the one of the device's link, such as /dev/ttyUSB0"
    assert ended.last == f"sonofuse: {line}"


def test_a_device_that_is_no_serial_line(tmp_path: Path) -> None:
    line = "/dev/null: is no serial port; name the one of the device's link, such as /dev/ttyUSB0"
    says(tmp_path, "/dev/null", NOT_OPEN, f"trouble: {line}")


def test_a_port_that_one_may_not_open(tmp_path: Path) -> None:
    with stranger.stranger(stranger.nothing) as port:
        Path(port).chmod(0)
        line = f"trouble: {port}: may not be opened by you; on Linux join the group dialout"
        says(tmp_path, port, NOT_OPEN, line, before=mortal)


def test_a_port_that_another_program_has(tmp_path: Path) -> None:
    with stranger.stranger(stranger.nothing) as port, serial.Serial(port, exclusive=True):
        says(tmp_path, port, NOT_OPEN, f"trouble: {port}: is in use by another program; close it first")


# ---- a port at which no device of ours talks


@pytest.mark.parametrize(
    ("talks", "line"),
    [
        (stranger.nothing, "PORT: nothing comes; is the device powered, and is this the port of its link?"),
        (stranger.gps, "PORT: another device talks there ('$GPGGA,123519,4807.038,N,01131.000,E,1,0'); name the port"),
        (stranger.prompt, "PORT: a MicroPython prompt (>>>) is there; name the port of the device's link, not its USB"),
        (
            stranger.other_rate,
            "PORT: bytes come, but no frame of a device: another device, or not 921600 baud; see to the port, its "
            "adapter and the wiring",
        ),
        (stranger.version_1, "the device speaks version 1 of the link, this host 2; flash it again"),
        (
            stranger.version_3,
            "the device says what version 2 of the link does not know (frames of type 9); bring device and host to the "
            "same version",
        ),
    ],
)
def test_what_comes_instead_of_telemetry_is_said(tmp_path: Path, talks: Callable[[int], bytes], line: str) -> None:
    with stranger.stranger(talks) as port:
        says(tmp_path, port, SILENT, f"trouble: {line.replace('PORT', port)}")


def test_another_rate_is_not_joined_and_the_right_one_is_again(on_stage: Stage, tmp_path: Path) -> None:
    with command(tmp_path, "--headless", *beside(on_stage, tmp_path)) as running:
        running.until("connected", "TRIPPED")
        other = os.open(on_stage.port, os.O_RDWR | os.O_NOCTTY)  # a program that sets a rate and does not lock
        try:
            for rate, line in ((termios.B115200, f"{on_stage.port}: bytes come, but no frame"), (termios.B921600, "")):
                before, attributes = len(running.lines), termios.tcgetattr(other)
                attributes[tty.ISPEED] = attributes[tty.OSPEED] = rate
                termios.tcsetattr(other, termios.TCSANOW, attributes)
                running.until(*([SILENT, line] if line else ["TRIPPED    connected"]), since=before)
        finally:
            os.close(other)
        interrupted(running)


# ---- a device that is not the one that was meant, or goes


def test_a_device_with_other_limits(on_stage: Stage, tmp_path: Path) -> None:
    arguments = ["--headless", *beside(on_stage, tmp_path)]
    arguments[arguments.index("--limits") + 1] = "mini_ntc"
    with command(tmp_path, *arguments) as running:
        line = running.until("DISCONNECTED: the host's kernel does not yet stand beside", "trouble: the device runs")
        assert line.endswith("; name that one, or flash the device")
        interrupted(running)


def test_limits_for_another_board(tmp_path: Path) -> None:
    ended = refused(tmp_path, "--headless", "--port", "/dev/null", "--board", "rev_b")
    assert ended.code == BAD_INPUT
    assert ended.last == "sonofuse: no board 'rev_b': the shipped boards are mini_ntc, rev_a"


def test_a_cable_that_is_pulled_and_put_back(on_stage: Stage, tmp_path: Path) -> None:
    with command(tmp_path, "--headless", *beside(on_stage, tmp_path)) as running:
        running.until("TRIPPED    connected")
        on_stage.control.ask("link", plugged=False)
        gone = f"trouble: {on_stage.port}: no such port; is the adapter of the link plugged in?"
        running.until(NOT_OPEN, gone)
        before = len(running.lines)
        on_stage.control.ask("link", plugged=True)
        running.until("TRIPPED    connected", since=before)
        assert "trouble" not in running.lines[-1]
        time.sleep(2.0)  # the line is connected before the kernel's picture is read and joined, which no line says
        recording = interrupted(running)
    kept = [record.values["what"] for record in recording.records() if record.topic in ("event", "note")]
    assert kept.count("joined") == kept.count("port opened") == 2, kept


def test_a_supply_that_is_cut_and_comes_back(on_stage: Stage, tmp_path: Path) -> None:
    with command(tmp_path, "--headless", *beside(on_stage, tmp_path)) as running:
        running.until("TRIPPED    connected")
        on_stage.control.ask("supply", on=False)
        running.until(SILENT, f"trouble: {on_stage.port}: nothing comes; is the device powered")
        before = len(running.lines)
        on_stage.control.ask("supply", on=True)
        running.until("TRIPPED    connected", since=before)
        interrupted(running)
