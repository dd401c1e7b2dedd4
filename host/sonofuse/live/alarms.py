"""The monitor's alarms: what needs a person now, what of it sounds, what was silenced or acknowledged (docs/alarms.md).

Pure logic: it reads no clock, and is told the time in s of the clock that dates the views. Kinds and priorities are
those of firmware/alarms.py, which also says how urgent each cause of a trip is.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from sonofuse_firmware.alarms import (
    ALARMS,
    HIGH,
    KINDS,
    LOW,
    MEDIUM,
    PHYSIOLOGICAL,
    PRIORITIES,
    SILENCE_MS,
    TECHNICAL,
)
from sonofuse_firmware.states import ARMED, NAMES, ON, SAFE, TRIPPED

from .view import CONNECTED, JOINING, View

VIEW_LATE_S = 0.5
"""Ten pictures in a row did not come."""
OLD_RECEIPT = 0.5
"""Share of the time after which the device trips."""
SOON_S = 10.0
"""A limit that will be reached within this is no reminder any more: a person has to act."""
HOLD_S = 3.0
"""What is over sounds as long, so that its burst ends: the longest one that is not latched takes 1.15 s."""
SILENCE_S = SILENCE_MS / 1000

_PATIENT = ("temperature", "power")  # quantities whose warnings are about the patient
_TRIP = "trip "


@dataclass(frozen=True)
class Condition:
    """Something that needs a person. `key` says whether it is still the same one."""

    key: str
    kind: int
    priority: int
    text: str


@dataclass(frozen=True)
class Alarm:
    """A condition since it arose. `present`: its reason has not gone."""

    condition: Condition
    since_s: float
    last_s: float  # when it was present last
    present: bool = True
    acknowledged: bool = False

    @property
    def kind(self) -> str:
        return KINDS[self.condition.kind]

    @property
    def priority(self) -> str:
        return PRIORITIES[self.condition.priority]

    @property
    def text(self) -> str:
        return self.condition.text

    @property
    def of_trip(self) -> bool:
        """Whether it is the device's own, which the device wants to be acknowledged."""
        return self.condition.key.startswith(_TRIP)

    @property
    def rank(self) -> tuple[int, bool, float]:
        """The greatest is the most urgent: priority, then the patient before the equipment, then the older one."""
        return self.condition.priority, self.condition.kind == PHYSIOLOGICAL, -self.since_s


@dataclass(frozen=True)
class Sound:
    """What to play. Another number starts its burst anew (alarm_sound.as_json)."""

    number: int
    kind: int
    priority: int


def meaning(cause: int) -> tuple[int, int]:
    """Kind and priority of a cause; one that is not declared is the worst that equipment can do."""
    return next(((kind, priority) for check, kind, priority in ALARMS if check == cause >> 8), (TECHNICAL, HIGH))


class Alarms:
    """Call `see` with every view and `passed` when none came, then read `standing` and `sound`.

    Args:
        now_s: from when on views are due.
    """

    def __init__(self, now_s: float) -> None:
        self.sound: Sound | None = None
        self._alarms: dict[str, Alarm] = {}
        self._now_s = self._seen_s = now_s
        self._connected = False  # the device has been there
        self._heard = False  # the device says itself what its state is
        self._silent_until_s: float | None = None
        self._known: set[str] = set()  # what the silence is about
        self._number = 0

    @property
    def standing(self) -> tuple[Alarm, ...]:
        """Everything that is present or waits to be acknowledged, the most urgent first."""
        return tuple(sorted(self._alarms.values(), key=lambda alarm: alarm.rank, reverse=True))

    @property
    def silent_s(self) -> float:
        """What is left of a silence."""
        return 0.0 if self._silent_until_s is None else max(0.0, self._silent_until_s - self._now_s)

    def see(self, view: View) -> None:
        """A picture of now."""
        self._advance(view.t_s)
        self._seen_s = view.t_s
        if view.link == CONNECTED:
            self._connected = True
        self._heard = view.link in (JOINING, CONNECTED) and view.state in (
            NAMES[state] for state in (SAFE, ARMED, ON, TRIPPED)
        )
        found = [*self._late(), *_conditions(view, self._connected, self._heard)]
        present = {condition.key: condition for condition in found}
        for condition in present.values():
            self._arises(condition)
        for key in self._alarms.keys() - present.keys():
            self._ceases(key)
        self._choose()

    def passed(self, now_s: float) -> None:
        """Time without a picture: what was seen stays, until that itself is a reason."""
        self._advance(now_s)
        for condition in self._late():
            self._heard = False
            self._arises(condition)
        self._choose()

    def silence(self, now_s: float) -> bool:
        """Pause the sound for SILENCE_S; False if nothing sounds now, so that asking again does not prolong it.

        Another trip ends it, and so does another condition that is at least as urgent.
        """
        self._advance(now_s)
        self._choose()
        if self.sound is None:
            return False
        self._silent_until_s = self._now_s + SILENCE_S
        self._known = set(self._alarms)
        self._choose()
        return True

    def acknowledge(self, now_s: float) -> None:
        """A person has seen everything that stands. A trip stays until the device itself is acknowledged; only while
        nobody hears it is this enough, and should it come back tripped, that sounds again."""
        self._advance(now_s)
        for key, alarm in list(self._alarms.items()):
            if key.startswith(_TRIP) and self._heard:
                continue
            if alarm.present:
                self._alarms[key] = replace(alarm, acknowledged=True)
            else:
                del self._alarms[key]
        self._choose()

    # ---- inside

    def _advance(self, now_s: float) -> None:
        if now_s > self._now_s:
            self._now_s = now_s
        if self._silent_until_s is not None and self._now_s >= self._silent_until_s:
            self._silent_until_s = None

    def _late(self) -> list[Condition]:
        late = self._now_s - self._seen_s > VIEW_LATE_S
        return [Condition("watcher", TECHNICAL, HIGH, "nothing comes from the watcher: nobody sees the device")] * late

    def _arises(self, condition: Condition) -> None:
        now_s = self._now_s
        alarm = self._alarms.get(condition.key)
        if alarm is None:
            self._new(condition)
            alarm = Alarm(condition, now_s, now_s)
        elif condition.priority > alarm.condition.priority or (alarm.acknowledged and condition.key.startswith(_TRIP)):
            self._known.discard(condition.key)
            self._new(condition)
            alarm = replace(alarm, condition=condition, acknowledged=False)
        else:  # it does not become less urgent as long as it lasts
            urgent = replace(condition, kind=alarm.condition.kind, priority=alarm.condition.priority)
            alarm = replace(alarm, condition=urgent)
        self._alarms[condition.key] = replace(alarm, present=True, last_s=now_s)

    def _new(self, condition: Condition) -> None:
        if self._silent_until_s is None:
            return
        silenced = max((a.condition.priority for k, a in self._alarms.items() if k in self._known), default=LOW)
        if condition.key not in self._known and (condition.key.startswith(_TRIP) or condition.priority >= silenced):
            self._silent_until_s = None
        self._known.add(condition.key)

    def _ceases(self, key: str) -> None:
        alarm = self._alarms[key]
        if key.startswith(_TRIP):
            if self._heard:
                del self._alarms[key]  # only an acknowledgement leaves TRIPPED
                self._known.discard(key)
        elif alarm.acknowledged or (alarm.condition.priority < HIGH and self._now_s - alarm.last_s >= HOLD_S):
            del self._alarms[key]
        else:
            self._alarms[key] = replace(alarm, present=False)

    def _choose(self) -> None:
        sounding = [alarm for alarm in self.standing if not alarm.acknowledged]
        if not sounding:
            self._silent_until_s = None  # what comes next has not been silenced
        if not sounding or self._silent_until_s is not None:
            self.sound = None
            return
        kind, priority = sounding[0].condition.kind, sounding[0].condition.priority
        if self.sound is None or (self.sound.kind, self.sound.priority) != (kind, priority):
            self._number += 1
            self.sound = Sound(self._number, kind, priority)


def _conditions(view: View, connected: bool, heard: bool) -> Iterator[Condition]:
    """What a picture says of itself."""
    if view.link == JOINING:
        if connected:
            yield Condition("joining", TECHNICAL, MEDIUM, "the host does not follow the device's checks yet")
    elif view.link != CONNECTED:
        text = f"the link to the device is lost: {view.link}" if connected else f"no device yet: {view.link}"
        yield Condition("link", TECHNICAL, HIGH if connected else LOW, text)
    if view.trouble:
        # Figures in it change: that makes no other trouble of it.
        yield Condition(f"trouble {re.sub(r'[0-9.,]+', '#', view.trouble)}", TECHNICAL, MEDIUM, view.trouble)
    if heard and view.state == NAMES[TRIPPED]:
        yield Condition(
            f"{_TRIP}{view.cause}", *meaning(view.cause), view.cause_text or f"tripped by cause {view.cause}"
        )
    if heard and view.state == NAMES[ON]:
        yield from _while_on(view)


def _while_on(view: View) -> Iterator[Condition]:
    for reading in view.readings:
        if reading.warning:
            kind = PHYSIOLOGICAL if reading.quantity in _PATIENT else TECHNICAL
            soon = view.time_to_limit_s is not None and not view.time_to_limit_s > SOON_S
            text = f"{reading.name} is near its limit" + (f" ({reading.of})" if reading.of else "")
            yield Condition(f"warning {reading.name}", kind, MEDIUM if soon else LOW, text)
    if view.receipt_limit_s > 0:
        age_s = view.receipt_age_s
        if age_s is None or not age_s <= OLD_RECEIPT * view.receipt_limit_s:
            yield Condition("receipt", TECHNICAL, LOW, "receipts come late")
