"""What a run of a campaign was worth: judged from the limits file in physical units, the catalogue of faults and the
true signals, by no firmware."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

from sonofuse.causes import cause_text, cause_words
from sonofuse.limits import LimitsFile
from sonofuse_firmware.states import SAFE as IDLE
from sonofuse_firmware.states import TRIPPED

from ..faults.register import RESET
from ..faults.register import TRIP as TRIPS
from ..guarantees.oracle import Oracle
from ..platforms.unix import STEADY_US
from ..run import Run, Seen
from .declared import Drawn, Strike
from .expected import explains, must_inhibit, partner_of, unfelt
from .kinds import KINDS, POWER, touches

SAFE, UNSAFE, WRONG_CAUSE, FALSE_TRIP, NOT_DETECTED, NOT_COVERED, RIG_ERROR = OUTCOMES = (
    "safe",
    "unsafe",
    "wrong cause",
    "false trip",
    "not detected as declared",
    "not covered",
    "error of the rig",
)
AS_DECLARED = (SAFE, NOT_COVERED)  # what a campaign passes with: the second one is listed first, wherever it is shown
_LATCH = "latch"  # the cause of a device that has never treated
_ALARM_US = 5_000  # the buzzer begins in the tick of the trip, whose last edge may be a token's life older
_ANSWER_US = 40_000  # from the first edge to the console that hears START answered: two frames of 20 ms


@dataclass(frozen=True)
class Verdict:
    """Times in µs; None where nothing counts. `start_us` is where the bound of `guarantee` counts from: the onset of
    the fault `since`, or the power after it; `margin_us` is bound less reaction; `skin_k` how far the hotter true skin
    stayed below its limit, K."""

    outcome: str
    guarantee: str
    reaction_us: int | None
    bound_us: int | None
    skin_k: float
    reason: str
    since: str = ""
    start_us: int | None = None

    @property
    def margin_us(self) -> int | None:
        return None if self.bound_us is None or self.reaction_us is None else self.bound_us - self.reaction_us


@dataclass(frozen=True)
class _Timed:
    """A fault with a bound: by `due_us` the permit must be low."""

    strike: Strike
    start_us: int
    bound_us: int

    @property
    def due_us(self) -> int:
        return self.start_us + self.bound_us


def judge(drawn: Drawn, run: Run, oracle: Oracle, limits: LimitsFile) -> Verdict:
    """Compare what the signals did with what the limits file and the catalogue promise."""
    skin_k = min((_below_k(run, oracle, place) for place in _watched(oracle, "skin_a", "skin_b")), default=math.inf)
    onsets_us = {s.name: s.t_us for s in run.stimuli}
    struck = [strike for strike in drawn.strikes if strike.fault in onsets_us]
    each = (_timed(strike, onsets_us, drawn, run, limits) for strike in struck)
    timed = [t for t in each if t is not None]
    first = min(timed, key=lambda t: t.due_us, default=None)
    reaction_us = bound_us = None
    guarantee = struck[0].event.fault.guarantee if struck else drawn.scenario.expect.guarantee
    if first is not None:
        reaction_us, bound_us = _low_us(run, first) - first.start_us, first.bound_us
        guarantee = first.strike.event.fault.guarantee
    blind = unfelt(struck, limits)
    felt_until_us = {place: onsets_us[strike.fault] for place, (strike, _) in blind.items()}
    outcome, reason = _outcome(drawn, struck, first, reaction_us, run, oracle, limits, felt_until_us)
    since, start_us = ("", None) if first is None else (first.strike.fault, first.start_us)
    if first is not None and outcome == SAFE and not _reacted(first, reaction_us, run):
        reaction_us = bound_us = None  # RF was off already, or ended as planned: nothing was timed
    burnt = "; ".join(f"{hot}: {why}" for place, (_, why) in blind.items() if (hot := _too_hot(run, oracle, place)))
    if outcome == SAFE and burnt and not _ended_by_itself(run):
        outcome, reason = NOT_COVERED, burnt
    return Verdict(outcome, guarantee, reaction_us, bound_us, skin_k, reason, since, start_us)


def _reacted(first: _Timed, reaction_us: int | None, run: Run) -> bool:
    """Whether the permit was high when the bound began to count, and fell by a trip, a reset or the firmware's end."""
    told_us = [*(t_us for t_us, _ in run.resets), *(t_us for t_us, level in run.alarms if level)]
    ended = run.hung_us is not None or any(t_us >= first.start_us for t_us in told_us)
    return bool(reaction_us or first.bound_us == 0) and (ended or trip_of(run) is not None)


def _outcome(
    drawn: Drawn,
    struck: list[Strike],
    first: _Timed | None,
    reaction_us: int | None,
    run: Run,
    oracle: Oracle,
    limits: LimitsFile,
    felt_until_us: Mapping[str, int],
) -> tuple[str, str]:
    """What it was, and why it is not safe. `felt_until_us`: of the places that nothing feels any more."""
    if first is not None and reaction_us is not None and reaction_us > first.bound_us:
        name = first.strike.fault
        return UNSAFE, f"permit low {reaction_us / 1e3:.3f} ms after {name}, allowed are {first.bound_us / 1e3:g} ms"
    held = next((strike for strike in struck if must_inhibit(strike)), None)
    if held is not None and run.history.edges:
        return UNSAFE, f"RF was permitted with {held.fault}"
    if _endless(drawn, run):
        return UNSAFE, "a permit was still given when the sonication had to be over"
    trip = trip_of(run)
    if trip is not None and any(first > trip.t_us for switch in (0, 1) for first, _ in run.bursts(switch)):
        return UNSAFE, "a permit after a trip"
    places = _watched(oracle, "skin_a", "skin_b", "transducer")
    hot = next((hot for place in places if (hot := _too_hot(run, oracle, place, felt_until_us.get(place)))), "")
    if hot and not _ended_by_itself(run):
        return UNSAFE, hot
    if trip is not None:
        return _tripped(drawn, struck, run, limits)
    if not run.rf_us:
        stopped = any(not strike.event.after_rf for strike in struck)
        return (SAFE, "") if stopped else (RIG_ERROR, "RF was never permitted")
    if not drawn.strikes and run.done < len(drawn.scenario.plan):
        return FALSE_TRIP, f"{run.done} of {len(drawn.scenario.plan)} sonications ended"
    if drawn.strikes and not struck:
        return FALSE_TRIP, "ended before a fault happened"
    if first is not None and first.strike.event.fault.response == TRIPS and _dead(first, run, drawn):
        return NOT_DETECTED, f"the permit went low after {first.strike.fault} without a trip"
    return SAFE, ""


def trip_of(run: Run) -> Seen | None:
    """The report of the trip that ended a run; where RF never was, what it ended with, since a new device begins so."""
    if run.rf_us:
        return run.tripped
    return run.seen[-1] if run.state == TRIPPED else None


def _tripped(drawn: Drawn, struck: list[Strike], run: Run, limits: LimitsFile) -> tuple[str, str]:
    tripped = trip_of(run)
    assert tripped is not None
    text = cause_text(tripped.cause, limits.board)
    channel, check = cause_words(tripped.cause, limits.board)[:2]
    if check == _LATCH and _at_boot(struck, run):
        return SAFE, ""
    if not struck or min(s.t_us for s in run.stimuli) > tripped.t_us:
        return FALSE_TRIP, f"tripped by {text}" + (" before a fault happened" if drawn.strikes else "")
    number = tripped.cause & 0xFF
    watched = limits.board.channels[number].watches if number < len(limits.board.channels) else channel
    if not any(explains(strike, {(channel, check), (watched, check)}) for strike in struck):
        return WRONG_CAUSE, f"tripped by {text}, which {' and '.join(s.fault for s in struck)} does not explain"
    return SAFE, ""


def _at_boot(struck: list[Strike], run: Run) -> bool:
    """Whether a fault was there when the device booted: it never comes so far that somebody acknowledges, or that a
    reading was ever plausible, and names no channel then (faults/declared.py, row 10)."""
    if not run.rf_us:
        return any(not strike.event.after_rf for strike in struck)
    return bool(run.resets) and len(struck) > 1


def _timed(strike: Strike, onsets_us: Mapping[str, int], drawn: Drawn, run: Run, limits: LimitsFile) -> _Timed | None:
    """From when a fault's bound counts: its onset; or, where nothing shows it then, or the sonication was over before
    it had to be seen, the next power or permit. None where nothing is promised."""
    bound_us, kind = strike.event.fault.bound_us(limits, strike.values), KINDS[strike.fault]
    if bound_us is None:
        return None
    onset_us = onsets_us[strike.fault]
    start_us: int | None = onset_us
    if kind.shown_by:
        times = _powered(run) if kind.shown_by == POWER else _permitted(run)
        now = next(((on_us, off_us) for on_us, off_us in times if on_us <= onset_us < off_us), None)
        if now is None or (now[1] <= onset_us + bound_us and _as_planned(drawn, run, onset_us, *now)):
            start_us = None if kind.passes else next((on_us for on_us, _ in times if on_us > onset_us), None)
    if start_us is None:
        return None
    found = _Timed(strike, start_us, bound_us + _late_us(start_us, run))
    return None if kind.compared and _alike(found, drawn, onsets_us) else found


def _alike(timed: _Timed, drawn: Drawn, onsets_us: Mapping[str, int]) -> bool:
    """Whether a second fault may make the two readings of a pair alike, before a first one had to show as their
    difference: by the sensor that it is compared with, or by warming the two places by unequal amounts."""
    others = [s for s in drawn.strikes if onsets_us.get(s.fault, math.inf) < timed.due_us]
    partner = partner_of(timed.strike)
    return any(KINDS[s.fault].uneven or partner & touches(s.values, s.event.fault) for s in others)


def _as_planned(drawn: Drawn, run: Run, onset_us: int, on_us: int, off_us: int) -> bool:
    """Whether what was on at an onset went off because a sonication was over, and by no trip."""
    if any(level and onset_us <= t_us <= off_us + _ALARM_US for t_us, level in run.alarms):
        return False
    return any(on_us <= end_us <= off_us for _, end_us in _planned(drawn, run))


def _planned(drawn: Drawn, run: Run) -> list[tuple[int, int]]:
    """When each sonication that was started began, and was to end."""
    begun = zip(run.rf_us, drawn.scenario.plan, strict=False)
    return [(start_us, start_us + round(1e6 * each.duration_s)) for start_us, each in begun]


def _powered(run: Run) -> list[tuple[int, int]]:
    """From when to when there was forward power."""
    steps = [*run.history.watts, (run.end_us, 0.0)]
    return _joined([(t_us, after[0]) for (t_us, watts), after in pairwise(steps) if watts > 0.0])


def _permitted(run: Run) -> list[tuple[int, int]]:
    """From when to when a permit was given, by either switch: one alone may be what is broken."""
    return _joined(sorted(burst for switch in (0, 1) for burst in run.bursts(switch)))


def _joined(times: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Intervals in order, those in one that touch or overlap."""
    found: list[tuple[int, int]] = []
    for on_us, ends_us in times:
        if found and on_us <= found[-1][1]:
            found[-1] = found[-1][0], max(found[-1][1], ends_us)
        else:
            found.append((on_us, ends_us))
    return found


def _late_us(start_us: int, run: Run) -> int:
    """By how much later the software tier may show what begins at once after START was answered: the console hears that
    in the past of what the firmware has been granted (platforms/unix.py)."""
    return STEADY_US if any(0 <= start_us - rf_us < STEADY_US for rf_us in run.rf_us) else 0


def _endless(drawn: Drawn, run: Run) -> bool:
    """Whether a permit was given at the end of the record, which may cut a sonication short that began late."""
    if not any(last >= run.end_us for switch in (0, 1) for _, last in run.bursts(switch)):
        return False
    last = len(run.rf_us) - 1
    return last < 0 or run.end_us > run.rf_us[last] + 1e6 * drawn.scenario.plan[last].duration_s


def _dead(first: _Timed, run: Run, drawn: Drawn) -> bool:
    """Whether RF ended before its planned end, and neither a reset nor an alarm says why."""
    told_us = [*(t_us for t_us, _ in run.resets), *(t_us for t_us, level in run.alarms if level)]
    if run.done == len(drawn.scenario.plan) or any(t_us >= first.start_us for t_us in told_us):
        return False
    planned = _planned(drawn, run)
    return any(start_us <= first.start_us and first.due_us < end_us for start_us, end_us in planned)


def _watched(oracle: Oracle, *places: str) -> list[str]:
    """The places that the board has a limit for."""
    found = [(place, oracle.board.watching(place)) for place in places]
    return [place for place, channel in found if channel is not None and (channel.name, "above") in oracle.limits]


def _below_k(run: Run, oracle: Oracle, place: str, until_us: int | None = None) -> float:
    """How far a true temperature stayed below its limit, K, up to a moment."""
    curve = run.samples.curves[place]
    if until_us is not None:
        curve = [c for t_s, c in zip(run.samples.t_s, curve, strict=True) if t_s * 1e6 <= until_us]
    return oracle.trip(oracle.watching(place), "above") - max(curve, default=-math.inf)


def _too_hot(run: Run, oracle: Oracle, place: str, until_us: int | None = None) -> str:
    """Why a run without a trip was unsafe by a true temperature, up to a moment; "" if it was not.

    The true temperature may be beyond its limit by what the sensor's declared lag and the reaction hide at the rate
    that just does not trip; the declared uncertainty is in the guard band.
    """
    name = oracle.watching(place)
    rise_k_s = oracle.trip(name, "rise") if (name, "rise") in oracle.limits else 0.0
    hidden_s = oracle.lag_us(name) * 1e-6 + oracle.bound_us(name, "above") * 1e-6
    over_k = -_below_k(run, oracle, place, until_us)
    return f"{place} was {over_k:.2f} K beyond its limit without a trip" if over_k > rise_k_s * hidden_s else ""


def _ended_by_itself(run: Run) -> bool:
    """Whether a trip or a reset ended the run: however hot it was, what was promised then is a time."""
    return run.tripped is not None or bool(run.resets)


def _low_us(run: Run, first: _Timed) -> int:
    """When the permit was low for good.

    After a reset that ends a fault, between two sonications, where the treatment was closed, a device boots SAFE and
    may be started again: a burst that a later START explains is a new sonication; any other one counts.
    """
    start_us, fault = first.start_us, first.strike.event.fault
    reset_us = next((t_us for t_us, _ in run.resets if t_us >= start_us), None)
    ends_it = fault.response == RESET or KINDS[fault.name].until_reset
    if reset_us is None or not ends_it or not _closed(run, start_us, reset_us):
        return run.low_since(start_us)

    def explained(first_us: int) -> bool:
        return first_us > reset_us and any(first_us <= rf_us <= first_us + _ANSWER_US for rf_us in run.rf_us)

    ends = [last for switch in (0, 1) for first, last in run.bursts(switch) if not explained(first)]
    return max([start_us, *ends])


def _closed(run: Run, start_us: int, reset_us: int) -> bool:
    """Whether no sonication was on when a fault began to count, or it has ended as SAFE since, before the reset."""
    if not any(on_us <= start_us < off_us for on_us, off_us in _permitted(run)):
        return True
    return any(said.state == IDLE and start_us < said.t_us < reset_us for said in run.seen)
