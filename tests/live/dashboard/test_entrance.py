"""Who may see and do what: other hosts, other pages, and browsers without the access code."""

import base64
import http.client
import io
import json
import sys
from collections.abc import Iterator

import pytest
from PIL import Image

from tests.live.dashboard.browser import Browser
from tests.live.dashboard.device import Device, Silent
from tests.live.dashboard.served import PATIENCE_S, Served

websockets = pytest.importorskip("websockets.sync.client", reason="not run: no websockets")
from websockets.exceptions import InvalidStatus  # noqa: E402

from sonofuse.console import BAD_INPUT, ENVIRONMENT, CommandError  # noqa: E402
from sonofuse.live.dashboard import serve  # noqa: E402
from sonofuse.live.dashboard.server import Dashboard  # noqa: E402

CODE = "kelvin-4711"


@pytest.fixture(scope="module")
def far() -> Iterator[Served]:
    """Bound to every address, so that it demands a code."""
    with Served("--host", "0.0.0.0", "--code", CODE) as served:  # noqa: S104 - what is tested is that it is guarded
        served.address = f"http://127.0.0.1:{served.port}"
        yield served


def _ask(served: Served, method: str, path: str, body: str = "", **headers: str) -> tuple[int, dict[str, str], str]:
    connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=PATIENCE_S)
    connection.request(method, path, body or None, {name.replace("_", "-"): value for name, value in headers.items()})
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer.status, {name.lower(): value for name, value in answer.getheaders()}, text


def _socket_status(served: Served, path: str, **settings: str) -> int:
    """101 for a web socket that opens, else the status of the answer."""
    try:
        with websockets.connect(f"ws://127.0.0.1:{served.port}{path}", **settings):
            return 101
    except InvalidStatus as refused:
        return int(refused.response.status_code)


_NICEGUI_SOCKET = "/_nicegui_ws/socket.io/?EIO=4&transport=websocket"


def test_a_request_for_another_host_is_refused_in_one_line(served: Served) -> None:
    for path, method in (("/", "GET"), ("/stop", "POST"), ("/state", "GET"), ("/inside/main.js", "GET")):
        for host in ("evil.example", f"evil.example:{served.port}", "127.0.0.1:1", ""):
            status, _, text = _ask(served, method, path, Host=host)
            assert status == 403
            said = host or "no Host header"
            assert (
                text
                == f"refused: this is {served.address}, and the request is for {said}; open {served.address} itself\n"
            )
    for host in ("127.0.0.1", "localhost", "[::1]", "LOCALHOST"):
        assert _ask(served, "GET", "/state", Host=f"{host}:{served.port}")[0] == 200
    served.set()
    assert served.calls == []


def test_a_request_from_a_page_of_another_host_is_refused(served: Served) -> None:
    for origin in ("http://evil.example", "null", served.address.replace("http", "https"), "http://127.0.0.1:1"):
        status, _, text = _ask(served, "POST", "/stop", Origin=origin)
        assert status == 403
        assert text == f"refused: the request comes from a page of {origin}; open {served.address} itself\n"
    served.set()
    assert served.calls == []
    assert _ask(served, "POST", "/stop", Origin=served.address)[0] == 200
    assert served.called("stop") == []


@pytest.mark.parametrize("path", ["/views", _NICEGUI_SOCKET])
def test_a_socket_opens_only_for_the_page_itself(served: Served, path: str) -> None:
    assert _socket_status(served, path, origin=served.address) == 101
    assert _socket_status(served, path, origin="http://evil.example") == 403
    assert _socket_status(served, path) == 403


def test_nothing_is_kept_and_nobody_frames_the_page(served: Served) -> None:
    for path in ("/", "/state", "/open/stop.js", "/inside/main.js"):
        status, headers, _ = _ask(served, "GET", path)
        assert status == 200, path
        assert headers["cache-control"] == "no-store"
        assert "etag" not in headers
        assert headers["x-frame-options"] == "DENY"
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert f"connect-src 'self' ws://127.0.0.1:{served.port};" in headers["content-security-policy"]


def test_without_the_code_only_stop_and_the_state(far: Served) -> None:
    far.anew()
    assert far.code == CODE
    status, _, page = _ask(far, "GET", "/")
    assert status == 200
    assert "/open/stop.js" in page
    assert "main.js" not in page
    assert "P-0147" not in page
    state = json.loads(_ask(far, "GET", "/state")[2])
    assert state.keys() == {"state", "word", "says", "colour", "connected", "trouble"}
    for path in ("/inside/main.js", "/inside/picture.html", "/_nicegui_ws/socket.io/?EIO=4&transport=polling", "/docs"):
        status, _, text = _ask(far, "GET", path)
        assert (status, text) == (403, "refused: enter the access code on the page first; only STOP works without\n")
    for path in ("/views", _NICEGUI_SOCKET):
        assert _socket_status(far, path, origin=far.address) == 403
    assert json.loads(_ask(far, "POST", "/stop")[2]) == {"done": True, "why": ""}
    assert far.called("stop") == []


def test_a_code_opens_a_session_and_another_cookie_does_not(far: Served) -> None:
    assert _ask(far, "POST", "/enter", json.dumps({"code": "no"}))[0] == 403
    status, headers, _ = _ask(far, "POST", "/enter", json.dumps({"code": "KELVIN 4711"}))
    assert status == 200
    cookie = headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    name, _, token = cookie.partition(";")[0].partition("=")
    assert _ask(far, "GET", "/inside/main.js", Cookie=f"{name}={token}")[0] == 200
    forged = f"{name}={token[:-1]}{'a' if token[-1] != 'a' else 'b'}"
    for other in (forged, f"other={token}", f"{name}=", '"'):
        assert _ask(far, "GET", "/inside/main.js", Cookie=other)[0] == 403


@pytest.mark.parametrize("body", ["", "{", "[]", '{"code": 5}', json.dumps({"code": "x" * 1000})])
def test_what_is_no_code_is_refused(far: Served, body: str) -> None:
    assert _ask(far, "POST", "/enter", body)[0] == 400


def test_the_page_without_the_code_stops_and_opens_with_it(tab: Browser, far: Served) -> None:
    far.anew()
    tab.resize("desktop")
    tab.driver.get(far.address)
    tab.until_text("word", "SAFE")
    assert tab.js("document.querySelector('[data-does=arm]') === null")
    tab.press(" ")
    assert far.called("stop") == []
    tab.until_text("word", "TRIPPED")
    far.set(quiet=True)
    tab.until_text("word", "NOT KNOWN")
    far.set(quiet=False)
    tab.find("#code").send_keys("wrong code")  # a space in a code: STOP again, which does no harm
    tab.find("#enter button").click()
    tab.until_text("refused", "wrong code")
    tab.find("#code").send_keys("\ue009a\ue000" + CODE)
    tab.find("#enter button").click()
    tab.until("globalThis.sonofuse?.counts?.pictures > 0")
    tab.until_text("word", "TRIPPED")


def test_codes_cannot_be_tried_fast(far: Served) -> None:
    answers = [_ask(far, "POST", "/enter", json.dumps({"code": f"guess-{n}"})) for n in range(8)]
    assert answers[-1][0] == 429
    assert answers[-1][2].startswith('{"why":"too many wrong codes: try again in ')
    assert 0 < int(answers[-1][1]["retry-after"]) <= 60
    assert _ask(far, "POST", "/enter", json.dumps({"code": CODE}))[0] == 429
    assert _ask(far, "POST", "/stop")[0] == 200


def test_a_page_whose_server_dies_says_so(tab: Browser) -> None:
    with Served() as mortal:
        tab.open(mortal)
        mortal.process.kill()
        tab.until("getComputedStyle(document.getElementById('veil')).opacity === '1'")
        tab.until_text("word", "NOT KNOWN")
        tab.find("#stop").click()
        tab.until_text("stop-hint", "NOT SENT (no answer): use the STOP at the device")


def test_without_nicegui_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "sonofuse.live.dashboard.server")
    monkeypatch.setitem(sys.modules, "nicegui", None)
    with pytest.raises(CommandError, match=r'no module nicegui\): pip install "sonofuse\[live\]"') as refused:
        serve(Device().latest, Silent())
    assert refused.value.code == ENVIRONMENT


def test_a_page_whose_scripts_hang_says_so(tab: Browser, served: Served) -> None:
    tab.open(served)
    hang = "const from = performance.now(); while (performance.now() - from < 4000);"
    yellow = (0xF0, 0xE4, 0x42)  # of the banner
    with websockets.connect(tab.debugger(), max_size=None) as debugger:

        def tell(number: int, method: str, **parameters: object) -> None:
            debugger.send(json.dumps({"id": number, "method": method, "params": parameters}))

        tell(1, "Page.startScreencast", format="png")
        tell(2, "Runtime.evaluate", expression=hang)  # answered when the scripts go on
        while True:
            message = json.loads(debugger.recv(PATIENCE_S))
            assert message.get("id") != 2, "the scripts go on, and until now the page looked alive"
            if message.get("method") == "Page.screencastFrame":
                tell(3, "Page.screencastFrameAck", sessionId=message["params"]["sessionId"])
                seen = Image.open(io.BytesIO(base64.b64decode(message["params"]["data"]))).convert("RGB")
                if seen.getpixel((2, 2)) == yellow:
                    break


@pytest.mark.parametrize(
    ("host", "port", "code", "exit_code", "says"),
    [
        ("127.0.0.1", None, "", ENVIRONMENT, "port {taken} of 127.0.0.1 is taken, perhaps by another monitor: end it,"),
        ("no.such.host.invalid", 0, "", BAD_INPUT, "no.such.host.invalid: not an address of this machine ("),
        ("192.0.2.1", 0, "", BAD_INPUT, "192.0.2.1 port 0: cannot listen there ("),
        ("127.0.0.1", 70000, "", BAD_INPUT, "127.0.0.1 port 70000: cannot listen there ("),
        ("127.0.0.1", 0, "short", BAD_INPUT, "access code: at least 8 letters or digits, or leave it out"),
    ],
)
def test_what_cannot_be_served_is_said_in_one_line(
    served: Served, host: str, port: int | None, code: str, exit_code: int, says: str
) -> None:
    device = Device()
    with pytest.raises(CommandError) as refused:
        Dashboard(device.latest, Silent(), host, served.port if port is None else port, code, ())
    assert refused.value.code == exit_code
    assert str(refused.value).startswith(says.format(taken=served.port))
    assert "\n" not in str(refused.value)
