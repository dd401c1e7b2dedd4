"""`python -m sonofuse_hil.live` as a program of its own, in real time: its socket, its port, and its end."""

import json
import os
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest

from sonofuse.limits import compile_limits, load
from sonofuse_firmware.states import TRIPPED
from tests.hil.live_console import Console, a_moment
from tests.quick import quick_limits

PATIENCE_S = 60.0  # outer kill


class Control:
    """A program at the control socket."""

    def __init__(self, path: Path) -> None:
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(PATIENCE_S)
        self.socket.connect(str(path))
        self._file = self.socket.makefile("rb")

    def raw(self, line: bytes) -> dict[str, Any]:
        self.socket.sendall(line)
        answer = self._file.readline()
        assert answer.endswith(b"\n") and answer.count(b"\n") == 1
        return dict(json.loads(answer))

    def ask(self, do: object, **values: object) -> dict[str, Any]:
        return self.raw(json.dumps({"do": do, **values}).encode() + b"\n")

    def done(self, do: str, **values: object) -> dict[str, Any]:
        answer = self.ask(do, **values)
        assert answer["ok"], answer
        return answer

    def close(self) -> None:
        self._file.close()
        self.socket.close()


class Running:
    """A rig that runs, as it said itself when it was ready."""

    def __init__(self, folder: Path, process: "subprocess.Popen[str]") -> None:
        self.link, self.control_path, self.process = folder / "link", folder / "control", process
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, process.communicate()[1]
        self.ready: dict[str, Any] = json.loads(line)

    def control(self) -> Control:
        return Control(self.control_path)

    def console(self) -> Console:
        return Console(self.link, compile_limits(load(self.link.with_name("quick.toml"))), a_moment, time.monotonic_ns)


def command(folder: Path, *options: str) -> list[str]:
    paths = ("--link", str(folder / "link"), "--control", str(folder / "control"))
    return [sys.executable, "-m", "sonofuse_hil.live", *paths, *options]


@contextmanager
def running(folder: Path) -> Generator[Running]:
    limits = quick_limits(folder)
    arguments = command(folder, "--limits", str(limits), "--seed", "7")
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield Running(folder, process)
        finally:
            process.kill()


def refused(folder: Path, *options: str) -> tuple[int, str]:
    ran = subprocess.run(command(folder, *options), capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    lines = [line for line in ran.stderr.splitlines() if "ms behind" not in line]
    assert ran.stdout == "" and len(lines) == 1, ran
    return ran.returncode, lines[0]


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("live")) as made:
        yield made


@pytest.fixture
def control(rig: Running) -> Iterator[Control]:
    made = rig.control()
    yield made
    made.close()


def test_it_says_where_it_is(rig: Running) -> None:
    assert rig.ready["link"] == str(rig.link) and rig.ready["control"] == str(rig.control_path)
    assert str(rig.link.readlink()) == rig.ready["terminal"]
    assert (rig.ready["pid"], rig.ready["seed"], rig.ready["board"]) == (rig.process.pid, 7, "rev_a")
    assert stat.S_IMODE(rig.control_path.stat().st_mode) == 0o600


def test_a_treatment_a_fault_and_what_the_edges_tell(rig: Running, control: Control) -> None:
    with rig.console() as console:
        console.make_safe()
        console.start()
        control.done("generator", power_w=40, gate=True)
        assert console.until(lambda: control.done("snapshot")["forward_w"] == 40.0)
        control.done("fault", name="lost_coupling", values={"coupling": "0 %"})
        broken = control.done("snapshot")
        assert broken["faults"] == [{"name": "lost_coupling", "values": {"coupling": 0.0}}]
        assert console.until(lambda: console.state == TRIPPED)
        assert control.done("generator", gate=False) == {"ok": True, "power_w": 40, "gate": False, "forward_w": 0.0}
        told = control.done("edges", since_us=broken["t_us"])
        ends = {edge["switch"]: edge for edge in told["edges"] if not edge["edges"]}
        for switch in (0, 1):
            assert 0 <= ends[switch]["t_us"] - broken["t_us"] < 1_000_000
            assert ends[switch]["wall_ns"] > broken["wall_ns"]
        assert control.done("edges", since_us=told["edges"][-1]["t_us"] + 1)["edges"] == []
        assert control.done("end", name="lost_coupling")["ended"] == 1
        console.make_safe()


def test_simulated_time_goes_with_the_wall_and_never_ahead(control: Control) -> None:
    first = control.done("snapshot")
    time.sleep(0.3)
    last = control.done("snapshot")
    lost_us = 1e3 * (last["lag"]["lost_ms"] - first["lag"]["lost_ms"])
    behind_us = 1e3 * last["lag"]["most_ms"]
    passed_us = (last["wall_ns"] - first["wall_ns"]) / 1e3
    assert last["t_us"] - first["t_us"] <= passed_us + behind_us
    assert last["t_us"] - first["t_us"] >= passed_us - lost_us - behind_us
    assert last["lag"]["steps"] > first["lag"]["steps"]


def test_unplug_and_replug(rig: Running, control: Control) -> None:
    control.done("link", plugged=False)
    assert not rig.link.is_symlink()
    assert not control.done("snapshot")["link"]["plugged"]
    control.done("link", plugged=True)
    with rig.console() as console:
        assert console.until(lambda: len(console.telemetry) > 5)
        control.done("supply", on=False)
        assert not control.done("snapshot")["powered"]
        control.done("supply", on=True)
        count = len(console.telemetry)
        assert console.until(lambda: len(console.telemetry) > count + 5)
        assert console.telemetry[-1].now_us < console.telemetry[count - 1].now_us, "it has booted anew"
        console.make_safe()


@pytest.mark.parametrize(
    ("line", "error"),
    [
        (b"nonsense\n", "not JSON"),
        (b"\xff\xfe\n", "not JSON"),
        (b"[" * 50_000 + b"\n", "not JSON"),
        (b"[]\n", "a request is an object"),
        (b"{}\n", '"do" is null: known are'),
        (b'{"do": "snapshott"}\n', 'did you mean "snapshot"?'),
        (b'{"do": ["snapshot"]}\n', '"do" is ["snapshot"]'),
        (b'{"do": "snapshot", "now": 1}\n', 'snapshot: does not know "now"'),
        (b'{"do": "generator", "power": 1}\n', 'did you mean "power_w"?'),
        (b'{"do": "generator", "power_w": "40 W"}\n', "must be a number of watts"),
        (b'{"do": "generator", "power_w": true}\n', "must be a number of watts"),
        (b'{"do": "generator", "power_w": NaN}\n', "NaN is no number"),
        (b'{"do": "generator", "power_w": 1e999}\n', "must be a number from 0.0 to 10000.0"),
        (b'{"do": "generator", "power_w": -1}\n', "must be a number from 0.0 to 10000.0"),
        (b'{"do": "generator", "gate": "on"}\n', '"gate" must be true or false'),
        (b'{"do": "supply"}\n', '"on" must be true or false'),
        (b'{"do": "link", "plugged": 0}\n', '"plugged" must be true or false'),
        (b'{"do": "edges"}\n', "whole number of"),
        (b'{"do": "edges", "since_us": 1.5}\n', "whole number of"),
        (b'{"do": "fault"}\n', '"name" must be text'),
        (b'{"do": "fault", "name": "lost_couplin"}\n', 'did you mean "lost_coupling"?'),
        (b'{"do": "fault", "name": "lost_coupling", "values": ["20 %"]}\n', '"values" an object'),
        (b'{"do": "fault", "name": "lost_coupling", "values": {"coupling": "120 %"}}\n', "coupling is out of bounds"),
        (
            b'{"do": "fault", "name": "lost_coupling", "values": {"coupling": 0.2}}\n',
            "coupling a quantity is text with a unit",
        ),
        (b'{"do": "fault", "name": "lost_coupling", "values": {"couplin": "1 %"}}\n', "has no parameter"),
        (b'{"do": "fault", "name": "sensor_open", "values": {"channel": "skin_c"}}\n', "channel is not one of"),
        (b'{"do": "end", "name": "nothing"}\n', "no fault 'nothing'"),
        (b'{"do": "end", "name": 1}\n', "must be the name of a fault"),
        (b'{"do": "' + b"x" * 200_000 + b'"}\n', "65536 bytes at most"),
    ],
)
def test_a_wrong_request_is_one_line_and_the_connection_stays(control: Control, line: bytes, error: str) -> None:
    answer = control.raw(line)
    assert answer["ok"] is False and error in answer["error"] and "\n" not in answer["error"]
    assert control.done("snapshot", id=[1])["id"] == [1]


def test_programs_that_come_and_go_disturb_nobody(rig: Running, control: Control) -> None:
    half = rig.control()
    half.socket.sendall(b'{"do": "snap')
    half.close()
    impatient = rig.control()
    impatient.socket.sendall(b'{"do": "faults"}\n' * 2000)
    impatient.socket.shutdown(socket.SHUT_RD)
    impatient.close()
    together = [rig.control() for _ in range(5)]
    for number, program in enumerate(together):
        assert program.done("snapshot", id=number)["id"] == number
        program.close()
    assert control.done("snapshot")["ok"]
    assert rig.process.poll() is None


# ---- how it ends, and how it does not begin


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_and_nothing_is_left(tmp_path: Path, number: int) -> None:
    with running(tmp_path) as rig, rig.console() as console:
        assert console.until(lambda: bool(console.telemetry))
        control = rig.control()
        control.done("snapshot")
        folder = next(Path(child.cwd()) for child in vms(rig))
        children = psutil.Process(rig.process.pid).children(recursive=True)
        rig.process.send_signal(number)
        out, err = rig.process.communicate(timeout=PATIENCE_S)
        assert (rig.process.returncode, out) == (0, "")
        assert all("ms behind" in line for line in err.splitlines()), err
    assert not rig.link.is_symlink() and not rig.control_path.exists() and not folder.exists()
    assert not [child for child in children if child.is_running() and child.status() != psutil.STATUS_ZOMBIE]


def vms(rig: Running) -> list[psutil.Process]:
    """The processes that run firmware: their folder is the device's."""
    return [
        child
        for child in psutil.Process(rig.process.pid).children(recursive=True)
        if (Path(child.cwd()) / "main.py").exists()
    ]


def test_two_at_one_place_and_one_after_a_killed_one(tmp_path: Path) -> None:
    with running(tmp_path) as rig:
        code, text = refused(tmp_path)
        assert code == 3 and f"{rig.link}: another rig uses it" in text
        code, text = refused(tmp_path, "--link", str(tmp_path / "another"))
        assert code == 3 and f"{rig.control_path}: is there already" in text
        assert not (tmp_path / "another").is_symlink()
        rig.control().done("snapshot")
        rig.process.kill()
    assert rig.link.is_symlink() and rig.control_path.exists(), "it could not clear up"
    with running(tmp_path) as after:
        after.control().done("snapshot")


def test_wrong_arguments_are_one_line(tmp_path: Path) -> None:
    code, text = refused(tmp_path, "--limits", str(tmp_path / "missing.toml"))
    assert code == 2 and "missing.toml" in text
    code, text = refused(tmp_path, "--seed", "-1")
    assert code == 2 and "--seed -1" in text
    code, text = refused(tmp_path, "--micropython", "/no/such/program")
    assert code == 3 and "no MicroPython at /no/such/program" in text
    code, text = refused(tmp_path, "--control", str(tmp_path / ("x" * 110)))
    assert code == 3 and "no socket can be made there" in text
    (tmp_path / "file").write_text("")
    code, text = refused(tmp_path, "--link", str(tmp_path / "file" / "link"))
    assert code == 3 and "cannot write there" in text
    assert os.listdir(tmp_path) and not (tmp_path / "link").is_symlink()  # noqa: PTH208
