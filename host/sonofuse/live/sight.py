"""The newest View, and how old it is: whatever shows the device asks here, so that nothing old is shown as new."""

import logging
from collections.abc import Callable
from dataclasses import dataclass

from sonofuse.live.view import CONNECTED, JOINING, NO_PORT, SILENT, View

STALE_S = 0.5  # Views come every 0.05 s: ten that are missing are no jitter
UNKNOWN = ""  # a state that is not known

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Sight:
    """What was seen: the last View (None before the first), and for how many seconds no newer one has come."""

    view: View | None
    age_s: float
    new: bool

    @property
    def fresh(self) -> bool:
        """Whether this can be believed to be now."""
        return self.view is not None and self.age_s <= STALE_S

    @property
    def state(self) -> str:
        """The device's state as far as it is known now: UNKNOWN where nothing comes from the source or the device."""
        if self.view is None or not self.fresh or not heard(self.view):
            return UNKNOWN
        return self.view.state

    @property
    def connected(self) -> bool:
        """Whether the View is fresh and says that the host's kernel stands beside the device's."""
        return self.view is not None and self.fresh and self.view.link == CONNECTED

    @property
    def trouble(self) -> str:
        """One line about the link for a person, "" while it is connected."""
        if self.view is None:
            return "no picture has come yet"
        if not self.fresh:
            return f"no new picture for {self.age_s:.1f} s"
        return "" if self.connected else LINKS.get(self.view.link, self.view.link)


LINKS = {
    NO_PORT: "the serial port is not open",
    SILENT: "no telemetry comes from the device",
    JOINING: "the host's kernel does not yet stand beside the device's; no receipt goes out",
}
"""What a link that is not connected means."""


def heard(view: View) -> bool:
    """Whether the device itself is heard, so that its state is that of now: also while the host's kernel joins."""
    return view.link in (CONNECTED, JOINING)


class Watching:
    """Asks a source for Views and notices when they stop, or when the same one comes again and again."""

    def __init__(self, latest: Callable[[], View]) -> None:
        self._latest = latest
        self._view: View | None = None
        self._since_s: float | None = None
        self._failed = ""

    def look(self, now_s: float) -> Sight:
        """Ask once; `now_s` is any clock of the caller's that does not go back.

        A source that raises has no View: what it raised is logged once, not twenty times a second.
        """
        if self._since_s is None:
            self._since_s = now_s
        view = self._ask()
        new = view is not None and (self._view is None or view.t_s != self._view.t_s)
        if new:
            self._view, self._since_s = view, now_s
        return Sight(self._view, now_s - self._since_s, new)

    def _ask(self) -> View | None:
        try:
            view = self._latest()
        except Exception as error:  # noqa: BLE001 - whatever it is: there is no picture, and the page must say so
            if repr(error) != self._failed:
                self._failed = repr(error)
                _LOG.error("no picture: %s", self._failed)
            return None
        self._failed = ""
        return view
