"""Whose requests are refused; no server needed."""

import pytest

pytest.importorskip("starlette", reason='not run: no NiceGUI (pip install "sonofuse[live]")')
from sonofuse.live.dashboard.gate import is_loopback, refusal

HERE = ("192.168.7.20", 8765)


@pytest.mark.parametrize(
    ("server", "host"),
    [
        (HERE, "192.168.7.20:8765"),
        (("127.0.0.1", 8765), "localhost:8765"),
        (("::1", 8765), "[::1]:8765"),
        (("fd00::5", 8765), "[fd00::5]:8765"),
        (("::ffff:192.168.7.20", 8765), "192.168.7.20:8765"),
        (("192.168.7.20", 80), "192.168.7.20"),
    ],
)
def test_a_request_for_this_address_passes(server: tuple[str, int], host: str) -> None:
    assert refusal(server, [host], [], False) is None
    assert refusal(server, [host], [f"http://{host}"], True) is None


@pytest.mark.parametrize(
    ("host", "origin", "websocket"),
    [
        (["localhost:8765"], [], False),  # a name that anybody can point anywhere; loopback only where it is loopback
        (["192.168.7.20"], [], False),
        (["192.168.7.20:8766"], [], False),
        (["192.168.7.20:8765", "192.168.7.20:8765"], [], False),
        ([], [], False),
        (["192.168.7.20:8765"], ["http://192.168.7.21:8765"], False),
        (["192.168.7.20:8765"], ["https://192.168.7.20:8765"], False),
        (["192.168.7.20:8765"], ["http://192.168.7.20:8765"] * 2, False),
        (["192.168.7.20:8765"], ["null"], False),
        (["192.168.7.20:8765"], [], True),
    ],
)
def test_any_other_is_refused_in_one_line_that_names_the_address(
    host: list[str], origin: list[str], websocket: bool
) -> None:
    why = refusal(HERE, host, origin, websocket)
    assert why is not None
    assert why.startswith("refused: ")
    assert why.endswith("open http://192.168.7.20:8765 itself")
    assert "\n" not in why


def test_what_is_loopback() -> None:
    assert all(map(is_loopback, ("127.0.0.1", "127.8.8.8", "::1")))
    assert not any(map(is_loopback, ("0.0.0.0", "::", "192.168.7.20", "127.evil.example"[3:])))  # noqa: S104
