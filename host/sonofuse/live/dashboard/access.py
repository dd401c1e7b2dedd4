"""Who may do more than STOP: an access code, sessions after it, and a limit on how fast codes can be tried."""

import math
import secrets
from collections import deque

from sonofuse.console import BAD_INPUT, CommandError

SHORTEST = 8  # characters of a code that is given
TRIES, WINDOW_S = 5, 60.0  # wrong codes, from all addresses together: 31⁸ codes then take 300 000 years
SESSION_S = 12 * 3600.0  # one day at the device
_LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # none that look alike
_KEPT = 64  # sessions; the oldest goes


class TooManyError(Exception):
    """Too many wrong codes; `wait_s` is what is left before the next may be tried."""

    def __init__(self, wait_s: int) -> None:
        super().__init__(f"too many wrong codes: try again in {wait_s} s")
        self.wait_s = wait_s


class Access:
    """One code, and the sessions that it opened. An empty code demands none. Times are of any clock that only rises."""

    def __init__(self, code: str) -> None:
        self._code = _plain(code)
        self._wrong: deque[float] = deque(maxlen=TRIES)
        self._sessions: dict[str, float] = {}

    @property
    def needed(self) -> bool:
        """Whether anything but STOP takes the code."""
        return bool(self._code)

    def enter(self, code: str, now_s: float) -> str:
        """A new session's token, "" if the code is wrong.

        Raises:
            TooManyError: before the code is looked at.
        """
        if len(self._wrong) == TRIES and now_s - self._wrong[0] < WINDOW_S:
            raise TooManyError(math.ceil(WINDOW_S - (now_s - self._wrong[0])))
        if not self.needed or not secrets.compare_digest(_plain(code), self._code):
            self._wrong.append(now_s)
            return ""
        token = secrets.token_urlsafe(32)
        while len(self._sessions) >= _KEPT:
            del self._sessions[next(iter(self._sessions))]
        self._sessions[token] = now_s + SESSION_S
        return token

    def holds(self, token: str, now_s: float) -> bool:
        """Whether a token is that of a session that is still open; always, where no code is needed."""
        return not self.needed or now_s < self._sessions.get(token, -math.inf)


def chosen(code: str, loopback: bool) -> str:
    """The code to use: the one given, none on loopback, else one that is made up.

    Raises:
        CommandError: if the one given is too short.
    """
    if code:
        if len(_plain(code)) < SHORTEST:
            raise CommandError(BAD_INPUT, f"access code: at least {SHORTEST} letters or digits, or leave it out")
        return code
    if loopback:
        return ""
    made = [secrets.choice(_LETTERS) for _ in range(SHORTEST)]
    return "".join(made[:4]) + "-" + "".join(made[4:])


def _plain(code: str) -> bytes:
    """Without what people add when they type: spaces, dashes, small letters."""
    return "".join(c for c in code if c not in " -").upper().encode()
