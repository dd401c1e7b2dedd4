"""What the catalogue of faults lets a run with one drawn fault, or two, show: causes of a trip, and how it may end.

It comes from the declared cases (faults/declared.py), which name the channels of one sensor of each kind; a drawn fault
of another sensor is held to the same, with its own channel. What no case shows is added here, by name.
"""

from collections.abc import Iterator, Sequence
from functools import cache

from sonofuse.board import READBACKS
from sonofuse.limits import LimitsFile

from ..faults.cases import INHIBITED, RESET, UNSEEN, Case
from ..faults.catalogue import row
from ..faults.declared import CASES
from ..faults.register import RESET as RESETS
from ..faults.register import Value, get
from .declared import Strike

_PAIR = {"skin_a": "skin_b", "skin_b": "skin_a"}
_SKIN = tuple(f"{channel} {check}" for channel in _PAIR for check in ("above", "rise", "pair", "dose"))
_ANY = "*"  # a bit in memory may be of any limit
# What else a fault heats or changes, which no case shows: a heated skin, warm water, power far beyond the set point for
# a moment or for long. A stuck gate lets the last sonication's power through until the console has set the next one's.
_MORE: dict[str, tuple[str, ...]] = {
    "memory_bit": (_ANY,),
    "kernel_bit": (_ANY,),
    "focus_on_skin": _SKIN,
    "interface_heating": _SKIN,
    "warm_water": ("water *", "transducer *", *_SKIN),
    "flow_lost": ("flow *", "transducer *"),
    "overpower": ("forward *", "monitor energy"),
    "detector_drift": ("reflected ratio",),
    "power_error": ("forward *", "monitor energy"),
    "stuck_gate": ("forward *",),
    "detached_sensor": ("skin_contact *",),
    "stale_frames": ("monitor stop",),  # behind RF: frames that are later all at once look like a slow clock
    "replayed_commands": ("monitor stop",),  # a FINISH that is said again while RF is on (docs/guarantees.md, G12)
}
_ENDED = ("monitor duration", "monitor energy")  # what the console was to end and could not, a little later
_FOLLOW: dict[str, str] = dict(zip(("first", "second"), READBACKS, strict=True))
_INTERRUPTED = "monitor interrupted"


def causes(strike: Strike) -> set[str]:
    """The causes of a trip, "channel check", that a fault explains; "channel *" is any check of a channel.

    A reset shows as a treatment that was interrupted.
    """
    fault, found = get(strike.fault), set(_MORE.get(strike.fault, ()))
    for case in _cases(strike.fault):
        found.update(case.causes)
        if case.expected == RESET:
            found.add(_INTERRUPTED)
    if fault.response == RESETS or any(RESETS in row(number).response for number in fault.numbers):
        found.add(_INTERRUPTED)
    if fault.guarantee == "G3" or "link" in fault.hazards:
        found.update(_ENDED)
    if "switch" in strike.values:
        found.add(f"{_FOLLOW[str(strike.values['switch'])]} follow")
    named = {str(strike.values[name]) for name in ("channel", "other") if name in strike.values} | (
        {fault.needs} - {""}
    )
    found |= {f"{channel} *" for channel in named}
    found |= {f"{_PAIR[channel]} {check}" for channel in named & set(_PAIR) for check in ("pair", "rise")}
    return found


def declared_causes(fault: str) -> set[str]:
    """The causes that the cases of a fault declare."""
    return {cause for case in _cases(fault) if len(case.parts) == 1 for cause in case.causes}


def explains(strike: Strike, seen: set[tuple[str, str]]) -> bool:
    """Whether a fault explains a cause, given as (channel, check) by the channel's name and by what it watches."""
    known = causes(strike)
    return _ANY in known or any(f"{channel} {check}" in known or f"{channel} *" in known for channel, check in seen)


def must_inhibit(strike: Strike) -> bool:
    """Whether RF must never be permitted with this fault: so says every case of it with these words."""
    declared = [case for case in _cases(strike.fault) if len(case.parts) == 1]
    alike = [case for case in declared if _words(case.parts[0].values) == _words(strike.values)]
    chosen = [case for case in alike or declared if case.parts[0].when == strike.event.fault.phase]
    return bool(chosen) and not strike.event.after_rf and all(case.expected == INHIBITED for case in chosen)


def unfelt(struck: Sequence[Strike], limits: LimitsFile) -> dict[str, tuple[Strike, str]]:
    """The skin that nothing feels as struck: with the fault that took its sensor away, and why nothing shows that.

    So says a case of just these faults at once that is not detected. A fault that has a bound with these limits, since
    the board has a signal for it, takes nothing away.
    """
    found: dict[str, tuple[Strike, str]] = {}
    for case in blind_spots(*(strike.fault for strike in struck)):
        for strike in struck:
            place, named = str(strike.values.get("channel")), {part.name for part in case.parts}
            if place in _PAIR and strike.fault in named and strike.event.fault.bound_us(limits, strike.values) is None:
                found[place] = strike, case.why
    return found


def partner_of(strike: Strike) -> set[str]:
    """The sensor that the one of a fault is compared with, none if it is of no pair."""
    partner = _PAIR.get(str(strike.values.get("channel")))
    return set() if partner is None else {partner}


@cache
def blind_spots(*faults: str) -> tuple[Case, ...]:
    """The cases of several faults at once, all of these, that are not detected."""
    several = (case for case in CASES if case.status == UNSEEN and not case.afterwards and len(case.parts) > 1)
    return tuple(case for case in several if {part.name for part in case.parts} <= set(faults))


@cache
def _cases(fault: str) -> tuple[Case, ...]:
    return tuple(_of(fault))


def _of(fault: str) -> Iterator[Case]:
    for case in CASES:
        if any(part.name == fault for part in case.parts):
            yield case


def _words(values: dict[str, Value]) -> dict[str, str]:
    return {name: value for name, value in values.items() if isinstance(value, str)}
