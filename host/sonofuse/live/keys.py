"""What keys do in a terminal. Space and s are STOP, but for the moments in which a person writes who and why: these are
asked only while the device is TRIPPED, and the question goes away with that state."""

import queue
import threading
import time
from collections.abc import Callable

from sonofuse.live.alert import Alert
from sonofuse.live.sight import UNKNOWN
from sonofuse.live.view import Console

_WHO, _WHY, _NEW, _QUIT = (
    "Who acknowledges? ",
    "Why is it safe to go on? ",
    "A new treatment, dose from zero? y/n ",
    "quit",
)
_LONGEST = 200  # characters of an answer


class Keys:
    """The keyboard of one terminal. `said` is what became of the last key, `asked` the question that is open."""

    END = "\x04"  # Ctrl-D, and what stands for a terminal that is gone

    def __init__(self, console: Console, alert: Alert) -> None:
        self._console, self._alert = console, alert
        self._question = self._text = ""
        self._answers: list[str] = []
        self._done: queue.SimpleQueue[str] = queue.SimpleQueue()
        self.said = ""
        self.quit = False

    @property
    def asked(self) -> str:
        """The open question with what has been typed, "" for none."""
        if self._question == _QUIT:
            return "RF is on, or the state is not known, and quitting stops the device. Quit? y/n"
        return f"{self._question}{self._text}▏ (Enter: next, Esc: cancel)" if self._question else ""

    def follow(self, state: str) -> None:
        """See what has become of a command, and drop questions that no longer fit the state."""
        while not self._done.empty():
            self.said = self._done.get()
        if self._question in (_WHO, _WHY, _NEW) and state != "TRIPPED":
            self._close("acknowledge: given up, the device is not TRIPPED any more")

    def press(self, key: str, state: str) -> None:
        """One key."""
        if key == self.END:
            self.quit = True
        elif self._question == _QUIT:
            self._confirm_quit(key)
        elif self._question:
            self._answer(key)
        elif key in ("s", "S", " "):
            self._stop()
        elif key in ("a", "A"):
            self._acknowledge(state)
        elif key in ("m", "M"):
            self._silence(state)
        elif key in ("q", "Q"):
            self._quit(state)

    def _stop(self) -> None:
        try:
            why = self._console.stop()
        except Exception as error:  # noqa: BLE001 - whatever it was, the person must go to the device now
            why = str(error) or repr(error)
        self.said = "STOP sent" if why == "" else f"STOP NOT SENT ({why}): use the STOP at the device"

    def _acknowledge(self, state: str) -> None:
        if state == "TRIPPED":
            self._question, self._answers, self.said = _WHO, [], ""
        elif self._alert.notice.waits(state):
            self._alert.acknowledge(time.monotonic())
            self.said = "alarms: seen"
        else:
            self.said = "acknowledge: only while the device is TRIPPED"

    def _silence(self, state: str) -> None:
        """The sound here, and the device's where it has one."""
        self.said = "silence: done" if self._alert.silence(time.monotonic()) else "silence: nothing sounds"
        if state == "TRIPPED":
            self._ask("silence", self._console.silence)

    def _quit(self, state: str) -> None:
        if state in ("ON", UNKNOWN):
            self._question = _QUIT
        else:
            self.quit = True

    def _confirm_quit(self, key: str) -> None:
        """Space and s stop here too: nothing is written."""
        self._close("")
        if key in ("s", "S", " "):
            self._stop()
        self.quit = key in ("y", "Y")

    def _answer(self, key: str) -> None:
        if key == "\x1b":
            self._close("acknowledge: given up")
        elif self._question == _NEW:
            if key in ("y", "Y", "n", "N"):
                self._send(key in ("y", "Y"))
        elif key in ("\x7f", "\b"):
            self._text = self._text[:-1]
        elif key in ("\r", "\n"):
            self._next()
        elif key.isprintable() and len(self._text) < _LONGEST:
            self._text += key

    def _next(self) -> None:
        text = self._text.strip()
        if not text:
            self.said = "an answer is needed: it is kept with the treatment"
            return
        self._answers.append(text)
        self._question, self._text, self.said = (_WHY if self._question == _WHO else _NEW), "", ""

    def _send(self, new_treatment: bool) -> None:
        who, why = self._answers
        self._close("acknowledge …")

        def acknowledge() -> str:
            refused = self._console.acknowledge(new_treatment, who, why)
            if refused == "":
                self._alert.acknowledge(time.monotonic())  # whoever says why it is safe has seen what stands there
            return refused

        self._ask("acknowledge", acknowledge)

    def _ask(self, name: str, ask: Callable[[], str]) -> None:
        """Ask the device beside the keyboard: STOP must be heard meanwhile."""

        def asking() -> None:
            try:
                refused = ask()
            except Exception as error:  # noqa: BLE001 - it was not done, and the person must know
                refused = str(error) or repr(error)
            self._done.put(f"{name}: done" if refused == "" else f"{name}: not done: {refused}")

        threading.Thread(target=asking, daemon=True).start()

    def _close(self, said: str) -> None:
        self._question, self._text, self.said = "", "", said
