"""Makes the View of a device from what its Watch knows: kernel integers become physical units and margins."""

from dataclasses import dataclass

from sonofuse.board import Board
from sonofuse.causes import cause_text
from sonofuse.layout import K
from sonofuse.limits import thresholds
from sonofuse.limits.dose import UNITS_PER_MINUTE
from sonofuse.limits.model import Channel, Check, LimitsFile
from sonofuse.limits.words import ENERGY_UNIT_J
from sonofuse.live.view import CONNECTED, NO_PORT, Bound, Budget, Reading, View
from sonofuse.live.watch import NO_KEY, Watch
from sonofuse_firmware.alarms import ALARMS, PHYSIOLOGICAL
from sonofuse_firmware.states import ARMED, NAMES, ON, SAFE, TRIPPED

_OF_THE_PATIENT = {number for number, kind, _ in ALARMS if kind == PHYSIOLOGICAL}
_UNITS = {"temperature": "°C", "power": "W", "voltage": "V", "flow": "L/min", "contact": ""}
_SLOW_K_S = 0.02  # a rise that is slower is none: half a count of a PT100 converter in a second
_ENOUGH_S = 600.0  # a limit that is farther away than this is not in sight
_NS = 1e-9
_WHOLE = 255  # the channel in a cause of the whole monitor


@dataclass(frozen=True)
class _Row:
    """A channel with what a picture of it needs; `limits` are the compiled trips by check."""

    channel: Channel
    index: int
    watches: str
    quantity: str
    scale: float
    compiled: dict[str, thresholds.Threshold]


class Picture:
    """Of one device with one limit set; `limits` in physical units, the ones whose bytes the watch holds."""

    def __init__(self, limits: LimitsFile, watch: Watch) -> None:
        self._limits, self._watch = limits, watch
        self._rows = [_row(limits, channel, index) for index, channel in enumerate(limits.channels)]
        self._rest: dict[str, float] = {}  # of each reading, when RF was last off
        words = memoryview(watch.limits[:-36]).cast("i")
        self._energy_j = words[K.H_ENERGY] * ENERGY_UNIT_J
        self._last = (0, "")  # the last trip

    def view(self, t_ns: int, no_port: str = "", inhibited: str = "", heard: str = "") -> View:
        """The picture now. `no_port` says why there is no port, `inhibited` why others than the device allow no start,
        `heard` what comes instead of telemetry.

        What is not known is None; before the host's kernel stands beside the device's, nothing is."""
        watch = self._watch
        seen, follower = watch.telemetry, watch.follower
        joined = watch.link == CONNECTED
        state = NAMES[seen.state] if seen is not None and not watch.silent else ""
        on = joined and seen is not None and seen.state == ON
        if seen is not None and seen.state == TRIPPED:
            self._last = (seen.cause, self._cause(seen.cause))
        readings = tuple(self._reading(row, joined, on) for row in self._rows)
        budgets = self._budgets(on) if joined else ()
        set_mw, set_us = 0, 0
        if state == NAMES[ARMED] and watch.armed is not None:
            set_mw, set_us, _ = watch.armed
        elif joined and follower is not None and follower.set_point is not None:
            set_mw, set_us, _ = follower.set_point
        return View(
            t_s=t_ns * _NS,
            link=NO_PORT if no_port else watch.link,
            trouble=no_port or heard or watch.trouble or (watch.stopped and f"STOP: {watch.stopped}"),
            inhibited=inhibited or self._inhibited(),
            state=state,
            cause=self._last[0],
            cause_text=self._last[1],
            physiological=self._last[0] >> 8 in _OF_THE_PATIENT,
            readings=readings,
            budgets=budgets,
            set_w=set_mw / 1e3,
            set_s=set_us / 1e6,
            on_s=seen.on_us / 1e6 if joined and seen is not None else 0.0,
            time_to_limit_s=self._time_to_limit_s(readings, budgets) if on else None,
            receipt_age_s=(t_ns - watch.receipt_ns) * _NS if watch.receipts else None,
            receipt_limit_s=self._limits.receipt_s,
            device=watch.identity.chip.hex() if watch.identity is not None else "",
            limits=f"{self._limits.name} {self._limits.version}",
            session=None,
        )

    def _cause(self, cause: int) -> str:
        """In words; a channel has a name only where the device is known to have this host's limits."""
        if self._watch.identity is not None or cause & 0xFF == _WHOLE:
            return cause_text(cause, self._limits.board)
        if cause == self._last[0]:
            return self._last[1]
        return f"check {cause >> 8} of channel {cause & 0xFF}, of limits that this host does not know yet"

    def _inhibited(self) -> str:
        """Why the device itself could not be started now, as far as the host can tell."""
        watch = self._watch
        if not watch.can_seal:
            return NO_KEY
        if watch.link != CONNECTED or watch.telemetry is None:
            return "the device is not connected"
        state = watch.telemetry.state
        return "" if state in (SAFE, ARMED) else f"the device is {NAMES[state]}"

    def _words(self, row: _Row) -> memoryview:
        follower = self._watch.follower
        assert follower is not None
        at = K.S_CHANNELS + K.CHANNEL_WORDS * row.index
        return follower.state[at : at + K.CHANNEL_WORDS]

    def _reading(self, row: _Row, joined: bool, on: bool) -> Reading:
        channel = row.channel
        value: float | None = None
        margin, of, warning = None, "", False
        if joined:
            words = self._words(row)
            if words[K.C_VALID] and words[K.C_COUNT + K.RANGE] == 0:
                value = words[K.C_VALUE] / row.scale
            warning = bool(words[K.C_WARN])
            if value is not None:
                if self._watch.telemetry is not None and self._watch.telemetry.state in (SAFE, ARMED):
                    self._rest[channel.name] = value
                shares = [(self._share(row, check, value), check.name) for check in channel.checks]
                high = self._high(row, on)
                if high is not None and high.check in ("set", "idle"):
                    shares.append(((high.trip - value) / high.trip, high.check))
                known = [(share, name) for share, name in shares if share is not None]
                if known:
                    least, of = min(known)
                    margin = min(max(least, 0.0), 1.0)
        return Reading(
            name=channel.name,
            watches=row.watches,
            quantity=row.quantity,
            unit=_UNITS[row.quantity],
            value=value,
            high=self._high(row, on),
            low=_bound(row, "below"),
            margin=margin,
            of=of,
            warning=warning,
        )

    def _share(self, row: _Row, check: Check, value: float) -> float | None:
        """What is left to a limit: 1 where the reading rests, 0 where the kernels trip; None for a check without a way
        to it."""
        words, compiled = self._words(row), row.compiled[check.name]
        if check.name in ("above", "below"):
            rest, trip = self._rest.get(row.channel.name, value), compiled.value
            if row.quantity in ("power", "flow"):  # these rest at 0, or where they have to be
                rest = 0.0 if check.name == "above" else 2 * trip
            beyond = value >= trip if check.name == "above" else value <= trip
            return 0.0 if beyond or rest == trip else (trip - value) / (trip - rest)
        if check.name == "dose":
            return 1 - words[K.C_DOSE_HI] / max(compiled.trip, 1)
        if check.name in ("rise", "rise_off"):
            return 1 - max(_rise(words, row.channel.rise_window), 0) / max(compiled.trip, 1)
        return None

    def _high(self, row: _Row, on: bool) -> Bound | None:
        """The limit above, as it is now: forward power has one against its set point while ON, another while not."""
        above, against_set, idle = (row.channel.check(name) for name in ("above", "set", "idle"))
        absolute = None if above is None else _bound(row, "above")
        follower = self._watch.follower
        if on and against_set is not None and follower is not None and follower.set_point is not None:
            set_w = follower.set_point[0] / 1e3
            warn = None if against_set.warn is None else set_w * (1 + against_set.warn)
            limit, trip = set_w * (1 + (against_set.trip or 0.0)), set_w * (1 + row.compiled["set"].value)
            relative = Bound("set", limit, trip, warn)
            return relative if absolute is None or relative.trip < absolute.trip else absolute
        return _bound(row, "idle") if not on and idle is not None else absolute

    def _budgets(self, on: bool) -> tuple[Budget, ...]:
        follower, limits = self._watch.follower, self._limits
        assert follower is not None
        state = follower.state
        set_point = follower.set_point
        energy_j = min(self._energy_j, set_point[2] * ENERGY_UNIT_J) if on and set_point else self._energy_j
        longest_s = limits.max_on_s
        if on and set_point:
            longest_s = min(longest_s, set_point[1] / 1e6 + limits.over_run_s)
        found = [
            Budget("energy", "J", state[K.S_ENERGY_HI] * ENERGY_UNIT_J, energy_j),
            Budget("duration", "s", state[K.S_ON_US] / 1e6, longest_s),
        ]
        for row in self._rows:
            if row.channel.check("dose") is not None:
                used = self._words(row)[K.C_DOSE_HI] / UNITS_PER_MINUTE
                found.append(Budget(f"{row.channel.name} dose", "CEM43 min", used, row.compiled["dose"].value))
        return tuple(found)

    def _time_to_limit_s(self, readings: tuple[Reading, ...], budgets: tuple[Budget, ...]) -> float | None:
        """Until the first limit, as temperatures rise and power flows now. Not that of duration, which is planned."""
        times: list[float] = []
        for row, reading in zip(self._rows, readings, strict=True):
            if reading.high is None or reading.value is None or reading.quantity != "temperature":
                continue
            per_s = _slope(self._words(row), row)
            if per_s > _SLOW_K_S:
                times.append((reading.high.trip - reading.value) / per_s)
        watts = next((r.value for r in readings if r.watches == "forward"), None)
        if watts:
            times += [(b.limit - b.used) / watts for b in budgets if b.name == "energy"]
        soonest = min(times, default=_ENOUGH_S)
        return max(soonest, 0.0) if soonest < _ENOUGH_S else None


def _row(limits: LimitsFile, channel: Channel, index: int) -> _Row:
    wired = _wired(limits.board, channel.name)
    kind = thresholds.kind_of(limits, channel)
    compiled = {check.name: thresholds.threshold(limits, channel, check) for check in channel.checks}
    return _Row(channel, index, wired[0], wired[1], float(kind.scale), compiled)


def _wired(board: Board, name: str) -> tuple[str, str]:
    channel = board.channels[board.index(name)]
    return channel.watches, channel.quantity


def _bound(row: _Row, name: str) -> Bound | None:
    check = row.channel.check(name)
    if check is None or check.trip is None:
        return None
    return Bound(name, check.trip, row.compiled[name].value, check.warn)


def _rise(words: memoryview, window: int) -> int:
    """The kernel's metric of RISE (docs/kernel.md), 0 until the ring is full."""
    if window == 0 or words[K.C_RISE_FILL] < window:
        return 0
    at = words[K.C_RISE_POS]
    values = [words[K.C_RISE + (at + i) % window] for i in range(window)]
    return sum((2 * i - (window - 1)) * (value - values[0]) for i, value in enumerate(values))


def _slope(words: memoryview, row: _Row) -> float:
    """Units per second, from the metric of RISE; 0 for a channel without one."""
    window = row.channel.rise_window
    if window == 0:
        return 0.0
    return _rise(words, window) / thresholds.rise_metric(row.channel, 1.0) * 1000 / row.scale
