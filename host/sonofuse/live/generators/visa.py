"""One VISA session through PyVISA, in lines of text; every failure becomes a GeneratorError of one line."""

import socket
from collections.abc import Generator as Steps
from contextlib import contextmanager

import pyvisa
from pyvisa.constants import StatusCode
from pyvisa.resources import MessageBasedResource, SerialInstrument

from sonofuse.live.generators.generator import GeneratorError

BACKEND = "@py"  # PyVISA's own, in Python: nothing to install beside it
OPEN_MS = 2000  # an instrument that is there is connected within some milliseconds


class Session:
    """Lines to and from a VISA resource. It opens when it is first used, and again after a failure: a late answer
    must not be taken for the one to the next question."""

    def __init__(self, resource: str, timeout_s: float, ends_with: str, baud: int | None, backend: str) -> None:
        self.resource, self._backend = resource, backend
        self._timeout_s, self._ends_with, self._baud = timeout_s, ends_with, baud
        self._opened: MessageBasedResource | None = None

    def tell(self, command: str) -> None:
        """Send a line.

        Raises:
            GeneratorError: if it cannot be sent.
        """
        with self._failing_closes(command):
            self._open().write(command)

    def ask(self, command: str) -> str:
        """Send a line and wait for one.

        Raises:
            GeneratorError: if none comes in time.
        """
        with self._failing_closes(command):
            return self._open().query(command).strip()

    def close(self) -> None:
        """End it.

        Raises:
            GeneratorError: if that fails; it counts as ended nevertheless.
        """
        opened, self._opened = self._opened, None
        if opened is not None:
            with self._told("closing"):
                opened.close()

    def _open(self) -> MessageBasedResource:
        if self._opened is None:
            found = pyvisa.ResourceManager(self._backend).open_resource(self.resource, open_timeout=OPEN_MS)
            if not isinstance(found, MessageBasedResource):
                raise TypeError("it takes no messages: name an INSTR or a SOCKET resource")
            self._opened = found
            found.timeout = 1000 * self._timeout_s
            found.read_termination = found.write_termination = self._ends_with
            if isinstance(found, SerialInstrument) and self._baud is not None:
                found.baud_rate = self._baud
            _send_at_once(found)
        return self._opened

    @contextmanager
    def _failing_closes(self, doing: str) -> Steps[None]:
        try:
            with self._told(doing):
                yield
        except GeneratorError as failure:
            try:
                self.close()
            except GeneratorError as second:
                failure.add_note(str(second))  # what failed first is what a person needs
            raise

    @contextmanager
    def _told(self, doing: str) -> Steps[None]:
        try:
            yield
        except pyvisa.errors.VisaIOError as error:
            why = str(error.description)
            if error.error_code == StatusCode.error_timeout:
                why = f"no answer within {1000 * self._timeout_s:g} ms"
            raise GeneratorError(f"{self.resource}: {doing}: {why}") from error
        except Exception as error:  # pyvisa-py raises what its protocols raise, also plain Exception
            lines = str(error).strip().splitlines() or [type(error).__name__]
            raise GeneratorError(f"{self.resource}: {doing}: {lines[0]}") from error


def _send_at_once(opened: MessageBasedResource) -> None:
    """Switch Nagle's algorithm off, which would hold "output off" back until a former line is acknowledged (40 ms).

    pyvisa-py leaves it on for SOCKET resources and refuses the VISA attribute (nominal-io/instro issue 156).
    """
    sessions = getattr(opened.visalib, "sessions", {})
    interface = getattr(sessions.get(opened.session), "interface", None)
    if isinstance(interface, socket.socket):
        interface.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
