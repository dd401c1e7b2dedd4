"""The alarms of one monitor for all who show them, and what a person can do about them; from any thread."""

import math
import threading
from dataclasses import dataclass, replace

from sonofuse.live.alarms import Alarm, Alarms, Sound
from sonofuse.live.sight import Sight


@dataclass(frozen=True)
class Notice:
    """What stands now, the most urgent first; what of it sounds; whole seconds that are left of a silence."""

    standing: tuple[Alarm, ...] = ()
    sound: Sound | None = None
    silent_s: int = 0

    def waits(self, state: str) -> bool:
        """Whether anything waits for a person that acknowledging the device itself does not settle."""
        return any(not alarm.acknowledged and not (alarm.of_trip and state == "TRIPPED") for alarm in self.standing)


class Alert:
    """Alarms by the clock of whoever shows them: a picture is of the instant at which it came.

    Args:
        now_s: any clock that only rises, the same in every call.
    """

    def __init__(self, now_s: float) -> None:
        self._turn = threading.Lock()
        self._alarms = Alarms(now_s)
        self.notice = Notice()  # the last one

    def look(self, sight: Sight, now_s: float) -> Notice:
        """See what is seen now, or that nothing is."""
        with self._turn:
            if sight.new and sight.view is not None:
                self._alarms.see(replace(sight.view, t_s=now_s))
            else:
                self._alarms.passed(now_s)
            self.notice = Notice(self._alarms.standing, self._alarms.sound, math.ceil(self._alarms.silent_s))
            return self.notice

    def silence(self, now_s: float) -> bool:
        """Pause the sound; False if nothing sounds."""
        with self._turn:
            return self._alarms.silence(now_s)

    def acknowledge(self, now_s: float) -> None:
        """A person has seen everything that stands; a trip waits for the device's own acknowledgement."""
        with self._turn:
            self._alarms.acknowledge(now_s)
