"""A VISA session over a real socket: late answers, lines that end, what is sent at once."""

import contextlib
import socket
import threading
from collections.abc import Iterator

import pytest

from sonofuse.live.generators.generator import GeneratorError
from tests.live.generators import sim

sim.needed()

from sonofuse.live.generators.visa import BACKEND, Session  # noqa: E402 - not without its library

LAST_S = 20.0


class Instrument:
    """Answers "early" on every connection, but to the question LATE on the first one only when a test says so."""

    def __init__(self) -> None:
        self.server = socket.create_server(("127.0.0.1", 0))
        self.late, self.sent = threading.Event(), threading.Event()
        self.lines: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def resource(self) -> str:
        return f"TCPIP0::127.0.0.1::{self.server.getsockname()[1]}::SOCKET"

    def _accept(self) -> None:
        while True:
            try:
                line, _ = self.server.accept()
            except OSError:
                return
            self.lines.append(line)
            threading.Thread(target=self._serve, args=(line, len(self.lines) == 1), daemon=True).start()

    def _serve(self, line: socket.socket, first: bool) -> None:
        with contextlib.suppress(OSError):  # the other side may go at any time
            for question in line.makefile("r"):
                if first and question == "LATE?\n":
                    self.late.wait(LAST_S)
                    answer = "late"
                else:
                    answer = "early"
                try:
                    line.sendall(f"{answer}\n".encode())
                finally:
                    self.sent.set()


@pytest.fixture
def instrument() -> Iterator[Instrument]:
    made = Instrument()
    yield made
    made.late.set()
    made.server.close()


def session(instrument: Instrument, timeout_s: float = 5.0) -> Session:
    return Session(instrument.resource, timeout_s, "\n", None, BACKEND)


def test_a_late_answer_is_not_taken_for_the_next_one(instrument: Instrument) -> None:
    asking = session(instrument, timeout_s=0.05)
    with pytest.raises(GeneratorError, match=r"LATE\?: no answer within 50 ms"):
        asking.ask("LATE?")
    instrument.late.set()
    assert instrument.sent.wait(LAST_S)
    asking._timeout_s = LAST_S
    assert asking.ask("WHO?") == "early"
    assert len(instrument.lines) == 2


def test_the_time_out_is_that_of_the_file(instrument: Instrument) -> None:
    asking = session(instrument, timeout_s=3.25)
    assert asking.ask("WHO?") == "early"
    assert asking._opened is not None and asking._opened.timeout == 3250


def test_lines_are_sent_at_once(instrument: Instrument) -> None:
    asking = session(instrument)
    asking.ask("WHO?")
    assert asking._opened is not None
    line = vars(asking._opened.visalib)["sessions"][asking._opened.session].interface
    assert line.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) == 1


def test_a_connection_that_ends_is_made_anew(instrument: Instrument) -> None:
    asking = session(instrument, timeout_s=0.2)
    assert asking.ask("WHO?") == "early"
    instrument.lines[0].shutdown(socket.SHUT_RDWR)
    with pytest.raises(GeneratorError) as caught:
        asking.ask("WHO?")
    assert str(caught.value).startswith(f"{instrument.resource}: WHO?: ") and "\n" not in str(caught.value)
    asking._timeout_s = LAST_S
    assert asking.ask("WHO?") == "early"


def test_closing_twice_is_no_error(instrument: Instrument) -> None:
    asking = session(instrument)
    asking.ask("WHO?")
    asking.close()
    asking.close()
