"""Two monitors, two browsers, and visitors that nobody has asked: who gets what, and the one line for who does not."""

import http.client
import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sonofuse.console import BAD_INPUT, ENVIRONMENT, INTERRUPTED
from sonofuse.limits import load
from sonofuse.live.recording import Recording
from sonofuse.live.sessions import Sessions, planning
from sonofuse.live.sessions.database import Database
from sonofuse.live.sessions.facts import Step
from sonofuse.live.sessions.instant import now
from sonofuse.live.sessions.plan_file import PlanFile
from tests.live.monitor_command import Command, beside, command, interrupted, refused
from tests.live.stage import LONG_S, Stage, stage, wait_for

websockets = pytest.importorskip("websockets.sync.client", reason="not run: no websockets")
from websockets.exceptions import InvalidStatus  # noqa: E402

NOWHERE = ("--port", "/dev/null")
STEP = Step("ilium_left", 40.0, 1.0)
CODE = "kelvin-4711"


@pytest.fixture(scope="module")
def on_stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with stage(tmp_path_factory.mktemp("stage")) as made:
        yield made


@contextmanager
def page(folder: Path, *arguments: str) -> Iterator[tuple[Command, int]]:
    """A monitor with a page, and the page's port."""
    with command(folder, "--http-port", "0", *arguments) as running:
        line = running.until_said("monitor at http://")
        yield running, int(line.partition(",")[0].rpartition(":")[2])


def ask(port: int, method: str, path: str, **headers: str) -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=LONG_S)
    connection.request(method, path, headers=headers)
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer.status, text


def socket_status(port: int, origin: str) -> int:
    """101 for a web socket that opens, else the status of the answer."""
    try:
        with websockets.connect(f"ws://127.0.0.1:{port}/views", origin=origin):
            return 101
    except InvalidStatus as refused_:
        return int(refused_.response.status_code)


# ---- two monitors


def test_a_second_monitor_waits_for_the_port_and_the_first_goes_on(on_stage: Stage, tmp_path: Path) -> None:
    """Both record to the same folder."""
    arguments = ["--headless", *beside(on_stage, tmp_path), "--record-to", str(tmp_path / "recordings")]
    with command(tmp_path, *arguments) as first, command(tmp_path, *arguments) as second:
        running = {first, second}
        wait_for(lambda: any("in use by another program" in "".join(one.lines) for one in running), "one that waits")
        (late,) = (one for one in running if "in use by another program" in "".join(one.lines))
        (early,) = running - {late}
        late.until("the serial port is not open", f"trouble: {on_stage.port}: is in use by another program; close it")
        early.until("TRIPPED    connected")
        one = interrupted(early)
        late.until("TRIPPED    connected")
        other = interrupted(late)
    assert sorted((tmp_path / "recordings").iterdir()) == sorted([one.path, other.path])


def test_a_second_monitor_with_the_same_sessions_file(on_stage: Stage, tmp_path: Path) -> None:
    sessions = tmp_path / "sessions.db"
    limits = load(on_stage.limits)
    with Sessions(sessions, limits, now()):  # makes the file
        database = Database(sessions)
        name = planning.new_treatment(database, now(), "AB/ENG", PlanFile((STEP,), {}, None), limits)
        database.close()
    arguments = ["--headless", "--sessions", str(sessions), "--session", name]
    with command(tmp_path, *arguments, *beside(on_stage, tmp_path)) as first:
        first.until("TRIPPED    connected")
        ended = refused(tmp_path, *arguments, *NOWHERE, "--limits", str(on_stage.limits))
        assert ended.code == ENVIRONMENT
        assert ended.last == (
            f"sonofuse: {sessions}: another monitor (process {first.process.pid}) uses it; close that one first, or "
            "name another file"
        )
        interrupted(first)


# ---- two browsers


def test_two_browsers_see_the_same_and_both_may_stop(on_stage: Stage, tmp_path: Path) -> None:
    with page(tmp_path, *beside(on_stage, tmp_path)) as (running, port):
        views, address = f"ws://127.0.0.1:{port}/views", f"http://127.0.0.1:{port}"
        with websockets.connect(views, origin=address) as one, websockets.connect(views, origin=address) as other:
            for browser in (one, other):
                assert browser.recv(LONG_S)
                assert json.loads(ask(port, "GET", "/state")[1])["state"] == "TRIPPED"
                assert ask(port, "POST", "/stop", Origin=address) == (200, '{"done":true,"why":""}')
        recording = stopped(running)
    assert commands(recording) == ["stop", "stop"]


def stopped(running: Command) -> Recording:
    """End a page by Ctrl-C; its recording."""
    ended = running.interrupt()
    assert ended.code == INTERRUPTED
    return Recording(Path(ended.last.partition("the recording is ")[2]))


def commands(recording: Recording) -> list[object]:
    return [record.values["what"] for record in recording.records() if record.topic == "command"]


# ---- visitors


def test_a_request_under_another_name_or_from_another_page_does_nothing(on_stage: Stage, tmp_path: Path) -> None:
    with page(tmp_path, *beside(on_stage, tmp_path)) as (running, port):
        own = f"http://127.0.0.1:{port}"
        for path, method in (("/", "GET"), ("/state", "GET"), ("/stop", "POST")):
            for host in ("evil.example", f"evil.example:{port}"):  # a name that somebody has pointed at this computer
                line = f"refused: this is {own}, and the request is for {host}; open {own} itself\n"
                assert ask(port, method, path, Host=host) == (403, line)
        line = f"refused: the request comes from a page of http://evil.example; open {own} itself\n"
        assert ask(port, "POST", "/stop", Origin="http://evil.example") == (403, line)
        assert socket_status(port, "http://evil.example") == 403
        assert socket_status(port, own) == 101
        recording = stopped(running)
    assert commands(recording) == []


def test_from_another_computer_there_is_only_stop_without_the_code(tmp_path: Path) -> None:
    with page(tmp_path, *NOWHERE, "--bind", "0.0.0.0", "--code", CODE) as (running, port):  # noqa: S104
        line = "refused: enter the access code on the page first; only STOP works without\n"
        assert ask(port, "GET", "/inside/main.js") == (403, line)
        status, text = ask(port, "GET", "/")
        assert status == 200 and "sonofuse: STOP" in text
        assert socket_status(port, f"http://127.0.0.1:{port}") == 403
        assert ask(port, "POST", "/stop")[0] == 200
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=LONG_S)
        for code, expected in (("celsius-0815", 403), (CODE, 200)):
            connection.request("POST", "/enter", json.dumps({"code": code}))
            answer = connection.getresponse()
            answer.read()
            assert answer.status == expected
        connection.request("GET", "/inside/main.js", headers={"Cookie": str(answer.getheader("set-cookie"))})
        assert connection.getresponse().status == 200
        connection.close()
        stopped(running)


def test_a_code_that_is_too_short(tmp_path: Path) -> None:
    ended = refused(tmp_path, *NOWHERE, "--code", "abc")
    assert (ended.code, ended.last) == (
        BAD_INPUT,
        "sonofuse: access code: at least 8 letters or digits, or leave it out",
    )


# ---- the page's address


def test_a_page_s_port_that_is_taken_or_none(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        ended = refused(tmp_path, *NOWHERE, "--http-port", port)
    line = f"port {port} of 127.0.0.1 is taken, perhaps by another monitor: end it, or name another with --http-port"
    assert (ended.code, ended.last) == (ENVIRONMENT, f"sonofuse: {line}")
    ended = refused(tmp_path, *NOWHERE, "--http-port", "99999")
    line = "argument --http-port: '99999' is no port: a number from 0 (any that is free) to 65535"
    assert (ended.code, ended.last) == (BAD_INPUT, f"sonofuse: {line}; see sonofuse monitor --help")
    ended = refused(tmp_path, *NOWHERE, "--bind", "192.0.2.77")
    assert ended.code == BAD_INPUT
    assert ended.last.startswith("sonofuse: 192.0.2.77 port 8765: cannot listen there (")
    assert ended.last.endswith("); name another with --bind or --http-port")
