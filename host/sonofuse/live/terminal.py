"""The monitor in a terminal, for ssh: the picture, and the keys for STOP, acknowledge and quit."""

import os
import re
import select
import sys
import termios
import threading
import time
import tty
from collections.abc import Callable, Generator
from contextlib import contextmanager

from rich.console import Console as Screen
from rich.live import Live

from sonofuse.console import BAD_INPUT, CommandError
from sonofuse.live.alarm_sound import period_ms
from sonofuse.live.alarms import Sound
from sonofuse.live.alert import Alert
from sonofuse.live.keys import Keys
from sonofuse.live.sight import Watching
from sonofuse.live.terminal_picture import picture
from sonofuse.live.view import Console, View

_SEQUENCE = re.compile("\x1b(\\[[0-9;]*[A-Za-z~]|O.)")  # arrows and the like: no Escape and no letters
DRAW_S = 0.1  # a terminal over ssh is drawn less often than a page; keys are heard at once


def terminal(source: Callable[[], View], console: Console, *, ended: threading.Event | None = None) -> None:
    """Show the device in this terminal until a person quits or `ended` is set.

    Args:
        source: gives the newest View, at once.
        console: what the keys call.
        ended: ends it; default never.

    Raises:
        CommandError: if this is no terminal.
    """
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise CommandError(BAD_INPUT, "--terminal needs a terminal: use --headless where there is none")
    watching, alert, bell = Watching(source), Alert(time.monotonic()), Bell()
    keys = Keys(console, alert)
    sight = watching.look(time.monotonic())
    with _raw_keys(), Live(screen=True, auto_refresh=False, console=Screen(highlight=False)) as live:
        due_s = 0.0
        while not keys.quit and not (ended is not None and ended.is_set()):
            now_s = time.monotonic()
            if now_s >= due_s:
                due_s = now_s + DRAW_S
                sight = watching.look(now_s)
                keys.follow(sight.state)
                notice = alert.look(sight, now_s)
                live.update(picture(sight, keys.said, keys.asked, notice), refresh=True)
                if bell.due(notice.sound, now_s):
                    live.console.bell()
            for key in _typed(max(0.0, due_s - time.monotonic())):
                keys.press(key, sight.state)
                due_s = 0.0


class Bell:
    """A terminal has one sound: it comes where a burst of the alarm would begin."""

    def __init__(self) -> None:
        self._number, self._next_s = -1, 0.0

    def due(self, sound: Sound | None, now_s: float) -> bool:
        """Whether to ring now."""
        if sound is None or (sound.number == self._number and now_s < self._next_s):
            return False
        self._number, self._next_s = sound.number, now_s + period_ms(sound.kind, sound.priority) / 1000
        return True


@contextmanager
def _raw_keys() -> Generator[None]:
    """Keys come one by one and are not echoed; Ctrl-C still interrupts."""
    file = sys.stdin.fileno()
    before = termios.tcgetattr(file)
    tty.setcbreak(file)
    try:
        yield
    finally:
        termios.tcsetattr(file, termios.TCSADRAIN, before)


def _typed(wait_s: float) -> str:
    """What was typed within a time; the sign END where there is nobody any more."""
    file = sys.stdin.fileno()
    if not select.select([file], [], [], wait_s)[0]:
        return ""
    text = os.read(file, 256).decode(errors="ignore")
    return _SEQUENCE.sub("", text) if text else Keys.END
